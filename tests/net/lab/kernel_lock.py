# SPDX-License-Identifier: Apache-2.0
"""Holds the kernel's RTNL lock for a chosen time without using a CPU: what a slow driver or a crowd of containers does.

ETHTOOL_GSTRINGS copies to the caller's buffer under the lock (net/ethtool/ioctl.c). The buffer is a page that
userfaultfd(2) keeps back, so that the copy, and the lock with it, waits until the page is given. A program of its own:
`kernel_lock.py VETH HOLD PAUSE`, seconds, again and again until it is killed; a line on stdout for each time that it let
go.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import select
import socket
import struct
import sys
import threading

SYS_USERFAULTFD = {"x86_64": 323, "aarch64": 282}
UFFD_API, UFFDIO_API, UFFDIO_REGISTER, UFFDIO_ZEROPAGE = 0xAA, 0xC018AA3F, 0xC020AA00, 0xC020AA04
REGISTER_MISSING = 1
SIOCETHTOOL = 0x8946
ETHTOOL_GSTRINGS, ETH_SS_STATS = 0x1B, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def open_userfaultfd(machine: str) -> int:
    """The descriptor; OSError where the kernel has none or does not allow it."""
    fd = _call("userfaultfd", _libc.syscall(SYS_USERFAULTFD[machine], 0o2000000))
    _call("UFFDIO_API", _libc.ioctl(fd, ctypes.c_ulong(UFFDIO_API), ctypes.create_string_buffer(struct.pack("QQQ", UFFD_API, 0, 0))))
    return fd


def hold(fd: int, veth: str, seconds: float) -> None:
    """Takes the lock, and lets it go after `seconds`."""
    pages = mmap.mmap(-1, 2 * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    kept = start + mmap.PAGESIZE
    # The request ends where the page that is kept back begins: what is copied back goes there.
    command = struct.pack("III", ETHTOOL_GSTRINGS, ETH_SS_STATS, 0)
    pages[mmap.PAGESIZE - len(command):mmap.PAGESIZE] = command
    where = struct.pack("QQQQ", kept, mmap.PAGESIZE, REGISTER_MISSING, 0)
    _call("UFFDIO_REGISTER", _libc.ioctl(fd, ctypes.c_ulong(UFFDIO_REGISTER), ctypes.create_string_buffer(where)))
    request = ctypes.create_string_buffer(struct.pack("16sQ16x", veth.encode(), kept - len(command)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        taker = threading.Thread(target=_libc.ioctl, args=(sock.fileno(), ctypes.c_ulong(SIOCETHTOOL), request))
        taker.start()
        waiting = select.poll()
        waiting.register(fd, select.POLLIN)
        if not waiting.poll(5000):
            raise TimeoutError("the kernel did not touch the page")
        threading.Event().wait(seconds)
        given = ctypes.create_string_buffer(struct.pack("QQQq", kept, mmap.PAGESIZE, 0, 0))
        _call("UFFDIO_ZEROPAGE", _libc.ioctl(fd, ctypes.c_ulong(UFFDIO_ZEROPAGE), given))
        taker.join()


def main() -> None:
    """Until killed."""
    veth, seconds, pause = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    fd = open_userfaultfd(platform.machine())
    while True:
        hold(fd, veth, seconds)
        print("let go", flush=True)
        threading.Event().wait(pause)


if __name__ == "__main__":
    main()
