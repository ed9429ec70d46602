# SPDX-License-Identifier: Apache-2.0
"""Every rule over every file of the tree."""

import subprocess

import includes
import pytest
import sizes
import tree
import words


def over(paths, rule):
    """Fails with every finding of one rule, a line each."""
    findings = [str(finding) for path in paths for finding in rule(path, tree.read(path))]
    assert not findings, "\n" + "\n".join(findings)


def test_the_tree_is_seen():
    assert len(tree.cpp_sources()) > 20, "the rules below would pass by looking at nothing"


def test_includes_point_down_only():
    over(tree.cpp_sources(), includes.check)


def test_files_are_short():
    over(tree.sources(), sizes.file_length)


def test_functions_are_short():
    over([path for path in tree.sources() if tree.is_cpp(path) or path.endswith(".py")], sizes.function_length)


def test_readmes_are_there_and_short():
    over([path for path in tree.files() if path.endswith(".md")], sizes.readme_length)
    missing = sizes.missing_readmes(tree.files())
    assert not missing, "\n" + "\n".join(map(str, missing))


@pytest.mark.parametrize(
    "rule", [words.licence, words.naps, words.clocks, words.test_switches], ids=lambda rule: rule.__name__
)
def test_words_in_sources(rule):
    over(tree.sources(), rule)


@pytest.mark.parametrize("rule", [words.open_ends, words.workplace], ids=lambda rule: rule.__name__)
def test_words_anywhere(rule):
    over(tree.files(), rule)


@pytest.mark.parametrize("path", [path for path in tree.files() if path.endswith(".patch")])
def test_planted_faults_still_apply(path):
    """They are built on request alone, and would be out of date for long."""
    command = ["patch", "--dry-run", "--force", "-p1", "-i", tree.ROOT / path]
    done = subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_clang_format_is_clean():
    command = ["clang-format-14", "--dry-run", "--Werror", *tree.cpp_sources()]
    run = subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True, timeout=120)
    wrong = sorted({line.split(":")[0] for line in run.stderr.splitlines() if "[-Wclang-format-violations]" in line})
    assert run.returncode == 0, "target `format` puts right: " + " ".join(wrong or [run.stderr])
