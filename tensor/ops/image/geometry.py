"""Cutting, padding, flipping and turning images."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export, names_in
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor, Tensor
from tensor.ops.array import cast_, shape
from tensor.ops.facts import rank as rank_of
from tensor.ops.families import shape_of
from tensor.ops.image.shapes import (
    as_batch,
    check_at_least_3d,
    check_that,
    is_known,
    largest,
    number,
    size_of,
    smallest,
    static,
    undo_batch,
)

_HEIGHT, _WIDTH = -3, -2


@export("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any,
    offset_height: Any,
    offset_width: Any,
    target_height: Any,
    target_width: Any,
) -> Any:
    """Cut a box out of an image or a batch of them.

    Raises:
        ValueError: The image has neither three nor four dimensions, or the box does not
            lie inside it.
    """
    x, was_one = as_batch(image)
    height, width = size_of(x)
    top, left = number(offset_height), number(offset_width)
    rows, columns = number(target_height), number(target_width)
    check_that(left >= 0, "offset_width must be >= 0.")
    check_that(top >= 0, "offset_height must be >= 0.")
    check_that(columns > 0, "target_width must be > 0.")
    check_that(rows > 0, "target_height must be > 0.")
    check_that(width >= columns + left, "width must be >= target + offset.")
    check_that(height >= rows + top, "height must be >= target + offset.")
    z = x[:, top : top + rows, left : left + columns, :]
    return undo_batch(_of_size(z, x, rows, columns), was_one)


def _of_size(z: Any, like: Any, rows: Any, columns: Any) -> Any:
    """Tell images the size that they are known to have."""
    dims = like.static_shape or (None,) * 4
    z.set_shape([dims[0], static(rows), static(columns), dims[-1]])
    return z


@export("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any,
    offset_height: Any,
    offset_width: Any,
    target_height: Any,
    target_width: Any,
) -> Any:
    """Put an image into a larger one of zeros, at an offset.

    Raises:
        ValueError: It does not fit, or has neither three nor four dimensions.
    """
    x, was_one = as_batch(image)
    height, width = size_of(x)
    top, left = number(offset_height), number(offset_width)
    rows, columns = number(target_height), number(target_width)
    right, bottom = columns - left - width, rows - top - height
    check_that(top >= 0, "offset_height must be >= 0.")
    check_that(left >= 0, "offset_width must be >= 0.")
    check_that(right >= 0, "width must be <= target - offset")
    check_that(bottom >= 0, "height must be <= target - offset")
    z = _padded(x, (top, bottom), (left, right))
    return undo_batch(_of_size(z, x, rows, columns), was_one)


def _padded(x: Any, rows: tuple[Any, Any], columns: tuple[Any, Any]) -> Any:
    from tensor.ops.padding import pad_

    if is_known(*rows, *columns):
        if rows == columns == (0, 0):
            return x
        return pad_(x, [[0, 0], list(rows), list(columns), [0, 0]])
    flat = convert([0, 0, *rows, *columns, 0, 0], dtypes.int32)
    return pad_(x, get_op("Reshape")(flat, shape=(4, 2)))


@export("image.central_crop")
def central_crop(image: Any, central_fraction: Any) -> Any:
    """Return the middle part of an image that keeps this fraction of each side.

    Raises:
        ValueError: The fraction is outside (0, 1], or the rank is wrong.
    """
    fraction = central_fraction
    if not isinstance(fraction, Tensor) or type(fraction) is EagerTensor:
        fraction = float(fraction)
        if not 0.0 < fraction <= 1.0:
            raise ValueError(f"central_fraction must be within (0, 1], got {fraction}")
    else:
        fraction = cast_(fraction, dtypes.float64)
        within = get_op("LogicalAnd")(fraction > 0.0, fraction <= 1.0)
        check_that(within, "central_fraction must be within (0, 1]")
    x = check_at_least_3d(image)
    if x.ndim is None:
        raise ValueError(
            "`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = "
            "None."
        )
    if not isinstance(fraction, Tensor) and fraction == 1.0:
        return x
    batch, was_one = as_batch(x)
    height, width = size_of(batch)
    top, left = _margin(height, fraction), _margin(width, fraction)
    rows, columns = height - 2 * top, width - 2 * left
    z = batch[:, top : top + rows, left : left + columns, :]
    return undo_batch(_of_size(z, batch, rows, columns), was_one)


def _margin(size: Any, fraction: Any) -> Any:
    """Return how much to cut off each side to keep a fraction."""
    if is_known(size, fraction):
        return int((size - size * fraction) / 2)
    whole = cast_(convert(size), dtypes.float64)
    return cast_((whole - whole * fraction) / 2.0, dtypes.int32)


@export("image.resize_with_crop_or_pad")
def resize_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """Bring an image to a size by cutting or padding each side evenly.

    Raises:
        ValueError: A target is not positive, or the rank is wrong.
    """
    x, was_one = as_batch(image)
    rows, columns = number(target_height), number(target_width)
    check_that(columns > 0, "target_width must be > 0.")
    check_that(rows > 0, "target_height must be > 0.")
    height, width = size_of(x)
    top, left = largest((height - rows) // 2, 0), largest((width - columns) // 2, 0)
    kept, wide = smallest(rows, height), smallest(columns, width)
    cut = x[:, top : top + kept, left : left + wide, :]
    above, before = largest((rows - height) // 2, 0), largest((columns - width) // 2, 0)
    below = largest(rows - height, 0) - above
    after = largest(columns - width, 0) - before
    z = _padded(cut, (above, below), (before, after))
    return undo_batch(_of_size(z, x, rows, columns), was_one)


def _reversed(image: Any, axis: int) -> Any:
    x = check_at_least_3d(image)
    if x.ndim not in (None, 3, 4):
        raise ValueError(
            f"'image' (shape {x.shape}) must have either 3 or 4 dimensions."
        )
    rows = slice(None, None, -1) if axis == _HEIGHT else slice(None)
    columns = slice(None, None, -1) if axis == _WIDTH else slice(None)
    z = x[..., rows, columns, :]
    z.set_shape(x.shape)
    return z


@export("image.flip_left_right")
def flip_left_right(image: Any) -> Any:
    """Return an image, or each of a batch, with left and right exchanged.

    Raises:
        ValueError: The rank is neither three nor four.
    """
    return _reversed(image, _WIDTH)


@export("image.flip_up_down")
def flip_up_down(image: Any) -> Any:
    """Return an image, or each of a batch, with top and bottom exchanged.

    Raises:
        ValueError: The rank is neither three nor four.
    """
    return _reversed(image, _HEIGHT)


@export("image.transpose")
def transpose(image: Any, name: str | None = None) -> Any:
    """Return an image, or each of a batch, with rows and columns exchanged.

    Raises:
        ValueError: The rank is neither three nor four.
    """
    x = check_at_least_3d(image)
    if x.ndim is None:
        return by_rank(x, transpose)
    batch, was_one = as_batch(x)
    return undo_batch(get_op("Transpose")(batch, perm=(0, 2, 1, 3)), was_one)


def by_rank(x: Any, function: Any) -> Any:
    """Apply a function to images of a rank that only the graph knows."""

    def of_rank(rank: int) -> Any:
        known = get_op("Identity")(x)
        known.set_shape([None] * rank)
        return function(known)

    cond = names_in("")["cond"]
    return cond(rank_of(x) == 3, lambda: of_rank(3), lambda: of_rank(4))


@export("image.rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Any:
    """Return an image, or each of a batch, turned by `k` quarters to the left.

    Raises:
        ValueError: The rank is neither three nor four, or `k` is no scalar.
    """
    quarters = convert(k, dtypes.int32)
    if quarters.static_shape not in ((), None):
        raise ValueError(f"'k': Shape {quarters.shape} must have rank 0")
    x = check_at_least_3d(image)
    turns = number(quarters)
    if x.ndim is None:
        return by_rank(x, lambda known: rot90(known, k))
    batch, was_one = as_batch(x)
    if is_known(turns):
        return undo_batch(_turned(batch, turns % 4), was_one)
    branches = [lambda n=n: _turned(batch, n) for n in range(4)]
    z = names_in("")["switch_case"](turns % 4, branches)
    return undo_batch(_of_size(z, batch, None, None), was_one)


def _turned(x: Any, turns: int) -> Any:
    """Return a batch of images turned by some quarters to the left."""
    if turns == 1:
        return get_op("Transpose")(x[:, :, ::-1, :], perm=(0, 2, 1, 3))
    if turns == 2:
        return x[:, ::-1, ::-1, :]
    if turns == 3:
        return get_op("Transpose")(x, perm=(0, 2, 1, 3))[:, :, ::-1, :]
    return x


@export("image.extract_patches")
def extract_patches(
    images: Any,
    sizes: Any,
    strides: Any,
    rates: Any,
    padding: str,
    name: str | None = None,
) -> Any:
    """Return the patches of images, each one's elements along the last axis.

    Args:
        images: [batch, height, width, channels].
        sizes: [1, height, width, 1] of a patch.
        strides: [1, rows, columns, 1]: how far apart patches lie.
        rates: [1, rows, columns, 1]: how far apart a patch's elements lie.
        padding: "VALID" or "SAME".
        name: A name for the node, in a graph.

    Returns:
        [batch, rows, columns, height * width * channels].

    Raises:
        InvalidArgumentError: A parameter has not four numbers, or the padding is none
            of these.
    """
    import numpy as np

    from tensor.core.convert import constant_tensor
    from tensor.ops.nn.conv import conv2d_op

    _check_patches({"ksizes": sizes, "strides": strides, "rates": rates}, padding)
    x = convert(images)
    if x.ndim not in (None, 4):
        raise errors.invalid(
            "ExtractImagePatches",
            f"Shape must be rank 4 but is rank {x.ndim}: input must be 4-dimensional, "
            f"got {x.shape}",
        )
    channels = (shape_of(x) or (None,))[-1]
    if channels is None:
        return _patches_by_channel(x, sizes, strides, rates, padding)
    (_, rows, columns, _) = (int(s) for s in sizes)
    count = rows * columns * channels
    # A convolution whose filters each pick one element of the window.
    picks = np.eye(count).reshape(rows, columns, channels, count)
    return conv2d_op(
        x,
        constant_tensor(picks.astype(x.dtype.numpy_dtype)),
        strides=tuple(int(s) for s in strides)[1:3],
        dilations=tuple(int(r) for r in rates)[1:3],
        padding=padding.upper(),
        name=name,
    )


def _check_patches(parameters: dict[str, Any], padding: str) -> None:
    for word, numbers in parameters.items():
        if len(numbers) != 4:
            raise errors.invalid(
                "ExtractImagePatches",
                f"Length for attr '{word}' of {len(numbers)} must be at least minimum "
                "4, and no more",
            )
        if not int(numbers[0]) == int(numbers[3]) == 1:
            raise errors.because(
                errors.UnimplementedError,
                f"Only support {word} across space. [Op:ExtractImagePatches]",
            )
    if padding.upper() not in ("SAME", "VALID"):
        raise errors.invalid(
            "ExtractImagePatches",
            f"Value for attr 'padding' of \"{padding}\" is not in the list of allowed "
            'values: "SAME", "VALID"',
        )


def _patches_by_channel(x: Any, *options: Any) -> Any:
    """Return the patches of images whose number of channels is not known."""
    from tensor.ops.array import as_static_shape

    transposed, reshaped = get_op("Transpose"), get_op("Reshape")
    sizes = shape(x)
    batch, height, width, channels = (sizes[i] for i in range(4))
    flat = reshaped(
        transposed(x, perm=(0, 3, 1, 2)),
        shape=as_static_shape([batch * channels, height, width, 1]),
    )
    z = extract_patches(flat, *options)
    rows, columns, count = shape(z)[1], shape(z)[2], z.static_shape[3]
    apart = as_static_shape([batch, channels, rows, columns, count])
    moved = transposed(reshaped(z, shape=apart), perm=(0, 2, 3, 4, 1))
    together = as_static_shape([batch, rows, columns, count * channels])
    return reshaped(moved, shape=together)
