# SPDX-License-Identifier: Apache-2.0
"""A program that crashes again and again, and something that always starts it anew: EVERY SECONDS PROGRAM ARGUMENT...

Prints "killed PID" each time; after SECONDS the program is left alone, "stays PID" is printed, and its end is awaited.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time


def _run(argv: list[str], limit: float | None) -> bool:
    """Starts it and waits for its end; False when it was killed after `limit` seconds."""
    with subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *argv]) as child:
        number = os.pidfd_open(child.pid)
        if limit is None:
            print(f"stays {child.pid}", flush=True)
        ended = bool(select.select([number], [], [], limit)[0])
        os.close(number)
        if not ended:
            child.kill()
            print(f"killed {child.pid}", flush=True)
    return ended


def main() -> None:
    every, seconds, argv = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _run(argv, every)
    _run(argv, None)


if __name__ == "__main__":
    main()
