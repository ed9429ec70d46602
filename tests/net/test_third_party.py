# SPDX-License-Identifier: Apache-2.0
"""A plugin of somebody else: sdk/template, copied out of the tree, built against an installed SDK, loaded by the agents of a
pair, and the reason why they change roles."""

from __future__ import annotations

import pathlib
import shutil
import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.agents import ROOT, Regent, build_directory
from net.lab.cluster import BALANCERS, reference_node
from net.lab.duo import Duo
from net.lab.lab import Lab
from net.lab.netns import run
from net.lab.spec import Check
from net.lab.table import Table

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
ROOM = 5
INTERVAL = 0.2


def _build(directory: pathlib.Path) -> pathlib.Path:
    """As an author would, from an installed SDK; returns the folder with the plugin and nothing else."""
    sdk, source, build, plugins = (directory / name for name in ("sdk", "source", "build", "plugins"))
    run(["cmake", "--install", str(build_directory()), "--component", "sdk", "--prefix", str(sdk)])
    shutil.copytree(ROOT / "sdk" / "template", source, ignore=shutil.ignore_patterns("build"))
    run(["cmake", "-S", str(source), "-B", str(build), "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={sdk}", "-DBUILD_TESTING=OFF"])
    run(["cmake", "--build", str(build)], timeout=120.0)
    run(["cmake", "--install", str(build), "--component", "plugins", "--prefix", str(directory / "installed")])
    built, = (directory / "installed").rglob("*.so")
    plugins.mkdir()
    shutil.copy(built, plugins)
    return plugins


def test_a_template_fails_over_a_pair(lab: Lab, tmp_path: pathlib.Path, say: Say, table: Table) -> None:
    """file-age: the file of lb1 goes away, and lb2 serves; it comes back, and so does lb1."""
    plugins = _build(tmp_path)
    nodes, files = {}, {}
    for host in BALANCERS:
        files[host] = lab.directory / f"{host}-heartbeat"
        files[host].touch()
        lines = ('type = "file-age"', f'path = "{files[host]}"', 'max_age = "1h"', f'interval = "{INTERVAL * 1000:.0f}ms"')
        node = reference_node(host, pair=True).all(extra=('recover_delay = "100ms"',))
        nodes[host] = replace(node, checks=(Check("heartbeat", lines),))
    duo = Duo(lab, nodes=nodes)
    for agent in duo.agents.values():
        assert isinstance(agent, Regent)
        agent.plugins = plugins
    duo.begin()
    since = time.monotonic()
    files["lb1"].unlink()
    took = duo.watcher.wait_holders(duo.vips, {"lb2"}, 10.0) - since
    line = duo.agents["lb1"].running().wait_for("check heartbeat is DOWN", 1.0)
    files["lb1"].touch()
    duo.settle("lb1")
    say(f"third-party check: lb2 serves {took * 1000:.0f} ms after the file is gone; {line.text}")
    table.add("third-party check (sdk/template) fails", f"lb2 after {took * 1000:.0f} ms", f"one interval, {INTERVAL * 1000:.0f} ms")
    assert took <= ROOM * INTERVAL
    assert "is not there" in line.text, "the plugin's own words"
