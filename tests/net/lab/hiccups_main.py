# SPDX-License-Identifier: Apache-2.0
"""Tells when one processor ran nobody for a while: a line "LATE AT" (seconds, CLOCK_MONOTONIC) each time.

hiccups_main.py CPU THRESHOLD: nothing but the machine itself, or the kernel, can keep the highest realtime priority from
its processor; so what this was late, everything on that processor was.
"""

from __future__ import annotations

import os
import select
import sys
import time

PERIOD = 0.010  # seconds


def main(cpu: int, threshold: float) -> None:
    """Until killed. Ends at once where realtime priority is not permitted."""
    os.sched_setaffinity(0, {cpu})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(os.sched_get_priority_max(os.SCHED_FIFO)))
    except PermissionError:
        print("not permitted: what this is late says nothing of the machine", flush=True)
        return
    print("watching", flush=True)
    due = time.monotonic() + PERIOD
    while True:
        select.select([], [], [], max(0.0, due - time.monotonic()))
        now = time.monotonic()
        if now - due > threshold:
            print(f"{now - due:.6f} {now:.6f}", flush=True)
        due = now + PERIOD


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
