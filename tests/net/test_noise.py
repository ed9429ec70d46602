# SPDX-License-Identifier: Apache-2.0
"""Ten thousand packets a second of a hostile or confused machine: the master goes on in time and the log stays short."""

from __future__ import annotations

import time
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.flood import frame, start_flood
from net.lab.forge import Forged
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.spec import Node, Router
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.alone]
RATE, SECONDS = 10_000, 4.0
INTERVAL = 0.1
VIP = "10.0.2.151"
KINDS = 64  # of discards that are named; the rest is summed up in one line
ANSWERS = 100  # a second: RFC 9568 §6.4.3 has every losing advert answered, the agent at most so many

GOOD = Forged(3, 51, 254, (VIP,), interval=INTERVAL)
SENDERS = [f"10.0.2.{number}" for number in range(100, 250)]
MALFORMED = (GOOD.but(ttl=254), GOOD.but(version=7), GOOD.but(kind=2), GOOD.but(cut=5), GOOD.but(cut=10),
             GOOD.but(trailer=bytes(64)), GOOD.but(count=200), GOOD.but(checksum_error=0x0101), GOOD.but(addresses=()),
             GOOD.but(interval=0.0), GOOD.but(version=2, interval=1.0))

# name: frames
FLOODS = {
    "malformed": [frame(forged, sender) for sender in SENDERS for forged in MALFORMED],
    "foreign VRIDs": [frame(GOOD.but(vrid=vrid), sender) for sender in SENDERS for vrid in (1, 50, 52, 255)],
    "our VRID, foreign addresses": [frame(GOOD.but(addresses=(f"10.9.9.{n}",)), sender)
                                    for n, sender in enumerate(SENDERS)],
    "our VRID, our address, losing": [frame(GOOD.but(priority=2), sender) for sender in SENDERS],
    "one losing sender, another list each time": [frame(GOOD.but(priority=2, addresses=(VIP, f"10.9.9.{n}")),
                                                        SENDERS[0]) for n in range(1, 101)],
    "one losing sender, another interval each time": [frame(GOOD.but(priority=2, interval=n / 100), SENDERS[0])
                                                      for n in range(1, 101)],
    "one losing sender, both checksums in turn": [frame(GOOD.but(priority=2, pseudo=n % 2 == 0), SENDERS[0])
                                                  for n in range(100)],
}

USUAL = ("malformed", "our VRID, foreign addresses", "one losing sender, another list each time")


class Pair:
    """lb1 MASTER and lb2 BACKUP of one virtual router, and a third machine."""

    def __init__(self, lab: Lab) -> None:
        add_balancers(lab)
        lab.host("intruder")
        lab.connect("intruder", "eth0", "a", "10.0.2.99/24")
        self.watcher = AddressWatcher(lab, BALANCERS)
        self.paces = {host: Pace(lab, host) for host in BALANCERS}
        self.agents = {host: Regent(lab, host) for host in BALANCERS}
        for host, agent in self.agents.items():
            priority = {"lb1": 101, "lb2": 50}[host]
            agent.start(Node((Router("VI_1", "enp0s3", 51, priority, (VIP,), 3, INTERVAL, garp_delay=0.0),)))
        self.watcher.wait_holders((VIP,), {"lb1"}, 10.0)
        self.paces["lb1"].wait(0.5)


@pytest.mark.parametrize(
    "name", [name if name in USUAL else pytest.param(name, marks=pytest.mark.long) for name in FLOODS]
)
def test_flood(lab: Lab, say: Say, name: str) -> None:
    """Against master and backup at once: nothing moves, no advert is late, neither says more than it must."""
    pair = Pair(lab)
    marks = {host: agent.running().mark() for host, agent in pair.agents.items()}
    flood = start_flood(lab, "intruder", "eth0", FLOODS[name], rate=RATE, seconds=SECONDS)
    pair.paces["lb1"].wait(0.0)
    end, sent, rate = flood.finish()
    worst = pair.paces["lb1"].worst(flood.begun, end)
    lines = {host: agent.running().mark() - marks[host] for host, agent in pair.agents.items()}
    adverts = pair.paces["lb1"].count(flood.begun, end)
    say(f"{name}: {sent} packets, {rate:.0f}/s; worst spacing {worst.seconds * 1000:.1f} ms of "
        f"{INTERVAL * 1000:.0f}; {adverts} adverts; log lines {lines['lb1']} of the master, {lines['lb2']} of the backup")
    assert rate > 0.9 * RATE
    assert [c for c in pair.watcher.events(flood.begun, end) if not c.again] == []
    assert pair.watcher.holders(VIP) == {"lb1"}
    assert pair.paces["lb2"].count(flood.begun, end) == 0
    assert worst.seconds <= 2 * INTERVAL
    assert adverts <= (end - flood.begun) * (1 / INTERVAL + ANSWERS) + 2
    for host in BALANCERS:
        assert 1 <= lines[host] <= KINDS + 10, pair.agents[host].running().tail()
    # And after it: in step, by one agent that still listens.
    after = time.monotonic()
    assert pair.paces["lb1"].worst(after, pair.paces["lb1"].wait(1.0)).seconds <= 1.5 * INTERVAL
    pair.agents["lb1"].terminate()
    pair.watcher.wait_holders((VIP,), {"lb2"}, 3.0)


def test_duplicate_vrid(lab: Lab, say: Say) -> None:
    """Another pair's VRID is set to ours by mistake, with a higher priority and addresses of its own: each keeps what
    it has, and all three name the other."""
    pair = Pair(lab)
    marks = {host: agent.running().mark() for host, agent in pair.agents.items()}
    theirs = "10.0.2.199"
    foreign_watcher = AddressWatcher(lab, ("intruder",))
    foreign = Regent(lab, "intruder")
    start = foreign.start(Node((Router("OTHER", "eth0", 51, 254, (theirs,), 3, INTERVAL),)))
    foreign_watcher.wait_held((theirs,), "intruder", 5.0)
    end = pair.paces["lb1"].wait(2.0)
    for host in BALANCERS:
        line = pair.agents[host].running().wait_for("10.0.2.99", 2.0, since=marks[host])
        assert "address" in line.text and "VI_1" in line.text
        assert pair.agents[host].running().mark() - marks[host] <= 3
        say(f"{host}: {line.text}")
    say(f"the other: {foreign.running().wait_for('10.0.2.21', 2.0).text}")
    worst = pair.paces["lb1"].worst(start, end)
    say(f"duplicate VRID: worst spacing {worst.seconds * 1000:.1f} ms of {INTERVAL * 1000:.0f}")
    assert worst.seconds <= 2 * INTERVAL
    assert pair.watcher.holders(VIP) == {"lb1"} and foreign_watcher.holders(theirs) == {"intruder"}
    assert [c for c in pair.watcher.events(start, end) if not c.again] == []
