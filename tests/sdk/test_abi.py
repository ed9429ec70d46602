# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, in each language and with each compiler that it is for."""

import platform
import shutil

import conftest
import pytest
import tree

LANGUAGES = {
    "gcc": ("c", "c11"),
    "g++": ("c++", "c++20"),
    "clang": ("c", "c11"),
    "clang++": ("c++", "c++20"),
}
INCLUDE = tree.ROOT / "sdk" / "include"
ABI = sorted(path.relative_to(INCLUDE).as_posix() for path in INCLUDE.rglob("*.h"))
WRAPPER = sorted(path.relative_to(INCLUDE).as_posix() for path in INCLUDE.rglob("*.hpp"))
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]


def compile_text(compiler, text, *options):
    conftest.needs(compiler)
    language, standard = LANGUAGES[compiler]
    conftest.run(compiler, f"-std={standard}", *STRICT, *options, "-x", language, "-", input=text)


def test_headers_are_seen():
    assert "regent/abi/plugin.h" in ABI and "regent/testing.hpp" in WRAPPER


@pytest.mark.parametrize("compiler", LANGUAGES)
def test_contract(compiler, prefix):
    for header in ABI:
        compile_text(compiler, f"#include <{header}>\nextern int declared;\n", f"-I{prefix / 'include'}")


WRAPPER_STRICT = ["-Wshadow", "-Wconversion", "-Wold-style-cast", "-Wnon-virtual-dtor"]


@pytest.mark.parametrize("header", WRAPPER)
def test_wrapper_alone(header, prefix):
    compile_text("g++", f"#include <{header}>\n", f"-I{prefix / 'include'}", *WRAPPER_STRICT)


def test_wrapper_by_clang(prefix):
    text = "".join(f"#include <{header}>\n" for header in WRAPPER)
    compile_text("clang++", text, f"-I{prefix / 'include'}", *WRAPPER_STRICT)


@pytest.mark.parametrize("compiler", LANGUAGES)
def test_layout_of_version_1(compiler, prefix):
    text = (tree.ROOT / "sdk" / "tests" / "abi_v1_layout.c").read_text()
    compile_text(compiler, text, f"-I{prefix / 'include'}")


def test_layout_can_fail(prefix):
    text = (tree.ROOT / "sdk" / "tests" / "abi_v1_layout.c").read_text()
    wrong = text.replace("SIZE(regent_str, 16)", "SIZE(regent_str, 24)")
    assert wrong != text
    with pytest.raises(AssertionError, match="regent_str"):
        compile_text("gcc", wrong, f"-I{prefix / 'include'}")


# Of version 1.0, by libabigail: with the arguments of every operation. An addition to the contract raises the minor
# version, and changes the golden file by what it adds alone:
#   abidw --no-show-locs --no-corpus-path --no-comp-dir-path --out-file sdk/tests/abi_v1.abi types.so
GOLDEN = tree.ROOT / "sdk" / "tests" / "abi_v1.abi"


def types_of(include, folder):
    """A shared object with the types of the contract, and debug information about them."""
    made = folder / "types.so"
    source = tree.ROOT / "sdk" / "tests" / "abi_v1_types.c"
    conftest.run("gcc", "-std=c11", "-g", "-shared", "-fPIC", f"-I{include}", "-o", made, source)
    return made


def needs_libabigail():
    conftest.needs("abidiff")
    if platform.machine() != "x86_64":
        pytest.skip("the golden file is of x86_64")


def test_types_of_version_1(prefix, tmp_path):
    needs_libabigail()
    conftest.run("abidiff", GOLDEN, types_of(prefix / "include", tmp_path))


@pytest.mark.parametrize(
    ("header", "old", "new", "words"),
    [
        ("result.h", "int32_t detail_code", "int64_t detail_code", "detail_code"),
        ("check.h", "int64_t deadline_ns", "int32_t deadline_ns", "probe"),
    ],
)
def test_types_can_fail(header, old, new, words, prefix, tmp_path):
    needs_libabigail()
    changed = shutil.copytree(prefix / "include", tmp_path / "include") / "regent" / "abi" / header
    text = changed.read_text()
    assert old in text
    changed.write_text(text.replace(old, new))
    with pytest.raises(AssertionError, match=words):
        conftest.run("abidiff", GOLDEN, types_of(tmp_path / "include", tmp_path))
