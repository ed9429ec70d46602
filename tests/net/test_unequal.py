# SPDX-License-Identifier: Apache-2.0
"""Two nodes whose address lists differ for a while, as when an address is added to one after the other."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.cluster import BALANCERS, VIP1, VIP2, reference_node
from net.lab.duo import Duo, begin_all
from net.lab.lab import Lab
from net.lab.spec import Node
from net.lab.table import Table

ROOM = 5
Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
VIP3 = "10.0.2.212"
DIFFER = "the addresses of {} differ from ours: .*" + VIP3.replace(".", r"\.")


def _with_vip3(node: Node) -> Node:
    first, *others = node.routers
    return replace(node, routers=(replace(first, addresses=(*first.addresses, VIP3)), *others))


def _two_masters(duo: Duo, since: float, end: float) -> float:
    """Seconds in which an address was on both nodes, the worst address."""
    return max(duo.watcher.timeline(vip, since, end).both for vip in (VIP1, VIP2, VIP3))


def test_vip_added_to_one_node_first(lab: Lab, rival_lab: Lab, say: Say, table: Table) -> None:
    """Whoever hears the other says that the lists differ; nobody takes over for it. Two keepalived both serve."""
    # Without the group, whose other member still hears the master and would hide what is looked for.
    nodes = {host: replace(reference_node(host), groups=()) for host in BALANCERS}
    ours, rival = Duo(lab, nodes=nodes), Duo(rival_lab, "keepalived", nodes=nodes)
    begin_all(ours, rival)
    marks, since = ours.marks(), time.monotonic()
    for duo in (ours, rival):
        duo.nodes["lb1"] = _with_vip3(duo.nodes["lb1"])
        duo.agents["lb1"].reload(duo.nodes["lb1"])
    ours.watcher.wait_held((VIP3,), "lb1", 5.0)
    end = ours.capture.pass_time(since + ours.takeover("lb2") + 2 * ours.interval)
    silent = ours.capture.between(since, end, host="lb2")
    both, rival_both = _two_masters(ours, since, end), _two_masters(rival, since, end)
    reported = {"lb2": ours.agents["lb2"].running().find(DIFFER.format("10.0.2.21"), marks["lb2"])}
    # A master hears no backup. lb1 learns of the difference when lb2 serves.
    ours.agents["lb1"].stop()
    ours.watcher.wait_holders((VIP1, VIP2), {"lb2"}, 5.0)
    ours.agents["lb1"].start(ours.nodes["lb1"])
    ours.watcher.wait_holders((VIP1, VIP2, VIP3), {"lb1"}, ours.takeover("lb1") + 5.0)
    reported["lb1"] = ours.agents["lb1"].running().find(DIFFER.format("10.0.2.22"))
    ours.nodes["lb2"] = _with_vip3(ours.nodes["lb2"])
    ours.agents["lb2"].reload(ours.nodes["lb2"])
    ours.agents["lb2"].running().wait_for("addresses of 10.0.2.21 are the same as ours again", 3.0, since=marks["lb2"])
    planned = _two_masters(ours, end, time.monotonic())
    say(f"two masters for {both * 1000:.1f} ms ({planned * 1000:.1f} ms in planned moves); keepalived: "
        f"{rival_both:.2f} s of {end - since:.2f} s; said: "
        f"{[line.text for lines in reported.values() for line in lines]}")
    table.add("VIP added to one node first, the other later", f"two masters for {both * 1000:.1f} ms, 1x",
              "no two masters, reported on both", f"two masters for {rival_both:.2f} s of {end - since:.2f} s")
    assert silent == []
    assert both == 0.0
    assert planned <= ROOM * 0.010, "a planned move is make before break"
    assert {host: len(lines) for host, lines in reported.items()} == {"lb1": 1, "lb2": 1}, "on both, once each"
