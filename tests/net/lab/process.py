# SPDX-License-Identifier: Apache-2.0
"""A program that runs beside the test: started in a namespace, its output kept with time stamps, ended by pid."""

from __future__ import annotations

import os
import pathlib
import re
import select
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

from .netns import LabError, Namespace


@dataclass(frozen=True)
class Line:
    """One line of output and when it was read (time.monotonic())."""

    time: float
    text: str


class Process:
    """A running program. Its standard output and error become lines, also in a file for the case of failure.

    Start it from the main thread only: it dies with the thread that started it (PR_SET_PDEATHSIG), so that a killed
    test run leaves nothing behind. With `commands` it reads what tell() says; else its standard input is empty.
    """

    def __init__(self, name: str, argv: list[str], log: pathlib.Path, *, space: Namespace | None = None,
                 environment: dict[str, str] | None = None, commands: bool = False) -> None:
        self.name = name
        self.log = log
        self.lines: list[Line] = []
        self._news = threading.Condition()
        self._closed = False
        guarded = ["setpriv", "--pdeathsig", "KILL", "--", *argv]
        command = space.command(guarded) if space else guarded
        self.started = time.monotonic()
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE if commands else subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True,
                                       env={**os.environ, **(environment or {})})
        self._reader = threading.Thread(target=self._read, name=f"log of {name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """nsenter and setpriv exec in place, so this is the program's own pid."""
        return self._child.pid

    def _read(self) -> None:
        assert self._child.stdout is not None
        number = self._child.stdout.fileno()
        rest = b""
        with open(self.log, "ab") as file:
            while data := os.read(number, 1 << 16):
                now = time.monotonic()
                *whole, rest = (rest + data).split(b"\n")
                file.writelines(f"{now:.6f} ".encode() + raw + b"\n" for raw in whole)
                file.flush()
                self._take(now, whole)
        if rest:
            self._take(time.monotonic(), [rest])
        with self._news:
            self._closed = True
            self._news.notify_all()

    def _take(self, now: float, raw: list[bytes]) -> None:
        with self._news:
            self.lines.extend(Line(now, text.decode("utf-8", "replace")) for text in raw)
            self._news.notify_all()

    def mark(self) -> int:
        """The number of lines so far, to be given to find() and wait_for() as `since`."""
        with self._news:
            return len(self.lines)

    def find(self, pattern: str, since: int = 0) -> list[Line]:
        """The lines so far that match."""
        with self._news:
            return [line for line in self.lines[since:] if re.search(pattern, line.text)]

    def wait_for(self, pattern: str, timeout: float = 10.0, since: int = 0) -> Line:
        """The first line that matches; LabError when none comes in time or the program ends before."""
        deadline = time.monotonic() + timeout
        at = since
        with self._news:
            while True:
                for line in self.lines[at:]:
                    if re.search(pattern, line.text):
                        return line
                at = len(self.lines)
                if self._closed:
                    raise LabError(f"{self.name} ended without /{pattern}/\n{self.tail()}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise LabError(f"{self.name} did not log /{pattern}/ within {timeout} s\n{self.tail()}")
                self._news.wait(left)

    def tail(self, count: int = 40) -> str:
        """The last lines, for a failure report."""
        return "\n".join(f"  {line.time:.3f} {line.text}" for line in self.lines[-count:])

    def tell(self, text: str) -> float:
        """A line for its standard input; returns the time just before."""
        assert self._child.stdin is not None
        before = time.monotonic()
        self._child.stdin.write(text.encode() + b"\n")
        self._child.stdin.flush()
        return before

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def signal(self, number: int) -> float:
        """Sends a signal; returns the time just before."""
        before = time.monotonic()
        self._child.send_signal(number)
        return before

    def wait(self, timeout: float = 10.0) -> int:
        """Waits for its end and returns the exit code (negative: the signal)."""
        self._ended(timeout)
        self._reader.join(5.0)
        return self._child.wait(1.0)

    def _ended(self, timeout: float) -> None:
        """Wakes with the end itself, where subprocess would look again every now and then."""
        if not self.alive():
            return
        number = os.pidfd_open(self.pid)
        try:
            ended = select.select([number], [], [], timeout)[0]
        finally:
            os.close(number)
        if not ended:
            raise LabError(f"{self.name} did not end within {timeout} s\n{self.tail()}")
        self._child.wait(1.0)

    def stop(self, timeout: float = 10.0) -> float:
        """SIGTERM and wait; returns the time just before the signal. SIGKILL when it does not end."""
        before = time.monotonic()
        if self.alive():
            self.signal(signal.SIGTERM)
            try:
                self.wait(timeout)
            except LabError:
                self.kill()
                raise
        return before

    def kill(self) -> float:
        """SIGKILL, at once; returns the time just before. May be called on one that has ended."""
        before = time.monotonic()
        if self.alive():
            self._child.kill()
            self._ended(10.0)
        self._reader.join(5.0)
        return before
