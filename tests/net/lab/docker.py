# SPDX-License-Identifier: Apache-2.0
"""A real dockerd with its own data, its own socket and images made of this machine's busybox; and what can happen to it
and to its containers. It never touches the host's Docker, nor any network but its own namespace's."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import tarfile
import tempfile
import time
import urllib.parse
from dataclasses import dataclass, field

from .lab import Lab
from .netns import LabError, unmount_below, what_is_missing
from .process import Process
from .processes import arguments, children, eventually
from .wire import clock_offset

BUSYBOX = pathlib.Path("/bin/busybox")  # of package busybox-static
PROGRAMS = ("dockerd", "containerd", "runc")
APPLETS = ("sh", "sleep", "test", "nc", "httpd", "cat")
IMAGE = "regent/busybox:1"
NEVER_ENDS = ("/bin/sleep", "1000000")
_MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Health:
    """A health check: a command, and seconds."""

    command: tuple[str, ...]
    interval: float = 0.1
    timeout: float = 1.0
    retries: int = 1


@dataclass(frozen=True)
class Spec:
    """What a container is to be. `network`: "none", or "host" for that of dockerd's namespace."""

    command: tuple[str, ...] = NEVER_ENDS
    image: str = IMAGE
    network: str = "none"
    labels: dict[str, str] = field(default_factory=dict)
    binds: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    health: Health | None = None
    restart: str = "no"

    def document(self) -> dict[str, object]:
        """As /containers/create takes it."""
        made: dict[str, object] = {
            "Image": self.image, "Cmd": list(self.command), "Labels": self.labels, "Env": list(self.environment),
            "HostConfig": {"NetworkMode": self.network, "Binds": list(self.binds), "RestartPolicy": {"Name": self.restart}}}
        if self.health:
            made["Healthcheck"] = {"Test": ["CMD", *self.health.command], "Interval": round(self.health.interval * 1000) * _MILLISECOND,
                                   "Timeout": round(self.health.timeout * 1000) * _MILLISECOND, "Retries": self.health.retries}
        return made


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: pathlib.Path, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def what_docker_lacks() -> list[str]:
    """Sentences that say what keeps a Dockerd from running here."""
    return what_is_missing(PROGRAMS) + ([] if BUSYBOX.exists() else ["busybox-static is not installed"])


class Dockerd:
    """One dockerd, in the namespace of `host`, which has to be there when it starts. Times are time.monotonic()."""

    def __init__(self, lab: Lab, host: str = "sw", *, listen: tuple[str, ...] = (), name: str = "docker") -> None:
        if missing := what_docker_lacks():
            raise LabError("; ".join(missing))
        self.lab, self.host, self.name = lab, host, name
        # Short, for it holds sockets, and not where pytest keeps what was: it is large, and full of mounts.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"{lab.switch.name}-{name}-"))
        self.socket = self.directory / "docker.sock"
        self._listen = listen  # further addresses and options, as -H takes them
        self._containerd_pid = self.directory / "exec" / "containerd" / "containerd.pid"
        self._runs = 0
        self._process: Process | None = None
        lab.on_close(self.close)

    def start(self) -> float:
        """Starts it and waits until it answers; returns the time just before. Containers survive its death."""
        d = self.directory
        argv = ["dockerd", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--bridge=none", "--live-restore",
                "--storage-driver=overlay2", f"--data-root={d / 'root'}", f"--exec-root={d / 'exec'}",
                f"--pidfile={d / 'docker.pid'}", "-H", f"unix://{self.socket}", *self._listen]
        self._runs += 1
        before = time.monotonic()
        # What one that was killed has left would keep this one from starting.
        for left in (d / "docker.pid", self._containerd_pid):
            left.unlink(missing_ok=True)
        self._process = self.lab.start(f"{self.name}d" + (f"-{self._runs}" if self._runs > 1 else ""), argv, host=self.host)
        eventually(self._answers, 20.0, f"dockerd does not answer\n{self._process.tail()}")
        return before

    def _answers(self) -> bool | None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self._ask("GET", "/_ping", timeout=2.0)[0] == 200 or None
        return None

    def running(self) -> Process:
        """Its process; LabError when it was not started."""
        if self._process is None:
            raise LabError("dockerd was not started")
        return self._process

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json",
             timeout: float = 30.0) -> tuple[int, bytes]:
        connection = _UnixConnection(self.socket, timeout)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if body is not None else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def api(self, method: str, path: str, document: object = None) -> object:
        """One request; the answer's JSON. LabError when it is refused."""
        body = None if document is None else json.dumps(document).encode()
        status, text = self._ask(method, path, body)
        if status >= 400:
            raise LabError(f"dockerd: {method} {path}: {status} {text.decode(errors='replace').strip()}")
        return json.loads(text) if text.strip().startswith((b"{", b"[")) else None

    def make_image(self, name: str = IMAGE, files: dict[str, bytes] | None = None) -> None:
        """An image of busybox and `files` (path: content), without any registry."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            _add(tar, "bin/busybox", BUSYBOX.read_bytes())
            for applet in APPLETS:
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
            for path, content in (files or {}).items():
                _add(tar, path, content)
        repository, tag = name.rsplit(":", 1)
        query = urllib.parse.urlencode({"fromSrc": "-", "repo": repository, "tag": tag})
        status, text = self._ask("POST", f"/images/create?{query}", buffer.getvalue(), "application/x-tar")
        if status != 200 or b'"error"' in text:
            raise LabError(f"dockerd does not take the image: {status} {text!r}")

    def run(self, name: str, spec: Spec = Spec()) -> str:
        """Makes and starts a container; returns its id."""
        made = self.api("POST", f"/containers/create?name={name}", spec.document())
        self.start_container(name)
        assert isinstance(made, dict)
        return str(made["Id"])

    def state(self, name: str) -> dict[str, object]:
        """Its State, as dockerd says."""
        found = self.api("GET", f"/containers/{name}/json")
        assert isinstance(found, dict)
        return found["State"]  # type: ignore[no-any-return]

    def start_container(self, name: str) -> float:
        """Returns the time just before, like all below."""
        return self._act("POST", f"/containers/{name}/start")

    def pause(self, name: str) -> float:
        return self._act("POST", f"/containers/{name}/pause")

    def unpause(self, name: str) -> float:
        return self._act("POST", f"/containers/{name}/unpause")

    def remove(self, name: str) -> float:
        return self._act("DELETE", f"/containers/{name}?force=1")

    def _act(self, method: str, path: str) -> float:
        before = time.monotonic()
        self.api(method, path)
        return before

    def pid(self, name: str) -> int:
        """Of its main process; LabError when it has none."""
        pid = self.state(name)["Pid"]
        if not isinstance(pid, int) or pid == 0:
            raise LabError(f"container {name} has no process")
        return pid

    def kill_container(self, name: str, pid: int = 0) -> float:
        """SIGKILL of its main process, whose pid is asked for unless it is given: dockerd has no part in it."""
        pid = pid or self.pid(name)
        before = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return before

    def wait_status(self, name: str, status: str, timeout: float = 10.0) -> None:
        """Waits until dockerd says so: "running", "exited", "paused"."""
        eventually(lambda: self.state(name)["Status"] == status or None, timeout, f"container {name} is not {status}")

    def hang(self) -> float:
        """SIGSTOP of dockerd: it takes connections and answers none. Containers work on."""
        return self.running().signal(signal.SIGSTOP)

    def wake(self) -> float:
        """SIGCONT."""
        return self.running().signal(signal.SIGCONT)

    def kill(self) -> float:
        """SIGKILL of dockerd, and waits until its containerd has died with it. Containers live on."""
        containerd = int(self._containerd_pid.read_text(encoding="ascii"))
        before = self.running().kill()
        # A zombie has no arguments: process 1 need not be one that takes it off the process table.
        eventually(lambda: not arguments(containerd) or None, 5.0, "containerd does not die with its dockerd")
        return before

    def event_time(self, name: str, action: str, since: float) -> float:
        """When dockerd says that this event came first, after `since`; on the clock of time.monotonic()."""
        wall_of_zero = -clock_offset()
        query = urllib.parse.urlencode({
            "since": f"{since + wall_of_zero:.6f}", "until": f"{time.time():.6f}",
            "filters": json.dumps({"container": [name], "type": ["container"]})})
        _, text = self._ask("GET", f"/events?{query}")
        for line in text.splitlines():
            event = json.loads(line)
            if event["Action"] == action:
                return event["timeNano"] / 1e9 - wall_of_zero
        raise LabError(f"dockerd told of no {action} of {name}")

    def close(self) -> None:
        """Removes all containers, ends dockerd and its helpers by pid, unmounts, removes its data."""
        if self._process is not None and self._process.alive():
            self.wake()
            with contextlib.suppress(LabError, OSError, http.client.HTTPException):
                for container in self.api("GET", "/containers/json?all=1"):  # type: ignore[attr-defined]
                    self.remove(container["Id"])
            with contextlib.suppress(LabError):
                self._process.stop(10.0)
        self._end_left()
        unmount_below(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _end_left(self) -> None:
        """Where dockerd was killed: containerd, the shims, which name our directory, and the containers below them."""
        ours = str(self.directory)
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            words = arguments(int(entry.name))
            if words and pathlib.Path(words[0]).name.startswith("containerd") and any(ours in word for word in words):
                for pid in (*children(int(entry.name)), int(entry.name)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


def _add(tar: tarfile.TarFile, path: str, content: bytes) -> None:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(content), 0o755
    tar.addfile(entry, io.BytesIO(content))
