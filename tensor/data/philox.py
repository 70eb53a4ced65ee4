"""The stream of random numbers that TensorFlow's pipelines draw from.

Philox4x32-10, a counter-based generator: block n of four 32-bit numbers is a function
of (key, n) alone. A position in the stream is therefore one integer, and numbers are
made many at a time.
"""

from __future__ import annotations

import numpy as np

_ROUNDS = 10
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def _blocks(seed: int, seed2: int, first: int, count: int) -> np.ndarray:
    """Return blocks `first` to `first + count` as an array [count, 4] of uint32."""
    number = np.arange(first, first + count, dtype=np.uint64)
    c0, c1 = number & _LOW, number >> _HALF
    c2 = np.full(count, seed2 & 0xFFFFFFFF, np.uint64)
    c3 = np.full(count, seed2 >> 32 & 0xFFFFFFFF, np.uint64)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF
    for _ in range(_ROUNDS):
        product0, product1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (
            (product1 >> _HALF) ^ c1 ^ np.uint64(k0),
            product1 & _LOW,
            (product0 >> _HALF) ^ c3 ^ np.uint64(k1),
            product0 & _LOW,
        )
        k0 = (k0 + _KEY_STEPS[0]) & 0xFFFFFFFF
        k1 = (k1 + _KEY_STEPS[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


class Philox:
    """A stream of 32-bit random numbers.

    Attributes:
        position: How many numbers were drawn; set it to jump.
    """

    BLOCKS_AT_ONCE = 256

    def __init__(self, seed: int, seed2: int) -> None:
        self.seed = seed
        self.seed2 = seed2
        self.position = 0
        self._ready: list[int] = []
        self._ready_from = 0

    def next(self) -> int:
        """Draw one number."""
        at = self.position - self._ready_from
        if not 0 <= at < len(self._ready):
            self._fill(1)
            at = self.position - self._ready_from
        self.position += 1
        return self._ready[at]

    def take(self, count: int) -> list[int]:
        """Draw `count` numbers."""
        at = self.position - self._ready_from
        if not 0 <= at <= len(self._ready) - count:
            self._fill(count)
            at = self.position - self._ready_from
        self.position += count
        return self._ready[at : at + count]

    def _fill(self, count: int) -> None:
        first = self.position // 4
        blocks = max(self.BLOCKS_AT_ONCE, (count + 7) // 4)
        self._ready = _blocks(self.seed, self.seed2, first, blocks).ravel().tolist()
        self._ready_from = 4 * first
