# SPDX-License-Identifier: Apache-2.0
"""What the demo shows while it works, and how it writes a time."""

from __future__ import annotations

import queue
import sys
import threading
import time

from net.lab.scenario import VIPS
from net.lab.watch import Change


class Screen:
    """Prints moves as they happen and, on a terminal, a line that shows that work goes on."""

    def __init__(self) -> None:
        self._tty = sys.stdout.isatty()
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._step = ("", time.monotonic())
        self._names = dict(zip(VIPS, ("VIP1", "VIP2")))
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._loop, name="screen", daemon=True)
        self._thread.start()

    def change(self, change: Change) -> None:
        """Called by the watcher, which must not wait for a terminal."""
        if change.address in self._names and not change.again:
            verb = "has" if change.added else "gives up"
            self._queue.put(self._stamp(change.time, f"{change.host} {verb} {self._names[change.address]} "
                                                     f"({change.address})"))

    def say(self, text: str) -> None:
        """A line of its own."""
        self._queue.put(text)

    def step(self, text: str) -> None:
        """What is being done from now on."""
        self._step = (text, time.monotonic())
        self._queue.put(self._stamp(time.monotonic(), f"-- {text}"))

    def close(self) -> None:
        """Prints what is left."""
        self._queue.put(None)
        self._thread.join(5.0)

    def _stamp(self, when: float, text: str) -> str:
        wall = time.time() - (time.monotonic() - when)
        clock = time.strftime("%H:%M:%S", time.localtime(wall)) + f".{int(wall % 1 * 1000):03d}"
        return f"{clock}  {text}"

    def _loop(self) -> None:
        while True:
            try:
                text = self._queue.get(timeout=0.2)
            except queue.Empty:
                if self._tty:
                    name, since = self._step
                    now = time.monotonic()
                    print(f"\r\033[K   {name}: {now - since:.1f} s   (demo: {now - self._begun:.0f} s)", end="",
                          flush=True)
                continue
            if self._tty:
                print("\r\033[K", end="")
            if text is None:
                return
            print(text, flush=True)


def milliseconds(seconds: float | None) -> str:
    """A time in a table; a dash for none."""
    return "-" if seconds is None else f"{seconds * 1000:.0f} ms" if seconds >= 0.0995 else f"{seconds * 1000:.1f} ms"
