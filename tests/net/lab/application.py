# SPDX-License-Identifier: Apache-2.0
"""The application of the reference cluster: the HTTP services in containers, the RMI services in JVMs, HAProxy before all
of them, and what a balancer watches of it.

One host is both workers: it has their two addresses, and one dockerd. A service has two servers on each of them.
"""

from __future__ import annotations

import os
import pathlib
import socket
from dataclasses import dataclass, replace

from .certificates import DAY, Authority, Pair
from .cluster import BALANCERS, CLIENTS, VIP1, add_neighbours, reference_node, start_proxies
from .docker import Dockerd, Health, Spec, what_docker_lacks
from .haproxy import Haproxy
from .health import haproxy_check, http_check, ping_check, rmi_check, schedule
from .lab import Lab
from .netns import LabError, what_is_missing
from .probe import Probe
from .rmi import RmiService, session_probe
from .spec import Check, Node, strings

WORKERS = ("192.168.1.100", "192.168.1.110")
INTERVAL, TIMEOUT = 0.5, 0.3  # seconds; of what is asked
PROGRAMS = ("haproxy", "java", "javac", "openssl")
EXAMINED = "traejar11"  # the container that has a health check of its own
PORTAL = 22443  # farhosIn once more, over TLS, straight from the worker


@dataclass(frozen=True)
class Service:
    """One service: the port of HAProxy, that of the first server on each worker, and the first server's name."""

    name: str
    port: int
    base: int
    stem: str
    remote: str = ""  # the name in the RMI registry; without, it is HTTP
    path: str = "/probe"

    def servers(self) -> list[tuple[str, str, int]]:
        """Name, address and port of each: s1 and s2 on the first worker, s11 and s22 on the second."""
        return [(self.stem.format("12"[n] * (w + 1)), WORKERS[w], self.base + n) for w in (0, 1) for n in (0, 1)]


TRAEJAR = Service("traeJar", 9000, 20000, "traejar{}")
FARHOSIN = Service("farhosIn", 8080, 22000, "farhosin{}", path="/cgi-bin/farhos")
RMI1 = Service("rmiServ1", 9001, 21000, "rmi{}", remote="trazaServ")
RMI2 = Service("rmiServ2", 9002, 21500, "rmi{}b", remote="loginServ")
WEB, RMI = (TRAEJAR, FARHOSIN), (RMI1, RMI2)

# The registry's list() of the protocol for one call alone: the answer names what is bound.
_LIST = "4a524d4900024c" "50aced00057722" + "00" * 22 + "00000001" "44154dc9d4e63bdf"
_GLOBAL = """# the reference cluster's four services; its tables are filled, and both nodes are peers of each other
global
    log stdout format raw local0 notice
    nbthread 1
    stats socket {socket} mode 660 level admin
    stats timeout 2m
defaults
    timeout connect 1s
    timeout client {client_timeout}s
    timeout server 10s
    timeout check 300ms
    # A server that is down loses what hangs in it; a connection that was refused goes to another one at once.
    retries 3
    option redispatch 1
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
peers mypeers
    peer lb1 10.0.2.21:10000
    peer lb2 10.0.2.22:10000
"""
# A page of the application: what it answers stands in a file.
_PAGE = b"""#!/bin/sh
read -r mode </state/mode
case $mode in
busy) printf 'Status: 503 Busy\\r\\n\\r\\nbusy\\n' ;;
empty) printf 'Content-Type: text/plain\\r\\n\\r\\nunder construction\\n' ;;
slow) printf 'Content-Type: text/plain\\r\\n\\r\\nplease '; sleep 5; echo wait ;;
*) printf 'Content-Type: text/plain\\r\\n\\r\\nready\\n' ;;
esac
"""
_TLS = """global
    log stdout format raw local0 notice
    stats socket {socket} mode 660 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend portal
    bind 192.168.1.100:{port} ssl crt {certificate}
    default_backend farhosin
backend farhosin
    server farhosin2 192.168.1.100:22001
"""


def what_application_lacks() -> list[str]:
    """Sentences that say what keeps it from running here."""
    return [*what_is_missing(PROGRAMS), *what_docker_lacks()]


def configuration() -> str:
    """HAProxy's, as Haproxy takes it."""
    parts = [_GLOBAL]
    for service in (*WEB, *RMI):
        mode = "tcp" if service.remote else "http"
        parts.append(f"frontend {service.name}\n    mode {mode}\n    bind {{vip}}:{service.port}\n"
                     f"    default_backend servers-{service.name}\nbackend servers-{service.name}\n    mode {mode}\n"
                     "    balance roundrobin\n")
        if service.remote:
            parts.append("    stick-table type ip size 1m expire 1000s peers mypeers\n    stick on src\n    option tcp-check\n"
                         f"    tcp-check send-binary {_LIST}\n    tcp-check expect string {service.remote}\n")
        else:
            parts.append(f"    option httpchk GET {service.path}\n    http-check expect string ready\n")
        parts += [f"    server {name} {address}:{port} check\n" for name, address, port in service.servers()]
    return "".join(parts)


class Application:
    """Runs from its making on. Needs lab hosts lb1 and lb2."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        add_neighbours(lab)
        self.services = {name: RmiService(lab, "worker", address, port, names=(service.remote,), stub_host=VIP1,
                                          published=service.port, label=name)
                         for service in RMI for name, address, port in service.servers()}
        for server in self.services.values():
            server.launch()
        self.authority = Authority(lab.directory / "certificates")
        own = self.authority.sign("worker", f"IP:{WORKERS[0]}")
        self.own = self.authority.sign("balancer")
        self.dockerd = Dockerd(lab, "worker", listen=(
            "-H", f"tcp://{WORKERS[0]}:2376", "--tlsverify", f"--tlscacert={self.authority.certificate}",
            f"--tlscert={own.certificate}", f"--tlskey={own.key}"))
        self.dockerd.start()
        self.dockerd.make_image(files={"www/probe": b"ready\n", "www/cgi-bin/farhos": _PAGE})
        for service in WEB:
            for name, address, port in service.servers():
                self._container(name, address, port)
        self._portal()
        for server in self.services.values():
            server.running().wait_for("^ready", 30.0)
        self.proxies: dict[str, Haproxy] = start_proxies(lab, configuration())

    def state(self, name: str) -> pathlib.Path:
        """What a container sees as /state: `mode` says how its page answers, and EXAMINED is unhealthy without `healthy`."""
        return self.lab.directory / "state" / name

    def _container(self, name: str, address: str, port: int) -> None:
        self.state(name).mkdir(parents=True)
        (self.state(name) / "healthy").touch()
        self.answer(name, "ready")
        # To ask a container of its health costs dockerd 40 ms of a processor: one is enough to show it.
        health = Health(("/bin/test", "-e", "/state/healthy"), interval=0.5) if name == EXAMINED else None
        self.dockerd.run(name, Spec(("/bin/httpd", "-f", "-p", f"{address}:{port}", "-h", "/www"), network="host",
                                    binds=(f"{self.state(name)}:/state:ro",), health=health))

    def answer(self, name: str, mode: str) -> None:
        """How the page of a container answers from now on: "ready", "busy", "empty" or "slow"."""
        fresh = self.state(name) / "fresh"
        fresh.write_text(f"{mode}\n", encoding="ascii")
        os.replace(fresh, self.state(name) / "mode")

    def _portal(self) -> None:
        name = f"IP:{WORKERS[0]}"
        self.valid = self.authority.sign("portal", name)
        self.expired = self.authority.sign("expired", name, begins=-9 * DAY, ends=-3 * DAY - 3600)
        self.certificate = self.lab.directory / "portal.pem"
        self.certificate.write_bytes(self.valid.both.read_bytes())
        self.portal_socket = self.lab.directory / "portal.sock"
        file = self.lab.directory / "portal.cfg"
        file.write_text(_TLS.format(socket=self.portal_socket, port=PORTAL, certificate=self.certificate), encoding="utf-8")
        self.lab.start("worker-portal", ["haproxy", "-db", "-f", str(file)], host="worker")

    def use_certificate(self, pair: Pair) -> None:
        """The portal shows this one from now on; no connection is refused meanwhile."""
        payload = pair.both.read_text(encoding="ascii").replace("\n\n", "\n")
        for command in (f"set ssl cert {self.certificate} <<\n{payload}\n", f"commit ssl cert {self.certificate}\n"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
                made.settimeout(5.0)
                made.connect(str(self.portal_socket))
                made.sendall(command.encode())
                answer = b"".join(iter(lambda: made.recv(65536), b"")).decode()
            if "Success" not in answer and "Transaction created" not in answer:
                raise LabError(f"the portal does not take the certificate: {answer.strip()}")

    def docker_check(self, name: str) -> Check:
        """A container, asked of its worker's dockerd over TLS."""
        return Check(f"docker-{name}", (
            'type = "docker"', f'host = "{WORKERS[0]}"', f'container = "{name}"', 'mode = "event"',
            f'ca_file = "{self.authority.certificate}"', f'client_certificate = "{self.own.certificate}"',
            f'client_key = "{self.own.key}"', *schedule(1.0, TIMEOUT, 1)))

    def told(self) -> tuple[Check, ...]:
        """What both balancers ask of each server and tell. Nothing moves for it: the other balancer has the same servers."""
        made = [self.docker_check(name) for service in WEB for name, _, _ in service.servers()]
        made += [http_check(f"http-{name}", f"http://{address}:{port}{FARHOSIN.path}", 'body = "ready"', interval=INTERVAL,
                            timeout=TIMEOUT) for name, address, port in FARHOSIN.servers()]
        made.append(http_check("https-portal", f"https://{WORKERS[0]}:{PORTAL}{FARHOSIN.path}",
                               f'ca_file = "{self.authority.certificate}"', interval=INTERVAL, timeout=TIMEOUT))
        made += [rmi_check(f"rmi-{name}", address, port, f"names = {strings((service.remote,))}", f'stub_host = "{VIP1}"',
                           f"stub_port = {service.port}", interval=INTERVAL, timeout=TIMEOUT)
                 for service in RMI for name, address, port in service.servers()]
        return tuple(made)

    def node(self, host: str) -> Node:
        """A balancer's configuration: what is its own fault moves the VIPs."""
        made = reference_node(host, pair=True).all(extra=('recover_delay = "2s"',))
        own = (haproxy_check(self.proxies[host], interval=0.5, timeout=0.3, fall=2), ping_check("10.0.2.1"))
        return replace(made, checks=own, told=self.told())

    def nodes(self) -> dict[str, Node]:
        """Of both."""
        return {host: self.node(host) for host in BALANCERS}

    def probes(self) -> dict[str, Probe]:
        """Clients of three services, by the service's name, through VIP1."""
        made = {service.name: Probe(self.lab, "client", f"client-{service.name}-probe", "tcp", f"{VIP1}:{service.port}",
                                    sources=CLIENTS, every=0.020, path=service.path, body="ready") for service in WEB}
        made[RMI1.name] = session_probe(self.lab, "client", VIP1, RMI1.port, RMI1.remote)
        return made
