# SPDX-License-Identifier: Apache-2.0
"""The other ends, a program of its own: HTTP servers that answer their own name, UDP echo, and ports that only count.

Arguments: http:ADDRESS:PORT, udp:ADDRESS:PORT and count:ADDRESS:PORT, as many as wanted. Prints "ready" when all are
bound, and of what is counted "taken NUMBER" for each second.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time


class Counter:
    """What was taken on the ports that only count, told once a second."""

    def __init__(self) -> None:
        self.taken, self.wanted = 0, False
        self._due = time.monotonic() + 1.0

    def left(self) -> float:
        """Seconds until the next telling."""
        return max(0.0, self._due - time.monotonic())

    def tell(self) -> None:
        """Prints and begins anew, if it is time."""
        if self.left() > 0:
            return
        if self.wanted:
            print(f"taken {self.taken}", flush=True)
        self.taken = 0
        self._due += 1.0


counter = Counter()


def _listen(chooser: selectors.BaseSelector, word: str) -> None:
    kind, host, port = word.split(":")
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, int(port)))
    if kind != "udp":
        made.listen(1024)
    made.setblocking(False)
    counter.wanted |= kind == "count"
    body = f"{host}:{port}\n"
    reply = f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
    chooser.register(made, selectors.EVENT_READ, (kind, reply))


def _serve(chooser: selectors.BaseSelector, made: socket.socket, kind: str, reply: bytes) -> None:
    if kind == "udp":
        data, sender = made.recvfrom(2048)
        made.sendto(data, sender)
    elif kind == "count":
        made.accept()[0].close()
        counter.taken += 1
    elif kind == "http":
        peer, _ = made.accept()
        peer.setblocking(False)
        chooser.register(peer, selectors.EVENT_READ, ("peer", reply))
    else:
        data = made.recv(8192)
        if data:
            made.sendall(reply)
        chooser.unregister(made)
        made.close()


def main() -> None:
    chooser = selectors.DefaultSelector()
    for word in sys.argv[1:]:
        _listen(chooser, word)
    print("ready", flush=True)
    while True:
        ready = chooser.select(counter.left())
        counter.tell()
        for key, _ in ready:
            try:
                _serve(chooser, key.fileobj, *key.data)  # type: ignore[arg-type]
            except BlockingIOError:
                pass
            except OSError:
                if key.data[0] == "peer":
                    chooser.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
