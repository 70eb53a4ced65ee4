"""tf.nn's convolutions as users call them: conv1d to conv3d."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.context import context
from tensor.core.public_api import export
from tensor.ops.array import as_static_shape, reshape, shape_op
from tensor.ops.families import operands, shape_of
from tensor.ops.layout import expand_dims_, squeeze_
from tensor.ops.nn.conv import conv2d_op, conv3d_op
from tensor.ops.nn.windows import Windows, parse_padding, per_axis

if TYPE_CHECKING:
    from tensor.core.registry import Op

# The dtypes that convolutions take; those of images take int32 as well.
FLOATS = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)
FLOATS_AND_INT32 = (*FLOATS, dtypes.int32)
CHANNELS_LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
_CHANNELS_FIRST = {1: "NCW", 2: "NCHW", 3: "NCDHW"}


def invalid(text: str, op: Op) -> errors.OpError:
    """Return the error for an argument that an op does not take."""
    return errors.because(errors.InvalidArgumentError, f"{text} [Op:{op.type_name}]")


def check_format(data_format: str | None, axes: int, op: Op) -> None:
    """Check that the channels come last.

    Raises:
        UnimplementedError: They come first, in images.
        InvalidArgumentError: They come first in another op, or it is no format.
    """
    last = CHANNELS_LAST[axes]
    if data_format in (None, last):
        return
    if data_format != _CHANNELS_FIRST[axes]:
        raise invalid(
            f"Value for attr 'data_format' of \"{data_format}\" is not in the list of "
            f'allowed values: "{CHANNELS_LAST[axes]}", "{_CHANNELS_FIRST[axes]}"',
            op,
        )
    if op.type_name == "Conv2D":
        raise errors.because(
            errors.UnimplementedError,
            f"The Conv2D op currently only supports the {last} tensor format on the "
            f"CPU. The op was given the format: {data_format}. Transpose the tensor so "
            "that its channels come last. [Op:Conv2D]",
        )
    problem = {
        "Conv3D": "CPU implementation of Conv3D currently only supports the NHWC tensor"
        " format.",
        "Conv2DBackpropInput": "Conv2DCustomBackpropInputOp only supports NHWC.",
    }.get(op.type_name, f"Conv3DBackpropInputOpV2 only supports {last} on the CPU.")
    raise invalid(f"{problem} Transpose the tensor, channels last", op)


def geometry(
    strides: Any, dilations: Any, padding: Any, axes: int, op: Op
) -> dict[str, Any]:
    """Return checked strides, dilations and padding as an op's parameters.

    Raises:
        InvalidArgumentError: A stride or dilation is not positive.
        UnimplementedError: A stride along batch or channels, of images.
    """
    spatial, others = per_axis(strides, axes, False, "strides")
    rates, other_rates = per_axis(dilations, axes, False, "dilations")
    if others != (1, 1) or other_rates != (1, 1):
        what = "strides" if others != (1, 1) else "dilation rates"
        raise errors.because(
            errors.InvalidArgumentError if axes == 3 else errors.UnimplementedError,
            f"Current implementation does not yet support {what} in the batch and "
            f"depth dimensions. [Op:{op.type_name}]",
        )
    if min(spatial) < 1:
        which = "Spatial" if axes == 3 else "Row and column"
        raise invalid(f"{which} strides should be larger than 0.", op)
    if min(rates) < 1:
        raise invalid("Dilated rates should be larger than 0.", op)
    return {
        "strides": spatial,
        "dilations": rates,
        "padding": parse_padding(padding, axes, False, op.type_name),
    }


def _check_shapes(x: Any, w: Any, attrs: dict[str, Any], axes: int, op: Op) -> None:
    """Check an input and filters, as far as their shapes are known.

    Raises:
        InvalidArgumentError: They do not go together.
    """
    for name, dims in (("input", shape_of(x)), ("filter", shape_of(w))):
        if dims is not None and len(dims) != axes + 2:
            raise invalid(
                f"convolution {name} must be {axes + 2}-dimensional: "
                f"[{','.join(map(str, dims))}]",
                op,
            )
    have, filters = shape_of(x), shape_of(w)
    if have is None or filters is None:
        return
    if filters[-2] == 0:
        raise invalid("filter depth must be stricly positive, got 0", op)
    if 0 in filters[:-1]:
        raise invalid(
            "filter must not have zero elements (i.e. all dimensions must be non-zero)",
            op,
        )
    depth, per_group, count = have[-1], filters[-2], filters[-1]
    if depth is not None and per_group is not None:
        if depth % per_group:
            word = "Input" if axes == 3 else "input"
            raise invalid(
                f"{word} depth must be evenly divisible by filter depth: "
                f"{depth} vs {per_group}",
                op,
            )
        if count is not None and count % max(depth // per_group, 1):
            raise invalid(
                "output depth must be evenly divisible by number of groups: "
                f"{count} vs {depth // per_group}",
                op,
            )
    if None not in filters[:-2]:
        windows = Windows(filters[:-2], **attrs)  # type: ignore[arg-type]
        windows.counts(have[1:-1], op.type_name)


def _convolve(
    op: Op, axes: int, x: Any, w: Any, attrs: dict[str, Any], name: str | None
) -> Any:
    """Convolve; axes before the last `axes` + 1 all count as the batch."""
    dims = shape_of(x)
    lead = 0 if dims is None else len(dims) - axes - 1
    if dims is None or lead <= 1:
        _check_shapes(x, w, attrs, axes, op)
        return op(x, w, name=name, **attrs)
    flat = reshape(x, shape=_joined(x, lead))
    z = _convolve(op, axes, flat, w, attrs, name)
    return reshape(z, shape=_joined(x, lead, z))


def _joined(x: Any, lead: int, z: Any = None) -> Any:
    """Return x's shape with `lead` axes joined; or z's with x's leading axes."""
    dims, after = shape_of(x) or (), None if z is None else shape_of(z)
    if None not in dims and after is None and z is None:
        return (-1, *dims[lead:])
    if None not in dims and after is not None and None not in after:
        return (*dims[:lead], *after[1:])
    sizes = shape_op(x, out_type=dtypes.int32)
    if z is None:
        return as_static_shape([-1, *[sizes[i] for i in range(lead, len(dims))]])
    rest = shape_op(z, out_type=dtypes.int32)
    rank = len(after or ())
    return as_static_shape(
        [*[sizes[i] for i in range(lead)], *[rest[i] for i in range(1, rank)]]
    )


def tensors(
    op: Op, x: Any, w: Any, allowed: tuple[dtypes.DType, ...] = FLOATS_AND_INT32
) -> tuple[Any, Any]:
    """Return an input and filters as tensors of one dtype that convolutions take.

    Raises:
        InvalidArgumentError: It is another dtype.
        TypeError: It is another, and a graph is being traced.
    """
    x, w = operands(op, x, w)
    if x.dtype in allowed:
        return x, w
    if context.graph is not None:
        raise TypeError(
            f"Value passed to parameter 'input' has DataType {x.dtype.name} not in "
            f"list of allowed values: {', '.join(d.name for d in allowed)}. Convert it "
            f"with tf.cast. [Op:{op.type_name}]"
        )
    names = ", ".join(map(dtypes.short_name, allowed))
    raise invalid(
        f"Value for attr 'T' of {dtypes.short_name(x.dtype)} is not in the list of "
        f"allowed values: {names}. Convert it with tf.cast.",
        op,
    )


@export("nn.conv2d")
@takes_composites
def conv2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolve images [batch, height, width, channels] with filters.

    Args:
        input: The images; there may be more axes before the batch's.
        filters: [height, width, channels (of a group), filters].
        strides: How far the window moves: one number, or 2, or 4 with 1 first and last.
        padding: "SAME", "VALID" or four pairs (before, after).
        data_format: "NHWC", the only one on a CPU.
        dilations: How far apart the window's elements lie, like `strides`.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
        UnimplementedError: `data_format` is "NCHW".
    """
    check_format(data_format, 2, conv2d_op)
    x, w = tensors(conv2d_op, input, filters)
    attrs = geometry(strides, dilations, padding, 2, conv2d_op)
    return _convolve(conv2d_op, 2, x, w, attrs, name)


@export("nn.conv3d")
def conv3d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolve volumes [batch, depth, height, width, channels] with filters.

    Raises:
        TypeError: `strides` is no list, or `padding` no word.
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
    """
    check_format(data_format, 3, conv3d_op)
    x, w = tensors(conv3d_op, input, filters, FLOATS)
    if not hasattr(strides, "__len__"):
        raise TypeError(
            f"Expected list for 'strides' argument to 'conv3d' Op, not {strides!r}. "
            "Write five numbers, 1 first and last."
        )
    if len(strides) != 5:
        raise invalid(
            f"Length for attr 'strides' of {len(strides)} must be at least minimum 5",
            conv3d_op,
        )
    if not isinstance(padding, str):
        raise TypeError(f"Expected string for argument 'padding' not {padding!r}.")
    attrs = geometry(strides, dilations, padding, 3, conv3d_op)
    return _convolve(conv3d_op, 3, x, w, attrs, name)


@export("nn.conv1d")
def conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolve sequences [batch, width, channels] with filters.

    Args:
        input: The sequences; there may be more axes before the batch's.
        filters: [width, channels (of a group), filters].
        stride: How far the window moves.
        padding: "SAME", "VALID" or three pairs (before, after).
        data_format: "NWC", the only one on a CPU.
        dilations: How far apart the window's elements lie.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `data_format` is no format.
        InvalidArgumentError: Shapes, dtypes or parameters do not go together.
        UnimplementedError: `data_format` is "NCW".
    """
    check_sequence_format(data_format, conv2d_op)
    x, w = tensors(conv2d_op, input, filters)
    attrs = as_two_axes(stride, dilations, padding)
    z = _convolve(conv2d_op, 2, with_height(x, 2), with_height(w, 3), attrs, name)
    return without_height(z)


def check_sequence_format(data_format: str | None, op: Op) -> None:
    """Check that the channels of sequences, which `op` takes as images, come last.

    Raises:
        ValueError: The format is no format.
        UnimplementedError, InvalidArgumentError: They come first.
    """
    if data_format not in (None, "NWC", "NCW", "NHWC", "NCHW"):
        raise ValueError(
            f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}"
        )
    check_format("NCHW" if data_format in ("NCW", "NCHW") else None, 2, op)


def as_two_axes(stride: Any, dilations: Any, padding: Any) -> dict[str, Any]:
    """Return parameters of one spatial axis as those of two, the first of size 1."""
    attrs = geometry(stride, dilations, padding, 1, conv2d_op)
    pads = attrs["padding"]
    return {
        "strides": (1, *attrs["strides"]),
        "dilations": (1, *attrs["dilations"]),
        "padding": pads if isinstance(pads, str) else ((0, 0), *pads),
    }


def with_height(x: Any, trailing: int) -> Any:
    """Return x with an axis of size 1 before its last `trailing` ones."""
    dims = shape_of(x)
    if dims is not None and None not in dims:
        at = len(dims) - trailing
        return reshape(x, shape=(*dims[:at], 1, *dims[at:]))
    return expand_dims_(x, -1 - trailing)


def without_height(x: Any) -> Any:
    """Return x without the axis of size 1 before its last two."""
    dims = shape_of(x)
    if dims is not None and None not in dims:
        return reshape(x, shape=(*dims[:-3], *dims[-2:]))
    return squeeze_(x, [-3])
