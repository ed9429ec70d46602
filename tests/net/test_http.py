# SPDX-License-Identifier: Apache-2.0
"""The check `http` against a real HAProxy that answers by itself: what it says of each way to be wrong, and a certificate
that is three days too old. A pair fails over for it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Callable

import pytest

from net.lab.certificates import DAY, Authority
from net.lab.cluster import BALANCERS, reference_node
from net.lab.duo import Duo
from net.lab.health import http_check
from net.lab.lab import Lab
from net.lab.process import Process
from net.lab.table import Table

Say = Callable[[str], None]
pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
ADDRESS = "192.168.1.100"

CONFIGURATION = """global
    log stdout format raw local0 notice
defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
frontend plain
    bind {address}:80
    http-request tarpit if {{ path /slow }}
    timeout tarpit 10s
    http-request return status 503 if {{ path /busy }}
    http-request redirect location /health if {{ path /moved }}
    http-request return status 200 content-type text/plain string "all is ready"
frontend fresh
    bind {address}:443 ssl crt {fresh}
    http-request return status 200 content-type text/plain string "all is ready"
frontend old
    bind {address}:444 ssl crt {old}
    http-request return status 200
frontend guarded
    bind {address}:445 ssl crt {fresh} verify required ca-file {ca}
    http-request return status 200
"""

# Name, URL, further parameters, what it says.
CASES = (
    ("good", "http://{a}/health", ('body = "ready"',), "UP: status 200"),
    ("busy", "http://{a}/busy", (), "DOWN: http://{a}/busy: status 503, want 200"),
    ("moved", "http://{a}/moved", (), "DOWN: http://{a}/moved: status 302, want 200"),
    ("followed", "http://{a}/moved", ("redirects = 1",), "UP: status 200"),
    ("missing", "http://{a}/health", ('body = "ok"',), 'DOWN: http://{a}/health: "ok" is not in the body of 12 bytes'),
    ("slow", "http://{a}/slow", (), "DOWN: http://{a}/slow: waited N ms in vain for the first byte of the answer"),
    ("nobody", "http://{a}:81/", (), "DOWN: http://{a}:81/: Connection refused"),
    ("fresh", "https://{a}/", ('ca_file = "{ca}"', 'body = "ready"'), "UP: status 200"),
    ("named", "https://app.test/", ('address = "{a}"', 'ca_file = "{ca}"'), "UP: status 200"),
    ("old", "https://{a}:444/", ('ca_file = "{ca}"',), "DOWN: https://{a}:444/: certificate expired 3 days ago"),
    ("stranger", "https://{a}/", (), "DOWN: https://{a}/: certificate is not trusted: unable to get local issuer certificate"),
    ("unproved", "https://{a}:445/", ('ca_file = "{ca}"',), "DOWN: https://{a}:445/: "),
    ("proved", "https://{a}:445/", ('ca_file = "{ca}"', 'client_certificate = "{c}"', 'client_key = "{k}"'), "UP: status 200"),
)


def _server(lab: Lab) -> tuple[Process, dict[str, str]]:
    """HAProxy on the worker; what stands for it in the cases."""
    lab.host("worker")
    lab.connect("worker", "eth0", "b", f"{ADDRESS}/24")
    authority = Authority(lab.directory / "certificates")
    names = (f"IP:{ADDRESS}", "DNS:app.test")
    fresh, old = authority.sign("fresh", *names), authority.sign("old", *names, begins=-9 * DAY, ends=-3 * DAY - 3600)
    client = authority.sign("client")
    file = lab.directory / "worker.cfg"
    file.write_text(CONFIGURATION.format(address=ADDRESS, fresh=fresh.both, old=old.both, ca=authority.certificate),
                    encoding="ascii")
    server = lab.start("worker-haproxy", ["haproxy", "-db", "-f", str(file)], host="worker")
    return server, {"a": ADDRESS, "ca": str(authority.certificate), "c": str(client.certificate), "k": str(client.key)}


def test_what_it_says(lab: Lab, say: Say, table: Table) -> None:
    """lb1 depends on `good`; lb2 asks everything for a while, and is no MASTER whatever comes of it."""
    node = {host: reference_node(host, pair=True, interval=0.2, version=3) for host in BALANCERS}
    duo = Duo(lab, nodes=node)
    server, words = _server(lab)
    checks = tuple(http_check(name, url.format(**words), *(line.format(**words) for line in lines), interval=0.3)
                   for name, url, lines, _ in CASES)
    duo.nodes["lb1"] = replace(node["lb1"], checks=checks[:1])
    duo.begin()
    duo.agents["lb2"].reload(replace(node["lb2"], checks=checks))
    asking = duo.agents["lb2"].running()
    for name, _, _, said in CASES:
        line = asking.wait_for(f"check {name} is (UP|DOWN|UNKNOWN)", 5.0)
        assert f"check {name} is {said.format(**words)}" in re.sub(r"waited \d+ ms", "waited N ms", line.text)
    mark = asking.mark()
    duo.agents["lb2"].reload(node["lb2"])
    asking.wait_for("configuration applied", 5.0, mark)
    log = duo.agents["lb1"].running()
    mark, before = log.mark(), server.kill()
    line = log.wait_for("check good is DOWN: .*Connection refused", 5.0, mark)
    moved = duo.watcher.wait_holders(duo.vips, {"lb2"}, 10.0)
    told = line.time - before
    say(f"HTTP server killed, asked every 300 ms: DOWN after {told * 1000:.0f} ms, addresses on lb2 after "
        f"{(moved - before) * 1000:.0f} ms; {len(CASES)} kinds of answers named as they are")
    table.add("HTTP server killed, http 300 ms: DOWN", f"{told * 1000:.0f} ms, 1x", "<= 300 ms")
    assert told <= 3 * 0.3
