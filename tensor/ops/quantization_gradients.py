"""What rounding to a grid gives back, as functions of their own.

Inside its range `fake_quant_with_min_max_*` passes gradients on as they are; those of
what lies outside go to the end of the range that it was cut to.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.families import shape_of
from tensor.ops.quantization import (
    channel_ends,
    fake_quant_gradients,
    fixed_ends,
    quant_levels,
    range_ends,
)


class FakeQuantWithMinMaxVarsGradient(NamedTuple):
    """The gradients of `tf.quantization.fake_quant_with_min_max_vars`."""

    backprops_wrt_input: Any
    backprop_wrt_min: Any
    backprop_wrt_max: Any


class FakeQuantWithMinMaxVarsPerChannelGradient(NamedTuple):
    """The gradients of `tf.quantization.fake_quant_with_min_max_vars_per_channel`."""

    backprops_wrt_input: Any
    backprop_wrt_min: Any
    backprop_wrt_max: Any


def _pair(gradients: Any, inputs: Any) -> tuple[Any, Any]:
    """Return a gradient and the input that it belongs to as tensors of one shape.

    Raises:
        InvalidArgumentError: They have different shapes.
    """
    dz, x = convert(gradients, dtypes.float32), convert(inputs, dtypes.float32)
    have, want = shape_of(dz), shape_of(x)
    if None not in (have, want) and have != want:
        raise errors.invalid(
            "FakeQuantGradient",
            f"gradient and input must be the same size, got {dz.shape} and {x.shape}",
        )
    return dz, x


@export("quantization.fake_quant_with_min_max_args_gradient")
def fake_quant_with_min_max_args_gradient(
    gradients: Any,
    inputs: Any,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Return what `tf.quantization.fake_quant_with_min_max_args` gives back to inputs.

    Raises:
        InvalidArgumentError: `num_bits` is out of range, shapes differ, or `min` is
            not below `max`.
    """
    ends = fixed_ends(min, max)
    return fake_quant_with_min_max_vars_gradient(
        gradients, inputs, *ends, num_bits, narrow_range, name
    ).backprops_wrt_input


@export("quantization.fake_quant_with_min_max_vars_gradient")
def fake_quant_with_min_max_vars_gradient(
    gradients: Any,
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> FakeQuantWithMinMaxVarsGradient:
    """Return what `fake_quant_with_min_max_vars` gives back to inputs, min and max.

    Raises:
        InvalidArgumentError: `num_bits` is out of range, or shapes do not fit.
    """
    levels = quant_levels(num_bits, narrow_range)
    dz, x = _pair(gradients, inputs)
    slopes = fake_quant_gradients(dz, x, *range_ends(min, max), levels=levels)
    return FakeQuantWithMinMaxVarsGradient(*slopes)


@export("quantization.fake_quant_with_min_max_vars_per_channel_gradient")
def fake_quant_with_min_max_vars_per_channel_gradient(
    gradients: Any,
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> FakeQuantWithMinMaxVarsPerChannelGradient:
    """Return what the rounding with a range for each channel gives back.

    Raises:
        InvalidArgumentError: `num_bits` is out of range, or shapes do not fit.
    """
    levels = quant_levels(num_bits, narrow_range)
    dz, x = _pair(gradients, inputs)
    slopes = fake_quant_gradients(dz, x, *channel_ends(x, min, max), levels=levels)
    return FakeQuantWithMinMaxVarsPerChannelGradient(*slopes)
