"""From random bits to numbers: uniform, normal, truncated normal.

Each function takes a key and a counter (see `philox`) and returns an array. The numbers
are TensorFlow's: how bits become a mantissa, which words pair up, how many blocks an
element may use before the next one starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.shapes import num_elements
from tensor.ops.random.philox import COUNTER_LIMIT, blocks, blocks_at

if TYPE_CHECKING:
    from collections.abc import Callable

Shape = tuple[int, ...]

# An op that draws n elements moves its counter on by n times this, whatever it uses.
RESERVED_BLOCKS = 256

# Where a truncated normal ends, and the smallest uniform number that has a logarithm.
_CUTOFF = 2.0
_TINY = 1e-7


def count_of(shape: Shape) -> int:
    """Return the number of elements of a shape."""
    return num_elements(shape) or 0


def words(key: int, counter: int, count: int) -> np.ndarray:
    """Return `count` random words of 32 bits."""
    return blocks(key, counter, -(-count // 4)).reshape(-1)[:count]


def wide_words(key: int, counter: int, count: int) -> np.ndarray:
    """Return `count` random words of 64 bits, the lower half drawn first."""
    bits = blocks(key, counter, -(-count // 2))
    return bits.view("<u8").reshape(-1)[:count]


def order(key: int, counter: int, size: int) -> list[int]:
    """Return the numbers below `size` in random order, each as likely as any other."""
    left = np.arange(size, 1, -1).astype(np.uint32)
    places = np.arange(len(left)) + words(key, counter, len(left)) % left
    numbers = list(range(size))
    for i, j in enumerate(places.tolist()):
        numbers[i], numbers[j] = numbers[j], numbers[i]
    return numbers


def uniform(key: int, counter: int, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """Return floating point numbers in [0, 1)."""
    n = count_of(shape)
    bits = blocks(key, counter, -(-n // per_block(dtype)))
    return fractions(bits, dtype).reshape(-1)[:n].reshape(shape)[()]


def per_block(dtype: np.dtype[Any]) -> int:
    """Return how many numbers of a floating point dtype a block of words makes."""
    return 2 if dtype == np.float64 else 4


def fractions(bits: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return numbers in [0, 1), a row for each row of words."""
    if dtype == np.float64:
        return _wide_fraction(bits[:, 0::2], bits[:, 1::2])
    return fraction(bits, dtype)


def normals(bits: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return standard normal numbers, a row for each block of words."""
    pairs = wide_pairs(bits) if dtype == np.float64 else _pairs(bits.reshape(-1, 2))
    return pairs.reshape(len(bits), per_block(dtype)).astype(dtype, copy=False)


def fraction(bits: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return words of 32 bits as numbers in [0, 1): the low bits are the mantissa."""
    if dtype == np.float32:
        one = (bits & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)
        return one.view(np.float32) - np.float32(1)
    mantissa, exponent = (0x3FF, 15 << 10) if dtype == np.float16 else (0x7F, 127 << 7)
    narrow = (bits & np.uint32(mantissa)).astype(np.uint16) | np.uint16(exponent)
    return narrow.view(dtype) - dtype.type(1)


def _wide_fraction(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    high = (upper & np.uint32(0xFFFFF)).astype(np.uint64) << np.uint64(32)
    one = high | lower | np.uint64(1023 << 52)
    return one.view(np.float64) - 1.0


def uniform_integers(
    key: int, counter: int, shape: Shape, low: int, high: int, dtype: np.dtype[Any]
) -> Any:
    """Return integers in [low, high), by the remainder of random words."""
    n = count_of(shape)
    size = dtype.itemsize
    unsigned = np.dtype(f"u{size}").type
    bits = (words if size == 4 else wide_words)(key, counter, n)
    span, start = (high - low) % (1 << 8 * size), low % (1 << 8 * size)
    drawn = bits % unsigned(span) + unsigned(start)
    return drawn.view(dtype).reshape(shape)[()]


def full_integers(key: int, counter: int, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """Return integers from the whole range of the dtype."""
    n = count_of(shape)
    bits = (words if dtype.itemsize == 4 else wide_words)(key, counter, n)
    return bits.view(dtype).reshape(shape)[()]


def normal(key: int, counter: int, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """Return numbers of mean 0 and variance 1, by the method of Box and Muller."""
    n = count_of(shape)
    bits = blocks(key, counter, -(-n // per_block(dtype)))
    return normals(bits, dtype).reshape(-1)[:n].reshape(shape)[()]


def _pairs(bits: np.ndarray) -> np.ndarray:
    """Return two normal numbers for each two words."""
    radius = np.maximum(fraction(bits[:, 0], np.dtype(np.float32)), np.float32(_TINY))
    radius = np.sqrt(np.float32(-2) * np.log(radius))
    # The factor in double precision, as TensorFlow has it: near a multiple of pi the
    # sine is as good as the angle.
    angle = fraction(bits[:, 1], np.dtype(np.float32)).astype(np.float64) * (2 * np.pi)
    angle = angle.astype(np.float32)
    return np.stack([np.sin(angle) * radius, np.cos(angle) * radius], axis=1)


def wide_pairs(bits: np.ndarray) -> np.ndarray:
    """Return two normal numbers in double precision for each four words."""
    radius = np.maximum(_wide_fraction(bits[:, 0], bits[:, 1]), _TINY)
    radius = np.sqrt(-2.0 * np.log(radius))
    angle = _wide_fraction(bits[:, 2], bits[:, 3]) * (2 * np.pi)
    return np.stack([np.sin(angle) * radius, np.cos(angle) * radius], axis=1)


def truncated_normal(key: int, counter: int, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """Return normal numbers, those beyond two deviations drawn again."""
    n = count_of(shape)
    wide = dtype == np.float64
    per_group = per_block(dtype)
    pairs: Callable[[np.ndarray], np.ndarray] = wide_pairs if wide else _pairs
    groups = -(-n // per_group)
    # Elements that are drawn together have so many blocks to themselves.
    stride = per_group * RESERVED_BLOCKS // 4
    result = np.empty((groups, per_group), np.float64 if wide else np.float32)
    filled = np.zeros(groups, np.int64)
    open_groups = np.arange(groups)
    drawn = 0
    while open_groups.size:
        use = 2
        offsets = open_groups[:, None] * stride + np.arange(drawn, drawn + use)
        bits = blocks_at(key, counter, offsets.reshape(-1).astype(np.uint64))
        values = pairs(bits if wide else bits.reshape(-1, 2))
        _keep_inside(values.reshape(len(open_groups), -1), result, filled, open_groups)
        open_groups = open_groups[filled[open_groups] < per_group]
        drawn += use
    return result.reshape(-1)[:n].reshape(shape).astype(dtype, copy=False)[()]


def _keep_inside(
    values: np.ndarray, result: np.ndarray, filled: np.ndarray, groups: np.ndarray
) -> None:
    """Put the values within the cutoff into the free places of their groups."""
    inside = np.abs(values) < _CUTOFF
    place = filled[groups, None] + np.cumsum(inside, axis=1) - 1
    takes = inside & (place < result.shape[1])
    row, column = np.nonzero(takes)
    result[groups[row], place[row, column]] = values[row, column]
    filled[groups] = np.minimum(filled[groups] + inside.sum(axis=1), result.shape[1])


def advance(counter: int, count: int) -> int:
    """Return the counter after an op that drew `count` elements."""
    return (counter + count * RESERVED_BLOCKS) % COUNTER_LIMIT
