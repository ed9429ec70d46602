# SPDX-License-Identifier: Apache-2.0
"""The probe, a program of its own: asks every few milliseconds, never waiting for earlier answers.

One line for each finished request on standard output:
    number start end result retransmissions
with CLOCK_MONOTONIC seconds; result is ok, timeout or an errno name. "late SECONDS" at the end is the worst delay of
its own cadence. Requests are HTTP (a new connection each) or UDP datagrams that come back.
"""

from __future__ import annotations

import argparse
import errno
import os
import select
import signal
import socket
import struct
import sys
import time
from collections import OrderedDict

IP_BIND_ADDRESS_NO_PORT = 24
TCP_TOTAL_RETRANS = slice(100, 104)  # struct tcp_info, tcpi_total_retrans


class Output:
    """Collects lines and writes them ten times a second, so that the reader costs the probe nothing."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._next = 0.0

    def add(self, number: int, start: float, end: float, result: str, retransmissions: int) -> None:
        self._lines.append(f"{number} {start:.6f} {end:.6f} {result} {retransmissions}\n")

    def flush(self, now: float, force: bool = False) -> None:
        if self._lines and (force or now >= self._next):
            sys.stdout.write("".join(self._lines))
            sys.stdout.flush()
            self._lines.clear()
            self._next = now + 0.1


class TcpProbe:
    """HTTP requests, each on a connection of its own."""

    def __init__(self, target: tuple[str, int], sources: list[str], timeout: float, output: Output,
                 poller: "select.epoll", path: str = "/probe", body: str = "") -> None:
        self._target, self._sources, self._timeout = target, sources, timeout
        self._request, self._body = f"GET {path} HTTP/1.0\r\nHost: vip\r\n\r\n".encode(), body.encode()
        self._output, self._poller = output, poller
        self._open: OrderedDict[int, list] = OrderedDict()  # fd -> [number, socket, start, bytes, retransmissions]

    def launch(self, number: int) -> None:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._sources:
            made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            made.bind((self._sources[number % len(self._sources)], 0))
        start = time.monotonic()
        code = made.connect_ex(self._target)
        if code not in (0, errno.EINPROGRESS):
            self._output.add(number, start, time.monotonic(), errno.errorcode.get(code, str(code)), 0)
            made.close()
            return
        self._open[made.fileno()] = [number, made, start, b"", -1]
        self._poller.register(made.fileno(), select.EPOLLOUT)

    def ready(self, fd: int, events: int) -> None:
        entry = self._open.get(fd)
        if entry is None:
            return
        number, made, _, _, retransmissions = entry
        try:
            if retransmissions < 0:
                code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    self._finish(fd, errno.errorcode.get(code, str(code)))
                    return
                info = made.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
                entry[4] = struct.unpack("=I", info[TCP_TOTAL_RETRANS])[0]
                made.send(self._request)
                self._poller.modify(fd, select.EPOLLIN)
                return
            data = made.recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._finish(fd, errno.errorcode.get(error.errno or 0, str(error)))
            return
        if data:
            entry[3] += data
        else:
            good = entry[3].startswith(b"HTTP/1.") and b" 200 " in entry[3][:15] and self._body in entry[3]
            self._finish(fd, "ok" if good else "badreply")

    def expire(self, now: float) -> float:
        """Gives up on the overdue; returns when the next one is."""
        while self._open:
            fd, entry = next(iter(self._open.items()))
            if entry[2] + self._timeout > now:
                return entry[2] + self._timeout
            self._finish(fd, "timeout")
        return now + 1.0

    def _finish(self, fd: int, result: str) -> None:
        number, made, start, _, retransmissions = self._open.pop(fd)
        self._poller.unregister(fd)
        made.close()
        self._output.add(number, start, time.monotonic(), result, max(retransmissions, 0))

    def pending(self) -> bool:
        return bool(self._open)


class UdpProbe:
    """Datagrams that an echo server sends back."""

    def __init__(self, target: tuple[str, int], sources: list[str], timeout: float, output: Output,
                 poller: "select.epoll") -> None:
        self._target, self._timeout, self._output = target, timeout, output
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._socket.bind((sources[0] if sources else "", 0))
        poller.register(self._socket.fileno(), select.EPOLLIN)
        self._open: OrderedDict[int, float] = OrderedDict()

    def launch(self, number: int) -> None:
        start = time.monotonic()
        try:
            self._socket.sendto(struct.pack("!Q", number), self._target)
        except OSError as error:
            self._output.add(number, start, time.monotonic(), errno.errorcode.get(error.errno or 0, str(error)), 0)
            return
        self._open[number] = start

    def ready(self, fd: int, events: int) -> None:
        while True:
            try:
                data = self._socket.recv(64)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error for an earlier datagram; its own timeout accounts for it
                continue
            start = self._open.pop(struct.unpack("!Q", data[:8])[0], None)
            if start is not None:
                self._output.add(struct.unpack("!Q", data[:8])[0], start, time.monotonic(), "ok", 0)

    def expire(self, now: float) -> float:
        while self._open:
            number, start = next(iter(self._open.items()))
            if start + self._timeout > now:
                return start + self._timeout
            del self._open[number]
            self._output.add(number, start, now, "timeout", 0)
        return now + 1.0

    def pending(self) -> bool:
        return bool(self._open)


def loop(probe: TcpProbe | UdpProbe, poller: "select.epoll", every: float, output: Output) -> float:
    """Runs until SIGTERM, then until what is under way has finished. Returns the worst lateness in seconds."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
    number, worst = 0, 0.0
    due = time.monotonic()
    while not stopping or probe.pending():
        now = time.monotonic()
        if not stopping and now >= due:
            worst = max(worst, now - due)
            probe.launch(number)
            number += 1
            # A missed turn is not made up for: two requests at once would say nothing more.
            due = max(due + every, now)
        first = min(probe.expire(now), now + 0.1 if stopping else due)
        for fd, events in poller.poll(max(0.0, first - time.monotonic())):
            probe.ready(fd, events)
        output.flush(time.monotonic())
    output.flush(0.0, force=True)
    return worst


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=("tcp", "udp"), required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--sources", default="")
    parser.add_argument("--every", type=float, default=0.005)
    parser.add_argument("--timeout", type=float, default=2.0)
    parser.add_argument("--path", default="/probe")
    parser.add_argument("--body", default="")
    given = parser.parse_args()
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))
    except OSError:
        pass  # the lateness that is reported then tells
    host, port = given.target.rsplit(":", 1)
    output, poller = Output(), select.epoll()
    common = ((host, int(port)), [s for s in given.sources.split(",") if s], given.timeout, output, poller)
    probe = TcpProbe(*common, given.path, given.body) if given.mode == "tcp" else UdpProbe(*common)
    worst = loop(probe, poller, given.every, output)
    print(f"late {worst:.6f}", flush=True)


if __name__ == "__main__":
    main()
