# SPDX-License-Identifier: Apache-2.0
"""What every plugin of the tree looks like from outside: one name, no code at load, never unloaded."""

import re

import conftest
import pytest

OBJECTS = sorted(path for folder in ("fixtures", "plugins") for path in (conftest.BUILD / folder).glob("regent-*.so"))


def section_size(shared_object, name):
    """Bytes of an ELF section; 0 when there is none."""
    listing = conftest.run("readelf", "--wide", "--section-headers", shared_object)
    match = re.search(rf"\s{re.escape(name)}\s+\S+\s+\S+\s+\S+\s+([0-9a-f]+)\s", listing)
    return int(match[1], 16) if match else 0


def test_there_are_some():
    assert any(path.name == "regent-fixture.so" for path in OBJECTS), f"{conftest.BUILD} is not built"


@pytest.mark.parametrize("shared_object", OBJECTS, ids=lambda path: path.stem)
def test_from_outside(shared_object):
    assert conftest.exported(shared_object) == ["regent_plugin_v1"]
    dynamic = conftest.run("readelf", "--wide", "--dynamic", "--program-headers", shared_object)
    assert "NODELETE" in dynamic
    assert "TEXTREL" not in dynamic
    assert re.search(r"GNU_STACK.*RW ", dynamic), "the stack is executable"


@pytest.mark.parametrize("shared_object", OBJECTS, ids=lambda path: path.stem)
def test_nothing_runs_at_load(shared_object):
    """The one entry is the compiler's own frame_dummy. More of them: a global with a constructor, or <iostream>."""
    assert section_size(shared_object, ".init_array") == 8
    assert section_size(shared_object, ".ctors") == 0


def test_a_constructor_would_be_seen(tmp_path):
    (tmp_path / "x.cpp").write_text('#include <string>\nstd::string global("a text too long for the small buffer");\n')
    conftest.run("g++", "-shared", "-fPIC", "-o", tmp_path / "x.so", tmp_path / "x.cpp")
    assert section_size(tmp_path / "x.so", ".init_array") > 8
