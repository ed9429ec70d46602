# SPDX-License-Identifier: Apache-2.0
"""What a third machine, the kernel or the administrator can do wrong: it is named, counted, and moves nothing."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Callable, Iterator

import pytest

from net.lab.agents import Regent
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.forge import Forged, send
from net.lab.lab import Lab
from net.lab.process import Process
from net.lab.spec import Node, Router, regent_toml
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
VIP_V2, VIP_V3, VIP_UNICAST, VIP_PASS = "10.0.2.151", "10.0.2.152", "10.0.2.153", "10.0.2.154"
ALL = (VIP_V2, VIP_V3, VIP_UNICAST, VIP_PASS)
INTRUDERS = "10.0.2."
SENT = 4
FLOOD = 5000

V2 = Forged(2, 51, 254, (VIP_V2,), interval=1.0)
V3 = Forged(3, 52, 254, (VIP_V3,), interval=0.2)
UNICAST = Forged(3, 53, 254, (VIP_UNICAST,), interval=0.2)
PASS = Forged(2, 54, 254, (VIP_PASS,), interval=1.0, auth_type=1, auth_data=b"secret\0\0")

# name, packet, destination, what the log must say about it, what it is counted as
BAD = (
    ("ttl-254", V3.but(ttl=254), "224.0.0.18", "TTL|hop limit", "ttl"),
    ("version-7", V3.but(version=7), "224.0.0.18", "version", "version"),
    ("version-of-another", V3.but(version=2, interval=1.0), "224.0.0.18", "version", "version"),
    ("type-2", V3.but(kind=2), "224.0.0.18", "ADVERTISEMENT|type", "type"),
    ("truncated-header", V3.but(cut=5), "224.0.0.18", "short|length|long|trunc", "length"),
    ("truncated-list", V3.but(cut=10), "224.0.0.18", "short|length|long|trunc", "length"),
    ("oversized", V3.but(trailer=bytes(64)), "224.0.0.18", "short|length|long|trunc", "length"),
    ("oversized-v2", V2.but(trailer=bytes(64)), "224.0.0.18", "short|length|long|trunc", "length"),
    ("count-lies", V3.but(count=200), "224.0.0.18", "short|length|long|trunc", "length"),
    ("checksum", V3.but(checksum_error=0x0101), "224.0.0.18", "checksum", "checksum"),
    ("checksum-v2", V2.but(checksum_error=0x0101), "224.0.0.18", "checksum", "checksum"),
    ("count-0", V3.but(addresses=()), "224.0.0.18", "address", "count_zero"),
    ("interval-0", V3.but(interval=0.0), "224.0.0.18", "interval", "interval_zero"),
    ("interval-v2", V2.but(interval=7), "224.0.0.18", "interval", "interval"),
    ("foreign-vrid", V3.but(vrid=99), "224.0.0.18", "VRID|virtual router", "unknown_vrid"),
    ("foreign-addresses", V3.but(addresses=("10.9.9.9",)), "224.0.0.18", "address", "foreign"),
    ("no-password", PASS.but(auth_type=0, auth_data=bytes(8)), "224.0.0.18", "auth|password", "authentication"),
    ("wrong-password", PASS.but(auth_data=b"guessed\0"), "224.0.0.18", "auth|password", "authentication"),
    ("unlisted-sender", UNICAST, "10.0.2.21", "peer|listed", "unlisted"),
    ("multicast-to-unicast", UNICAST, "224.0.0.18", "unicast|multicast", "transport"),
)


def _node() -> Node:
    return Node((
        Router("V2", "enp0s3", 51, 100, (VIP_V2,), 2, 1.0), Router("V3", "enp0s3", 52, 100, (VIP_V3,), 3, 0.2),
        Router("UNI", "enp0s3", 53, 100, (VIP_UNICAST,), 3, 0.2, unicast_source="10.0.2.21",
               unicast_peers=("10.0.2.22",)),
        Router("PASS", "enp0s3", 54, 100, (VIP_PASS,), 2, 1.0, password="secret")))


class Target:
    """lb1 is MASTER of four instances; the intruder has an address of its own for each kind of packet."""

    def __init__(self, lab: Lab) -> None:
        add_balancers(lab)
        lab.host("intruder")
        lab.connect("intruder", "eth0", "a", *(f"{INTRUDERS}{100 + i}/24" for i in range(len(BAD) + 2)))
        self.lab, self.space = lab, lab.spaces["intruder"]
        self.watcher, self.capture = AddressWatcher(lab, BALANCERS), Capture(lab)
        self.agent = Regent(lab, "lb1")
        self.agent.start(_node())
        self.watcher.wait_holders(ALL, {"lb1"}, 15.0)
        self.flooded = 0.0
        self.sent: Counter[str] = Counter()  # to this agent: a test that is done once more gets a new one

    @property
    def process(self) -> Process:
        return self.agent.running()

    def after_next_advert(self) -> float:
        """Waits until lb1 has gone round its loop and sent for each instance again."""
        now = time.monotonic()
        for vrid in (51, 52, 53, 54):
            self.capture.wait_advert(now, 3.0, host="lb1", vrid=vrid, priority=100)
        return time.monotonic()

    def send(self, sender: str, forged: Forged, reason: str, *, destination: str = "224.0.0.18", count: int = SENT) -> float:
        """Returns when the agent has said so."""
        mark = self.process.mark()
        send(self.space, "eth0", sender, forged, destination=destination, count=count)
        self.sent[reason] += count
        return self.process.wait_for(re.escape(sender) + r"(?!\d)", 5.0, mark).time

    def flood(self) -> str:
        """Sends it; returns the sender."""
        sender = f"{INTRUDERS}{100 + len(BAD)}"
        self.flooded = self.send(sender, V3.but(checksum_error=0x0101), "checksum", count=FLOOD)
        return sender

    def lines(self, sender: str, since: int = 0) -> list[str]:
        """What the agent said about a sender."""
        return [line.text for line in self.process.find(re.escape(sender) + r"(?!\d)", since)]


@pytest.fixture(scope="module")
def target(ground: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Lab(tmp_path_factory.mktemp("bad")) as lab:
        made = Target(lab)
        yield made
        print(lab.report())


def test_flood(target: Target) -> None:
    """Thousands of bad packets: one line at once, adverts on time. The summary is looked at by the last test."""
    before = time.monotonic()
    sender = target.flood()
    end = target.after_next_advert()
    assert len(target.lines(sender)) == 1
    times = [a.time for a in target.capture.between(before - 0.5, end, host="lb1", vrid=52)]
    assert max(b - a for a, b in zip(times, times[1:])) < 0.2 + 0.2
    assert [c for c in target.watcher.events(before, end)] == []


@pytest.mark.parametrize("number, case", list(enumerate(BAD)), ids=[case[0] for case in BAD])
def test_bad_packet(target: Target, number: int, case: tuple[str, Forged, str, str, str]) -> None:
    """Logged once with sender and reason, however often it comes; nobody leaves, nobody moves."""
    _, forged, destination, words, reason = case
    sender = f"{INTRUDERS}{100 + number}"
    before = time.monotonic()
    target.send(sender, forged, reason, destination=destination)
    end = target.after_next_advert()
    said = target.lines(sender)
    assert len(said) == 1, said
    assert re.search(words, said[0], re.IGNORECASE), said[0]
    assert [c for c in target.watcher.events(before, end) if not c.again] == []
    assert {a.priority for a in target.capture.between(before, end, host="lb1")} == {100}


def test_other_interval_in_v3_is_reported_and_followed(lab: Lab) -> None:
    """RFC 9568 §7.1: not discarded. The backup adopts the master's pace and says so."""
    add_balancers(lab)
    watcher, capture = AddressWatcher(lab, BALANCERS), Capture(lab)
    master, backup = Regent(lab, "lb1"), Regent(lab, "lb2")
    router = Router("V3", "enp0s3", 52, 200, (VIP_V3,), 3, 0.5)
    master.start(Node((router,)))
    watcher.wait_holders((VIP_V3,), {"lb1"}, 5.0)
    backup.start(Node((router,)).all(priority=100, interval=0.2))
    backup.running().wait_for(r"500 ?ms|0\.5 ?s", 5.0)
    # Three of its own intervals pass several times over without a second master.
    since = time.monotonic()
    capture.wait_advert(since + 2.0, 4.0, host="lb1")
    assert capture.between(since, time.monotonic(), host="lb2") == []
    # An interval is left for the cut: of an advert beside it nobody could say whether it was heard.
    last = capture.wait_advert(time.monotonic(), 2.0, host="lb1").time
    lab.silence("lb1", silent=True)
    cut = time.monotonic()
    watcher.wait_held((VIP_V3,), "lb2", 5.0)
    taken = watcher.arrival(VIP_V3, "lb2", cut)
    assert taken is not None and taken - last == pytest.approx(3 * 0.5 + 156 / 256 * 0.5, abs=0.15)


def test_missing_interface(lab: Lab) -> None:
    """FAULT with that cause, and up by itself when the interface appears; the same when it goes away later."""
    add_balancers(lab)
    lab.lan("late")
    watcher = AddressWatcher(lab, BALANCERS)
    agent = Regent(lab, "lb1")
    agent.start(Node((Router("LATE", "late0", 61, 100, ("10.5.0.100",), 3, 0.1),
                      Router("HERE", "enp0s3", 62, 100, ("10.0.2.162",), 3, 0.1))))
    watcher.wait_holders(("10.0.2.162",), {"lb1"}, 5.0)
    agent.running().wait_for(r"FAULT.*late0|late0.*FAULT", 5.0)
    lab.connect("lb1", "late0", "late", "10.5.0.1/24")
    watcher.wait_holders(("10.5.0.100",), {"lb1"}, 30.0)
    mark = agent.running().mark()
    lab.spaces["lb1"].ip("link del late0")
    agent.running().wait_for(r"FAULT", 5.0, since=mark)
    lab.connect("lb1", "late0", "late", "10.5.0.1/24")
    watcher.wait_holders(("10.5.0.100",), {"lb1"}, 30.0)
    assert watcher.holders("10.0.2.162") == {"lb1"}


def test_refused_address(lab: Lab) -> None:
    """The kernel's words are in the log; the peer serves; both addresses are back when the kernel is willing."""
    add_balancers(lab)
    watcher, capture = AddressWatcher(lab, BALANCERS), Capture(lab)
    lab.spaces["lb1"].sysctl({"ipv6/conf/enp0s8/disable_ipv6": 1})
    text = ('[instance.SIX]\ninterface = "enp0s3"\nvirtual_router_id = 71\npriority = %d\nadvert_interval = "200ms"\n'
            'addresses = ["fd00:a::71", { address = "fd00:b::71", device = "enp0s8" }]\nrecover_delay = "4s"\n')
    agents = {host: Regent(lab, host) for host in BALANCERS}
    agents["lb1"].start_file(agents["lb1"].write(text % 150))
    line = agents["lb1"].running().wait_for(r"the kernel refused", 5.0)
    assert re.search(r"fd00:b::71", line.text) and re.search(r"[Pp]ermission denied|disabled", line.text), line.text
    agents["lb2"].start_file(agents["lb2"].write(text % 100))
    watcher.wait_holders(("fd00:a::71", "fd00:b::71"), {"lb2"}, 15.0)
    since = time.monotonic()
    capture.wait_advert(since + 2.0, 5.0, host="lb2", vrid=71)
    moves = [c for c in watcher.events(since, time.monotonic()) if c.host == "lb2" and c.address.startswith("fd00")]
    assert moves == [], "no ping-pong"
    lab.spaces["lb1"].sysctl({"ipv6/conf/enp0s8/disable_ipv6": 0})
    watcher.wait_holders(("fd00:a::71", "fd00:b::71"), {"lb1"}, 90.0)


def test_refused_address_without_peer(lab: Lab) -> None:
    """Nobody else is there: what the kernel accepts is served, and called DEGRADED."""
    add_balancers(lab)
    watcher = AddressWatcher(lab, BALANCERS)
    lab.spaces["lb1"].sysctl({"ipv6/conf/enp0s8/disable_ipv6": 1})
    agent = Regent(lab, "lb1")
    agent.start_file(agent.write(
        '[instance.SIX]\ninterface = "enp0s3"\nvirtual_router_id = 71\npriority = 100\nadvert_interval = "200ms"\n'
        'addresses = ["fd00:a::71", { address = "fd00:b::71", device = "enp0s8" }]\n'))
    agent.running().wait_for(r"the kernel refused", 5.0)
    agent.running().wait_for(r"(?i)degraded", 15.0)
    watcher.wait_holders(("fd00:a::71",), {"lb1"}, 5.0)
    assert watcher.holders("fd00:b::71") == set()


@pytest.mark.parametrize("capability", ["net_raw", "net_admin"])
def test_missing_capability(lab: Lab, capability: str) -> None:
    """One sentence that names it, and an exit code that is not 0."""
    add_balancers(lab)
    agent = Regent(lab, "lb1")
    file = agent.write(regent_toml(Node((Router("V3", "enp0s3", 52, 100, (VIP_V3,), 3, 0.2),))))
    (agent.directory / "run").mkdir()
    process = lab.start("powerless", ["setpriv", f"--bounding-set=-{capability}", f"--inh-caps=-{capability}", "--",
                                      str(agent.program), "--config", str(file), "--run-dir",
                                      str(agent.directory / "run"), "--log", "stderr"], host="lb1")
    assert process.wait(10.0) != 0
    said = [line.text for line in process.lines if "CAP_" in line.text]
    assert len(said) == 1 and f"CAP_{capability.upper()}" in said[0], process.tail()


def test_second_agent_is_refused_nothing_breaks(lab: Lab) -> None:
    """A file that cannot be read or is wrong at the start: exit code not 0, every error said, no address touched."""
    add_balancers(lab)
    watcher = AddressWatcher(lab, BALANCERS)
    agent = Regent(lab, "lb1")
    agent.start_file(agent.directory / "nothing.toml")
    assert agent.running().wait(10.0) != 0
    assert agent.running().find("nothing.toml")
    agent.start_file(agent.write("[instance.A]\ninterface = 5\nvirtual_router_id = 0\n"))
    assert agent.running().wait(10.0) != 0
    assert len(agent.running().find(r":\d+:\d+: error: ")) >= 3
    assert watcher.events(0.0, time.monotonic()) == [] or all(c.host in BALANCERS for c in watcher.changes)


@pytest.mark.long
def test_flood_summary(target: Target, say: Say) -> None:
    """The flood of the first test is told in one line within a minute; its number is right."""
    if not target.flooded:
        target.flood()
    line = target.process.wait_for(rf"\b{FLOOD - 1}\b.*{re.escape(INTRUDERS)}{100 + len(BAD)}", 75.0)
    say(f"summary {line.time - target.flooded:.0f} s after the flood: {line.text}")
    assert target.process.alive()
    assert target.watcher.holders(VIP_V3) == {"lb1"}


def test_counters(target: Target) -> None:
    """SIGUSR2: every kind that was sent is counted."""
    dump = "\n".join(target.agent.dump())
    counted: Counter[str] = Counter()
    for number, reason in re.findall(r"discarded (\d+) (\w+)", dump):
        counted[reason] += int(number)
    assert counted == target.sent, dump
