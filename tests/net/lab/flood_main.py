# SPDX-License-Identifier: Apache-2.0
"""The flood, a program of its own: sends prepared frames in turn at a steady rate, thousands a second.

Reads one frame in hexadecimal a line from a file. At the end it prints "sent NUMBER in SECONDS".
"""

from __future__ import annotations

import argparse
import ctypes
import pathlib
import select
import socket
import time

BATCH = 50


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class _Header(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("name_size", ctypes.c_uint32), ("vectors", ctypes.POINTER(_Vector)),
                ("vector_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_size", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class _Message(ctypes.Structure):
    _fields_ = [("header", _Header), ("sent", ctypes.c_uint32)]


def batches(frames: list[bytes]) -> tuple[list[ctypes.Array[_Message]], list[object]]:
    """The frames in order as arguments of sendmmsg(2), and what they point to."""
    kept: list[object] = []
    made = []
    for first in range(0, len(frames), BATCH):
        part = frames[first:first + BATCH]
        messages = (_Message * len(part))()
        for message, frame in zip(messages, part):
            buffer = ctypes.create_string_buffer(frame, len(frame))
            vector = _Vector(ctypes.addressof(buffer), len(frame))
            message.header.vectors, message.header.vector_count = ctypes.pointer(vector), 1
            kept += [buffer, vector]
        made.append(messages)
    return made, kept


def flood(interface: str, frames: list[bytes], rate: float, seconds: float) -> tuple[int, float]:
    """How many frames left in how many seconds."""
    libc = ctypes.CDLL(None, use_errno=True)
    frames *= -(-BATCH // len(frames))
    prepared, kept = batches(frames)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind((interface, 0))
        begun = time.monotonic()
        sent = turn = 0
        while (now := time.monotonic()) < begun + seconds:
            ahead = sent / rate - (now - begun)
            if ahead > 0:
                select.select([], [], [], ahead)
                continue
            messages = prepared[turn % len(prepared)]
            sent += max(0, libc.sendmmsg(out.fileno(), messages, len(messages), 0))
            turn += 1
        del kept
        return sent, time.monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("interface")
    parser.add_argument("frames", type=pathlib.Path)
    parser.add_argument("rate", type=float)
    parser.add_argument("seconds", type=float)
    given = parser.parse_args()
    frames = [bytes.fromhex(line) for line in given.frames.read_text(encoding="ascii").split()]
    print("begun", flush=True)
    sent, took = flood(given.interface, frames, given.rate, given.seconds)
    print(f"sent {sent} in {took:.3f}", flush=True)


if __name__ == "__main__":
    main()
