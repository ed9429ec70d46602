# SPDX-License-Identifier: Apache-2.0
"""A machine with no time left: four busy loops a core beside both nodes, and nobody is taken for dead.

REGENT_STARVE_SECONDS makes it longer than the ordinary run's 8 seconds.
"""

from __future__ import annotations

import os
import time
from typing import Callable

import pytest

from net.lab.agents import make_agent
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.spec import Node, Router
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.alone]
SECONDS = float(os.environ.get("REGENT_STARVE_SECONDS", "8"))
LOOPS_PER_CORE = 4
PRIORITIES = {"lb1": 101, "lb2": 50}


def _node(host: str, count: int, interval: float) -> Node:
    return Node(tuple(Router(f"V{vrid}", "enp0s3", vrid, PRIORITIES[host], (f"10.1.0.{vrid}",), 3, interval)
                      for vrid in range(1, count + 1)))


def _starve(lab: Lab) -> None:
    for number in range(LOOPS_PER_CORE * (os.cpu_count() or 1)):
        lab.start(f"busy{number}", ["/usr/bin/python3", "-c", "print('on', flush=True)\nwhile True: pass"])
    for process in lab.processes:
        if process.name.startswith("busy"):
            process.wait_for("on", 30.0)


def _run(lab: Lab, kind: str, count: int, interval: float, seconds: float) -> tuple[str, int, float]:
    """The figures as a sentence, the moves, and the worst spacing in intervals."""
    add_balancers(lab)
    watcher, pace = AddressWatcher(lab, BALANCERS), Pace(lab, "lb1")
    agents = {host: make_agent(kind, lab, host) for host in BALANCERS}
    addresses = _node("lb1", count, interval).addresses()
    for host, agent in agents.items():
        agent.start(_node(host, count, interval))
    watcher.wait_holders(addresses, {"lb1"}, 20.0)
    pace.wait(1.0)
    _starve(lab)
    start = time.monotonic()
    end = pace.wait(seconds)
    moves = [c for c in watcher.events(start, end) if not c.again and c.address in addresses]
    gaps = sorted(gap.seconds for gap in pace.gaps(start, end))
    worst = pace.worst(start, end)
    assert pace.vrids(start, end) == set(range(1, count + 1))
    return (f"{kind}, {count} virtual router(s) at {interval * 1000:.0f} ms, {end - start:.0f} s, "
            f"{len(gaps)} adverts: spacing 99.9 % below {gaps[int(len(gaps) * 0.999)] * 1000:.1f} ms, worst "
            f"{worst.seconds * 1000:.1f} ms; {len(moves)} address events", len(moves), worst.seconds / interval)


@pytest.mark.parametrize("count, interval", [(1, 0.1), pytest.param(50, 0.01, marks=pytest.mark.long)], ids=["100ms", "50-at-10ms"])
def test_busy_machine(lab: Lab, say: Say, count: int, interval: float) -> None:
    """No false failover; the peer waits three intervals and its skew, and no pause comes near that."""
    said, moves, worst = _run(lab, "regent", count, interval, SECONDS)
    say(said)
    assert moves == 0
    assert worst < 3.0


@pytest.mark.long
def test_busy_machine_keepalived(lab: Lab, say: Say) -> None:
    """The rival beside it, as Debian starts it. Its figures are printed, not judged; it must have run at all."""
    said, _, _ = _run(lab, "keepalived", 1, 0.1, min(SECONDS, 8.0))
    say(said)
