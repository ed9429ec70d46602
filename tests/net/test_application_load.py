# SPDX-License-Identifier: Apache-2.0
"""What 100 containers, 100 URLs and 100 RMI endpoints cost when each is asked once a second, and that no advert waits for
them; and the containers when they tell by themselves."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.cluster import VIP1, add_balancers
from net.lab.docker import Dockerd
from net.lab.health import docker_check, http_check, rmi_check
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.probe import start_servers
from net.lab.process import Process
from net.lab.processes import processor_time
from net.lab.rmi import RmiService
from net.lab.spec import Check, Node, Router
from net.lab.table import Table

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.long]
COUNT = 100
WORKER = "192.168.1.100"
SECONDS = 15
SHARE = 0.10  # of a core, in all
RMI_PORT = 21000
LATE = 0.25  # seconds beyond the interval of 1 s

CONFIGURATION = f"""defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
frontend plain
    bind {WORKER}:80
    http-request return status 200 content-type text/plain string "all is ready"
"""


def _spent(agent: Regent, clock: Process) -> dict[str, float]:
    """Cores that each process of the agent uses while the clock ticks."""
    pids = {"regentd": agent.running().pid, **agent.hosts()}
    before, start = {name: processor_time(pid) for name, pid in pids.items()}, time.monotonic()
    for _ in range(SECONDS):
        clock.wait_for("^taken", 5.0, clock.mark())
    took = time.monotonic() - start
    used = {name: (processor_time(pid) - before[name]) / took for name, pid in pids.items()}
    used["regentd"] -= sum(share for name, share in used.items() if name != "regentd")  # its hosts are its children
    return used


def _measure(agent: Regent, node: Node, clock: Process, pace: Pace) -> tuple[dict[str, float], float]:
    """Starts it anew with these checks, waits until all are UP; also the longest time between two adverts."""
    agent.start(node)
    for check in node.checks:
        agent.running().wait_for(f"check {check.name} is UP", 20.0)
    agent.running().wait_for("Entering MASTER STATE", 20.0)
    mark = agent.running().mark()  # before it, a cold JVM may not have kept up with all at once
    start = time.monotonic()
    used = _spent(agent, clock)
    worst = max(gap.seconds for gap in pace.gaps(start, time.monotonic()))
    assert not agent.running().find("is DOWN|is UNKNOWN", mark)
    agent.stop()
    return used, worst


def _words(used: dict[str, float]) -> str:
    return f"{sum(used.values()) * 100:.1f} % of a core (" + ", ".join(
        f"{name} {share * 100:.1f}" for name, share in used.items()) + ")"


def test_100_of_each(lab: Lab, say: Say, table: Table) -> None:
    """Each container is one of its own, each URL is asked over a connection of its own, each endpoint for a name."""
    add_balancers(lab)
    lab.host("worker")
    lab.connect("worker", "eth0", "b", f"{WORKER}/24")
    file = lab.directory / "worker.cfg"
    file.write_text(CONFIGURATION, encoding="ascii")
    lab.start("worker-haproxy", ["haproxy", "-db", "-f", str(file)], host="worker")
    clock = start_servers(lab, "worker", "clock", f"count:{WORKER}:9")
    dockerd = Dockerd(lab)
    dockerd.start()
    dockerd.make_image()
    for number in range(COUNT):
        dockerd.run(f"c{number}")
    RmiService(lab, "worker", WORKER, RMI_PORT).start()
    node = Node((Router("VI_1", "enp0s3", 51, 101, (VIP1,)),))
    agent = Regent(lab, "lb1")

    def containers(event: bool) -> tuple[Check, ...]:
        return tuple(docker_check(dockerd.socket, f"c{n}", event=event, name=f"c{n}") for n in range(COUNT))

    urls = tuple(http_check(f"u{n}", f"http://{WORKER}/", 'body = "ready"', interval=1.0) for n in range(COUNT))
    services = tuple(rmi_check(f"r{n}", WORKER, RMI_PORT, 'names = ["trazaServ"]') for n in range(COUNT))
    pace = Pace(lab, "lb1")
    asked, worst = _measure(agent, replace(node, checks=(*containers(False), *urls, *services)), clock, pace)
    told, _ = _measure(agent, replace(node, checks=containers(True)), clock, pace)
    say(f"{COUNT} containers, {COUNT} URLs and {COUNT} RMI endpoints asked once a second: {_words(asked)}, adverts {worst:.3f} s "
        f"apart at worst; containers with mode = \"event\": {_words(told)}")
    table.add(f"{COUNT} containers, URLs, RMI endpoints a second", f"{_words(asked)}, adverts {worst:.3f} s apart",
              f"<= {SHARE * 100:.0f} % of a core, no late advert")
    assert sum(asked.values()) <= SHARE and worst <= 1.0 + LATE
    assert sum(told.values()) <= SHARE / 5
