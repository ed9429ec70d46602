# SPDX-License-Identifier: Apache-2.0
"""How long things may be: files, functions, a folder's README."""

import pathlib

import scanner
from tree import Finding

FILE_LINES = 500
TEST_FILE_LINES = 700
FUNCTION_LINES = 60
README_LINES = 15
# Longer, because they are not about a folder: the tutorial of the SDK, and the front page of a repository of its own.
READMES_OF_THEIR_OWN = {"sdk/README.md": 250, "sdk/template/README.md": 40}


def file_length(path, text):
    limit = TEST_FILE_LINES if path.startswith("tests/") else FILE_LINES
    lines = len(text.splitlines())
    return [Finding(path, lines, f"{lines} lines, {limit} are allowed")] if lines > limit else []


def function_length(path, text):
    functions = scanner.python_functions if path.endswith(".py") else scanner.cpp_functions
    return [
        Finding(path, first, f"{name} has {lines} lines, {FUNCTION_LINES} are allowed")
        for name, first, lines in functions(text)
        if lines > FUNCTION_LINES and not name.startswith("TEST_CASE")
    ]


def readme_length(path, text):
    """The top README is the project's, not a folder's: no limit."""
    name = pathlib.PurePosixPath(path)
    lines = len(text.splitlines())
    limit = READMES_OF_THEIR_OWN.get(path, README_LINES)
    if name.name != "README.md" or len(name.parts) == 1 or lines <= limit:
        return []
    return [Finding(path, lines, f"{lines} lines, {limit} are allowed in a folder's README")]


def missing_readmes(paths):
    """Folders of the first and second level that have files but no README."""
    folders = set()
    for path in paths:
        parts = pathlib.PurePosixPath(path).parts
        if len(parts) > 1 and parts[0] in {"agent", "sdk", "plugins", "tests", "cmake", "docs", "etc"}:
            folders.add(parts[0])
        if len(parts) > 2 and parts[0] in {"agent", "plugins", "tests"}:
            folders.add("/".join(parts[:2]))
    have = {str(pathlib.PurePosixPath(path).parent) for path in paths if path.endswith("/README.md")}
    return [Finding(folder, 1, "has no README.md") for folder in sorted(folders - have)]
