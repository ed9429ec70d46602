# SPDX-License-Identifier: Apache-2.0
"""Many virtual routers and many addresses: start, move and stop are right, and no step is quadratic.

keepalived's times for the same are printed beside regent's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable

import pytest

from net.lab import LONG
from net.lab.agents import Keepalived, Regent, make_agent
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.lab import Lab
from net.lab.spec import Node, Router
from net.lab.watch import AddressWatcher, spread

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.alone]
PRIORITIES = {"lb1": 101, "lb2": 50}


@dataclass
class Times:
    """Seconds. `work` figures leave out what the protocol waits for: first address to last."""

    start: float
    start_work: float
    move: float
    move_work: float
    stop: float
    back_work: float

    def __str__(self) -> str:
        return (f"start {self.start:.2f} s (addresses in {self.start_work * 1000:.0f} ms), "
                f"move {self.move:.2f} s (in {self.move_work * 1000:.0f} ms), "
                f"process gone after {self.stop:.2f} s, back (in {self.back_work * 1000:.0f} ms)")


def _arrivals(watcher: AddressWatcher, addresses: tuple[str, ...], host: str, since: float) -> list[float]:
    wanted = set(addresses)
    return [c.time for c in watcher.events(since, time.monotonic())
            if c.host == host and c.added and not c.again and c.address in wanted]


def _cycle(lab: Lab, kind: str, node: Callable[[str], Node]) -> Times:
    """Both start; lb1 stops; lb1 comes back. Every address must follow each time."""
    add_balancers(lab)
    watcher, capture = AddressWatcher(lab, BALANCERS), Capture(lab, announced=False)
    agents: dict[str, Keepalived | Regent] = {host: make_agent(kind, lab, host) for host in BALANCERS}
    for agent in agents.values():
        if isinstance(agent, Keepalived):
            agent.details = False
    addresses = node("lb1").addresses()
    started = agents["lb1"].start(node("lb1"))
    settled = watcher.wait_holders(addresses, {"lb1"}, 60.0)
    start_work = spread(_arrivals(watcher, addresses, "lb1", started))
    agents["lb2"].start(node("lb2"))
    if isinstance(agents["lb2"], Regent):
        agents["lb2"].wait_ready()
    last = node("lb1").routers[-1].vrid
    # lb2 must have heard every instance before lb1 leaves.
    heard = time.monotonic() + 1.5
    capture.wait_advert(heard, 5.0, host="lb1", vrid=last)
    assert watcher.holders(addresses[0]) == {"lb1"} and not _arrivals(watcher, addresses, "lb2", started)
    stopped = agents["lb1"].terminate()
    moved = watcher.wait_holders(addresses, {"lb2"}, 60.0)
    move_work = spread(_arrivals(watcher, addresses, "lb2", stopped))
    agents["lb1"].running().wait(30.0)
    gone = time.monotonic()
    assert {a.vrid for a in capture.between(stopped, gone, host="lb1", priority=0)} \
        == {r.vrid for r in node("lb1").routers}
    back = agents["lb1"].start(node("lb1"))
    watcher.wait_holders(addresses, {"lb1"}, 60.0)
    back_work = spread(_arrivals(watcher, addresses, "lb1", back))
    assert all(a.problems == () and a.checksum != "bad" for a in capture.adverts)
    agents["lb1"].stop(30.0)
    agents["lb2"].stop(30.0)
    watcher.wait_holders(addresses, set(), 10.0)
    return Times(settled - started, start_work, moved - stopped, move_work, gone - stopped, back_work)


def _routers(count: int) -> Callable[[str], Node]:
    return lambda host: Node(tuple(Router(f"V{vrid}", "enp0s3", vrid, PRIORITIES[host], (f"10.1.0.{vrid}",), 3, 1.0)
                                   for vrid in range(1, count + 1)))


def _addresses(advertised: int, excluded: int) -> Callable[[str], Node]:
    listed = tuple(f"10.1.{i // 250}.{i % 250 + 1}" for i in range(advertised + excluded))
    return lambda host: Node((Router("BIG", "enp0s3", 51, PRIORITIES[host], listed[:advertised], 3, 1.0,
                                     excluded=listed[advertised:]),))


def _in_lab(factory: pytest.TempPathFactory, kind: str, node: Callable[[str], Node]) -> Times:
    with Lab(factory.mktemp("scale")) as lab:
        try:
            return _cycle(lab, kind, node)
        except Exception:
            print(lab.report())
            raise


def _no_quadratic_step(small: Times, large: Times, factor: float) -> None:
    """Twice the proportional time, and 100 ms, are granted; a quadratic step would need `factor` times it."""
    for step in ("start_work", "move_work", "back_work"):
        assert getattr(large, step) <= 2 * factor * getattr(small, step) + 0.1, step


def test_255_virtual_routers(ground: None, say: Say, tmp_path_factory: pytest.TempPathFactory) -> None:
    small = _in_lab(tmp_path_factory, "regent", _routers(51))
    large = _in_lab(tmp_path_factory, "regent", _routers(255))
    rival = _in_lab(tmp_path_factory, "keepalived", _routers(255)) if LONG else "only in the long form"
    say(f"regent,      51 virtual routers: {small}")
    say(f"regent,     255 virtual routers: {large}")
    say(f"keepalived, 255 virtual routers: {rival}")
    _no_quadratic_step(small, large, 5.0)
    assert large.move <= (3 + 206 / 256) + 2.0


@pytest.mark.long
def test_1000_addresses(ground: None, say: Say, tmp_path_factory: pytest.TempPathFactory) -> None:
    small = _in_lab(tmp_path_factory, "regent", _addresses(50, 150))
    large = _in_lab(tmp_path_factory, "regent", _addresses(255, 745))
    rival = _in_lab(tmp_path_factory, "keepalived", _addresses(255, 745))
    say(f"regent,      50 + 150 addresses: {small}")
    say(f"regent,     255 + 745 addresses: {large}")
    say(f"keepalived, 255 + 745 addresses: {rival}")
    _no_quadratic_step(small, large, 5.0)
    assert large.move <= 206 / 256 + 2.0
