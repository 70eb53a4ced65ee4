"""The stream of random numbers that TensorFlow's pipelines draw from.

Block n of Philox is a function of (key, n) alone, so a position in the stream is one
integer, and numbers are made many at a time.
"""

from __future__ import annotations

from tensor.ops.random.philox import blocks


class RandomNumbers:
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
        count = max(self.BLOCKS_AT_ONCE, (count + 7) // 4)
        words = blocks(self.seed, (self.seed2 << 64) + first, count)
        self._ready = words.ravel().tolist()
        self._ready_from = 4 * first
