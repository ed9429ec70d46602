# SPDX-License-Identifier: Apache-2.0
"""The plugins that sdk/README.md shows are plugins."""

import os
import re

import conftest
import pytest
import tree

EXAMPLES = re.findall(r"```cpp\n(.*?)```", (tree.ROOT / "sdk" / "README.md").read_text(), re.DOTALL)


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
