# SPDX-License-Identifier: Apache-2.0
"""One of the master's two interfaces goes: its cable is pulled, or it is deleted and made again. The group moves as
one, in time, and comes back by itself."""

from __future__ import annotations

import time
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, VIP2, add_balancers
from net.lab.duo import Duo, begin_all
from net.lab.lab import Lab
from net.lab.netns import run
from net.lab.processes import eventually
from net.lab.spec import Node, Router
from net.lab.storm import storm
from net.lab.table import Table, milliseconds
from net.lab.watch import AddressWatcher

ROOM = 5
PULLS = 2
OVERRUN_EVENTS = 60000  # more than the kernel keeps for one who does not read
Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")


def _begin(lab: Lab, rival_lab: Lab, *, pair: bool = False) -> tuple[Duo, Duo]:
    duos = Duo(lab, pair=pair), Duo(rival_lab, "keepalived")
    begin_all(*duos)
    return duos


def _arrived(duo: Duo, host: str, since: float) -> float:
    """When the last address came to a node."""
    times = [duo.watcher.arrival(vip, host, since) for vip in duo.vips]
    assert None not in times
    return max(t for t in times if t is not None)


def _delete_interface(duo: Duo) -> float:
    """lb1's interface of LAN b; returns when it was gone: an advert may leave while ip(8) is being started."""
    before = time.monotonic()
    run(duo.lab.spaces["lb1"].command(["ip", "link", "del", "enp0s8"]))
    return duo.watcher.wait_departure(VIP2, "lb1", before, 2.0)


def test_interface_deleted_and_created(lab: Lab, rival_lab: Lab, say: Say, table: Table) -> None:
    """The peer is MASTER of both members within three adverts and its skew; ours returns when the interface does."""
    duos = ours, rival = _begin(lab, rival_lab)
    gone = {duo.kind: _delete_interface(duo) for duo in duos}
    last = {duo.kind: max(a.time for a in duo.capture.between(0.0, gone[duo.kind], host="lb1", vrid=52)) for duo in duos}
    for duo in duos:
        duo.watcher.wait_holders(duo.vips, {"lb2"}, duo.takeover("lb2") + 5.0)
    moved = {duo.kind: _arrived(duo, "lb2", gone[duo.kind]) for duo in duos}
    made = {}
    for duo in duos:
        made[duo.kind] = time.monotonic()
        duo.lab.connect("lb1", "enp0s8", "b", "192.168.1.5/24", "fd00:b::5/64")
    for duo in duos:
        duo.watcher.wait_holders(duo.vips, {"lb1"}, duo.takeover("lb1") + 10.0)
        for vrid in duo.vrids:
            duo.capture.wait_advert(_arrived(duo, "lb1", made[duo.kind]), 2 * duo.interval, host="lb1", vrid=vrid)
    there = {k: moved[k] - last[k] for k in moved}
    back = {duo.kind: _arrived(duo, "lb1", made[duo.kind]) - made[duo.kind] for duo in duos}
    none, both, flips = ours.cost(gone["regent"], time.monotonic())
    say(f"deleted: peer has both {there['regent']:.3f} s after the last advert (keepalived {there['keepalived']:.3f} s); "
        f"made again: ours has both {back['regent']:.3f} s later (keepalived {back['keepalived']:.3f} s)")
    table.add("interface deleted and created again", f"peer {there['regent']:.2f} s, back {back['regent']:.2f} s, 1x",
              f"{ours.takeover('lb2'):.2f} s, by itself",
              f"peer {there['keepalived']:.2f} s, back {back['keepalived']:.2f} s")
    assert there["regent"] <= ours.takeover("lb2") + ROOM * 0.030
    assert back["regent"] <= ours.takeover("lb1") + ours.interval + ROOM * 0.030
    assert (flips, both < ROOM * 0.010) == (2, True), (none, both, flips)


def _pull(duo: Duo, port: str) -> tuple[float, float]:
    """One cable of lb1. Returns when lb1's kernel said so, and when lb2 had everything."""
    before = time.monotonic()
    duo.lab.switch.ip(f"link set {port} down")
    event = duo.watcher.wait_carrier_loss("lb1", duo.lab.spaces["lb1"].interface_index("enp0s8"), before, 2.0)
    duo.watcher.wait_held(duo.vips, "lb2", duo.takeover("lb2") + 5.0)
    return event, _arrived(duo, "lb2", before)


def test_cable_pulled_on_one_lan(lab: Lab, rival_lab: Lab, say: Say, table: Table) -> None:
    """The member that still has its LAN says priority 0; that is enough for both (rules.md 4)."""
    ours, rival = _begin(lab, rival_lab, pair=True)
    taken, apart = [], []
    rival_taken = None
    for _ in range(PULLS):
        event, arrived = _pull(ours, "lb1-b")
        taken.append(arrived - event)
        ours.watcher.wait_holders(ours.vips, {"lb2"}, 2.0)
        apart.append(ours.cost(event, time.monotonic())[1])
        ours.lab.switch.ip("link set lb1-b up")
        if rival_taken is None:
            rival_event, rival_arrived = _pull(rival, "lb1-b")
            rival_taken = rival_arrived - rival_event
        ours.settle(timeout=ours.takeover("lb1") + 10.0)
    say(f"one cable pulled: both VIPs on the peer after {milliseconds(taken)}; on both nodes for "
        f"{milliseconds(apart)}; keepalived {rival_taken:.3f} s")
    table.add("cable pulled on one of two LANs (group, `pair`)", milliseconds(taken), "<= 10 ms after the carrier event",
              f"{rival_taken * 1000:.0f} ms")
    assert max(taken) <= ROOM * 0.010
    assert max(taken) < rival_taken / ROOM
    assert max(apart) <= ROOM * 0.010


def _ipv6_pair(lab: Lab) -> tuple[dict[str, Regent], Capture]:
    """lb1 is MASTER of an IPv6 address, and lb2, which was started after it, BACKUP."""
    add_balancers(lab)
    watcher, capture = AddressWatcher(lab, BALANCERS), Capture(lab)
    agents = {host: Regent(lab, host) for host in BALANCERS}
    for host, priority in (("lb1", 200), ("lb2", 50)):
        agents[host].start(Node((Router("V6", "enp0s3", 61, priority, ("fe80::61", "fd00:a::61"), 3, 0.1),)))
        watcher.wait_holders(["fd00:a::61"], {"lb1"}, 15.0)
    agents["lb2"].running().wait_for(r"V6.*Entering BACKUP", 10.0)
    return agents, capture


def test_mtu_too_small_for_ipv6_and_back(lab: Lab) -> None:
    """Below 1280 bytes the kernel takes IPv6 off the interface and forgets for good which groups its sockets have joined.
    A backup that comes back from there hears its master, and is none beside it."""
    agents, capture = _ipv6_pair(lab)
    backup, link = agents["lb2"].running(), lab.spaces["lb2"]
    for _ in range(50):
        said = backup.mark()
        run(link.command(["ip", "link", "set", "enp0s3", "mtu", "1200"]))
        backup.wait_for(r"Entering FAULT STATE: interface enp0s3 has no IPv6 link-local", 5.0, said)
        mended = time.monotonic()
        run(link.command(["ip", "link", "set", "enp0s3", "mtu", "1500"]))
        # The kernel tells of the new MTU before the interface has IPv6: the first try to hear may fail.
        back = backup.wait_for(r"Entering BACKUP STATE: the fault has ended", 5.0, said)
        assert back.time - mended <= 0.5
    at = capture.pass_time(back.time + 1.0)
    agents["lb1"].terminate()
    # It took over when the master left, and not before.
    taken = backup.wait_for(r"Entering MASTER STATE", 10.0)
    assert taken.time > at and "priority 0" in taken.text


@pytest.mark.alone
def test_mtu_too_small_for_ipv6_unseen(lab: Lab) -> None:
    """The same while a backup is stopped and so many addresses come and go that the kernel's word of it is lost."""
    agents, capture = _ipv6_pair(lab)
    backup, space = agents["lb2"].running(), lab.spaces["lb2"]
    for _ in range(3):
        said = backup.mark()
        agents["lb2"].pause()
        storm(space, "lo", OVERRUN_EVENTS)
        space.ip("link set enp0s3 mtu 1200", "link set enp0s3 mtu 1500")
        agents["lb2"].wake()
        known = backup.wait_for("notifications of the kernel were lost", 10.0, said)
        capture.pass_time(known.time + 1.0)
        assert not backup.find("Entering MASTER", said)
    agents["lb1"].terminate()
    assert "priority 0" in backup.wait_for(r"Entering MASTER STATE", 10.0).text


DISABLE_IPV6 = "/proc/sys/net/ipv6/conf/enp0s8/disable_ipv6"


@pytest.mark.parametrize("away, back", [
    (("ip -4 address flush dev enp0s8",), ("ip address add 192.168.1.5/24 brd + dev enp0s8",)),
    ((f"echo 1 > {DISABLE_IPV6}",), (f"echo 0 > {DISABLE_IPV6}", "ip address add fd00:b::5/64 dev enp0s8 nodad")),
    (("ip link set enp0s8 mtu 1200",), ("ip link set enp0s8 mtu 1500", "ip address add fd00:b::5/64 dev enp0s8 nodad")),
    (("ip link set enp0s8 down",), ("ip link set enp0s8 up", "ip address add fd00:b::5/64 dev enp0s8 nodad")),
], ids=["last IPv4 address", "IPv6 disabled", "MTU too small for IPv6", "down, IPv6"])
def test_route_over_an_interface_without_addresses(lab: Lab, away: tuple[str, ...], back: tuple[str, ...]) -> None:
    """The kernel drops the routes over an interface that loses its last address, without a word, and takes them only when
    it has one again. A virtual route is back with the address, not never and not seconds later."""
    add_balancers(lab)
    watcher, space = AddressWatcher(lab, BALANCERS), lab.spaces["lb1"]
    family, to, via, vips = (("-4", "198.51.100.0/24", "192.168.1.254", ("10.0.2.210/24",)) if "-4" in away[0] else
                             ("-6", "2001:db8:5::/64", "fd00:b::fe", ("fe80::61", "fd00:a::61")))
    route = f'routes = [{{ to = "{to}", via = "{via}", device = "enp0s8" }}]'
    Regent(lab, "lb1").start(Node((Router("V", "enp0s3", 61, 200, vips, 3, 0.1, extra=(route,)),)))
    watcher.wait_holders([vips[-1].split("/")[0]], {"lb1"}, 15.0)

    def stands() -> bool | None:
        return to in run(space.command(["ip", family, "route", "show", "dev", "enp0s8"])) or None

    eventually(stands, 5.0, "the route is not set")
    for _ in range(10):
        for command in away:
            run(space.command(["sh", "-c", command]))
        assert not stands()
        for command in back:
            run(space.command(["sh", "-c", command]))
        eventually(stands, 0.5, "the route is not set again")


def test_excluded_address_where_ipv6_was_disabled(lab: Lab) -> None:
    """The kernel refuses it meanwhile, and the master serves without it. The longer that lasts, the longer are the waits
    between two tries: the first address that the interface has again ends them."""
    add_balancers(lab)
    watcher, capture = AddressWatcher(lab, BALANCERS), Capture(lab)
    space, agent = lab.spaces["lb1"], Regent(lab, "lb1")
    excluded = 'addresses_excluded = [{ address = "fd00:b::77/64", device = "enp0s8" }]'
    agent.start(Node((Router("V", "enp0s3", 61, 200, ("fe80::61", "fd00:a::61"), 3, 0.1, extra=(excluded,)),)))
    watcher.wait_holders(["fd00:b::77"], {"lb1"}, 15.0)
    for _ in range(5):
        said = agent.running().mark()
        run(space.command(["sh", "-c", f"echo 1 > {DISABLE_IPV6}"]))
        degraded = agent.running().wait_for("Entering MASTER STATE: nobody else serves; degraded", 5.0, said)
        # The next try after this one is about a second later.
        capture.pass_time(degraded.time + 0.2)
        mended = time.monotonic()
        run(space.command(["sh", "-c", f"echo 0 > {DISABLE_IPV6}"]))
        assert watcher.wait_arrival("fd00:b::77", "lb1", mended, 5.0) - mended <= 0.3
