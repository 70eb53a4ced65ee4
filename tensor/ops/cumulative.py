"""Running sums, products and log-sum-exps along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import blas, errors, thread_pool
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import where, zeros_like
from tensor.ops.families import (
    FLOATING,
    NUMERIC,
    bracketed,
    check_kind,
    known_or_symbolic,
)
from tensor.ops.math.complex_numbers import conj_for_gradient
from tensor.ops.math.division import divide_no_nan
from tensor.ops.math.exponential import exp, log

if TYPE_CHECKING:
    from collections.abc import Iterator

# Running sums of so many elements are made in blocks, in pieces for the pool.
_LARGE = 1 << 14
_BLOCK = 32
_PIECE = 1 << 16
# A row of so many elements is worth a call of its own.
_ROW = 256


class _Scan(Op):
    """Combines the elements up to each one: `axis`, `exclusive` and `reverse`.

    Exclusive leaves the element itself out, so that the first result is `start`;
    reverse runs from the end.
    """

    allows = NUMERIC
    start: float

    def scan(self, x: Any, axis: int) -> Any:
        """Return the running result from the front, each element included."""
        raise NotImplementedError(f"{type(self).__name__} must define `scan`.")

    def kernel(self, x: Any, axis: Any, exclusive: bool, reverse: bool) -> Any:
        axis = int(axis)
        x = np.flip(x, axis) if reverse else x
        if exclusive and x.shape[axis]:
            before = (slice(None),) * (axis % x.ndim)
            result = np.empty(x.shape, x.dtype)
            result[(*before, slice(0, 1))] = self.start
            result[(*before, slice(1, None))] = self.scan(
                x[(*before, slice(None, -1))], axis
            )
        else:
            result = self.scan(x, axis)
        return np.flip(result, axis) if reverse else result

    def infer(self, x: TensorSpec, **attrs: Any) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def public(
        self,
        x: Any,
        axis: Any = 0,
        exclusive: bool = False,
        reverse: bool = False,
        name: str | None = None,
    ) -> Any:
        x = convert(x)
        check_kind(self, x, self.allows)
        axis, rank = known_or_symbolic(axis), x.ndim
        if is_symbolic(axis):
            return self(x, axis=axis, exclusive=exclusive, reverse=reverse, name=name)
        if np.ndim(axis):
            raise errors.invalid(
                self.type_name,
                f"ScanOp: axis must be a scalar, not {bracketed(np.shape(axis))}",
            )
        axis = int(axis)
        if rank is not None and not -rank <= axis < rank:
            raise errors.invalid(
                self.type_name,
                f"ScanOp: Expected scan axis in the range [{-rank}, {rank}), but got "
                f"{axis}",
            )
        axis = axis + rank if rank is not None and axis < 0 else axis
        return self(
            x, axis=axis, exclusive=bool(exclusive), reverse=bool(reverse), name=name
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 2))
        for exclusive in (False, True):
            for reverse in (False, True):
                yield Sample(x, axis=1, exclusive=exclusive, reverse=reverse)
        yield Sample(x, axis=-1, exclusive=False, reverse=False)
        yield Sample(x[:0], axis=0, exclusive=True, reverse=False)


class Cumsum(_Scan):
    """Running sum along an axis."""

    names = ("cumsum", "math.cumsum")
    keeps_inputs = False
    start = 0

    def scan(self, x: Any, axis: int) -> Any:
        is_large = x.size >= _LARGE and x.shape[-1] >= 2 * _BLOCK
        if is_large and x.dtype.char in "fd" and axis in (-1, x.ndim - 1):
            return _running_sums(x)
        return _accumulate(np.add, x, axis)

    def gradient(self, call: Any, dz: Any) -> Any:
        axis, exclusive, reverse = call.attrs.values()
        return cumsum(dz, axis=axis, exclusive=exclusive, reverse=not reverse)


class Cumprod(_Scan):
    """Running product along an axis."""

    names = ("math.cumprod",)
    keeps_output = True
    start = 1

    def scan(self, x: Any, axis: int) -> Any:
        return _accumulate(np.multiply, x, axis)

    def gradient(self, call: Any, dz: Any) -> Any:
        # TensorFlow's convention: where x is 0 the gradient is 0.
        attrs = {**call.attrs, "reverse": not call.attrs["reverse"]}
        x, z = conj_for_gradient(call.inputs[0]), conj_for_gradient(call.output)
        return divide_no_nan(cumsum(z * dz, **attrs), x)


def _running_sums(x: np.ndarray) -> np.ndarray:
    """Return the running sums along the last axis.

    One addition that waits for the one before takes four cycles. So a product with a
    triangle of ones makes the sums within short blocks, which then are moved by what
    came before them.
    """
    length = x.shape[-1]
    whole = length - length % _BLOCK
    matrix = x.reshape(-1, length)
    result = np.empty_like(x, shape=matrix.shape, order="C")
    triangle = np.triu(np.ones((_BLOCK, _BLOCK), x.dtype))
    rows = max(1, _PIECE // length)
    blas.use_one_thread()

    def work(piece: int) -> None:
        part = slice(piece * rows, (piece + 1) * rows)
        given, sums = np.ascontiguousarray(matrix[part]), result[part]
        blocks = sums[:, :whole].reshape(len(sums), -1, _BLOCK)
        np.matmul(given[:, :whole].reshape(blocks.shape), triangle, out=blocks)
        before = np.add.accumulate(blocks[:, :-1, -1], axis=1)
        blocks[:, 1:] += before[:, :, None]
        for i in range(whole, length):
            np.add(sums[:, i - 1], given[:, i], out=sums[:, i])
        # What is infinite, or NaN, has spoilt its whole block: 0 * inf is NaN.
        broken = ~np.isfinite(sums[:, -1])
        if broken.any():
            sums[broken] = np.add.accumulate(given[broken], axis=1)

    thread_pool.run(work, -(-len(matrix) // rows))
    return result.reshape(x.shape)


def _accumulate(ufunc: np.ufunc, x: Any, axis: int) -> Any:
    if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
        # Half precision adds up in single, and is rounded once.
        return ufunc.accumulate(x.astype(np.float32), axis=axis).astype(x.dtype)
    # NumPy goes along the axis, one column after another; whole rows are quicker.
    if (
        x.shape[axis]
        and x.size >= _ROW * x.shape[axis]
        and axis not in (-1, x.ndim - 1)
    ):
        rows = np.moveaxis(x, axis, 0)
        result = np.empty(x.shape, x.dtype)
        sums = np.moveaxis(result, axis, 0)
        sums[0] = rows[0]
        for i in range(1, len(rows)):
            ufunc(sums[i - 1], rows[i], out=sums[i])
        return result
    return ufunc.accumulate(x, axis=axis, dtype=x.dtype)


class CumulativeLogsumexp(_Scan):
    """Running log(sum(exp(x))) along an axis, exact for large and small x."""

    names = ("math.cumulative_logsumexp",)
    allows = FLOATING
    keeps_output = True
    start = -np.inf

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for sample in super().samples(rng):
            if not sample.attrs["exclusive"]:  # -inf has no central difference
                yield sample

    def scan(self, x: Any, axis: int) -> Any:
        return np.logaddexp.accumulate(x, axis=axis)

    def gradient(self, call: Any, dz: Any) -> Any:
        # dx = exp(x) Σ dz exp(-z) over the results that x is part of. The sum is taken
        # in the logarithm, positive and negative dz apart, so that nothing overflows.
        attrs = {**call.attrs, "reverse": not call.attrs["reverse"]}
        x, z = call.inputs[0], call.output
        zeros = zeros_like(dz)

        def part(size: Any) -> Any:
            # log(0) is -inf, which adds nothing, but its slope would be 0 / 0.
            positive = size > 0
            safe = where(positive, size, zeros + 1)
            logs = where(positive, log(safe) - z, zeros - np.inf)
            total = cumulative_logsumexp(logs, **attrs)
            reached = total > -np.inf
            return where(reached, exp(where(reached, total + x, zeros)), zeros)

        return part(dz) - part(-dz)


cumsum = register(Cumsum)
cumprod = register(Cumprod)
cumulative_logsumexp = register(CumulativeLogsumexp)
