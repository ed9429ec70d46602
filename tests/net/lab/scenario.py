# SPDX-License-Identifier: Apache-2.0
"""Faults done to the reference cluster, and what they cost: the demo's and the failover tests' common part."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Callable

from .agents import Keepalived, Regent, make_agent
from .capture import Capture
from .cluster import (BALANCERS, VIP1, VIP2, add_balancers, add_surroundings, client_probe, reference_node,
                      worker_probe)
from .haproxy import Haproxy
from .lab import Lab
from .notifications import Notifications
from .probe import Verdict, judge
from .spec import Check, Node
from .watch import AddressWatcher, Change, spread

VIPS = (VIP1, VIP2)
SKEW = (256 - 50) / 256.0  # of lb2 at the reference cluster's 1 s adverts


@dataclass
class Outcome:
    """What one fault did. Seconds; None where nothing moved."""

    fault: str
    moved: str
    took: float | None  # fault -> the last of both VIPs in its new place
    apart: float | None  # between the two VIPs
    since_advert: float | None  # last advert that lb2 could hear -> the last of both VIPs in its new place
    flips: int  # changes of the serving balancer, the worse VIP
    none: float  # time with a VIP on no balancer, the worse VIP
    both: float  # time with a VIP on two, the worse VIP
    client: Verdict
    worker: Verdict
    limits: dict[str, float] = field(default_factory=dict)

    def figures(self) -> dict[str, object]:
        """As plain data."""
        return asdict(self)

    def over(self) -> list[str]:
        """The limits that were not kept, as sentences."""
        seen = {"took": self.took, "apart": self.apart, "since_advert": self.since_advert,
                "gap": self.client.longest_gap, "lost": self.client.lost, "flips": self.flips}
        return [f"{name} {seen[name]:.3f} > {limit:.3f}" for name, limit in self.limits.items()
                if (value := seen[name]) is not None and value > limit + 1e-9]


class Scenario:
    """The whole cluster with agents, probes and referees. `kinds` are the agents of lb1 and lb2; `checks` says what
    each of them watches."""

    def __init__(self, lab: Lab, kinds: tuple[str, str] = ("regent", "regent"), *, pair: bool = False,
                 interval: float = 1.0, version: int = 2, on_change: Callable[[Change], None] | None = None,
                 checks: Callable[[Haproxy], tuple[Check, ...]] | None = None, recover: str = "") -> None:
        self.lab, self.pair, self.interval, self.version = lab, pair, interval, version
        self.checks, self.recover = checks, recover
        add_balancers(lab)
        self.haproxy = add_surroundings(lab)
        self.watcher = AddressWatcher(lab, BALANCERS, on_change)
        self.capture = Capture(lab)
        self.agents: dict[str, Keepalived | Regent] = {
            host: make_agent(kind, lab, host) for host, kind in zip(BALANCERS, kinds)}

    def node(self, host: str) -> Node:
        """The configuration of a balancer."""
        node = reference_node(host, pair=self.pair, interval=self.interval, version=self.version)
        if self.recover:
            node = node.all(extra=(f'recover_delay = "{self.recover}"',))
        return replace(node, checks=self.checks(self.haproxy[host])) if self.checks else node

    def begin(self) -> float:
        """Starts both agents and the probes; returns how long it took until lb1 held both VIPs."""
        started = self.agents["lb1"].start(self.node("lb1"))
        self.agents["lb2"].start(self.node("lb2"))
        settled = self.watcher.wait_holders(VIPS, {"lb1"}, 4 * self.interval + 10.0)
        self.client, self.worker = client_probe(self.lab), worker_probe(self.lab)
        self.client.wait_answer(0.0, 10.0)
        self.worker.wait_answer(0.0, 10.0)
        # lb2 must have heard lb1 before anything is done to either.
        self.capture.wait_advert(max(settled, self.agents["lb2"].wait_begun()), 3 * self.interval + 1.0, host="lb1")
        return settled - started

    def fault(self, name: str, action: Callable[[], float], holders: set[str], serving: str, *,
              timeout: float | None = None, limits: dict[str, float] | None = None) -> Outcome:
        """Does `action`, which returns its time, and waits until exactly `holders` have both VIPs and all is quiet."""
        start = action()
        acted = self.watcher.now()
        self.watcher.wait_holders(VIPS, holders, timeout or 5 * self.interval + 25.0)
        self.watcher.wait_quiet(self.interval)
        calm = max(start, self.watcher.last_change())
        self.client.wait_answer(calm, 10.0)
        self.worker.wait_answer(calm, 10.0)
        end = calm + self.interval
        self.client.wait_complete(end, self.client.timeout + 5.0)
        self.worker.wait_complete(end, self.worker.timeout + 5.0)
        return self._outcome(name, (start, acted, end), serving, limits or {})

    def move(self, action: Callable[[], float], serving: str, *, timeout: float = 25.0) -> Verdict:
        """Does `action`, which returns its time, waits until `serving` alone has both VIPs and the client is served
        again; what it saw meanwhile. Faster than fault(), which also waits until all is quiet."""
        start = action()
        self.watcher.wait_holders(VIPS, {serving}, timeout)
        served = self.client.wait_answer(max(start, self.watcher.last_change()), 10.0).end
        self.client.wait_complete(served, self.client.timeout + 5.0)
        return judge(self.client.requests(), start, served)

    def _outcome(self, name: str, span: tuple[float, float, float], serving: str, limits: dict[str, float]) -> Outcome:
        start, acted, end = span
        other = "lb1" if serving == "lb2" else "lb2"
        times = []
        for vip in VIPS:
            came = self.watcher.arrival(vip, serving, start)
            when = came if came is not None else self.watcher.departure(vip, other, start)
            if when is not None:
                times.append(when)
        lines = [self.watcher.timeline(vip, start, end) for vip in VIPS]
        # What leaves while the fault is being done may still arrive.
        heard = [a.time for a in self.capture.between(start - 5 * self.interval, acted, host=other)]
        moved = f"VIP1 and VIP2 to {serving}" if len(times) == len(VIPS) else "nothing" if not times else "one VIP only"
        return Outcome(name, moved, max(times) - start if times else None, spread(times) if times else None,
                       max(times) - max(heard) if times and heard else None,
                       max(line.flips for line in lines), max(line.none for line in lines),
                       max(line.both for line in lines), judge(self.client.requests(), start, end),
                       judge(self.worker.requests(), start, end), limits)

    def follower_delays(self, since: float) -> list[tuple[float, float]]:
        """For each VIP that lb2 has taken over: how long it was on no balancer, and how long lb2 itself took from its
        first advert, on which the other lets go, to the address."""
        seen = []
        for router in self.node("lb2").routers:
            vip, = router.addresses
            advert = self.capture.wait_advert(since, 1.0, host="lb2", vrid=router.vrid, priority=router.priority)
            came = self.watcher.wait_arrival(vip, "lb2", since, 1.0)
            seen.append((self.watcher.timeline(vip, since, came).none, came - advert.time))
        return seen

    def notified(self, host: str) -> Notifications:
        """What the regent of a balancer has told the service manager."""
        agent = self.agents[host]
        assert isinstance(agent, Regent)
        return agent.notified()

    def reload(self) -> None:
        """Both regents read what node() says now."""
        for host in BALANCERS:
            count = self.notified(host).count()
            self.agents[host].reload(self.node(host))
            self.notified(host).wait_for("READY=1", 10.0, since=count)

    # The faults of the issue, in its order.

    def stop_lb1(self, **more: object) -> Outcome:
        """Clean stop of lb1's agent."""
        outcome = self.fault("stop lb1's agent", self.agents["lb1"].terminate, {"lb2"}, "lb2", **more)  # type: ignore[arg-type]
        self.agents["lb1"].running().wait(15.0)
        return outcome

    def return_lb1(self, **more: object) -> Outcome:
        """lb1's agent comes back and preempts."""
        return self.fault("start it again", lambda: self.agents["lb1"].start(self.node("lb1")), {"lb1"}, "lb1", **more)  # type: ignore[arg-type]

    def pull_cable(self, **more: object) -> Outcome:
        """Both cables of lb1 are pulled: it sees its carrier go."""
        return self.fault("pull lb1's cables", self._timed(lambda: self.lab.cable("lb1", plugged=False)), {"lb2"},
                          "lb2", **more)  # type: ignore[arg-type]

    def put_cable(self, **more: object) -> Outcome:
        """They are put back."""
        return self.fault("put them back", self._timed(lambda: self.lab.cable("lb1", plugged=True)), {"lb1"}, "lb1",
                          **more)  # type: ignore[arg-type]

    def silence(self, **more: object) -> Outcome:
        """Every frame of lb1 vanishes while its links stay up: it goes on as MASTER, alone."""
        return self.fault("drop lb1's packets", self._timed(lambda: self.lab.silence("lb1", silent=True)),
                          {"lb1", "lb2"}, "lb2", **more)  # type: ignore[arg-type]

    def restore(self, **more: object) -> Outcome:
        """Its frames pass again: one of the two masters must yield."""
        return self.fault("let them pass again", self._timed(lambda: self.lab.silence("lb1", silent=False)), {"lb1"},
                          "lb1", **more)  # type: ignore[arg-type]

    def reload_as_pair(self) -> Outcome:
        """`pair = true` by reload on both: nobody moves."""
        self.pair = True

        def both() -> float:
            before = [self.agents[host].reload(self.node(host)) for host in BALANCERS]
            # The next advert of lb1 after the reload is the one that lb2 learns its partner from.
            self.capture.wait_advert(before[-1] + 0.2, 3 * self.interval + 1.0, host="lb1")
            return before[0]

        return self.fault("reload: pair = true", both, {"lb1"}, "lb1")

    def _timed(self, action: Callable[[], object]) -> Callable[[], float]:
        def timed() -> float:
            before = self.watcher.now()
            action()
            return before

        return timed
