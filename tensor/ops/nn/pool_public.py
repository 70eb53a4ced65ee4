"""tf.nn's pooling as users call it: max_pool1d to 3d, avg_pool1d to 3d."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import reshape
from tensor.ops.families import FLOATING, REAL, check_kind, shape_of
from tensor.ops.layout import expand_dims_, squeeze_
from tensor.ops.nn.pool import (
    avg_pool_3d_op,
    avg_pool_op,
    max_pool_3d_op,
    max_pool_op,
)
from tensor.ops.nn.windows import Windows, parse_padding, per_axis
from tensor.ops.reduce import reduce_max

if TYPE_CHECKING:
    from tensor.core.registry import Op

_OPS: dict[str, dict[int, Op]] = {
    "MAX": {2: max_pool_op, 3: max_pool_3d_op},
    "AVG": {2: avg_pool_op, 3: avg_pool_3d_op},
}
_ALLOWS = {"MAX": REAL, "AVG": FLOATING}
_FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
_KERNELS = {
    "MaxPool": "Default MaxPoolingOp",
    "AvgPool": "Default AvgPoolingOp",
    "MaxPool3D": "Default Pooling3DOp",
    "AvgPool3D": "Default Pooling3DOp",
}


def refused(text: str, op: Op) -> errors.OpError:
    """Return the error for an argument that an op does not take."""
    return errors.because(errors.InvalidArgumentError, f"{text} [Op:{op.type_name}]")


def pool_windows(
    how: str,
    axes: int,
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Pool over 1 to 3 spatial axes."""
    op = _OPS[how][max(axes, 2)]
    # TensorFlow's op for maxima of images makes float32 of what is no tensor.
    makes_float = how == "MAX" and axes == 2
    x = convert(input, None, dtypes.float32 if makes_float else None)
    check_kind(op, x, _ALLOWS[how])
    first, last = _FORMATS[axes][::-1]
    if data_format not in (None, last):
        if data_format != first and axes > 1:
            raise refused(
                f"Value for attr 'data_format' of \"{data_format}\" is not in the list "
                f'of allowed values: "{last}", "{first}"',
                op,
            )
        form = "NDHWC" if axes == 3 else "NHWC"
        raise refused(
            f"{_KERNELS[op.type_name]} only supports {form} on device type CPU", op
        )
    dims = shape_of(x)
    _check_rank(dims, axes, op)
    sizes, others = per_axis(ksize, axes, False, "ksize")
    steps, other_steps = per_axis(strides, axes, False, "strides")
    rates, _ = per_axis(dilations, axes, False, "dilations")
    check_positive(sizes, steps, op)
    if others != (1, 1) or other_steps != (1, 1):
        return _pool_depth(how, x, (sizes, others), (steps, other_steps), op)
    windows = Windows(sizes, steps, rates, pool_padding(sizes, padding, op))
    if dims is not None:
        windows.counts(dims[1:-1], op.type_name)
    if axes > 1:
        return op(x, windows=windows, name=name)
    z = op(expand_dims_(x, 1), windows=_with_height(windows), name=name)
    return squeeze_(z, [1])


def _check_rank(dims: Any, axes: int, op: Op) -> None:
    """Check that there are batch, spatial axes and channels.

    Raises:
        InvalidArgumentError: There are more or fewer axes.
    """
    if dims is None or len(dims) == axes + 2:
        return
    if axes == 3:
        raise refused(f"tensor_in must be 5-dimensional, got {len(dims)}", op)
    rank = len(dims) + (axes == 1)
    raise refused(
        f"tensor_in_shape must have 2 spatial dimensions. {rank} 0: expected "
        f"{axes + 2} dimensions, got {len(dims)}",
        op,
    )


def check_positive(sizes: tuple[int, ...], steps: tuple[int, ...], op: Op) -> None:
    """Check the sizes and strides of windows.

    Raises:
        InvalidArgumentError: One is not positive.
    """
    if min(sizes) < 1 and op is avg_pool_op:
        raise refused(f"ksize must be a positive int32 value, got:{min(sizes)}", op)
    if min(sizes) < 1 and len(sizes) == 3:
        raise refused(
            "Sliding window ksize field must have non-negative dimensions, all above "
            f"0: got {sizes}",
            op,
        )
    if min(sizes) < 1:
        full = ",".join(str(n) for n in (1, *sizes, 1))
        raise refused(
            "Sliding window ksize must be positive. The specified or inferred ksize is:"
            f" {full}",
            op,
        )
    if min(steps) < 1:
        raise refused(f"Stride must be > 0, but got {min(steps)}", op)


def pool_padding(sizes: tuple[int, ...], padding: Any, op: Op) -> Any:
    """Return a checked padding argument; only maxima of images take pairs.

    Raises:
        TypeError: There are pairs for another op.
        InvalidArgumentError: A window can lie in the padding alone.
    """
    axes = len(sizes)
    if not isinstance(padding, str) and op is not max_pool_op:
        raise TypeError(f"Expected string for argument 'padding' not {padding!r}.")
    pads = parse_padding(padding, axes, False, op.type_name)
    if isinstance(pads, str):
        return pads
    sides = ("Top", "Bottom", "Left", "Right")[-2 * axes :]
    amounts = [amount for pair in pads for amount in pair]
    for i, (side, amount) in enumerate(zip(sides, amounts, strict=True)):
        if amount >= sizes[i // 2]:
            raise refused(
                f"{side} padding {amount} needs to be smaller than the window size "
                f"{sizes[i // 2]}",
                op,
            )
    return pads


def _with_height(windows: Windows) -> Windows:
    pads = windows.padding
    return Windows(
        (1, *windows.sizes),
        (1, *windows.strides),
        (1, *windows.dilations),
        pads if isinstance(pads, str) else ((0, 0), *pads),
    )


def _pool_depth(how: str, x: Any, ksize: Any, strides: Any, op: Op) -> Any:
    """Pool along the channels, in groups side by side."""
    (sizes, (batch, depth)), (steps, other_steps) = ksize, strides
    dims = shape_of(x)
    problem = None
    if batch != 1 or other_steps[0] != 1:
        problem = "Pooling is not yet supported on the batch dimension."
    elif len(sizes) == 3:
        problem = "Pooling is not yet supported on the depth dimension."
    elif how == "AVG":
        problem = "Non-spatial pooling is not yet supported."
    elif max(sizes) > 1 or max(steps) > 1:
        problem = (
            "MaxPooling supports exactly one of pooling across depth or pooling across "
            "width/height."
        )
    elif depth != other_steps[1] or dims is None or (dims[-1] or 0) % depth:
        problem = (
            "Depthwise max pooling requires the depth window to equal the depth stride "
            "and to divide the number of channels."
        )
    if problem or dims is None:
        raise errors.because(
            errors.UnimplementedError, f"{problem} [Op:{op.type_name}]"
        )
    groups = reshape(x, shape=(-1, *dims[1:-1], dims[-1] // depth, depth))
    return reduce_max(groups, axis=(len(dims),), keepdims=False)


def _axes_of(input: Any, data_format: str | None) -> int:
    """Return the number of spatial axes of an input.

    Raises:
        ValueError: It has not 1 to 3 of them.
    """
    x = convert(input)
    if x.ndim is None and data_format is None:
        raise ValueError(
            "`input` must have a static shape or `data_format` must be given. "
            f"Received: input.shape={x.shape} and data_format={data_format}"
        )
    axes = (len(data_format or "") if x.ndim is None else x.ndim) - 2
    if axes not in (1, 2, 3):
        raise ValueError(
            f"`input.shape.rank` must be 3, 4 or 5. Received: input.shape={x.shape} of "
            f"rank {axes + 2}."
        )
    return axes


@export("nn.max_pool")
def max_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """Return the maximum of every window over 1 to 3 spatial axes.

    Args:
        input: [batch, *spatial, channels].
        ksize: The window's size: one number, or one for each axis.
        strides: How far it moves, likewise.
        padding: "SAME", "VALID", or a pair (before, after) for each axis.
        data_format: Channels last, the only one on a CPU.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The rank or format is wrong.
        InvalidArgumentError: A parameter or dtype is wrong.
    """
    axes = _axes_of(input, data_format)
    return pool_windows(
        "MAX", axes, input, ksize, strides, padding, data_format, name=name
    )


@export("nn.avg_pool")
def avg_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """Return the mean of every window over 1 to 3 spatial axes; see max_pool.

    Raises:
        ValueError: The rank or format is wrong.
        InvalidArgumentError: A parameter or dtype is wrong.
    """
    axes = _axes_of(input, data_format)
    return pool_windows(
        "AVG", axes, input, ksize, strides, padding, data_format, name=name
    )


@export("nn.max_pool1d")
def max_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NWC",
    name: str | None = None,
) -> Any:
    """Return the maximum of every window of sequences; see max_pool."""
    return pool_windows(
        "MAX", 1, input, ksize, strides, padding, data_format, name=name
    )


@export("nn.max_pool2d")
def max_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
) -> Any:
    """Return the maximum of every window of images; see max_pool."""
    return pool_windows(
        "MAX", 2, input, ksize, strides, padding, data_format, name=name
    )


@export("nn.max_pool3d")
def max_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Any:
    """Return the maximum of every window of volumes; see max_pool."""
    return pool_windows(
        "MAX", 3, input, ksize, strides, padding, data_format, name=name
    )


@export("nn.avg_pool1d")
def avg_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NWC",
    name: str | None = None,
) -> Any:
    """Return the mean of every window of sequences; see max_pool."""
    return pool_windows(
        "AVG", 1, input, ksize, strides, padding, data_format, name=name
    )


@export("nn.avg_pool2d")
def avg_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
) -> Any:
    """Return the mean of every window of images; see max_pool."""
    return pool_windows(
        "AVG", 2, input, ksize, strides, padding, data_format, name=name
    )


@export("nn.avg_pool3d")
def avg_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Any:
    """Return the mean of every window of volumes; see max_pool."""
    return pool_windows(
        "AVG", 3, input, ksize, strides, padding, data_format, name=name
    )
