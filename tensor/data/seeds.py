"""Seeds of random transformations, derived as TensorFlow derives them.

The pair (seed, seed2) combines `tf.random.set_seed` with the transformation's own seed.
With neither set, the pair is drawn anew, so that every program run differs.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.data.random_numbers import RandomNumbers
from tensor.ops.random.seeds import op_seeds

if TYPE_CHECKING:
    from tensor.data.stream import State


def seed_pair(seed: Any) -> tuple[int, int]:
    """Return the (seed, seed2) of a transformation that was given `seed`."""
    first, second = op_seeds(None if seed is None else int(np.asarray(seed)))
    if first is None or second is None:
        return drawn_seeds()
    return first, second


class DrawnSeeds(tuple[int, int]):
    """Seeds that nobody chose: a process that gets the dataset may draw its own."""

    __slots__ = ()


def drawn_seeds() -> DrawnSeeds:
    """Draw seeds."""
    return DrawnSeeds((secrets.randbits(63), secrets.randbits(63)))


class EpochSeeds:
    """The seeds for each pass over a dataset: new ones, or the same every time.

    One object belongs to a dataset and serves all passes over it, so that the second
    epoch goes on where the first stopped.
    """

    def __init__(self, seeds: tuple[int, int], changes: bool) -> None:
        self.seeds = seeds
        self.changes = changes
        self._source = RandomNumbers(*seeds)

    def next(self) -> tuple[int, int]:
        """Return the seeds for the next pass."""
        if not self.changes:
            return self.seeds
        return self._source.next(), self._source.next()

    def save(self) -> State:
        """Return where the sequence of seeds stands."""
        return {"seeds": list(self.seeds), "position": self._source.position}

    def restore(self, state: State) -> None:
        """Go on from a saved place."""
        self.seeds = (state["seeds"][0], state["seeds"][1])
        self._source = RandomNumbers(*self.seeds)
        self._source.position = state["position"]
