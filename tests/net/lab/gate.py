# SPDX-License-Identifier: Apache-2.0
"""Several programs that wait at one gate and go in the same instant: a lock that all share once it is let go."""

from __future__ import annotations

import fcntl
import os
import pathlib
import select
import time

from .netns import LabError


class Gate:
    """Closed from its making; open() lets all waiting programs go and closes again for the next ones.

    A program waits when it is started by `launcher`, which then becomes the program itself.
    """

    def __init__(self, file: pathlib.Path) -> None:
        self._file = open(file, "w", encoding="ascii")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self.launcher = ("flock", "--shared", "--no-fork", str(file))
        self._inode = f":{os.fstat(self._file.fileno()).st_ino} "

    def _waiting(self) -> int:
        with open("/proc/locks", encoding="ascii") as locks:
            return sum("->" in line and self._inode in line for line in locks)

    def wait(self, count: int, timeout: float = 5.0) -> None:
        """Waits until so many programs stand at the gate."""
        deadline = time.monotonic() + timeout
        while self._waiting() < count:
            if time.monotonic() > deadline:
                raise LabError(f"{self._waiting()} of {count} programs at the gate within {timeout} s")
            select.select([], [], [], 0.002)

    def open(self) -> float:
        """Lets them go; returns the time just before."""
        before = time.monotonic()
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return before

    def close(self) -> None:
        """Shuts it once more. Those that went before must have ended: they hold the lock as long as they run."""
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
