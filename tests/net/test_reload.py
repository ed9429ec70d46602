# SPDX-License-Identifier: Apache-2.0
"""A reload does what the new file says and nothing else: seen on the wire and in the kernel's address events."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, VIP1, VIP2, add_balancers, reference_node
from net.lab.lab import Lab
from net.lab.spec import Node, Router, regent_toml
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
COUNT = 255


class Pair:
    """lb1 and lb2 with regent and the reference configuration, lb1 MASTER and its announcements over."""

    def __init__(self, lab: Lab, interval: float, *, grouped: bool = True) -> None:
        add_balancers(lab)
        self.watcher, self.capture = AddressWatcher(lab, BALANCERS), Capture(lab)
        self.agents = {host: Regent(lab, host) for host in BALANCERS}
        self.nodes = {host: reference_node(host, version=3, interval=interval).all(garp_delay=1.0)
                      for host in BALANCERS}
        if not grouped:
            self.nodes = {host: replace(node, groups=()) for host, node in self.nodes.items()}
        for host, agent in self.agents.items():
            agent.start(self.nodes[host])
        self.watcher.wait_holders((VIP1, VIP2), {"lb1"}, 10.0)
        self.capture.wait_announced(1.5)


def _reloaded(agent: Regent, node: Node) -> float:
    before = time.monotonic()
    count = agent.notified().count()
    agent.reload(node)
    agent.notified().wait_for("READY=1", 10.0, since=count)
    return before


def test_nothing_changed(lab: Lab) -> None:
    """The same file again: no extra advert, no announcement, no address event, on either node."""
    interval = 0.5
    pair = Pair(lab, interval)
    for agent in pair.agents.values():
        agent.wait_ready()
    before = time.monotonic()
    for host, agent in pair.agents.items():
        for _ in range(3):
            _reloaded(agent, pair.nodes[host])
    end = pair.capture.pass_time(time.monotonic() + 4 * interval)
    assert pair.watcher.events(before, end) == []
    assert pair.capture.announced(before, end) == []
    assert pair.capture.between(before, end, host="lb2") == []
    for vrid in (51, 52):
        times = [a.time for a in pair.capture.between(before - 2 * interval, end, host="lb1", vrid=vrid)]
        gaps = [after - earlier for earlier, after in zip(times, times[1:])]
        assert len(gaps) >= 4
        # A timer that was set anew would show as a longer pause, an extra advert as a shorter one.
        assert min(gaps) > 0.8 * interval and max(gaps) < 1.2 * interval, gaps


def _many(extra: tuple[str, ...] = ()) -> Node:
    routers = tuple(Router(f"V{vrid}", "enp0s3", vrid, 200, (f"10.1.0.{vrid}",), 3, 1.0, garp_delay=0.0)
                    for vrid in range(1, COUNT + 1))
    changed = replace(routers[127], addresses=(*routers[127].addresses, *extra))
    return Node((*routers[:127], changed, *routers[128:]))


def test_one_address_more_among_many(lab: Lab, say: Say) -> None:
    """One of 255 instances gets a second VIP: that address appears and is announced, and nothing else happens."""
    add_balancers(lab)
    watcher, capture = AddressWatcher(lab, BALANCERS), Capture(lab)
    agent = Regent(lab, "lb1")
    agent.start(_many())
    watcher.wait_holders(_many().addresses(), {"lb1"}, 20.0)
    agent.wait_ready()
    capture.wait_announced(1.5)
    added = "10.1.1.1"
    before = _reloaded(agent, _many((added,)))
    done = watcher.wait_held((added,), "lb1", 5.0)
    end = capture.pass_time(time.monotonic() + 2.5)
    say(f"255 instances, one VIP more: {(done - before) * 1000:.0f} ms after SIGHUP")
    assert [(c.address, c.added, c.again) for c in watcher.events(before, end)] == [(added, True, False)]
    assert {a.address for a in capture.announced(before, end)} == {added}
    span = end - before
    for vrid in range(1, COUNT + 1):
        sent = capture.between(before, end, vrid=vrid)
        assert all(a.priority == 200 for a in sent), "nobody left"
        extra = 1 if vrid == 128 else 0
        assert span - 1.1 <= len(sent) <= span + 1 + extra, f"VRID {vrid}: {len(sent)} adverts in {span:.2f} s"
    last = capture.between(before, end, vrid=128)[-1]
    assert last.addresses == ("10.1.0.128", added)
    # And away again.
    before = _reloaded(agent, _many())
    watcher.wait_holders((added,), set(), 5.0)
    end = capture.pass_time(time.monotonic() + 1.2)
    assert [(c.address, c.added) for c in watcher.events(before, end)] == [(added, False)]
    assert capture.announced(before, end) == []


def test_broken_file_changes_nothing(lab: Lab) -> None:
    """Every error is logged with its place; the old configuration runs on."""
    pair = Pair(lab, 0.5)
    agent = pair.agents["lb1"]
    agent.wait_ready()
    mark = agent.running().mark()
    before = time.monotonic()
    broken = regent_toml(pair.nodes["lb1"]).replace("virtual_router_id = 51", "virtual_router_id = 999") \
        .replace("priority = 101", 'priorty = 101', 1)
    agent.write(broken)
    agent.running().signal(1)
    process = agent.running()
    process.wait_for(r"regent\.toml:\d+:\d+: error: ", 5.0, since=mark)
    process.wait_for("priorty", 5.0, since=mark)
    process.wait_for("999|virtual_router_id", 5.0, since=mark)
    agent.write("[instance.VI_1\n")
    mark = process.mark()
    process.signal(1)
    process.wait_for(r"regent\.toml:\d+:\d+: error: ", 5.0, since=mark)
    end = pair.capture.pass_time(time.monotonic() + 2.0)
    assert process.alive()
    assert pair.watcher.events(before, end) == [] and pair.capture.announced(before, end) == []
    assert {a.priority for a in pair.capture.between(before, end)} == {101}
    # A good file after the bad ones is taken.
    _reloaded(agent, pair.nodes["lb1"].all(priority=102))
    pair.capture.wait_advert(time.monotonic(), 3.0, host="lb1", priority=102)


def test_instance_comes_and_goes(lab: Lab) -> None:
    """A deleted instance says priority 0 and leaves nothing; a new one starts as BACKUP; the rest does not notice."""
    pair = Pair(lab, 0.5, grouped=False)
    agent = pair.agents["lb1"]
    agent.wait_ready()
    alone = Node((pair.nodes["lb1"].routers[0],))
    before = _reloaded(agent, alone)
    pair.watcher.wait_holders((VIP2,), {"lb2"}, 5.0)
    assert pair.capture.wait_advert(before, 2.0, host="lb1", vrid=52).priority in (0, 101)
    assert pair.capture.between(before, time.monotonic(), host="lb1", vrid=52, priority=0)
    assert pair.watcher.holders(VIP1) == {"lb1"}
    back = _reloaded(agent, pair.nodes["lb1"])
    pair.watcher.wait_holders((VIP1, VIP2), {"lb1"}, 10.0)
    came = pair.watcher.arrival(VIP2, "lb1", back)
    assert came is not None and came - back > 1.0, "it listened for a master-down time first"
    assert [c for c in pair.watcher.events(before, time.monotonic()) if c.address == VIP1] == []
