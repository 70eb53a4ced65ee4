"""What image operations ask of their arguments: rank, size, batches of one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.dtypes import int32
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor, Tensor
from tensor.ops.array import cast_, shape
from tensor.ops.assertions import assert_
from tensor.ops.facts import rank
from tensor.ops.families import shape_of
from tensor.ops.layout import expand_dims_, squeeze_
from tensor.ops.math import maximum, minimum


def as_batch(image: Any) -> tuple[Any, bool]:
    """Return an image or a batch of them as a batch, and whether it was one image.

    What has no known rank is taken for one image.

    Raises:
        ValueError: It has neither three nor four dimensions, or an empty one.
    """
    x = convert(image)
    if x.ndim not in (None, 3, 4):
        raise ValueError(
            f"'image' (shape {x.shape}) must have either 3 or 4 dimensions."
        )
    if x.ndim == 4:
        return check_not_empty(x), False
    batch = expand_dims_(x, 0)
    if x.ndim is None:
        check_that(rank(x) == 3, "'image' of unknown rank must be three-dimensional.")
        batch.set_shape([None] * 4)
    return check_not_empty(batch), True


def undo_batch(x: Any, was_one: bool) -> Any:
    """Return the one image of a batch, or the batch."""
    return squeeze_(x, [0]) if was_one else x


def size_of(x: Any) -> tuple[Any, Any]:
    """Return height and width of images: numbers, or symbolic if they are not known."""
    dims = shape_of(x) or (None, None, None)
    found = [dims[axis] for axis in (-3, -2)]
    if None in found:
        sizes = shape(x)
        found = [
            sizes[axis] if known is None else known
            for axis, known in zip((-3, -2), found, strict=True)
        ]
    return found[0], found[1]


def number(value: Any) -> Any:
    """Return an integer argument as a number, or a symbolic tensor as it is."""
    if isinstance(value, Tensor) and type(value) is not EagerTensor:
        known = value.static_vector()  # type: ignore[attr-defined]  # symbolic tensors
        return known if isinstance(known, int) else cast_(value, int32)
    return as_int(value)


def is_known(*values: Any) -> bool:
    """Return whether sizes are all numbers, none symbolic."""
    return not any(isinstance(v, Tensor) for v in values)


def static(value: Any) -> Any:
    """Return a size as a static dimension: None if it is symbolic."""
    return None if isinstance(value, Tensor) else value


def largest(x: Any, y: Any) -> Any:
    """Return the larger of two sizes, which may be symbolic."""
    return max(x, y) if is_known(x, y) else maximum.public(x, y)


def smallest(x: Any, y: Any) -> Any:
    """Return the smaller of two sizes, which may be symbolic."""
    return min(x, y) if is_known(x, y) else minimum.public(x, y)


def check_that(condition: Any, text: str) -> None:
    """Check a condition now; a symbolic one when the graph runs.

    Raises:
        ValueError: It is known not to hold.
    """
    if isinstance(condition, Tensor):
        assert_(condition, [text])
    elif not condition:
        raise ValueError(text)


def as_int(value: Any) -> int:
    """Return an integer argument, which may be a tensor with a value."""
    if isinstance(value, EagerTensor) or hasattr(value, "read_array"):
        return int(np.asarray(value))
    return int(value)


def check_at_least_3d(image: Any) -> Any:
    """Return an image as a tensor of three dimensions or more, none of size 0.

    Raises:
        ValueError: It has fewer, or one of the last three is 0.
    """
    x = convert(image)
    if x.ndim is not None and x.ndim < 3:
        raise ValueError(
            f"'image' (shape {x.shape}) must be at least three-dimensional."
        )
    return check_not_empty(x)


def check_not_empty(x: Any) -> Any:
    """Return images after checking that they have pixels: now, or in the graph.

    Raises:
        ValueError: Height, width or channels are known to be 0.
    """
    dims = (shape_of(x) or (None,) * 3)[-3:]
    text = "inner 3 dims of 'image.shape' must be > 0"
    if 0 in dims:
        raise ValueError(f"{text}: {x.shape}")
    if None in dims and x.ndim is not None:
        check_that(get_op("All")(shape(x)[-3:] > 0, axis=None, keepdims=False), text)
    return x
