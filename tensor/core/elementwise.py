"""Elementwise kernels on large arrays: in pieces, spread over the pool.

NumPy computes on one core. A kernel that takes `out=` can be called on slices of its
arrays by all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import thread_pool

if TYPE_CHECKING:
    from collections.abc import Callable

# From so many elements on (0.1 ms of work) the pool earns what waking it costs.
LARGE = 1 << 19
# Elements a piece has at least.
_PIECE = 1 << 16


def compute(
    kernel: Callable[..., Any], *operands: Any, out: np.ndarray | None = None
) -> Any:
    """Return what `kernel(*operands)` does, in pieces if the operands are for it.

    They are if all large arrays have one shape, lie in memory row by row and are of one
    floating point dtype, which is the result's too. Smaller operands are cut along the
    first axis with them, or go whole into every piece.

    Args:
        kernel: A function of arrays and numbers, each element by itself, that
            broadcasts and takes `out`.
        operands: Its arguments.
        out: The array to write to, of the result's shape; a new one if None.
    """
    like = _large_array(operands, out)
    if like is None:
        return kernel(*operands) if out is None else kernel(*operands, out=out)
    result = np.empty_like(like, order="C") if out is None else out
    if all(np.shape(x) in ((), like.shape) for x in operands):
        operands = tuple(x.reshape(-1) if _has_axes(x) else x for x in operands)
        target = result.reshape(-1)
    else:
        target = result
    length = len(target)
    step = thread_pool.share(length, _PIECE * length // target.size)
    cut = [_has_axes(x) and x.ndim == target.ndim and len(x) > 1 for x in operands]

    def work(piece: int) -> None:
        part = slice(piece * step, (piece + 1) * step)
        own = [x[part] if c else x for x, c in zip(operands, cut, strict=True)]
        kernel(*own, out=target[part])

    thread_pool.run(work, -(-length // step))
    return result


def _has_axes(x: Any) -> bool:
    return type(x) is np.ndarray and x.ndim > 0


def _large_array(operands: tuple[Any, ...], out: Any) -> np.ndarray | None:
    """Return an operand shaped like the result, if pieces give that and are worth it.

    Returns None if they do not, or are not.
    """
    large = [x for x in operands if type(x) is np.ndarray and x.size >= LARGE]
    if not large or large[0].dtype.kind != "f":
        return None
    arrays = [x for x in (*operands, out) if isinstance(x, np.ndarray | np.generic)]
    like = max(large, key=np.size)
    fits = all(
        x.dtype == like.dtype
        and (x.shape == like.shape or (x.size < like.size and x is not out))
        and (not _has_axes(x) or x.flags.c_contiguous)
        for x in arrays
    )
    # What is smaller must not widen it, as a column widens a row.
    if fits and np.broadcast_shapes(*[x.shape for x in arrays]) == like.shape:
        return like
    return None
