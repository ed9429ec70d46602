# SPDX-License-Identifier: Apache-2.0
"""regentd --record and regentctl replay: what a real node did is done again by another engine; and a disk that is full or
hangs costs the recording, never an advert."""

from __future__ import annotations

import json
import pathlib
import re
import stat
import subprocess
import time
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.agents import Regent, build_directory
from net.lab.bus import Bus
from net.lab.cluster import BALANCERS, VIP1, VIP2, add_balancers, reference_node
from net.lab.duo import Duo
from net.lab.health import exec_check, script
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.spec import Node, Router
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
VIPS = (VIP1, VIP2)
INTERVAL = 0.1


def _replay(file: pathlib.Path, code: int = 0) -> dict[str, object]:
    """The document of regentctl replay; it must end with this exit code."""
    done = subprocess.run([str(build_directory() / "bin" / "regentctl"), "replay", str(file), "--json"], capture_output=True,
                          text=True, timeout=60.0, check=False)
    assert done.returncode == code, done.stdout[-2000:] + done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    assert found["schema"] == "regent.replay.1" and found["as_recorded"] == (code == 0)
    return found


def _events(document: dict[str, object], kind: str) -> list[dict[str, object]]:
    events = document["events"]
    assert isinstance(events, list)
    return [event for event in events if event["event"] == kind]


class Pair:
    """lb1 MASTER, lb2 BACKUP, both recorded, with a check that can be made to fail and a bus for lb1."""

    def __init__(self, lab: Lab) -> None:
        self.fit = lab.directory / "fit"
        self.fit.touch()
        check = exec_check(script(lab.directory / "check.sh", f"test -e {self.fit}", "test $? = 0 || exit 2"), interval=0.2, timeout=1.0,
                           name="fit")
        nodes = {host: replace(reference_node(host, version=3, interval=0.2).all(extra=('recover_delay = "1s"',)),
                               checks=(check,) if host == "lb1" else ()) for host in BALANCERS}
        self.duo, self.bus = Duo(lab, "regent", nodes=nodes), Bus(lab, "lb1")
        self.record = {host: lab.directory / f"{host}-record" for host in BALANCERS}
        for host in BALANCERS:
            self.agent(host).record = self.record[host]
        self.agent("lb1").environment = self.bus.environment
        self.bus.start()
        self.duo.begin()
        self.bus.wait_name(5.0)

    def agent(self, host: str) -> Regent:
        agent = self.duo.agents[host]
        assert isinstance(agent, Regent)
        return agent

    def holds(self, host: str) -> None:
        self.duo.watcher.wait_holders(VIPS, {host}, 10.0)


def test_a_node_is_replayed(lab: Lab, say: Say) -> None:
    """A failing check, a handover, a reload and a stop on lb1; a takeover and a kill on lb2. Both files replay."""
    pair = Pair(lab)
    pair.fit.unlink()
    pair.holds("lb2")
    pair.fit.touch()
    pair.holds("lb1")
    pair.bus.regentctl("handover", "SG1", "--reason", "kernel update")
    pair.holds("lb2")
    pair.bus.regentctl("release", "SG1")
    pair.holds("lb1")
    pair.bus.regentctl("check", "run", "fit")
    pair.bus.regentctl("check", "override", "fit", "up", "--for", "90s")
    node = pair.duo.nodes["lb1"]
    mark = pair.agent("lb1").running().mark()
    pair.agent("lb1").reload(replace(node, routers=tuple(replace(r, priority=120) for r in node.routers)))
    pair.agent("lb1").running().wait_for("new configuration applied", 5.0, since=mark)
    pair.agent("lb1").stop()
    pair.holds("lb2")
    pair.agent("lb2").kill()
    file = pair.record["lb1"] / "record.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "settings have passwords in them"
    lb1, lb2 = _replay(file), _replay(pair.record["lb2"] / "record.jsonl")
    say(f"lb1: {lb1['inputs']} inputs, {lb1['actions']} actions, {file.stat().st_size} bytes; lb2: {lb2['inputs']} inputs")
    assert (lb1["ending"], lb2["ending"]) == ("stopped", "cut")
    assert [(e["command"], e["target"], e["reason"]) for e in _events(lb1, "command")] == \
        [("handover", "SG1", "kernel update"), ("release", "SG1", ""), ("check run", "fit", ""), ("check override", "fit", "")]
    assert all(re.match(r"uid 0, regentctl, pid \d+$", str(e["who"])) for e in _events(lb1, "command"))
    assert [(e["state"], e["lasts_ns"]) for e in _events(lb1, "command") if "state" in e] == [("up", 90 * 10**9)]
    assert any(re.match(r"Run of check fit, asked for by uid 0, regentctl, pid \d+$", str(e["text"])) for e in _events(lb1, "log"))
    logged = [line.text for line in pair.agent("lb1").running().lines]
    again = [f"({e['instance']}) {e['text']}" if e["instance"] else str(e["text"]) for e in _events(lb1, "log")]
    assert len(again) > 10 and all(any(line.endswith(": " + text) for line in logged) for text in again), "the log, once more"
    assert len(_events(lb1, "transition")) == sum("Entering" in line for line in logged)
    text = subprocess.run([str(build_directory() / "bin" / "regentctl"), "replay", str(file)], capture_output=True, text=True,
                          timeout=60.0, check=True).stdout
    for line in (r"^20\S+Z command: handover SG1 \(kernel update\), asked for by uid 0, regentctl, pid \d+$",
                 r"^20\S+Z command: check override fit up for 90 s, asked for by uid 0, regentctl, pid \d+$",
                 r"^20\S+Z notice: \(VI_1\) Entering BACKUP STATE: check fit DOWN: ",
                 r"^20\S+Z change: VI_2 from MASTER to BACKUP: handed over", rf"^{lb1['inputs']} inputs, .* as recorded; the agent stopped$"):
        assert re.search(line, text, re.MULTILINE), text
    # One verdict that was another makes another history.
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if '"state":"down"' in line)
    lines[number] = lines[number].replace('"state":"down"', '"state":"up"')
    other = lab.directory / "other.jsonl"
    other.write_text("".join(lines), encoding="utf-8")
    problem = str(_replay(other, 1)["problem"])
    say(problem)
    assert re.match(rf"{other}:\d+: the actions differ", problem)


def _fast(priority: int) -> Node:
    return Node((Router("VI_1", "enp0s3", 51, priority, ("10.0.2.151",), 3, INTERVAL, garp_delay=0.0),))


class Victim:
    """lb1 MASTER at 100 ms with a record directory of its own, lb2 behind it."""

    def __init__(self, lab: Lab, script_text: str, directory: pathlib.Path) -> None:
        add_balancers(lab)
        self.watcher, self.pace = AddressWatcher(lab, BALANCERS), Pace(lab, "lb1")
        self.agent, peer = Regent(lab, "lb1"), Regent(lab, "lb2")
        self.agent.record = directory
        if script_text:
            self.agent.launcher = ("unshare", "--mount", "sh", "-ec", f'{script_text}\nexec "$@"', "sh")
        self.agent.start(_fast(101))
        self.watcher.wait_holders(("10.0.2.151",), {"lb1"}, 10.0)
        peer.start(_fast(50))
        self.pace.wait(0.5)

    def judge(self, name: str, start: float, say: Say, seconds: float = 1.0) -> None:
        end = self.pace.wait(seconds)
        worst = self.pace.worst(start, end)
        say(f"{name}: worst spacing {worst.seconds * 1000:.1f} ms of {INTERVAL * 1000:.0f}")
        assert [c for c in self.watcher.events(start, end) if not c.again] == []
        assert worst.seconds <= 2 * INTERVAL


def test_full_disk(lab: Lab, say: Say) -> None:
    """The recording ends with a line in the log, and what there is of it is whole."""
    directory = lab.directory / "small"
    directory.mkdir()
    victim = Victim(lab, f"mount -t tmpfs -o size=8k tmpfs {directory}", directory)
    start = time.monotonic()
    line = victim.agent.running().wait_for("the recording ends: cannot write .*No space left", 30.0)
    say(line.text)
    victim.judge("full disk", start, say)
    inside = pathlib.Path(f"/proc/{victim.agent.running().pid}/root{directory}")
    found = _replay(inside / "record.jsonl")
    assert found["ending"] == "cut" and int(str(found["inputs"])) > 10
    victim.agent.stop()


def test_no_directory(lab: Lab, say: Say) -> None:
    """It cannot be made: a warning, and the agent serves."""
    (lab.directory / "file").touch()
    victim = Victim(lab, "", lab.directory / "file" / "below")
    say(victim.agent.running().wait_for("warning: nothing is recorded: cannot make .*Not a directory", 5.0).text)
    victim.judge("no directory", time.monotonic(), say)
    victim.agent.stop()


def _frozen(lab: Lab) -> tuple[pathlib.Path, Callable[[], None], Callable[[], None]]:
    """An ext4 of its own, and what freezes and thaws it."""
    image, directory = lab.directory / "disk", lab.directory / "mounted"
    directory.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, timeout=30.0)
    subprocess.run(["mount", "-o", "loop", str(image), str(directory)], check=True, timeout=30.0)
    lab.on_close(lambda: subprocess.run(["umount", str(directory)], check=False, timeout=30.0))
    thaw = lambda: subprocess.run(["fsfreeze", "--unfreeze", str(directory)], check=False, timeout=30.0, capture_output=True)  # noqa: E731
    lab.on_close(thaw)
    return directory, lambda: subprocess.run(["fsfreeze", "--freeze", str(directory)], check=True, timeout=30.0), thaw  # type: ignore[return-value]


@pytest.mark.usefixtures("loop_disks")
def test_stuck_disk(lab: Lab, say: Say) -> None:
    """Every write to it hangs: adverts go on, and when the disk comes back so does the recording."""
    directory, freeze, thaw = _frozen(lab)
    victim = Victim(lab, "", directory)
    freeze()
    start = time.monotonic()
    victim.judge("stuck disk", start, say, seconds=3.0)
    thaw()
    victim.agent.stop()
    found = _replay(directory / "record.jsonl")
    assert found["ending"] == "stopped"
