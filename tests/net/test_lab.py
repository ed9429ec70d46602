# SPDX-License-Identifier: Apache-2.0
"""The lab's own checks: a referee that is wrong would pass or fail the agent for nothing."""

from __future__ import annotations

import itertools
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import pytest

from net.lab.agents import Keepalived
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, VIP1, VIP2, add_balancers, reference_node
from net.lab.decode import Advert, Announcement, decode_frame, internet_checksum
from net.lab.netns import Namespace, remove_stale, run
from net.lab.probe import Request, judge
from net.lab.processes import eventually
from net.lab.scenario import Scenario
from net.lab.spec import duration, keepalived_conf, regent_toml
from net.lab.watch import AddressWatcher, Change, Timeline
from net.lab.wire import clock_offset

pytestmark = pytest.mark.calm
# Taken from the wire: keepalived 2.2.7, version 2, VRID 51, priority 101, one address, no authentication.
V2_FRAME = bytes.fromhex(
    "01005e000012020000000001 0800"
    "45c0002800010000ff70ccb90a000215e0000012"
    "2133650100010000 0a0002d2 0000000000000000".replace(" ", ""))


def _with_checksum(frame: bytes) -> bytes:
    message = bytearray(frame[34:])
    message[6:8] = b"\0\0"
    message[6:8] = internet_checksum(bytes(message)).to_bytes(2, "big")
    return frame[:34] + bytes(message)


def test_decoder_v2() -> None:
    advert = decode_frame(_with_checksum(V2_FRAME), host="lb1")
    assert isinstance(advert, Advert)
    assert (advert.version, advert.kind, advert.vrid, advert.priority, advert.count) == (2, 1, 51, 101, 1)
    assert (advert.source, advert.destination, advert.ttl) == ("10.0.2.21", "224.0.0.18", 255)
    assert advert.addresses == (VIP1,)
    assert (advert.interval, advert.auth_type, advert.checksum) == (1.0, 0, "message")
    assert advert.problems == ()


def test_decoder_checksum() -> None:
    # The example of RFC 1071 §3 in its byte order.
    assert internet_checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    broken = bytearray(_with_checksum(V2_FRAME))
    broken[36] ^= 1
    advert = decode_frame(bytes(broken))
    assert isinstance(advert, Advert) and advert.checksum == "bad"


@pytest.mark.parametrize("cut, problem", [(3, "truncated header"), (10, "truncated addresses"),
                                          (14, "2 bytes of authentication data")])
def test_decoder_names_what_is_wrong(cut: int, problem: str) -> None:
    frame = bytearray(V2_FRAME[:34 + cut])
    frame[16:18] = (20 + cut).to_bytes(2, "big")
    advert = decode_frame(bytes(frame))
    assert isinstance(advert, Advert) and problem in advert.problems


def test_decoder_announcements() -> None:
    arp = bytes.fromhex("ffffffffffff020000000001" "0806" "0001080006040001"
                        "020000000001" "0a0002d2" "ffffffffffff" "0a0002d2")
    seen = decode_frame(arp)
    assert isinstance(seen, Announcement)
    assert (seen.kind, seen.address, seen.operation, seen.target_mac) == ("arp", VIP1, 1, "ff:ff:ff:ff:ff:ff")
    question = bytearray(arp)
    question[38:42] = bytes([10, 0, 2, 1])
    assert decode_frame(bytes(question)) is None
    # What a kernel that still has the address answers to the announcement above.
    answer = bytes.fromhex("020000000001020000000002" "0806" "0001080006040002"
                           "020000000002" "0a0002d2" "020000000001" "0a0002d2")
    assert decode_frame(answer) is None
    na = bytes.fromhex("333300000001020000000001" "86dd" "6000000000203aff" "fd00000a0000000000000000000000aa"
                       "ff020000000000000000000000000001" "8800000020000000" "fd00000a0000000000000000000000aa"
                       "0201020000000001")
    seen = decode_frame(na)
    assert isinstance(seen, Announcement)
    assert (seen.kind, seen.address, seen.operation, seen.target_mac) == ("na", "fd00:a::aa", 1, "02:00:00:00:00:01")


def test_timeline() -> None:
    changes = [Change(0.0, "lb1", "v", True), Change(10.0, "lb2", "v", True), Change(10.5, "lb1", "v", False),
               Change(12.0, "lb2", "v", False), Change(13.0, "lb1", "v", True)]
    line = Timeline(changes, 5.0, 20.0)
    assert (line.flips, line.none, line.both) == (2, 1.0, 0.5)
    assert line.time_with(1) == pytest.approx(13.5)


def test_judge() -> None:
    requests = [Request(0, 0.0, 0.1, "ok", 0), Request(1, 1.0, 2.2, "ok", 1), Request(2, 1.1, 3.1, "timeout", 0),
                Request(3, 2.0, 2.4, "ok", 0)]
    verdict = judge(requests, 0.5, 3.0)
    assert (verdict.sent, verdict.lost, verdict.retransmitted) == (3, 1, 1)
    assert verdict.longest_gap == pytest.approx(2.1)


def test_configurations() -> None:
    node = reference_node("lb1", pair=True)
    assert "pair = true" in regent_toml(node) and 'members = ["VI_1", "VI_2"]' in regent_toml(node)
    assert "virtual_router_id 51" in keepalived_conf(node) and "vrrp_sync_group SG1" in keepalived_conf(node)
    assert (duration(1.0), duration(0.1), duration(2.5)) == ("1s", "100ms", "2500ms")


def test_stale_namespaces_and_directories_are_removed(ground: None) -> None:
    owner = subprocess.Popen(["sleep", "1000"])
    left = Namespace(f"rg{owner.pid}n1-left")
    inside = subprocess.Popen(left.command(["cat", "/dev/zero"]), stdout=subprocess.DEVNULL)
    mine = Namespace(f"rg{os.getpid()}n0-mine")
    mounted = pathlib.Path(tempfile.gettempdir(), left.name, "inside")
    mounted.mkdir(parents=True)
    run(["mount", "-t", "tmpfs", "none", str(mounted)])

    def remain() -> list[str]:
        mounts = pathlib.Path("/proc/self/mountinfo").read_text("ascii")
        return [str(path) for path in (left.path, mounted.parent) if path.exists()] + [m for m in (str(mounted),) if m in mounts]

    try:
        eventually(lambda: str(inside.pid) in run(["ip", "netns", "pids", left.name]).split() or None, 5.0, "nobody is inside")
        assert left.name not in remove_stale() and len(remain()) == 3, "its owner lives"
        owner.kill()
        owner.wait()
        remove_stale()
        # Whoever runs beside this one removes it too, and may be in the middle of it.
        eventually(lambda: None if remain() else True, 5.0, f"{left.name} is not removed")
        assert inside.wait(5.0) == -signal.SIGKILL and mine.path.exists()
    finally:
        owner.kill()
        owner.wait()
        inside.kill()
        mine.remove()
        left.remove()


def test_a_stall_does_not_set_the_clocks_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    now, stalls = [0.0], itertools.chain([0.3], itertools.repeat(1e-6))

    def wall() -> float:
        now[0] += next(stalls)
        return now[0] + 1000.0

    monkeypatch.setattr(time, "time", wall)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    assert clock_offset() == pytest.approx(-1000.0, abs=1e-5)


def test_referees_on_known_changes(lab) -> None:  # type: ignore[no-untyped-def]
    add_balancers(lab)
    watcher = AddressWatcher(lab, BALANCERS)
    one, two = lab.spaces["lb1"], lab.spaces["lb2"]
    before = time.monotonic()
    one.ip(f"address add {VIP1}/32 dev enp0s3", f"address add {VIP2}/32 dev enp0s8")
    watcher.wait_holders((VIP1, VIP2), {"lb1"}, 5.0)
    two.ip(f"address add {VIP1}/32 dev enp0s3")
    watcher.wait_holders((VIP1,), {"lb1", "lb2"}, 5.0)
    one.ip(f"address change {VIP1}/32 dev enp0s3 valid_lft 100 preferred_lft 100")
    one.ip(f"address del {VIP1}/32 dev enp0s3")
    watcher.wait_holders((VIP1,), {"lb2"}, 5.0)
    after, came = time.monotonic(), watcher.arrival(VIP1, "lb1", before)
    assert came is not None
    line = watcher.timeline(VIP1, came, after)
    assert line.flips == 1 and line.both > 0 and line.none == 0
    assert [c.again for c in watcher.events(before, after, renewals=True) if c.host == "lb1" and c.address == VIP1 and c.added] \
        == [False, True]
    assert watcher.arrival(VIP2, "lb1", before) is not None and watcher.arrival(VIP2, "lb2", before) is None


def test_keepalived_pair(lab, say) -> None:  # type: ignore[no-untyped-def]
    """The whole lab on the known rival: the figures that keepalived.md gives for it must come out."""
    scene = Scenario(lab, ("keepalived", "keepalived"))
    took = scene.begin()
    assert 3.5 < took < 5.5, "3 adverts + skew of 101"
    stop = scene.stop_lb1()
    say(f"keepalived, clean stop: {stop.took:.3f} s, client gap {stop.client.longest_gap:.3f} s, "
        f"lost {stop.client.lost}")
    assert stop.flips == 1 and 0.75 < stop.took < 1.5 and stop.client.longest_gap > 0.7
    assert stop.worker.sent > 100 and stop.client.sent > 100
    zero = scene.capture.between(0, time.monotonic(), host="lb1", priority=0)
    assert {a.vrid for a in zero} == {51, 52}
    silent_before = time.monotonic()
    assert scene.capture.announced(0, silent_before, host="lb2", address=VIP1, kind="arp")
    assert all(a.checksum == "message" and not a.problems for a in scene.capture.adverts)
    assert scene.capture.dropped() == 0


def test_keepalived_cables_and_silence(lab) -> None:  # type: ignore[no-untyped-def]
    add_balancers(lab)
    watcher, capture = AddressWatcher(lab, BALANCERS), Capture(lab)
    agents = [Keepalived(lab, host) for host in BALANCERS]
    for agent in agents:
        agent.start(reference_node(agent.host, version=3, interval=0.2))
    watcher.wait_holders((VIP1, VIP2), {"lb1"}, 5.0)
    lab.cable("lb1", plugged=False)
    watcher.wait_holders((VIP1, VIP2), {"lb2"}, 3.0)
    lab.cable("lb1", plugged=True)
    watcher.wait_holders((VIP1, VIP2), {"lb1"}, 3.0)
    lab.silence("lb1", silent=True)
    watcher.wait_holders((VIP1, VIP2), {"lb1", "lb2"}, 3.0)
    since = time.monotonic()
    assert capture.wait_advert(since, 2.0, host="lb1", vrid=51).priority == 101, "it still talks, unheard"
    lab.silence("lb1", silent=False)
    watcher.wait_holders((VIP1, VIP2), {"lb1"}, 3.0)
    agents[1].kill()
    agents[0].kill()
    assert watcher.holders(VIP1) == {"lb1"}, "killed outright, it leaves its address behind"
