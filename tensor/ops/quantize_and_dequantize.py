"""Numbers as they come out of being coded and decoded, in one step, with a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.ops.array import reshape, where, zeros_like
from tensor.ops.families import FLOATING, check_kind
from tensor.ops.math.logic import logical_and
from tensor.ops.operands import operands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.tensor_spec import TensorSpec


class QuantizeAndDequantize(Op):
    """x rounded to a grid of evenly spaced levels that has 0 on it.

    The range is [low, high], or that of x itself, along one axis or of all elements.
    """

    type_name = "QuantizeAndDequantizeV4"

    def kernel(
        self,
        x: Any,
        low: Any,
        high: Any,
        codes: tuple[int, int],
        is_given: bool,
        rounds_up: bool,
        axis: int,
    ) -> Any:
        if not x.size:
            return x
        if is_given:
            if np.any(low > high):
                raise errors.invalid(
                    self.type_name,
                    f"Invalid range: input_min {low} > input_max {high}",
                )
            shape = [-1 if i == axis else 1 for i in range(x.ndim)]
            low, high = (np.asarray(v).reshape(shape) for v in (low, high))
        else:
            rest = tuple(i for i in range(x.ndim) if i != axis)
            low, high = x.min(rest, keepdims=True), x.max(rest, keepdims=True)
        first, last = (x.dtype.type(c) for c in codes)
        most = np.finfo(x.dtype).max
        below = np.where(first * low > 0, first / low, most)
        above = np.where(last * high > 0, last / high, most)
        scale = np.minimum(below, above)
        step = np.where(below < above, low / (first or 1), high / last)
        if is_given:
            x = x.clip(
                np.where(below < above, low, first * step),
                np.where(below < above, last * step, high),
            )
        level = np.floor(x * scale + 0.5) if rounds_up else np.rint(x * scale)
        return (level * step).astype(x.dtype)

    def infer(self, x: TensorSpec, *ends: TensorSpec, **attrs: Any) -> TensorSpec:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        x, low, high = call.inputs
        axis, ends = call.attrs["axis"], (low, high)
        if axis >= 0:
            shape = tuple(-1 if i == axis else 1 for i in range(x.ndim))
            ends = tuple(reshape(end, shape=shape) for end in ends)
        inside = logical_and(x >= ends[0], x <= ends[1])
        return where(inside, dz, zeros_like(dz)), zeros_like(low), zeros_like(high)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # In single precision: it is a staircase, whose gradient is one by convention.
        x = rng.normal(size=(3, 2)).astype(np.float32)
        attrs = {"codes": (-8, 7), "rounds_up": False}
        ends = np.float32(-1), np.float32(1)
        yield Sample(x, *ends, is_given=True, axis=-1, **attrs)
        yield Sample(
            x, -np.ones(2, "f"), np.ones(2, "f"), is_given=False, axis=1, **attrs
        )


quantize_and_dequantize_op = register(QuantizeAndDequantize)


@export(
    "quantization.quantize_and_dequantize_v2", "quantization.quantize_and_dequantize"
)
def quantize_and_dequantize_v2(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """Return numbers as they come out of being coded by a few bits and decoded.

    Args:
        input: The numbers.
        input_min: Where the range begins; with `axis` a vector.
        input_max: Where it ends.
        signed_input: Whether codes are below 0 as well.
        num_bits: The bits of a code.
        range_given: Whether the range is the one given, or that of `input`.
        round_mode: What becomes of halves: "HALF_TO_EVEN" or "HALF_UP".
        name: A name for the node, in a graph.
        narrow_range: Whether the lowest code is left out.
        axis: An axis whose entries have ranges of their own.

    Raises:
        ValueError: A negative axis of an input of unknown rank.
        InvalidArgumentError: A range, number of bits or mode is none.
    """
    op = quantize_and_dequantize_op
    x, low = operands(op, convert(input), input_min)
    x, high = operands(op, x, input_max)
    check_kind(op, x, FLOATING)
    if axis is not None and axis < 0:
        if x.ndim is None:
            raise ValueError("input should have known rank to use negative axis.")
        axis += x.ndim
    if round_mode not in ("HALF_TO_EVEN", "HALF_UP"):
        raise errors.invalid(
            op.type_name,
            f"Value for attr 'round_mode' of \"{round_mode}\" is not in the list of "
            'allowed values: "HALF_TO_EVEN", "HALF_UP"',
        )
    if not 1 <= num_bits <= 62 - bool(signed_input):
        raise errors.invalid(
            op.type_name,
            f"num_bits is out of range: {num_bits} with signed_input_ "
            f"{int(signed_input)}",
        )
    low, high = convert(low, x.dtype), convert(high, x.dtype)
    _check_ends(x, low, axis, is_given=range_given)
    last = 2 ** (num_bits - bool(signed_input)) - 1
    first = (bool(narrow_range) - 1 - last) if signed_input else 0
    return op(
        x,
        low,
        high,
        codes=(first, last),
        is_given=bool(range_given),
        rounds_up=round_mode == "HALF_UP",
        axis=-1 if axis is None else axis,
        name=name,
    )


def _check_ends(x: Any, low: Any, axis: int | None, *, is_given: bool) -> None:
    """Check that a range is a scalar, or a vector for an axis of x.

    Raises:
        InvalidArgumentError: It is not.
    """
    problem = None
    if axis is not None and x.ndim is not None and axis >= x.ndim:
        problem = f"Shape must be at least rank {axis + 1} but is rank {x.ndim}"
    elif is_given and axis is None and low.ndim:
        problem = "input_min must be a scalar."
    elif is_given and axis is not None and low.ndim == 0:
        problem = "Shape must be rank 1 for input_min_tensor when the axis is specified"
    if problem:
        raise errors.invalid("QuantizeAndDequantizeV4", problem)
