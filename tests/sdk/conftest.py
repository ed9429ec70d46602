# SPDX-License-Identifier: Apache-2.0
"""The SDK, installed from the build tree to a folder of the test's own."""

import os
import pathlib
import shutil
import subprocess

import pytest
import tree

BUILD = pathlib.Path(os.environ.get("REGENT_BUILD", tree.ROOT / "build" / "dev"))


def run(*command, seconds=60, **options):
    """Output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=seconds, check=False, **options
    )
    assert done.returncode == 0, " ".join(map(str, command)) + "\n" + done.stdout + done.stderr
    return done.stdout + done.stderr


def needs(program):
    """Skips without `program`; where CI is set it fails, because CI can have it."""
    if not shutil.which(program):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(program + " is not installed")


def exported(shared_object):
    """Names that others see in it."""
    lines = run("nm", "--dynamic", "--defined-only", "--format=posix", shared_object).splitlines()
    return [line.split()[0] for line in lines]


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """As under /usr/local after an installation of libregent-dev."""
    folder = tmp_path_factory.mktemp("sdk") / "usr"
    run("cmake", "--install", BUILD, "--component", "sdk", "--prefix", folder)
    return folder
