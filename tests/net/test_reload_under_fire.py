# SPDX-License-Identifier: Apache-2.0
"""Reload under fire: 255 instances at 100 ms never pause, whatever file comes."""

from __future__ import annotations

import signal
import time
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.spec import Node, Router, regent_toml
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
COUNT, INTERVAL = 255, 0.1
SECONDS = 1.5  # of reloads without a pause, for each kind of file
APPLIED, REFUSED = "new configuration applied", "was not applied"
SLACK = 0.2  # of an interval; a slow machine is given five times it


def _many(priority: int = 200, delay: float = 0.0) -> Node:
    return Node(tuple(Router(f"V{vrid}", "enp0s3", vrid, priority, (f"10.1.0.{vrid}",), 3, INTERVAL, garp_delay=delay)
                      for vrid in range(1, COUNT + 1)))


class Fire:
    """lb1 MASTER of 255 instances, lb2 behind it."""

    def __init__(self, lab: Lab) -> None:
        add_balancers(lab)
        self.watcher, self.pace = AddressWatcher(lab, BALANCERS), Pace(lab, "lb1")
        self.agent = Regent(lab, "lb1")
        self.agent.start(_many())
        self.watcher.wait_holders(_many().addresses(), {"lb1"}, 30.0)
        self.agent.wait_ready()
        peer = Regent(lab, "lb2")
        peer.start(_many(100))
        peer.wait_ready()
        self.pace.wait(1.0)

    def reload(self, prepare: Callable[[], object]) -> None:
        """Writes a file, says so, and waits until the agent has read it."""
        prepare()
        count = self.agent.notified().count()
        self.agent.running().signal(signal.SIGHUP)
        self.agent.notified().wait_for("READY=1", 10.0, since=count)

    def under(self, name: str, prepare: Callable[[int], object], said: str, say: Say) -> None:
        """Reloads one after the other; each is answered by the line `said`; nobody pauses, nothing moves."""
        self.pace.wait(0.3)
        mark, start, times = self.agent.running().mark(), time.monotonic(), 0
        while time.monotonic() < start + SECONDS:
            self.reload(lambda: prepare(times))
            times += 1
        end = self.pace.wait(3 * INTERVAL)
        worst = self.pace.worst(start, end)
        say(f"{name}: {times} reloads in {SECONDS:.1f} s, worst spacing of {COUNT} instances "
            f"{worst.seconds * 1000:.1f} ms = {worst.seconds / INTERVAL:.2f} intervals")
        assert len(self.agent.running().find(said, mark)) == times
        assert self.pace.vrids(start, end) == set(range(1, COUNT + 1))
        assert [c for c in self.watcher.events(start, end) if not c.again] == []
        assert worst.seconds / INTERVAL <= 1 + 5 * SLACK


def test_255_instances_at_100_ms(lab: Lab, say: Say) -> None:
    """The same file, a changed one, a broken one, half of one and none: each instance goes on in step."""
    fire = Fire(lab)
    text = regent_toml(_many())
    broken = text.replace("virtual_router_id = 128", "virtual_router_id = 999")
    file = fire.agent.directory / "regent.toml"
    fire.under("same file", lambda _: fire.agent.write(text), APPLIED, say)
    fire.under("all priorities changed", lambda n: fire.agent.write(regent_toml(_many(200 + n % 2))), APPLIED, say)
    fire.under("broken file", lambda _: fire.agent.write(broken), REFUSED, say)
    fire.under("half-written file", lambda n: fire.agent.write(text[:text.index("priority", n * 97 % 40000) + 4]),
               REFUSED, say)
    fire.under("file gone", lambda _: file.unlink(missing_ok=True), REFUSED, say)
    fire.under("good file again", lambda _: fire.agent.write(text), APPLIED, say)
    now = time.monotonic()
    assert fire.pace.count(now - 1.0, now, 200) > 0
