# SPDX-License-Identifier: Apache-2.0
"""What a balancer's health is made of: checks and notifiers in regent's words and, where it has any, in keepalived's."""

from __future__ import annotations

import pathlib

from .haproxy import Haproxy
from .spec import Check, duration, strings


def schedule(interval: float, timeout: float | None, fall: int) -> tuple[str, ...]:
    """The agent's part of a check; seconds."""
    lines = [f'interval = "{duration(interval)}"', f"fall = {fall}"]
    return tuple(lines if timeout is None else [*lines, f'timeout = "{duration(timeout)}"'])


def script(file: pathlib.Path, *lines: str, interpreter: str = "/bin/sh") -> str:
    """Writes a script that its user may start; returns its path."""
    file.write_text("\n".join([f"#!{interpreter}", *lines, ""]), encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def haproxy_check(proxy: Haproxy, *, interval: float = 1.0, timeout: float | None = None, fall: int = 1,
                  name: str = "haproxy") -> Check:
    """Whether HAProxy lives and answers. keepalived's is the script that people write: does the process exist?"""
    alive = script(proxy.pidfile.with_suffix(".alive.sh"), f'kill -0 "$(cat {proxy.pidfile})"')
    return Check(name, ('type = "haproxy"', f'pidfile = "{proxy.pidfile}"', f'stats_socket = "{proxy.stats_socket}"',
                        *schedule(interval, timeout, fall)),
                 (f'script "{alive}"', f"interval {interval:g}", f"fall {fall}", "rise 1"))


def ping_check(target: str, *, interval: float = 0.3, fall: int = 3) -> Check:
    """Whether a neighbour on a LAN answers."""
    return Check("lan", ('type = "ping"', f"targets = {strings((target,))}", *schedule(interval, interval, fall)))


def exec_check(command: str, *, interval: float = 1.0, timeout: float | None = None, fall: int = 1,
               name: str = "script") -> Check:
    """A program's exit status."""
    return Check(name, ('type = "exec"', f"command = {strings((command,))}", 'user = "root"', *schedule(interval, timeout, fall)),
                 (f'script "{command}"', f"interval {interval:g}", f"fall {fall}", "rise 1"))


def tcp_check(name: str, address: str, port: int, *, interval: float = 1.0, timeout: float | None = None, rival: str = "") -> Check:
    """Whether a port takes connections; `rival` is the script with which keepalived finds out."""
    return Check(name, ('type = "tcp"', f'host = "{address}"', f"port = {port}", *schedule(interval, timeout, 1)),
                 (f'script "{rival}"', f"interval {interval:g}") if rival else ())


def rmi_check(name: str, address: str, port: int, *more: str, interval: float = 1.0, timeout: float | None = None) -> Check:
    """A Java RMI server; `more` are further lines, as `names = ["x"]`."""
    return Check(name, ('type = "rmi"', f'host = "{address}"', f"port = {port}", *more, *schedule(interval, timeout, 1)))


def docker_check(socket: pathlib.Path, container: str, *, interval: float = 1.0, timeout: float | None = None,
                 event: bool = False, name: str = "app") -> Check:
    """Whether a container runs and is healthy; `event`: asked every 30 s alone, told of everything at once."""
    extra = ('mode = "event"',) if event else ()
    return Check(name, ('type = "docker"', f'socket = "{socket}"', f'container = "{container}"',
                        *schedule(interval, timeout, 1), *extra))


def http_check(name: str, url: str, *lines: str, interval: float = 0.2, timeout: float | None = None) -> Check:
    """The answer of an HTTP server; `lines` are further parameters."""
    return Check(name, ('type = "http"', f'url = "{url}"', *lines, *schedule(interval, timeout, 1)))
