"""Pooling over as many axes as the window has, with gaps between its elements."""

from __future__ import annotations

from typing import Any

from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.nn.pool_public import pool_windows
from tensor.ops.nn.windows import per_axis


@export("nn.pool")
def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Pool over as many spatial axes as `window_shape` has, dilated if asked for.

    Args:
        input: [batch, *spatial, channels].
        window_shape: The window's size along each axis.
        pooling_type: "MAX" or "AVG".
        strides: How far the window moves along each axis.
        padding: "SAME" or "VALID".
        data_format: Channels last, the only one on a CPU.
        dilations: How far apart the window's elements lie along each axis.
        name: A name for the node, in a graph.

    Raises:
        ValueError: There are not 1 to 3 axes, or a parameter is wrong.
        InvalidArgumentError: A dtype or size is wrong.
    """
    axes = len(window_shape)
    if axes not in (1, 2, 3):
        raise ValueError(
            "`len(window_shape)` must be 1, 2, or 3. Received: window_shape="
            f"{window_shape} of length {axes}"
        )
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f"{axes}-D {pooling_type} pooling is not supported.")
    x = convert(input)
    if x.ndim not in (None, axes + 2):
        raise ValueError(f"Shape {x.shape} must have rank {axes + 2}")
    steps = _numbers(strides, axes, "strides")
    rates = _numbers(dilations, axes, "dilation_rate")
    if min(rates) < 1:
        raise ValueError(
            "all values of `dilation_rate` must be positive. Received: dilation_rate="
            f"[{' '.join(map(str, rates))}]"
        )
    if max(rates) > 1 and padding == "SAME":
        raise ValueError(
            "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. "
            f"Received: padding=SAME and dilation_rate={list(rates)}"
        )
    if max(rates) > 1 and max(steps) > 1:
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={list(steps)} and dilation_rate={list(rates)}"
        )
    sizes = (1, *window_shape, 1)
    around = (1, *steps, 1)
    return pool_windows(
        pooling_type, axes, x, sizes, around, padding, data_format, rates, name
    )


def _numbers(value: Any, axes: int, name: str) -> tuple[int, ...]:
    """Return one number for each axis.

    Raises:
        ValueError: There are more or fewer.
    """
    if value is not None and len(value) != axes:
        raise ValueError(
            f"`len({name})` should be {axes}. Received: {name}={value} of length "
            f"{len(value)}"
        )
    return per_axis(value, axes, False, name)[0]
