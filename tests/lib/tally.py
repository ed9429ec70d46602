#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a run of tests/run.sh really did, from the JUnit reports of its sections, and prints the closing line.

tally.py FOLDER: the folder has `sections` (name, exit code, seconds; a line each) and NAME.xml for those with a report.
Exit code 0 when nothing failed. With CI in the environment a skipped test is a failure.
"""

import os
import pathlib
import sys
import xml.etree.ElementTree as tree


def count(report):
    """(passed, failed, names of the skipped) of one JUnit report of pytest or ctest."""
    passed = failed = 0
    skipped = []
    for case in tree.parse(report).getroot().iter("testcase"):
        reason = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            failed += 1
        elif reason is not None or case.get("status") in {"notrun", "disabled"}:
            words = reason.get("message") if reason is not None else None
            skipped.append(f"{case.get('classname')}::{case.get('name')}: {words or 'no reason given'}")
        else:
            passed += 1
    return passed, failed, skipped


def section(folder, name, status):
    """As count(). A section that failed without a failed test of its own, or ran no test, is one failure."""
    report = folder / f"{name}.xml"
    if not report.exists():
        return (1, 0, []) if status == 0 else (0, 1, [])
    try:
        passed, failed, skipped = count(report)
    except tree.ParseError:
        return 0, 1, []
    if failed == 0 and (status != 0 or passed + len(skipped) == 0):
        failed = 1
    return passed, failed, skipped


def main(folder):
    totals = [0, 0, 0]
    strict = bool(os.environ.get("CI"))
    for line in (folder / "sections").read_text().splitlines():
        name, status, seconds = line.split()
        passed, failed, skipped = section(folder, name, int(status))
        for words in skipped:
            print(f"{'FAILED, skipped under CI' if strict else 'skipped'}: {words}")
        if strict:
            failed += len(skipped)
            skipped = []
        print(f"{name:10} {passed:5} passed {failed:4} failed {len(skipped):4} skipped {int(seconds):6} s")
        totals = [total + more for total, more in zip(totals, (passed, failed, len(skipped)))]
    print("{} passed, {} failed, {} skipped".format(*totals))
    return 0 if totals[1] == 0 and totals[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
