# SPDX-License-Identifier: Apache-2.0
"""Takes a capability from a running program and gives it back: the kernel then refuses what it granted before.

No other process can do that to it, so each of its threads is made to call capset(2) itself, by ptrace(2). It is stopped
for microseconds. For x86-64; the capability stays permitted, so that it can return.
"""

from __future__ import annotations

import ctypes
import os
import pathlib
import re
import struct

from .netns import LabError

CAP_NET_ADMIN = 12
_ATTACH, _DETACH, _SINGLESTEP, _GETREGS, _SETREGS = 16, 17, 9, 12, 13
_WALL = 0x40000000
_CAPSET, _VERSION_3 = 126, 0x20080522
_SYSCALL = b"\x0f\x05"
_REGISTERS = 27  # struct user_regs_struct
_RAX, _RSI, _RDI, _ORIG_RAX, _RIP, _RSP = 10, 13, 14, 15, 16, 19

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, thread: int, data: object = None) -> None:
    if _libc.ptrace(request, thread, None, data) == -1:
        raise LabError(f"ptrace request {request}: {os.strerror(ctypes.get_errno())}")


def _syscall_instruction(pid: int) -> int:
    """The address of one in its C library."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="ascii").splitlines():
        if "r-xp" in line and "libc.so" in line:
            start, end = (int(word, 16) for word in line.split()[0].split("-"))
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                memory.seek(start)
                at = memory.read(end - start).find(_SYSCALL)
            if at >= 0:
                return start + at
    raise LabError(f"no system call instruction in process {pid}")


def _capset_arguments(pid: int, thread: int, capability: int, granted: bool) -> bytes:
    """Header and data of capset(2): the effective set with or without one capability."""
    status = pathlib.Path(f"/proc/{pid}/task/{thread}/status").read_text(encoding="ascii")
    inheritable, permitted, effective = (int(re.search(rf"{name}:\s*(\w+)", status)[1], 16)  # type: ignore[index]
                                         for name in ("CapInh", "CapPrm", "CapEff"))
    effective = effective | 1 << capability if granted else effective & ~(1 << capability)
    words = [word >> shift & 0xFFFFFFFF for shift in (0, 32) for word in (effective, permitted, inheritable)]
    return struct.pack("=II6I", _VERSION_3, 0, *words)


def _call_capset(pid: int, thread: int, instruction: int, arguments: bytes) -> int:
    """In a stopped thread; what the system call returned."""
    saved, changed = ((ctypes.c_uint64 * _REGISTERS)() for _ in range(2))
    _ptrace(_GETREGS, thread, ctypes.byref(saved))
    ctypes.memmove(changed, saved, ctypes.sizeof(saved))
    scratch = (saved[_RSP] - 1024) & ~15  # below the red zone of its stack
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(scratch)
        memory.write(arguments)
    changed[_RIP], changed[_RAX], changed[_RDI], changed[_RSI] = instruction, _CAPSET, scratch, scratch + 8
    changed[_ORIG_RAX] = 2**64 - 1  # else the kernel would restart what the stop has interrupted
    _ptrace(_SETREGS, thread, ctypes.byref(changed))
    _ptrace(_SINGLESTEP, thread)
    os.waitpid(thread, _WALL)
    _ptrace(_GETREGS, thread, ctypes.byref(changed))
    _ptrace(_SETREGS, thread, ctypes.byref(saved))
    return ctypes.c_int64(changed[_RAX]).value


def set_capability(pid: int, capability: int, *, granted: bool) -> None:
    """Of every thread of a program that had it when it started."""
    instruction = _syscall_instruction(pid)
    for thread in sorted(int(name) for name in os.listdir(f"/proc/{pid}/task")):
        _ptrace(_ATTACH, thread)
        os.waitpid(thread, _WALL)
        try:
            result = _call_capset(pid, thread, instruction, _capset_arguments(pid, thread, capability, granted))
        finally:
            _ptrace(_DETACH, thread)
        if result != 0:
            raise LabError(f"capset of thread {thread}: {os.strerror(-result)}")
