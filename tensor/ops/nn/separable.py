"""Separable convolution: first each channel by itself, then all of them mixed."""

from __future__ import annotations

from typing import Any

from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.families import shape_of
from tensor.ops.nn.conv_public import conv2d
from tensor.ops.nn.depthwise import depthwise_conv2d


@export("nn.separable_conv2d")
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolve each channel with its own filters, then mix the channels.

    Args:
        input: [batch, height, width, channels].
        depthwise_filter: [height, width, channels, filters for each channel].
        pointwise_filter: [1, 1, channels times those filters, results].
        strides: Four numbers, 1 first and last.
        padding: As for tf.nn.depthwise_conv2d.
        data_format: "NHWC", the only one on a CPU.
        dilations: Two numbers: how far apart the window's elements lie.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
        UnimplementedError: `data_format` is "NCHW".
    """
    w = convert(pointwise_filter)
    sizes = (shape_of(w) or (1, 1))[:2]
    if any(size not in (1, None) for size in sizes):
        raise ValueError(
            f"Dimensions {max(sizes)} and 1 are not compatible: pointwise_filter must "  # type: ignore[type-var]
            f"be [1, 1, channels, results], got shape {w.shape}."
        )
    z = depthwise_conv2d(
        input, depthwise_filter, strides, padding, data_format, dilations
    )
    return conv2d(z, w, 1, "VALID", name=name)
