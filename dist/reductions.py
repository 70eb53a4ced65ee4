"""How two arrays become one: the reduce operations and their order.

The order of summation is part of the contract, because floating-point addition is not
associative. An array is cut into one *chunk* per rank (`chunks`); chunk c is summed
going around the ring from rank c: ((x[c] + x[c+1]) + x[c+2]) + …, each step rounded to
the array's dtype. That is what a ring does by nature, what the shared-memory and the
thread transports repeat, and it depends on nothing but the length, the dtype and the
number of ranks. Arrays of up to `SMALLEST_CHUNK_BYTES` are one chunk: rank 0 first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray[Any, np.dtype[Any]]

SMALLEST_CHUNK_BYTES = 32 * 1024
CHUNK_ALIGNMENT = 64  # elements; keeps the ranks' shares on separate cache lines


class BinaryKernel(Protocol):
    """Combine two arrays elementwise into `out`."""

    def __call__(self, x: Array, y: Array, /, *, out: Array) -> Any:
        """Write the combination of `x` and `y` into `out`."""


@dataclass(frozen=True)
class Reduction:
    """One way to combine the arrays of all ranks.

    Attributes:
        name: what the caller writes, "sum".
        combine: the NumPy ufunc that joins two contributions.
        divides: whether the total is divided by the number of ranks.
        is_symmetric: whether x with y has the same bits as y with x. The smaller of 0.0
            and -0.0 has not, nor has a product of complex numbers.
    """

    name: str
    combine: BinaryKernel
    divides: bool = False
    is_symmetric: bool = False

    def finish(self, total: Array, size: int) -> None:
        """Turn the combined chunk into the result, in place."""
        if self.divides:
            np.divide(total, total.dtype.type(size), out=total)


REDUCTIONS = {
    "sum": Reduction("sum", np.add, is_symmetric=True),
    "mean": Reduction("mean", np.add, divides=True, is_symmetric=True),
    "min": Reduction("min", np.minimum),
    "max": Reduction("max", np.maximum),
    "prod": Reduction("prod", np.multiply),
}


@lru_cache(maxsize=1024)
def find_reduction(name: str, dtype: np.dtype[Any]) -> Reduction:
    """Look up a reduce operation and make sure that it makes sense for `dtype`."""
    reduction = REDUCTIONS.get(name)
    if reduction is None:
        raise ValueError(f"`op` is {name!r}; expected one of {', '.join(REDUCTIONS)}.")
    require_arithmetic(dtype)
    if reduction.divides and dtype.kind in "biu":
        raise TypeError(
            f"`op='mean'` on dtype {dtype.name}: their mean is not a whole number. "
            "Use op='sum' and divide, or convert to a floating-point dtype first."
        )
    return reduction


def require_arithmetic(dtype: np.dtype[Any]) -> None:
    """Raise unless the elements of `dtype` can be added: no objects, text or dates."""
    if dtype.kind in "biufc":
        return
    is_extension = (
        dtype.kind == "V" and dtype.names is None and dtype.type is not np.void
    )
    if not is_extension:
        raise TypeError(
            f"arrays of dtype {dtype} cannot be sent; expected numbers (bool, "
            "integers, floating point, complex, bfloat16). Send other objects with "
            "`all_gather_object`."
        )


@lru_cache(maxsize=1024)
def chunks(length: int, itemsize: int, size: int) -> tuple[slice, ...]:
    """Cut `length` elements into `size` chunks, the last of which may be empty."""
    smallest = SMALLEST_CHUNK_BYTES // itemsize
    even = -(-length // size)
    aligned = -(-even // CHUNK_ALIGNMENT) * CHUNK_ALIGNMENT
    step = max(aligned, smallest)
    return tuple(
        slice(min(chunk * step, length), min((chunk + 1) * step, length))
        for chunk in range(size)
    )


def reduce_in_order(
    contributions: Sequence[Array], first: int, reduction: Reduction, out: Array
) -> None:
    """Combine one chunk of two or more ranks, going around from `first`, into `out`.

    `out` may be the contribution of rank `first` or, with two ranks, any.
    """
    size = len(contributions)
    combine = reduction.combine
    combine(contributions[first], contributions[(first + 1) % size], out=out)
    for distance in range(2, size):
        combine(out, contributions[(first + distance) % size], out=out)
    if reduction.divides:
        reduction.finish(out, size)
