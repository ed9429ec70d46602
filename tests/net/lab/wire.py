# SPDX-License-Identifier: Apache-2.0
"""The switch's end of the wire: a packet socket with a filter, and the kernel's time of each frame."""

from __future__ import annotations

import ctypes
import socket
import struct
import time

from .lab import Lab
from .netns import LabError, attach_filter

ETH_P_ALL = 3
SOL_PACKET, PACKET_STATISTICS = 263, 6
SO_TIMESTAMPNS = 35
# Classic BPF, as rows of code, jump if true, jump if false, operand. IPv4 and IPv6 with protocol 112; the second ARP and
# ICMPv6 too; the third IPv4 alone, and what comes in (SKF_AD_PKTTYPE is not PACKET_OUTGOING).
ADVERTS = (
    (0x28, 0, 0, 12), (0x15, 0, 2, 0x0800), (0x30, 0, 0, 23), (0x15, 3, 4, 112),
    (0x15, 0, 3, 0x86DD), (0x30, 0, 0, 20), (0x15, 0, 1, 112), (0x06, 0, 0, 0x40000),
    (0x06, 0, 0, 0),
)
ADVERTS_AND_ANNOUNCEMENTS = (
    (0x28, 0, 0, 12), (0x15, 7, 0, 0x0806), (0x15, 0, 2, 0x0800), (0x30, 0, 0, 23), (0x15, 4, 5, 112),
    (0x15, 0, 4, 0x86DD), (0x30, 0, 0, 20), (0x15, 1, 0, 112), (0x15, 0, 1, 58), (0x06, 0, 0, 0x40000),
    (0x06, 0, 0, 0),
)
IPV4_ADVERTS_IN = (
    (0x28, 0, 0, 0xFFFFF004), (0x15, 5, 0, 4), (0x28, 0, 0, 12), (0x15, 0, 3, 0x0800), (0x30, 0, 0, 23),
    (0x15, 0, 1, 112), (0x06, 0, 0, 64), (0x06, 0, 0, 0),
)


def clock_offset() -> float:
    """time.monotonic() less time.time(). Of several looks the one with the least between its two readings: a stall there
    would make every time of a capture wrong."""
    looks = []
    for _ in range(5):
        before, wall, after = time.monotonic(), time.time(), time.monotonic()
        looks.append((after - before, (before + after) / 2 - wall))
    return min(looks)[1]


class Wire:
    """All ports of the switch, or the one with an index. Frames are read from `socket`, which does not block."""

    def __init__(self, lab: Lab, program: tuple[tuple[int, int, int, int], ...], *, index: int = 0,
                 receive_buffer: int = 16 << 20) -> None:
        self.socket = lab.switch.socket(socket.AF_PACKET, socket.SOCK_RAW, 0, receive_buffer=receive_buffer)
        attach_filter(self.socket, program)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        # Protocol 0 above: nothing arrives before the filter stands. This bind starts it.
        libc = ctypes.CDLL(None, use_errno=True)
        address = struct.pack("HHiHBB8s", socket.AF_PACKET, socket.htons(ETH_P_ALL), index, 0, 0, 0, b"")
        if libc.bind(self.socket.fileno(), address, len(address)) != 0:
            raise LabError(f"AF_PACKET: bind failed, errno {ctypes.get_errno()}")
        self._offset = clock_offset()

    def when(self, ancillary: list[tuple[int, int, bytes]]) -> float:
        """When a frame came, on time.monotonic()'s clock, from what recvmsg() gave with it."""
        if not ancillary:
            return time.monotonic()
        seconds, nanos = struct.unpack("qq", ancillary[0][2][:16])
        return seconds + nanos / 1e9 + self._offset

    def dropped(self) -> int:
        """Frames that the kernel could not queue since the last call."""
        _, drops = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        return drops
