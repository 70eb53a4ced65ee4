"""Elementwise groups on large arrays: pieces that stay in the cache, on all cores."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import thread_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Elements a piece: two float32 arrays of it fill a level 2 cache of 1 MiB. Smaller
# pieces stay in it with room to spare, but their threads wait for one another between
# NumPy's calls: with 1 << 15 a chain of ops took half as long again on two threads.
BLOCK = 1 << 17
# Elements times ops from which on the pool's threads earn what waking them costs.
WORTH_THREADS = 1 << 19


def run_in_blocks(
    body: Callable[..., None],
    sliced: Sequence[Any],
    whole: Sequence[Any],
    temporaries: Sequence[Any],
    step: int,
    threads: bool,
) -> None:
    """Run an elementwise body on slices of arrays along their first axis.

    Args:
        body: Takes slices, whole arrays and temporaries.
        sliced: Arrays of one length.
        whole: Arrays that every piece reads as they are.
        temporaries: Dtypes of arrays of a slice's shape for the body's own use.
        step: The length of a slice.
        threads: Whether to use the pool.
    """
    length = len(sliced[0])
    shape = sliced[0].shape[1:]

    def piece(number: int) -> None:
        start = number * step
        part = slice(start, start + step)
        count = min(step, length - start)
        own = [
            thread_pool.scratch(f"fused {i}", (count, *shape), dtype)
            for i, dtype in enumerate(temporaries)
        ]
        body(*[a[part] for a in sliced], *whole, *own)

    count = -(-length // step)
    if threads:
        thread_pool.run(piece, count)
    else:
        for number in range(count):
            piece(number)


def flat(array: Any) -> Any:
    """Return an array's elements in one dimension."""
    return array.reshape(-1)


def claim(variable: Any, array: Any) -> Any:
    """Return the array that a variable's next value may be written to.

    It is the present one, `array`, if the variable and the running function alone hold
    it; else a new one.
    """
    if (
        sys.getrefcount(array) <= _held
        and type(array) is np.ndarray
        and array.base is None
        and array.flags.c_contiguous
        and array.flags.writeable
        and variable.read_array() is array
    ):
        return array
    return np.empty(array.shape, array.dtype)


class _Holder:
    """A variable that is held by nobody but the function that reads it."""

    def __init__(self) -> None:
        self.array = np.zeros(1)

    def read_array(self) -> Any:
        return self.array


def _count_references() -> int:
    """Return the reference count that `claim` sees when nobody else holds an array."""
    holder = _Holder()
    array = holder.read_array()
    for count in range(1, 10):
        globals()["_held"] = count
        if claim(holder, array) is array:
            return count
    return 0


_held = 0
_held = _count_references()
