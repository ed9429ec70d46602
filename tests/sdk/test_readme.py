# SPDX-License-Identifier: Apache-2.0
"""The plugins that sdk/README.md shows are plugins."""

import os
import re
import shutil

import conftest
import pytest
import tree

README = (tree.ROOT / "sdk" / "README.md").read_text()
EXAMPLES = re.findall(r"```cpp\n(.*?)```", README, re.DOTALL)


def test_there_are_some():
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_is_a_plugin(number, prefix, tmp_path):
    (tmp_path / "plugin.cpp").write_text(EXAMPLES[number])
    (module,) = prefix.rglob("regent-sdk.pc")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(module.parent)}
    flags = conftest.run("pkg-config", "--cflags", "--libs", "regent-sdk", env=environment).split()
    made, source = tmp_path / "regent-example.so", tmp_path / "plugin.cpp"
    conftest.run("g++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", made, source, *flags)
    assert conftest.exported(made) == ["regent_plugin_v1"]


def test_its_way_to_a_plugin_in_c(prefix, tmp_path):
    """The command as it stands there, on the file that it names."""
    (command,) = re.findall(r"`(cc .*fixture\.c.*?)`", README)
    (module,) = prefix.rglob("regent-sdk.pc")
    shutil.copy(tree.ROOT / "sdk" / "tests" / "fixture.c", tmp_path)
    conftest.run("sh", "-ec", command, cwd=tmp_path, env={**os.environ, "PKG_CONFIG_PATH": str(module.parent)})
    assert conftest.exported(tmp_path / "regent-fixture.so") == ["regent_plugin_v1"]
