"""Convolution over as many axes as the filters have, and dilated by a rate."""

from __future__ import annotations

from typing import Any

from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.families import shape_of
from tensor.ops.nn.conv import conv2d_op
from tensor.ops.nn.conv_public import CHANNELS_LAST, conv1d, conv2d, conv3d, tensors
from tensor.ops.nn.windows import per_axis


@export("nn.convolution")
def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolve over as many spatial axes, 1 to 3, as the filters have.

    Raises:
        ValueError: Strides together with dilations, or another number of axes.
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
    """
    w = convert(filters)
    axes = (w.ndim or 0) - 2
    if axes not in (1, 2, 3):
        raise ValueError(
            f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={axes}"
        )
    steps, _ = per_axis(strides, axes, False, "strides")
    rates, _ = per_axis(dilations, axes, False, "dilations")
    if max(steps) > 1 and max(rates) > 1:
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={list(steps)} and dilation_rate={list(rates)}"
        )
    _check_rates(rates)
    call = {1: conv1d, 2: conv2d, 3: conv3d}[axes]
    form = data_format or CHANNELS_LAST[axes]
    around = (1, *steps, 1) if axes == 3 else steps
    return call(input, w, list(around), padding, form, list(rates), name)


def _check_rates(rates: tuple[int, ...]) -> None:
    """Check dilations.

    Raises:
        ValueError: One is not positive.
    """
    if min(rates) < 1:
        raise ValueError(
            "all values of `dilation_rate` must be positive. Received: dilation_rate="
            f"[{' '.join(map(str, rates))}]"
        )


@export("nn.atrous_conv2d")
def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: Any, name: str | None = None
) -> Any:
    """Convolve images with filters whose elements lie `rate` apart.

    Raises:
        ValueError: The rate is not positive, `padding` is no word, or the channels do
            not fit.
        InvalidArgumentError: Shapes or dtypes do not go together.
    """
    _check_rates((rate, rate))
    if padding not in ("SAME", "VALID"):
        raise ValueError(
            f"`padding` must be one of 'SAME' or 'VALID'. Received: padding={padding}"
        )
    x, w = tensors(conv2d_op, value, filters)
    have, want = (shape_of(x) or (None,))[-1], (shape_of(w) or (None, None))[-2]
    if have is not None and want is not None and have % max(want, 1):
        raise ValueError(
            "The number of input channels is not divisible by the corresponding number "
            f"of output filters. Received: input.shape={x.shape} with {have} channels "
            f"and filters.shape={w.shape} with {want} output filters."
        )
    return conv2d(x, w, 1, padding, dilations=rate, name=name)
