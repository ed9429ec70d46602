# SPDX-License-Identifier: Apache-2.0
"""What the machine has spoilt is done once more; what fails by itself is not."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.usefixtures("ground"), pytest.mark.calm]

# A watcher that is stopped is as late as one whose processor stands still.
INNER = """
import os, pathlib, select, signal
from net.conftest import HICCUPS

def run(name):
    with open(pathlib.Path(__file__).with_name(name), "a") as file:
        file.write("x")
    return pathlib.Path(__file__).with_name(name).stat().st_size

def test_spoilt(request):
    if run("spoilt") == 1:
        hiccups = request.config.stash[HICCUPS]
        pid = next(iter(hiccups.watchers.values())).pid
        os.kill(pid, signal.SIGSTOP)
        select.select([], [], [], 0.2)
        os.kill(pid, signal.SIGCONT)
        select.select([], [], [], 0.2)
        assert hiccups.worst(0.0).seconds > 0.1
        assert False, "spoilt"

def test_wrong():
    run("wrong")
    assert False, "wrong"

def test_right():
    run("right")
"""


def test_only_what_was_spoilt_is_done_twice(tmp_path: pathlib.Path) -> None:
    """A run of pytest with the hooks of this folder."""
    (tmp_path / "test_inner.py").write_text(INNER, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "net.conftest", "--rootdir", str(tmp_path),
                           str(tmp_path / "test_inner.py")], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(TESTS)},
                          capture_output=True, text=True, timeout=60.0, check=False)
    assert "1 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert "done twice: 1" in done.stdout and "test_spoilt: failed while processor" in done.stdout, done.stdout
    assert [(tmp_path / name).stat().st_size for name in ("spoilt", "wrong", "right")] == [2, 1, 1]
