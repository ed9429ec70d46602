# SPDX-License-Identifier: Apache-2.0
"""What a reload changes on a living pair: VRID, interface, version, membership, priority. Nothing else moves.

Measured is the time in which no node, or both, have a VIP. An instance keeps its identity with its VRID, interface and
family; another one in its place begins anew (RFC 9568 §6.4.1), so that its VIP is absent for one master-down time.
Everything else is make before break: no moment without the VIP.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Callable

import pytest

from net.lab.agents import make_agent
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, VIP1, VIP2, add_balancers, reference_node
from net.lab.lab import Lab
from net.lab.netns import LabError
from net.lab.spec import Node
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
INTERVAL = 0.2
# Far apart: what both nodes begin anew lb1 has first, though a slow machine reloads it 0.19 s after lb2.
PRIORITIES = {"lb1": 250, "lb2": 5}
DOWN, SKEW1, SKEW2 = 3 * INTERVAL, *((256 - priority) / 256 * INTERVAL for priority in PRIORITIES.values())
SLACK = 0.15  # of a slow machine, for each wait
GROUP = (("SG1", ("VI_1", "VI_2")),)
BOTH_NODES = ("lb2", "lb1")


def _first(node: Node, **changes: object) -> Node:
    return replace(node, routers=(replace(node.routers[0], **changes), *node.routers[1:]))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Case:
    """A change, and what it may cost the VIPs that it is about."""

    change: Callable[[Node], Node]
    holder: str = "lb1"  # of both VIPs afterwards
    hosts: tuple[str, ...] = BOTH_NODES  # in the order of their reload
    grouped: bool = True
    none: float = 0.0  # VIP1, seconds
    quiet: tuple[str, ...] = ()  # addresses that nobody may touch
    watch: float = DOWN + 2 * INTERVAL + SKEW2  # so long it is looked at


CASES = {
    "priority of the backup up": Case(lambda n: n.all(priority=254), "lb2", ("lb2",)),
    "priority of the master down": Case(lambda n: n.all(priority=1), "lb2", ("lb1",)),
    "VRID": Case(lambda n: _first(n, vrid=61), none=DOWN + SKEW1, quiet=(VIP2,)),
    "VRID, not grouped": Case(lambda n: _first(n, vrid=61), grouped=False, none=DOWN + SKEW1, quiet=(VIP2,)),
    "interface": Case(lambda n: _first(n, interface="enp0s8"), grouped=False, none=DOWN + SKEW1, quiet=(VIP2,)),
    "version": Case(lambda n: n.all(version=2, interval=1.0), quiet=(VIP1, VIP2), watch=4.5),
    "interval": Case(lambda n: n.all(interval=0.04), quiet=(VIP1, VIP2)),
    "group taken away": Case(lambda n: replace(n, groups=()), quiet=(VIP1, VIP2)),
    "group made": Case(lambda n: replace(n, groups=GROUP), grouped=False, quiet=(VIP1, VIP2)),
    "member taken out": Case(lambda n: replace(n, groups=(("SG1", ("VI_2",)),)), quiet=(VIP1, VIP2)),
}


class Live:
    """A pair of one kind of agent, lb1 MASTER of both VIPs, lb2 aware of it, announcements over."""

    def __init__(self, lab: Lab, kind: str, grouped: bool) -> None:
        add_balancers(lab)
        self.watcher, self.capture = AddressWatcher(lab, BALANCERS), Capture(lab)
        self.agents = {host: make_agent(kind, lab, host) for host in BALANCERS}
        self.nodes = {host: replace(reference_node(host, version=3, interval=INTERVAL), groups=GROUP if grouped else ())
                      .all(garp_delay=0.0, priority=PRIORITIES[host]) for host in BALANCERS}
        for host, agent in self.agents.items():
            agent.start(self.nodes[host])
        settled = self.watcher.wait_holders((VIP1, VIP2), {"lb1"}, 10.0)
        for vrid in (51, 52):
            self.capture.wait_advert(settled + INTERVAL, 3.0, host="lb1", vrid=vrid)

    def reload(self, hosts: tuple[str, ...], change: Callable[[Node], Node], seconds: float) -> tuple[float, float]:
        """Reloads on each host in turn and lets the wire go on for a while; the span of time."""
        start = time.monotonic()
        for host in hosts:
            self.agents[host].reload(change(self.nodes[host]))
        try:
            self.capture.wait_advert(float("inf"), start + seconds - time.monotonic())
        except LabError:  # no advert comes that late: the time has passed
            pass
        return start, time.monotonic()

    def cost(self, start: float, end: float) -> str:
        """Both VIPs in words."""
        lines = {vip: self.watcher.timeline(vip, start, end) for vip in (VIP1, VIP2)}
        return "; ".join(f"{vip} none {line.none * 1000:.0f} ms, both {line.both * 1000:.0f} ms"
                         for vip, line in lines.items())


@pytest.mark.parametrize("name", list(CASES))
def test_change(lab: Lab, say: Say, name: str) -> None:
    """On one node or on both right after each other; the log names no error, and the wire shows the new values."""
    case = CASES[name]
    live = Live(lab, "regent", case.grouped)
    start, end = live.reload(case.hosts, case.change, case.watch + SLACK)
    say(f"{name}: {live.cost(start, end)}")
    for vip in (VIP1, VIP2):
        line = live.watcher.timeline(vip, start, end)
        assert live.watcher.holders(vip) == {case.holder}
        assert line.flips == (case.holder != "lb1")
        assert line.both <= SLACK
        assert line.none <= (case.none + SLACK if vip == VIP1 and case.none else 0.02)
    assert [c for c in live.watcher.events(start, end) if c.address in case.quiet and not c.again] == []
    assert [a for a in live.capture.announced(start, end) if a.address in case.quiet] == []
    wanted = {(r.vrid, r.priority, r.version) for r in case.change(live.nodes[case.holder]).routers} \
        if case.holder in case.hosts else {(r.vrid, r.priority, r.version) for r in live.nodes[case.holder].routers}
    last = live.capture.between(end - (1.2 if name == "version" else 2 * INTERVAL), end)
    assert {(a.vrid, a.priority, a.version) for a in last if a.host == case.holder} == wanted
    for agent in live.agents.values():
        assert not agent.running().find(" error: ")


@pytest.mark.parametrize("name", ["VRID", "interface"])
def test_change_keepalived(lab: Lab, say: Say, name: str) -> None:
    """The rival with the same change: printed beside ours. Its grouped change of VRID takes both VIPs away."""
    case = CASES[name]
    live = Live(lab, "keepalived", case.grouped)
    start, end = live.reload(case.hosts, case.change, case.watch + 0.5)
    say(f"{name}, keepalived: {live.cost(start, end)}")
    live.watcher.wait_holders((VIP1,), {"lb1"}, 10.0)  # in its own time: it is not what is tested
    assert live.watcher.timeline(VIP1, start, end).none > 0


def test_vrid_on_one_node_first(lab: Lab, say: Say) -> None:
    """The peer takes the VIP on the old VRID after its skew; the new VRID has a master of its own until the peer
    follows. From then on one node has the VIP, and the other VIP has not moved."""
    live = Live(lab, "regent", False)
    change = CASES["VRID"].change
    start, between = live.reload(("lb1",), change, DOWN + SKEW1 + 2 * INTERVAL)
    assert live.capture.between(start, between, host="lb1", vrid=51, priority=0)
    assert live.watcher.timeline(VIP1, start, between).none <= SKEW2 + SLACK
    live.watcher.wait_holders((VIP1,), {"lb1", "lb2"}, 5.0)
    for host, peer, vrid in (("lb1", "10.0.2.22", 51), ("lb2", "10.0.2.21", 61)):
        live.agents[host].running().wait_for(rf"discarded an advertisement from {peer}: .*VRID {vrid}\b", 5.0)
    second, end = live.reload(("lb2",), change, DOWN + SKEW2)
    say(f"VRID on one node first: {live.cost(start, end)}; after the second reload {live.cost(second, end)}")
    assert live.watcher.holders(VIP1) == {"lb1"}
    assert live.watcher.timeline(VIP1, second, end).none == 0
    assert [c for c in live.watcher.events(start, end) if c.address == VIP2 and not c.again] == []
