# SPDX-License-Identifier: Apache-2.0
"""regent beside Debian's keepalived, as master and as backup, in every form both speak.

All forms run at once as virtual routers of one pair of agents, once with regent on the preferred node and once with
keepalived there. The sequence is: both start; the preferred node stops cleanly; it comes back and preempts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Iterator

import pytest

from net.lab.agents import make_agent
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.lab import Lab
from net.lab.spec import Node, Router
from net.lab.watch import AddressWatcher

pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
PRIORITIES = {"lb1": 150, "lb2": 100}
_LAST = {"lb1": 21, "lb2": 22}
FAST = 0.2
SLACK = 0.250  # on top of what the protocol itself takes


@dataclass(frozen=True)
class Form:
    """One way of speaking, as a virtual router of its own."""

    name: str
    vrid: int
    version: int
    address: str
    interval: float
    unicast: bool = False
    password: str = ""
    second: str = ""
    preempt: bool = True
    ttl: int = 255

    def router(self, host: str) -> Router:
        """This form on a node."""
        other = "lb2" if host == "lb1" else "lb1"
        prefix = "fd00:a::" if ":" in self.address else "10.0.2."
        unicast = {"unicast_source": f"{prefix}{_LAST[host]}", "unicast_peers": (f"{prefix}{_LAST[other]}",)} \
            if self.unicast else {}
        addresses = (self.address, self.second) if self.second else (self.address,)
        return Router(f"I{self.vrid}", "enp0s3", self.vrid, PRIORITIES[host], addresses, self.version, self.interval,
                      preempt=self.preempt, password=self.password,
                      extra=() if self.ttl == 255 else (f"unicast_ttl = {self.ttl}",),
                      **unicast)  # type: ignore[arg-type]

    def skew(self, host: str) -> float:
        """Skew time of a node, seconds."""
        return (256 - PRIORITIES[host]) / 256.0 * self.interval


FORMS = (
    Form("v2-ipv4-multicast", 61, 2, "10.0.2.161", 1.0),
    Form("v2-ipv4-multicast-pass", 62, 2, "10.0.2.162", 1.0, password="abc"),
    Form("v2-ipv4-unicast", 63, 2, "10.0.2.163", 1.0, unicast=True),
    Form("v2-ipv4-unicast-pass", 64, 2, "10.0.2.164", 1.0, unicast=True, password="exactly8"),
    Form("v3-ipv4-multicast", 65, 3, "10.0.2.165", FAST),
    Form("v3-ipv4-unicast", 66, 3, "10.0.2.166", FAST, unicast=True),
    Form("v3-ipv6-multicast", 67, 3, "fe80::67", FAST, second="fd00:a::67"),
    # keepalived 2.2.7 sends this form with the system's hop limit, 64, whatever the RFC says: regent is told.
    Form("v3-ipv6-unicast", 68, 3, "fe80::68", FAST, unicast=True, second="fd00:a::68", ttl=64),
    Form("v3-ipv4-two-addresses", 69, 3, "10.0.2.169", FAST, second="10.0.2.170"),
)
STICKY = Form("v3-no-preempt", 70, 3, "10.0.2.171", FAST, preempt=False)
GROUP = ("10.0.2.181", "192.168.1.181")
ADDRESSES = tuple(f.address for f in FORMS) + GROUP


def _node(host: str) -> Node:
    grouped = (Router("G1", "enp0s3", 81, PRIORITIES[host], (GROUP[0],), 3, FAST),
               Router("G2", "enp0s8", 82, PRIORITIES[host], (GROUP[1],), 3, FAST))
    return Node((*(f.router(host) for f in FORMS), STICKY.router(host), *grouped), (("SG", ("G1", "G2")),))


class Run:
    """The sequence, done once for each role; the cases below judge what it left behind."""

    def __init__(self, lab: Lab, kinds: tuple[str, str]) -> None:
        self.kinds = kinds
        add_balancers(lab)
        self.watcher, self.capture = AddressWatcher(lab, BALANCERS), Capture(lab)
        self.agents = {host: make_agent(kind, lab, host) for host, kind in zip(BALANCERS, kinds)}
        # The preferred node first: then a node with preempt = false finds its master there.
        self.started = self.agents["lb1"].start(_node("lb1"))
        everything = (*ADDRESSES, STICKY.address)
        self.watcher.wait_holders(everything, {"lb1"}, 10.0)
        self.agents["lb2"].start(_node("lb2"))
        for router in _node("lb2").routers:
            self.agents["lb2"].running().wait_for(rf"\({router.name}\) Entering BACKUP", 10.0)
        self.settled = self._quiet(everything, "lb1")
        self.stopped = self.agents["lb1"].terminate()
        self.watcher.wait_holders(everything, {"lb2"}, 10.0)
        self.agents["lb1"].running().wait(15.0)
        self.moved = self._quiet(everything, "lb2")
        self.returned = self.agents["lb1"].start(_node("lb1"))
        self.watcher.wait_holders(ADDRESSES, {"lb1"}, 15.0)
        self.end = self._quiet(ADDRESSES, "lb1")

    def _quiet(self, addresses: tuple[str, ...], host: str) -> float:
        """Long enough for a second master to show, were there one: an advert of each node's slowest form."""
        since = time.monotonic()
        for form in (FORMS[0], FORMS[3]):
            self.capture.wait_advert(since + 1.0, 3.0, host=host, vrid=form.vrid)
        self.watcher.wait_holders(addresses, {host}, 1.0)
        return time.monotonic()


@pytest.fixture(scope="module", params=[("regent", "keepalived"), ("keepalived", "regent")],
                ids=["regent-preferred", "keepalived-preferred"])
def run(ground: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with Lab(tmp_path_factory.mktemp("interop")) as lab:
        try:
            yield Run(lab, request.param)
        except Exception:
            print(lab.report())
            raise


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.name)
class TestForm:
    """Each form, in each role."""

    def test_one_master(self, run: Run, form: Form) -> None:
        """lb1 is master; lb2 hears it and stays mute."""
        assert run.watcher.arrival(form.address, "lb1", run.started) is not None
        assert run.capture.between(run.started, run.stopped, host="lb2", vrid=form.vrid) == []

    def test_on_the_wire(self, run: Run, form: Form) -> None:
        """What both send is what the standard and the other side want."""
        for host in BALANCERS:
            sent = run.capture.between(run.started, run.end, host=host, vrid=form.vrid)
            assert sent, f"{host} was master and said so"
            for advert in sent:
                assert advert.problems == () and advert.kind == 1 and advert.version == form.version
                assert advert.ttl == form.ttl
                assert advert.interval == pytest.approx(form.interval)
                assert set(advert.addresses) == {form.address, form.second} - {""}
                assert advert.checksum == ("message" if form.version == 2 else "pseudo")
                assert advert.auth_data.rstrip(b"\0") == form.password.encode()
                multicast = "ff02::12" if ":" in form.address else "224.0.0.18"
                assert (advert.destination == multicast) is not form.unicast

    def test_priority_zero(self, run: Run, form: Form) -> None:
        """lb1 leaves with priority 0; lb2 hears it and waits no longer than its skew."""
        zero = run.capture.between(run.stopped, run.moved, host="lb1", vrid=form.vrid, priority=0)
        assert len(zero) >= 1
        # By its advert: how long keepalived then takes for its addresses is not the wire's matter.
        taken = run.capture.wait_advert(zero[0].time, 1.0, host="lb2", vrid=form.vrid).time
        assert taken - zero[0].time <= form.skew("lb2") + SLACK

    def test_preemption(self, run: Run, form: Form) -> None:
        """lb1 comes back with the higher priority; lb2 yields at once, and says nothing more."""
        taken = run.watcher.arrival(form.address, "lb1", run.returned)
        left = run.watcher.departure(form.address, "lb2", run.returned)
        assert taken is not None and left is not None
        assert left - taken <= form.interval + SLACK
        late = [a for a in run.capture.between(left + SLACK, run.end, host="lb2", vrid=form.vrid)]
        assert late == []
        line = run.watcher.timeline(form.address, run.returned, run.end)
        assert line.flips == 1 and line.both <= form.interval + SLACK


def test_no_preempt(run: Run) -> None:
    """preempt = false on both: lb1, back with the higher priority, leaves the address where it is."""
    assert run.watcher.holders(STICKY.address) == {"lb2"}
    assert run.watcher.timeline(STICKY.address, run.returned, run.end).flips == 0


def test_sync_group(run: Run) -> None:
    """Both members of the group are always on one node, at every step of the sequence."""
    for since, host in ((run.started, "lb1"), (run.stopped, "lb2"), (run.returned, "lb1")):
        times = [run.watcher.arrival(address, host, since) for address in GROUP]
        assert None not in times
        assert abs(times[0] - times[1]) <= FAST + SLACK  # type: ignore[operator]


def test_group_follows_one_cable(ground: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Only one of two cables is pulled: the member on the good LAN goes too."""
    for kinds in (("regent", "keepalived"), ("keepalived", "regent")):
        with Lab(tmp_path_factory.mktemp("cable")) as lab:
            add_balancers(lab)
            watcher = AddressWatcher(lab, BALANCERS)
            grouped = {host: replace(_node(host), routers=_node(host).routers[-2:]) for host in BALANCERS}
            for host, kind in zip(BALANCERS, kinds):
                make_agent(kind, lab, host).start(grouped[host])
            watcher.wait_holders(GROUP, {"lb1"}, 5.0)
            lab.switch.ip("link set lb1-b down")
            watcher.wait_holders(GROUP, {"lb2"}, 5.0)
            lab.switch.ip("link set lb1-b up")
            watcher.wait_holders(GROUP, {"lb1"}, 30.0)
