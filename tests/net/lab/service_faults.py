# SPDX-License-Identifier: Apache-2.0
"""Faults done to the reference cluster's application: what regent's checks say and when, what moves, what clients see.
The common part of the demo (`--cluster`) and of test_cluster.py.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import Callable

from .application import EXAMINED, FARHOSIN, INTERVAL, RMI1, TIMEOUT, TRAEJAR, Application
from .cluster import BALANCERS, VIP1
from .duo import Duo
from .lab import Lab
from .netns import LabError
from .probe import Verdict, judge
from .process import Line, Process
from .rmi import call
from .watch import Change

AT_ONCE, CONNECTION_LOST, MOVED = 0.100, 0.050, 0.030  # seconds
ROUND_TRIP = 0.050  # what a question and its answer may take, on to the log
NEXT_PROBE, DEADLINE = INTERVAL + ROUND_TRIP, INTERVAL + TIMEOUT + ROUND_TRIP
SETTLE = 0.5  # seconds that clients are watched after the last of a fault


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


Harm = tuple[Callable[[], float], Callable[[], object]]  # what does it, and what mends it


@dataclass(frozen=True)
class Fault:
    """What is done, and what a check must say of it. Callables that act return the time just before."""

    act: str
    do: Callable[[], float]
    mend: Callable[[], object]
    check: str
    words: str  # of the sentence; a regular expression
    must: str
    limit: float | None  # seconds until all watching balancers have told it
    service: str  # whose clients are looked at
    state: str = "DOWN"
    server: str = ""  # that HAProxy takes out, as backend/server
    since: Callable[[float], float] = field(default=lambda before: before)  # what is counted from, by the time of the act


@dataclass(frozen=True)
class Row:
    """What came of a fault. Seconds; None where there is nothing to measure, or no limit."""

    act: str
    said: str
    told: float
    must: str
    limit: float | None
    service: str  # whose clients these are
    client: Verdict
    proxy: float | None = None  # until HAProxy of the serving balancer took the server out
    moved: float | None = None  # until both VIPs were elsewhere
    to: str = ""
    strays: tuple[str, ...] = ()  # what should not have happened
    note: str = ""

    def over(self, room: float = 1.0) -> list[str]:
        """What was not as it must be, as sentences; `room` multiplies the limit."""
        taken = self.told if self.moved is None else self.moved
        late = self.limit is not None and taken > room * self.limit
        return [*([f"{_ms(taken)}"] if late else []), *self.strays]


class ServiceScene:
    """The whole cluster with the application, regent on both balancers, clients and referees."""

    def __init__(self, lab: Lab, on_change: Callable[[Change], None] | None = None) -> None:
        self.lab = lab
        self.duo = Duo(lab, pair=True, on_change=on_change)
        self.app = Application(lab)
        self.duo.nodes = self.app.nodes()
        self.duo.begin()
        for host in BALANCERS:
            for check in (*self.duo.nodes[host].checks, *self.duo.nodes[host].told):
                self.duo.agents[host].running().wait_for(f"check {check.name} is UP", 15.0)
        self.probes = self.app.probes()
        for probe in self.probes.values():
            probe.wait_answer(0.0, 15.0)

    def call(self) -> tuple[str, int]:
        """A Java client that logs in as ana through VIP1: which server it is at, and the count of its calls there."""
        server, _, count = call(self.lab, "client", VIP1, RMI1.port, RMI1.remote, "ana", 1)[0].split()
        return server, int(count)

    def table(self, host: str) -> list[str]:
        """Which server each client of rmiServ1 sticks to, by the HAProxy of one balancer: "client server"."""
        lines = self.app.proxies[host].ask(f"show table servers-{RMI1.name}").splitlines()
        words = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
        return [f"{word['key']} {word.get('server_key', '?')}" for word in words if "key" in word]

    def do(self, fault: Fault) -> Row:
        """Does it, waits for what both balancers tell and what HAProxy does, mends it and waits until all is well."""
        logs = {host: self.duo.agents[host].running() for host in BALANCERS}
        proxies = {host: proxy.running() for host, proxy in self.app.proxies.items()}
        marks = {process: process.mark() for process in (*logs.values(), *proxies.values())}
        before = fault.do()
        lines = [log.wait_for(f"check {fault.check} is {fault.state}.*{fault.words}", 10.0, marks[log])
                 for log in logs.values()]
        out: Line | None = None
        if fault.server:
            out = proxies["lb1"].wait_for(f"Server {fault.server} is DOWN", 10.0, marks[proxies["lb1"]])
        done = max([line.time for line in lines] + [out.time if out else 0.0])
        end, client = self._seen(fault.service, before, done)
        _, _, flips = self.duo.cost(before, end)
        strays = ["a VIP moved"] if flips else []
        if fault.state == "UNKNOWN":
            strays += [line.text for log in logs.values() for line in log.find(r"check docker\S* is DOWN", marks[log])]
        told = max(line.time for line in lines) - fault.since(before)
        self._mend(fault, logs, proxies)
        return Row(fault.act, _sentence(lines[0]), told, fault.must, fault.limit, fault.service, client,
                   out.time - before if out else None, strays=tuple(strays))

    def _seen(self, service: str, start: float, done: float) -> tuple[float, Verdict]:
        probe, end = self.probes[service], done + SETTLE
        with contextlib.suppress(LabError):  # then all of them are lost, which the verdict says
            probe.wait_answer(done, 3.0)
        probe.wait_complete(end, probe.timeout + 5.0)
        return end, judge(probe.requests(), start, end)

    def _mend(self, fault: Fault, logs: dict[str, Process], proxies: dict[str, Process]) -> None:
        marks = {process: process.mark() for process in (*logs.values(), *proxies.values())}
        fault.mend()
        for log in logs.values():
            log.wait_for(f"check {fault.check} is UP", 15.0, marks[log])
        if fault.server:
            for proxy in proxies.values():
                proxy.wait_for(f"Server {fault.server} is UP", 15.0, marks[proxy])

    def lose_haproxy(self) -> Row:
        """lb1's is killed: that is lb1's own fault, and moves the VIPs."""
        return self._move("kill HAProxy of lb1", self.app.proxies["lb1"].kill, "lb2", "haproxy is DOWN",
                          f"VIPs <= {_ms(MOVED)}", MOVED)

    def regain_haproxy(self) -> Row:
        """It is started again. lb1 waits for `recover_delay` before it preempts."""
        return self._move("start it again", self.app.proxies["lb1"].start, "lb1", "haproxy is UP", "no session lost", None)

    def _move(self, act: str, do: Callable[[], float], to: str, words: str, must: str, limit: float | None) -> Row:
        log = self.duo.agents["lb1"].running()
        server, count = self.call()
        mark = log.mark()
        before = do()
        line = log.wait_for(f"check {words}", 10.0, mark)
        settled = self.duo.settle(to, 20.0)
        moved = max(self.duo.watcher.wait_arrival(vip, to, before, 1.0) for vip in self.duo.vips) - before
        again, counted = self.call()
        clients = _together([self._seen(service, before, settled)[1] for service in self.probes])
        _, _, flips = self.duo.cost(before, settled + SETTLE)
        strays = [] if flips == 1 else [f"{flips} moves"]
        if (again, counted) != (server, count + 1):
            strays.append("the session was lost")
        note = f"Java client ana: call {count} answered by {server}, then, through {to}, call {counted} by {again}"
        return Row(act, _sentence(line), line.time - before, must, limit, "all", clients, moved=moved, to=to, strays=tuple(strays),
                   note=note)


def _together(verdicts: list[Verdict]) -> Verdict:
    return Verdict(sum(v.sent for v in verdicts), sum(v.lost for v in verdicts), sum(v.retransmitted for v in verdicts),
                   max(v.longest_gap for v in verdicts), {}, max(v.cadence for v in verdicts))


def _sentence(line: Line) -> str:
    return line.text[line.text.index("check "):]


def container_faults(scene: ServiceScene) -> list[Callable[[], Fault]]:
    """Killed, paused, unhealthy; and dockerd itself, whose death says nothing of them."""
    dockerd, state = scene.app.dockerd, scene.app.state

    def fault(act: str, name: str, do: Callable[[], float], mend: Callable[[], object], words: str, **more: object) -> Fault:
        return Fault(act, do, mend, f"docker-{name}", words, service=TRAEJAR.name,  # type: ignore[arg-type]
                     **{"must": f"<= {_ms(AT_ONCE)}", "limit": AT_ONCE, **more})

    def killed() -> Fault:
        pid = dockerd.pid("traejar1")

        def again() -> None:
            dockerd.wait_status("traejar1", "exited")
            dockerd.start_container("traejar1")

        return fault("kill container traejar1", "traejar1", lambda: dockerd.kill_container("traejar1", pid), again, "has ended",
                     server="servers-traeJar/traejar1")

    def paused() -> Fault:
        return fault("pause container traejar2", "traejar2", lambda: dockerd.pause("traejar2"),
                     lambda: dockerd.unpause("traejar2"), "is paused", server="servers-traeJar/traejar2")

    def unhealthy() -> Fault:
        healthy = state(EXAMINED) / "healthy"
        return fault(f"make container {EXAMINED} unhealthy", EXAMINED, _timed(healthy.unlink), healthy.touch, "is unhealthy",
                     must=f"<= {_ms(AT_ONCE)} after the event",
                     since=lambda before: dockerd.event_time(EXAMINED, "health_status: unhealthy", before))

    def no_dockerd() -> Fault:
        return fault("kill dockerd", "traejar1", dockerd.kill, dockerd.start, "dockerd", state="UNKNOWN", limit=None,
                     must="UNKNOWN, held")

    return [killed, paused, unhealthy, no_dockerd]


def rmi_faults(scene: ServiceScene) -> list[Callable[[], Fault]]:
    """Killed, stopped, its name unbound: always the server that the client is at."""
    def fault(act: str, words: str, must: str, limit: float, what: Callable[[str], Harm]) -> Fault:
        name, _ = scene.call()
        do, mend = what(name)
        return Fault(act.format(name), do, mend, f"rmi-{name}", words, must, limit, RMI1.name,
                     server=f"servers-{RMI1.name}/{name}")

    def killed() -> Fault:
        def what(name: str) -> Harm:
            service = scene.app.services[name]
            return service.kill, lambda: (service.running().wait(5.0), service.start())

        return fault("kill the JVM of {}", "kept connection is gone", f"<= {_ms(CONNECTION_LOST)}", CONNECTION_LOST, what)

    def stopped() -> Fault:
        return fault("stop the JVM of {}", "does not answer", f"by the deadline, {_ms(INTERVAL + TIMEOUT)}", DEADLINE,
                     lambda name: (scene.app.services[name].hang, scene.app.services[name].wake))

    def unbound() -> Fault:
        return fault("unbind the name at {}", f'"{RMI1.remote}" is not bound', f"next probe, {_ms(INTERVAL)}", NEXT_PROBE,
                     lambda name: (lambda: scene.app.services[name].unbind(RMI1.remote),
                                   lambda: scene.app.services[name].rebind(RMI1.remote)))

    return [killed, stopped, unbound]


def http_faults(scene: ServiceScene) -> list[Callable[[], Fault]]:
    """A wrong status, a missing text, a body that does not come to its end; an expired certificate."""
    app = scene.app

    def page(act: str, name: str, mode: str, words: str, slow: bool = False) -> Callable[[], Fault]:
        must, limit = (f"by the deadline, {_ms(INTERVAL + TIMEOUT)}", DEADLINE) if slow else (
            f"next probe, {_ms(INTERVAL)}", NEXT_PROBE)
        return lambda: Fault(act, _timed(lambda: app.answer(name, mode)), lambda: app.answer(name, "ready"), f"http-{name}", words,
                             must, limit, FARHOSIN.name, server=f"servers-{FARHOSIN.name}/{name}")

    def expired() -> Fault:
        return Fault("load an expired certificate", _timed(lambda: app.use_certificate(app.expired)),
                     lambda: app.use_certificate(app.valid), "https-portal", "certificate expired 3 days ago",
                     f"next probe, {_ms(INTERVAL)}", NEXT_PROBE, FARHOSIN.name)

    return [page("farhosin1 answers 503", "farhosin1", "busy", "status 503, want 200"),
            page("farhosin2 lacks the text", "farhosin2", "empty", '"ready" is not in the body of'),
            page("farhosin11 stops in the body", "farhosin11", "slow", "waited .* ms in vain", slow=True), expired]


def _timed(action: Callable[[], object]) -> Callable[[], float]:
    def timed() -> float:
        before = time.monotonic()
        action()
        return before

    return timed
