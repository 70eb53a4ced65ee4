"""Fake quantisation: rounding to a grid of few levels, as a model will run later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import are_compatible
from tensor.ops.array import where, zeros_like
from tensor.ops.families import bracketed, shape_of, sum_to
from tensor.ops.math.logic import logical_or

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec


def nudged(low: Any, high: Any, levels: tuple[int, int]) -> tuple[Any, Any, Any]:
    """Return the ends of a range moved so that 0 is on its grid, and the grid's step.

    Args:
        low: The lower end.
        high: The upper end.
        levels: The first and last level, such as (0, 255).
    """
    first, last = (np.float32(v) for v in levels)
    step = (high - low) / (last - first)
    zero = first - low / step
    zero = np.where(zero < first, first, np.where(zero > last, last, np.rint(zero)))
    return (first - zero) * step, (last - zero) * step, step


class FakeQuant(Op):
    """x clipped to [low, high] and rounded to the nearest of evenly spaced levels.

    `low` and `high` are scalars, or vectors along the last axis of x.
    """

    type_name = "FakeQuantWithMinMaxVars"

    def kernel(self, x: Any, low: Any, high: Any, levels: tuple[int, int]) -> Any:
        bottom, top, step = nudged(low, high, levels)
        inverse, half = 1 / step, np.float32(0.5)
        zero = np.floor(-bottom * inverse + half)
        inside = np.maximum(np.minimum(x, top), bottom)
        level = np.floor((inside - bottom) * inverse - zero + half)
        result = level * step
        nothing = (low == 0) & (high == 0)
        return np.where(nothing, np.float32(0), result).astype(np.float32)[()]

    def infer(self, x: TensorSpec, *ends: TensorSpec, **attrs: Any) -> TensorSpec:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        return fake_quant_gradients(dz, *call.inputs, **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # Single precision keeps the numerical check of gradients away: the op is a
        # staircase, whose gradient by convention is that of the clipping alone.
        x = rng.normal(size=(3, 2)).astype(np.float32)
        ends = np.array([[-1, -2], [1, 0.5]], np.float32)
        yield Sample(x, *ends, levels=(0, 255))
        yield Sample(x, np.float32(-1), np.float32(1), levels=(1, 15))


class QuantRange(Op):
    """The ends of a range, moved so that 0 is on its grid.

    A range of nothing has no ends: NaN, which no number is below or above.
    """

    gradient = NON_DIFFERENTIABLE

    def kernel(self, low: Any, high: Any, levels: tuple[int, int]) -> Any:
        bottom, top, _ = nudged(low, high, levels)
        return np.asarray(bottom)[()], np.asarray(top)[()]

    def infer(self, low: TensorSpec, high: TensorSpec, levels: Any) -> Any:
        return low, high

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(*np.array([[-1, -2], [1, 0.5]], np.float32), levels=(0, 255))


fake_quant = register(FakeQuant)
quant_range = register(QuantRange)


def fake_quant_gradients(
    dz: Any, x: Any, low: Any, high: Any, levels: tuple[int, int]
) -> tuple[Any, Any, Any]:
    """Return the gradients of x and of the ends that what lies outside is cut to."""
    bottom, top = quant_range(low, high, levels=levels)
    nothing = zeros_like(dz)
    below, above = x < bottom, x > top
    return (
        where(logical_or(below, above), nothing, dz),
        sum_to(where(below, dz, nothing), low),
        sum_to(where(above, dz, nothing), high),
    )


def quant_levels(num_bits: int, narrow_range: bool) -> tuple[int, int]:
    """Return the first and last level of a grid.

    Raises:
        InvalidArgumentError: `num_bits` is out of range.
    """
    if not 2 <= num_bits <= 16:
        raise errors.invalid(
            "FakeQuant", f"num_bits must be between 2 and 16, inclusive, got {num_bits}"
        )
    return int(bool(narrow_range)), 2**num_bits - 1


@export("quantization.fake_quant_with_min_max_vars")
def fake_quant_with_min_max_vars(
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Round to evenly spaced levels between `min` and `max`, which can be learnt.

    Args:
        inputs: A float32 tensor.
        min: The lower end of the range, a scalar.
        max: The upper end.
        num_bits: There are 2**num_bits levels.
        narrow_range: Whether to leave out the lowest level.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: `num_bits` is out of range.
    """
    levels = quant_levels(num_bits, narrow_range)
    x = convert(inputs, dtypes.float32)
    low, high = range_ends(min, max)
    return fake_quant(x, low, high, levels=levels, name=name)


def range_ends(low: Any, high: Any) -> tuple[Any, Any]:
    """Return the ends of a range as tensors.

    Raises:
        InvalidArgumentError: They are no scalars.
    """
    ends = convert(low, dtypes.float32), convert(high, dtypes.float32)
    for what, end in zip(("min", "max"), ends, strict=True):
        if end.ndim:
            raise errors.invalid(
                "FakeQuant", f"`{what}` must be rank 0 but is rank {end.ndim}"
            )
    return ends


def fixed_ends(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a range that stays fixed.

    Raises:
        InvalidArgumentError: They are not in order.
    """
    if not low < high:
        raise errors.invalid(
            "FakeQuant", f"min has to be smaller than max, was: {low:g} >= {high:g}"
        )
    return float(low), float(high)


@export("quantization.fake_quant_with_min_max_args")
def fake_quant_with_min_max_args(
    inputs: Any,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Round to evenly spaced levels between two numbers that stay fixed.

    Raises:
        InvalidArgumentError: `num_bits` is out of range, or `min` not below `max`.
    """
    ends = fixed_ends(min, max)
    return fake_quant_with_min_max_vars(inputs, *ends, num_bits, narrow_range, name)


@export("quantization.fake_quant_with_min_max_vars_per_channel")
def fake_quant_with_min_max_vars_per_channel(
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Round to evenly spaced levels, with a range for each channel of the last axis.

    Raises:
        InvalidArgumentError: `num_bits` is out of range, or a range does not fit.
    """
    levels = quant_levels(num_bits, narrow_range)
    x = convert(inputs, dtypes.float32)
    low, high = channel_ends(x, min, max)
    return fake_quant(x, low, high, levels=levels, name=name)


def channel_ends(x: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Return the ends of ranges of the channels of x as tensors.

    Raises:
        InvalidArgumentError: There are not as many as channels.
    """
    ends = convert(low, dtypes.float32), convert(high, dtypes.float32)
    depth = (shape_of(x) or (None,))[-1]
    for what, end in zip(("min", "max"), ends, strict=True):
        dims = shape_of(end)
        if depth is not None and not are_compatible(dims, (depth,)):
            found = dims[0] if dims and len(dims) == 1 else bracketed(dims)
            raise errors.invalid(
                "FakeQuant",
                f"{what} has incorrect size, expected {depth} was {found}",
            )
    return ends
