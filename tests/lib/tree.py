# SPDX-License-Identifier: Apache-2.0
"""The files that the style rules look at, and what a finding looks like."""

import dataclasses
import functools
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

CPP = {".cpp", ".hpp"}
C = {".c", ".h"}
SOURCE_SUFFIXES = CPP | C | {".py", ".sh", ".cmake", ".map"}
CPP_FOLDERS = ("agent/", "sdk/", "plugins/", "tests/")
SOURCE_NAMES = {"CMakeLists.txt", "rules", "run"}
NOT_OURS = {".git", "build", "__pycache__", ".pytest_cache", ".cache", ".debhelper"}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One breach of one rule; prints as file:line: words."""

    path: str
    line: int
    words: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.words}"


@functools.cache
def files():
    """Every file of the tree as a posix path relative to its top, sorted; what git ignores is left out."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-z"]
        command += ["--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode().split("\0")
        return sorted(path for path in listed if path and (ROOT / path).is_file())
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.startswith("obj-")]
        found += [(pathlib.Path(folder) / name).relative_to(ROOT).as_posix() for name in names]
    return sorted(found)


def read(path):
    """The text of a file of the tree; "" for one that is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def is_source(path):
    """Source in any language of the tree: what must carry a licence line."""
    name = pathlib.PurePosixPath(path)
    return name.suffix in SOURCE_SUFFIXES or name.name in SOURCE_NAMES


def is_cpp(path):
    """C++, and the C of the plugin contract."""
    return pathlib.PurePosixPath(path).suffix in CPP | C


def sources():
    return [path for path in files() if is_source(path)]


def cpp_sources():
    return [path for path in files() if is_cpp(path) and path.startswith(CPP_FOLDERS)]
