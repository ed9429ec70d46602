# SPDX-License-Identifier: Apache-2.0
"""Whether the machine itself stood still: a virtual processor that its host did not run, for example.

What happens to a pair meanwhile is right and not what a test is about: nothing is sent, so the peer takes over.
"""

from __future__ import annotations

import os
import pathlib
import sys
from dataclasses import dataclass

from .process import Process

WORTH_TELLING = 0.050  # seconds: half an interval of the fastest adverts that failover is tested with
MAIN = pathlib.Path(__file__).with_name("hiccups_main.py")


@dataclass(frozen=True)
class Hiccup:
    """One processor ran nobody for `seconds`, until `end` (time.monotonic())."""

    cpu: int
    seconds: float
    end: float


class Hiccups:
    """Watches every processor from now on, until stop(). Sees nothing where realtime priority is not permitted."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.watchers = {cpu: Process(f"hiccups-{cpu}", [sys.executable, str(MAIN), str(cpu), str(WORTH_TELLING)],
                                       directory / f"hiccups-{cpu}.log") for cpu in os.sched_getaffinity(0)}
        for watcher in self.watchers.values():
            watcher.wait_for("watching|not permitted", 10.0)

    def worst(self, since: float, until: float = float("inf")) -> Hiccup | None:
        """The longest that ended since then, and had begun by `until`."""
        found = [Hiccup(cpu, *map(float, line.text.split())) for cpu, watcher in self.watchers.items()
                 for line in watcher.find(r"^[\d.]+ [\d.]+$")]
        return max((h for h in found if h.end >= since and h.end - h.seconds <= until), key=lambda h: h.seconds, default=None)

    def stop(self) -> None:
        """Ends the watchers."""
        for watcher in self.watchers.values():
            watcher.kill()
