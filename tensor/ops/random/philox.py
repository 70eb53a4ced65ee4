"""Philox-4x32-10: random bits as a function of a key and a counter.

A counter of 128 bits goes through ten rounds of multiplication and exclusive or under a
key of 64 bits (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"). Every
block of four 32-bit words can be had on its own, so blocks are computed side by side,
and the numbers are TensorFlow's to the bit.
"""

from __future__ import annotations

import numpy as np

_MULTIPLY_A, _MULTIPLY_B = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_A, _WEYL_B = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10

# Blocks computed at a time: six arrays of 8 bytes each then fit a 256 KiB cache.
_CHUNK = 4096

COUNTER_LIMIT = 1 << 128


def blocks(key: int, counter: int, count: int) -> np.ndarray:
    """Return `count` blocks of four words, for `counter` and the numbers after it.

    Args:
        key: 64 bits.
        counter: 128 bits; it wraps around.
        count: How many blocks.

    Returns:
        An array of uint32 of shape [count, 4].
    """
    result = np.empty((count, 4), np.uint32)
    for start in range(0, count, _CHUNK):
        piece = result[start : start + _CHUNK]
        _fill(piece, key, (counter + start) % COUNTER_LIMIT)
    return result


def blocks_at(key: int, counter: int, offsets: np.ndarray) -> np.ndarray:
    """Return the blocks for `counter` plus each of the offsets (uint64)."""
    result = np.empty((len(offsets), 4), np.uint32)
    for start in range(0, len(offsets), _CHUNK):
        piece = slice(start, start + _CHUNK)
        result[piece] = _rounds(key, *_words(counter, offsets[piece])).T
    return result


def _fill(result: np.ndarray, key: int, counter: int) -> None:
    offsets = np.arange(len(result), dtype=np.uint64)
    words = _rounds(key, *_words(counter, offsets))
    for i in range(4):
        result[:, i] = words[i]


def _words(counter: int, offsets: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the four words of each counter, as arrays of uint64."""
    low = np.uint64(counter & 0xFFFFFFFFFFFFFFFF)
    lower = offsets + low
    carry = (lower < low).astype(np.uint64)
    upper = carry + np.uint64(counter >> 64 & 0xFFFFFFFFFFFFFFFF)
    return lower & _LOW, lower >> _HALF, upper & _LOW, upper >> _HALF


def _rounds(
    key: int, a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray
) -> np.ndarray:
    """Return the words after ten rounds, as an array of shape [4, n]."""
    key_a, key_b = key & 0xFFFFFFFF, key >> 32 & 0xFFFFFFFF
    for _ in range(_ROUNDS):
        product_a, product_b = a * _MULTIPLY_A, c * _MULTIPLY_B
        b ^= product_b >> _HALF
        b ^= np.uint64(key_a)
        d ^= product_a >> _HALF
        d ^= np.uint64(key_b)
        product_a &= _LOW
        product_b &= _LOW
        a, b, c, d = b, product_b, d, product_a
        key_a = (key_a + _WEYL_A) & 0xFFFFFFFF
        key_b = (key_b + _WEYL_B) & 0xFFFFFFFF
    return np.stack([a, b, c, d])
