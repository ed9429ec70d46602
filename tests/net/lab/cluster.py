# SPDX-License-Identifier: Apache-2.0
"""The reference cluster: two balancers with HAProxy, workers behind them, clients and the outside before them.

LAN a is 10.0.2.0/24 (clients, outside), LAN b is 192.168.1.0/24 (workers). VIP1 is the address that clients ask, VIP2
the default gateway of the workers.
"""

from __future__ import annotations

from .haproxy import CONFIGURATION, Haproxy
from .lab import Lab
from .probe import Probe, start_servers
from .spec import Node, Router

VIP1, VIP2 = "10.0.2.210", "192.168.1.101"
OUTSIDE = "203.0.113.1"
CLIENTS = ("10.0.2.200", "10.0.2.220", "10.0.2.221")
BALANCERS = ("lb1", "lb2")
_LAST = {"lb1": ("21", "5"), "lb2": ("22", "6")}

BALANCER_SYSCTLS = {"ipv4/ip_forward": 1, "ipv4/ip_nonlocal_bind": 1}

# The workers' way out has the VIP as source, so that a session survives the change of the balancer.
NAT = """table ip nat {{
  chain post {{
    type nat hook postrouting priority srcnat;
    ip saddr 192.168.1.0/24 oifname "enp0s3" snat to {vip}
  }}
}}
"""


def add_balancers(lab: Lab) -> None:
    """The two LANs with lb1 and lb2 on both, without anything running."""
    lab.lan("a")
    lab.lan("b")
    for host in BALANCERS:
        lab.host(host, BALANCER_SYSCTLS)
        lab.connect(host, "enp0s3", "a", f"10.0.2.{_LAST[host][0]}/24", f"fd00:a::{_LAST[host][0]}/64")
        lab.connect(host, "enp0s8", "b", f"192.168.1.{_LAST[host][1]}/24", f"fd00:b::{_LAST[host][1]}/64")


def add_surroundings(lab: Lab) -> dict[str, Haproxy]:
    """Client, worker and outside, NAT and HAProxy on the balancers; returns the latter, which run. The services are
    stand-ins: application.py has those of the reference cluster."""
    add_neighbours(lab)
    start_servers(lab, "worker", "worker-http", *(f"http:192.168.1.{host}:{port}" for host in (100, 110)
                                                  for port in (20000, 20001, 22000, 22001)))
    return start_proxies(lab)


def add_neighbours(lab: Lab) -> None:
    """Client, worker (which is both of the reference cluster) and outside, and NAT on the balancers."""
    lab.host("client")
    lab.connect("client", "eth0", "a", *(f"{address}/24" for address in CLIENTS))
    lab.host("worker")
    lab.connect("worker", "eth0", "b", "192.168.1.100/24", "192.168.1.110/24")
    lab.spaces["worker"].ip(f"route add default via {VIP2}")
    lab.host("outside")
    lab.connect("outside", "eth0", "a", "10.0.2.1/24")
    lab.spaces["outside"].ip(f"address add {OUTSIDE}/32 dev lo")
    start_servers(lab, "outside", "outside-echo", f"udp:{OUTSIDE}:7")
    for host in BALANCERS:
        lab.spaces[host].ip("route add default via 10.0.2.1")
        lab.spaces[host].run(["nft", "-f", "-"], stdin=NAT.format(vip=VIP1))


def start_proxies(lab: Lab, configuration: str = CONFIGURATION) -> dict[str, Haproxy]:
    """HAProxy on both balancers."""
    proxies = {host: Haproxy(lab, host, VIP1, configuration) for host in BALANCERS}
    for proxy in proxies.values():
        proxy.start()
    return proxies


def client_probe(lab: Lab, every: float = 0.005, name: str = "client-probe") -> Probe:
    """The clients ask traeJar through VIP1, in turn."""
    return Probe(lab, "client", name, "tcp", f"{VIP1}:9000", sources=CLIENTS, every=every)


def worker_probe(lab: Lab, every: float = 0.005, name: str = "worker-probe") -> Probe:
    """The worker asks the outside through VIP2."""
    return Probe(lab, "worker", name, "udp", f"{OUTSIDE}:7", sources=("192.168.1.100",), every=every, timeout=1.0)


def reference_node(host: str, *, pair: bool = False, interval: float = 1.0, version: int = 2) -> Node:
    """The configuration of a balancer as in the reference cluster."""
    priority = {"lb1": 101, "lb2": 50}[host]
    return Node((Router("VI_1", "enp0s3", 51, priority, (VIP1,), version, interval, pair=pair),
                 Router("VI_2", "enp0s8", 52, priority, (VIP2,), version, interval, pair=pair)),
                (("SG1", ("VI_1", "VI_2")),))
