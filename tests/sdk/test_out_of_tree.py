# SPDX-License-Identifier: Apache-2.0
"""A copy of sdk/template, far from this tree, built with nothing but the installed SDK."""

import os
import shutil

import conftest
import pytest
import tree


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("third-party") / "file-age"
    for path in tree.files():
        if path.startswith("sdk/template/"):
            target = folder / path.removeprefix("sdk/template/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(tree.ROOT / path, target)
    return folder


@pytest.fixture(scope="module")
def built(repository, prefix):
    """By the commands of its README; only where the SDK lies is said in addition."""
    environment = {**os.environ, "CMAKE_PREFIX_PATH": str(prefix)}
    if shutil.which("ccache"):
        # Catch2 takes long to compile; the folders of two runs differ, so they are taken as relative.
        common = os.path.commonpath([prefix, repository])
        environment |= {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache", "CCACHE_BASEDIR": common, "CCACHE_NOHASHDIR": "1"}
    conftest.run("cmake", "--preset", "dev", cwd=repository, env=environment)
    conftest.run("cmake", "--build", "--preset", "dev", cwd=repository, env=environment, seconds=300)
    return repository / "build" / "dev"


def test_its_tests_pass(built, repository):
    assert "100% tests passed" in conftest.run("ctest", "--preset", "dev", "--no-tests=error", cwd=repository)


def test_its_contract_is_checked_with_its_tests(built, repository):
    said = conftest.run("ctest", "--preset", "dev", "--verbose", "--tests-regex", "^plugin-check-file-age$", cwd=repository)
    assert "ok       contract.silence" in said and "regent-file-age.so: " in said and " 0 FAILED" in said
    (name,) = (line for line in said.splitlines() if "Test command:" in line)
    assert "/usr/bin/regent-plugin-check" in name


def test_it_is_a_plugin(built):
    assert conftest.exported(built / "regent-file-age.so") == ["regent_plugin_v1"]


def test_it_is_installed_where_the_agent_looks(built, tmp_path):
    conftest.run("cmake", "--install", built, "--prefix", tmp_path)
    (installed,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert installed.relative_to(tmp_path).as_posix().endswith("/regent/plugins/regent-file-age.so")
    assert installed.relative_to(tmp_path).parts[0].startswith("lib")


def test_one_command_line_is_enough(repository, prefix, tmp_path):
    """As sdk/README.md has it, with pkg-config."""
    (module,) = prefix.rglob("regent-sdk.pc")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(module.parent)}
    flags = conftest.run("pkg-config", "--cflags", "--libs", "regent-sdk", env=environment).split()
    made = tmp_path / "regent-file-age.so"
    conftest.run("g++", "-std=c++20", "-O2", "-Wall", "-Werror", "-o", made, repository / "plugin.cpp", *flags)
    assert conftest.exported(made) == ["regent_plugin_v1"]
    folder = conftest.run("pkg-config", "--variable=plugindir", "regent-sdk", env=environment).strip()
    assert os.path.normpath(folder) == str(module.parents[1] / "regent" / "plugins")


def regentctl(built, *arguments):
    """Of this tree, with the plugin as the only one."""
    programs = conftest.BUILD / "bin"
    options = ["--plugin-host", programs / "regent-plugin-host", "--plugin-dir", built]
    return conftest.run(programs / "regentctl", *options, *arguments)


def test_its_parameters_are_shown(built):
    assert 'default "60s"' in regentctl(built, "plugin", "show", "file-age")


def test_its_configuration_is_checked(built, repository, tmp_path):
    regentctl(built, "config", "check", repository / "regent.toml")
    wrong = tmp_path / "regent.toml"
    wrong.write_text((repository / "regent.toml").read_text().replace("max_age", "max_aeg"))
    with pytest.raises(AssertionError, match='regent.toml:5:1: error.*"max_aeg"'):
        regentctl(built, "config", "check", wrong)


def test_another_major_version_is_not_found(repository, prefix, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(repository, copy, ignore=shutil.ignore_patterns("build"))
    lists = copy / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("find_package(regent-sdk 1 ", "find_package(regent-sdk 2 "))
    with pytest.raises(AssertionError, match="regent-sdk"):
        conftest.run("cmake", "--preset", "dev", cwd=copy, env={**os.environ, "CMAKE_PREFIX_PATH": str(prefix)})
