# SPDX-License-Identifier: Apache-2.0
"""The demo with the reference cluster's application behind the balancers: what happens to its servers, what regent says of
it, and what clients see."""

from __future__ import annotations

import json
import pathlib
from dataclasses import asdict

from net.lab.application import FARHOSIN, INTERVAL, RMI1, TIMEOUT, TRAEJAR
from net.lab.lab import Lab
from net.lab.service_faults import Row, ServiceScene, container_faults, http_faults, rmi_faults
from screen import Screen, milliseconds

HARD_LIMIT = 240  # seconds; it takes about one minute
BUILT = ("plugins/regent-docker.so", "plugins/regent-rmi.so", "plugins/regent-http.so")


def _moved(row: Row) -> str:
    return "nothing" if row.moved is None else f"VIPs to {row.to}, {milliseconds(row.moved)}"


def table(rows: list[Row]) -> str:
    """The closing table: below each row what the check said."""
    head = ("what was done", "told after", "must be", "HAProxy: out", "what moved", "clients of", "lost", "longest gap", "limits")
    lines = [head]
    for row in rows:
        verdict = "OVER: " + "; ".join(row.over()) if row.over() else "kept"
        lines.append((row.act, milliseconds(row.told), row.must, milliseconds(row.proxy), _moved(row), row.service,
                      f"{row.client.lost} of {row.client.sent}", milliseconds(row.client.longest_gap), verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    right = {1, 3, 6, 7}
    text = ["  ".join((cell.rjust if i in right else cell.ljust)(widths[i]) for i, cell in enumerate(line)).rstrip()
            for line in lines]
    below = [[f"    {words}" for words in (row.said, row.note) if words] for row in rows]
    return "\n".join([text[0], *(line for first, more in zip(text[1:], below) for line in (first, *more))])


def explain(scene: ServiceScene, rows: list[Row]) -> str:
    """What the columns mean, and why the checks are set up as they are."""
    told = len(scene.app.told())
    late = max(row.client.cadence for row in rows if row.service in (TRAEJAR.name, FARHOSIN.name))
    return "\n".join([
        f"Told: the later of both balancers' log lines; each watches all servers, by {told} checks ({milliseconds(INTERVAL)} "
        f"interval, {milliseconds(TIMEOUT)} timeout; containers by events of dockerd, over TLS).",
        "No instance tracks these checks. A server that is down is down for both balancers: tracked, it would make last resorts",
        "of both, and then not even the death of HAProxy could move a VIP. HAProxy takes the server out; regent says which and",
        "why. Tracked are a balancer's own HAProxy and LAN: they move both VIPs, and the sessions stay, for the two HAProxys are",
        "peers. UNKNOWN is held: a dockerd that is gone says nothing against its containers.",
        f"Clients: HTTP to {TRAEJAR.name} and {FARHOSIN.name}, new connections every 20 ms; Java RMI to {RMI1.name}, a lookup and a",
        "call every 20 ms, one after the other. Lost is what was answered wrongly or not at all until HAProxy had noticed; a user",
        f"whose RMI server dies must log in at another. Where this machine was busy, {milliseconds(late)} between two questions at worst."])


def demo(lab: Lab, screen: Screen, file: str | None) -> int:
    """Builds it and does the faults; exit code 0 when everything was as it must be, 1 otherwise."""
    screen.step("build the cluster: 8 containers, 8 JVMs, HAProxy and regent on both balancers")
    scene = ServiceScene(lab, screen.change)
    server, count = scene.call()
    screen.say(f"    Java client ana through VIP1: call {count} answered by {server}; sticks to it: "
               f"lb1 {scene.table('lb1')}, lb2 {scene.table('lb2')}")
    rows: list[Row] = []
    for make in (*container_faults(scene), *rmi_faults(scene), *http_faults(scene)):
        fault = make()
        screen.step(fault.act)
        rows.append(_shown(scene.do(fault), screen))
    for act, move in (("kill HAProxy of lb1", scene.lose_haproxy), ("start it again", scene.regain_haproxy)):
        screen.step(act)
        rows.append(_shown(move(), screen))
    screen.close()
    print("\n" + table(rows) + "\n\n" + explain(scene, rows))
    if file:
        pathlib.Path(file).write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row.over() for row in rows) else 0


def _shown(row: Row, screen: Screen) -> Row:
    screen.say(f"    {row.said}")
    return row
