# SPDX-License-Identifier: Apache-2.0
"""A running keepalived pair becomes a regent pair and back again, one node at a time, while the other serves."""

from __future__ import annotations

from typing import Callable

import pytest

from net.lab.agents import make_agent
from net.lab.lab import Lab
from net.lab.scenario import Outcome, Scenario

Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
GAP = 0.25  # five times what is asked for


def _replace_backup(scene: Scenario, kind: str) -> Outcome:
    """lb2 gets the other program while lb1 serves."""
    def swap() -> float:
        before = scene.agents["lb2"].stop()
        scene.agents["lb2"] = make_agent(kind, scene.lab, "lb2")
        scene.agents["lb2"].start(scene.node("lb2"))
        return before

    outcome = scene.fault(f"lb2 becomes {kind}", swap, {"lb1"}, "lb1")
    # It must have heard a master before it may be needed.
    for router in scene.node("lb2").routers:
        since = scene.agents["lb2"].running().wait_for(rf"\({router.name}\) Entering BACKUP", 10.0).time
        scene.capture.wait_advert(since, 3.0, host="lb1", vrid=router.vrid)
    return outcome


def _replace_master(scene: Scenario, kind: str) -> tuple[Outcome, Outcome, float]:
    """lb1 gets the other program: it leaves, lb2 serves, the new one preempts. The last is how long an address was on
    no balancer when lb1 left, beyond what lb2 itself took from its first advert to the address."""
    since = scene.watcher.now()
    leave = scene.stop_lb1()
    added = max(none - own for none, own in scene.follower_delays(since))
    scene.agents["lb1"] = make_agent(kind, scene.lab, "lb1")
    return leave, scene.return_lb1(), added


def test_swap_and_back(lab: Lab, say: Say) -> None:
    scene = Scenario(lab, ("keepalived", "keepalived"))
    scene.begin()

    def tell(o: Outcome, what: str) -> None:
        say(f"{what}: gap {o.client.longest_gap * 1000:.1f} ms, lost {o.client.lost}, flips {o.flips}, "
            f"none {o.none * 1000:.1f} ms, both {o.both * 1000:.1f} ms")

    there = _replace_backup(scene, "regent")
    tell(there, "keepalived serves, lb2 becomes regent")
    assert there.flips == 0 and there.client.lost == 0 and there.client.longest_gap <= GAP
    leave, enter, _ = _replace_master(scene, "regent")
    tell(leave, "keepalived on lb1 stops, regent on lb2 takes over")
    tell(enter, "regent on lb1 preempts regent on lb2")
    assert leave.flips == 1 and enter.flips == 1
    assert enter.client.longest_gap <= GAP + enter.client.cadence and enter.none <= 0.025
    back = _replace_backup(scene, "keepalived")
    tell(back, "regent serves, lb2 becomes keepalived again")
    assert back.flips == 0 and back.client.lost == 0 and back.client.longest_gap <= GAP
    leave, enter, added = _replace_master(scene, "keepalived")
    tell(leave, "regent on lb1 stops, keepalived on lb2 takes over")
    tell(enter, "keepalived on lb1 preempts keepalived on lb2")
    assert leave.flips == 1 and added <= 0.025
    assert leave.client.longest_gap <= GAP + leave.client.cadence
    assert enter.flips == 1
