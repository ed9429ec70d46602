# SPDX-License-Identifier: Apache-2.0
"""Callers of org.regent1, a program of its own: many that call without a pause, or one that is deaf.

The first argument is the path of the bus's socket, the second how many. Each calls in turn GetManagedObjects, Get and
Describe, and again as soon as it is answered. With 0 there is one that subscribes to everything, calls as fast as the bus
takes it, and never reads. Prints "ready", and at SIGTERM "answered N refused N".

Speaks as much of D-Bus as that takes, in little endian (D-Bus specification, "Message Protocol").
"""

from __future__ import annotations

import itertools
import os
import select
import signal
import socket
import struct
import sys

NAME, PATH = "org.regent1", "/org/regent1"
PROPERTIES, OBJECTS, BUS = "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.ObjectManager", "org.freedesktop.DBus"
ERROR = 3
CALLS = ((PATH, OBJECTS, "GetManagedObjects", ()), (f"{PATH}/instance/VI_5f1", PROPERTIES, "Get", (f"{NAME}.Instance", "State")),
         (PATH, f"{NAME}.Manager", "Describe", ()))


def _aligned(data: bytes, to: int) -> bytes:
    return data + b"\0" * (-len(data) % to)


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<I", len(raw)) + raw + b"\0"


def message(serial: int, destination: str, path: str, interface: str, member: str, arguments: tuple[str, ...] = ()) -> bytes:
    """A method call whose arguments are strings."""
    body = b""
    for argument in arguments:
        body = _aligned(body, 4) + _string(argument)
    fields = b""
    for code, kind, value in ((1, "o", path), (2, "s", interface), (3, "s", member), (6, "s", destination)):
        fields = _aligned(fields, 8) + struct.pack("<B", code) + b"\1" + kind.encode() + b"\0" + _string(value)
    if arguments:
        signature = b"s" * len(arguments)
        fields = _aligned(fields, 8) + struct.pack("<B", 8) + b"\1g\0" + struct.pack("<B", len(signature)) + signature + b"\0"
    head = struct.pack("<cBBBIII", b"l", 1, 0, 1, len(body), serial, len(fields)) + fields
    return _aligned(head, 8) + body


class Connection:
    """One client of the bus, known to it."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        answer = b""
        while not answer.endswith(b"\r\n"):
            answer += self.socket.recv(256)
        if not answer.startswith(b"OK "):
            raise SystemExit(f"the bus says {answer!r}")
        self.socket.sendall(b"BEGIN\r\n")
        self._serials = itertools.count(1)
        self._rest = b""
        self.call(BUS, "/org/freedesktop/DBus", BUS, "Hello")

    def call(self, destination: str, path: str, interface: str, member: str, arguments: tuple[str, ...] = ()) -> None:
        self.socket.sendall(message(next(self._serials), destination, path, interface, member, arguments))

    def kinds(self) -> list[int]:
        """Waits for something, and gives the type of each whole message: 2 an answer, 3 an error, 4 a signal."""
        data = self.socket.recv(1 << 16)
        if not data:
            raise SystemExit("the bus is gone")
        self._rest += data
        found = []
        while len(self._rest) >= 16:
            body, _, fields = struct.unpack("<III", self._rest[4:16])
            size = 16 + fields + -fields % 8 + body
            if len(self._rest) < size:
                break
            found.append(self._rest[1])
            self._rest = self._rest[size:]
        return found


def loop(path: str, count: int, stopping: list[int]) -> tuple[int, int]:
    """`count` callers until they are told to stop; how many calls were answered, and refused."""
    poller, callers, calls = select.epoll(), {}, itertools.cycle(CALLS)
    for _ in range(count):
        made = Connection(path)
        callers[made.socket.fileno()] = made
        poller.register(made.socket, select.EPOLLIN)
        made.call(NAME, *next(calls))
    print("ready", flush=True)
    answered = refused = 0
    while not stopping:
        for number, _ in poller.poll(0.1):
            for kind in callers[number].kinds():
                if kind not in (2, ERROR):
                    continue
                answered, refused = answered + (kind == 2), refused + (kind == ERROR)
                callers[number].call(NAME, *next(calls))
    return answered - count, refused  # each has been told its own name, too


def deaf(path: str, stopping: list[int]) -> tuple[int, int]:
    """Subscribes, and calls for as long as the bus takes it."""
    caller = Connection(path)
    caller.call(BUS, "/org/freedesktop/DBus", BUS, "AddMatch", ("type='signal'",))
    print("ready", flush=True)
    caller.socket.setblocking(False)
    poller, rest, serial = select.poll(), b"", 1000
    poller.register(caller.socket, select.POLLOUT)
    while not stopping:
        if not poller.poll(100):
            continue
        if not rest:
            rest, serial = message(serial, NAME, *CALLS[serial % len(CALLS)]), serial + 1
        try:
            rest = rest[caller.socket.send(rest):]
        except BlockingIOError:
            continue
    return serial - 1000, 0


def main() -> None:
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
    path, count = sys.argv[1], int(sys.argv[2])
    answered, refused = loop(path, count, stopping) if count else deaf(path, stopping)
    print(f"answered {answered} refused {refused}", flush=True)


if __name__ == "__main__":
    main()
