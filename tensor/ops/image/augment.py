"""Random changes of images: flips, crops, colours; with and without a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.ops.array import as_static_shape, reshape, shape_op, where
from tensor.ops.families import shape_of
from tensor.ops.image.color import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
)
from tensor.ops.image.geometry import by_rank, flip_left_right, flip_up_down
from tensor.ops.random.stateful import uniform
from tensor.ops.random.stateless import stateless_uniform
from tensor.ops.slicing import slice_

if TYPE_CHECKING:
    from collections.abc import Callable


def _stateful(seed: Any) -> Callable[..., Any]:
    def draw(shape: Any, low: Any, high: Any, dtype: Any = dtypes.float32) -> Any:
        return uniform(shape, low, high, dtype=dtype, seed=seed)

    return draw


def _stateless(seed: Any) -> Callable[..., Any]:
    def draw(shape: Any, low: Any, high: Any, dtype: Any = dtypes.float32) -> Any:
        return stateless_uniform(shape, seed, low, high, dtype=dtype)

    return draw


def _check_range(lower: Any, upper: Any) -> None:
    if upper <= lower:
        raise ValueError(f"upper must be > lower. Got lower={lower} and upper={upper}.")
    if lower < 0:
        raise ValueError(f"lower must be non-negative. Got {lower}.")


def _check_not_negative(value: Any, name: str, limit: float | None = None) -> None:
    if value < 0:
        raise ValueError(f"{name} must be non-negative.")
    if limit is not None and value > limit:
        raise ValueError(f"{name} must be <= {limit}.")


def _flip(image: Any, flip: Callable[[Any], Any], draw: Callable[..., Any]) -> Any:
    x = convert(image)
    if x.ndim is None:
        return by_rank(x, lambda known: _flip(known, flip, draw))
    if x.ndim not in (3, 4):
        raise ValueError(
            f"'image' (shape {x.shape}) must have either 3 or 4 dimensions."
        )
    if x.ndim == 3:
        return where(draw((), 0, 1.0) < 0.5, flip(x), x)
    batch = (shape_of(x) or (None,))[0]
    count = (batch,) if batch is not None else shape_op(x, out_type=dtypes.int32)[:1]
    numbers = draw(count, 0, 1.0)
    return where(reshape(numbers, shape=(-1, 1, 1, 1)) > 0.5, flip(x), x)


@export("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: int | None = None) -> Any:
    """Exchange left and right with probability one half, for each image by itself."""
    return _flip(image, flip_left_right, _stateful(seed))


@export("image.stateless_random_flip_left_right")
def stateless_random_flip_left_right(image: Any, seed: Any) -> Any:
    """Exchange left and right with probability one half, from a seed."""
    return _flip(image, flip_left_right, _stateless(seed))


@export("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: int | None = None) -> Any:
    """Exchange top and bottom with probability one half, for each image by itself."""
    return _flip(image, flip_up_down, _stateful(seed))


@export("image.stateless_random_flip_up_down")
def stateless_random_flip_up_down(image: Any, seed: Any) -> Any:
    """Exchange top and bottom with probability one half, from a seed."""
    return _flip(image, flip_up_down, _stateless(seed))


@export("image.random_brightness")
@takes_composites
def random_brightness(image: Any, max_delta: Any, seed: int | None = None) -> Any:
    """Add a number from [-max_delta, max_delta).

    Raises:
        ValueError: `max_delta` is negative.
    """
    _check_not_negative(max_delta, "max_delta")
    return adjust_brightness(image, _stateful(seed)((), -max_delta, max_delta))


@export("image.stateless_random_brightness")
@takes_composites
def stateless_random_brightness(image: Any, max_delta: Any, seed: Any) -> Any:
    """Add a number from [-max_delta, max_delta), from a seed of two integers.

    Raises:
        ValueError: `max_delta` is negative.
    """
    _check_not_negative(max_delta, "max_delta")
    return adjust_brightness(image, _stateless(seed)((), -max_delta, max_delta))


@export("image.random_contrast")
def random_contrast(image: Any, lower: Any, upper: Any, seed: int | None = None) -> Any:
    """Change the contrast by a factor from [lower, upper).

    Raises:
        ValueError: The interval is empty or starts below 0.
    """
    _check_range(lower, upper)
    return adjust_contrast(image, _stateful(seed)((), lower, upper))


@export("image.stateless_random_contrast")
def stateless_random_contrast(image: Any, lower: Any, upper: Any, seed: Any) -> Any:
    """Change the contrast by a factor from [lower, upper), from a seed of two integers.

    Raises:
        ValueError: The interval is empty or starts below 0.
    """
    _check_range(lower, upper)
    return adjust_contrast(image, _stateless(seed)((), lower, upper))


@export("image.random_saturation")
def random_saturation(
    image: Any, lower: Any, upper: Any, seed: int | None = None
) -> Any:
    """Change the saturation by a factor from [lower, upper).

    Raises:
        ValueError: The interval is empty or starts below 0.
    """
    _check_range(lower, upper)
    return adjust_saturation(image, _stateful(seed)((), lower, upper))


@export("image.stateless_random_saturation")
def stateless_random_saturation(
    image: Any, lower: Any, upper: Any, seed: Any = None
) -> Any:
    """Change the saturation by a factor from [lower, upper), from a seed.

    Raises:
        ValueError: The interval is empty or starts below 0.
    """
    _check_range(lower, upper)
    return adjust_saturation(image, _stateless(seed)((), lower, upper))


@export("image.random_hue")
def random_hue(image: Any, max_delta: Any, seed: int | None = None) -> Any:
    """Turn the hue by a number from [-max_delta, max_delta).

    Raises:
        ValueError: `max_delta` is outside [0, 0.5].
    """
    _check_not_negative(max_delta, "max_delta", 0.5)
    return adjust_hue(image, _stateful(seed)((), -max_delta, max_delta))


@export("image.stateless_random_hue")
def stateless_random_hue(image: Any, max_delta: Any, seed: Any) -> Any:
    """Turn the hue by a number from [-max_delta, max_delta), from a seed.

    Raises:
        ValueError: `max_delta` is outside [0, 0.5].
    """
    _check_not_negative(max_delta, "max_delta", 0.5)
    return adjust_hue(image, _stateless(seed)((), -max_delta, max_delta))


@export("image.random_crop")
def random_crop(
    value: Any, size: Any, seed: int | None = None, name: str | None = None
) -> Any:
    """Return a part of a tensor, of the given shape, at a random place.

    Raises:
        InvalidArgumentError: The tensor is smaller.
    """
    return _crop(value, size, _stateful(seed))


@export("image.stateless_random_crop")
def stateless_random_crop(
    value: Any, size: Any, seed: Any, name: str | None = None
) -> Any:
    """Return a part of a tensor at a place that a seed of two integers chooses.

    Raises:
        InvalidArgumentError: The tensor is smaller.
    """
    return _crop(value, size, _stateless(seed))


def _fits(want: Any, have: Any) -> bool:
    return len(want) == len(have) and all(
        h is None or h >= w for h, w in zip(have, want, strict=True)
    )


def _crop(value: Any, size: Any, draw: Callable[..., Any]) -> Any:
    x = convert(value)
    want, have = as_static_shape(size), shape_of(x)
    fits = not isinstance(want, tuple) or have is None or _fits(want, have)
    if not fits:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Need value.shape >= size, got {x.shape} and {list(want)}.",
        )
    shape = shape_op(x, out_type=dtypes.int32)
    limit = shape - convert(want, dtypes.int32) + 1
    numbers = draw(
        shape_op(shape, out_type=dtypes.int32), 0, dtypes.int32.max, dtypes.int32
    )
    return slice_(x, get_op("FloorMod")(numbers, limit), want)
