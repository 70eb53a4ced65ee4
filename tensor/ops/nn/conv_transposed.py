"""tf.nn's transposed convolutions: what a convolution would give back to its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.public_api import export
from tensor.ops.array import as_static_shape, static_value
from tensor.ops.families import shape_of
from tensor.ops.nn.conv import conv2d_input_op, conv3d_input_op
from tensor.ops.nn.conv_public import (
    CHANNELS_LAST,
    FLOATS,
    FLOATS_AND_INT32,
    as_two_axes,
    check_format,
    check_sequence_format,
    geometry,
    tensors,
    with_height,
    without_height,
)

if TYPE_CHECKING:
    from tensor.core.registry import Op


@export("nn.conv2d_transpose")
def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Return what a convolution would give back: each input spreads over a window.

    Args:
        input: [batch, height, width, channels].
        filters: [height, width, filters, channels].
        output_shape: The shape of the result; a convolution with these parameters must
            take it to the shape of `input`.
        strides: As for tf.nn.conv2d.
        padding: As for tf.nn.conv2d.
        data_format: "NHWC", the only one on a CPU.
        dilations: As for tf.nn.conv2d.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
        UnimplementedError: `data_format` is "NCHW".
    """
    check_format(data_format, 2, conv2d_input_op)
    attrs = geometry(strides, dilations, padding, 2, conv2d_input_op)
    return _transposed(conv2d_input_op, input, filters, output_shape, attrs, name)


@export("nn.conv3d_transpose")
def conv3d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Return what a convolution of volumes would give back.

    Raises:
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
        UnimplementedError: `data_format` is "NCDHW".
    """
    check_format(data_format, 3, conv3d_input_op)
    attrs = geometry(strides, dilations, padding, 3, conv3d_input_op)
    return _transposed(conv3d_input_op, input, filters, output_shape, attrs, name)


@export("nn.conv1d_transpose")
def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Return what a convolution of sequences would give back.

    Raises:
        ValueError: `data_format` is no format.
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
    """
    check_sequence_format(data_format, conv2d_input_op)
    attrs = as_two_axes(strides, dilations, padding)
    x, w = tensors(conv2d_input_op, input, filters)
    shape = as_static_shape(output_shape)
    if isinstance(shape, tuple):
        target: Any = (shape[0], 1, *shape[1:])
    else:
        target = as_static_shape([shape[0], 1, shape[1], shape[2]])
    z = _transposed(
        conv2d_input_op, with_height(x, 2), with_height(w, 3), target, attrs, name
    )
    return without_height(z)


def _transposed(
    op: Op, x: Any, w: Any, shape: Any, attrs: dict[str, Any], name: str | None
) -> Any:
    allowed = FLOATS if op is conv3d_input_op else FLOATS_AND_INT32
    x, w = tensors(op, x, w, allowed)
    return op(x, w, shape=as_static_shape(shape), name=name, **attrs)


@export("nn.conv_transpose")
def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Do what conv1d_transpose to conv3d_transpose do, by the shape of `output_shape`.

    Raises:
        ValueError: There are not 1 to 3 spatial axes, or it is no shape.
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
    """
    if output_shape is None or isinstance(output_shape, int):
        raise ValueError(
            "`output_shape` must be a tensor or sized collection. Received: "
            f"output_shape={output_shape}"
        )
    axes = len(static_value(as_static_shape(output_shape)) or ()) - 2
    if axes not in (1, 2, 3):
        raise ValueError(
            f"`output_shape` must be of length 3, 4 or 5. Received: "
            f"output_shape={output_shape} of length {axes + 2}."
        )
    call = {1: conv1d_transpose, 2: conv2d_transpose, 3: conv3d_transpose}[axes]
    form = data_format or CHANNELS_LAST[axes]
    return call(input, filters, output_shape, strides, padding, form, dilations, name)


@export("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(
    value: Any,
    filters: Any,
    output_shape: Any,
    rate: int,
    padding: Any,
    name: str | None = None,
) -> Any:
    """Return what a convolution with elements `rate` apart would give back.

    Raises:
        ValueError: The rate is not positive, or the channels do not fit.
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
    """
    if rate < 1:
        raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
    x, w = tensors(conv2d_input_op, value, filters)
    have, want = (shape_of(x) or (None,))[-1], (shape_of(w) or (None,))[-1]
    if None not in (have, want) and have != want:
        raise ValueError(
            "`value` channel count must be compatible with `filters` input channel "
            f"count. Received: value.shape={x.shape} with channel count {have} and "
            f"filters.shape={w.shape} with input channel count {want}."
        )
    return conv2d_transpose(x, w, output_shape, 1, padding, dilations=rate, name=name)
