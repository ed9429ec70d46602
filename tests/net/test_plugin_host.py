# SPDX-License-Identifier: Apache-2.0
"""Plugins that die, hang or block: their checks become stale and then fresh again, nothing moves, no advert is late."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab import repeats
from net.lab.agents import ROOT, Regent, build_directory
from net.lab.cluster import BALANCERS, reference_node
from net.lab.duo import Duo
from net.lab.health import exec_check, ping_check, tcp_check
from net.lab.lab import Lab
from net.lab.netns import run
from net.lab.pace import Pace
from net.lab.probe import start_servers
from net.lab.process import Line
from net.lab.spec import Check
from net.lab.table import Table

Say = Callable[[str], None]
pytestmark = pytest.mark.usefixtures("regentd")
PLUGINS = {"exec": "script", "ping": "lan", "tcp": "port"}  # plugin and check
# A host that lives less than ten times its next delay, 200 ms, waits longer and longer (agent/plugin/host_link.cpp); and
# of a check ten changes in ten seconds are logged (check_runner.cpp), of which a round has two.
SETTLED = 2.2
LATE = 0.25  # seconds beyond the interval of 1 s


def _checks() -> tuple[Check, ...]:
    return (exec_check("/bin/true", interval=0.2, timeout=1.0), ping_check("10.0.2.1", interval=0.2),
            tcp_check("port", "10.0.2.1", 20000, interval=0.2, timeout=1.0))


def _duo(lab: Lab, checks: tuple[Check, ...], plugins: pathlib.Path | None = None) -> Duo:
    duo = Duo(lab, nodes={host: replace(reference_node(host), checks=checks) for host in BALANCERS})
    lab.host("outside")
    lab.connect("outside", "eth0", "a", "10.0.2.1/24")
    start_servers(lab, "outside", "outside-http", "http:10.0.2.1:20000")
    for agent in duo.agents.values():
        if plugins and isinstance(agent, Regent):
            agent.plugins = plugins
    return duo.begin()


class _Watch:
    """What must not happen from its making on."""

    def __init__(self, duo: Duo) -> None:
        self.duo, self.pace = duo, Pace(duo.lab, "lb1")
        self.marks, self.start = duo.marks(), self.pace.wait(0.5)

    def end(self) -> tuple[list[Line], float]:
        """The changes of state, and the longest time between two adverts."""
        end = self.pace.wait(1.0)
        assert all(self.duo.watcher.holders(vip) == {"lb1"} for vip in self.duo.vips)
        return self.duo.moves(self.marks), self.pace.worst(self.start, end).seconds


def _stale_then_fresh(agent: Regent, check: str, mark: int, timeout: float) -> float:
    """Waits until the log says both; returns the time between."""
    stale = agent.running().wait_for(f"check {check} is UNKNOWN", timeout, mark)
    lines = agent.running()
    fresh = lines.wait_for(f"check {check} is UP", timeout, lines.lines.index(stale, mark))
    return fresh.time - stale.time


def test_killed_again_and_again(lab: Lab, say: Say, table: Table) -> None:
    """Every host on both nodes, each time it has settled."""
    duo, rounds, blind, killed = _duo(lab, _checks()), repeats(4, 17), [0.0], 0
    watch = _Watch(duo)
    for _ in range(rounds):
        watch.pace.wait(SETTLED)
        marks = duo.marks()
        pids = {(host, plugin): agent.wait_host(plugin) for host, agent in duo.agents.items()
                if isinstance(agent, Regent) for plugin in PLUGINS}
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        killed += len(pids)
        for (host, plugin), pid in pids.items():
            agent = duo.agents[host]
            assert isinstance(agent, Regent)
            agent.wait_host(plugin, other_than=pid)
            blind.append(_stale_then_fresh(agent, PLUGINS[plugin], marks[host], 10.0))
    moves, worst = watch.end()
    say(f"plugin hosts killed {killed}x: {len(moves)} moves, checks stale for {max(blind) * 1000:.0f} ms at most, adverts "
        f"{worst:.3f} s apart at worst")
    table.add(f"plugin hosts killed, {killed}x", f"{len(moves)} moves, adverts {worst:.3f} s apart",
              "no move, checks stale then fresh")
    assert not moves and worst <= 1.0 + LATE


def test_hung_host(lab: Lab, say: Say, table: Table) -> None:
    """SIGSTOP of every host on the MASTER: it answers no heartbeat, and is replaced."""
    duo = _duo(lab, _checks())
    agent = duo.agents["lb1"]
    assert isinstance(agent, Regent)
    watch, pids = _Watch(duo), {plugin: agent.wait_host(plugin) for plugin in PLUGINS}
    mark, since = agent.running().mark(), time.monotonic()
    for pid in pids.values():
        os.kill(pid, signal.SIGSTOP)
    blind = [_stale_then_fresh(agent, check, mark, 15.0) for check in PLUGINS.values()]
    replaced = time.monotonic() - since
    moves, worst = watch.end()
    say(f"plugin hosts stopped: replaced after {replaced:.1f} s, checks stale for {max(blind):.1f} s at most; "
        f"{len(moves)} moves, adverts {worst:.3f} s apart at worst")
    table.add("plugin hosts hung (SIGSTOP)", f"{len(moves)} moves, fresh after {replaced:.1f} s, adverts {worst:.3f} s apart",
              "no move, checks stale then fresh")
    assert not moves and worst <= 1.0 + LATE
    assert set(pids.values()).isdisjoint(agent.hosts().values())


def _with(lab: Lab, name: str) -> pathlib.Path:
    """The plugins of the build and tests/net/plugins/NAME.cpp, in a folder of their own."""
    plugins = lab.directory / "plugins"
    shutil.copytree(build_directory() / "plugins", plugins, ignore=lambda _, names: {n for n in names if not n.endswith(".so")})
    _compile(plugins, name)
    return plugins


def _compile(plugins: pathlib.Path, name: str, *options: str) -> None:
    """In the place of what was there, as a package manager does it: the old file lives as long as it is used."""
    sdk, made = ROOT / "sdk", plugins / f"regent-{name}.so.new"
    run(["c++", "-std=c++20", "-fPIC", "-shared", "-fvisibility=hidden", *options, f"-I{sdk / 'include'}",
         f"-Wl,--version-script={sdk / 'cmake' / 'regent-plugin.map'}", "-o", str(made),
         str(ROOT / "tests" / "net" / "plugins" / f"{name}.cpp")], timeout=60.0)
    made.rename(plugins / f"regent-{name}.so")


def test_blocking_plugin(lab: Lab, say: Say, table: Table) -> None:
    """A probe that never returns: that plugin's check is stale, those of others are not, until it stops."""
    trigger = lab.directory / "trigger"
    blocking = Check("blocking", ('type = "blocking"', f'trigger = "{trigger}"', 'interval = "200ms"'))
    duo = _duo(lab, (*_checks(), blocking), _with(lab, "blocking"))
    agent = duo.agents["lb1"]
    assert isinstance(agent, Regent)
    watch, mark = _Watch(duo), agent.running().mark()
    trigger.touch()
    stale = agent.running().wait_for("check blocking is UNKNOWN", 10.0, mark)
    watch.pace.wait(4.0)  # long enough for the next host to be found hanging, too
    trigger.unlink()
    fresh = agent.running().wait_for("check blocking is UP", 15.0, mark)
    moves, worst = watch.end()
    others = agent.running().find("check (script|lan|port) is", mark)
    say(f"plugin that blocks: {stale.text}; fresh {fresh.time - stale.time:.1f} s later; {len(moves)} moves, adverts "
        f"{worst:.3f} s apart at worst")
    table.add("plugin that blocks for ever", f"{len(moves)} moves, adverts {worst:.3f} s apart", "no move, checks stale then fresh")
    assert not moves and not others and worst <= 1.0 + LATE


def test_replaced_plugin(lab: Lab, say: Say) -> None:
    """A plugin that was upgraded on disk, with another parameter before the old one: a reload brings the new code, whole."""
    replaced = Check("replaced", ('type = "replaced"', 'word = "word"', 'interval = "200ms"'))
    plugins, checks = _with(lab, "replaced"), (*_checks(), replaced)
    duo = _duo(lab, checks, plugins)
    agent = duo.agents["lb1"]
    assert isinstance(agent, Regent)
    agent.running().wait_for("check replaced is UP: old word", 10.0, 0)
    before, watch, mark = agent.hosts(), _Watch(duo), agent.running().mark()
    _compile(plugins, "replaced", "-DNEW")
    agent.reload(replace(reference_node("lb1"), checks=checks))
    fresh = agent.running().wait_for("check replaced is", 10.0, mark)
    moves, worst = watch.end()
    after = agent.hosts()
    say(f"plugin replaced, then a reload: {fresh.text}; {len(moves)} moves, adverts {worst:.3f} s apart at worst")
    assert fresh.text.endswith("check replaced is UP: new word")
    assert not moves and worst <= 1.0 + LATE
    assert {plugin for plugin in before if before[plugin] != after[plugin]} == {"replaced"}
