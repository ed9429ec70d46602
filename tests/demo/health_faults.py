# SPDX-License-Identifier: Apache-2.0
"""The demo's second half: what happens to HAProxy, to one LAN and to the plugins that watch them."""

from __future__ import annotations

import os
import signal
import time
from typing import Callable

from net.lab.agents import Regent
from net.lab.haproxy import Haproxy
from net.lab.health import haproxy_check, ping_check
from net.lab.scenario import VIPS, Outcome, Scenario
from net.lab.spec import Check

KILLED = {"gap": 0.030, "flips": 1}
INTERVAL, TIMEOUT, FALL = 0.5, 0.3, 2  # of the check of HAProxy
HUNG = {"gap": 1.1, "flips": 1}  # of the median: one hang may fall right after a probe, and is told then
LAN_LOST = {"gap": 1.5, "flips": 1}
MENDED = {"gap": 0.050, "flips": 1}
NO_MOVE = {"gap": 0.050, "lost": 0, "flips": 0}
CRASHING = {"flips": 1}
RECOVER = "2s"  # a node that was sick does not preempt before; 10 s where nobody watches
CRASHES = 10.0


def watched(proxy: Haproxy) -> tuple[Check, ...]:
    """What both balancers watch from now on."""
    return (haproxy_check(proxy, interval=INTERVAL, timeout=TIMEOUT, fall=FALL), ping_check("10.0.2.1", interval=0.3, fall=3))


class Harm:
    """What is done to lb1. Each returns the time just before."""

    def __init__(self, scene: Scenario) -> None:
        self._scene, self._proxy = scene, scene.haproxy["lb1"]
        agent = scene.agents["lb1"]
        assert isinstance(agent, Regent)
        self._agent = agent

    def watch(self) -> float:
        """The checks come by reload. lb1 is harmed once they have all reported."""
        self._scene.checks, self._scene.recover = watched, RECOVER
        before, mark = time.monotonic(), self._agent.running().mark()
        self._scene.reload()
        for check in ("haproxy", "lan"):
            self._agent.running().wait_for(f"check {check} is UP", 10.0, mark)
        return before

    def lose_lan(self) -> float:
        """The clients' LAN, without a link that goes down."""
        return self._silence(True)

    def mend_lan(self) -> float:
        """Its frames pass again."""
        return self._silence(False)

    def _silence(self, silent: bool) -> float:
        before = time.monotonic()
        self._scene.lab.silence("lb1", silent=silent, lan="a")
        return before

    def end_host(self, how: signal.Signals) -> float:
        """What runs the plugin that watches HAProxy is killed or stopped; until its check is fresh again."""
        pid, mark, before = self._agent.wait_host("haproxy"), self._agent.running().mark(), time.monotonic()
        os.kill(pid, how)
        self._agent.wait_host("haproxy", other_than=pid)
        self._agent.running().wait_for("check haproxy is UP", 10.0, mark)
        return before

    def crash(self) -> float:
        """HAProxy comes and goes every 200 ms, and stays in the end."""
        before = time.monotonic()
        self._proxy.crash_again_and_again(0.2, CRASHES).wait_for("^stays", CRASHES + 20.0)
        self._proxy.wait_answering()
        return before


def faults(scene: Scenario, step: Callable[[str], None]) -> list[Outcome]:
    """All of them, in order. lb1 does not come back after the last: it waits for minutes by then."""
    harm, proxy, outcomes = Harm(scene), scene.haproxy["lb1"], []
    wanted: list[tuple[str, Callable[[], float], str, dict[str, float]]] = [
        ("reload: watch HAProxy and LAN", harm.watch, "lb1", NO_MOVE),
        ("kill lb1's HAProxy", proxy.kill, "lb2", KILLED),
        ("start it again", proxy.start, "lb1", MENDED),
        ("hang lb1's HAProxy", proxy.hang, "lb2", HUNG),
        ("let it go on", proxy.wake, "lb1", MENDED),
        ("drop lb1's packets, LAN a", harm.lose_lan, "lb2", LAN_LOST),
        ("let them pass again", harm.mend_lan, "lb1", MENDED),
        ("kill lb1's plugin host", lambda: harm.end_host(signal.SIGKILL), "lb1", NO_MOVE),
        ("hang lb1's plugin host", lambda: harm.end_host(signal.SIGSTOP), "lb1", NO_MOVE),
        ("crash HAProxy every 200 ms", harm.crash, "lb2", CRASHING)]
    for text, action, serving, limits in wanted:
        step(text)
        outcomes.append(scene.fault(text, action, {serving}, serving, limits=limits))
        # The one that waits must have heard the other before it is asked to follow.
        scene.capture.wait_advert(time.monotonic(), 3 * scene.interval + 1.0, host=serving)
    assert all(scene.watcher.holders(vip) == {"lb2"} for vip in VIPS)
    return outcomes
