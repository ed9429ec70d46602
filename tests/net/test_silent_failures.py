# SPDX-License-Identifier: Apache-2.0
"""What keepalived does in silence, and what regent does instead, side by side: the test's number is that of the list.

Two nodes each time. What is judged is regent's side; of keepalived only that it ran and did what stands in the table
that is printed at the end.
"""

from __future__ import annotations

import pathlib
import re
import time
from dataclasses import replace
from typing import Callable, Iterator

import pytest

from net.lab.agents import Keepalived, Regent
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.lab import Lab
from net.lab.netns import LabError
from net.lab.powers import CAP_NET_ADMIN, set_capability
from net.lab.process import Line
from net.lab.spec import Node, Router, regent_toml
from net.lab.watch import AddressWatcher

pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
INTERVAL = 0.2
DOWN = 4 * INTERVAL  # master-down time with any skew
VIP = "10.0.2.151"
LEASE = 2  # seconds, of row 3: the other node has to be started and to take over before it ends
PRIORITIES = {"lb1": 101, "lb2": 50}


Tell = Callable[[str], None]


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[dict[str, dict[str, str]]]:
    """Row and kind of agent to what was seen; printed as a table when the last test is over."""
    found: dict[str, dict[str, str]] = {}
    yield found
    manager = request.config.pluginmanager.getplugin("capturemanager")
    with manager.global_and_fixture_disabled():
        print("\n")
        for name, sides in found.items():
            print(f"    {name}")
            for kind, text in sides.items():
                print(f"      {kind + ':':11} {text}")


def _router(host: str, **changes: object) -> Router:
    made = Router("VI_1", "enp0s3", 51, PRIORITIES[host], (VIP,), 3, INTERVAL, garp_delay=0.0)
    return replace(made, **changes)  # type: ignore[arg-type]


class Side:
    """Two nodes with one kind of agent, in a lab of their own."""

    def __init__(self, lab: Lab, kind: str) -> None:
        add_balancers(lab)
        self.lab, self.kind = lab, kind
        self.watcher, self.capture = AddressWatcher(lab, BALANCERS), Capture(lab)
        self.agents = {host: (Regent if kind == "regent" else Keepalived)(lab, host) for host in BALANCERS}

    def start(self, host: str, node: Node, edit: Callable[[str], str] = lambda text: text) -> float:
        """Starts a node with its configuration, which `edit` may change as text."""
        agent = self.agents[host]
        file = agent._configuration(node)
        file.write_text(edit(file.read_text(encoding="utf-8")), encoding="utf-8")
        return agent.start_file(file)

    def said(self, host: str, pattern: str = "", since: float = 0.0) -> list[Line]:
        """What an agent has logged, without the noise of its start."""
        return [line for line in self.agents[host].running().find(pattern) if line.time >= since]

    def pid(self, host: str) -> int:
        """The process that holds the addresses."""
        agent = self.agents[host]
        if isinstance(agent, Keepalived):
            return int((agent.directory / "vrrp.pid").read_text(encoding="ascii"))
        return agent.running().pid

    def status(self, host: str) -> str:
        """regent's last STATUS=, as systemctl shows it."""
        agent = self.agents[host]
        assert isinstance(agent, Regent)
        return [text for text in agent.notified().messages if text.startswith("STATUS=")][-1]

    def pass_time(self, seconds: float) -> float:
        """Lets the wire go on."""
        try:
            self.capture.wait_advert(float("inf"), seconds)
        except LabError:
            pass
        return time.monotonic()


@pytest.fixture(params=[pytest.param("keepalived", marks=pytest.mark.long), "regent"])
def side(request: pytest.FixtureRequest, lab: Lab) -> Side:
    """The same lab, once with each kind of agent."""
    return Side(lab, request.param)


@pytest.fixture
def tell(side: Side, rows: dict[str, dict[str, str]], request: pytest.FixtureRequest) -> Tell:
    """Puts what was seen into the table."""
    name = request.node.originalname.removeprefix("test_").replace("_", " ")

    def put(text: str) -> None:
        rows.setdefault(name, {})[side.kind] = text

    return put


def test_row_2_kernel_refuses_the_address(side: Side, tell: Tell) -> None:
    """The preferred node may not add addresses: it must give the role back within one interval."""
    side.start("lb2", Node((_router("lb2"),)))
    side.watcher.wait_holders((VIP,), {"lb2"}, 10.0)
    side.start("lb1", Node((_router("lb1"),)))
    side.agents["lb1"].running().wait_for("BACKUP STATE", 5.0)
    set_capability(side.pid("lb1"), CAP_NET_ADMIN, granted=False)
    first = side.capture.wait_advert(0.0, 5.0, host="lb1", priority=101)
    end = side.pass_time(2.0)
    none = side.watcher.timeline(VIP, first.time, end).none
    claims = side.capture.between(first.time, end, host="lb1", priority=101)
    tell(f"VIP on nobody for {none * 1000:.0f} of {(end - first.time) * 1000:.0f} ms after the claim, {len(claims)} "
         f"adverts for it; at the end on {sorted(side.watcher.holders(VIP)) or 'nobody'}")
    if side.kind == "keepalived":
        assert none > 1.0 and len(claims) > 5
        return
    assert claims[-1].time - first.time <= INTERVAL
    assert side.capture.between(first.time, end, host="lb1", priority=0)
    assert side.watcher.holders(VIP) == {"lb2"} and none <= 5 * INTERVAL
    assert side.said("lb1", "refused.*not permitted") and "refused" in side.status("lb1")


def _forbidden_to_leave(side: Side, seconds: float, extra: str) -> tuple[list[Line], float]:
    """lb1 is MASTER and may not remove addresses any more; lb2 takes over. What lb1 said within so many seconds of it, and
    how long both had the VIP until then."""
    side.start("lb1", Node((_router("lb1", extra=(extra,)),)))
    side.watcher.wait_holders((VIP,), {"lb1"}, 10.0)
    set_capability(side.pid("lb1"), CAP_NET_ADMIN, granted=False)
    start = side.start("lb2", Node((_router("lb2", priority=150),)))
    side.watcher.wait_held((VIP,), "lb2", 5.0)
    end = side.pass_time(seconds)
    return side.said("lb1", "ermitted", start), side.watcher.timeline(VIP, start, end).both


def test_row_3_kernel_refuses_the_removal(side: Side, tell: Tell) -> None:
    """The node that must leave may not remove its address: it says so, and the lease ends all the same."""
    said, both = _forbidden_to_leave(side, LEASE + 0.5, f'lease = "{LEASE}s"')
    holders = sorted(side.watcher.holders(VIP))
    tell(f"both for {both * 1000:.0f} ms, {LEASE + 0.5} s later on {holders}; {len(said)} lines "
         f"({said[-1].text.split(': ', 1)[1]})")
    if side.kind == "keepalived":
        assert holders == ["lb1", "lb2"]
        return
    assert holders == ["lb2"] and both <= LEASE + 0.2  # the kernel's timer
    assert any(re.search(f"{VIP}.*still here", line.text) for line in said)


def test_row_3_without_a_lease(side: Side, tell: Tell) -> None:
    """Where no lease ends it, it is tried again, and done as soon as it may be."""
    said, _ = _forbidden_to_leave(side, 2.0, "lease = false")
    assert side.watcher.holders(VIP) == {"lb1", "lb2"}
    given = time.monotonic()
    set_capability(side.pid("lb1"), CAP_NET_ADMIN, granted=True)
    try:
        side.watcher.wait_holders((VIP,), {"lb2"}, 6.0)
        gone = f"removed {time.monotonic() - given:.1f} s after it may"
    except LabError:
        gone = "never removed"
    tell(f"{len(said)} lines; {gone}")
    if side.kind == "keepalived":
        assert gone == "never removed"
        return
    assert gone != "never removed" and len(said) >= 2


def test_row_7_other_vrid(side: Side, tell: Tell) -> None:
    """The nodes have different VRIDs, so both are master. Each must name the number that it hears."""
    start = side.start("lb1", Node((_router("lb1"),)))
    side.start("lb2", Node((_router("lb2", vrid=61),)))
    side.watcher.wait_holders((VIP,), {"lb1", "lb2"}, 10.0)
    side.pass_time(1.0)
    said = {host: [line for line in side.said(host, peer, start) if "Assigned" not in line.text]
            for host, peer in (("lb1", "10.0.2.22"), ("lb2", "10.0.2.21"))}
    tell(f"both master; {said['lb1'][0].text if said['lb1'] else 'not a word'}")
    if side.kind == "keepalived":
        assert not said["lb1"] and not said["lb2"]
        return
    assert re.search(r"VRID.*\b61\b|\b61\b.*VRID", said["lb1"][0].text)
    assert re.search(r"VRID.*\b51\b|\b51\b.*VRID", said["lb2"][0].text)


def test_row_7_authentication_header(side: Side, tell: Tell) -> None:
    """The other node wraps its adverts in IP protocol 51 (AH). regent has none itself; it must say that it hears it."""
    plain = _router("lb1", version=2, interval=1.0)
    wrapped = replace(plain, priority=50, password="secret")
    rival = Keepalived(side.lab, "lb2")
    file = rival._configuration(Node((wrapped,)))
    file.write_text(file.read_text(encoding="utf-8").replace("auth_type PASS", "auth_type AH"), encoding="utf-8")
    start = side.start("lb1", Node((plain,)))
    rival.start_file(file)
    side.watcher.wait_holders((VIP,), {"lb1", "lb2"}, 10.0)
    side.pass_time(1.5)
    said = [line for line in side.said("lb1", "10.0.2.22", start)]
    tell(f"both master; {said[0].text if said else 'not a word'}")
    if side.kind == "regent":
        assert said and re.search("protocol 51|AH", said[0].text)


def test_row_8_other_addresses(side: Side, tell: Tell) -> None:
    """One node has a VIP more: one master, and both nodes report the difference."""
    more = "10.0.2.152"
    start = side.start("lb1", Node((_router("lb1"),)))
    side.watcher.wait_holders((VIP,), {"lb1"}, 10.0)
    side.start("lb2", Node((_router("lb2", addresses=(VIP, more)),)))
    side.pass_time(DOWN + 1.0)
    before = sorted(side.watcher.holders(VIP))
    # The backup's list is seen when it speaks: on the clean stop of the master, and when that returns.
    side.agents["lb1"].stop()
    side.watcher.wait_holders((VIP, more), {"lb2"}, 5.0)
    back = side.start("lb1", Node((_router("lb1"),)))
    side.pass_time(DOWN + 1.5)
    said = {host: side.said(host, "differ|address", start if host == "lb2" else back) for host in BALANCERS}
    said = {host: [line for line in lines if "Assigned" not in line.text] for host, lines in said.items()}
    tell(f"VIP on {before}, after a stop and a return on {sorted(side.watcher.holders(VIP))}; "
         f"lines: {len(said['lb1'])} on lb1, {len(said['lb2'])} on lb2")
    if side.kind == "keepalived":
        assert before == ["lb1", "lb2"]
        return
    assert before == ["lb1"] and side.watcher.holders(VIP) == {"lb1"}
    for host in BALANCERS:
        assert any(more in line.text for line in said[host]), [line.text for line in said[host]]


def test_row_8_other_checksum(side: Side, tell: Tell) -> None:
    """lb1, a regent, leaves out the pseudo-header (RFC 9568); lb2 has it (RFC 5798): still one master."""
    sender = Regent(side.lab, "lb1") if side.kind == "keepalived" else side.agents["lb1"]
    assert isinstance(sender, Regent)
    text = regent_toml(Node((_router("lb1"),)))
    sender.start_file(sender.write(text.replace("version = 3", 'version = 3\nchecksum = "rfc9568"')))
    start = side.start("lb2", Node((_router("lb2"),)))
    end = side.pass_time(2 * DOWN + 1.0)
    assert {a.checksum for a in side.capture.between(start, end, host="lb1")} == {"message"}
    holders = sorted(side.watcher.holders(VIP))
    said = side.said("lb2", "checksum of|Invalid.*checksum", start)
    tell(f"VIP on {holders}; {len(said)} lines, {said[0].text if said else 'not a word'}")
    if side.kind == "keepalived":
        assert holders == ["lb1", "lb2"]
        return
    assert holders == ["lb1"]
    assert any("10.0.2.21 sends the checksum of rfc9568" in line.text for line in said)


def test_row_8_two_owners(side: Side, tell: Tell) -> None:
    """Both nodes have priority 255: an owner yields to nobody, so each must name the other."""
    for host in BALANCERS:
        side.start(host, Node((_router(host, priority=255),)))
    side.pass_time(DOWN + 1.0)
    holders = sorted(side.watcher.holders(VIP))
    said = {host: side.said(host, f"from {peer}") for host, peer in (("lb1", "10.0.2.22"), ("lb2", "10.0.2.21"))}
    first = next((line.text for lines in said.values() for line in lines), "not a word")
    tell(f"VIP on {holders}; lb1 {len(said['lb1'])} lines, lb2 {len(said['lb2'])}: {first}")
    if side.kind == "regent":
        assert all(said.values()) and re.search("owns", first)


def test_row_9_memory_is_not_locked(side: Side, tell: Tell) -> None:
    """No CAP_IPC_LOCK and no room: said once at the start by both; regent goes on by name and not half locked."""
    agent = side.agents["lb1"]
    agent.launcher = ("prlimit", "--memlock=65536:65536", "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock",
                    "--")
    side.start("lb1", Node((_router("lb1"),)),
               lambda text: text.replace("global_defs {", "global_defs {\n  vrrp_no_swap"))
    side.watcher.wait_holders((VIP,), {"lb1"}, 10.0)
    status = pathlib.Path(f"/proc/{side.pid('lb1')}/status").read_text(encoding="ascii")
    locked = re.search(r"VmLck:\s+(\d+)", status)
    said = side.said("lb1", "mlock|not locked|lock process")
    assert locked is not None
    tell(f"{locked[1]} kB locked; {said[0].text if said else 'not a word'}")
    if side.kind == "regent":
        assert locked[1] == "0"
        assert len(said) == 1 and "CAP_IPC_LOCK" in said[0].text and "LimitMEMLOCK" in said[0].text


def test_row_10_reload_with_one_wrong_key(side: Side, tell: Tell) -> None:
    """A new priority and one wrong value: the old file serves, and whoever asks is told so."""
    side.start("lb1", Node((_router("lb1"),)))
    side.watcher.wait_holders((VIP,), {"lb1"}, 10.0)
    agent = side.agents["lb1"]
    file = agent._configuration(Node((_router("lb1", priority=120),)))
    words = ("virtual_router_id = 51", "virtual_router_id = 999") if side.kind == "regent" \
        else ("virtual_router_id 51", "virtual_router_id 999")
    file.write_text(file.read_text(encoding="utf-8").replace(*words), encoding="utf-8")
    start = agent.running().signal(1)
    side.pass_time(1.5)
    alive = agent.running().alive()
    holders = sorted(side.watcher.holders(VIP))
    adverts = side.capture.between(start + 1.0, time.monotonic(), host="lb1")
    if side.kind == "keepalived":
        tell(f"{'runs' if alive else 'has ended'}, VIP on {holders}, {len(adverts)} adverts in the second after")
        return
    assert isinstance(agent, Regent)
    tell(f"runs, {len(adverts)} adverts of priority {adverts[-1].priority}; {side.status('lb1')}")
    assert alive and holders == ["lb1"] and {a.priority for a in adverts} == {101}
    assert re.search(r"regent\.toml.*was not applied", side.status("lb1"))
    assert side.said("lb1", r"regent\.toml:\d+:\d+: error: .*virtual_router_id", start)
    # It stays said until a good file comes, and no longer.
    count = agent.notified().count()
    agent.reload(Node((_router("lb1", priority=120),)))
    side.capture.wait_advert(time.monotonic(), 3.0, host="lb1", priority=120)
    agent.notified().wait_for("STATUS=", 5.0, since=count)
    assert "not applied" not in side.status("lb1")


def test_row_11_a_fault_that_lasts(side: Side, tell: Tell) -> None:
    """The cable is out for some seconds: regent's state, with its cause, can be asked for at any time."""
    side.start("lb1", Node((_router("lb1"),)))
    side.watcher.wait_holders((VIP,), {"lb1"}, 10.0)
    start = time.monotonic()
    side.lab.cable("lb1", plugged=False)
    side.watcher.wait_holders((VIP,), set(), 5.0)
    side.pass_time(3.0)
    late = side.said("lb1", "", start + 1.0)
    said = side.said("lb1", "FAULT", start)
    if side.kind == "keepalived":
        tell(f"{len(said)} line at the start ({said[0].text.split(': ', 1)[1]}), {len(late)} later; nothing to ask")
        assert not late
        return
    agent = side.agents["lb1"]
    assert isinstance(agent, Regent)
    tell(f"asked 3 s later: {side.status('lb1')}")
    assert re.search("VI_1 FAULT .*(carrier|link|down)", side.status("lb1"))
    assert any(re.search("VI_1.*FAULT", line) for line in agent.dump())
    side.lab.cable("lb1", plugged=True)
    side.watcher.wait_holders((VIP,), {"lb1"}, 15.0)
    assert "FAULT" not in side.status("lb1")
