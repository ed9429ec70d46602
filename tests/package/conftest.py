# SPDX-License-Identifier: Apache-2.0
"""The package, built once from what a fresh clone would hold, and the machine it is installed on."""

import os
import shutil

import lab
import pytest
import tree

SOURCE = lab.LAB / "source" / "regent"


def needs(condition, words):
    """Skips, and says so; where CI is set it fails, because CI can have it."""
    if not condition:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(words)


@pytest.fixture(scope="session")
def package():
    """regent_*.deb from `dpkg-buildpackage -us -uc -b` in a copy of the tree."""
    needs(shutil.which("dpkg-buildpackage"), "dpkg-buildpackage is not installed")
    shutil.rmtree(SOURCE.parent, ignore_errors=True)
    for path in tree.files():
        target = SOURCE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(tree.ROOT / path, target)
    environment = {"DEB_BUILD_OPTIONS": "parallel=2", **os.environ, "LC_ALL": "C.UTF-8"}
    if shutil.which("ccache"):
        # debhelper sets a home folder of its own, where the cache would start empty.
        environment["CCACHE_DIR"] = lab.run("ccache", "--get-config=cache_dir").stdout.strip()
    lab.run("dpkg-buildpackage", "-us", "-uc", "-b", cwd=SOURCE, env=environment, seconds=800)
    (built,) = SOURCE.parent.glob("regent_*.deb")
    return built


@pytest.fixture(scope="session")
def unpacked(package, tmp_path_factory):
    """The files of the package, as they would lie under /."""
    folder = tmp_path_factory.mktemp("package")
    lab.run("dpkg-deb", "--extract", str(package), str(folder))
    return folder


@pytest.fixture(scope="session")
def machine(package):
    """A machine that has what the package depends on, but not the package."""
    needs(os.geteuid() == 0, "root is needed to start a machine")
    needs(shutil.which("systemd-nspawn"), "systemd-nspawn is not installed (systemd-container)")
    needs(shutil.which("mmdebstrap"), "mmdebstrap is not installed")
    depends = lab.run("dpkg-deb", "--field", str(package), "Depends").stdout.split(",")
    machine = lab.Machine(lab.base_system({word.split()[0] for word in depends}), "a", "192.0.2.11/24")
    yield machine
    machine.remove()
