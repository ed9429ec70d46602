# SPDX-License-Identifier: Apache-2.0
"""Out of everything: descriptors, memory, room for a message or in a directory. The adverts of VI_1 go on."""

from __future__ import annotations

import pathlib
import resource
import signal
import time
from typing import Callable

import pytest

from net.lab.agents import Regent
from net.lab.cluster import BALANCERS, add_balancers
from net.lab.lab import Lab
from net.lab.pace import Pace
from net.lab.process import Process
from net.lab.spec import Node, Router
from net.lab.watch import AddressWatcher

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
INTERVAL = 0.1
VIP, OTHER = "10.0.2.151", "192.168.1.151"


def _node(priority: int = 101) -> Node:
    return Node((Router("VI_1", "enp0s3", 51, priority, (VIP,), 3, INTERVAL, garp_delay=0.0),
                 Router("VI_2", "enp0s8", 52, priority, (OTHER,), 3, INTERVAL, garp_delay=0.0)))


LOSSY = """table ip lossy {
  chain out {
    type filter hook output priority 0;
    oifname "enp0s3" ip protocol 112 numgen inc mod 5 == 0 drop;
  }
}
"""


class Victim:
    """lb1 MASTER of two virtual routers, each on its LAN, lb2 behind it. `script` runs before the agent of lb1, in a
    mount namespace that ends with it."""

    def __init__(self, lab: Lab, script: str = "") -> None:
        add_balancers(lab)
        self.lab = lab
        self.watcher, self.pace = AddressWatcher(lab, BALANCERS), Pace(lab, "lb1")
        self.agent, peer = Regent(lab, "lb1"), Regent(lab, "lb2")
        if script:
            self.agent.launcher = ("unshare", "--mount", "sh", "-ec", f'{script}\nexec "$@"', "sh")
        self.agent.start(_node())
        self.watcher.wait_holders((VIP, OTHER), {"lb1"}, 10.0)
        self.agent.wait_ready()
        peer.start(_node(50))
        self.pace.wait(0.5)

    @property
    def process(self) -> Process:
        """regentd of lb1."""
        return self.agent.running()

    def limit(self, what: int, soft: int) -> None:
        """A resource limit of the running agent."""
        _, hard = resource.prlimit(self.process.pid, what)
        resource.prlimit(self.process.pid, what, (soft, hard))

    def judge(self, name: str, start: float, say: Say, seconds: float = 1.0, intervals: float = 2.0) -> None:
        """Lets the wire go on; no advert was late and VI_1 has not moved since `start`."""
        end = self.pace.wait(seconds)
        worst = self.pace.worst(start, end)
        say(f"{name}: worst spacing {worst.seconds * 1000:.1f} ms of {INTERVAL * 1000:.0f}")
        assert self.process.alive()
        assert [c for c in self.watcher.events(start, end) if c.address == VIP and not c.again] == []
        assert worst.seconds <= intervals * INTERVAL

    def reload(self, answer: str) -> None:
        """SIGHUP; the log answers."""
        mark = self.process.mark()
        self.process.signal(signal.SIGHUP)
        self.process.wait_for(answer, 10.0, since=mark)


def test_no_descriptor(lab: Lab, say: Say) -> None:
    """Neither a file nor a socket can be opened: a reload is refused by name, an interface that comes back is followed
    once there is room again. Until then nobody could be heard on it: no second master."""
    victim = Victim(lab)
    start = time.monotonic()
    before, _ = resource.prlimit(victim.process.pid, resource.RLIMIT_NOFILE)
    victim.limit(resource.RLIMIT_NOFILE, 3)
    mark = victim.process.mark()
    victim.reload("Too many open files")
    lab.switch.ip("link delete lb1-b")
    moved = victim.watcher.wait_holders((OTHER,), {"lb2"}, 5.0)
    lab.connect("lb1", "enp0s8", "b", "192.168.1.5/24")
    line = victim.process.wait_for(r"enp0s8: .*Too many open files", 5.0, since=mark)
    say(line.text)
    deaf = victim.pace.wait(2.5)
    assert [c for c in victim.watcher.events(moved, deaf) if c.address == OTHER and c.host == "lb1" and c.added] == []
    assert len(victim.process.find("enp0s8: .*Too many open files", mark)) <= 2, "said once, not at every try"
    victim.limit(resource.RLIMIT_NOFILE, before)
    victim.watcher.wait_holders((OTHER,), {"lb1"}, 20.0)
    victim.reload("new configuration applied")
    victim.judge("no descriptor", start, say)


def test_no_address_space(lab: Lab, say: Say) -> None:
    """The configuration has grown beyond what memory holds: it is refused, the one before runs on."""
    victim = Victim(lab)
    start = time.monotonic()
    file = victim.agent.directory / "regent.toml"
    good = file.read_text(encoding="utf-8")
    size = int(pathlib.Path(f"/proc/{victim.process.pid}/statm").read_text(encoding="ascii").split()[0])
    before, _ = resource.prlimit(victim.process.pid, resource.RLIMIT_AS)
    victim.limit(resource.RLIMIT_AS, size * resource.getpagesize())
    extra = "".join(f'[instance.X{n}]\ninterface = "eth{n}"\nvirtual_router_id = 9\npriority = 1\n'
                    f'addresses = ["10.3.{n // 250}.{n % 250 + 1}"]\n' for n in range(9000))
    victim.agent.write(good + extra)
    victim.reload("was not applied")
    victim.judge("no memory for a new configuration", start, say)
    victim.limit(resource.RLIMIT_AS, before)
    victim.agent.write(good)
    victim.reload("new configuration applied")
    victim.judge("and after it", start, say)


def test_one_message_in_five_is_refused(lab: Lab, say: Say) -> None:
    """The kernel does not take every fifth advert (sendmsg fails with EPERM): the next goes in time, it is said."""
    victim = Victim(lab)
    mark, start = victim.process.mark(), time.monotonic()
    lab.spaces["lb1"].run(["nft", "-f", "-"], stdin=LOSSY)
    end = victim.pace.wait(3.0)
    lab.spaces["lb1"].run(["nft", "delete", "table", "ip", "lossy"])
    said = victim.process.find("cannot send|not permitted", mark)
    say(f"in {end - start:.1f} s {len(said)} lines: {said[0].text if said else ''}")
    assert 1 <= len(said) <= 5
    victim.judge("every fifth message refused", start, say, intervals=2.5)


def test_full_queue(lab: Lab, say: Say) -> None:
    """The queue of enp0s8 takes nothing for two seconds: the adverts of the other interface do not wait behind it, and
    VI_2 comes back by itself."""
    victim = Victim(lab)
    start = time.monotonic()
    lab.spaces["lb1"].run(["tc", "qdisc", "add", "dev", "enp0s8", "root", "tbf", "rate", "8bit", "burst", "64",
                           "limit", "64"])
    victim.watcher.wait_held((OTHER,), "lb2", 5.0)
    victim.pace.wait(2.0)
    lab.spaces["lb1"].run(["tc", "qdisc", "delete", "dev", "enp0s8", "root"])
    victim.watcher.wait_holders((OTHER,), {"lb1"}, 10.0)
    victim.judge("full queue beside it", start, say)


@pytest.mark.parametrize("kind", ["read-only", "full"])
def test_run_directory(lab: Lab, say: Say, kind: str) -> None:
    """It becomes read-only, or has no room, while the agent runs: adverts, changes and a clean stop go on."""
    run = lab.directory / "lb1-regent" / "run"
    victim = Victim(lab, f"mount -t tmpfs -o size=64k tmpfs {run}")
    inside = pathlib.Path(f"/proc/{victim.process.pid}/root{run}")
    start = time.monotonic()
    if kind == "full":
        with pytest.raises(OSError, match="No space left"):
            (inside / "filler").write_bytes(bytes(1 << 20))
    else:
        lab.spaces["lb1"].run(["nsenter", "-t", str(victim.process.pid), "-m", "mount", "-o", "remount,ro", str(run)])
        with pytest.raises(OSError, match="Read-only"):
            (inside / "probe").write_bytes(b"x")
    victim.agent.reload(_node(120))
    end = victim.pace.wait(1.0)
    assert victim.pace.count(start, end, 120) > 0
    victim.judge(f"{kind} run directory", start, say)
    victim.agent.terminate()
    victim.watcher.wait_holders((VIP, OTHER), {"lb2"}, 5.0)
    assert victim.process.wait(10.0) == 0


@pytest.mark.parametrize("kind", ["read-only", "full"])
def test_run_directory_at_start(lab: Lab, say: Say, kind: str) -> None:
    """The same before it starts: it serves, rather than refuse for a file that only helps after a crash."""
    run = lab.directory / "lb1-regent" / "run"
    fill = f"head -c 1M /dev/zero > {run}/filler 2>/dev/null || true" if kind == "full" else f"mount -o remount,ro {run}"
    start = time.monotonic()
    victim = Victim(lab, f"mount -t tmpfs -o size=64k tmpfs {run}\n{fill}")
    victim.judge(f"{kind} run directory at the start, {victim.pace.count(start, time.monotonic())} adverts so far",
                 time.monotonic(), say)
    assert not victim.process.find(" error: ")
