# SPDX-License-Identifier: Apache-2.0
"""A system bus of a balancer's own: Debian's dbus-daemon with its stock policy and regent's, and busctl to look at it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from .agents import ROOT, build_directory
from .lab import Lab
from .netns import LabError
from .process import Process
from .processes import eventually

STOCK = pathlib.Path("/usr/share/dbus-1/system.conf")
POLKIT = pathlib.Path("/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf")
NAME, PATH = "org.regent1", "/org/regent1"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


class Bus:
    """Not running before start()."""

    def __init__(self, lab: Lab, host: str) -> None:
        self.lab, self.host = lab, host
        # Not below the lab's own folder: who is nobody must find the socket and the program.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"rg{os.getpid()}n0-bus"))
        self.directory.chmod(0o755)
        lab.on_close(lambda: shutil.rmtree(self.directory, ignore_errors=True))
        self.socket = self.directory / "socket"
        self.address = f"unix:path={self.socket}"
        self.program = pathlib.Path(shutil.copy(build_directory() / "bin" / "regentctl", self.directory))
        self._file = lab.directory / f"{host}-bus.conf"
        self._file.write_text(self._configuration(), encoding="utf-8")
        self._runs = 0
        self._process: Process | None = None
        self.launcher: tuple[str, ...] = ()  # starts it instead; must become it by exec

    def _configuration(self) -> str:
        """The stock file, but for where it listens, who it runs as, and whose policy it reads."""
        text = STOCK.read_text(encoding="utf-8")
        for element in ("user", "pidfile", "servicehelper"):
            text = re.sub(rf"<{element}>.*?</{element}>", "", text)
        for element in ("fork", "syslog", "standard_system_servicedirs"):
            text = text.replace(f"<{element}/>", "")
        text = re.sub(r"<listen>.*?</listen>", f"<listen>{self.address}</listen>", text)
        text = re.sub(r"<includedir>.*?</includedir>", "", text)
        policies = f"<include>{ROOT / 'etc' / 'org.regent1.conf'}</include><include ignore_missing=\"yes\">{POLKIT}</include>"
        return text.replace("</busconfig>", f"{policies}</busconfig>")

    @property
    def environment(self) -> dict[str, str]:
        """For who is to find it."""
        return {"DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def start(self) -> float:
        """Returns when it takes connections, with the time just before the start."""
        self._runs += 1
        before = time.monotonic()
        name = f"{self.host}-bus" + (f"-{self._runs}" if self._runs > 1 else "")
        self._process = self.lab.start(name, [*self.launcher, "dbus-daemon", f"--config-file={self._file}", "--nofork", "--nopidfile",
                                              "--nosyslog", "--print-address=1"])
        self._process.wait_for("^unix:path=", 5.0)
        return before

    def kill(self) -> float:
        """SIGKILL, which leaves its socket behind; returns the time just before."""
        before = self.running().kill()
        self.socket.unlink(missing_ok=True)
        return before

    def hang(self) -> float:
        """SIGSTOP: it takes connections and answers nothing; returns the time just before."""
        return self.running().signal(signal.SIGSTOP)

    def wake(self) -> float:
        """SIGCONT; returns the time just before."""
        return self.running().signal(signal.SIGCONT)

    def running(self) -> Process:
        if self._process is None:
            raise LabError(f"the bus of {self.host} was not started")
        return self._process

    def busctl(self, *words: str, user: tuple[str, ...] = (), fails: bool = False) -> str:
        """What it prints; its complaint when it must fail. `user`: NOBODY, or root."""
        done = subprocess.run([*user, "busctl", f"--address={self.address}", *words], capture_output=True, text=True, timeout=30.0,
                              check=False)
        if (done.returncode != 0) != fails:
            raise LabError(f"busctl {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stderr.strip() if fails else done.stdout

    def get(self, path: str, interface: str, name: str) -> object:
        """A property."""
        return json.loads(self.busctl("--json=short", "get-property", NAME, path, f"{NAME}.{interface}", name))["data"]

    def has_name(self) -> bool | None:
        """Whether regent is on it; None: not yet."""
        try:
            names = self.busctl("--json=short", "list", "--acquired")
        except LabError:
            return None
        return True if any(entry["name"] == NAME for entry in json.loads(names)) else None

    def wait_name(self, timeout: float) -> float:
        """Waits until regent is on it; returns when that was seen."""
        eventually(self.has_name, timeout, f"{NAME} is not on the bus of {self.host}")
        return time.monotonic()

    def regentctl(self, *words: str, code: int = 0, user: tuple[str, ...] = ()) -> tuple[str, str]:
        """What it prints on standard output and error; it must end with this exit code."""
        done = subprocess.run([*user, str(self.program), *words], capture_output=True, text=True, timeout=60.0, check=False,
                              env={"PATH": "/usr/bin:/bin", **self.environment})
        if done.returncode != code:
            raise LabError(f"regentctl {' '.join(words)}: exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        return done.stdout, done.stderr
