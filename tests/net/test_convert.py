# SPDX-License-Identifier: Apache-2.0
"""What `regentctl config convert` makes of a keepalived.conf does what keepalived does with the original: on the wire, in
the kernel, and to the scripts."""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile
from collections import Counter
from typing import Callable, Iterator

import pytest

from net.lab.agents import Keepalived, Regent, build_directory, make_agent
from net.lab.capture import Capture
from net.lab.cluster import BALANCERS, VIP1, VIP2, add_balancers
from net.lab.health import script
from net.lab.lab import Lab
from net.lab.processes import eventually
from net.lab.watch import AddressWatcher

pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
REFERENCE = pathlib.Path(__file__).resolve().parents[1] / "unit" / "config" / "convert"
KINDS = (("keepalived", "keepalived"), ("regent", "regent"), ("keepalived", "regent"), ("regent", "keepalived"))
VIPS = {"VI_1": (51, VIP1, "enp0s3"), "VI_2": (52, VIP2, "enp0s8")}


def convert(conf: pathlib.Path, toml: pathlib.Path) -> pathlib.Path:
    """The converted file. Nothing may be lost."""
    program = build_directory() / "bin" / "regentctl"
    done = subprocess.run([str(program), "--plugin-dir", str(build_directory() / "plugins"), "config", "convert", str(conf),
                           "--output", str(toml)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return toml


class Pair:
    """lb1 and lb2 from one keepalived.conf each: as it is, or converted."""

    def __init__(self, lab: Lab, kinds: tuple[str, str], texts: dict[str, str]) -> None:
        add_balancers(lab)
        self.lab, self.kinds = lab, dict(zip(BALANCERS, kinds))
        self.watcher, self.capture = AddressWatcher(lab, BALANCERS), Capture(lab)
        self.agents: dict[str, Keepalived | Regent] = {host: make_agent(self.kinds[host], lab, host) for host in BALANCERS}
        self.files = {}
        for host in BALANCERS:
            conf = self.agents[host].directory / "original.conf"
            conf.write_text(texts[host], encoding="utf-8")
            conf.chmod(0o644)
            self.files[host] = conf if self.kinds[host] == "keepalived" else \
                convert(conf, self.agents[host].directory / "regent.toml")

    def start(self, host: str) -> float:
        return self.agents[host].start_file(self.files[host])

    def sent(self) -> dict[str, set[bytes]]:
        """Every packet that each host has sent, byte by byte. Without the word of a member of regent's that follows its
        group out of the role: with priority 0 it has the other machine take over at once, where keepalived's is silent."""
        seen = self.capture.between(0.0, self.watcher.now())
        follows = [a for a in seen if a.host == "lb2" and a.priority == 0]
        assert self.kinds["lb2"] == "regent" or not follows
        kept = [a for a in seen if a not in follows]
        return {host: {advert.packet for advert in kept if advert.host == host} for host in BALANCERS}

    def announced(self, host: str, since: float) -> Counter[tuple[str, str, str, int]]:
        """The burst of announcements that follows on a takeover."""
        found = self.capture.announced(since, self.watcher.now(), host=host)
        return Counter((a.kind, a.address, a.destination_mac, a.operation) for a in found if a.time <= found[0].time + 1.0)

    def seen(self, host: str, since: float) -> dict[str, object]:
        """What a master sends, and how its addresses stand in the kernel."""
        found: dict[str, object] = {}
        for name, (vrid, address, interface) in VIPS.items():
            sent = self.capture.wait_advert(since, 3.0, host=host, vrid=vrid)
            found[name] = (sent.version, sent.priority, sent.interval, sent.addresses, sent.destination, sent.source, sent.ttl,
                           sent.auth_type, sent.checksum, sent.problems)
            links = json.loads(self.lab.spaces[host].run(["ip", "-j", "-4", "address", "show", "dev", interface]))
            entry = next(a for link in links for a in link["addr_info"] if a["local"] == address)
            found[name + " kernel"] = tuple(entry.get(key) for key in ("prefixlen", "scope", "broadcast", "label"))
        return found


def test_the_reference_cluster_converted_is_the_same_pair(new_lab: Callable[[str], Lab]) -> None:
    """Both of keepalived, both of regent, and one of each: the same packets, the same addresses, in each role."""
    texts = {host: (REFERENCE / f"{host}.conf").read_text(encoding="utf-8") for host in BALANCERS}
    pairs = [Pair(new_lab("-".join(kinds)), kinds, texts) for kinds in KINDS]
    addresses = (VIP1, VIP2)
    for pair in pairs:
        for host in BALANCERS:
            pair.start(host)
    master = []
    for pair in pairs:
        settled = pair.watcher.wait_holders(addresses, {"lb1"}, 15.0)
        master.append(pair.seen("lb1", settled))
    assert master[1:] == master[:1] * (len(pairs) - 1)
    bursts = [pair.announced("lb1", 0.0) for pair in pairs]
    assert bursts == [Counter({("arp", address, "ff:ff:ff:ff:ff:ff", 1): 5 for address in addresses})] * len(pairs)
    since = pairs[-1].watcher.now()
    quiet = pairs[-1].capture.pass_time(since + 1.5)
    for pair in pairs:
        assert pair.capture.between(since, quiet, host="lb2") == [], "the backup is mute"
    backup = []
    for pair in pairs:
        pair.agents["lb1"].terminate()
    for pair in pairs:
        moved = pair.watcher.wait_holders(addresses, {"lb2"}, 10.0)
        backup.append(pair.seen("lb2", moved))
        pair.agents["lb1"].running().wait(15.0)
    assert backup[1:] == backup[:1] * (len(pairs) - 1)
    for pair in pairs:
        pair.start("lb1")
    for pair in pairs:
        pair.watcher.wait_holders(addresses, {"lb1"}, 15.0)  # state MASTER, priority 101: it preempts
    wire = [pair.sent() for pair in pairs]
    assert wire[1:] == wire[:1] * (len(pairs) - 1)
    # Of lb1 with its priority and with 0, of lb2 with its own: for each address one packet that never changes.
    assert {host: len(packets) for host, packets in wire[0].items()} == {"lb1": 4, "lb2": 2}


@pytest.fixture
def shared() -> Iterator[pathlib.Path]:
    """A folder for programs that run without root, as regent's do."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        yield folder


def _checked(host: str, folder: pathlib.Path, note: str) -> str:
    """A positive weight on lb1: 41, and 101 while the flag is there. lb2 has 50."""
    check = f'vrrp_script flag {{\n script "test -e {folder}/flag"\n weight 60\n}}\n' if host == "lb1" else ""
    track = " track_script {\n  flag\n }\n" if host == "lb1" else ""
    return (f"global_defs {{\n script_user root\n}}\n{check}vrrp_instance VI_1 {{\n interface enp0s3\n virtual_router_id 51\n"
            " version 3\n advert_int 0.2\n"
            f" priority {41 if host == 'lb1' else 50}\n virtual_ipaddress {{\n  {VIP1}/24 dev enp0s3\n }}\n{track}"
            f" notify \"{note} any\"\n notify_master \"{note} 'to master'\"\n}}\n")


def test_a_weight_and_notify_scripts_converted_do_what_they_did(new_lab: Callable[[str], Lab], shared: pathlib.Path) -> None:
    """The script fails, the other node takes over; it passes again, and the node is back. Both tell their scripts so."""
    (shared / "flag").touch()
    pairs, records = {}, {}
    for kind in ("keepalived", "regent"):
        texts = {}
        for host in BALANCERS:
            record = records[kind, host] = shared / f"{kind}-{host}"
            record.touch()
            record.chmod(0o666)
            note = script(shared / f"{kind}-{host}.sh", f'echo "$*" >>{record}')
            pathlib.Path(note).chmod(0o755)
            texts[host] = _checked(host, shared, note)
        pairs[kind] = Pair(new_lab(kind), (kind, kind), texts)
    for pair in pairs.values():
        pair.start("lb1")
    priorities: dict[str, list[int]] = {kind: [] for kind in pairs}

    def wait(host: str, priority: int) -> None:
        """Until lb1 or lb2 alone is master, and says so with the priority."""
        for kind, pair in pairs.items():
            since = pair.watcher.wait_holders((VIP1,), {host}, 15.0)
            sent = pair.capture.wait_advert(since, 3.0, lambda advert: advert.priority == priority, host=host, vrid=51)
            priorities[kind].append(sent.priority)

    wait("lb1", 101)
    for pair in pairs.values():
        pair.start("lb2")
    for kind in pairs:
        eventually(lambda kind=kind: "BACKUP" in records[kind, "lb2"].read_text(encoding="utf-8") or None, 10.0,
                   f"{kind}: lb2 is not told")
    (shared / "flag").unlink()
    wait("lb2", 50)
    (shared / "flag").touch()
    wait("lb1", 101)
    assert priorities["keepalived"] == priorities["regent"] == [101, 50, 101]
    for host in BALANCERS:
        last = "BACKUP" if host == "lb2" else "MASTER"
        told = {}
        for kind in pairs:
            told[kind] = eventually(lambda kind=kind: _states(records[kind, host], last), 10.0, f"{kind}: {host} is not told")
        assert told["keepalived"] == told["regent"]


def _states(record: pathlib.Path, last: str) -> list[str] | None:
    """What the scripts were told, without priorities, once the last of it is there: three changes and their masters."""
    lines = record.read_text(encoding="utf-8").splitlines()
    generic = [" ".join(line.split()[:4]) for line in lines if line.startswith("any")]
    special = [line for line in lines if not line.startswith("any")]
    masters = [line for line in generic if line.endswith("MASTER")]
    done = generic and generic[-1].endswith(last) and len(masters) == len(special) and len(generic) > 2
    return generic + special if done else None
