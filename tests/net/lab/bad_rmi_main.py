# SPDX-License-Identifier: Apache-2.0
"""Servers in the place of a Java RMI server that do not answer as one, a program of its own.

Arguments: KIND:ADDRESS:PORT, as many as wanted. `garbage` answers in another protocol, `half` within its first answer says
no more, `endless` answers a ping well and a lookup without end, `nothing` takes connections and is mute. Prints "ready".
"""

from __future__ import annotations

import selectors
import socket
import sys

ACKNOWLEDGED = b"\x4e\x00\x091.2.3.4.5\x00\x00\xc2\x26"
# A proxy of one interface I; after it anything may come.
BOUND = b"\x51\xac\xed\x00\x05\x77\x0f\x01" + bytes(14) + b"\x73\x7d\x00\x00\x00\x01\x00\x01I"
FLOOD = b"w" * 65536
CALL = b"\x50\xac\xed"


class Peer:
    """One connection; `owed` is what it is yet to be sent."""

    def __init__(self, kind: str, made: socket.socket) -> None:
        self.kind, self.made, self.owed, self.floods = kind, made, b"", False

    def heard(self, data: bytes) -> None:
        """What it is answered."""
        if self.kind == "garbage":
            self.owed += b"220 mail.example.org ESMTP\r\n"
        elif self.kind == "half":
            self.owed += ACKNOWLEDGED[:7]
        elif self.kind == "endless":
            hello = ACKNOWLEDGED if data.startswith(b"JRMI") else b""
            self.floods = CALL in data
            self.owed += hello + (BOUND if self.floods else b"\x53")

    def send(self) -> None:
        """As much as the other end takes now."""
        if self.floods and len(self.owed) < len(FLOOD):
            self.owed += FLOOD
        self.owed = self.owed[self.made.send(self.owed):]


def _turn(chooser: selectors.BaseSelector, key: selectors.SelectorKey, events: int) -> None:
    if isinstance(key.data, str):
        made, _ = key.fileobj.accept()  # type: ignore[union-attr]
        made.setblocking(False)
        chooser.register(made, selectors.EVENT_READ, Peer(key.data, made))
        return
    peer = key.data
    try:
        if events & selectors.EVENT_READ:
            data = peer.made.recv(8192)
            # One that floods goes on for as long as it is listened to.
            if not data and not peer.floods:
                raise ConnectionResetError
            if data:
                peer.heard(data)
        if peer.owed or peer.floods:
            peer.send()
        wants = selectors.EVENT_WRITE if peer.floods else selectors.EVENT_READ
        chooser.modify(peer.made, wants, peer)
    except BlockingIOError:
        pass
    except OSError:
        chooser.unregister(peer.made)
        peer.made.close()


def main() -> None:
    chooser = selectors.DefaultSelector()
    for word in sys.argv[1:]:
        kind, host, port = word.split(":")
        made = socket.create_server((host, int(port)), backlog=1024)
        made.setblocking(False)
        chooser.register(made, selectors.EVENT_READ, kind)
    print("ready", flush=True)
    while True:
        for key, events in chooser.select():
            _turn(chooser, key, events)


if __name__ == "__main__":
    main()
