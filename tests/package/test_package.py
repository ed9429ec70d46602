# SPDX-License-Identifier: Apache-2.0
"""The package as a file, before any machine sees it."""

import lab
import pytest
import tree

WANTED = [
    "usr/sbin/regentd",
    "usr/bin/regentctl",
    "lib/systemd/system/regent.service",
    "usr/lib/sysusers.d/regent.conf",
    "usr/share/bash-completion/completions/regentctl",
    "usr/share/dbus-1/interfaces/org.regent1.Instance.xml",
    "usr/share/dbus-1/system.d/org.regent1.conf",
    "usr/share/polkit-1/actions/org.regent1.policy",
    "usr/share/man/man5/org.regent1.5.gz",
    "usr/share/man/man5/regent.toml.5.gz",
    "etc/regent/regent.toml",
    "usr/share/man/man8/regentd.8.gz",
    "usr/share/man/man1/regentctl.1.gz",
    "usr/share/doc/regent/copyright",
    "usr/share/doc/regent/configuration.md",
    "usr/share/doc/regent/failover.md",
    "usr/share/doc/regent/migration.md",
    "usr/share/doc/regent/rfc9568.md",
    "usr/libexec/regent/regent-plugin-host",
    "usr/lib/*/regent/plugins/regent-rmi.so",
    "usr/lib/*/regent/plugins/regent-tcp.so",
    "usr/lib/*/regent/plugins/regent-http.so",
    "usr/lib/*/regent/plugins/regent-docker.so",
]

WANTED_OF_DEVELOPERS = [
    "usr/include/regent/abi/plugin.h",
    "usr/include/regent/testing.hpp",
    "usr/lib/*/cmake/regent-sdk/regent-sdkConfig.cmake",
    "usr/lib/*/pkgconfig/regent-sdk.pc",
    "usr/bin/regent-plugin-check",
    "usr/share/man/man1/regent-plugin-check.1.gz",
    "usr/share/doc/libregent-dev/README.md",
    "usr/share/doc/libregent-dev/examples/fixture.c",
    "usr/share/doc/libregent-dev/examples/template/CMakeLists.txt",
]


@pytest.mark.parametrize("path", WANTED)
def test_has(unpacked, path):
    assert [found.is_file() for found in unpacked.glob(path)] == [True]


@pytest.fixture(scope="module")
def unpacked_sdk(package, tmp_path_factory):
    (sdk,) = package.parent.glob("libregent-dev_*.deb")
    folder = tmp_path_factory.mktemp("sdk")
    lab.run("dpkg-deb", "--extract", str(sdk), str(folder))
    return folder


@pytest.mark.parametrize("path", WANTED_OF_DEVELOPERS)
def test_sdk_has(unpacked_sdk, path):
    assert [found.is_file() for found in unpacked_sdk.glob(path)] == [True]


def test_lintian_is_silent(package):
    """Down to the pedantic. An override needs a comment beside it in debian/. Not asked about spelling in binaries: the
    compiler cuts strings into pieces that lie next to each other, and lintian reads words across the cuts."""
    (changes,) = package.parent.glob("*.changes")
    fail = "--fail-on=error,warning,info,pedantic"
    options = ["--allow-root", "--pedantic", "--display-info", "--suppress-tags=spelling-error-in-binary", fail]
    done = lab.run("lintian", *options, str(changes), check=False, seconds=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", ["usr/sbin/regentd", "usr/bin/regentctl", "usr/libexec/regent/regent-plugin-host"])
def test_programs_are_hardened(unpacked, program):
    read = lab.run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", str(unpacked / program)).stdout
    assert "DYN (Position-Independent Executable" in read
    assert "GNU_RELRO" in read
    assert "BIND_NOW" in read


def test_unit_exposes_little():
    """2.2 at most, on systemd's scale to 10; the option counts in tenths."""
    unit = tree.ROOT / "etc" / "regent.service"
    done = lab.run("systemd-analyze", "security", "--offline=true", "--threshold=22", "--no-pager", str(unit), check=False)
    assert done.returncode == 0, done.stdout


def test_unit_gate_can_fail(tmp_path):
    open_unit = tmp_path / "open.service"
    open_unit.write_text("[Service]\nExecStart=/bin/true\n")
    done = lab.run(
        "systemd-analyze", "security", "--offline=true", "--threshold=22", "--no-pager", str(open_unit), check=False
    )
    assert done.returncode != 0


def test_first_configuration_of_the_readme_is_valid(unpacked, tmp_path):
    text = (tree.ROOT / "README.md").read_text()
    first = tmp_path / "regent.toml"
    first.write_text(text.split("```toml\n")[1].split("```")[0])
    done = lab.run(str(unpacked / "usr/bin/regentctl"), "config", "check", str(first), check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "warning:" not in said, said
