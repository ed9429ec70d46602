# SPDX-License-Identifier: Apache-2.0
"""The reference cluster with its application, as `tests/demo.sh --cluster` shows it, with the faults that say most."""

from __future__ import annotations

from typing import Callable

import pytest

from net.lab.application import what_application_lacks
from net.lab.lab import Lab
from net.lab.service_faults import Row, ServiceScene, container_faults, http_faults, rmi_faults
from net.lab.table import Table, milliseconds

pytestmark = [pytest.mark.usefixtures("regentd"), pytest.mark.calm]
ROOM = 5  # for a machine that does other things, too


def test_application(lab: Lab, say: Callable[[str], None], table: Table) -> None:
    """A fault of a server is told, HAProxy takes it out, no VIP moves; HAProxy's own death moves them, and no session."""
    if lacking := what_application_lacks():
        pytest.fail("; ".join(lacking), pytrace=False)
    scene = ServiceScene(lab)

    def check(row: Row) -> None:
        say(f"{row.act}: told after {row.told * 1000:.1f} ms, {row.client.lost} of {row.client.sent} lost; {row.said}")
        table.add(f"application: {row.act}", milliseconds([row.told if row.moved is None else row.moved]), row.must)
        assert not row.over(ROOM)

    killed, _, _, no_dockerd = container_faults(scene)
    jvm_killed, _, unbound = rmi_faults(scene)
    for make in (killed, no_dockerd, jvm_killed, unbound, http_faults(scene)[0]):
        check(scene.do(make()))
    check(scene.lose_haproxy())
