# SPDX-License-Identifier: Apache-2.0
"""The agent of the master is killed: started again in time nobody notices, never started again its addresses go by
themselves; and what is not a crash, the leave-taking for a new version of the program."""

from __future__ import annotations

import json
import shutil
import signal
import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.cluster import VIP1, VIP2, add_balancers
from net.lab.duo import Duo, begin_all
from net.lab.lab import Lab
from net.lab.processes import eventually
from net.lab.spec import Node, Router
from net.lab.table import Table, milliseconds

ROOM = 5
VIPS = (VIP1, VIP2)
Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
# Adverts, version, longest time until the new start, kills, how long both nodes may hold an address.
SPEEDS = [(1.0, 2, 0.200, 2, 0.5), (0.1, 3, 0.050, 3, 1.0)]
IDS = ["1s", "100ms"]


def _kills(duo: Duo, within: float, count: int) -> list[tuple[float, float]]:
    """SIGKILL and a new start with the same run directory, `count` times; when each was and when all must have been seen of
    it. A start that the machine has held up is of no use, and done anew: it may be too late to go on."""
    agent, spans = duo.agents["lb1"], []
    for _ in range(ROOM * count):
        killed, started = agent.kill_and_start(duo.nodes["lb1"])
        end = duo.capture.pass_time(killed + duo.takeover("lb2") + 0.5 * duo.interval)
        if started - killed < within:
            spans.append((killed, end))
            if len(spans) == count:
                return spans
            continue
        agent.stop()
        shutil.rmtree(agent.directory / "run")  # which counts the crashes of the last minute
        duo.start("lb1")
        duo.settle()
    raise AssertionError("the test is too slow for what it says")


def _undisturbed(duo: Duo, since: float, end: float) -> list[str]:
    """What the peer or a client could have seen, as sentences."""
    none, both, flips = duo.cost(since, end)
    problems = []
    if none or both or flips:
        problems.append(f"{none * 1000:.1f} ms on no node, {both * 1000:.1f} ms on both, {flips} flips")
    if duo.capture.between(since, end, host="lb2"):
        problems.append("lb2 has sent adverts")
    if [a for a in duo.capture.between(since, end, host="lb1") if a.priority == 0]:
        problems.append("lb1 has said priority 0")
    return problems


def _duos(new_lab: Callable[[str], Lab], kind: str) -> list[Duo]:
    return [Duo(new_lab(f"{kind}-{name}"), kind, interval=interval, version=version)
            for name, (interval, version, *_) in zip(IDS, SPEEDS)]


def test_killed_and_started_again(new_lab: Callable[[str], Lab], say: Say, table: Table) -> None:
    """It goes on as MASTER with the addresses that it finds. keepalived removes them and listens first."""
    ours, rivals = _duos(new_lab, "regent"), _duos(new_lab, "keepalived")
    begin_all(*ours, *rivals)
    crashed = [rival.agents["lb1"].crash() for rival in rivals]  # its parent starts it again
    problems: list[str] = []
    for duo, (interval, _, within, kills, _most) in zip(ours, SPEEDS):
        spans = _kills(duo, within, kills)
        costs = [duo.cost(*span) for span in spans]
        problems += [f"{interval:g} s: {text}" for span in spans for text in _undisturbed(duo, *span)]
        rival, since = rivals[ours.index(duo)], crashed[ours.index(duo)]
        rival.watcher.wait_arrival(VIP1, "lb1", since, 3 * rival.takeover("lb2"))
        rival_cost = rival.cost(since, rival.watcher.wait_holders(rival.vips, {"lb1"}, 3 * rival.takeover("lb2")))
        name = f"killed, started again within {within * 1000:.0f} ms ({interval * 1000:.0f} ms adverts)"
        text = f"{milliseconds([cost[0] for cost in costs])}, {sum(cost[2] for cost in costs)} flips"
        rival_text = f"{rival_cost[0] * 1000:.0f} ms, {rival_cost[2]} flips"
        say(f"{name}: without VIP {text}; keepalived {rival_text}")
        table.add(name, text, "0 ms without VIP, 0 flips", rival_text)
    assert not problems, "\n".join(problems)


def test_killed_and_not_started_again(new_lab: Callable[[str], Lab], say: Say, table: Table) -> None:
    """The kernel takes the addresses back when nobody renews them (rules.md 7). keepalived's stay."""
    ours, rivals = _duos(new_lab, "regent"), _duos(new_lab, "keepalived")
    begin_all(*ours, *rivals)
    killed = [duo.agents["lb1"].kill() for duo in (*ours, *rivals)]
    end = ours[0].capture.pass_time(max(killed) + ours[0].takeover("lb2") + 1.0)
    seen = []
    for number, (interval, *_, most) in enumerate(SPEEDS):
        (none, both, _), rival = ours[number].cost(killed[number], end), rivals[number]
        rival_both = rival.cost(killed[number + len(ours)], end)[1]
        stays = all(rival.watcher.holders(vip) == {"lb1", "lb2"} for vip in rival.vips)
        name = f"killed, never started again ({interval * 1000:.0f} ms adverts)"
        say(f"{name}: on both nodes {both * 1000:.0f} ms, on none {none * 1000:.0f} ms; keepalived on both "
            f"{rival_both:.2f} s")
        table.add(name, f"both {both * 1000:.0f} ms, none {none * 1000:.0f} ms, 1x", f"both <= {most:g} s",
                  f"both {rival_both * 1000:.0f} ms at the end" + (", and stays" if stays else ""))
        seen.append((interval, both, min(ROOM * most, rival_both / 3), stays, {vip: ours[number].watcher.holders(vip) for vip in VIPS}))
    for interval, both, most, stays, holders in seen:
        assert set(holders.values()) == {frozenset({"lb2"})}, (interval, holders)
        assert both <= most, interval
        assert stays, "what keepalived does here has changed"


def test_left_for_an_upgrade_and_crash_loop(lab: Lab, say: Say, table: Table) -> None:
    """SIGUSR1: everything stays in place and the next start goes on. A program that crashes again and again does not
    go on as MASTER for ever."""
    duo = Duo(lab).begin()
    agent = duo.agents["lb1"]
    left = agent.running().signal(signal.SIGUSR1)
    assert agent.running().wait(5.0) == 0
    assert all(duo.watcher.holders(vip) == {"lb1"} for vip in duo.vips), "the addresses stay"
    agent.start(duo.nodes["lb1"])
    end = duo.capture.pass_time(left + duo.takeover("lb2") + 0.5 * duo.interval)
    none, _both, flips = duo.cost(left, end)
    problems = _undisturbed(duo, left, end)
    say(f"SIGUSR1 and a new start: without VIP {none * 1000:.1f} ms, {flips} flips")
    table.add("left by SIGUSR1, started again", f"{none * 1000:.1f} ms, {flips} flips, 1x", "0 ms without VIP, 0 flips")
    assert not problems, "\n".join(problems)
    began = time.monotonic()
    states = _crash_until_clean(duo)
    say(f"crash loop: {states}")
    assert time.monotonic() - left < 60.0
    # One resume after SIGUSR1 and two after crashes are the three of rules.md 17.
    assert states == ["MASTER", "MASTER", "BACKUP"]
    assert agent.running().find("(?i)not resuming")
    for vip in duo.vips:
        duo.watcher.wait_departure(vip, "lb1", began, 2.0)
    duo.settle(timeout=2 * duo.takeover("lb2") + 2.0)


def test_killed_while_the_file_on_disk_is_broken(lab: Lab, say: Say, table: Table) -> None:
    """Somebody has edited the file and not applied it yet: what was in force goes on. After a clean stop the file on disk
    alone counts."""
    duo = Duo(lab).begin()
    agent = duo.agents["lb1"]
    assert isinstance(agent, Regent)
    file = agent.write("[agent\n")
    killed = agent.kill()
    agent.start_file(file)
    agent.wait_ready()
    end = duo.capture.pass_time(killed + duo.takeover("lb2") + 0.5 * duo.interval)
    problems = _undisturbed(duo, killed, end)
    none, _both, flips = duo.cost(killed, end)
    said = agent.notified().wait_for("was not applied", 5.0)
    say(f"killed while the file on disk is broken: without VIP {none * 1000:.1f} ms, {flips} flips; {said}")
    table.add("killed, the file on disk broken meanwhile", f"{none * 1000:.1f} ms, {flips} flips, 1x",
              "0 ms without VIP, 0 flips; STATUS tells")
    assert not problems, "\n".join(problems)
    assert agent.running().find("error: .*regent.toml:1:")
    agent.stop()
    duo.settle("lb2")
    agent.start_file(file)
    assert agent.running().wait(5.0) == 7
    assert all(duo.watcher.holders(vip) == {"lb2"} for vip in duo.vips)


def test_routes_stay_over_a_restart(lab: Lab, say: Say) -> None:
    """What goes on is not taken away and set again meanwhile; what nobody wants any more goes, and a changed one is set."""
    add_balancers(lab)
    kept, gone, changed = "10.7.0.0/24", "10.8.0.0/24", "10.9.0.0/24"
    router = Router("VI_1", "enp0s3", 51, 101, (VIP1,), 3, 1.0)  # 3 s to be back
    agent, at = Regent(lab, "lb1"), lab.spaces["lb1"]
    agent.start(_with_routes(router, {kept: "10.0.2.1", gone: "10.0.2.1", changed: "10.0.2.1"}))
    eventually(lambda: True if len(_routes(lab)) == 3 else None, 10.0, "the routes are not set")
    monitor = lab.start("routes", ["ip", "-o", "monitor", "route"], host="lb1")
    marker = "10.6.0.0/24"
    eventually(lambda: at.ip(f"route add {marker} via 10.0.2.1", f"route del {marker}") or monitor.find(marker) or None, 5.0, "no monitor")
    agent.kill()
    agent.start(_with_routes(router, {kept: "10.0.2.1", changed: "10.0.2.22"}))
    said = agent.running().wait_for("resumed: ", 5.0).text
    monitor.wait_for(f"^{changed} via 10.0.2.22", 5.0)
    monitor.wait_for(f"^Deleted {gone}", 5.0)
    say(f"{said}; routes: {[line.text for line in monitor.find('.')]}")
    assert not monitor.find(f"{kept}")
    assert _routes(lab) == {kept: "10.0.2.1", changed: "10.0.2.22"}
    agent.stop()
    assert not _routes(lab)


def _with_routes(router: Router, routes: dict[str, str]) -> Node:
    listed = ", ".join(f'{{ to = "{to}", via = "{via}" }}' for to, via in routes.items())
    return Node((replace(router, extra=(f"routes = [{listed}]",)),))


def _routes(lab: Lab) -> dict[str, str]:
    """The agent's own, by the protocol number of VRRP: destination and gateway."""
    found = json.loads(lab.spaces["lb1"].run(["ip", "-j", "route", "show", "proto", "112"]))
    return {route["dst"]: route["gateway"] for route in found}


def _crash_until_clean(duo: Duo) -> list[str]:
    """Kills and starts lb1's agent until it starts as BACKUP; returns the first state of each start."""
    agent, states = duo.agents["lb1"], []
    while states[-1:] != ["BACKUP"] and len(states) < 6:
        agent.kill()
        agent.start(duo.nodes["lb1"])
        first = agent.running().wait_for(r"Entering (BACKUP|MASTER)", 5.0)
        states.append("BACKUP" if "BACKUP" in first.text else "MASTER")
        if states[-1] == "MASTER":
            duo.capture.wait_advert(first.time - 0.1, 2 * duo.interval, host="lb1")
    return states
