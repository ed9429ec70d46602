# SPDX-License-Identifier: Apache-2.0
"""Real Java RMI servers, watched by the agent: killed, stopped, a name unbound, the wrong port, a stub that leads past
the VIP; and a pair that fails over because of it."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import Callable, Iterator

import pytest

from net.lab import repeats
from net.lab.agents import Regent, build_directory, make_agent
from net.lab.cluster import BALANCERS, VIP1, add_balancers, reference_node
from net.lab.duo import Duo
from net.lab.health import rmi_check
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.process import Line
from net.lab.processes import memory_peak, processor_time
from net.lab.rmi import RmiService, call, start_bad_servers
from net.lab.spec import Node, Router, strings
from net.lab.table import Table, milliseconds

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd", "java"), pytest.mark.calm]
ROOM = 5
KILLED = 0.050
WORKER, WORKER6, PORT, OBJECT_PORT = "192.168.1.100", "fd00:b::100", 21000, 21100
NAME = "trazaServ"
NAMES = f"names = {strings((NAME,))}"
KEPT, LIMIT = 0.5, 0.3  # seconds: interval and timeout of the check that keeps its connection
PATIENT = 1.0  # seconds: the timeout where it is told what is wrong; a JVM's first answer takes longer than the next ones
SANITIZED = "asan" in build_directory().name  # has memory and time of its own
COUNT, SHARE = 100, 0.10  # endpoints a second, and the cores that they may cost together with as many of others


def _worker(lab: Lab) -> None:
    add_balancers(lab)
    lab.host("worker")
    lab.connect("worker", "eth0", "b", f"{WORKER}/24", f"{WORKER6}/64")


def _started(service: RmiService) -> RmiService:
    service.start()
    return service


class Watched:
    """One agent and the servers that it watches: one whose names change, one that is killed, one that hangs. (Of a check
    no more than ten changes in ten seconds are logged.)"""

    def __init__(self, lab: Lab) -> None:
        _worker(lab)
        self.service = _started(RmiService(lab, "worker", WORKER, PORT, names=(NAME, "loginServ"), stub_host=VIP1,
                                           object_port=OBJECT_PORT))
        self.mortal = _started(RmiService(lab, "worker", WORKER, PORT + 1))
        self.sleeper = _started(RmiService(lab, "worker", WORKER, PORT + 2))
        self.agent = make_agent("regent", lab, "lb1")
        self.agent.start(Node((Router("VI_1", "enp0s3", 51, 101, (VIP1,)),), checks=(
            rmi_check("killed", WORKER, PORT + 1, NAMES, interval=KEPT, timeout=LIMIT),
            rmi_check("stopped", WORKER, PORT + 2, NAMES, interval=KEPT, timeout=LIMIT),
            rmi_check("fresh", WORKER, PORT + 2, "keep = false", interval=KEPT, timeout=LIMIT),
            rmi_check("asked", WORKER, PORT, 'names = ["trazaServ", "loginServ"]', 'interfaces = ["RmiService$Session", ""]',
                      "keep = false", interval=0.2, timeout=PATIENT),
            rmi_check("single", WORKER, PORT, NAMES, 'protocol = "single"', interval=0.2, timeout=PATIENT),
            rmi_check("ipv6", WORKER6, PORT, NAMES, interval=0.2, timeout=PATIENT),
            rmi_check("object", WORKER, OBJECT_PORT, interval=0.2, timeout=PATIENT),
            rmi_check("wrong", WORKER, OBJECT_PORT, NAMES, interval=0.2, timeout=PATIENT),
            rmi_check("vip", WORKER, PORT, NAMES, f'stub_host = "{VIP1}"', f"stub_port = {OBJECT_PORT}", interval=0.2,
                      timeout=PATIENT),
            rmi_check("past", WORKER, PORT, NAMES, f'stub_host = "{WORKER}"', interval=0.2, timeout=PATIENT))))
        for name in ("killed", "stopped", "fresh", "asked", "single", "ipv6", "object", "vip"):
            self.wait(name, "UP")

    def wait(self, check: str, state: str, since: int = 0) -> Line:
        """The line that says so."""
        return self.agent.running().wait_for(f"check {check} is {state}", 5.0, since)

    def mark(self) -> int:
        """Where the agent's log stands."""
        return self.agent.running().mark()


@pytest.fixture(scope="module")
def watched(shared_lab: Lab) -> Iterator[Watched]:
    yield Watched(shared_lab)


def test_faults_are_told_apart(watched: Watched, say: Say) -> None:
    """From the start: the port of an object is no registry; a stub that leads elsewhere works, but is told."""
    wrong, past = watched.wait("wrong", "DOWN"), watched.wait("past", "DEGRADED")
    say(f"{wrong.text}\n    {past.text}")
    assert "there is no registry here" in wrong.text
    assert f"sends clients to {VIP1} port {OBJECT_PORT}, past {WORKER}" in past.text


def test_unbound(watched: Watched, say: Say, table: Table) -> None:
    """DOWN at the next probe, with the name; that the other name is bound does not help."""
    took = []
    for _ in range(3):
        mark, since = watched.mark(), watched.service.unbind(NAME)
        told = {check: watched.wait(check, "DOWN", mark) for check in ("asked", "single", "vip")}
        assert all(f'"{NAME}" is not bound in the registry' in line.text for line in told.values())
        took.append(max(line.time for line in told.values()) - since)
        watched.service.rebind(NAME)
        for check in told:
            watched.wait(check, "UP", mark)
    say(f"name unbound: the last of three DOWN after {milliseconds(took)}; {told['asked'].text}")
    table.add("RMI name unbound, asked every 200 ms: checks DOWN", milliseconds(took), "next probe")
    assert max(took) <= 0.2 + ROOM * 0.05


def test_bound_to_another(watched: Watched, say: Say) -> None:
    """Another object under the name is seen by who knows which it should be, and by nobody else."""
    mark = watched.mark()
    watched.service.rebind_other(NAME)
    told = watched.wait("asked", "DOWN", mark)
    watched.service.rebind(NAME)
    watched.wait("asked", "UP", mark)
    say(told.text)
    assert f'"{NAME}" is bound to another object, of RmiService$Other and not RmiService$Session' in told.text
    assert not watched.agent.running().find("check single is", mark)


def test_killed(watched: Watched, say: Say, table: Table) -> None:
    """kill -9: the kept connection tells it, no probe."""
    took = []
    for _ in range(4):
        mark, since = watched.mark(), watched.mortal.kill()
        line = watched.wait("killed", "DOWN", mark)
        took.append(line.time - since)
        assert "the kept connection is gone" in line.text
        watched.mortal.running().wait(5.0)
        watched.mortal.start()
        watched.wait("killed", "UP", mark)
    say(f"JVM killed: DOWN after {milliseconds(took)}; {line.text}")
    table.add("JVM killed -9: check rmi DOWN", milliseconds(took), "<= 50 ms")
    assert statistics.median(took) <= KILLED and max(took) <= ROOM * KILLED


def test_stopped(watched: Watched, say: Say, table: Table) -> None:
    """SIGSTOP: by the deadline of the next probe, over the kept connection and over new ones; and back after SIGCONT."""
    took, back = [], []
    for _ in range(3):
        mark, since = watched.mark(), watched.sleeper.hang()
        lines = [watched.wait(check, "DOWN", mark) for check in ("stopped", "fresh")]
        took += [line.time - since for line in lines]
        assert all("it does not answer within" in line.text for line in lines)
        mark, since = watched.mark(), watched.sleeper.wake()
        back += [watched.wait(check, "UP", mark).time - since for check in ("stopped", "fresh")]
    say(f"JVM stopped: DOWN after {milliseconds(took)}, UP {milliseconds(back)} after its end; {lines[0].text}")
    table.add("JVM stopped, asked every 500 ms, timeout 300 ms: DOWN", milliseconds(took), "by the deadline: <= 800 ms")
    assert max(took) <= KEPT + LIMIT + ROOM * 0.02


BAD = {"garbage": 'it answers "220 mail.example.org', "half": "it stops within its answer", "endless": "it answers without end",
       "nothing": "it does not answer"}
MEMORY = 8 << 20  # bytes; the C++ library and the plugin itself included


def test_bad_servers(lab: Lab, say: Say, table: Table) -> None:
    """Garbage, half an answer, an answer without end, nothing: DOWN with a sentence each, and the memory stays."""
    _worker(lab)
    ports = {kind: PORT + number for number, kind in enumerate(BAD)}
    start_bad_servers(lab, "worker", *(f"{kind}:{WORKER}:{port}" for kind, port in ports.items()))
    agent = make_agent("regent", lab, "lb1")
    assert isinstance(agent, Regent)
    # The sentence is that of a server that has had the time to answer; who waits in vain in each probe does so often, too.
    agent.start(Node((Router("VI_1", "enp0s3", 51, 101, (VIP1,), 3, 0.2),), checks=(
        *(rmi_check(kind, WORKER, port, NAMES, interval=0.05, timeout=PATIENT) for kind, port in ports.items()),
        *(rmi_check(f"{kind}-often", WORKER, ports[kind], NAMES, interval=0.05) for kind in ("half", "nothing")))))
    for kind, sentence in BAD.items():
        assert sentence in agent.running().wait_for(f"check {kind} is DOWN", 5.0).text
    host, pace = agent.wait_host("rmi"), Pace(lab, "lb1")
    pace.wait(0.5)
    before = memory_peak(host)
    pace.wait(repeats(1.5, 60.0))
    after = memory_peak(host)
    say(f"bad RMI servers, 20 times a second each: {after >> 10} KiB at most, {(after - before) >> 10} KiB more than at first")
    table.add("bad RMI servers: memory of their host", f"{after >> 10} KiB, grew by {(after - before) >> 10} KiB", "bounded")
    assert agent.wait_host("rmi") == host
    assert SANITIZED or (after <= MEMORY and after - before <= 1 << 18)


def _pair(lab: Lab) -> tuple[Duo, dict[str, RmiService]]:
    """Each balancer has a service of its own and watches it."""
    addresses = {"lb1": "192.168.1.5", "lb2": "192.168.1.6"}

    def node(host: str) -> Node:
        check = rmi_check("rmi", addresses[host], PORT, NAMES, f'stub_host = "{addresses[host]}"', interval=0.2)
        made = reference_node(host, pair=True, interval=0.2, version=3).all(extra=('recover_delay = "100ms"',))
        return replace(made, checks=(check,))

    nodes = {host: node(host) for host in BALANCERS}
    duo = Duo(lab, nodes=nodes)
    services = {host: RmiService(lab, host, addresses[host], PORT, label=host) for host in BALANCERS}
    for service in services.values():
        service.start()
    return duo.begin(), services


def test_pair_fails_over(lab: Lab, say: Say, table: Table) -> None:
    """The JVM of lb1 killed, then its name unbound: both VIPs on lb2, and back when it works again."""
    duo, services = _pair(lab)
    sick = services["lb1"]
    assert call(lab, "lb1", sick.address, PORT, NAME, "ana", 2) == ["lb1 ana 1", "lb1 ana 2"]
    told: dict[str, list[float]] = {"JVM killed": [], "name unbound": []}
    moved: dict[str, list[float]] = {what: [] for what in told}

    def harm(what: str, action: Callable[[], float], mend: Callable[[], object]) -> None:
        mark, since = duo.agents["lb1"].running().mark(), action()
        duo.watcher.wait_holders(duo.vips, {"lb2"}, 10.0)
        told[what].append(duo.agents["lb1"].running().wait_for("check rmi is DOWN", 5.0, mark).time - since)
        moved[what].append(max(duo.watcher.wait_arrival(vip, "lb2", since, 1.0) for vip in duo.vips) - since)
        mend()
        duo.settle("lb1", 15.0)

    for _ in range(repeats(2, 4)):
        harm("JVM killed", sick.kill, lambda: (sick.running().wait(5.0), sick.start()))
        harm("name unbound", lambda: sick.unbind(NAME), lambda: sick.rebind(NAME))
    for what, limit in (("JVM killed", "DOWN <= 50 ms"), ("name unbound", "at the next probe, 200 ms")):
        say(f"{what}: DOWN after {milliseconds(told[what])}, both VIPs on lb2 after {milliseconds(moved[what])}")
        table.add(f"{what} on lb1: both VIPs on lb2", milliseconds(moved[what]), limit)
    assert statistics.median(told["JVM killed"]) <= KILLED and max(moved["JVM killed"]) <= ROOM * KILLED
    assert max(told["name unbound"]) <= 0.2 + ROOM * 0.05


def test_hundred_a_second(lab: Lab, say: Say, table: Table) -> None:
    """100 endpoints, each pinged and asked for a name once a second; nothing stays behind in the server."""
    _worker(lab)
    service = _started(RmiService(lab, "worker", WORKER, PORT))
    agent = make_agent("regent", lab, "lb1")
    agent.start(Node((Router("VI_1", "enp0s3", 51, 101, (VIP1,), 3, 0.2),), checks=tuple(
        rmi_check(f"r{number}", WORKER, PORT, NAMES) for number in range(COUNT))))
    pace = Pace(lab, "lb1")
    for number in range(COUNT):
        agent.running().wait_for(f"check r{number} is UP", 10.0)
    pace.wait(1.0)
    pid, start = agent.running().pid, time.monotonic()
    before = processor_time(pid)
    pace.wait(repeats(3.0, 30.0))
    cores = (processor_time(pid) - before) / (time.monotonic() - start)
    say(f"{COUNT} RMI endpoints a second, ping and lookup: {cores * 100:.1f} % of a core")
    table.add(f"{COUNT} RMI endpoints a second", f"{cores * 100:.1f} % of a core", "<= 10 %, with 100 containers and URLs")
    # What it holds of each reply, for five minutes, that nobody acknowledges. A few may be under way.
    held = service.objects("sun.rmi.transport.DGCAckHandler")
    assert service.objects("RmiService$SessionServer") == 1 and held <= COUNT // 10, f"{held} replies are held"
    assert cores <= (ROOM if SANITIZED else 1) * SHARE
