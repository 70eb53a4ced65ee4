"""Sleeping until another process has changed a word of shared memory.

Linux can put a process to sleep on a word of memory (`futex`): no polling, no socket,
and the interpreter lock is free meanwhile. Whoever changes the word wakes the sleepers.
The system looks at the word again before it lets anybody sleep, so a change that comes
in between is not missed.
"""

from __future__ import annotations

import ctypes
import platform
import sys

# The number of the system call; machines whose low half of a word comes first.
_NUMBERS = {"x86_64": 202, "aarch64": 98, "riscv64": 98}
_WAIT, _WAKE = 0, 1
_EVERYBODY = 2**31 - 1

IS_AVAILABLE = sys.platform == "linux" and platform.machine() in _NUMBERS
_NUMBER = _NUMBERS.get(platform.machine(), 0)
_Duration = ctypes.c_long * 2  # seconds and nanoseconds


def wait(address: int, seen: int, timeout_s: float) -> None:
    """Sleep while the low 32 bits of the word at `address` are those of `seen`.

    Returns also after `timeout_s`, on a signal, or for no reason: look again.
    """
    duration = _Duration(int(timeout_s), int(timeout_s % 1 * 1e9))
    _system_call(
        _NUMBER, address, _WAIT, seen & 0xFFFF_FFFF, ctypes.byref(duration), None, 0
    )


def wake(address: int) -> None:
    """Wake all who sleep on the word at `address`."""
    _system_call(_NUMBER, address, _WAKE, _EVERYBODY, None, None, 0)


_system_call = ctypes.CDLL(None).syscall
_system_call.restype = ctypes.c_long
_system_call.argtypes = (
    ctypes.c_long,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_uint32,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_uint32,
)
