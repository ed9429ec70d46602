# SPDX-License-Identifier: Apache-2.0
"""The network lab: namespaces, daemons, referees and probes that the tests and the demo are made of.

Everything here is independent of regent's own code, so that it can judge it. Needs root. Read lab.py first.
"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")

# Everything, and as often as the figures are to be sure of (tests/run.sh --all).
LONG = os.environ.get("REGENT_LONG") == "1"


def repeats(usual: T, long: T) -> T:
    """How often something is done: in a usual run, and in a long one."""
    return long if LONG else usual
