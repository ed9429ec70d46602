# SPDX-License-Identifier: Apache-2.0
"""regentctl against an agent that always says the same, on a bus of its own. Needs neither root nor the machine's bus."""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import tempfile

import plugin_tree
import pytest

CONFIGURATION = """<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"""


@dataclasses.dataclass
class Scene:
    """A bus, and who is on it."""
    environment: dict
    agent: subprocess.Popen | None = None

    def tell(self, word):
        """Has the agent change something."""
        self.agent.stdin.write(word + "\n")
        self.agent.stdin.flush()


@pytest.fixture(scope="session")
def folder():
    """Others may read it: one of them is who may do nothing."""
    with tempfile.TemporaryDirectory(prefix="regentctl-") as path:
        os.chmod(path, 0o755)
        yield pathlib.Path(path)


@pytest.fixture(scope="session")
def program(folder):
    return shutil.copy(os.environ["REGENTCTL"], folder / "regentctl")


@pytest.fixture(scope="session")
def plugins(folder):
    return plugin_tree.make(folder)


@pytest.fixture(scope="session")
def scenes(folder):
    """well, trouble, alien: an agent that is so, where everybody may act; nobody: where only root may; empty: a bus without an agent; none: no bus."""
    started = []
    made = {"none": Scene(environment(folder / "nothing"))}

    def start(*command, **options):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, **options)
        started.append(process)
        assert process.stdout.readline(), f"{command[0]} did not start"
        return process

    try:
        for name in "well", "trouble", "alien", "nobody", "empty":
            configuration = folder / f"{name}.conf"
            configuration.write_text(CONFIGURATION.format(socket=folder / name))
            start("dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile", "--nosyslog",
                  "--print-address=1", stderr=subprocess.DEVNULL)
            made[name] = Scene(environment(folder / name))
            if name != "empty":
                made[name].agent = start(os.environ["REGENT_FAKE_AGENT"], "strict" if name == "nobody" else name, env=made[name].environment)
        yield made
    finally:
        # The last that was started goes first: agents before their bus.
        for process in reversed(started):
            process.kill()
            process.communicate()


def environment(socket):
    return {"PATH": "/usr/bin:/bin", "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}"}
