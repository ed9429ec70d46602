# SPDX-License-Identifier: Apache-2.0
"""regentctl against an agent that always says the same, on a bus of its own. Needs neither root nor the machine's bus."""

import dataclasses
import os
import pathlib
import shutil
import socket
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


def start(*command, **options):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, **options)
    assert process.stdout.readline(), f"{command[0]} did not start"
    return process


@dataclasses.dataclass
class Scene:
    """A bus, and who is on it."""
    environment: dict
    bus: subprocess.Popen | None = None
    agent: subprocess.Popen | None = None

    def replace_agent(self, kind):
        """The one that is there dies, and this one comes."""
        self.end_agent()
        self.agent = start(os.environ["REGENT_FAKE_AGENT"], kind, env=self.environment)

    def end_agent(self):
        if self.agent:
            self.agent.kill()
            self.agent.communicate()

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
    """well, trouble, alien, namesakes: an agent that is so, where everybody may act; nobody: where only root may; empty: a bus without an agent; none: no bus;
    deaf: one that takes connections and says nothing; doomed: as well, but its bus is for one test to kill; restless: as well, but its agent is
    for one test to replace."""
    made = {"none": Scene(environment(folder / "nothing")), "deaf": Scene(environment(folder / "deaf"))}
    deaf = socket.socket(socket.AF_UNIX)
    deaf.bind(str(folder / "deaf"))
    deaf.listen()

    try:
        for name in "well", "trouble", "alien", "nobody", "namesakes", "doomed", "restless", "empty":
            configuration = folder / f"{name}.conf"
            configuration.write_text(CONFIGURATION.format(socket=folder / name))
            bus = start("dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile", "--nosyslog",
                        "--print-address=1", stderr=subprocess.DEVNULL)
            made[name] = Scene(environment(folder / name), bus)
            if name != "empty":
                made[name].replace_agent({"nobody": "strict", "doomed": "well", "restless": "well"}.get(name, name))
        yield made
    finally:
        deaf.close()
        for scene in made.values():
            scene.end_agent()
            if scene.bus:
                scene.bus.kill()
                scene.bus.communicate()


def environment(path):
    return {"PATH": "/usr/bin:/bin", "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={path}"}
