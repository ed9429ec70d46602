# SPDX-License-Identifier: Apache-2.0
"""A log that takes nothing: a pipe that nobody reads or whose reader is gone, a journal that hangs, a service manager
that does not listen.

Adverts go on; what was dropped is said when the log takes something again.
"""

from __future__ import annotations

import fcntl
import os
import pathlib
import re
import select
import signal
import socket
import time
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.flood import frame, start_flood
from net.lab.forge import Forged
from net.lab.lab import Lab
from net.lab.netns import LabError
from net.lab.pace import Pace
from net.lab.spec import Node, Router
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
INTERVAL = 0.1
VIP = "10.0.2.151"
F_SETPIPE_SZ = 1031
DROPPED = r"(\d+) messages of the engine were dropped"


class Scene:
    """lb1 MASTER, lb2 BACKUP, and a third machine that gives them much to say; `script` runs before lb1's agent
    in a mount namespace of its own and ends by becoming "$@"."""

    def __init__(self, lab: Lab, script: str = "", log: str = "stderr", environment: dict[str, str] | None = None) -> None:
        add_balancers(lab)
        lab.host("intruder")
        lab.connect("intruder", "eth0", "a", "10.0.2.99/24")
        self.lab = lab
        self.watcher, self.pace = AddressWatcher(lab, BALANCERS), Pace(lab, "lb1")
        self.agent, self.peer = Regent(lab, "lb1"), Regent(lab, "lb2")
        if script:
            self.agent.launcher = ("unshare", "--mount", "sh", "-ec", script, "sh")
        self.agent.log, self.agent.environment = log, environment or {}
        self.agent.start(self._node(101))
        self.watcher.wait_holders((VIP,), {"lb1"}, 10.0)
        self.agent.wait_ready()
        self.peer.start(self._node(50))
        self.pace.wait(0.5)

    @staticmethod
    def _node(priority: int) -> Node:
        return Node((Router("VI_1", "enp0s3", 51, priority, (VIP,), 3, INTERVAL, garp_delay=0.0),))

    def storm(self) -> float:
        """Forged adverts whose senders change: each is something to publish. Returns when they began."""
        losing = Forged(3, 51, 2, (VIP,), interval=INTERVAL)
        frames = [frame(losing, f"10.0.2.{number}") for number in range(100, 250)]
        flood = start_flood(self.lab, "intruder", "eth0", frames, rate=10_000, seconds=2.0)
        flood.finish()
        return flood.begun

    def judge(self, name: str, start: float, say: Say) -> None:
        """No advert was late, nothing moved."""
        end = self.pace.wait(1.0)
        worst = self.pace.worst(start, end)
        say(f"{name}: worst spacing {worst.seconds * 1000:.1f} ms of {INTERVAL * 1000:.0f}")
        assert [c for c in self.watcher.events(start, end) if not c.again] == []
        assert worst.seconds <= 2 * INTERVAL


def _read_until(fd: int, pattern: str, timeout: float) -> str:
    """Reads until the text matches."""
    text, deadline = "", time.monotonic() + timeout
    while not re.search(pattern, text):
        if not select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise LabError(f"/{pattern}/ did not come; the end: {text[-500:]}")
        text += os.read(fd, 1 << 16).decode("utf-8", "replace")
    return text


def _stuck_pipe(lab: Lab, path: pathlib.Path) -> int:
    """A small pipe whose reading end is ours."""
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(fd, F_SETPIPE_SZ, 4096)
    lab.on_close(lambda: os.close(fd))
    return fd


def _fill(fd: int) -> None:
    for size in (512, 1):
        try:
            while True:
                os.write(fd, b"#" * size)
        except BlockingIOError:
            pass


def _journal(lab: Lab) -> tuple[socket.socket, str]:
    """A journal's socket and the script that puts it where the agent looks, for the agent alone."""
    directory = lab.directory / "journal"
    directory.mkdir()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    made.bind(str(directory / "socket"))
    lab.on_close(made.close)
    return made, (f'mount -t tmpfs tmpfs /run\nmkdir -p /run/systemd/journal\n'
                  f'mount --bind {directory} /run/systemd/journal\nexec "$@"')


def test_full_pipe(lab: Lab, say: Say) -> None:
    """Nobody reads standard error."""
    path = lab.directory / "log.pipe"
    fd = _stuck_pipe(lab, path)
    scene = Scene(lab, f'exec "$@" 2>{path}')
    _fill(fd)
    start = time.monotonic()
    scene.storm()
    scene.judge("full pipe", start, say)
    text = _read_until(fd, DROPPED, 5.0)
    found = re.search(DROPPED, text)
    assert found is not None and int(found[1]) > 0
    say(found[0])
    # The service thread works again: it takes commands.
    scene.agent.running().signal(signal.SIGUSR2)
    _read_until(fd, "VI_1", 5.0)


def test_reader_gone(lab: Lab, say: Say) -> None:
    """Whoever read standard error has died: what is said is lost, and nothing else."""
    path = lab.directory / "log.pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    scene = Scene(lab, f'exec "$@" 2>{path}')
    os.close(reader)
    start = time.monotonic()
    scene.agent.running().signal(signal.SIGUSR2)  # it has something to say
    scene.judge("reader gone", start, say)
    assert scene.agent.running().alive()


def test_stuck_journal(lab: Lab, say: Say) -> None:
    """journald hangs: its socket is full after a few lines, and sd_journal_send() waits."""
    journal, script = _journal(lab)
    scene = Scene(lab, script, "journal")
    entered = _read_until(journal.fileno(), "Entering MASTER[^#]*REGENT_REASON=", 5.0)
    assert "MESSAGE_ID=edf1dc0ed3124fa1b44e15f960275fd8\n" in entered and "REGENT_TO=master\n" in entered
    start = time.monotonic()
    scene.storm()
    scene.judge("stuck journal", start, say)
    text = _read_until(journal.fileno(), DROPPED, 5.0)
    found = re.search(DROPPED, text)
    assert found is not None and int(found[1]) > 0
    say(found[0])
    assert "SYSLOG_IDENTIFIER=regentd" in text


def test_stall_is_in_the_status(lab: Lab, say: Say) -> None:
    """rules.md 20: what hangs for longer than 5 s is told by who does not hang, and counted afterwards."""
    journal, script = _journal(lab)
    scene = Scene(lab, script, "journal")
    _read_until(journal.fileno(), "Entering MASTER", 5.0)
    told, start = scene.agent.notified(), time.monotonic()
    scene.storm()
    say(told.wait_for("STATUS=the service thread has stalled", 10.0))
    scene.judge("stall of the service thread", start, say)
    _read_until(journal.fileno(), "has stalled for more than 5 s", 10.0)
    say(told.wait_for("STATUS=stalls of the service thread: 1; VI_1 MASTER", 5.0))


def test_clean_stop_with_a_stuck_journal(lab: Lab, say: Say) -> None:
    """systemctl stop while journald hangs: the node still leaves its role, and the process ends."""
    journal, script = _journal(lab)
    scene = Scene(lab, script, "journal")
    _read_until(journal.fileno(), "Entering MASTER", 5.0)
    scene.storm()
    before = scene.agent.terminate()
    moved = scene.watcher.wait_holders((VIP,), {"lb2"}, 5.0)
    assert scene.pace.count(before, moved, 0) > 0
    say(f"stop with a stuck journal: {(moved - before) * 1000:.0f} ms")


def test_watchdog_after_a_deaf_moment(lab: Lab, say: Say) -> None:
    """A message of the watchdog that finds no room is sent again soon: the manager, once it listens, must not count the
    silence as ours."""
    add_balancers(lab)
    pace, agent = Pace(lab, "lb1"), Regent(lab, "lb1")
    agent.environment = {"WATCHDOG_USEC": "4000000"}
    agent.start(Node((Router("VI_1", "enp0s3", 51, 101, (VIP,), 3, INTERVAL),)))
    agent.wait_ready()
    told = agent.notified()
    told.wait_for("WATCHDOG=1", 3.0)
    told.deafen()
    told.fill()
    count = told.count()
    pace.wait(2.3)  # one message is due after 2 s
    told.listen()
    listened = time.monotonic()
    told.wait_for("WATCHDOG=1", 3.0, since=count)
    say(f"watchdog: heard {(time.monotonic() - listened) * 1000:.0f} ms after the manager listens again")
    assert time.monotonic() - listened < 1.0


def test_deaf_service_manager(lab: Lab, say: Say) -> None:
    """It reads no notification: neither the watchdog of the engine nor the state of the service thread waits for it."""
    scene = Scene(lab, environment={"WATCHDOG_USEC": "100000"})
    scene.agent.notified().wait_for("WATCHDOG=1", 3.0)
    scene.agent.notified().deafen()
    mark, start = scene.agent.running().mark(), time.monotonic()
    scene.storm()
    scene.agent.running().signal(signal.SIGHUP)
    scene.agent.running().wait_for("new configuration applied", 5.0, since=mark)
    scene.judge("deaf service manager", start, say)
    count = scene.agent.notified().count()
    scene.agent.notified().listen()
    scene.agent.notified().wait_for("READY=1", 5.0, since=count)
    scene.agent.notified().wait_for("WATCHDOG=1", 5.0, since=scene.agent.notified().count())
