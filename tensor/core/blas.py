"""How many threads NumPy's BLAS uses and for which processor, as far as it can be told.

NumPy's wheels bring OpenBLAS, whose library has functions for it. Other builds (MKL,
Accelerate, a system's own) are left alone: everything works there too, only with BLAS
choosing its threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import pathlib
from typing import Any

import numpy as np

# The ends of the names in NumPy's own builds of OpenBLAS, with 64-bit and with 32-bit
# integers.
_SUFFIXES = ("64_", "")


@functools.cache
def use_one_thread() -> bool:
    """Let BLAS work on the calling thread alone from now on; return whether it does.

    For good, not for a while: whenever its number of threads grows again, OpenBLAS
    wakes threads that spin for milliseconds and take cores away from ours.
    """
    change = _function("scipy_openblas_set_num_threads")
    if change is None:
        return False
    change.argtypes = [ctypes.c_int]
    change(1)
    return True


def kernel_name() -> str:
    """Return the processor whose instructions BLAS uses, such as "Haswell" for AVX2.

    OpenBLAS looks at the processor when it is loaded, or takes what the environment's
    OPENBLAS_CORETYPE names. "" if this cannot be told.
    """
    ask = _function("scipy_openblas_get_corename")
    if ask is None:
        return ""
    ask.restype = ctypes.c_char_p
    name: bytes = ask()
    return name.decode()


def _function(name: str) -> Any:
    """Return a function of NumPy's OpenBLAS, None if there is none."""
    root = pathlib.Path(np.__file__).parent
    for folder in (root.parent / "numpy.libs", root / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            with contextlib.suppress(OSError):
                library = ctypes.CDLL(str(path))
                for suffix in _SUFFIXES:
                    function = getattr(library, name + suffix, None)
                    if function is not None:
                        return function
    return None
