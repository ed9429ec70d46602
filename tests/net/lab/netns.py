# SPDX-License-Identifier: Apache-2.0
"""Network namespaces of a lab run: made under a name that tells its owner, entered, configured, removed.

Names are rg<pid>n<number>-<node>, so that what a killed run left behind can be told from what a living run uses.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from typing import Iterator

NETNS_DIR = pathlib.Path("/run/netns")
CLONE_NEWNET = 0x40000000  # linux/sched.h
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33  # asm-generic/socket.h
NAME = re.compile(r"^rg(\d+)n\d+-")

_libc = ctypes.CDLL(None, use_errno=True)


class LabError(RuntimeError):
    """The lab itself could not do what it was asked to (not a verdict on what is tested)."""


def run(argv: list[str], *, stdin: str | None = None, timeout: float = 30.0, check: bool = True) -> str:
    """Runs a short command and returns its standard output. LabError with its words when it fails."""
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def attach_filter(sock: socket.socket, program: tuple[tuple[int, int, int, int], ...]) -> None:
    """Classic BPF on a socket, as rows of code, jump if true, jump if false, operand."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in program))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(code)))


def _setns(fd: int) -> None:
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")


class Namespace:
    """One network namespace. Removed by remove(), with every process that still lives in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = NETNS_DIR / name
        run(["ip", "netns", "add", name])

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is inside for the length of the block. Sockets made there stay there."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(self.path, "rb") as there:
            _setns(there.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())

    def socket(self, family: int, kind: int, protocol: int = 0, *, receive_buffer: int = 0) -> socket.socket:
        """A non-blocking socket that lives in this namespace."""
        with self.entered():
            made = socket.socket(family, kind | socket.SOCK_CLOEXEC, protocol)
        made.setblocking(False)
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer)
        return made

    def sysctl(self, values: dict[str, int]) -> None:
        """Sets net.* values given as paths below /proc/sys/net, such as ipv4/ip_forward."""
        with self.entered():
            for key, value in values.items():
                pathlib.Path("/proc/sys/net", key).write_text(f"{value}\n", encoding="ascii")

    def ip(self, *commands: str) -> None:
        """Runs ip(8) commands in one process, in order; the first that fails is a LabError."""
        run(["ip", "-n", self.name, "-batch", "-"], stdin="\n".join(commands) + "\n")

    def command(self, argv: list[str]) -> list[str]:
        """argv changed so that it runs in this namespace. /sys stays as it is, unlike with ip netns exec."""
        return ["nsenter", f"--net={self.path}", "--", *argv]

    def run(self, argv: list[str], **options: object) -> str:
        """Runs a short command inside."""
        return run(self.command(argv), **options)  # type: ignore[arg-type]

    def interface_index(self, name: str) -> int:
        """The kernel's index of an interface."""
        with self.entered():
            return socket.if_nametoindex(name)

    def remove(self) -> None:
        """Ends what still runs inside, by pid, and removes the namespace. May be called again."""
        _remove(self.name)


def _remove(name: str) -> None:
    if not (NETNS_DIR / name).exists():
        return
    for word in run(["ip", "netns", "pids", name], check=False).split():
        if int(word) != os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(word), signal.SIGKILL)
    run(["ip", "netns", "del", name], check=False)


def remove_stale() -> list[str]:
    """Removes what runs whose process is gone have left: namespaces, whose names are returned, and directories."""
    removed = []
    for entry in _orphans(NETNS_DIR):
        _remove(entry.name)
        removed.append(entry.name)
    for entry in _orphans(pathlib.Path(tempfile.gettempdir())):
        unmount_below(entry)
        shutil.rmtree(entry, ignore_errors=True)
    return removed


def unmount_below(directory: pathlib.Path) -> None:
    """Unmounts what is mounted below a directory, the last one first."""
    lines = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    for point in reversed([line.split()[4] for line in lines]):
        if point.startswith(f"{directory}/"):
            run(["umount", "--lazy", point], check=False)


def _orphans(directory: pathlib.Path) -> list[pathlib.Path]:
    found = sorted(directory.iterdir()) if directory.is_dir() else []
    return [entry for entry in found
            if (match := NAME.match(entry.name)) and not pathlib.Path("/proc", match.group(1)).exists()]


def what_is_missing(programs: tuple[str, ...]) -> list[str]:
    """Sentences that say what keeps a lab from running here; empty when nothing does."""
    if os.geteuid() != 0:
        return ["root is needed: network namespaces cannot be made by this user"]
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [f"program {name} is not installed" for name in programs if shutil.which(name, path=search) is None]
    if not missing:
        missing += _kernel_lacks()
    return missing


def _kernel_lacks() -> list[str]:
    name = f"rg{os.getpid()}n0-try"
    try:
        space = Namespace(name)
    except (LabError, OSError) as error:
        return [f"network namespaces do not work here: {error}"]
    try:
        for what, command in (("bridges", "link add name br0 type bridge"), ("veth links", "link add name v0 type veth peer name v1")):
            try:
                space.ip(command)
            except LabError as error:
                return [f"the kernel has no {what}: {error}"]
    finally:
        space.remove()
    return []
