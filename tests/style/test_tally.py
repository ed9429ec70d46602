# SPDX-License-Identifier: Apache-2.0
"""The closing line of tests/run.sh must tell the truth, so it is tested like any other program."""

import subprocess

import pytest
import tree

PASSED = "<testsuite><testcase name='a'/><testcase name='b' status='run'/></testsuite>"
FAILED = "<testsuite><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>"
BROKEN = "<testsuite><testcase name='a'><error/></testcase></testsuite>"
SKIPPED = "<testsuite><testcase name='a'/><testcase name='b'><skipped message='no root'/></testcase></testsuite>"
CTEST_SKIPPED = "<testsuite><testcase name='a'/><testcase name='b' status='notrun'/></testsuite>"
EMPTY = "<testsuite/>"


@pytest.mark.parametrize(
    ("exit_code", "report", "ci", "line"),
    [
        (0, PASSED, False, "2 passed, 0 failed, 0 skipped"),
        (1, FAILED, False, "1 passed, 1 failed, 0 skipped"),
        (1, BROKEN, False, "0 passed, 1 failed, 0 skipped"),
        (0, SKIPPED, False, "1 passed, 0 failed, 1 skipped"),
        (0, SKIPPED, True, "1 passed, 1 failed, 0 skipped"),
        (0, CTEST_SKIPPED, True, "1 passed, 1 failed, 0 skipped"),
        (124, PASSED, False, "2 passed, 1 failed, 0 skipped"),
        (0, EMPTY, False, "0 passed, 1 failed, 0 skipped"),
        (0, "not xml", False, "0 passed, 1 failed, 0 skipped"),
        (0, None, False, "1 passed, 0 failed, 0 skipped"),
        (1, None, False, "0 passed, 1 failed, 0 skipped"),
    ],
)
def test_closing_line(tmp_path, exit_code, report, ci, line):
    (tmp_path / "sections").write_text(f"unit {exit_code} 3\n")
    if report is not None:
        (tmp_path / "unit.xml").write_text(report)
    command = ["/usr/bin/python3", str(tree.ROOT / "tests/lib/tally.py"), str(tmp_path)]
    environment = {"CI": "true"} if ci else {}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30)
    assert done.stdout.splitlines()[-1] == line
    assert (done.returncode == 0) is (" 0 failed" in line)
