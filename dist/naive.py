"""What every collective means, written as plainly as possible: the oracle of the tests.

Each function takes the arguments of all ranks in a list and returns the results of all
ranks in a list. No transport uses it; all of them must agree with it, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dist.reductions import REDUCTIONS, chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.reductions import Array


def all_reduce(arrays: Sequence[Array], op: str = "sum") -> list[Array]:
    """Chunk c is added up going around the ring from rank c."""
    size, shape = len(arrays), arrays[0].shape
    flat = [array.reshape(-1) for array in arrays]
    total = flat[0].copy()
    for first, part in enumerate(chunks(total.size, total.itemsize, size)):
        total[part] = _around([array[part] for array in flat], first, op)
    return [total.reshape(shape).copy() for _ in arrays]


def reduce_scatter(arrays: Sequence[Array], op: str = "sum") -> list[Array]:
    """Part r is added up going around the ring from rank r + 1: r comes last."""
    size = len(arrays)
    parts = [np.split(array, size) for array in arrays]
    return [
        _around([rows[rank] for rows in parts], (rank + 1) % size, op)
        for rank in range(size)
    ]


def all_gather(arrays: Sequence[Array]) -> list[Array]:
    """Everybody gets all arrays, stacked."""
    return [np.stack(arrays) for _ in arrays]


def broadcast(arrays: Sequence[Array], root: int) -> list[Array]:
    """Everybody gets the array of the root."""
    return [arrays[root].copy() for _ in arrays]


def all_to_all(arrays: Sequence[Array]) -> list[Array]:
    """Row r of everybody goes to rank r."""
    return [np.stack([array[rank] for array in arrays]) for rank in range(len(arrays))]


def _around(arrays: Sequence[Array], first: int, op: str) -> Array:
    reduction = REDUCTIONS[op]
    total = arrays[first].copy()
    for distance in range(1, len(arrays)):
        reduction.combine(total, arrays[(first + distance) % len(arrays)], out=total)
    reduction.finish(total, len(arrays))
    return total
