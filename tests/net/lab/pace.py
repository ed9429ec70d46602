# SPDX-License-Identifier: Apache-2.0
"""How evenly the adverts of one host leave, for thousands a second: the kernel's times at its switch port, little else.

lab/capture.py looks at everything in each message; here a message costs a few microseconds, so that the referee
neither falls behind a flood nor takes the processor from what it judges.
"""

from __future__ import annotations

import os
import select
import threading
import time
from dataclasses import dataclass

from .lab import Lab
from .netns import LabError
from .wire import IPV4_ADVERTS_IN, Wire


@dataclass(frozen=True)
class Gap:
    """The longest time between two adverts of one virtual router."""

    seconds: float
    vrid: int
    at: float  # when the later one came


class Pace:
    """Runs from its making to stop(). Version 4 of IP only."""

    def __init__(self, lab: Lab, host: str, lan: str = "a") -> None:
        self._seen: list[tuple[float, int, int]] = []  # time, VRID, priority
        self._news = threading.Condition()
        port = lab.switch.interface_index(f"{host}-{lan}")
        self._wire = Wire(lab, IPV4_ADVERTS_IN, index=port, receive_buffer=64 << 20)
        self._running = True
        self._thread = threading.Thread(target=self._loop, name="pace", daemon=True)
        self._thread.start()
        lab.on_close(self.stop)

    def _loop(self) -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
        except OSError:
            pass
        poller = select.poll()
        poller.register(self._wire.socket, select.POLLIN)
        while self._running:
            if poller.poll(50):
                self._drain()

    def _drain(self) -> None:
        found: list[tuple[float, int, int]] = []
        while True:
            try:
                frame, ancillary, _, _ = self._wire.socket.recvmsg(64, 64)
            except BlockingIOError:
                break
            except OSError:  # the port went down: the socket reports it once
                continue
            start = 14 + (frame[14] & 15) * 4
            found.append((self._wire.when(ancillary), frame[start + 1], frame[start + 2]))
        with self._news:
            self._seen.extend(found)
            self._news.notify_all()

    def wait(self, seconds: float) -> float:
        """Lets the wire go on until adverts later than that from now have come; returns the time of the last one.

        LabError when the host falls silent for five seconds.
        """
        end = time.monotonic() + seconds
        deadline = end + 5.0
        with self._news:
            while not self._seen or self._seen[-1][0] < end:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise LabError(f"no adverts any more; the last: {self._seen[-3:]}")
                self._news.wait(left)
            return self._seen[-1][0]

    def count(self, start: float, end: float, priority: int | None = None) -> int:
        """How many adverts of a span of time, of one priority or of all."""
        with self._news:
            return sum(start <= when <= end and priority in (None, prio) for when, _, prio in self._seen)

    def vrids(self, start: float, end: float) -> set[int]:
        """The virtual routers that were heard in a span of time."""
        with self._news:
            return {vrid for when, vrid, _ in self._seen if start <= when <= end}

    def gaps(self, start: float, end: float) -> list[Gap]:
        """Every spacing of every virtual router in a span of time, its beginning and its end counted as adverts."""
        last: dict[int, float] = {}
        found: list[Gap] = []
        with self._news:
            seen = [row for row in self._seen if start <= row[0] <= end]
        for when, vrid, _ in seen:
            found.append(Gap(when - last.get(vrid, start), vrid, when))
            last[vrid] = when
        return found + [Gap(end - when, vrid, end) for vrid, when in last.items()]

    def worst(self, start: float, end: float) -> Gap:
        """The longest spacing of a span of time; LabError when nothing was sent, or frames were lost to the referee."""
        found = self.gaps(start, end)
        if not found or self.dropped():
            raise LabError("no adverts, or frames that the referee could not take")
        return max(found, key=lambda gap: gap.seconds)

    def dropped(self) -> int:
        """Frames that the kernel could not queue since the last call."""
        return self._wire.dropped()

    def stop(self) -> None:
        """Ends the recording. What was seen stays."""
        if self._running:
            self._running = False
            self._thread.join(5.0)
            self._wire.socket.close()
