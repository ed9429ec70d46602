# SPDX-License-Identifier: Apache-2.0
"""One of the two LANs of the MASTER is lost and no link goes down: its sync group would stay for ever where nobody of
that LAN can reach it, for the other LAN still carries its adverts. A `ping` of the lost LAN's gateway is the cure."""

from __future__ import annotations

import statistics
import time
from typing import Callable

import pytest

from net.lab import LONG, repeats
from net.lab.cluster import VIP1
from net.lab.health import ping_check
from net.lab.lab import Lab
from net.lab.scenario import VIPS, Scenario
from net.lab.table import Table, milliseconds

ROOM = 5
Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
GATEWAY = "10.0.2.1"


def _lose(scene: Scenario, *, lost: bool) -> float:
    before = time.monotonic()
    scene.lab.silence("lb1", silent=lost, lan="a")
    return before


def _stays(lab: Lab) -> bool:
    """Whether keepalived's VIPs are still on lb1 alone five seconds later."""
    scene = Scenario(lab, ("keepalived", "keepalived"))
    scene.begin()
    since = _lose(scene, lost=True)
    scene.capture.wait_advert(since + 5.0, 8.0, host="lb1")
    return all(scene.watcher.holders(vip) == {"lb1"} for vip in VIPS)


def test_one_lan_silently_lost(lab: Lab, new_lab: Callable[[str], Lab], say: Say, table: Table) -> None:
    """Three pings of 300 ms, then the group moves as a whole; with the LAN it comes back."""
    scene = Scenario(lab, pair=True, checks=lambda _: (ping_check(GATEWAY),), recover="100ms")
    scene.begin()
    mark = scene.agents["lb2"].running().mark()
    gaps, arrivals = [], []
    for _ in range(repeats(2, 20)):
        since = time.monotonic()
        gaps.append(scene.move(lambda: _lose(scene, lost=True), "lb2").longest_gap)
        arrivals.append(scene.watcher.wait_arrival(VIP1, "lb2", since, 1.0) - since)
        _lose(scene, lost=False)
        settled = scene.watcher.wait_holders(VIPS, {"lb1"}, 15.0)
        scene.capture.wait_advert(settled, 3.0, host="lb1")
        scene.client.wait_answer(settled, 10.0)
    stays = _stays(new_lab("rival")) if LONG else None
    rival = {None: "-", True: "stays on lb1 alone", False: "has moved"}[stays]
    say(f"one LAN of lb1 silently lost: client's gap {milliseconds(gaps)}, VIP1 on lb2 after {milliseconds(arrivals)}; "
        f"keepalived: {rival}")
    table.add("one LAN silently lost, ping 300 ms x 3: client's gap", milliseconds(gaps), "<= 1500 ms", rival)
    assert statistics.median(gaps) <= ROOM * 1.5
    assert stays is not False, "what keepalived does here has changed"
    moves = scene.agents["lb2"].running().find("Entering MASTER STATE", mark)
    assert len(moves) == len(gaps) * len(VIPS), "one move each time, and no more"
