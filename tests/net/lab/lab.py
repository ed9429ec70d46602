# SPDX-License-Identifier: Apache-2.0
"""A lab: one switch namespace with a bridge for each LAN, one namespace for each host, and all that runs in them.

Used as a context manager; whatever happens inside, nothing is left behind. Read this file first.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import shutil
import tempfile
from typing import Callable

from .netns import Namespace, remove_stale, run
from .process import Process

_numbers = itertools.count(1)

# New namespaces take IPv4 settings from the host, so each one that matters is set.
DEFAULT_SYSCTLS = {
    "ipv4/ip_forward": 0,
    "ipv4/ip_nonlocal_bind": 0,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv4/conf/all/arp_ignore": 0,
    "ipv4/conf/default/arp_ignore": 0,
    "ipv4/conf/all/arp_announce": 0,
    "ipv4/conf/default/arp_announce": 0,
    "ipv4/conf/all/arp_filter": 0,
    "ipv4/conf/default/arp_filter": 0,
    "ipv4/conf/all/arp_accept": 0,
    "ipv4/conf/default/arp_accept": 0,
    "ipv4/conf/all/accept_redirects": 0,
    "ipv4/conf/default/accept_redirects": 0,
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/default/send_redirects": 0,
    "ipv4/conf/all/promote_secondaries": 0,
    "ipv4/conf/default/promote_secondaries": 0,
    "ipv6/conf/all/disable_ipv6": 0,
    "ipv6/conf/default/disable_ipv6": 0,
    "ipv6/conf/all/accept_dad": 0,
    "ipv6/conf/default/accept_dad": 0,
    "ipv6/conf/all/accept_ra": 0,
    "ipv6/conf/default/accept_ra": 0,
    "ipv6/conf/default/router_solicitations": 0,
}


class Lab:
    """Owns namespaces, processes and referees, and removes them in reverse order of their making."""

    def __init__(self, directory: pathlib.Path | None = None) -> None:
        remove_stale()
        self._prefix = f"rg{os.getpid()}n{next(_numbers)}-"
        self._own_directory = directory is None
        self.directory = directory or pathlib.Path(tempfile.mkdtemp(prefix=self._prefix))
        self.spaces: dict[str, Namespace] = {}
        self.processes: list[Process] = []
        self._cleanups: list[Callable[[], object]] = []
        self._bridges: dict[str, str] = {}
        self.port_owners: dict[str, str] = {}  # switch port -> host

    def __enter__(self) -> "Lab":
        try:
            self.switch = self.host("sw", {"ipv6/conf/default/disable_ipv6": 1, "ipv6/conf/all/disable_ipv6": 1})
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def on_close(self, action: Callable[[], object]) -> None:
        """`action` runs when the lab ends, before the processes are ended."""
        self._cleanups.append(action)

    def close(self) -> None:
        """Ends everything. What fails is left to the next run's remove_stale()."""
        for action in reversed(self._cleanups):
            _quietly(action)
        for process in reversed(self.processes):
            _quietly(process.kill)
        for space in reversed(list(self.spaces.values())):
            _quietly(space.remove)
        self._cleanups, self.processes, self.spaces = [], [], {}
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def host(self, name: str, sysctls: dict[str, int] | None = None) -> Namespace:
        """A new host with nothing but its loopback interface."""
        space = Namespace(self._prefix + name)
        self.spaces[name] = space
        space.sysctl({**DEFAULT_SYSCTLS, **(sysctls or {})})
        space.ip("link set lo up")
        return space

    def lan(self, name: str) -> None:
        """A new LAN: a bridge in the switch. No spanning tree; ports forward at once."""
        bridge = f"br-{name}"
        self._bridges[name] = bridge
        # Snooping off: membership reports are no part of what is tested here.
        self.switch.ip(f"link add name {bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                       f"link set {bridge} up")

    def connect(self, host: str, interface: str, lan: str, *addresses: str, mac: str = "") -> str:
        """A cable from `interface` of a host to a LAN. Returns the name of the port in the switch."""
        port = f"{host}-{lan}"
        space = self.spaces[host]
        hardware = f" address {mac}" if mac else ""
        self.switch.ip(f"link add name {port} type veth peer name {interface}{hardware} netns {space.name}",
                       f"link set {port} master {self._bridges[lan]} up")
        space.ip(f"link set {interface} up",
                 *(f"address add {a} dev {interface}{' nodad' if ':' in a else ' brd +'}" for a in addresses))
        self.port_owners[port] = host
        return port

    def ports(self, host: str, lan: str | None = None) -> list[str]:
        """The switch ports of a host, on all LANs or on one."""
        return [port for port, owner in self.port_owners.items()
                if owner == host and lan in (None, port.removeprefix(f"{host}-"))]

    def cable(self, host: str, *, plugged: bool) -> None:
        """Pulls or puts back all cables of a host: its interfaces lose or get their carrier."""
        state = "up" if plugged else "down"
        self.switch.ip(*(f"link set {port} {state}" for port in self.ports(host)))

    def silence(self, host: str, *, silent: bool, lan: str | None = None) -> None:
        """All frames of a host vanish in the switch, both ways, while its links stay up; or no longer do. On one LAN,
        or on all."""
        commands = "\n".join(f"link set dev {port} state {0 if silent else 3}" for port in self.ports(host, lan))
        run(["bridge", "-n", self.switch.name, "-batch", "-"], stdin=commands + "\n")

    def start(self, name: str, argv: list[str], *, host: str | None = None,
              environment: dict[str, str] | None = None, commands: bool = False) -> Process:
        """Starts a program in a host. It is ended with the lab at the latest."""
        process = Process(name, argv, self.directory / f"{name}.log", space=self.spaces[host] if host else None,
                          environment=environment, commands=commands)
        self.processes.append(process)
        return process

    def report(self) -> str:
        """The last output of everything that ran, for a failure."""
        return "\n".join(f"--- {p.name} ({'running' if p.alive() else 'ended'})\n{p.tail(5 if 'probe' in p.name else 60)}"
                         for p in self.processes)


def _quietly(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception as error:  # teardown goes on whatever one part of it meets
        print(f"lab: {error}")
