# SPDX-License-Identifier: Apache-2.0
"""A pair whose balancers each depend on a container of a real dockerd: killed, paused, unhealthy; and dockerd itself hung
and killed, which is no fault of the container."""

from __future__ import annotations

import pathlib
import time
from dataclasses import replace
from typing import Callable, Iterator

import pytest

from net.lab import repeats
from net.lab.certificates import Authority
from net.lab.cluster import BALANCERS, reference_node
from net.lab.docker import Dockerd, Health, Spec
from net.lab.duo import Duo
from net.lab.health import docker_check
from net.lab.lab import Lab
from net.lab.spec import Check, Node
from net.lab.table import Table, milliseconds

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
WORKER = "192.168.1.100"
AT_ONCE = 0.100  # seconds from the act to DOWN
ROOM = 3  # for a machine that does other things, too


class Docked:
    """Two balancers; container app-lb1 is lb1's to watch, app-lb2 is lb2's."""

    def __init__(self, lab: Lab) -> None:
        self.flag = lab.directory / "state"
        self.flag.mkdir()
        self.ok = self.flag / "ok"
        self.ok.touch()
        self.check = "app"
        self.authority = Authority(lab.directory / "certificates")
        own = self.authority.sign("worker", f"IP:{WORKER}")
        self.dockerd = Dockerd(lab, "worker", listen=(
            "-H", f"tcp://{WORKER}:2376", "--tlsverify", f"--tlscacert={self.authority.certificate}",
            f"--tlscert={own.certificate}", f"--tlskey={own.key}"))
        self.duo = Duo(lab, nodes={host: self._node(host) for host in BALANCERS})
        lab.host("worker")
        lab.connect("worker", "eth0", "b", f"{WORKER}/24")
        self.dockerd.start()
        self.dockerd.make_image()
        spec = Spec(binds=(f"{self.flag}:/state:ro",), labels={"role": "app"},
                    health=Health(("/bin/test", "-e", "/state/ok")))
        for host in BALANCERS:
            self.dockerd.run(f"app-{host}", spec if host == "lb1" else Spec(labels={"role": "app"}))
        self.duo.begin()
        self.log = self.duo.agents["lb1"].running()
        self._fresh = 0

    def _node(self, host: str) -> Node:
        return self._with(host, docker_check(self.dockerd.socket, f"app-{host}", interval=1.0, timeout=0.5, name=self.check))

    @staticmethod
    def _with(host: str, check: Check) -> Node:
        node = reference_node(host, pair=True, interval=0.1, version=3).all(extra=('recover_delay = "100ms"',))
        return replace(node, checks=(check,))

    def refresh(self, *, regent: tuple[str, ...] = ()) -> None:
        """A new check in place of the old, or other lines of it: of one, no more than ten changes a minute are logged."""
        self._fresh += 1
        self.check = f"app{self._fresh}"
        mark = self.log.mark()
        node = self._with("lb1", Check(self.check, regent)) if regent else self._node("lb1")
        self.duo.agents["lb1"].reload(node)
        self.log.wait_for(f"check {self.check} is UP", 5.0, mark)

    def settled(self) -> None:
        """lb1 has both addresses again."""
        self.duo.settle()

    def down(self, act: Callable[[], float], words: str) -> tuple[float, float]:
        """Seconds from the act until lb1 says why its check is DOWN, and until lb2 has all addresses."""
        mark = self.log.mark()
        before = act()
        line = self.log.wait_for(rf"check {self.check} is DOWN.*{words}", 10.0, mark)
        return line.time - before, self.duo.watcher.wait_holders(self.duo.vips, {"lb2"}, 10.0) - before


@pytest.fixture(scope="module")
def docked(shared_lab: Lab) -> Iterator[Docked]:
    yield Docked(shared_lab)


@pytest.fixture
def scene(docked: Docked) -> Docked:
    docked.settled()
    docked.refresh()
    return docked


def _report(say: Say, table: Table, event: str, seen: list[tuple[float, float]]) -> None:
    told, moved = [a for a, _ in seen], [b for _, b in seen]
    say(f"{event}: DOWN after {milliseconds(told)}, addresses on lb2 after {milliseconds(moved)}")
    table.add(f"{event}: DOWN", milliseconds(told), f"<= {AT_ONCE * 1000:.0f} ms")
    assert max(told) <= ROOM * AT_ONCE


def test_killed(scene: Docked, say: Say, table: Table) -> None:
    """kill -9 of the main process: the pidfd tells it, before dockerd does."""
    seen = []
    for _ in range(repeats(2, 20)):
        pid = scene.dockerd.pid("app-lb1")
        seen.append(scene.down(lambda: scene.dockerd.kill_container("app-lb1", pid), "app-lb1 has ended"))
        scene.dockerd.wait_status("app-lb1", "exited")
        scene.dockerd.start_container("app-lb1")
        scene.settled()
    _report(say, table, "container killed", seen)


def test_paused(scene: Docked, say: Say, table: Table) -> None:
    """dockerd takes 10 ms to pause it, and tells of it then."""
    seen = []
    for _ in range(repeats(1, 20)):
        seen.append(scene.down(lambda: scene.dockerd.pause("app-lb1"), "app-lb1 is paused"))
        scene.dockerd.unpause("app-lb1")
        scene.settled()
    _report(say, table, "container paused", seen)


def test_unhealthy(scene: Docked, say: Say, table: Table) -> None:
    """On the event: what the health check itself takes is Docker's."""
    before = time.monotonic()
    scene.down(lambda: _unlink(scene.ok), "app-lb1 is unhealthy")
    told = scene.log.find(f"check {scene.check} is DOWN.*unhealthy")[-1].time
    event = scene.dockerd.event_time("app-lb1", "health_status: unhealthy", before)
    scene.ok.touch()
    say(f"container unhealthy: DOWN {(told - event) * 1000:.1f} ms after dockerd's event")
    table.add("container unhealthy: DOWN after the event", milliseconds([told - event]), f"<= {AT_ONCE * 1000:.0f} ms")
    assert told - event <= ROOM * AT_ONCE


def _unlink(file: pathlib.Path) -> float:
    before = time.monotonic()
    file.unlink()
    return before


def test_elsewhere(scene: Docked, say: Say, table: Table) -> None:
    """A dockerd of another machine, over TCP and TLS with a certificate of ours; by label. There is no pidfd there, and a
    pid that is said to be the container's is none of this machine."""
    own = scene.authority.sign("client")
    scene.refresh(regent=('type = "docker"', f'host = "{WORKER}"', 'label = "role=app"', "min_running = 2", 'mode = "event"',
                          f'ca_file = "{scene.authority.certificate}"', f'client_certificate = "{own.certificate}"',
                          f'client_key = "{own.key}"'))
    pid = scene.dockerd.pid("app-lb1")
    seen = [scene.down(lambda: scene.dockerd.kill_container("app-lb1", pid), "1 of 2 containers with label role=app up, want 2")]
    _report(say, table, "container elsewhere killed", seen)
    scene.dockerd.wait_status("app-lb1", "exited")
    scene.dockerd.start_container("app-lb1")


def test_dockerd_hangs(scene: Docked, say: Say) -> None:
    """UNKNOWN by the deadline, which is held; the end of the container is seen all the same."""
    marks, pid = scene.duo.marks(), scene.dockerd.pid("app-lb1")
    since = scene.dockerd.hang()
    line = scene.log.wait_for(f"check {scene.check} is UNKNOWN.*dockerd hangs", 5.0, marks["lb1"])
    assert scene.duo.moves(marks) == []
    told, _ = scene.down(lambda: scene.dockerd.kill_container("app-lb1", pid), "process .* is gone")
    scene.dockerd.wake()
    say(f"dockerd hung: UNKNOWN after {(line.time - since) * 1000:.0f} ms, no move; container killed then: DOWN after {told * 1000:.1f} ms")
    assert told <= ROOM * AT_ONCE
    scene.dockerd.wait_status("app-lb1", "exited")
    scene.dockerd.start_container("app-lb1")


def test_dockerd_killed(scene: Docked, say: Say) -> None:
    """UNKNOWN at once, and held: nothing moves, also not when dockerd is back."""
    marks = scene.duo.marks()
    since = scene.dockerd.kill()
    line = scene.log.wait_for(f"check {scene.check} is UNKNOWN.*dockerd", 5.0, marks["lb1"])
    scene.duo.watcher.wait_quiet(0.8)
    back = scene.dockerd.start()
    again = scene.log.wait_for(f"check {scene.check} is UP", 10.0, marks["lb1"])
    say(f"dockerd killed: UNKNOWN after {(line.time - since) * 1000:.1f} ms; started again: UP after "
        f"{(again.time - back) * 1000:.0f} ms; no move")
    assert scene.duo.moves(marks) == []
