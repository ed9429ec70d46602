# SPDX-License-Identifier: Apache-2.0
"""The two balancers with agents and referees and nothing else: for what is judged by addresses and packets alone."""

from __future__ import annotations

from typing import Callable

from .agents import Keepalived, Regent, make_agent
from .capture import Capture
from .cluster import BALANCERS, add_balancers, reference_node
from .lab import Lab
from .process import Line
from .spec import Node
from .watch import AddressWatcher, Change, Timeline

ENTERING = r"Entering (?:BACKUP|MASTER|FAULT|INIT)"


class Duo:
    """lb1 and lb2 run the same program; lb1 has the higher priority. `nodes` instead of the reference configuration."""

    def __init__(self, lab: Lab, kind: str = "regent", *, nodes: dict[str, Node] | None = None, pair: bool = False,
                 interval: float = 1.0, version: int = 2, on_change: Callable[[Change], None] | None = None) -> None:
        add_balancers(lab)
        self.lab, self.kind = lab, kind
        self.watcher, self.capture = AddressWatcher(lab, BALANCERS, on_change), Capture(lab)
        self.agents: dict[str, Keepalived | Regent] = {host: make_agent(kind, lab, host) for host in BALANCERS}
        self.nodes = dict(nodes) if nodes else {host: reference_node(host, pair=pair, interval=interval, version=version)
                                                for host in BALANCERS}
        routers = self.nodes["lb1"].routers
        self.interval = max(r.interval for r in routers)
        self.vips = self.nodes["lb1"].addresses()
        self.vrids = tuple(r.vrid for r in routers)

    def skew(self, host: str) -> float:
        """The skew time of a node, in seconds."""
        return (256 - self.nodes[host].routers[0].priority) / 256 * self.interval

    def takeover(self, host: str) -> float:
        """How long after the last advert a node takes over: three adverts and its skew."""
        return 3 * self.interval + self.skew(host)

    def start(self, host: str | None = None) -> float:
        """Starts both agents, or one; returns the time just before. Does not wait."""
        return min(self.agents[h].start(self.nodes[h]) for h in BALANCERS if host in (None, h))

    def settle(self, holder: str = "lb1", timeout: float | None = None) -> float:
        """Waits until one node alone holds everything and the other, if it runs, has heard it; returns when the former was
        seen."""
        settled = self.watcher.wait_holders(self.vips, {holder}, timeout or 2 * self.takeover("lb2") + 6.0)
        heard = max([settled, *(agent.wait_begun() for host, agent in self.agents.items() if host != holder and agent.runs())])
        for vrid in self.vrids:
            self.capture.wait_advert(heard, 3 * self.interval + 1.0, host=holder, vrid=vrid)
        return settled

    def begin(self) -> "Duo":
        """Both started, lb1 MASTER."""
        self.start()
        self.settle()
        return self

    def marks(self) -> dict[str, int]:
        """Where each agent's log stands."""
        return {host: agent.running().mark() for host, agent in self.agents.items()}

    def moves(self, marks: dict[str, int]) -> list[Line]:
        """Every change of state that either agent has logged since."""
        return [line for host, mark in marks.items() for line in self.agents[host].running().find(ENTERING, mark)]

    def timelines(self, start: float, end: float) -> list[Timeline]:
        """What happened to each address of lb1's configuration."""
        return [self.watcher.timeline(vip, start, end) for vip in self.vips]

    def cost(self, start: float, end: float) -> tuple[float, float, int]:
        """Time with an address on no node, time with one on both, moves: the worst address each."""
        lines = self.timelines(start, end)
        return max(x.none for x in lines), max(x.both for x in lines), max(x.flips for x in lines)


def begin_all(*duos: Duo) -> None:
    """Starts several at once and waits until in each lb1 is MASTER."""
    for duo in duos:
        duo.start()
    for duo in duos:
        duo.settle()
