# SPDX-License-Identifier: Apache-2.0
"""What others do to the master's node without any need for a move: addresses deleted, notifications of the kernel
lost, a broken file at a reload. Nothing may happen that the peer or a client sees."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.cluster import VIP1, VIP2, reference_node
from net.lab.duo import Duo, begin_all
from net.lab.lab import Lab
from net.lab.spec import Node, Router, regent_toml
from net.lab.storm import storm
from net.lab.table import Table, milliseconds

ROOM = 5
Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")

WIDE, SIX = "10.0.2.211", "fd00:a::53"
DEVICES = {VIP1: f"{VIP1}/32 dev enp0s3", WIDE: f"{WIDE}/24 dev enp0s3", SIX: f"{SIX}/128 dev enp0s3",
           VIP2: f"{VIP2}/32 dev enp0s8"}
FOREIGN_EVENTS = 16_000
OVERRUN_EVENTS = 200_000


def _with_more(node: Node) -> Node:
    """An address with a shorter prefix and an IPv6 instance besides the reference configuration."""
    first, *others = node.routers
    six = Router("VI_6", "enp0s3", 53, first.priority, ("fe80::53", SIX), 3, 1.0)
    return replace(node, routers=(replace(first, addresses=(VIP1, f"{WIDE}/24")), *others, six))


@pytest.fixture(scope="module")
def both(shared_lab: Lab, shared_rival_lab: Lab) -> tuple[Duo, Duo]:
    """regent and keepalived side by side, each with lb1 as MASTER."""
    nodes = {host: _with_more(reference_node(host)).all(garp_delay=1.0) for host in ("lb1", "lb2")}
    duos = Duo(shared_lab, nodes=nodes), Duo(shared_rival_lab, "keepalived")
    begin_all(*duos)
    return duos


def _delete(duo: Duo, address: str) -> float:
    """Another program deletes the address on lb1; returns how long it was gone."""
    since = time.monotonic()
    duo.lab.spaces["lb1"].ip(f"address del {DEVICES[address]}")
    gone = duo.watcher.wait_departure(address, "lb1", since, 2.0)
    return duo.watcher.wait_arrival(address, "lb1", gone, 10.0) - gone


def test_vip_deleted(both: tuple[Duo, Duo], say: Say, table: Table) -> None:
    """Put back in place and announced: no state changes, the peer sees nothing. keepalived leaves the role for it."""
    ours, rival = both
    since, marks, told = time.monotonic(), ours.marks(), ours.agents["lb1"].notified().count()  # type: ignore[union-attr]
    gone = {address: [_delete(ours, address) for _ in range(count)]
            for address, count in ((VIP1, 5), (VIP2, 3), (WIDE, 3), (SIX, 3))}
    end = ours.capture.pass_time(time.monotonic() + ours.interval)
    rival_marks = rival.marks()
    rival_gone = [_delete(rival, VIP1) for _ in range(2)]
    rival_moves = rival.moves(rival_marks)
    everything = [seconds for times in gone.values() for seconds in times]
    for address, times in gone.items():
        say(f"{address} deleted: back after {milliseconds(times)}")
    table.add("VIP deleted by `ip addr del`", f"{milliseconds(everything)}, {len(ours.moves(marks))} moves",
              "< 10 ms, no flip", f"{milliseconds(rival_gone)}, {len(rival_moves)} state changes")
    assert ours.moves(marks) == []
    said = ours.agents["lb1"].running().find("was deleted by another program; put back at once", marks["lb1"])
    assert len(said) == len(everything)
    assert [text for text in ours.agents["lb1"].notified().messages[told:] if "BACKUP" in text] == []  # type: ignore[union-attr]
    assert ours.capture.between(since, end, host="lb2") == []
    assert {a.priority for a in ours.capture.between(since, end, host="lb1")} == {101}
    assert {a.address for a in ours.capture.announced(since, end, host="lb1")} >= set(gone)
    assert max(everything) < ROOM * 0.010
    assert max(everything) < min(rival_gone) / ROOM


def test_vip_deleted_again_and_again(both: tuple[Duo, Duo], say: Say) -> None:
    """More than 10 times a minute: put back more slowly, and the log says so. Still no state change."""
    ours, _ = both
    marks, process = ours.marks(), ours.agents["lb1"].running()
    gone: list[float] = []
    while not process.find("deleted more than 10 times in a minute", marks["lb1"]):
        assert len(gone) < 12, "never slowed"
        gone.append(_delete(ours, VIP1))
    line = process.find("deleted more than 10 times in a minute", marks["lb1"])[0]
    say(f"slowed at {gone[-1] * 1000:.0f} ms: {line.text}")
    assert VIP1 in line.text
    assert max(gone[:-1], default=0.0) < ROOM * 0.010
    assert 0.5 < gone[-1] < ROOM * 1.0
    assert ours.moves(marks) == []


def _miss(duo: Duo, events: int) -> float:
    """The agent of lb1 is stopped for 1.5 s; meanwhile foreign addresses come and go, and VIP2 goes. Returns when it
    was woken."""
    space, stopped = duo.lab.spaces["lb1"], duo.agents["lb1"].pause()
    try:
        storm(space, "lo", events // 2)
        space.ip(f"address del {DEVICES[VIP2]}")
        storm(space, "lo", events // 2)
        duo.capture.pass_time(stopped + 1.5)
    finally:
        woken = duo.agents["lb1"].wake()
    assert woken - stopped < 2.5, "the peer would take over"
    return woken


def _missed_and_mended(ours: Duo, events: int) -> tuple[float, list[str]]:
    """How long after waking VIP2 was back, and all that was logged but its own lateness. Nothing else may have
    happened."""
    marks, since = ours.marks(), time.monotonic()
    woken = _miss(ours, events)
    back = ours.watcher.wait_arrival(VIP2, "lb1", woken, 10.0) - woken
    end = ours.capture.pass_time(woken + ours.interval)
    assert ours.moves(marks) == []
    assert ours.capture.between(since, end, host="lb2") == []
    said = ours.agents["lb1"].running().find("", marks["lb1"])
    return back, [line.text for line in said if not re.search("advertisements have left late", line.text)]


def test_foreign_address_events(both: tuple[Duo, Duo], say: Say, table: Table) -> None:
    """Thousands of events with the loss of our own address among them: put back when we wake. keepalived does not
    notice."""
    ours, rival = both
    back, said = _missed_and_mended(ours, FOREIGN_EVENTS)
    rival_woken = _miss(rival, FOREIGN_EVENTS)
    rival_end = rival.capture.pass_time(rival_woken + 4.0)
    rival_back = rival.watcher.arrival(VIP2, "lb1", rival_woken)
    rival_text = f"not within {rival_end - rival_woken:.0f} s" if rival_back is None else \
        f"{(rival_back - rival_woken) * 1000:.0f} ms"
    say(f"{FOREIGN_EVENTS} events: VIP2 back {back * 1000:.1f} ms after waking; keepalived: {rival_text}; {said}")
    table.add(f"{FOREIGN_EVENTS} foreign address events while stopped for 1.5 s, VIP deleted", milliseconds([back]),
              "< 1 s, one log line", rival_text)
    assert len(said) == 1, said
    assert back < 1.0


def test_lost_notifications(both: tuple[Duo, Duo], say: Say, table: Table) -> None:
    """The same with more events than the kernel keeps for us: links and addresses are read anew, in one line."""
    back, said = _missed_and_mended(both[0], OVERRUN_EVENTS)
    say(f"{OVERRUN_EVENTS} events: VIP2 back {back * 1000:.1f} ms after waking: {said}")
    table.add(f"the same with {OVERRUN_EVENTS}, more than the kernel keeps", milliseconds([back]),
              "< 1 s, one log line")
    assert len(said) == 1 and "notifications of the kernel were lost" in said[0], said
    assert back < 1.0


def _reload_text(duo: Duo, text: str | None) -> int:
    """SIGHUP with this text as the file, or with none; returns where the log stood."""
    agent = duo.agents["lb1"]
    mark = agent.running().mark()
    file = agent.write(text or "")  # type: ignore[union-attr]
    if text is None:
        file.unlink()
    agent.running().signal(1)
    return mark


def test_broken_reload(both: tuple[Duo, Duo], say: Say, table: Table) -> None:
    """Broken file, half a file, no file: every error is said with its place, nothing else happens. keepalived dies
    and leaves its address to be on both nodes."""
    ours, rival = both
    whole = regent_toml(ours.nodes["lb1"])
    broken = whole.replace("virtual_router_id = 51", "virtual_router_id = 999") \
        .replace("priority = 101", "priorty = 101", 1).replace("members =", "member =")
    ours.capture.wait_announced(1.5)
    process, since, marks = ours.agents["lb1"].running(), time.monotonic(), ours.marks()
    rival.agents["lb1"].reload(rival.nodes["lb1"].all(vrid=999))
    mark = _reload_text(ours, broken)
    for word in ("999", "priorty", "member"):
        process.wait_for(rf"regent\.toml:\d+:\d+: error: .*{word}", 5.0, since=mark)
    mark = _reload_text(ours, whole[:whole.index("members") + 12])
    process.wait_for(r"regent\.toml:\d+:\d+: error: ", 5.0, since=mark)
    mark = _reload_text(ours, None)
    process.wait_for(r"regent\.toml.*[Nn]o such file", 5.0, since=mark)
    end = ours.capture.pass_time(time.monotonic() + 2 * ours.interval)
    events = ours.watcher.events(since, end)
    table.add("reload with a broken file, half a file, no file", f"{len(events)} address events, "
              f"{len(ours.moves(marks))} moves, 3x", "nothing changes, errors listed", _after_death(rival, say))
    assert process.alive() and events == [] and ours.moves(marks) == []
    assert ours.capture.between(since, end, host="lb2") == [] and ours.capture.announced(since, end) == []
    sent = {vrid: [a.time for a in ours.capture.between(since - 2 * ours.interval, end, host="lb1", vrid=vrid)]
            for vrid in ours.vrids}
    for vrid, times in sent.items():
        gaps = [after - earlier for earlier, after in zip(times, times[1:])]
        assert 0.8 * ours.interval < min(gaps) and max(gaps) < 1.2 * ours.interval, (vrid, gaps)
    # The file is mended: the next reload is taken.
    mended = ours.agents["lb1"].reload(ours.nodes["lb1"].all(priority=102))
    ours.capture.wait_advert(mended, 3.0, host="lb1", priority=102)


def _after_death(rival: Duo, say: Say) -> str:
    """What keepalived's broken reload has led to, once the peer has had the time to take over."""
    code = rival.agents["lb1"].running().wait(5.0)
    rival.watcher.wait_held((VIP1,), "lb2", rival.takeover("lb2") + 3.0)
    holders = sorted(rival.watcher.holders(VIP1))
    say(f"keepalived after a broken reload: exit code {code}, VIP1 on {holders}")
    return f"dead (exit {code}), VIP on {' and '.join(holders)}"
