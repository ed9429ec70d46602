# SPDX-License-Identifier: Apache-2.0
"""Words that may not stand in the tree. Each is put together from parts here, so that this file is not a finding."""

import re

from tree import Finding, is_cpp, is_source

LICENCE = "SPDX-License-" + "Identifier: Apache-2.0"

OPEN_ENDS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
NAPS = re.compile(r"\b(" + "|".join(["sleep_" + "for", "sleep_" + "until", "u" + "sleep", "nano" + "sleep"]) + r")\b")
PYTHON_NAPS = re.compile(r"\b(time|asyncio)\.sl" + r"eep\b|from time import .*\bsl" + r"eep\b")
SHELL_NAPS = re.compile(r"(^|[;&|]|\bdo\b|\bthen\b)\s*sl" + r"eep\s")
WALL_CLOCK = re.compile(r"\bsystem_" + r"clock\b|\bCLOCK_REAL" + r"TIME\b|\bgettime" + r"ofday\b")
ANY_CLOCK = re.compile(r"_clock::now\b|\bclock_gettime\b")
TEST_SWITCH = re.compile(r"^\s*#\s*if.*\bTEST(ING|S)?\b")
WORKPLACE = re.compile(r"(?<![\w.$}])/wo" + r"rk/\w")

PURE = ("agent/base/", "agent/vrrp/", "agent/core/")


def lines_with(path, text, pattern, words):
    return [
        Finding(path, number, f"{words}: {match[0].strip()}")
        for number, line in enumerate(text.splitlines(), 1)
        if (match := pattern.search(line))
    ]


def licence(path, text):
    """The licence stands in the first line, or in the second behind #!."""
    lines = text.splitlines()[:2]
    allowed = lines[:2] if lines and lines[0].startswith("#!") else lines[:1]
    if not is_source(path) or any(LICENCE in line for line in allowed):
        return []
    return [Finding(path, 1, f"no line {LICENCE}")]


def open_ends(path, text):
    return lines_with(path, text, OPEN_ENDS, "unfinished")


def workplace(path, text):
    return lines_with(path, text, WORKPLACE, "a path of one machine")


def naps(path, text):
    """Waiting for a time instead of a condition, in any language of the tree."""
    found = lines_with(path, text, NAPS, "wait for a condition, with a deadline")
    if path.endswith(".py"):
        found += lines_with(path, text, PYTHON_NAPS, "wait for a condition, with a deadline")
    if path.endswith(".sh") or path == ".ci/run":
        found += lines_with(path, text, SHELL_NAPS, "wait for a condition, with a deadline")
    return found


def clocks(path, text):
    if not is_cpp(path) or not path.startswith("agent/"):
        return []
    found = []
    if not path.startswith("agent/platform/"):
        found += lines_with(path, text, WALL_CLOCK, "the wall clock is agent/platform's")
    if path.startswith(PURE):
        found += lines_with(path, text, ANY_CLOCK, "the time is handed in, never asked for")
    return found


def test_switches(path, text):
    if not path.startswith("agent/"):
        return []
    return lines_with(path, text, TEST_SWITCH, "the code that is tested is the code that runs")
