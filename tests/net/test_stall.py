# SPDX-License-Identifier: Apache-2.0
"""The agent of the master stands still for longer than the peer waits, and wakes: it must not speak as a master that
it no longer is."""

from __future__ import annotations

import re
from typing import Callable

import pytest

from net.lab.duo import Duo, begin_all
from net.lab.lab import Lab
from net.lab.table import Table, milliseconds

ROOM = 5
STALL = 5.0
Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
# Adverts, version, how long both nodes may hold an address.
SPEEDS = [(1.0, 2, 0.5), (0.1, 3, 1.0)]
IDS = ["1s", "100ms"]


def _duos(new_lab: Callable[[str], Lab], kind: str) -> list[Duo]:
    return [Duo(new_lab(f"{kind}-{name}"), kind, interval=interval, version=version)
            for name, (interval, version, _) in zip(IDS, SPEEDS)]


def _said_while_backup(duo: Duo, woken: float, mark: int) -> list[tuple[float, int, int]]:
    """Time after waking, VRID and priority of all that lb1 sent before it could be MASTER again by listening."""
    process = duo.agents["lb1"].running()
    process.wait_for("Entering BACKUP", 3.0, since=mark)
    # The first of each instance: what happens once it has taken over again is not what waking was.
    first: dict[str, float] = {}
    for line in process.find("Entering BACKUP", mark):
        turn, instance = re.match(r"\[([\d.]+)\].*\((\w+)\)", line.text).groups()  # type: ignore[union-attr]
        first.setdefault(instance, float(turn))
    down = max(first.values())
    assert down >= woken
    end = down + 2 * duo.interval
    duo.capture.pass_time(end)
    return [(a.time - woken, a.vrid, a.priority) for a in duo.capture.between(woken, end, host="lb1")]


def test_stopped_and_continued(new_lab: Callable[[str], Lab], say: Say, table: Table) -> None:
    """The addresses go while it stands still, and it wakes as BACKUP. keepalived goes on as MASTER beside the other."""
    ours, rivals = _duos(new_lab, "regent"), _duos(new_lab, "keepalived")
    begin_all(*ours, *rivals)
    marks = [duo.agents["lb1"].running().mark() for duo in ours]
    stopped = [duo.agents["lb1"].pause() for duo in (*ours, *rivals)]
    woken = ours[0].capture.pass_time(stopped[-1] + STALL)
    for duo in (*ours, *rivals):
        duo.agents["lb1"].wake()
    # Until lb1 could be MASTER again by listening: that later move is a planned one, judged elsewhere.
    ends = [woken + 2 * duo.interval for duo in (*ours, *rivals)]
    ours[0].capture.pass_time(max(ends))
    both = [duo.cost(since, end)[1] for duo, since, end in zip((*ours, *rivals), stopped, ends)]
    said = [_said_while_backup(duo, woken, mark) for duo, mark in zip(ours, marks)]
    for number, (interval, _, most) in enumerate(SPEEDS):
        name = f"stopped for {STALL:.0f} s and continued, peer alive ({interval * 1000:.0f} ms adverts)"
        say(f"{name}: on both {both[number] * 1000:.0f} ms, said {said[number]}; keepalived on both "
            f"{both[number + len(ours)]:.3f} s")
        table.add(name, f"both {both[number] * 1000:.0f} ms, {len(said[number])} adverts before stepping down, 1x",
                  f"both <= {most:g} s, no advert", f"both {both[number + len(ours)] * 1000:.0f} ms")
    assert said == [[] for _ in ours]
    for number, (_, _, most) in enumerate(SPEEDS):
        spans = [line.spans for line in ours[number].timelines(stopped[number], ends[number])]
        assert both[number] <= min(ROOM * most, both[number + len(ours)] / 3), spans
    # It has the higher priority: having listened, it takes over again.
    for duo in ours:
        duo.settle()


def test_stopped_and_continued_without_peer(new_lab: Callable[[str], Lab], say: Say, table: Table) -> None:
    """Nobody has taken over: it listens for an interval and its skew, and serves again."""
    duos = _duos(new_lab, "regent")
    begin_all(*duos)
    for duo in duos:
        duo.agents["lb2"].stop()
    marks = [duo.agents["lb1"].running().mark() for duo in duos]
    stopped = [duo.agents["lb1"].pause() for duo in duos]
    duos[0].capture.pass_time(stopped[-1] + STALL)
    lost = [sum(duo.watcher.departure(vip, "lb1", since) is not None for vip in duo.vips)
            for duo, since in zip(duos, stopped)]
    woken = [duo.agents["lb1"].wake() for duo in duos]
    duos[0].capture.pass_time(woken[-1] + 2.0)
    took = []
    for duo, since, (interval, _, _) in zip(duos, woken, SPEEDS):
        back = [when - since for vip in duo.vips if (when := duo.watcher.arrival(vip, "lb1", since)) is not None]
        text = milliseconds(back) if back else "never"
        limit = interval + duo.skew("lb1") + 0.050
        name = f"the same with the peer down ({interval * 1000:.0f} ms adverts)"
        say(f"{name}: {lost[duos.index(duo)]} of {len(duo.vips)} addresses had gone; back after {text}")
        table.add(name, text, f"<= {limit * 1000:.0f} ms")
        took.append((max(back, default=None), interval + duo.skew("lb1") + ROOM * 0.050))
    assert lost == [len(duo.vips) for duo in duos], "the lease has run out"
    assert all(worst is not None and worst <= limit for worst, limit in took), took
    for duo, mark in zip(duos, marks):
        assert duo.agents["lb1"].running().find("Entering BACKUP", mark), "it listens first"
