# SPDX-License-Identifier: Apache-2.0
"""A real HAProxy in a balancer, master and worker as systemd runs them, and what can happen to it."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import socket
import time

from .lab import Lab
from .netns import LabError
from .process import Process
from .processes import children, eventually

_HERE = pathlib.Path(__file__).parent

CLIENT_TIMEOUT = 10  # seconds

CONFIGURATION = """# the reference cluster's two HTTP services
global
    log stdout format raw local0 notice
    nbthread 1
    stats socket {socket} mode 660 level admin
    stats timeout 2m
defaults
    mode http
    timeout connect 1s
    timeout client {client_timeout}s
    timeout server 10s
    retries 2
frontend traeJar
    bind {vip}:9000
    default_backend servers-traeJar
frontend farhosIn
    bind {vip}:8080
    default_backend servers-farhosIn
backend servers-traeJar
    balance roundrobin
    server traejar1  192.168.1.100:20000 check
    server traejar2  192.168.1.100:20001 check
    server traejar11 192.168.1.110:20000 check
    server traejar22 192.168.1.110:20001 check
backend servers-farhosIn
    balance roundrobin
    server farhosin1  192.168.1.100:22000 check
    server farhosin2  192.168.1.100:22001 check
    server farhosin11 192.168.1.110:22000 check
    server farhosin22 192.168.1.110:22001 check
"""


class Haproxy:
    """Bound to the VIP whether the balancer holds it or not. Times are time.monotonic()."""

    def __init__(self, lab: Lab, host: str, vip: str, configuration: str = CONFIGURATION) -> None:
        self.lab, self.host = lab, host
        self.pidfile = lab.directory / f"{host}-haproxy.pid"
        self.stats_socket = lab.directory / f"{host}-haproxy.sock"
        self._file = lab.directory / f"{host}-haproxy.cfg"
        self._file.write_text(configuration.format(
            socket=self.stats_socket, vip=vip, client_timeout=CLIENT_TIMEOUT), encoding="utf-8")
        # Its name among its peers is the host's, which all namespaces have in common.
        self._argv = ["haproxy", "-W", "-L", host, "-f", str(self._file), "-p", str(self.pidfile)]
        self._runs = 0
        self._process: Process | None = None

    def _begin(self, argv: list[str]) -> Process:
        self._runs += 1
        name = f"{self.host}-haproxy" + (f"-{self._runs}" if self._runs > 1 else "")
        self._process = self.lab.start(name, argv, host=self.host)
        return self._process

    def running(self) -> Process:
        """Its process; LabError when it was not started."""
        if self._process is None:
            raise LabError(f"HAProxy on {self.host} was not started")
        return self._process

    def start(self) -> float:
        """Starts it and waits until it answers; returns the time just before the start."""
        before = time.monotonic()
        self._begin(self._argv)
        self.wait_answering()
        return before

    def wait_answering(self) -> int:
        """Waits until a worker answers on the stats socket, which may take it longer than one question waits; its pid."""
        return eventually(self.worker, 10.0, f"HAProxy on {self.host} does not answer")

    def master(self) -> int:
        """The process in the pidfile, which a death leaves in place."""
        return int(self.pidfile.read_text(encoding="ascii"))

    def worker(self) -> int | None:
        """The process that answers on the stats socket; None when none does."""
        pid = re.search(r"^Pid: (\d+)$", self.ask("show info"), re.MULTILINE)
        return int(pid[1]) if pid else None

    def ask(self, command: str) -> str:
        """The answer on the stats socket; empty when nobody answers within half a second."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
            made.settimeout(0.5)
            try:
                made.connect(str(self.stats_socket))
                made.sendall(f"{command}\n".encode())
                return b"".join(iter(lambda: made.recv(65536), b"")).decode()
            except OSError:
                return ""

    def kill(self, which: str = "master") -> float:
        """SIGKILL of master or worker, either of which takes the other with it; returns the time just before.

        Waits for its end and takes it off the process table, as systemd would: a zombie still answers `kill -0`.
        """
        pid = self.master() if which == "master" else children(self.master())[-1]
        before = self._signal([pid], signal.SIGKILL)
        self.running().wait(5.0)
        return before

    def hang(self) -> float:
        """SIGSTOP of every worker: connections are taken and never answered."""
        return self._signal(children(self.master()), signal.SIGSTOP)

    def wake(self) -> float:
        """SIGCONT of every worker."""
        return self._signal(children(self.master()), signal.SIGCONT)

    def reload(self) -> float:
        """USR2, as systemd does; waits until the next worker answers and the master, which is deaf to the next USR2
        meanwhile, has seen the old one go; returns the time just before.

        A connection whose other end went to the other balancer with the VIP holds the old worker until `timeout client`.
        """
        old, process = self.wait_answering(), self.running()
        mark, before = process.mark(), self._signal([self.master()], signal.SIGUSR2)
        process.wait_for(rf"Former worker \({old}\) exited", 2 * CLIENT_TIMEOUT, mark)
        self.wait_answering()
        return before

    def crash_again_and_again(self, every: float, seconds: float) -> Process:
        """Killed now, and from now on `every` so many seconds, started again each time; after `seconds` it stays.

        Prints "killed" and, in the end, "stays".
        """
        self.kill()
        return self._begin(["/usr/bin/python3", "-u", str(_HERE / "respawn_main.py"), str(every), str(seconds), *self._argv])

    @staticmethod
    def _signal(pids: list[int], number: int) -> float:
        if not pids:
            raise LabError("HAProxy has no such process")
        before = time.monotonic()
        for pid in pids:
            os.kill(pid, number)
        return before
