# SPDX-License-Identifier: Apache-2.0
"""Who holds which address, and since when: the kernel's own address events of several hosts on one clock."""

from __future__ import annotations

import errno
import ipaddress
import os
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Callable

from .lab import Lab
from .netns import LabError, attach_filter

NETLINK_ROUTE = 0
RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x1, 0x10, 0x100
RTM_NEWLINK, RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 16, 20, 21, 22
IFF_LOWER_UP = 0x10000
NLM_F_REQUEST, NLM_F_DUMP, NLMSG_DONE = 1, 0x300, 3
IFA_ADDRESS, IFA_LOCAL = 1, 2
_DUMP_SEQUENCE = 1
# Classic BPF on a message: of RTM_NEWADDR and RTM_DELADDR, those of interface 1 are dropped. It loads in network order,
# netlink is in the host's.
_NOT_LOOPBACK = (
    (0x28, 0, 0, 4), (0x15, 1, 0, socket.htons(RTM_NEWADDR)), (0x15, 0, 2, socket.htons(RTM_DELADDR)),
    (0x20, 0, 0, 20), (0x15, 1, 0, socket.htonl(1)), (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0),
)


@dataclass(frozen=True)
class Change:
    """An address came to a host or left it. `again`: it was there already (lifetimes or flags set anew)."""

    time: float
    host: str
    address: str
    added: bool
    again: bool = False


class AddressWatcher:
    """Records from its making to stop(). Call it only with hosts whose addresses are all in place.

    What happens on loopback interfaces later is not seen: there tests make thousands of events, and the referee is to
    judge others by its clock, not to be busy itself.
    """

    def __init__(self, lab: Lab, hosts: tuple[str, ...], on_change: Callable[[Change], None] | None = None) -> None:
        self.changes: list[Change] = []
        self.hosts = hosts
        self._dark: list[tuple[float, str, int]] = []  # time, host and interface of events without carrier
        self._held: dict[str, set[str]] = {host: set() for host in hosts}
        self._on_change = on_change
        self._news = threading.Condition()
        self._sockets: dict[int, tuple[socket.socket, str]] = {}
        self._dumps_left = len(hosts)
        self._last = 0.0
        self._failure: str | None = None
        for host in hosts:
            made = lab.spaces[host].socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE, receive_buffer=16 << 20)
            made.bind((0, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
            made.send(struct.pack("=IHHII", 24, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, _DUMP_SEQUENCE, 0)
                      + struct.pack("=BBBBI", 0, 0, 0, 0, 0))
            self._sockets[made.fileno()] = (made, host)
        self._running = True
        self._thread = threading.Thread(target=self._loop, name="address watcher", daemon=True)
        self._thread.start()
        lab.on_close(self.stop)
        self._wait(lambda: self._dumps_left == 0, 5.0, "the address lists did not arrive")
        for made, _ in self._sockets.values():
            attach_filter(made, _NOT_LOOPBACK)

    def _loop(self) -> None:
        try:
            # The referee's clock must not wait behind what it judges.
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))
        except OSError:
            pass
        poller = select.poll()
        for number in self._sockets:
            poller.register(number, select.POLLIN)
        # One buffer for all: to make one for each event takes longer than all the rest.
        buffer = bytearray(1 << 20)
        while self._running:
            for number, _ in poller.poll(50):
                made, host = self._sockets[number]
                try:
                    size = made.recv_into(buffer)
                except OSError as error:
                    if error.errno == errno.ENOBUFS:
                        self._fail(f"address events of {host} were lost")
                    continue
                self._messages(host, bytes(memoryview(buffer)[:size]), time.monotonic())

    def _messages(self, host: str, data: bytes, now: float) -> None:
        found: list[Change] = []
        at = 0
        while at + 16 <= len(data):
            length, kind, _, sequence, _ = struct.unpack_from("=IHHII", data, at)
            if length < 16:
                break
            if kind in (RTM_NEWADDR, RTM_DELADDR):
                address = _address_of(data[at + 16:at + length])
                if address:
                    found.append(Change(now, host, address, kind == RTM_NEWADDR))
            elif kind == RTM_NEWLINK:
                index, flags = struct.unpack_from("=iI", data, at + 20)
                if not flags & IFF_LOWER_UP:
                    with self._news:
                        self._dark.append((now, host, index))
            elif kind == NLMSG_DONE and sequence == _DUMP_SEQUENCE:
                with self._news:
                    self._dumps_left -= 1
            at += (length + 3) & ~3
        self._take(found)

    def _take(self, found: list[Change]) -> None:
        kept: list[Change] = []
        with self._news:
            for change in found:
                held = self._held[change.host]
                if change.added:
                    change = Change(change.time, change.host, change.address, True, change.address in held)
                    held.add(change.address)
                else:
                    held.discard(change.address)
                kept.append(change)
                if not change.again and self._dumps_left == 0:
                    self._last = change.time
            self.changes.extend(kept)
            self._news.notify_all()
        if self._on_change and self._dumps_left == 0:
            for change in kept:
                self._on_change(change)

    def _fail(self, text: str) -> None:
        with self._news:
            self._failure = text
            self._news.notify_all()

    def _wait(self, condition: Callable[[], bool], timeout: float, otherwise: str) -> None:
        deadline = time.monotonic() + timeout
        with self._news:
            while not condition():
                left = deadline - time.monotonic()
                if self._failure:
                    raise LabError(self._failure)
                if left <= 0:
                    raise LabError(f"{otherwise} within {timeout} s; held: {str(self._held)[:1000]}")
                self._news.wait(left)

    def holders(self, address: str) -> frozenset[str]:
        """The hosts that have the address now."""
        with self._news:
            return frozenset(host for host, held in self._held.items() if address in held)

    def wait_holders(self, addresses: tuple[str, ...] | list[str], hosts: set[str], timeout: float) -> float:
        """Waits until each address is on exactly these hosts; returns the time at which that was seen."""
        wanted = frozenset(hosts)

        # From the end: they come in order, and this is asked at every event.
        def reached() -> bool:
            return all(frozenset(h for h, held in self._held.items() if a in held) == wanted
                       for a in reversed(addresses))

        self._wait(reached, timeout, f"{', '.join(addresses)[:200]} not on exactly {sorted(hosts)}")
        return time.monotonic()

    def wait_held(self, addresses: tuple[str, ...] | list[str], host: str, timeout: float) -> float:
        """Waits until a host has all addresses, whoever else has them too."""
        wanted = set(addresses)
        self._wait(lambda: wanted <= self._held[host], timeout, f"{', '.join(addresses)[:200]} not on {host}")
        return time.monotonic()

    def wait_arrival(self, address: str, host: str, since: float, timeout: float) -> float:
        """Waits until the address has come to the host at or after `since`; returns when it did."""
        self._wait(lambda: self.arrival(address, host, since) is not None, timeout, f"{address} did not come to {host}")
        found = self.arrival(address, host, since)
        assert found is not None
        return found

    def wait_departure(self, address: str, host: str, since: float, timeout: float) -> float:
        """The same for its leaving."""
        self._wait(lambda: self.departure(address, host, since) is not None, timeout, f"{address} did not leave {host}")
        found = self.departure(address, host, since)
        assert found is not None
        return found

    def wait_carrier_loss(self, host: str, index: int, since: float, timeout: float) -> float:
        """Waits until the kernel has told that an interface has no carrier; returns when, first time after `since`."""
        def told() -> list[float]:
            return [when for when, where, which in self._dark if when >= since and (where, which) == (host, index)]

        self._wait(lambda: bool(told()), timeout, f"interface {index} of {host} did not lose its carrier")
        return told()[0]

    def wait_quiet(self, seconds: float, timeout: float = 60.0) -> None:
        """Waits until no address came or went for that long."""
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                now = time.monotonic()
                left = self._last + seconds - now
                if left <= 0:
                    return
                if now >= deadline:
                    raise LabError(f"addresses still move after {timeout} s: {self.changes[-4:]}")
                self._news.wait(left)

    def last_change(self) -> float:
        """When an address last came or went; 0.0 when none has since the start of the recording."""
        with self._news:
            return self._last

    @staticmethod
    def now() -> float:
        """The clock of all figures."""
        return time.monotonic()

    def arrival(self, address: str, host: str, since: float) -> float | None:
        """When the address came to the host, first time at or after `since`."""
        with self._news:
            for change in self.changes:
                if (change.time >= since and change.added and not change.again and change.host == host
                        and change.address == address):
                    return change.time
        return None

    def departure(self, address: str, host: str, since: float) -> float | None:
        """When the address left the host, first time at or after `since`."""
        with self._news:
            for change in self.changes:
                if change.time >= since and not change.added and change.host == host and change.address == address:
                    return change.time
        return None

    def timeline(self, address: str, start: float, end: float) -> "Timeline":
        """What happened to one address in a span of time."""
        with self._news:
            mine = [c for c in self.changes if c.address == address and c.time <= end and not c.again]
        return Timeline(mine, start, end)

    def events(self, start: float, end: float, *, renewals: bool = False) -> list[Change]:
        """What came and went in a span of time; with `renewals` also lifetimes set anew, as a lease does all the time."""
        with self._news:
            return [c for c in self.changes if start <= c.time <= end and (renewals or not c.again)]

    def stop(self) -> None:
        """Ends the recording. What was seen stays."""
        if self._running:
            self._running = False
            self._thread.join(5.0)
            for made, _ in self._sockets.values():
                made.close()


class Timeline:
    """The holders of one address over a span of time."""

    def __init__(self, changes: list[Change], start: float, end: float) -> None:
        self.spans: list[tuple[float, float, frozenset[str]]] = []
        self.flips = 0
        holders: set[str] = set()
        serving: str | None = None
        last: str | None = None
        at = start
        for change in changes:
            if change.time > start:
                self.spans.append((at, change.time, frozenset(holders)))
                at = change.time
            if change.added:
                holders.add(change.host)
                serving = change.host  # it has just announced itself
            else:
                holders.discard(change.host)
                if serving == change.host:
                    serving = next(iter(holders), None)
            if serving is not None:
                if change.time > start and last is not None and serving != last:
                    self.flips += 1
                last = serving
        self.spans.append((at, end, frozenset(holders)))

    def time_with(self, count: int) -> float:
        """Seconds in which exactly `count` hosts had the address."""
        return sum(stop - begin for begin, stop, holders in self.spans if len(holders) == count)

    @property
    def none(self) -> float:
        """Seconds in which no host had it."""
        return self.time_with(0)

    @property
    def both(self) -> float:
        """Seconds in which two or more hosts had it."""
        return sum(stop - begin for begin, stop, holders in self.spans if len(holders) > 1)


def _address_of(message: bytes) -> str | None:
    """The address of an ifaddrmsg and its attributes."""
    local = peer = None
    at = 8
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, at)
        if length < 4:
            break
        value = message[at + 4:at + length]
        if kind == IFA_LOCAL:
            local = value
        elif kind == IFA_ADDRESS:
            peer = value
        at += (length + 3) & ~3
    raw = local or peer
    return str(ipaddress.ip_address(raw)) if raw else None


def spread(times: list[float]) -> float:
    """The time between the first and the last."""
    return max(times) - min(times) if times else 0.0
