"""What normalization does channel by channel: moments, and a scale with a shift.

Channels are the last axis; all others count as rows. Made of elementwise ops, a step of
batch normalization goes a dozen times over memory; here pieces of a few rows stay in
the cache, and sums over rows are products with ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import thread_pool
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import sum_to
from tensor.ops.nn.layer_norm import as_rows, in_row_pieces, row_piece_count
from tensor.ops.row_sums import sum_rows

if TYPE_CHECKING:
    from collections.abc import Iterator


def _sums(count: int, rows: np.ndarray) -> np.ndarray:
    """Return room for sums over the rows of each piece."""
    return np.zeros((count, row_piece_count(rows), rows.shape[1]), rows.dtype)


def _rows_per_channel(x: Any) -> Any:
    """Return how many numbers each channel has, in the dtype of x."""
    return x.dtype.type(x.size // max(x.shape[-1], 1))


class ChannelMoments(Op):
    """Mean and variance of each channel over all rows."""

    keeps_output = True

    def kernel(self, x: Any) -> Any:
        rows, count = as_rows(x), _rows_per_channel(x)
        mean = sum_rows(rows, 1) / count
        totals = _sums(1, rows)

        def work(part: slice, piece: int) -> None:
            room = thread_pool.scratch("channels", rows[part].shape, x.dtype)
            np.subtract(rows[part], mean, out=room)
            np.multiply(room, room, out=room)
            np.matmul(np.ones(len(room), x.dtype), room, out=totals[0, piece])

        in_row_pieces(work, rows)
        return mean, np.add.reduce(totals[0], axis=0) / count

    def infer(self, x: TensorSpec) -> tuple[TensorSpec, TensorSpec]:
        channels = TensorSpec.of(None if x.dims is None else x.dims[-1:], x.dtype)
        return channels, channels

    def gradient(self, call: Any, to_mean: Any, to_variance: Any) -> Any:
        return channel_moments_grad(
            call.inputs[0], call.output[0], to_mean, to_variance
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(4, 3)))
        yield Sample(rng.normal(size=(2, 3, 2)))


class ChannelMomentsGrad(Op):
    """What means and variances give back to the rows.

    As in TensorFlow, the mean that a variance is taken around counts as a constant: its
    share of the gradient is 0 but for rounding.
    """

    def kernel(self, x: Any, mean: Any, to_mean: Any, to_variance: Any) -> Any:
        result = np.empty_like(x, order="C")
        rows, target = as_rows(x), result.reshape(-1, x.shape[-1])
        count = _rows_per_channel(x)
        slope, level = 2 * to_variance / count, to_mean / count

        def work(part: slice, _: int) -> None:
            out = target[part]
            np.subtract(rows[part], mean, out=out)
            np.multiply(out, slope, out=out)
            np.add(out, level, out=out)

        in_row_pieces(work, rows)
        return result

    def infer(self, x: TensorSpec, *_: TensorSpec) -> TensorSpec:
        return x

    def gradient(self, call: Any, v: Any) -> Any:
        x, mean, to_mean, to_variance = call.inputs
        # Numbers for each channel, of a size that only the graph may know.
        count = sum_to(x * 0 + 1, to_mean)
        slope = to_variance * 2.0 / count
        return (
            v * slope,
            sum_to(-v * slope, mean),
            sum_to(v, to_mean) / count,
            sum_to(v * (x - mean), to_variance) * 2.0 / count,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 2)), *rng.normal(size=(3, 2)))


class ScaleShift(Op):
    """x times a number for each channel, plus another."""

    kind = "elementwise"
    accepts_out = True
    works_in_place = True
    keeps_inputs = (0, 1)

    def kernel(self, x: Any, scale: Any, shift: Any, out: Any = None) -> Any:
        if out is not None:
            np.multiply(x, scale, out=out)
            return np.add(out, shift, out=out)
        result = np.empty_like(x, order="C")
        rows, target = as_rows(x), result.reshape(-1, x.shape[-1])

        def work(part: slice, _: int) -> None:
            np.multiply(rows[part], scale, out=target[part])
            np.add(target[part], shift, out=target[part])

        in_row_pieces(work, rows)
        return result

    def infer(self, x: TensorSpec, scale: TensorSpec, shift: TensorSpec) -> TensorSpec:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        x, scale, _ = call.inputs
        return scale_shift_grad(x, scale, dz)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 2)), *rng.normal(size=(2, 2)))
        yield Sample(np.zeros((0, 3)), *rng.normal(size=(2, 3)))


class ScaleShiftGrad(Op):
    """What a scale and shift of channels give back to x, to scale and to shift."""

    def kernel(self, x: Any, scale: Any, dz: Any) -> Any:
        result = np.empty_like(x, order="C")
        rows, given, target = as_rows(x), as_rows(dz), result.reshape(-1, x.shape[-1])
        totals = _sums(2, rows)

        def work(part: slice, piece: int) -> None:
            dz, out = given[part], target[part]
            ones = np.ones(len(dz), dz.dtype)
            np.multiply(dz, rows[part], out=out)
            np.matmul(ones, out, out=totals[0, piece])
            np.matmul(ones, dz, out=totals[1, piece])
            np.multiply(dz, scale, out=out)

        in_row_pieces(work, rows)
        to_scale, to_shift = np.add.reduce(totals, axis=1)
        return result, to_scale, to_shift

    def infer(self, x: TensorSpec, scale: TensorSpec, dz: TensorSpec) -> Any:
        return x, scale, scale

    def gradient(self, call: Any, v: Any, to_scale: Any, to_shift: Any) -> Any:
        x, scale, dz = call.inputs
        return dz * to_scale, sum_to(v * dz, scale), v * scale + x * to_scale + to_shift

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x, dz = rng.normal(size=(2, 2, 3, 2))
        yield Sample(x, rng.normal(size=2), dz)


channel_moments = register(ChannelMoments)
channel_moments_grad = register(ChannelMomentsGrad)
scale_shift = register(ScaleShift)
scale_shift_grad = register(ScaleShiftGrad)
