"""Blocks of space as channels, and back."""

from __future__ import annotations

from typing import Any

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor import Tensor
from tensor.ops.array import as_static_shape, reshape, shape
from tensor.ops.facts import ensure_shape
from tensor.ops.layout import transpose


@export("nn.space_to_depth")
def space_to_depth(
    input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Move blocks of space into the channels.

    Raises:
        InvalidArgumentError: Height or width is no multiple of `block_size`.
    """
    x, b = convert(input), int(block_size)
    _check_block(b, "SpaceToDepth")
    x = _to_nhwc(x, data_format, "rank should be 4 instead of")
    batch, height, width, channels = _sizes(x)
    for size in (height, width):
        if not isinstance(size, Tensor) and size % b:
            raise errors.invalid(
                "SpaceToDepth",
                f"Image width {width} and height {height} should be divisible by "
                f"block_size: {b}",
            )
    rows, columns = height // b, width // b
    x = reshape(x, shape=_shape(batch, rows, b, columns, b, channels))
    x = transpose(x, perm=(0, 1, 3, 2, 4, 5))
    x = reshape(x, shape=_shape(batch, rows, columns, channels * b * b))
    return _from_nhwc(x, data_format)


@export("nn.depth_to_space")
def depth_to_space(
    input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Move channels into blocks of space: undoes space_to_depth.

    Raises:
        InvalidArgumentError: The channels are no multiple of `block_size` squared.
    """
    x, b = convert(input), int(block_size)
    _check_block(b, "DepthToSpace")
    x = _to_nhwc(x, data_format, "rank should be: 4 instead of:")
    batch, height, width, channels = _sizes(x)
    if not isinstance(channels, Tensor) and channels % (b * b):
        raise errors.invalid(
            "DepthToSpace",
            f"Input depth dimension {channels} should be divisible by: {b * b}. "
            f"Dimension size must be evenly divisible by {b * b} but is {channels}",
        )
    x = reshape(x, shape=_shape(batch, height, width, b, b, channels // (b * b)))
    x = transpose(x, perm=(0, 1, 3, 2, 4, 5))
    x = reshape(x, shape=_shape(batch, height * b, width * b, channels // (b * b)))
    return _from_nhwc(x, data_format)


def _check_block(size: int, op_type: str) -> None:
    if size < 2:
        raise errors.invalid(
            op_type, f"Value for attr 'block_size' of {size} must be at least minimum 2"
        )


def _sizes(x: Any) -> list[Any]:
    """Return the sizes of a tensor: numbers, or symbolic if they are not known."""
    sizes = list(x.static_shape)
    if None not in sizes:
        return sizes
    dynamic = shape(x)
    return [dynamic[i] if d is None else d for i, d in enumerate(sizes)]


def _shape(*dims: Any) -> Any:
    """Return a shape for a reshape, in which one symbolic dimension is -1."""
    if sum(isinstance(d, Tensor) for d in dims) <= 1:
        return tuple([-1 if isinstance(d, Tensor) else d for d in dims])
    return as_static_shape(list(dims))


def _to_nhwc(x: Any, data_format: str, complaint: str) -> Any:
    if data_format not in ("NHWC", "NCHW"):
        raise errors.invalid(
            "SpaceToDepth",
            f"Value for attr 'data_format' of \"{data_format}\" is not in the list of "
            'allowed values: "NHWC", "NCHW"',
        )
    if x.ndim is None:
        x = ensure_shape(x, [None] * 4)
    if x.ndim != 4:
        raise errors.invalid("SpaceToDepth", f"Input {complaint} {x.ndim}")
    return transpose(x, perm=(0, 2, 3, 1)) if data_format == "NCHW" else x


def _from_nhwc(x: Any, data_format: str) -> Any:
    return transpose(x, perm=(0, 3, 1, 2)) if data_format == "NCHW" else x
