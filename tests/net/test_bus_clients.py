# SPDX-License-Identifier: Apache-2.0
"""What callers on the bus can do to VRRP: a hundred that ask without a pause, and one that asks and never reads."""

from __future__ import annotations

import pathlib
import shutil
import time
from typing import Callable

import pytest

from net.lab import repeats
from net.lab.bus import NAME, NOBODY, PATH, Bus
from net.lab.duo import Duo
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.process import Process
from net.lab.processes import memory_peak
from net.lab.table import Table

Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
PROGRAM = pathlib.Path(__file__).parent / "lab" / "bus_clients_main.py"
FAST, LATE, ROOM = 0.1, 0.020, 5
CALLERS, GROWTH = 100, 16 << 20  # bytes
ANSWER = 1.0  # seconds


class Scene:
    """A pair, lb1 MASTER, with a bus."""

    def __init__(self, lab: Lab) -> None:
        self.duo = Duo(lab, "regent", version=3, interval=FAST)
        self.bus = Bus(lab, "lb1")
        self.agent = self.duo.agents["lb1"]
        self.agent.environment = self.bus.environment  # type: ignore[union-attr]
        self.bus.start()
        self.duo.begin()
        self.bus.wait_name(5.0)
        self.bus.busctl("call", NAME, PATH, f"{NAME}.Manager", "Describe")
        self.memory = memory_peak(self.agent.running().pid)
        self.pace = Pace(lab, "lb1")

    def callers(self, count: int) -> Process:
        """Started, as nobody; 0: a deaf one."""
        program = shutil.copy(PROGRAM, self.bus.directory)  # where nobody finds it
        process = self.duo.lab.start(f"callers-{count}", [*NOBODY, "/usr/bin/python3", "-u", program, str(self.bus.socket), str(count)])
        process.wait_for("^ready", 20.0)
        return process

    def asked(self) -> float:
        """Somebody asks meanwhile; seconds until the answer."""
        start = time.monotonic()
        assert self.bus.get(f"{PATH}/instance/VI_5f1", "Instance", "State") == "master"
        return time.monotonic() - start

    def judge(self, what: str, start: float, say: Say, table: Table, answer: float, more: str = "") -> None:
        """No advert was late, nothing moved, the agent has not grown, and it answers as before."""
        late = self.pace.worst(start, time.monotonic()).seconds - FAST
        grown = memory_peak(self.agent.running().pid) - self.memory
        after = self.asked()
        say(f"{what}: worst advert {late * 1000:.1f} ms late, memory + {grown / 1024:.0f} KiB, another is answered in {answer * 1000:.0f} ms, "
            f"afterwards in {after * 1000:.0f} ms{more}")
        table.add(f"{what}, adverts 100 ms", f"{late * 1000:.1f} ms late, memory + {grown >> 10} KiB", "<= 20 ms late")
        assert late <= ROOM * LATE and self.duo.cost(start, time.monotonic())[2] == 0
        assert grown <= GROWTH
        assert after <= ROOM * ANSWER


def test_a_hundred_callers_in_a_loop(lab: Lab, say: Say, table: Table) -> None:
    """GetManagedObjects, Get and Describe, as fast as they are answered."""
    scene = Scene(lab)
    start = time.monotonic()
    callers = scene.callers(CALLERS)
    scene.pace.wait(repeats(2.0, 30.0))
    answer = scene.asked()
    callers.stop()
    words = callers.wait_for("^answered", 5.0).text.split()
    answered, refused = int(words[1]), int(words[3])
    scene.judge(f"{CALLERS} callers in a loop", start, say, table, answer, f"; {answered} calls answered, {refused} refused")
    assert answered > 10 * CALLERS and refused == 0
    assert answer <= ROOM * ANSWER


def test_one_that_never_reads(lab: Lab, say: Say, table: Table) -> None:
    """It subscribes to everything, calls until the bus takes no more of it, and has its answers wait for it."""
    scene = Scene(lab)
    start = time.monotonic()
    deaf = scene.callers(0)
    scene.pace.wait(repeats(2.0, 30.0))
    answer = scene.asked()
    bus = memory_peak(scene.bus.running().pid)
    scene.judge("one that never reads", start, say, table, answer, f"; the bus has {bus >> 20} MiB")
    assert deaf.alive()
    deaf.stop()
