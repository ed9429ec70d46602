# SPDX-License-Identifier: Apache-2.0
"""Packet capture at the switch: every VRRP message and address announcement, with the host that sent it.

Frames are taken where they come in from a host's port, so each is seen once and its sender is certain. The times are
the kernel's.
"""

from __future__ import annotations

import select
import threading
import time
from typing import Callable

from .decode import Advert, Announcement, decode_frame
from .lab import Lab
from .netns import LabError
from .wire import ADVERTS, ADVERTS_AND_ANNOUNCEMENTS, Wire

PACKET_OUTGOING = 4


class Capture:
    """Runs from its making to stop(). `adverts` and `announcements` grow; both are in order of time.

    Without `announced`, only adverts: reading thousands of announcements takes as long as what is to be measured.
    """

    def __init__(self, lab: Lab, *, announced: bool = True) -> None:
        self.adverts: list[Advert] = []
        self.announcements: list[Announcement] = []
        self._news = threading.Condition()
        self._hosts = lab.port_owners
        self._wire = Wire(lab, ADVERTS_AND_ANNOUNCEMENTS if announced else ADVERTS)
        self._running = True
        self._thread = threading.Thread(target=self._loop, name="capture", daemon=True)
        self._thread.start()
        lab.on_close(self.stop)

    def _loop(self) -> None:
        poller = select.poll()
        poller.register(self._wire.socket, select.POLLIN)
        while self._running:
            if poller.poll(50):
                self._drain()

    def _drain(self) -> None:
        while True:
            try:
                frame, ancillary, _, address = self._wire.socket.recvmsg(65536, 128)
            except BlockingIOError:
                return
            except OSError:  # a port went down: the socket reports it once
                continue
            port = address[0]
            host = self._hosts.get(port)
            if host is None or address[2] == PACKET_OUTGOING:
                continue
            seen = decode_frame(frame, time=self._wire.when(ancillary), host=host, port=port)
            if seen is None:
                continue
            with self._news:
                (self.adverts if isinstance(seen, Advert) else self.announcements).append(seen)  # type: ignore[arg-type]
                self._news.notify_all()

    def dropped(self) -> int:
        """Frames that the kernel could not queue since the last call."""
        return self._wire.dropped()

    def between(self, start: float, end: float, **wanted: object) -> list[Advert]:
        """Adverts of a span of time whose fields have the values given."""
        with self._news:
            return [a for a in self.adverts if start <= a.time <= end and _matches(a, wanted)]

    def announced(self, start: float, end: float, **wanted: object) -> list[Announcement]:
        """Announcements of a span of time whose fields have the values given."""
        with self._news:
            return [a for a in self.announcements if start <= a.time <= end and _matches(a, wanted)]

    def wait_advert(self, since: float, timeout: float, accept: Callable[[Advert], bool] = lambda _: True,
                    **wanted: object) -> Advert:
        """The first advert after `since` that fits; LabError when none comes within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        at = 0
        with self._news:
            while True:
                for advert in self.adverts[at:]:
                    if advert.time >= since and _matches(advert, wanted) and accept(advert):
                        return advert
                at = len(self.adverts)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise LabError(f"no advert with {wanted} within {timeout} s; the last: {self.adverts[-3:]}")
                self._news.wait(left)

    def pass_time(self, until: float) -> float:
        """Lets the wire go on until a time has come; returns the time then. Waits for an advert that cannot come."""
        try:
            self.wait_advert(float("inf"), max(0.0, until - time.monotonic()))
        except LabError:
            pass
        return time.monotonic()

    def wait_announced(self, quiet: float, timeout: float = 30.0) -> None:
        """Waits until no gratuitous ARP has been seen for `quiet` seconds, counted from now at the earliest."""
        begun = time.monotonic()
        while (now := time.monotonic()) < begun + timeout:
            last = max([begun, *(a.time for a in self.announcements[-1:])])
            if now - last >= quiet:
                return
            self.pass_time(last + quiet)
        raise LabError("announcements do not end")

    def stop(self) -> None:
        """Ends the capture. What was seen stays."""
        if self._running:
            self._running = False
            self._thread.join(5.0)
            self._wire.socket.close()


def _matches(item: object, wanted: dict[str, object]) -> bool:
    return all(getattr(item, key) == value for key, value in wanted.items())
