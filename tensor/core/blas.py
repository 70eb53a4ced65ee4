"""How many threads NumPy's BLAS uses, as far as it can be told.

NumPy's wheels bring OpenBLAS, whose library has a function for it. Other builds (MKL,
Accelerate, a system's own) are left alone: everything works there too, only with BLAS
choosing its threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import pathlib
import threading
from typing import Any

import numpy as np

# The suffix of NumPy's own build of OpenBLAS, with 64-bit and with 32-bit integers.
_PREFIX, _SUFFIXES = "scipy_openblas", ("64_", "")


class _Threads:
    """Gets and sets the number of threads; 1 while there are `users` of one."""

    def __init__(self) -> None:
        self.functions: Any = None
        self.searched = False
        self.users = 0
        self.before = 1
        self.lock = threading.Lock()


_threads = _Threads()


def _find() -> Any:
    """Return the library's functions (get, set), or None if it is not OpenBLAS."""
    root = pathlib.Path(np.__file__).parent
    for folder in (root.parent / "numpy.libs", root / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            with contextlib.suppress(OSError, AttributeError):
                return _functions(ctypes.CDLL(str(path)))
    return None


def _functions(library: ctypes.CDLL) -> Any:
    for suffix in _SUFFIXES:
        get = getattr(library, f"{_PREFIX}_get_num_threads{suffix}", None)
        change = getattr(library, f"{_PREFIX}_set_num_threads{suffix}", None)
        if get is not None and change is not None:
            change.argtypes = [ctypes.c_int]
            return get, change
    raise AttributeError(f"{library._name} has no function for its threads.")


class one_thread:  # noqa: N801  # a context manager, used like a function
    """Let BLAS work on the calling thread alone, for as long as the context lasts.

    The setting is one for the whole process, so the first user sets it and the last one
    restores what was there. (A class: it costs half of what a generator would.)
    """

    __slots__ = ()

    def __enter__(self) -> None:
        state = _threads
        if not state.searched:
            state.functions, state.searched = _find(), True
        if state.functions is None:
            return
        get, change = state.functions
        with state.lock:
            state.users += 1
            if state.users == 1:
                state.before = get()
                if state.before != 1:
                    change(1)

    def __exit__(self, *exception: object) -> None:
        state = _threads
        if state.functions is None:
            return
        with state.lock:
            state.users -= 1
            if not state.users and state.before != 1:
                state.functions[1](state.before)
