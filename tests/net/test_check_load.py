# SPDX-License-Identifier: Apache-2.0
"""500 checks a second cost what 500 sockets cost, and no advert is late; beside keepalived, which starts 500 scripts."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Callable

import pytest

from net.lab import repeats
from net.lab.agents import make_agent
from net.lab.cluster import VIP1, add_balancers
from net.lab.health import script, tcp_check
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.probe import start_servers
from net.lab.process import Process
from net.lab.processes import processor_time
from net.lab.spec import Node, Router
from net.lab.table import Table
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.alone]
COUNT = 500
PORT = 20000
WORKER = "192.168.1.100"
SHARE = 0.05  # of keepalived's processor time for the same check
LATE = 0.25  # seconds beyond the interval of 1 s; a peer's patience is three intervals


@dataclass(frozen=True)
class Load:
    """Of all processes of the agent, in cores; the longest time between two adverts, in seconds."""

    cores: float
    worst: float
    checked: int  # connections that the worker has taken, per second

    @property
    def each(self) -> float:
        """Processor time of one check. Who does not come to all of them is not taken for frugal."""
        return self.cores / max(self.checked, 1)


def _count(server: Process, seconds: int) -> None:
    """Lets it work until the server has counted for that long."""
    for _ in range(seconds):
        server.wait_for("^taken", 30.0, server.mark())


def _load(lab: Lab, kind: str, seconds: int) -> Load:
    add_balancers(lab)
    lab.host("worker")
    lab.connect("worker", "eth0", "b", f"{WORKER}/24")
    server = start_servers(lab, "worker", "worker-http", f"count:{WORKER}:{PORT}")
    connect = script(lab.directory / "connect.sh", f"exec 3<>/dev/tcp/{WORKER}/{PORT}", interpreter="/bin/bash")
    checks = tuple(tcp_check(f"c{number}", WORKER, PORT, rival=connect) for number in range(COUNT))
    node = replace(Node((Router("VI_1", "enp0s3", 51, 101, (VIP1,)),)), checks=checks)
    watcher, pace, agent = AddressWatcher(lab, ("lb1",)), Pace(lab, "lb1"), make_agent(kind, lab, "lb1")
    if kind == "keepalived":
        agent.details = False  # type: ignore[union-attr]
    agent.start(node)
    if kind == "regent":
        watcher.wait_holders((VIP1,), {"lb1"}, 30.0)
    _count(server, 3)  # keepalived may not get to its adverts for a long time: that is what is judged
    pid, mark = agent.running().pid, server.mark()
    start, before = time.monotonic(), processor_time(pid)
    _count(server, seconds)
    used, end = processor_time(pid) - before, time.monotonic()
    assert kind != "regent" or watcher.holders(VIP1) == {"lb1"}
    assert not pace.dropped()
    counted = [int(line.text.split()[1]) for line in server.find(r"^taken \d+", mark)]
    worst = max((gap.seconds for gap in pace.gaps(start, end)), default=end - start)
    return Load(used / (end - start), worst, round(sum(counted) / (end - start)))


def test_500_checks_a_second(new_lab: Callable[[str], Lab], say: Say, table: Table) -> None:
    """One after the other: what one takes from the machine would be counted against the other."""
    seconds = repeats(8, 30)
    ours = _load(new_lab("regent"), "regent", seconds)
    rival = _load(new_lab("keepalived"), "keepalived", seconds)
    texts = [f"{load.cores * 100:.1f} % of a core, adverts {load.worst:.3f} s apart at worst, {load.checked} checks/s"
             for load in (ours, rival)]
    say(f"500 TCP checks a second: regent {texts[0]}; keepalived {texts[1]}; for each check {ours.each / rival.each:.3f} of it")
    table.add("500 TCP checks a second: processor", texts[0], f"<= {SHARE} x keepalived's, no late advert", texts[1])
    assert ours.checked >= 0.95 * COUNT, "the checks were not asked"
    assert ours.worst <= 1.0 + LATE
    assert ours.each <= SHARE * rival.each
