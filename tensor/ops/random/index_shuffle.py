"""Where an index goes when a range is shuffled, found without shuffling the range.

A block cipher is a permutation of the numbers of so many bits. Numbers above the range
are encrypted again until one falls inside: what remains is a permutation of the range
(Black and Rogaway, "Ciphers with arbitrary finite domains"). The cipher is Simon
(Beaulieu et al., "The Simon and Speck families"), with words as long as the range asks
for and few rounds; the numbers are TensorFlow's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.dtypes import short_name
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.operands import operands

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS = 4
_FEWEST_BITS = 16  # of a block; with fewer the permutations show patterns
_MANY_ROUNDS = 16  # of encrypting what is still outside; arrays serve up to there
_FIRST_KEY = 498247692  # the first of three words of the key; the seed is the others
_ROUND_BITS = 0x7369F885192C0EF5
_INTEGERS = (dtypes.int32, dtypes.uint32, dtypes.int64, dtypes.uint64)


class RandomIndexShuffle(Op):
    """The places of indices after the numbers from 0 to `last` have been shuffled."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, index: Any, seed: Any, last: Any) -> Any:
        shape = _common_shape(np.shape(index), np.shape(seed), np.shape(last))
        indices = np.broadcast_to(index, shape).reshape(-1)
        ends = np.broadcast_to(last, shape).reshape(-1)
        _check_range(indices, ends)
        seed_words = (_FIRST_KEY, *(int(s) & 0xFFFFFFFF for s in seed))
        result = np.zeros(indices.shape, np.uint64)
        for end in np.unique(ends):
            at = ends == end
            result[at] = shuffled(indices[at].astype(np.uint64), seed_words, int(end))
        return result.astype(index.dtype).reshape(shape)[()]

    def infer(self, index: TensorSpec, seed: TensorSpec, last: TensorSpec) -> Any:
        if None in (index.dims, last.dims):
            return TensorSpec.of(None, index.dtype)
        return TensorSpec.of(index.dims or last.dims, index.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        seed = np.array([1, 2], np.int32)
        yield Sample(np.int32(3), seed, np.int32(9))
        yield Sample(np.arange(4), seed, np.int64(9))
        yield Sample(np.int64(3), seed, np.array([9, 100_000]))


random_index_shuffle = register(RandomIndexShuffle)


@export("random.experimental.index_shuffle")
def index_shuffle(index: Any, seed: Any, max_index: Any) -> Any:
    """Return where indices go when the numbers from 0 to `max_index` are shuffled.

    The order depends on the seed alone, and the shuffled numbers need not be stored.

    Args:
        index: An integer, or a vector of them.
        seed: Two integers.
        max_index: The last number; one for all indices, or one for each.

    Raises:
        InvalidArgumentError: An argument has another dtype or shape, or an index is
            not in its range.
    """
    seed = convert(seed)
    index, max_index = operands(random_index_shuffle, index, max_index)
    index, max_index = convert(index), convert(max_index, index.dtype)
    for name, value in (("Tseed", seed), ("dtype", index)):
        if value.dtype not in _INTEGERS:
            raise _invalid(
                f"Value for attr {name!r} of {short_name(value.dtype)} is not in the "
                "list of allowed values: int32, uint32, int64, uint64"
            )
    return random_index_shuffle(index, seed, max_index)


def shuffled(indices: np.ndarray, key: tuple[int, ...], last: int) -> np.ndarray:
    """Return where uint64 indices from 0 to `last` go in the permutation of a key."""
    if last == 0:
        return indices
    # Rounded as a logarithm in double precision: this is part of the result.
    bits = int(np.ceil(np.log2(last)))
    half = max(bits + bits % 2, _FEWEST_BITS) // 2
    keys = _round_keys(key, half)
    domain = 1 << (2 * half)
    if last < domain // _MANY_ROUNDS:
        # Most numbers are above the range: look the next one up, one by one.
        after = _encrypted(np.arange(domain, dtype=np.uint64), keys, half).tolist()
        places = [_first_inside(after, int(index), last) for index in indices]
        return np.array(places, np.uint64)
    result = _encrypted(indices, keys, half)
    outside = result > last
    while outside.any():
        result[outside] = _encrypted(result[outside], keys, half)
        outside = result > last
    return result


def _first_inside(after: list[int], index: int, last: int) -> int:
    """Return the first number in the range that follows an index."""
    index = after[index]
    while index > last:
        index = after[index]
    return index


def _round_keys(key: tuple[int, ...], bits: int) -> list[int]:
    """Return the keys of the rounds, words of so many bits, for a key of three."""
    mask = (1 << bits) - 1
    keys = [word & mask for word in key]
    for i in range(len(keys), _ROUNDS):
        before = keys[i - 1]
        turned = _rotated(before, bits - 3, bits) ^ _rotated(before, bits - 4, bits)
        bit = _ROUND_BITS >> (i - len(key)) & 1
        keys.append((0xFFFFFFFC & mask) ^ bit ^ keys[i - 3] ^ turned)
    return keys


def _encrypted(blocks: np.ndarray, keys: list[int], bits: int) -> np.ndarray:
    """Return blocks of two words of so many bits after a Feistel round for each key."""
    left, right = _shifted(blocks, -bits), blocks & _mask(bits)
    for key in keys:
        left ^= np.uint64(key)
        left ^= _rotated(right, 1, bits) & _rotated(right, 8, bits)
        left ^= _rotated(right, 2, bits)
        left, right = right, left
    return _shifted(left, bits) | right


def _rotated(word: Any, places: int, bits: int) -> Any:
    """Return words of so many bits turned left."""
    if isinstance(word, int):
        return (word << places | word >> (bits - places)) & ((1 << bits) - 1)
    turned = _shifted(word, places) | _shifted(word, places - bits)
    return turned & _mask(bits)


def _shifted(words: np.ndarray, places: int) -> np.ndarray:
    """Return uint64 shifted left, or right by a negative number of places."""
    if places < 0:
        return words >> np.uint64(-places)
    return words << np.uint64(places)


def _mask(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)


def _common_shape(index: Any, seed: Any, last: Any) -> tuple[int, ...]:
    """Return the shape of the result.

    Raises:
        InvalidArgumentError: They are no scalars and vectors of one length, or the
            seed is not two integers.
    """
    if seed != (2,):
        # The message counts the word that is added in front.
        got = to_brackets((seed[0] + 1, *seed[1:])) if seed else "[]"
        size = (*index, *last, 1)[0]
        text = "Seed must be a vector of size [3] or a matrix of size "
        raise _invalid(f"{text}[{size}, 3] but got {got}.")
    if len(last) > 1:
        text = "Maxval must be a scalar or a vector of the same size as index but got "
        raise _invalid(text + to_brackets(last))
    sizes = {*index, *last}
    if len(index) > 1 or len(sizes) > 1 or 0 in sizes:
        raise _invalid(
            "Index bust be a scalar or vector. Expected it to have as many elements as "
            f"max_index, got shapes {to_brackets(index)} and {to_brackets(last)}."
        )
    return index or last


def _check_range(indices: np.ndarray, ends: np.ndarray) -> None:
    """Check that indices lie in their ranges.

    Raises:
        InvalidArgumentError: One is negative or beyond the end, or the end is negative.
    """
    for index, end in zip(indices.tolist(), ends.tolist(), strict=True):
        if index < 0:
            raise _invalid(f"index must be >= 0 but was {index}")
        if end < 0:
            raise _invalid(f"max_index must be >= 0 but was {end}")
        if end < index:
            raise _invalid(f"max_index must be >= index, but {end} < {index}")


def _invalid(text: str) -> errors.OpError:
    return errors.because(
        errors.InvalidArgumentError, f"{text} [Op:RandomIndexShuffle]"
    )
