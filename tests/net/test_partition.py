# SPDX-License-Identifier: Apache-2.0
"""Two masters after a partition, in both directions or in one: how soon there is one again, and whether the hosts and
the people are told."""

from __future__ import annotations

import re
import time
from typing import Callable

import pytest

from net.lab.duo import Duo
from net.lab.lab import Lab
from net.lab.table import Table, milliseconds

ROOM = 5
Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
LINES = 4  # of the log, for each virtual router and partition
ANNOUNCED_WITHIN = 1.3
SOURCES = {"lb1": ("10.0.2.21", "192.168.1.5"), "lb2": ("10.0.2.22", "192.168.1.6")}
DEAF = """table inet deaf {
  chain pre {
    type filter hook prerouting priority raw;
    ip protocol 112 drop
  }
}
"""


def _both_ways(duo: Duo, cut: bool) -> None:
    duo.lab.silence("lb1", silent=cut)


def _one_way(duo: Duo, cut: bool) -> None:
    """lb2 does not hear lb1, which hears it."""
    if cut:
        duo.lab.spaces["lb2"].run(["nft", "-f", "-"], stdin=DEAF)
    else:
        duo.lab.spaces["lb2"].run(["nft", "delete", "table", "inet", "deaf"])


def _heal(duo: Duo, partition: Callable[[Duo, bool], None]) -> tuple[float, list[str]]:
    """Cuts, waits for two masters, heals. Returns how long it took until the lower one held nothing more, and what was
    not told to whom."""
    marks = duo.marks()
    partition(duo, True)
    duo.watcher.wait_holders(duo.vips, {"lb1", "lb2"}, duo.takeover("lb2") + 3.0)
    for host in SOURCES:  # both have spoken as masters
        duo.capture.wait_advert(time.monotonic(), 2 * duo.interval + 1.0, host=host)
    before = time.monotonic()
    partition(duo, False)
    healed = time.monotonic()
    gone = max(duo.watcher.wait_departure(vip, "lb2", before, 2 * duo.interval + 2.0) for vip in duo.vips)
    assert all(duo.watcher.holders(vip) == {"lb1"} for vip in duo.vips), "the higher priority survives"
    # The winner announces at most once a second, so it may have to wait for that.
    end = duo.capture.pass_time(healed + max(1.5 * duo.interval, ANNOUNCED_WITHIN))
    return max(0.0, gone - healed), _untold(duo, marks, end)


def _untold(duo: Duo, marks: dict[str, int], end: float) -> list[str]:
    """The winner must have the last word in announcing every address, and each side's log must name the other."""
    problems = []
    last = {vip: duo.capture.announced(0.0, end, address=vip)[-1].host for vip in duo.vips}
    if set(last.values()) != {"lb1"}:
        problems.append(f"hosts and switches were taught last by {last}")
    for host, other in (("lb1", "lb2"), ("lb2", "lb1")):
        said = [line.text for line in duo.agents[host].running().find("", marks[host])]
        if not any(source in line and re.search("master|priority", line) for line in said for source in SOURCES[other]):
            problems.append(f"{host} does not name {other}: {said}")
        if len(said) > LINES * len(duo.vrids):
            problems.append(f"{host} says too much: {said}")
    return problems


@pytest.mark.parametrize("interval, version, rounds", [(1.0, 2, 1), (0.1, 3, 3)], ids=["1s", "100ms"])
def test_two_masters(lab: Lab, say: Say, table: Table, interval: float, version: int, rounds: int) -> None:
    """One master within one advert of the healing."""
    duo = Duo(lab, interval=interval, version=version).begin()
    took: list[float] = []
    problems: list[str] = []
    for what, partition in (("in both directions", _both_ways), ("in one direction", _one_way)):
        healed = [_heal(duo, partition) for _ in range(rounds)]
        took += (times := [seconds for seconds, _ in healed])
        problems += [f"{what}: {text}" for _, untold in healed for text in untold]
        name = f"two masters after a partition {what}, {interval * 1000:.0f} ms adverts"
        say(f"{name}: healed after {milliseconds(times)}")
        table.add(name, milliseconds(times), f"<= {interval * 1000:.0f} ms, announced, logged")
    assert max(took) <= interval + ROOM * 0.030
    assert not problems, "\n".join(problems)


def test_two_partitions_within_a_second(lab: Lab) -> None:
    """The limit of one announcement a second delays the second one and does not swallow it: hosts and switches would
    go on with what the loser has taught them."""
    duo = Duo(lab, interval=0.1, version=3).begin()
    for _ in range(2):
        duo.lab.silence("lb1", silent=True)
        duo.watcher.wait_holders(duo.vips, {"lb1", "lb2"}, 3.0)
        duo.lab.silence("lb1", silent=False)
        duo.watcher.wait_holders(duo.vips, {"lb1"}, 3.0)
    end = duo.capture.pass_time(time.monotonic() + ANNOUNCED_WITHIN)
    for vip in duo.vips:
        taught = [(round(a.time - end, 3), a.host) for a in duo.capture.announced(0.0, end, address=vip)]
        assert taught[-1][1] == "lb1", taught
