# SPDX-License-Identifier: Apache-2.0
"""Both nodes start at once, as after a power cut: there is one master, and the second is none for longer than it takes
to hear the first."""

from __future__ import annotations

import re
import signal
import statistics
import time
from typing import Callable

import pytest

from net.lab import repeats
from net.lab.decode import Advert
from net.lab.duo import Duo
from net.lab.gate import Gate
from net.lab.lab import Lab
from net.lab.processes import hurry
from net.lab.table import Table, milliseconds

ROOM = 5
STARTS = repeats(20, 50)
EXCHANGE = 0.010  # one advert there and one back, with what a turn of both loops takes
Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")


def _start_at_once(duo: Duo, gate: Gate) -> tuple[float, float]:
    """Returns when the gate opened, and how far apart the agents said that they listen."""
    for host, agent in duo.agents.items():
        agent.launcher = gate.launcher
        agent.start(duo.nodes[host])
    gate.wait(len(duo.agents))
    for agent in duo.agents.values():
        hurry(agent.running().pid)  # so that the two are as close on a busy machine
    opened = gate.open()
    said = [agent.running().wait_for(r"listening for a master", 5.0).text for agent in duo.agents.values()]
    stamps = [float(re.match(r"\[([\d.]+)\]", text).group(1)) for text in said]  # type: ignore[union-attr]
    return opened, abs(stamps[0] - stamps[1])


def _stop_all(duo: Duo) -> None:
    """The backup first, so that nobody takes over."""
    for host in ("lb2", "lb1"):
        agent = duo.agents[host].running()
        agent.signal(signal.SIGTERM)
        agent.signal(signal.SIGTERM)  # does not wait for another master
        assert agent.wait(5.0) == 0
    duo.watcher.wait_holders(duo.vips, set(), 2.0)


def _after_the_exchange(duo: Duo, vrid: int, since: float, end: float) -> list[Advert]:
    """What the loser has sent when it must have heard the winner. Its last word, as it yields, is part of the exchange
    (rules.md 2)."""
    first = duo.capture.wait_advert(since, 1.0, host="lb1", vrid=vrid).time
    return duo.capture.between(first + ROOM * EXCHANGE, end, host="lb2", vrid=vrid)


def test_started_in_the_same_millisecond(lab: Lab, say: Say, table: Table) -> None:
    """Again and again with `pair`: the first master-down keeps its skew, which is what tells the two apart."""
    duo = Duo(lab, pair=True, interval=0.1, version=3)
    gate = Gate(lab.directory / "gate")
    apart, settled, together, late, loser = [], [], [], [], 0
    for _ in range(STARTS):
        opened, between = _start_at_once(duo, gate)
        duo.watcher.wait_held(duo.vips, "lb1", 5.0)
        end = duo.capture.pass_time(time.monotonic() + 1.2 * duo.interval)
        apart.append(between)
        settled.append(max(duo.watcher.arrival(vip, "lb1", opened) for vip in duo.vips) - opened)  # type: ignore[operator,type-var]
        together.append(duo.cost(opened, end)[1])
        late += [a for vrid in duo.vrids for a in _after_the_exchange(duo, vrid, opened, end)]
        loser += len(duo.capture.between(opened, end, host="lb2"))
        assert all(duo.watcher.holders(vip) == {"lb1"} for vip in duo.vips)
        _stop_all(duo)
        gate.close()
    say(f"one gate; listening {statistics.median(apart) * 1000:.2f} ms apart (worst {max(apart) * 1000:.2f}); serving after "
        f"{milliseconds(settled)}; two masters for {milliseconds(together)}; adverts of the loser {loser}")
    table.add("both agents started in the same millisecond, `pair`", f"two masters for {milliseconds(together)}",
              "one master, never two beyond one exchange")
    assert statistics.median(apart) < duo.skew("lb2") - duo.skew("lb1"), "the starts decide, not the skews"
    assert late == [], "the loser spoke again after it could have heard the winner"
    assert max(together) <= ROOM * EXCHANGE
