"""How many threads NumPy's BLAS uses, as far as it can be told.

NumPy's wheels bring OpenBLAS, whose library has a function for it. Other builds (MKL,
Accelerate, a system's own) are left alone: everything works there too, only with BLAS
choosing its threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import pathlib

import numpy as np

# NumPy's own build of OpenBLAS, with 64-bit and with 32-bit integers.
_FUNCTIONS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
)


@functools.cache
def use_one_thread() -> bool:
    """Let BLAS work on the calling thread alone from now on; return whether it does.

    For good, not for a while: whenever its number of threads grows again, OpenBLAS
    wakes threads that spin for milliseconds and take cores away from ours.
    """
    root = pathlib.Path(np.__file__).parent
    for folder in (root.parent / "numpy.libs", root / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            with contextlib.suppress(OSError):
                library = ctypes.CDLL(str(path))
                for name in _FUNCTIONS:
                    change = getattr(library, name, None)
                    if change is not None:
                        change.argtypes = [ctypes.c_int]
                        change(1)
                        return True
    return False
