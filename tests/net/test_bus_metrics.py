# SPDX-License-Identifier: Apache-2.0
"""regentctl metrics of an agent with everything that can be counted, before Prometheus' own judge, and in the manual."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from net.lab.agents import ROOT
from net.lab.bus import Bus
from net.lab.cluster import BALANCERS, reference_node
from net.lab.duo import Duo
from net.lab.health import exec_check, script
from net.lab.lab import Lab
from net.lab.processes import eventually
from net.lab.spec import Notifier, strings

pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
PROMTOOL = ROOT / "build" / "tools" / "promtool"  # of tests/lib/packages.sh
DOCUMENT = ROOT / "docs" / "metrics.md"


@pytest.fixture(scope="module")
def metrics(shared_lab: Lab) -> str:
    """What is printed when there are instances, a group, checks with metrics, notifiers and plugins."""
    duo = Duo(shared_lab, "regent", version=3, interval=0.2)
    for host in BALANCERS:
        check = script(shared_lab.directory / f"{host}-check.sh", "echo 'fit | load=0.5;;;0; size=7kB'", "exit 0")
        told = script(shared_lab.directory / f"{host}-notify.sh", "exit 0")
        pager = Notifier("pager", ('type = "exec"', f"command = {strings((told,))}", 'user = "root"'))
        duo.nodes[host] = replace(reference_node(host, version=3, interval=0.2), checks=(exec_check(check, interval=0.2, name="fit"),),
                                  notifiers=(pager,))
    bus = Bus(shared_lab, "lb1")
    duo.agents["lb1"].environment = bus.environment  # type: ignore[union-attr]
    bus.start()
    duo.begin()
    bus.wait_name(5.0)
    return eventually(lambda: text if "regent_check_metric{" in (text := bus.regentctl("metrics")[0]) else None, 10.0, "no metrics of a check")


def _promtool() -> str:
    found = str(PROMTOOL) if PROMTOOL.exists() else shutil.which("promtool")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no promtool: tests/run.sh unpacks it")
    return found


def test_promtool_has_nothing_to_say(metrics: str) -> None:
    """Names, types, help and units as Prometheus wants them."""
    done = subprocess.run([_promtool(), "check", "metrics"], input=metrics, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_promtool_can_complain(metrics: str) -> None:
    """The judge is one."""
    wrong = metrics.replace("regent_adverts_sent_total", "regent_adverts_sent")
    done = subprocess.run([_promtool(), "check", "metrics"], input=wrong, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "regent_adverts_sent" in done.stderr


def _printed(metrics: str) -> dict[str, tuple[str, str, str]]:
    """Name: type, labels, help."""
    helps = dict(re.findall(r"^# HELP (\S+) (.*)$", metrics, re.MULTILINE))
    labels: dict[str, str] = {}
    for name, inside in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", metrics, re.MULTILINE):
        labels[name] = ", ".join(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', inside))
    return {name: (kind, labels[name], helps[name]) for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", metrics, re.MULTILINE)}


def test_the_manual_has_them_all(metrics: str) -> None:
    """Each with its type, labels and meaning, and none that is not printed."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {name: (kind, labels.replace("`", "").strip("- "), meaning) for name, kind, labels, meaning in rows}
    assert documented == _printed(metrics)


def test_counters_and_seconds_have_their_form(metrics: str) -> None:
    """Counters alone end in _total; seconds are floats."""
    for name, (kind, _, _) in _printed(metrics).items():
        assert kind in ("counter", "gauge") and name.endswith("_total") == (kind == "counter")
    seconds = re.findall(r"^\w+_seconds(?:\{.*\})? (\S+)$", metrics, re.MULTILINE)
    assert len(seconds) > 2 and all("." in value for value in seconds)
