"""How candidate samplers draw: the algorithms of TensorFlow, from the same bits."""

from __future__ import annotations

import math
import weakref
from typing import TYPE_CHECKING

import numpy as np

from tensor.ops.random import philox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tensor.ops.random.seeds import Stream

# What a draw advances a stream by for each candidate, however many bits it takes.
_RESERVED_BLOCKS = 512

# How often each class was true, for each stream that learns.
_learned: weakref.WeakKeyDictionary[Stream, np.ndarray] = weakref.WeakKeyDictionary()


def words(stream: Stream, count: int) -> Iterator[int]:
    """Yield the 32-bit numbers for `count` candidates; there is no end to them."""
    counter = stream.reserve_blocks(count * _RESERVED_BLOCKS)
    chunk = max(count, 16)
    while True:
        yield from philox.blocks(stream.key, counter, chunk).reshape(-1).tolist()
        counter += chunk


def below(limit: int, bits: int, draw: Callable[[], int]) -> int:
    """Return an integer from 0 to below `limit`, all equally likely.

    Args:
        limit: The limit.
        bits: How many bits a drawn number has.
        draw: Draws a number; one that would favour small results is drawn again.
    """
    if limit & (limit - 1) == 0:
        return draw() & (limit - 1)
    rest = ((1 << bits) - 1) % limit + 1
    number = draw()
    while number < rest:
        number = draw()
    return number % limit


class Uniform:
    """All classes alike."""

    def __init__(self, size: int, weights: np.ndarray) -> None:
        self.size = size

    def draw(self, bits: Iterator[int]) -> int:
        """Return a class."""
        return below(self.size, 64, lambda: next(bits) | next(bits) << 32)

    def share(self, classes: np.ndarray) -> np.ndarray:
        """Return how probable classes are, in single precision."""
        return np.full(classes.shape, 1 / self.size, np.float32)


class LogUniform(Uniform):
    """Class i as often as log((i + 2) / (i + 1)) says."""

    def draw(self, bits: Iterator[int]) -> int:
        """Return a class."""
        fraction = ((next(bits) & 0xFFFFF) << 32 | next(bits)) / 2.0**52
        return (int(math.exp(fraction * math.log1p(self.size))) - 1) % self.size

    def share(self, classes: np.ndarray) -> np.ndarray:
        """Return how probable classes are, in single precision."""
        ratio = np.log((classes + 2.0) / (classes + 1.0))
        return (ratio / np.log1p(self.size)).astype(np.float32)


class Learned(Uniform):
    """Classes as often as they were true so far, plus 1."""

    def __init__(self, size: int, weights: np.ndarray) -> None:
        super().__init__(size, weights)
        self.totals = np.cumsum(weights)
        self.weights = weights

    def draw(self, bits: Iterator[int]) -> int:
        """Return a class."""
        place = below(int(self.totals[-1]), 32, lambda: next(bits))
        return int(np.searchsorted(self.totals, place, side="right"))

    def share(self, classes: np.ndarray) -> np.ndarray:
        """Return how probable classes are, in single precision."""
        return self.weights[classes].astype(np.float32) / np.float32(self.totals[-1])


class Fixed(Uniform):
    """Classes by given weights, drawn by Walker's alias method."""

    def __init__(self, size: int, weights: np.ndarray) -> None:
        super().__init__(size, weights)
        self.weights = weights
        self.keep, self.other = _aliases(weights)

    def draw(self, bits: Iterator[int]) -> int:
        """Return a class."""
        fraction = np.float32((next(bits) & 0x7FFFFF) / 2.0**23)
        place = below(self.size, 32, lambda: next(bits))
        return place if fraction < self.keep[place] else self.other[place]

    def share(self, classes: np.ndarray) -> np.ndarray:
        """Return how probable classes are, in single precision."""
        inside = (classes >= 0) & (classes < self.size)
        weights = self.weights[np.where(inside, classes, 0)]
        total = self.weights.sum(dtype=np.float32)
        return np.where(inside, weights / total, np.float32(0)).astype(np.float32)


WAYS = {
    "Uniform": Uniform,
    "LogUniform": LogUniform,
    "LearnedUnigram": Learned,
    "FixedUnigram": Fixed,
}


def _aliases(weights: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Return how probable each class keeps its place, and which takes it otherwise."""
    size = len(weights)
    shares = (weights * np.float32(size) / weights.sum(dtype=np.float64)).tolist()
    other = list(range(size))
    low = [i for i, share in enumerate(shares) if share < 1]
    high = [i for i, share in enumerate(shares) if share >= 1]
    while high and low:
        short, long = low.pop(), high.pop()
        other[short] = long
        shares[long] -= 1 - shares[short]
        (low if shares[long] < 1 else high).append(long)
    for place in low + high:
        shares[place], other[place] = 1.0, place
    return np.array(shares, np.float32), other


def sample(
    way: str,
    weights: np.ndarray,
    size: int,
    true_classes: np.ndarray,
    count: int,
    unique: bool,
    stream: Stream,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return classes, and how often the true ones and they are expected.

    Args:
        way: The sampler's name, of `WAYS`.
        weights: How often each class is drawn, for `FixedUnigram`.
        size: How many classes there are.
        true_classes: The true classes; they are learned after the draw.
        count: How many classes to draw.
        unique: Whether to draw none twice.
        stream: Where the bits come from.
    """
    if way == "LearnedUnigram":
        weights = _learned.setdefault(stream, np.ones(size, np.int64))
    sampler = WAYS[way](size, weights)
    bits = words(stream, count)
    drawn: dict[int, None] | list[int] = {} if unique else []
    tries = 0
    while len(drawn) < count:
        tries += 1
        if isinstance(drawn, dict):
            drawn[sampler.draw(bits)] = None
        else:
            drawn.append(sampler.draw(bits))
    classes = np.array(list(drawn), np.int64)

    def expected(of: np.ndarray) -> np.ndarray:
        share = sampler.share(of)
        if tries == count:
            return share * np.float32(count)
        # A class is in the sample unless all tries miss it.
        return (-np.expm1(tries * np.log1p(-share))).astype(np.float32)

    result = classes, expected(true_classes), expected(classes)
    if way == "LearnedUnigram":
        np.add.at(weights, true_classes, 1)
    return result
