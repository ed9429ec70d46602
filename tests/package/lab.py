# SPDX-License-Identifier: Apache-2.0
"""Machines to install packages on: Debian with systemd as process 1, each in a network namespace of its own.

The base system is made once by mmdebstrap and kept under build/package-lab/; a machine is an overlay on it. Nothing of a
machine outlives `Machine.remove()`. Needs root.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import tree

LAB = tree.ROOT / "build" / "package-lab"
# Process 1 and its tools, what the package depends on, so that installing it needs no network, and what it can do
# without: polkit and needrestart.
BASE_PACKAGES = ["dbus", "systemd", "systemd-sysv", "iproute2", "needrestart", "polkitd", "procps"]


def run(*command, check=True, seconds=60, **options):
    """A finished command with its output as text; raises with that output when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_until(condition, seconds, what):
    """The first true value of condition(); AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        pause.wait(0.02)
    return value


def base_system(dependencies):
    """The folder of the base system with `dependencies` in it; made when it is not there yet or was made with others."""
    packages = ",".join(sorted({*BASE_PACKAGES, *dependencies}))
    base, stamp = LAB / "base", LAB / "base.packages"
    if base.is_dir() and stamp.is_file() and stamp.read_text() == packages:
        return base
    stamp.unlink(missing_ok=True)
    shutil.rmtree(base, ignore_errors=True)
    LAB.mkdir(parents=True, exist_ok=True)
    run(
        *("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--dpkgopt=force-unsafe-io"),
        *(f"--include={packages}", "bookworm", str(base)),
        seconds=600,
    )
    stamp.write_text(packages)
    return base


class Machine:
    """One running machine. Its eth0 has `address`; the other end of the cable lies in a namespace with nothing else."""

    def __init__(self, base, name, address):
        self.name = f"rg{os.getpid()}{name}"
        self.peer = f"{self.name}p"
        self.folder = LAB / self.name
        self.root = self.folder / "root"
        self.process = None
        self.leader = None
        try:
            self._cable(address)
            self._disk(base)
            self._boot()
        except BaseException:
            self.remove()
            raise

    def _cable(self, address):
        for namespace in (self.name, self.peer):
            run("ip", "netns", "add", namespace)
        end = ["type", "veth", "peer", "name", "eth0", "netns", self.peer]
        run("ip", "-n", self.name, "link", "add", "eth0", *end)
        for namespace in (self.name, self.peer):
            run("ip", "-n", namespace, "link", "set", "lo", "up")
            run("ip", "-n", namespace, "link", "set", "eth0", "up")
        run("ip", "-n", self.name, "address", "add", address, "dev", "eth0")

    def _disk(self, base):
        for part in ("up", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        layers = f"lowerdir={base},upperdir={self.folder / 'up'},workdir={self.folder / 'work'}"
        run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        (self.root / "etc/machine-id").write_text("")

    def _boot(self):
        command = ["systemd-nspawn", "-q", "-b", "-D", str(self.root), "--capability=all", "--console=read-only"]
        command += [f"--network-namespace-path=/run/netns/{self.name}", f"--machine={self.name}", "--hostname=node"]
        command += ["--register=no", "--keep-unit"]
        environment = {**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
        with open(self.folder / "console.log", "wb") as console:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        self.leader = wait_until(self._find_leader, 10, "process 1 of the machine")
        wait_until(lambda: self.does("systemctl is-system-running | grep -qE 'running|degraded'"), 30, "booted")

    def _find_leader(self):
        """Process 1 of the machine as the host numbers it; systemd-nspawn has short-lived children besides."""
        assert self.process.poll() is None, (self.folder / "console.log").read_text(errors="replace")
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                status = pathlib.Path(f"/proc/{child}/status").read_text()
                if status.split("NSpid:")[1].splitlines()[0].split()[1:] == ["1"]:
                    return int(child)
        return None

    def shell(self, script, check=True, seconds=30):
        """Runs `script` with sh in the machine."""
        inside = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C"]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        return run(*inside, "sh", "-c", script, check=check, seconds=seconds, env=environment)

    def does(self, script):
        return self.shell(script, check=False).returncode == 0

    def says(self, script):
        return self.shell(script).stdout.strip()

    def addresses(self):
        """What stands on eth0, with prefix: {"192.0.2.1/24"}."""
        lines = run("ip", "-n", self.name, "-o", "address", "show", "dev", "eth0").stdout.splitlines()
        return {line.split()[3] for line in lines}

    def remove(self):
        """Ends the machine and removes all that it was made of, whatever is left of it."""
        if self.leader:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.leader, signal.SIGKILL)
        if self.process:
            # SIGTERM makes systemd-nspawn end its machine, if it had none yet to show.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        run("umount", str(self.root), check=False)
        for namespace in (self.name, self.peer):
            run("ip", "netns", "delete", namespace, check=False)
        if not os.path.ismount(self.root):
            shutil.rmtree(self.folder, ignore_errors=True)
