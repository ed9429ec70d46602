# SPDX-License-Identifier: Apache-2.0
"""Address events in great number: another program that sets and deletes addresses as fast as the kernel takes them."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import struct
from typing import Iterator

from .netns import LabError, Namespace

NETLINK_ROUTE = 0
RTM_NEWADDR, RTM_DELADDR = 20, 21
NLM_F_REQUEST, NLM_F_EXCL, NLM_F_CREATE = 1, 0x200, 0x400
IFA_ADDRESS, IFA_LOCAL = 1, 2
RT_SCOPE_HOST = 254
_PER_CALL = 256


def _message(kind: int, flags: int, index: int, address: str) -> bytes:
    packed = ipaddress.IPv4Address(address).packed
    attributes = b"".join(struct.pack("=HH4s", 8, name, packed) for name in (IFA_LOCAL, IFA_ADDRESS))
    body = struct.pack("=BBBBI", socket.AF_INET, 32, 0, RT_SCOPE_HOST, index) + attributes
    return struct.pack("=IHHII", 16 + len(body), kind, flags | NLM_F_REQUEST, 1, 0) + body


@contextlib.contextmanager
def _unyielding() -> Iterator[None]:
    """With realtime priority, the lowest. Once the queue of a listener is half full the kernel yields the processor at each
    event (net/netlink/af_netlink.c), which beside a busy program makes of a fraction of a second many."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def storm(space: Namespace, interface: str, events: int, address: str = "127.9.9.9") -> None:
    """An address comes to an interface and goes, so often that `events` events arise. Returns when all are done."""
    index = space.interface_index(interface)
    both = (_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address)
            + _message(RTM_DELADDR, 0, index, address))
    with space.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as made, _unyielding():
        made.bind((0, 0))
        left = events // 2
        while left > 0:
            # Without acknowledgements: the kernel has done all of it when send() returns.
            made.send(both * min(left, _PER_CALL))
            left -= _PER_CALL
        try:
            raise LabError(f"the kernel refused an address: {made.recv(4096)!r}")
        except BlockingIOError:
            pass
