"""Greyscale morphology: dilation and erosion by a structuring function."""

from __future__ import annotations

from typing import Any

from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.ops.families import REAL, check_kind, operands, shape_of
from tensor.ops.math import maximum
from tensor.ops.nn.conv_public import invalid
from tensor.ops.nn.pooling import places
from tensor.ops.nn.windows import Windows, parse_padding, per_axis
from tensor.ops.padding import pad_


@export("nn.dilation2d")
def dilation2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """Return, for every window, the largest sum of an element and its filter's.

    Args:
        input: [batch, height, width, channels].
        filters: [height, width, channels].
        strides: Four numbers, 1 first and last.
        padding: "SAME" or "VALID".
        data_format: "NHWC".
        dilations: Four numbers, 1 first and last.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `data_format` is another one.
        InvalidArgumentError: Shapes or parameters do not go together.
    """
    if data_format != "NHWC":
        raise ValueError(
            "`data_format` values other than 'NHWC' are not supported. Received: "
            f"data_format={data_format}"
        )
    x = convert(input)
    x, w = operands(maximum, x, convert(filters, None if _has(filters) else x.dtype))
    check_kind(maximum, x, REAL)
    have, sizes = shape_of(x) or (), shape_of(w) or ()
    if len(have) != 4 or len(sizes) != 3 or have[-1] != sizes[-1]:
        raise invalid(
            "Dilation2D: input must be 4-dimensional and filter 3-dimensional, with "
            f"the same depth: got {list(have)} and {list(sizes)}",
            maximum,
        )
    steps, _ = per_axis(strides, 2, False, "strides")
    rates, _ = per_axis(dilations, 2, False, "dilations")
    window: Any = sizes[:2]
    windows = Windows(
        window, steps, rates, parse_padding(padding, 2, False, "Dilation2D")
    )
    spatial: Any = have[1:3]
    counts = windows.known_counts(spatial)
    around = windows.pads(spatial)
    if any(sum(pair) for pair in around):
        table = [[0, 0], *[list(pair) for pair in around], [0, 0]]
        x = pad_(x, table, constant_values=x.dtype.as_numpy_dtype(x.dtype.min))
    taps = get_op("Reshape")(w, shape=(-1, sizes[-1]))
    result = None
    for k, where in enumerate(places(windows, counts)):
        term = x[where] + taps[k]
        result = term if result is None else maximum(result, term)
    return result


def _has(value: Any) -> bool:
    return hasattr(value, "dtype")


@export("nn.erosion2d")
def erosion2d(
    value: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """Return, for every window, the smallest difference of an element and its filter's.

    The filter is turned round, so that erosion is dilation of the negative.

    Raises:
        ValueError: `data_format` is not "NHWC".
        InvalidArgumentError: Shapes or parameters do not go together.
    """
    turned = convert(filters)[::-1, ::-1]
    return -dilation2d(
        -convert(value), turned, strides, padding, data_format, dilations
    )
