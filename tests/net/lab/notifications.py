# SPDX-License-Identifier: Apache-2.0
"""The service manager's end of sd_notify: takes every message at once, so that the agent never waits for it."""

from __future__ import annotations

import pathlib
import select
import socket
import threading
import time

from .netns import LabError


class Notifications:
    """A notification socket with its reader."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.messages: list[str] = []
        self._news = threading.Condition()
        self._retired = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.bind(str(path))
        self.listen()

    def listen(self) -> None:
        """Begins to read, or goes on after deafen()."""
        self._running = True
        self._thread = threading.Thread(target=self._loop, name="notifications", daemon=True)
        self._thread.start()

    def deafen(self) -> None:
        """Reads no more, like a manager that hangs: the socket fills."""
        self._running = False
        self._thread.join(5.0)

    def fill(self) -> None:
        """Leaves no room in the socket of a deaf one."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as filler:
            filler.setblocking(False)
            try:
                while True:
                    filler.sendto(b"FILLER=1", str(self.path))
            except BlockingIOError:
                pass

    def _loop(self) -> None:
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        while self._running:
            if poller.poll(50):
                text = self._socket.recv(65536).decode("utf-8", "replace")
                with self._news:
                    self.messages.append(text)
                    self._news.notify_all()
        if self._retired:
            self._remove()

    def count(self) -> int:
        """How many messages have come."""
        with self._news:
            return len(self.messages)

    def wait_for(self, word: str, timeout: float, since: int = 0) -> str:
        """The first message from number `since` on that contains `word`."""
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                for text in self.messages[since:]:
                    if word in text:
                        return text
                left = deadline - time.monotonic()
                if left <= 0:
                    raise LabError(f"no notification with {word} within {timeout} s; the last: {self.messages[-3:]}")
                self._news.wait(left)

    def retire(self) -> None:
        """Nobody sends to it any more: the reader ends in its own time and removes the socket."""
        self._retired = True
        self._running = False

    def close(self) -> None:
        """Ends the reader and removes the socket."""
        self.retire()
        self._thread.join(5.0)
        self._remove()

    def _remove(self) -> None:
        self._socket.close()
        self.path.unlink(missing_ok=True)
