# SPDX-License-Identifier: Apache-2.0
"""The agents that a balancer runs: regent, or Debian's keepalived. Each with its own files in the lab."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import time
from typing import Protocol

from .gate import Gate
from .lab import Lab
from .netns import LabError
from .notifications import Notifications
from .process import Process
from .processes import arguments, children, eventually, hurry
from .spec import Node, keepalived_conf, regent_toml

ROOT = pathlib.Path(__file__).resolve().parents[3]


def build_directory() -> pathlib.Path:
    """Where the programs under test are: REGENT_BUILD, absolute or below the repository; build/dev without it."""
    return ROOT / os.environ.get("REGENT_BUILD", "build/dev")


class Agent(Protocol):
    """What the tests need of either kind of agent."""

    kind: str
    host: str
    process: Process | None

    def start(self, node: Node) -> float: ...
    def stop(self, timeout: float = 15.0) -> float: ...
    def kill(self) -> float: ...
    def reload(self, node: Node) -> float: ...


class _Agent:
    """Configuration file, start, stop, kill and reload, the same for both kinds. Times are time.monotonic()."""

    kind = ""

    def __init__(self, lab: Lab, host: str) -> None:
        self.lab, self.host = lab, host
        self.directory = lab.directory / f"{host}-{self.kind}"
        self.directory.mkdir(exist_ok=True)
        self.process: Process | None = None
        self.launcher: tuple[str, ...] = ()  # starts the agent instead; must become it by exec
        self._runs = 0

    def _configuration(self, node: Node) -> pathlib.Path:
        raise NotImplementedError

    def _argv(self, file: pathlib.Path) -> list[str]:
        raise NotImplementedError

    def _environment(self) -> dict[str, str]:
        return {}

    def start(self, node: Node) -> float:
        """Starts it; returns the time just before. Does not wait for anything."""
        return self.start_file(self._configuration(node))

    def start_file(self, file: pathlib.Path) -> float:
        """The same with a configuration file that is there already."""
        if self.runs():
            raise LabError(f"{self.kind} on {self.host} runs already")
        return self._launch(file)

    def kill_and_start(self, node: Node) -> tuple[float, float]:
        """SIGKILL, and the next run, whose process waits at a gate before: to make one takes long on a busy machine, and to
        die where others have the processor, too. Returns the time just before the kill, and when the next run could go."""
        old, gate = self.running(), Gate(self.directory / f"gate{self._runs}")
        usual, self.launcher = self.launcher, gate.launcher
        self._launch(self._configuration(node))
        self.launcher = usual
        gate.wait(1)
        hurry(old.pid)
        killed = old.kill()
        gate.open()
        return killed, time.monotonic()

    def _launch(self, file: pathlib.Path) -> float:
        before = time.monotonic()
        self._runs += 1
        name = f"{self.host}-{self.kind}" + (f"-{self._runs}" if self._runs > 1 else "")
        self.process = self.lab.start(name, [*self.launcher, *self._argv(file)], host=self.host, environment=self._environment())
        return before

    def running(self) -> Process:
        """Its process; LabError when it was not started."""
        if self.process is None:
            raise LabError(f"{self.kind} on {self.host} was not started")
        return self.process

    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.alive()

    def wait_begun(self, timeout: float = 10.0) -> float:
        """Waits until it has come to a first state, and so listens; returns when."""
        return self.running().wait_for(r"Entering \w+ STATE", timeout).time

    def stop(self, timeout: float = 15.0) -> float:
        """Clean stop (SIGTERM), waits for the end; returns the time just before the signal."""
        return self.running().stop(timeout)

    def terminate(self) -> float:
        """SIGTERM without waiting; returns the time just before."""
        return self.running().signal(signal.SIGTERM)

    def kill(self) -> float:
        """SIGKILL; returns the time just before."""
        return self.running().kill()

    def engine_pid(self) -> int:
        """The process that sends the adverts."""
        return self.running().pid

    def pause(self) -> float:
        """SIGSTOP of that process; returns the time just before."""
        return self._signal_engine(signal.SIGSTOP)

    def wake(self) -> float:
        """SIGCONT of that process; returns the time just before."""
        return self._signal_engine(signal.SIGCONT)

    def crash(self) -> float:
        """SIGKILL of that process alone, without waiting; returns the time just before."""
        return self._signal_engine(signal.SIGKILL)

    def _signal_engine(self, number: int) -> float:
        before = time.monotonic()
        os.kill(self.engine_pid(), number)
        return before

    def reload(self, node: Node) -> float:
        """New configuration and SIGHUP; returns the time just before the signal."""
        self._configuration(node)
        return self.running().signal(signal.SIGHUP)


class Keepalived(_Agent):
    """Debian's keepalived, VRRP part only, with pid files of its own."""

    kind = "keepalived"
    details = True  # False: without -D, whose lines would cost it more than its work where there are thousands

    def __init__(self, lab: Lab, host: str) -> None:
        super().__init__(lab, host)
        # The lab would end the parent alone, and then wait for the child's clean stop.
        lab.on_close(lambda: self.kill() if self.process is not None else None)

    def _configuration(self, node: Node) -> pathlib.Path:
        file = self.directory / "keepalived.conf"
        file.write_text(keepalived_conf(node), encoding="utf-8")
        file.chmod(0o644)
        return file

    def _argv(self, file: pathlib.Path) -> list[str]:
        d = self.directory
        return ["keepalived", "-n", "-l", *(["-D"] if self.details else []), "-P", "-f", str(file), "-p", str(d / "main.pid"),
                "-r", str(d / "vrrp.pid"), "-c", str(d / "checkers.pid")]

    def engine_pid(self) -> int:
        """The VRRP child."""
        return int((self.directory / "vrrp.pid").read_text(encoding="ascii"))

    def kill(self) -> float:
        """SIGKILL of the parent and of its VRRP child, which would otherwise stop cleanly."""
        before = time.monotonic()
        try:
            child = self.engine_pid()
            os.kill(child, signal.SIGSTOP)
        except (OSError, ValueError):
            child = 0
        self.running().signal(signal.SIGKILL)
        if child:
            os.kill(child, signal.SIGKILL)
        super().kill()
        return before


class Regent(_Agent):
    """The agent under test, with a run directory and a notification socket of its own."""

    kind = "regent"
    log = "stderr"
    environment: dict[str, str] = {}  # beside what it always gets
    record: pathlib.Path | None = None  # where it records

    def __init__(self, lab: Lab, host: str) -> None:
        super().__init__(lab, host)
        self.program = build_directory() / "bin" / "regentd"
        self.plugins = build_directory() / "plugins"
        self.notifications: Notifications | None = None
        lab.on_close(self._close)

    def _close(self) -> None:
        if self.notifications is not None:
            self.notifications.close()

    def _configuration(self, node: Node) -> pathlib.Path:
        return self.write(regent_toml(node))

    def write(self, text: str) -> pathlib.Path:
        """Replaces the configuration file by this text."""
        file = self.directory / "regent.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def _argv(self, file: pathlib.Path) -> list[str]:
        run = self.directory / "run"
        run.mkdir(exist_ok=True)
        record = ["--record", str(self.record)] if self.record else []
        return [str(self.program), "--config", str(file), "--run-dir", str(run), "--log", self.log, "--plugin-dir",
                str(self.plugins), "--plugin-host", str(self.program.with_name("regent-plugin-host")), *record]

    def _environment(self) -> dict[str, str]:
        if self.notifications is not None:
            self.notifications.retire()
        self.notifications = Notifications(self.directory / f"notify{self._runs}")
        # A sanitizer's finding ends the program with its own exit code, which the tests then see.
        # Without a bus of its own it must not find the machine's.
        return {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.directory / 'no-bus'}", **self.environment,
                "NOTIFY_SOCKET": str(self.notifications.path),
                "ASAN_OPTIONS": "exitcode=86:abort_on_error=0",
                "UBSAN_OPTIONS": "halt_on_error=1:exitcode=86:print_stacktrace=1", "TSAN_OPTIONS": "exitcode=86"}

    def notified(self) -> Notifications:
        """What it has told the service manager."""
        if self.notifications is None:
            raise LabError(f"regentd on {self.host} was not started")
        return self.notifications

    def wait_ready(self, timeout: float = 15.0) -> None:
        """Waits for READY=1."""
        self.notified().wait_for("READY=1", timeout)

    def hosts(self) -> dict[str, int]:
        """Its plugin hosts that run: the plugin's name and the pid."""
        found = {}
        for pid in children(self.running().pid):
            words = arguments(pid)
            if words and pathlib.Path(words[0]).name == "regent-plugin-host":
                plugin = next((word for word in words[1:] if word.endswith(".so")), "")
                found[pathlib.Path(plugin).stem.removeprefix("regent-")] = pid
        return found

    def wait_host(self, plugin: str, timeout: float = 10.0, *, other_than: int = 0) -> int:
        """Waits for the host of a plugin, such as "haproxy"; returns its pid."""
        def look() -> int | None:
            pid = self.hosts().get(plugin, other_than)
            return pid if pid != other_than else None

        return eventually(look, timeout, f"{self.host} has no host of plugin {plugin}")

    def dump(self, timeout: float = 5.0) -> list[str]:
        """The lines that SIGUSR2 makes it log. They have no end mark: all of them are there when those of a second one
        begin."""
        process = self.running()
        mark = process.mark()
        process.signal(signal.SIGUSR2)
        first = process.wait_for(r"\(\w+\) \w+, priority \d+ \(", timeout, mark).text
        head = re.escape(first[first.index("("):first.index(")") + 1]) + r" \w+, priority \d+ \("
        process.signal(signal.SIGUSR2)
        second = eventually(lambda: process.find(head, mark)[1:2] or None, timeout, "no second dump")[0]
        return [line.text for line in process.lines[mark:process.lines.index(second)]]


def make_agent(kind: str, lab: Lab, host: str) -> Keepalived | Regent:
    """An agent by its name: "regent" or "keepalived"."""
    return {"keepalived": Keepalived, "regent": Regent}[kind](lab, host)
