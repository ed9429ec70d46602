# SPDX-License-Identifier: Apache-2.0
"""A check that cannot run is no pass: the node where it cannot is the last resort, and says why. keepalived takes the
script for one that succeeds."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.cluster import BALANCERS, reference_node
from net.lab.duo import Duo
from net.lab.health import exec_check, script
from net.lab.lab import Lab
from net.lab.table import Table

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
MISSING = "/usr/local/bin/no-such-interpreter"
GRACE = 5.0  # rules.md 13


def _duo(lab: Lab, kind: str) -> Duo:
    """The same script on both nodes, which only lb2 can start."""
    nodes = {}
    for host in BALANCERS:
        command = script(lab.directory / f"{host}-check", "exit 0", interpreter=MISSING if host == "lb1" else "/bin/sh")
        nodes[host] = replace(reference_node(host, pair=True), checks=(exec_check(command),))
    return Duo(lab, kind, nodes=nodes)


def test_a_check_without_its_interpreter(new_lab: Callable[[str], Lab], say: Say, table: Table) -> None:
    """lb1 would be MASTER by its priority; lb2 is, and STATUS and log of lb1 name the reason."""
    ours, rival = _duo(new_lab("regent"), "regent"), _duo(new_lab("keepalived"), "keepalived")
    rival.start()
    start = ours.start()
    served = ours.watcher.wait_holders(ours.vips, {"lb2"}, GRACE + 2 * ours.takeover("lb2") + 5.0) - start
    lb1 = ours.agents["lb1"]
    assert isinstance(lb1, Regent)
    line = lb1.running().wait_for("check script is UNKNOWN", 1.0)
    told = lb1.notified().wait_for("last resort", GRACE + 5.0)
    end = ours.capture.pass_time(time.monotonic() + ours.takeover("lb1"))
    rival.settle("lb1")
    keeps = all(rival.watcher.holders(vip) == {"lb1"} for vip in rival.vips)
    say(f"lb2 serves {served:.1f} s after the start; log: {line.text.strip()}; STATUS: {told}")
    table.add("check that cannot run on lb1", f"lb2 serves after {served:.1f} s", "lb1 is last resort and says why",
              "lb1 has the VIPs" if keeps else "lb2 has the VIPs")
    assert all(ours.watcher.holders(vip) == {"lb2"} for vip in ours.vips)
    assert not [c for c in ours.watcher.events(start, end) if c.host == "lb1" and c.address in ours.vips], "never on lb1"
    for said in (line.text, told):
        assert "lb1-check" in said or MISSING in said, f"what could not be run is not named: {said}"
    assert keeps, "what keepalived does here has changed"
