# SPDX-License-Identifier: Apache-2.0
"""What /proc says of processes that the lab did not start itself: children, names, processor time."""

from __future__ import annotations

import contextlib
import os
import pathlib
import select
import time
from typing import Callable, TypeVar

from .netns import LabError

T = TypeVar("T")
_TICKS = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The living children of all threads of a process; none when it is gone."""
    found: list[int] = []
    for thread in threads(pid):
        with contextlib.suppress(OSError):
            file = pathlib.Path(f"/proc/{pid}/task/{thread}/children")
            found += [int(word) for word in file.read_text(encoding="ascii").split()]
    return found


def threads(pid: int) -> list[int]:
    """Their ids; none when the process is gone."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def hurry(pid: int) -> None:
    """What a process does next waits for no other program that wants its processor, where that is permitted."""
    for thread in threads(pid):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(60))


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    return [pid, *(below for child in children(pid) for below in tree(child))]


def arguments(pid: int) -> list[str]:
    """The command line; empty when it is gone."""
    try:
        raw = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return raw.decode("utf-8", "replace").rstrip("\0").split("\0")


def processor_time(pid: int) -> float:
    """Seconds that a process, its living descendants and the dead ones that were waited for have used so far."""
    total = 0
    for member in tree(pid):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{member}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            total += sum(int(word) for word in fields[11:15])  # proc(5): utime, stime, cutime, cstime
    return total / _TICKS


def memory_peak(pid: int) -> int:
    """The most bytes of memory that a process has ever used at a time."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM:")) * 1024


def eventually(look: Callable[[], T | None], timeout: float, otherwise: str) -> T:
    """Looks every few milliseconds until there is something to see; for what tells nobody when it changes."""
    deadline = time.monotonic() + timeout
    while True:
        value = look()
        if value is not None:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"{otherwise} within {timeout} s")
        select.select([], [], [], 0.005)
