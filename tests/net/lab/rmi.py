# SPDX-License-Identifier: Apache-2.0
"""A real Java RMI service (RmiService.java) in a host of the lab, and what can happen to it."""

from __future__ import annotations

import pathlib
import signal

from .lab import Lab
from .netns import run
from .probe import Probe
from .process import Line, Process

_SOURCE = pathlib.Path(__file__).with_name("RmiService.java")
# Small, and without the compiler that makes long runs fast: it starts in 0.1 s.
JAVA = ("java", "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
PATIENCE = 5.0  # seconds that a client waits for an answer; Java's own default is for ever
_IMPATIENT = (f"-Dsun.rmi.transport.tcp.responseTimeout={PATIENCE * 1000:.0f}",)


def compile_service(lab: Lab) -> pathlib.Path:
    """Compiles it once a lab; returns the class path."""
    target = lab.directory / "java"
    if not target.exists():
        run(["javac", "-d", str(target), str(_SOURCE)], timeout=60.0)
    return target


class RmiService:
    """A registry at `port`, one object at `object_port` (default: the same), bound to `names`; its stubs send clients to
    `stub_host`. With `published` both ports are that one to itself and to clients, and only `port` is open: what Docker does
    for a container. Times are time.monotonic()."""

    def __init__(self, lab: Lab, host: str, address: str, port: int, *, names: tuple[str, ...] = ("trazaServ",),
                 stub_host: str = "", object_port: int = 0, label: str = "", published: int = 0) -> None:
        self.lab, self.host, self.address, self.port = lab, host, address, port
        self.object_port, self.names = object_port or port, names
        self.label = label or f"{address}:{port}"
        opened = (f"-Dlisten={address}:{port}",) if published else ()
        self._argv = [*JAVA, *opened, "-cp", str(compile_service(lab)), "RmiService", self.label, str(published or port),
                      str(published or self.object_port), stub_host or address, *names]
        self._runs = 0
        self.process: Process | None = None

    def start(self) -> Line:
        """Starts it and waits until all names are bound; returns the line that says so."""
        self.launch()
        return self.running().wait_for("^ready", 30.0)

    def launch(self) -> None:
        """Starts it and does not wait."""
        self._runs += 1
        name = f"{self.host}-rmi-{self.port}" + (f"-{self._runs}" if self._runs > 1 else "")
        self.process = self.lab.start(name, self._argv, host=self.host, commands=True)

    def running(self) -> Process:
        """Its process."""
        assert self.process is not None, f"{self.label} was not started"
        return self.process

    def objects(self, name: str) -> int:
        """How many objects of a class its JVM holds."""
        lines = run(["jcmd", str(self.running().pid), "GC.class_histogram"]).splitlines()
        return sum(int(words[1]) for words in map(str.split, lines) if len(words) > 3 and words[3] == name)

    def kill(self) -> float:
        """SIGKILL without waiting; returns the time just before."""
        return self.running().signal(signal.SIGKILL)

    def hang(self) -> float:
        """SIGSTOP: connections are taken and never answered."""
        return self.running().signal(signal.SIGSTOP)

    def wake(self) -> float:
        """SIGCONT."""
        return self.running().signal(signal.SIGCONT)

    def tell(self, command: str) -> float:
        """A command, as RmiService.java lists them; returns the time just before, once it was done."""
        process = self.running()
        mark, before = process.mark(), process.tell(command)
        process.wait_for(f"^ok {command}$", 10.0, mark)
        return before

    def unbind(self, name: str) -> float:
        return self.tell(f"unbind {name}")

    def rebind(self, name: str) -> float:
        return self.tell(f"rebind {name}")

    def rebind_other(self, name: str) -> float:
        """To an object of another interface."""
        return self.tell(f"rebind-other {name}")


def start_bad_servers(lab: Lab, host: str, *what: str) -> Process:
    """Servers that are none, as bad_rmi_main.py lists them: KIND:ADDRESS:PORT."""
    process = lab.start(f"{host}-bad-rmi", ["/usr/bin/python3", "-u", str(_SOURCE.with_name("bad_rmi_main.py")), *what],
                        host=host)
    process.wait_for("^ready", 10.0)
    return process


def call(lab: Lab, host: str, address: str, port: int, name: str, user: str, count: int) -> list[str]:
    """What a real client is answered that looks up a name and calls the object `count` times."""
    argv = [*JAVA, "-cp", str(compile_service(lab)), "RmiService", "call", address, str(port), name, user, str(count)]
    return lab.spaces[host].run(argv, timeout=30.0).splitlines()


def session_probe(lab: Lab, host: str, address: str, port: int, name: str, *, every: float = 0.020) -> Probe:
    """A real client that looks the name up and calls the object, again and again, one call after the other."""
    argv = [*JAVA, *_IMPATIENT, "-cp", str(compile_service(lab)), "RmiService", "knock", address, str(port), name, "probe",
            str(round(every * 1000))]
    return Probe.of(lab.start(f"{host}-session", argv, host=host), every, PATIENCE)
