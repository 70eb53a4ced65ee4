"""Products of matrices on arrays: large ones are spread over the pool."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core import blas, thread_pool

# From here on OpenBLAS would use threads of its own, which spin while they wait: with
# another process on one of two cores a product of 80 µs took up to 33 ms.
_BLAS_THREADS_FROM = 2**18
# From here on (about 0.3 ms of work) handing half of it to another thread pays.
_OUR_THREADS_FROM = 2**24


def multiply_matrices(a: Any, b: Any) -> Any:
    """Return the product of two arrays of matrices; half precision adds in single."""
    if a.dtype.itemsize == 2 and a.dtype.kind in "fV":
        wide = np.matmul(a.astype(np.float32), b.astype(np.float32))
        return wide.astype(a.dtype)
    if b.ndim == 2 and a.ndim > 2 and a.flags.c_contiguous:
        # One product of a tall matrix is faster than many of small ones.
        rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])
        return product(rows, b).reshape(*a.shape[:-1], b.shape[-1])
    return product(a, b)


def product(a: Any, b: Any, out: Any = None) -> Any:
    """Return a product, written to `out` if given, whose threads are ours if any."""
    is_stack = a.ndim != 2 or b.ndim != 2
    work = a.size * b.shape[-1]
    if is_stack:
        work = max(work, b.size * a.shape[-2])
    if work >= _BLAS_THREADS_FROM:
        blas.use_one_thread()
    if work < _OUR_THREADS_FROM or thread_pool.thread_count() == 1:
        return np.matmul(a, b, out)
    if is_stack:
        return _stack_of_products(a, b, out)
    if out is None:
        out = np.empty((a.shape[0], b.shape[1]), np.result_type(a, b))
    by_rows = a.shape[0] >= b.shape[1]
    step = -(-max(a.shape[0], b.shape[1]) // thread_pool.thread_count())

    def multiply(piece: int) -> None:
        part = slice(piece * step, (piece + 1) * step)
        if by_rows:
            np.matmul(a[part], b, out[part])
        else:
            np.matmul(a, b[:, part], out[:, part])

    thread_pool.run(multiply, -(-max(a.shape[0], b.shape[1]) // step))
    return out


def _stack_of_products(a: Any, b: Any, out: Any) -> Any:
    """Return the products of two stacks that broadcast, several at a time."""
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if out is None:
        shape = (*stack, a.shape[-2], b.shape[-1])
        out = np.empty(shape, np.result_type(a, b))
    # Cut along the first axis that has more than one matrix.
    axis = next((i for i, n in enumerate(stack) if n > 1), 0)
    lead = (slice(None),) * axis
    step = thread_pool.share(stack[axis], 1)

    def cut(x: Any, part: slice) -> Any:
        at = axis - (out.ndim - x.ndim)
        if at < 0 or x.shape[at] == 1:
            return x
        return x[(*(slice(None),) * at, part)]

    def multiply(piece: int) -> None:
        part = slice(piece * step, (piece + 1) * step)
        np.matmul(cut(a, part), cut(b, part), out[(*lead, part)])

    thread_pool.run(multiply, -(-stack[axis] // step))
    return out
