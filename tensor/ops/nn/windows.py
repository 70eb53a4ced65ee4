"""Sliding windows: where they lie over an array, and how large the result is.

Arrays are channels-last: [batch, *spatial, channels]. A window has one size, stride and
dilation for each spatial axis. Padding is "VALID" (windows lie inside), "SAME" (the
result has a window for every stride) or explicit: a pair (before, after) for each axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import errors, thread_pool
from tensor.core.tensor import EagerTensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.shapes import Dims

# Large arrays are padded in pieces of at least this size, spread over the pool.
_PIECE_BYTES = 256 * 1024

Pads = tuple[tuple[int, int], ...]
Padding = str | Pads


class Windows(NamedTuple):
    """The geometry of windows over the spatial axes of an array.

    Attributes:
        sizes: How many elements a window takes along each axis.
        strides: How far it moves.
        dilations: How far apart its elements lie.
        padding: "VALID", "SAME", or pairs (before, after).
    """

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    padding: Padding

    def extents(self) -> tuple[int, ...]:
        """Return how many places each window spans along each axis."""
        return tuple(
            (k - 1) * d + 1 for k, d in zip(self.sizes, self.dilations, strict=True)
        )

    def counts(self, spatial: Sequence[int | None], op_name: str = "") -> Dims:
        """Return how many windows there are along each axis: the result's shape.

        Raises:
            InvalidArgumentError: A window is larger than the padded array.
        """
        result: list[int | None] = []
        for i, (n, extent) in enumerate(zip(spatial, self.extents(), strict=True)):
            stride = self.strides[i]
            if n is None:
                result.append(None)
            elif self.padding == "SAME":
                result.append(-(-n // stride))
            else:
                count = (n + self._added(i) - extent + stride) // stride
                if count < 0:
                    raise errors.because(
                        errors.InvalidArgumentError,
                        f"Computed output size would be negative: {count} [input_size: "
                        f"{n + self._added(i)}, effective_filter_size: {extent}, "
                        f"stride: {stride}] [Op:{op_name}]",
                    )
                result.append(count)
        return tuple(result)

    def known_counts(self, spatial: Sequence[int]) -> tuple[int, ...]:
        """Return how many windows there are along each axis of a known size."""
        return tuple(c or 0 for c in self.counts(spatial))

    def _added(self, axis: int) -> int:
        return 0 if isinstance(self.padding, str) else sum(self.padding[axis])

    def pads(self, spatial: Sequence[int]) -> Pads:
        """Return how many places are added before and after each axis."""
        if not isinstance(self.padding, str):
            return self.padding
        if self.padding == "VALID":
            return ((0, 0),) * len(self.sizes)
        pairs = []
        for n, extent, stride in zip(
            spatial, self.extents(), self.strides, strict=True
        ):
            total = max((-(-n // stride) - 1) * stride + extent - n, 0)
            pairs.append((total // 2, total - total // 2))
        return tuple(pairs)


def padded(x: np.ndarray, pads: Pads, value: Any = 0) -> np.ndarray:
    """Return x with places of `value` around its spatial axes; x itself if none."""
    if not any(before or after for before, after in pads):
        return x
    spatial = x.shape[1:-1]
    sizes = [n + b + a for n, (b, a) in zip(spatial, pads, strict=True)]
    result = np.empty_like(x, shape=(x.shape[0], *sizes, x.shape[-1]), order="C")
    images = thread_pool.share(len(x), _PIECE_BYTES * len(x) // max(result.nbytes, 1))

    def work(piece: int) -> None:
        part = slice(piece * images, (piece + 1) * images)
        _pad_into(result[part], x[part], pads, value)

    thread_pool.run(work, -(-len(x) // images))
    return result


def _pad_into(result: np.ndarray, x: np.ndarray, pads: Pads, value: Any) -> None:
    inner = [slice(None)]
    for n, (before, after) in zip(x.shape[1:-1], pads, strict=True):
        # Only the borders are filled: the inside is written once.
        result[(*inner, slice(0, before))] = value
        result[(*inner, slice(before + n, before + n + after))] = value
        inner.append(slice(before, before + n))
    result[tuple(inner)] = x


def view(x: np.ndarray, windows: Windows, counts: Sequence[int]) -> np.ndarray:
    """Return a view of shape [batch, *counts, *sizes, channels] on a padded array."""
    batch, *spatial, channel = x.strides
    strides = (
        batch,
        *(s * step for s, step in zip(spatial, windows.strides, strict=True)),
        *(s * step for s, step in zip(spatial, windows.dilations, strict=True)),
        channel,
    )
    shape = (x.shape[0], *counts, *windows.sizes, x.shape[-1])
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def per_axis(
    value: Any, axes: int, channels_first: bool, name: str
) -> tuple[tuple[int, ...], tuple[int, int]]:
    """Return one number for each spatial axis, and those of batch and channels.

    Args:
        value: One number, or 1, `axes` or `axes` + 2 numbers.
        axes: The number of spatial axes.
        channels_first: Whether of `axes` + 2 numbers the second is the channels'.
        name: What to call the argument.

    Raises:
        ValueError: There is another number of numbers.
    """
    if isinstance(value, EagerTensor) or hasattr(value, "read_array"):
        value = np.asarray(value)
    numbers = [int(v) for v in np.atleast_1d(np.asarray(1 if value is None else value))]
    if len(numbers) == 1:
        return tuple(numbers * axes), (1, 1)
    if len(numbers) == axes:
        return tuple(numbers), (1, 1)
    if len(numbers) != axes + 2:
        raise ValueError(
            f"{name} should be of length 1, {axes} or {axes + 2}. Received: "
            f"{name}={value} of length {len(numbers)}"
        )
    channel = 1 if channels_first else axes + 1
    spatial = tuple(n for i, n in enumerate(numbers) if i not in (0, channel))
    return spatial, (numbers[0], numbers[channel])


def parse_padding(
    padding: Any, axes: int, channels_first: bool, op_name: str
) -> Padding:
    """Return a padding argument as "SAME", "VALID" or a pair for each spatial axis.

    Args:
        padding: The word, in any case, or `axes` + 2 pairs.
        axes: The number of spatial axes.
        channels_first: Whether the second pair is the channels'.
        op_name: For messages.

    Raises:
        TypeError: Neither a word nor a list.
        ValueError: A list of the wrong length or of no pairs, or the word "EXPLICIT".
        InvalidArgumentError: Another word, or pairs that mean nothing.
    """
    if isinstance(padding, str):
        word = padding.upper()
        if word == "EXPLICIT":
            raise ValueError(
                "'EXPLICIT' is not a valid value for `padding`. To use explicit "
                "padding, `padding` must be a list."
            )
        if word not in ("SAME", "VALID"):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Value for attr 'padding' of \"{padding}\" is not in the list of "
                f'allowed values: "SAME", "VALID", "EXPLICIT" [Op:{op_name}]',
            )
        return word
    _check_pairs(padding, axes)
    pairs = [(int(p[0]), int(p[1])) for p in padding]
    channel = 1 if channels_first else axes + 1
    problem = None
    if any(min(p) < 0 for p in pairs):
        problem = "All elements of explicit_paddings must be nonnegative"
    elif any(pairs[0]) or any(pairs[channel]):
        problem = (
            "Nonzero explicit padding in the batch or depth dimensions is not supported"
        )
    if problem:
        raise errors.because(
            errors.InvalidArgumentError, f"{problem}, got {padding} [Op:{op_name}]"
        )
    return tuple(p for i, p in enumerate(pairs) if i not in (0, channel))


def _check_pairs(padding: Any, axes: int) -> None:
    """Check that an explicit padding is a pair for each axis.

    Raises:
        TypeError: It is no list.
        ValueError: It has another length, or holds no pairs.
    """
    if not isinstance(padding, list | tuple | np.ndarray):
        raise TypeError(f"Expected string for argument 'padding' not {padding!r}.")
    if len(padding) != axes + 2:
        raise ValueError(
            f"When padding is a list, it must be of size {axes + 2}. Received: "
            f"padding={padding} of size {len(padding)}"
        )
    for i, pair in enumerate(padding):
        if not isinstance(pair, list | tuple | np.ndarray) or len(pair) != 2:
            raise ValueError(
                "When `padding` is a list, each element of `padding` must be a "
                f"list/tuple of size 2. Received: padding={padding} with element "
                f"{pair} at index {i}"
            )
