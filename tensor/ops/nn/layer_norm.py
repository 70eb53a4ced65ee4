"""Layer normalization along the last axis, as one op and one gradient.

Made of elementwise ops it takes eight passes over memory; here pieces of a few rows
stay in the cache, and sums are products.

With h the normalized x and r = 1 / sqrt(variance + epsilon), normalizing has
the symmetric Jacobian

    J(u) = r (u - mean(u) - h mean(h u))

from which the gradient follows, and the gradient's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import blas, thread_pool
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import sum_to
from tensor.ops.math import sqrt, square
from tensor.ops.reduce import reduce_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

# Elements of a piece: two arrays of it fit in a level 2 cache. From the second number
# on there is a pool to share the work.
_PIECE = 1 << 16
_THREADS_FROM = 1 << 18


def _mean(x: Any) -> Any:
    return reduce_mean(x, axis=(-1,), keepdims=True)


class LayerNorm(Op):
    """Rows of x with mean 0 and variance 1, times a scale, plus an offset."""

    keeps_inputs = (0, 1)

    def kernel(self, x: Any, scale: Any, offset: Any, epsilon: float) -> Any:
        result = np.empty_like(x, order="C")
        rows, target = as_rows(x), result.reshape(-1, x.shape[-1])

        def work(part: slice, _: int) -> None:
            out = target[part]
            spread = _deviation(rows[part], epsilon, out)
            np.multiply(out, spread, out=out)
            np.multiply(out, scale, out=out)
            np.add(out, offset, out=out)

        in_row_pieces(work, rows)
        return result

    def infer(
        self, x: TensorSpec, scale: TensorSpec, offset: TensorSpec, epsilon: float
    ) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, scale, _ = call.inputs
        return layer_norm_grad(x, scale, dz, **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        scale, offset = rng.normal(size=(2, 5))
        yield Sample(rng.normal(size=(2, 3, 5)), scale, offset, epsilon=1e-3)
        yield Sample(rng.normal(size=5), scale, offset, epsilon=0.5)
        yield Sample(np.zeros((0, 5)), scale, offset, epsilon=1e-3)


class LayerNormGrad(Op):
    """What normalized rows give back to x, scale and offset."""

    def kernel(self, x: Any, scale: Any, dz: Any, epsilon: float) -> Any:
        result = np.empty_like(x, order="C")
        rows, given = as_rows(x), as_rows(dz)
        target = result.reshape(-1, x.shape[-1])
        share = x.dtype.type(1 / max(x.shape[-1], 1))
        pieces = row_piece_count(rows)
        totals = np.zeros((2, pieces, x.shape[-1]), x.dtype)

        def work(part: slice, piece: int) -> None:
            dz, out = given[part], target[part]
            room = thread_pool.scratch("layer norm", out.shape, out.dtype)
            spread = _deviation(rows[part], epsilon, room)
            np.multiply(dz, room, out=out)
            np.matmul(spread[:, 0], out, out=totals[0, piece])
            np.matmul(np.ones(len(dz), dz.dtype), dz, out=totals[1, piece])
            along = (out @ scale * share)[:, None] * np.square(spread)
            mean = (dz @ scale * share)[:, None]
            np.multiply(room, along, out=room)
            np.add(room, mean, out=room)
            np.multiply(dz, scale, out=out)
            np.subtract(out, room, out=out)
            np.multiply(out, spread, out=out)

        in_row_pieces(work, rows)
        to_scale, to_offset = np.add.reduce(totals, axis=1)
        return result, to_scale, to_offset

    def infer(
        self, x: TensorSpec, scale: TensorSpec, dz: TensorSpec, epsilon: float
    ) -> tuple[TensorSpec, ...]:
        weights = TensorSpec.of(scale.dims, x.dtype)
        return TensorSpec.of(x.dims, x.dtype), weights, weights

    def gradient(self, call: Any, v: Any, to_scale: Any, to_offset: Any) -> Any:
        x, scale, dz = call.inputs
        deviation = x - _mean(x)
        r = 1.0 / sqrt(_mean(square(deviation)) + call.attrs["epsilon"])
        h = deviation * r

        def jacobian(u: Any) -> Any:
            return r * (u - _mean(u) - h * _mean(h * u))

        g = dz * scale
        back, forth = jacobian(v), jacobian(g)
        bend = h * _mean(v * forth) + _mean(g * h) * back + _mean(v * h) * forth
        return (
            jacobian(dz * to_scale) - r * bend,
            sum_to(back * dz, scale),
            back * scale + h * to_scale + to_offset,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x, dz = rng.normal(size=(2, 2, 3, 5))
        yield Sample(x, rng.normal(size=5), dz, epsilon=1e-3)
        yield Sample(x[0, 0], rng.normal(size=5), dz[0, 0], epsilon=0.5)


def as_rows(x: Any) -> np.ndarray:
    """Return x as a matrix of rows along its last axis."""
    return np.ascontiguousarray(x).reshape(-1, x.shape[-1])


def _deviation(x: np.ndarray, epsilon: float, out: np.ndarray) -> np.ndarray:
    """Write to `out` how far rows are from their means; return what scales them."""
    share = x.dtype.type(1 / max(x.shape[-1], 1))
    mean = x @ np.ones(x.shape[-1], x.dtype) * share
    np.subtract(x, mean[:, None], out=out)
    variance = np.vecdot(out, out) * share
    spread: np.ndarray = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    return spread[:, None]


def row_piece_count(rows: np.ndarray) -> int:
    """Return in how many pieces `in_row_pieces` goes through a matrix."""
    height = max(1, _PIECE // max(rows.shape[1], 1))
    return -(-len(rows) // height)


def in_row_pieces(work: Any, rows: np.ndarray) -> None:
    """Call `work(slice, number)` for pieces of rows that fit in the cache."""
    count = row_piece_count(rows)
    height = -(-len(rows) // max(count, 1))
    if rows.size >= _THREADS_FROM:
        thread_pool.run(lambda i: work(slice(i * height, (i + 1) * height), i), count)
        return
    if rows.size >= _PIECE:
        blas.use_one_thread()
    for i in range(count):
        work(slice(i * height, (i + 1) * height), i)


layer_norm = register(LayerNorm)
layer_norm_grad = register(LayerNormGrad)
