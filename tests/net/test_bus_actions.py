# SPDX-License-Identifier: Apache-2.0
"""What an operator has checks, notifiers, plugins and instances do: on the real pair, with busctl and regentctl."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from net.lab.agents import Regent
from net.lab.bus import NAME, PATH
from net.lab.cluster import VIP1
from net.lab.lab import Lab
from net.lab.process import Process
from net.lab.processes import eventually
from net.test_bus import Scene

pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
CHECK = f"{PATH}/check/haproxy"


@pytest.fixture(scope="module")
def scene(shared_lab: Lab) -> Scene:
    return Scene(shared_lab, version=3, interval=0.2)


def _monitor(scene: Scene, name: str, member: str) -> Process:
    monitor = scene.duo.lab.start(name, ["busctl", f"--address={scene.lb1.address}", "--json=short", "monitor", "--match",
                                         f"type='signal',member='{member}'"])
    monitor.wait_for("Monitoring bus", 5.0)
    return monitor


def _until(scene: Scene, path: str, interface: str, name: str, value: object) -> None:
    eventually(lambda: True if scene.lb1.get(path, interface, name) == value else None, 5.0, f"{name} is not {value!r}")


def test_overridden_as_up(scene: Scene) -> None:
    """A check that fails counts as UP until that is taken back, through a crash of the agent, and everybody can see it."""
    start, agent = time.monotonic(), scene.duo.agents["lb1"]
    scene.lb1.regentctl("check", "override", "haproxy", "up", "--for", "10m")
    agent.running().wait_for(r"Override of check haproxy as UP for 600 s, asked for by uid 0, regentctl, pid \d+", 5.0)
    scene.fit["lb1"].unlink()
    _until(scene, CHECK, "Check", "State", "down")
    assert scene.lb1.get(CHECK, "Check", "OverrideState") == "up"
    until = scene.lb1.get(CHECK, "Check", "OverrideUntil")
    assert isinstance(until, int) and 590 < until / 1e6 - time.time() < 601
    screen = scene.lb1.regentctl("status", code=3)[0]
    assert "! check haproxy counts as UP, whatever it says" in screen and "(counts as UP for 9 min more)" in screen
    assert 'regent_check_overridden{check="haproxy"} 1' in scene.lb1.regentctl("metrics")[0]
    agent.kill()
    agent.start(scene.duo.nodes["lb1"])
    scene.lb1.wait_name(5.0)
    _until(scene, CHECK, "Check", "State", "down")
    assert scene.lb1.get(CHECK, "Check", "OverrideState") == "up"
    _, _, flips = scene.duo.cost(start, time.monotonic())
    assert flips == 0 and scene.duo.watcher.holders(VIP1) == {"lb1"}
    cleared = time.monotonic()
    scene.lb1.regentctl("check", "clear", "haproxy")
    scene.moved(cleared, "lb2")
    assert scene.lb1.get(CHECK, "Check", "OverrideState") == ""
    scene.fit["lb1"].touch()
    scene.duo.settle()


def test_overridden_as_down(scene: Scene) -> None:
    """As good as a failure, until it ends by itself."""
    start = time.monotonic()
    scene.lb1.busctl("call", NAME, CHECK, f"{NAME}.Check", "Override", "st", "down", "2000000")
    scene.moved(start, "lb2")
    assert "check haproxy DOWN: overridden by uid 0, busctl, pid" in str(scene.lb1.get(f"{PATH}/instance/VI_5f1", "Instance", "LastResortCause"))
    scene.duo.agents["lb1"].running().wait_for("The override of check haproxy has ended", 5.0)
    assert time.monotonic() - start >= 2.0 and scene.lb1.get(CHECK, "Check", "OverrideUntil") == 0
    scene.duo.settle()


def test_who_asks_may_be_called_anything(scene: Scene) -> None:
    """The name of the process that asked stands in a reason: one that is no UTF-8 does not cost the bus."""
    odd = os.fsencode(scene.duo.lab.directory) + b"/\xffodd"
    shutil.copy("/usr/bin/busctl", odd)
    call = [odd, f"--address={scene.lb1.address}", "call", NAME, CHECK, f"{NAME}.Check"]
    start = time.monotonic()
    subprocess.run([*call, "Override", "st", "down", "60000000"], check=True, timeout=10)
    scene.moved(start, "lb2")
    assert "overridden by uid 0, \ufffdodd, pid" in str(scene.lb1.get(f"{PATH}/instance/VI_5f1", "Instance", "LastResortCause"))
    subprocess.run([*call, "ClearOverride"], check=True, timeout=10)
    scene.duo.settle()


def test_what_makes_no_sense_is_refused(scene: Scene) -> None:
    for words in (("degraded", "2000000"), ("up", "0"), ("up", str(8 * 86400 * 10**6))):
        refusal = scene.lb1.busctl("call", NAME, CHECK, f"{NAME}.Check", "Override", "st", *words, fails=True)
        assert "must be" in refusal
    assert "there is no check 'nginx'" in scene.lb1.regentctl("check", "run", "nginx", code=4)[1]


def test_run_now(scene: Scene) -> None:
    """What is wrong is known at once, and counts."""
    assert scene.lb1.regentctl("check", "run", "haproxy")[0] == "haproxy up: fit\n"
    start = time.monotonic()
    scene.fit["lb1"].unlink()
    answer = json.loads(scene.lb1.regentctl("check", "run", "haproxy", "--json", code=3)[0])
    assert (answer["schema"], answer["state"]) == ("regent.check.1", "down")
    scene.moved(start, "lb2")
    scene.fit["lb1"].touch()
    scene.duo.settle()


def test_parameters_and_reason(scene: Scene) -> None:
    parameters = scene.lb1.get(CHECK, "Check", "Parameters")
    assert isinstance(parameters, dict) and parameters["user"]["data"] == "root"
    assert str(scene.duo.lab.directory) in parameters["command"]["data"][0]
    assert scene.lb1.get(CHECK, "Check", "Reason") == "ok"
    assert scene.lb1.get(f"{PATH}/instance/VI_5f1", "Instance", "Checks") == [CHECK]
    plugin = f"{PATH}/plugin/regent_2dexec"
    assert scene.lb1.get(plugin, "Plugin", "Types") == ["exec"] and scene.lb1.get(plugin, "Plugin", "Id") == "org.regent.exec"
    agent = scene.duo.agents["lb1"]
    assert scene.lb1.get(PATH, "Manager", "ConfigHash") == hashlib.sha256((agent.directory / "regent.toml").read_bytes()).hexdigest()


def test_notifiers(scene: Scene) -> None:
    """Whether anybody would be told, with the plugin's own words; and what was not told is a signal."""
    monitor = _monitor(scene, "failures", "DeliveryFailed")
    assert scene.lb1.regentctl("notifier", "test", "mail")[0] == "mail: the test event was delivered\n"
    complaint = scene.lb1.regentctl("notifier", "test", "pager", code=1)[1]
    assert "no mail server" in complaint
    told = json.loads(monitor.wait_for("pager", 5.0).text)
    assert told["payload"]["data"][0] == 0 and "no mail server" in told["payload"]["data"][1]
    scene.duo.agents["lb1"].running().wait_for(r"Test of notifier pager, asked for by uid 0, regentctl, pid \d+", 5.0)
    monitor.stop()


def test_restarted_and_crashed(scene: Scene) -> None:
    """A plugin that is started anew costs no verdict; one that dies is a signal."""
    path, start = f"{PATH}/plugin/regent_2dexec", time.monotonic()
    monitor, agent = _monitor(scene, "crashes", "Crashed"), scene.duo.agents["lb1"]
    assert isinstance(agent, Regent)
    before = scene.lb1.get(path, "Plugin", "Pid")
    assert scene.lb1.regentctl("plugin", "restart", "regent-exec")[0] == "regent-exec: runs again\n"
    eventually(lambda: scene.lb1.get(path, "Plugin", "Pid") not in (0, before) or None, 5.0, "no new process")
    _until(scene, CHECK, "Check", "State", "up")
    os.kill(agent.hosts()["exec"], signal.SIGKILL)
    crashed = json.loads(monitor.wait_for("Crashed", 5.0).text)
    status, reason = crashed["payload"]["data"]
    # Its end, or that of its connection, whichever is seen first.
    assert crashed["path"] == path and status == -9 and reason in ("was killed by signal 9", "has closed its connection")
    assert len(monitor.find("Crashed")) == 1, "an orderly restart is none"
    _until(scene, CHECK, "Check", "State", "up")
    assert scene.duo.cost(start, time.monotonic())[2] == 0
    monitor.stop()


def test_announced_again(scene: Scene) -> None:
    """Gratuitous ARP on request, of who is MASTER alone."""
    start = time.monotonic()
    scene.lb1.regentctl("announce", "VI_1")
    eventually(lambda: True if len(scene.duo.capture.announced(start, time.monotonic(), address=VIP1)) >= 5 else None, 5.0, "no gratuitous ARP")
    assert "nothing to announce" in scene.lb2.regentctl("announce", "VI_1", code=1)[1]
    assert scene.duo.watcher.holders(VIP1) == {"lb1"}
