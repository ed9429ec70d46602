# SPDX-License-Identifier: Apache-2.0
"""Notifiers: what a script written for keepalived is told, in which order, and what a flood of changes does to a slow one."""

from __future__ import annotations

import os
import pathlib
import signal
import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab import LONG, repeats
from net.lab.agents import Regent, make_agent
from net.lab.cluster import BALANCERS, VIP1, add_balancers, reference_node
from net.lab.duo import Duo
from net.lab.health import script
from net.lab.lab import Lab
from net.lab.processes import eventually
from net.lab.spec import Node, Notifier, Router, strings
from net.lab.table import Table
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]

# Reads a pipe to its end, again and again.
READER = """
import sys
with open(sys.argv[2], "a", encoding="utf-8", buffering=1) as record:
    while True:
        with open(sys.argv[1], encoding="utf-8") as pipe:
            record.writelines(pipe)
"""


# Changes of two virtual routers and of their group: lb1 is BACKUP, MASTER and stopped, twice; lb2 BACKUP and MASTER, twice,
# and stopped.
TOLD = {"lb1": 3 * 6, "lb2": 3 * 5}


def _exec(command: str, *lines: str, keepalived: str = "") -> Notifier:
    return Notifier("record", ('type = "exec"', f"command = {strings((command,))}", 'user = "root"', *lines), keepalived)


def _read(file: pathlib.Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _recorder(lab: Lab, host: str) -> tuple[str, pathlib.Path]:
    """A script that writes down its arguments, and where it does."""
    record = lab.directory / f"{host}-record"
    return script(lab.directory / f"{host}-notify.sh", f'echo "$*" >>{record}'), record


def _pipe_reader(lab: Lab, host: str) -> tuple[Notifier, pathlib.Path]:
    """A notifier that writes into a pipe, and what its reader, who comes again after each end, writes down."""
    pipe, record = lab.directory / f"{host}-pipe", lab.directory / f"{host}-read"
    os.mkfifo(pipe, 0o644)
    lab.start(f"{host}-reader", ["/usr/bin/python3", "-c", READER, str(pipe), str(record)])
    return Notifier("lines", ('type = "fifo"', f'path = "{pipe}"'), pipe=str(pipe)), record


def _life(lab: Lab, kind: str) -> dict[str, list[str]]:
    """Start, failover by a clean stop of lb1, its return, stop of both: what the script of each node was told, and what
    came out of its pipe."""
    nodes, records = {}, {}
    for host in BALANCERS:
        command, records[host] = _recorder(lab, host)
        pipe, records[f"{host}'s pipe"] = _pipe_reader(lab, host)
        nodes[host] = replace(reference_node(host).all(version=3, interval=0.5), notifiers=(
            _exec(command, "keepalived = true", keepalived=command), pipe))
    duo = Duo(lab, kind, nodes=nodes)
    _start_in_turn(duo)
    duo.agents["lb1"].stop()
    duo.settle("lb2")
    duo.agents["lb1"].start(nodes["lb1"])
    duo.settle("lb1")
    # One after the other: whether lb2 is still there to take over would be a matter of luck.
    duo.agents["lb1"].stop()
    duo.watcher.wait_holders(duo.vips, {"lb2"}, 5.0)
    duo.agents["lb2"].stop()
    seen = {}
    for host, record in records.items():
        # keepalived waits for none of its scripts, and the last to start need not be the last to write.
        lines = TOLD[host[:3]]
        eventually(lambda: True if len(_read(record)) >= lines else None, 5.0, f"{host} was not told {lines} times")
        seen[host] = _read(record)
    return seen


def _start_in_turn(duo: Duo) -> None:
    """lb2 finds its master there. Of two that start at once the other may be first, by 0.1 s of skew."""
    duo.start("lb1")
    duo.watcher.wait_holders(duo.vips, {"lb1"}, 10.0)
    duo.start("lb2")
    for router in duo.nodes["lb2"].routers:
        duo.agents["lb2"].running().wait_for(rf"\({router.name}\) Entering BACKUP", 10.0)
    duo.settle("lb1")


def test_the_same_as_keepalived(new_lab: Callable[[str], Lab], say: Say, table: Table) -> None:
    """A script that records its arguments, and a reader of the pipe, write the same under either; keepalived's own order
    is a matter of luck."""
    ours, rival = _life(new_lab("regent"), "regent"), _life(new_lab("keepalived"), "keepalived")
    same = {host: sorted(ours[host]) == sorted(rival[host]) for host in ours}
    say(f"told with keepalived = true: {ours}" + ("" if all(same.values()) else f"; by keepalived: {rival}"))
    table.add("script and pipe, as keepalived tells them", f"{sum(map(len, ours.values()))} lines", "the same as by keepalived",
              f"{sum(map(len, rival.values()))} lines")
    assert all(same.values())
    for host in BALANCERS:
        words = [line.split()[2] for line in ours[host] if line.startswith("INSTANCE VI_1")]
        assert words[0] == "BACKUP" and words[-1] == "STOP" and "MASTER" in words


def test_a_flood_and_a_slow_notifier(lab: Lab, say: Say, table: Table) -> None:
    """Changes come many times faster than a notifier that takes 50 ms can tell them, or half a second where there are fewer
    on a busy machine: order kept, memory bounded, what was dropped counted, the last state told last. The link of lb1 goes
    up and down, each a change of state."""
    flaps, room, takes = repeats(100, 500), 16, 0.05 if LONG else 0.5
    add_balancers(lab)
    record, over = lab.directory / "record", lab.directory / "over"
    # `read` waits for a line that never comes. Once the flood is over it is quick, so that what is queued is told soon.
    slow = script(lab.directory / "slow.sh", f'echo "$REGENT_SEQUENCE $REGENT_STATE" >>{record}',
                  f"test -e {over} || read -t {takes} <> <(:)", "exit 0", interpreter="/bin/bash")
    node = Node((Router("VI_1", "enp0s3", 51, 101, (VIP1,), 3, 0.1),), notifiers=(_exec(slow, f"queue = {room}"),))
    watcher, agent = AddressWatcher(lab, ("lb1",)), make_agent("regent", lab, "lb1")
    assert isinstance(agent, Regent)
    agent.start(node)
    watcher.wait_holders((VIP1,), {"lb1"}, 10.0)
    start = time.monotonic()
    for _ in range(flaps):
        up = _flap(lab, agent)
    took, flood = time.monotonic() - start, _changes(agent)
    over.touch()
    agent.running().wait_for("Entering MASTER STATE", 10.0, up)
    _told_up_to(record, _changes(agent))
    dropped = _changes(agent) - len(_read(record))
    said = _until_said(agent, dropped)
    agent.stop()
    told = [(int(line.split()[0]), line.split()[1]) for line in _read(record)]
    say(f"{flood} changes in {took:.1f} s: {dropped} dropped, {len(told)} told in all; last {told[-1]}; {said}")
    table.add(f"{flood} changes, notifier that takes {takes * 1000:.0f} ms", f"{dropped} dropped and counted, the rest in order, last: {told[-1][1]}",
              "order kept, drops counted, final state last")
    numbers = [number for number, _ in told]
    assert numbers == sorted(set(numbers)) and dropped > 0
    assert numbers[-1] == _changes(agent) == len(told) + dropped and told[-1][1] == "stop", "the last word is told last"


def _flap(lab: Lab, agent: Regent) -> int:
    """Two changes of state: the link of lb1 goes down and comes up. Returns where the log stood before it came up."""
    for state, word in (("down", "FAULT"), ("up", "BACKUP")):
        mark = agent.running().mark()
        lab.spaces["lb1"].ip(f"link set enp0s3 {state}")
        agent.running().wait_for(f"Entering {word} STATE", 5.0, mark)
    return mark


def _changes(agent: Regent) -> int:
    return len(agent.running().find("Entering (BACKUP|MASTER|FAULT|INIT) STATE"))


def _told_up_to(record: pathlib.Path, number: int) -> None:
    eventually(lambda: True if any(line.startswith(f"{number} ") for line in _read(record)) else None, 10.0,
               f"change {number} was not told")


def _until_said(agent: Regent, dropped: int) -> str:
    """Drops are logged once in ten seconds, also after the last event."""
    return agent.running().wait_for(f"notifier record: .* {dropped} dropped so far", 15.0).text


def test_left_for_an_upgrade_while_a_notifier_hangs(lab: Lab, say: Say, table: Table) -> None:
    """SIGUSR1 is to be gone on with before the peer takes over: the agent does not wait for a script that does not end,
    as it does at a clean stop."""
    add_balancers(lab)
    stuck = script(lab.directory / "stuck.sh", "read -r _ <> <(:)", interpreter="/bin/bash")
    # A peer waits for 1.8 s: time for a slow machine to start the next run, and less than the 2 s that a stop waits.
    node = Node((Router("VI_1", "enp0s3", 51, 101, (VIP1,), 3, 0.5),), notifiers=(_exec(stuck),))
    watcher, agent = AddressWatcher(lab, ("lb1",)), Regent(lab, "lb1")
    agent.start(node)
    watcher.wait_holders((VIP1,), {"lb1"}, 10.0)
    agent.wait_ready()
    process = agent.running()
    left = process.signal(signal.SIGUSR1)
    assert process.wait(5.0) == 0
    took = time.monotonic() - left
    agent.start(node)
    end = agent.running().wait_for("resumed: ", 5.0).time
    say(f"SIGUSR1 while a notifier hangs: gone after {took * 1000:.0f} ms, MASTER again after {(end - left) * 1000:.0f} ms")
    table.add("left by SIGUSR1 while a notifier hangs", f"gone after {took * 1000:.0f} ms", "before a peer takes over")
    assert [change for change in watcher.events(left, end) if not change.again] == []
