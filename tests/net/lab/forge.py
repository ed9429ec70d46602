# SPDX-License-Identifier: Apache-2.0
"""Packets as a third machine on the LAN could send them: well formed, and wrong in one way each."""

from __future__ import annotations

import ipaddress
import socket
import struct
from dataclasses import dataclass, replace

from .decode import VRRP, internet_checksum, pseudo_header
from .netns import Namespace

SO_BINDTODEVICE = 25


@dataclass(frozen=True)
class Forged:
    """The fields of a VRRP message. What is left alone makes a valid one."""

    version: int
    vrid: int
    priority: int
    addresses: tuple[str, ...]
    kind: int = 1
    interval: float = 1.0
    count: int | None = None  # None: the true number
    auth_type: int = 0
    auth_data: bytes = bytes(8)
    trailer: bytes = b""
    cut: int | None = None  # only so many bytes are sent
    checksum_error: int = 0
    ttl: int = 255
    pseudo: bool = True  # version 3 over IPv4: which checksum form

    def message(self, source: str, destination: str) -> bytes:
        """The IP payload."""
        packed = b"".join(ipaddress.ip_address(a).packed for a in self.addresses)
        count = len(self.addresses) if self.count is None else self.count
        if self.version == 2:
            middle = struct.pack("!BB", self.auth_type, int(self.interval))
            rest = packed + self.auth_data + self.trailer
        else:
            middle = struct.pack("!H", round(self.interval * 100))
            rest = packed + self.trailer
        head = struct.pack("!BBBB", self.version << 4 | self.kind, self.vrid, self.priority, count) + middle
        whole = head + b"\0\0" + rest
        summed = whole
        if ":" in source or (self.version != 2 and self.pseudo):
            summed = pseudo_header(source, destination, len(whole)) + whole
        checksum = internet_checksum(summed) ^ self.checksum_error
        return (head + struct.pack("!H", checksum) + rest)[:self.cut]

    def but(self, **changes: object) -> "Forged":
        """The same with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


def send(space: Namespace, interface: str, source: str, forged: Forged, *, destination: str = "224.0.0.18",
         count: int = 1) -> None:
    """Sends it from a host's interface, `count` times."""
    message = forged.message(source, destination)
    with space.entered():
        made = socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, VRRP)
        with made:
            made.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, interface.encode())
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, forged.ttl)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, forged.ttl)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            made.bind((source, 0))
            for _ in range(count):
                made.sendto(message, (destination, 0))
