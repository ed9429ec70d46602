# SPDX-License-Identifier: Apache-2.0
"""Thousands of forged packets a second, from as many senders as wanted."""

from __future__ import annotations

import itertools
import pathlib
import re
import socket
import struct
import time
from dataclasses import dataclass

from .decode import VRRP, internet_checksum
from .forge import Forged
from .lab import Lab
from .process import Process

_numbers = itertools.count(1)
_GROUP_MAC = bytes.fromhex("01005e000012")


def frame(forged: Forged, source: str, destination: str = "224.0.0.18") -> bytes:
    """A whole multicast Ethernet frame from a sender that need not exist."""
    message = forged.message(source, destination)
    packed = socket.inet_aton(source)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(message), 0, 0, forged.ttl, VRRP, 0, packed,
                       socket.inet_aton(destination))
    head = head[:10] + struct.pack("!H", internet_checksum(head)) + head[12:]
    return _GROUP_MAC + b"\x02\0" + packed + b"\x08\0" + (head + message).ljust(46, b"\0")


@dataclass
class Flood:
    """One that runs."""

    process: Process
    begun: float
    seconds: float

    def finish(self) -> tuple[float, int, float]:
        """Waits for its end; returns its time, how many were sent, and how many a second."""
        line = self.process.wait_for(r"sent \d+ in", self.seconds + 20.0)
        found = re.search(r"sent (\d+) in ([\d.]+)", line.text)
        assert found is not None
        return time.monotonic(), int(found[1]), int(found[1]) / float(found[2])


def start_flood(lab: Lab, host: str, interface: str, frames: list[bytes], *, rate: float, seconds: float) -> Flood:
    """Sends the frames over and over; returns when the first have left."""
    name = f"flood{next(_numbers)}"
    file = lab.directory / f"{name}.frames"
    file.write_text("\n".join(one.hex() for one in frames), encoding="ascii")
    program = pathlib.Path(__file__).with_name("flood_main.py")
    process = lab.start(name, ["/usr/bin/python3", str(program), interface, str(file), str(rate), str(seconds)],
                        host=host)
    return Flood(process, process.wait_for("begun", 10.0).time, seconds)
