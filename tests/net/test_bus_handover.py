# SPDX-License-Identifier: Apache-2.0
"""What Handover and Release over D-Bus cost a client behind the balancers, whoever the peer is; and without a peer."""

from __future__ import annotations

import json
import time
from typing import Callable

import pytest

from net.lab import repeats
from net.lab.agents import Regent
from net.lab.bus import NAME, PATH, Bus
from net.lab.cluster import VIP1, VIP2
from net.lab.lab import Lab
from net.lab.probe import Verdict
from net.lab.scenario import Scenario
from net.lab.table import Table, milliseconds

Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
ROOM = 5
GAP = 0.050
GROUP = f"{PATH}/group/SG1"
PEERS = {  # kind of lb2, version, adverts in seconds, pair
    "regent": ("regent", 3, 0.2, False),
    "regent, pair": ("regent", 3, 0.2, True),
    "keepalived, version 2": ("keepalived", 2, 1.0, False),
    "keepalived, version 3": ("keepalived", 3, 0.2, False),
}


class Scene(Scenario):
    """The reference cluster, regent on lb1 with a bus of its own."""

    def __init__(self, lab: Lab, kind: str, version: int, interval: float, pair: bool) -> None:
        super().__init__(lab, ("regent", kind), pair=pair, interval=interval, version=version)
        self.bus = Bus(lab, "lb1")
        agent = self.agents["lb1"]
        assert isinstance(agent, Regent)
        agent.environment = self.bus.environment
        self.bus.start()
        self.begin()
        self.bus.wait_name(5.0)

    def call(self, method: str, *arguments: str) -> float:
        """A method of the group; returns the time just before. Handover is over when the peer has taken over."""
        before = time.monotonic()
        self.bus.busctl("call", NAME, GROUP, f"{NAME}.Group", method, *arguments)
        return before


@pytest.mark.parametrize("peer", PEERS)
def test_a_client_does_not_notice(lab: Lab, say: Say, table: Table, peer: str) -> None:
    """regent serves until the peer does, though that waits for its skew; and preempts when it is released."""
    scene = Scene(lab, *PEERS[peer])
    away: list[Verdict] = []
    back: list[Verdict] = []
    for _ in range(repeats(1 if scene.interval == 1.0 else 2, 10)):
        away.append(scene.move(lambda: scene.call("Handover", "s", "kernel update"), "lb2"))
        back.append(scene.move(lambda: scene.call("Release"), "lb1"))
        # The peer must have heard lb1 again before it may be needed.
        scene.capture.wait_advert(scene.watcher.now(), 3.0, host="lb1")
    worst = max(verdict.longest_gap for verdict in away)
    say(f"handover to {peer}: client's gap {milliseconds([v.longest_gap for v in away])}, lost {sum(v.lost for v in away)} of "
        f"{sum(v.sent for v in away)}; back: {milliseconds([v.longest_gap for v in back])}, lost {sum(v.lost for v in back)}")
    table.add(f"handover over D-Bus to {peer}: client's gap", milliseconds([v.longest_gap for v in away]), "<= 50 ms")
    assert worst <= ROOM * GAP + max(verdict.cadence for verdict in away)
    assert max(verdict.lost for verdict in away) <= ROOM


def test_without_a_peer_nothing_moves(lab: Lab, say: Say) -> None:
    """The error has a name for programs, and who asks through the VIP sees nothing of it."""
    scene = Scene(lab, *PEERS["regent, pair"])
    scene.agents["lb2"].stop()
    monitor = lab.start("errors", ["busctl", f"--address={scene.bus.address}", "--json=short", "monitor", "--match", "type='error'"])
    monitor.wait_for("Monitoring bus", 5.0)
    start = time.monotonic()
    refusal = scene.bus.busctl("call", NAME, GROUP, f"{NAME}.Group", "Handover", "s", "", fails=True)
    took = time.monotonic() - start
    assert "no other master was heard: it goes on as before" in refusal
    assert json.loads(monitor.wait_for(r"NoPeer", 5.0).text)["error_name"] == f"{NAME}.Error.NoPeer"
    # It says so itself on the wire before this is over.
    scene.capture.wait_advert(start + took, 3.0, host="lb1", priority=101)
    end = scene.client.wait_answer(time.monotonic(), 5.0).end
    lines = [scene.watcher.timeline(vip, start, end) for vip in (VIP1, VIP2)]
    assert all(line.flips == 0 and line.none == 0 and line.both == 0 for line in lines)
    assert scene.bus.get(GROUP, "Group", "State") == "master"
    lost = sum(not request.ok for request in scene.client.requests() if start <= request.start <= end)
    say(f"handover without a peer: refused after {took * 1000:.0f} ms, {lost} requests lost")
    assert lost == 0 and took <= 2 * 0.2 * 2 + 1.0
