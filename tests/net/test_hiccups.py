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
import pytest
from net.conftest import HICCUPS

def run(name):
    with open(pathlib.Path(__file__).with_name(name), "a") as file:
        file.write("x")
    return pathlib.Path(__file__).with_name(name).stat().st_size

def hiccup(request):
    watcher = next(iter(request.config.stash[HICCUPS].watchers.values()))
    mark = watcher.mark()
    os.kill(watcher.pid, signal.SIGSTOP)
    select.select([], [], [], 0.2)
    os.kill(watcher.pid, signal.SIGCONT)
    watcher.wait_for(r"^0[.][1-9]", 5.0, mark)

def test_spoilt(request):
    if run("spoilt") == 1:
        hiccup(request)
        assert False, "spoilt"

@pytest.fixture(scope="module")
def shared(request):
    made = run("shared")
    if made == 1:
        hiccup(request)
    return made

def test_first_to_share(shared):
    pass

def test_shared_was_spoilt(shared):
    assert shared > 1, "spoilt"

def test_wrong_with_what_is_shared(shared):
    run("wrong, too")
    assert False, "wrong"

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
    assert "2 failed, 4 passed" in done.stdout, done.stdout + done.stderr
    assert "done twice: 2" in done.stdout, done.stdout
    assert all(f"test_{name}: failed while processor" in done.stdout for name in ("spoilt", "shared_was_spoilt")), done.stdout
    names = ("spoilt", "shared", "wrong, too", "wrong", "right")
    assert [(tmp_path / name).stat().st_size for name in names] == [2, 2, 1, 1, 1]
