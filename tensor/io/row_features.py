"""What features say of the rows of a ragged feature's values: tf.io.RaggedFeature's."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np


class RowSplits(namedtuple("RowSplits", "key")):
    """Where rows end, from 0 on."""

    __slots__ = ()

    def splits(self, given: np.ndarray, count: int) -> Any:
        """Return where rows end; `count` values are there to be split."""
        return given


class RowLengths(namedtuple("RowLengths", "key")):
    """The lengths of rows."""

    __slots__ = ()

    def splits(self, given: np.ndarray, count: int) -> Any:
        """Return where rows end; `count` values are there to be split."""
        return np.concatenate([[0], np.cumsum(given)])


class RowStarts(namedtuple("RowStarts", "key")):
    """Where rows begin."""

    __slots__ = ()

    def splits(self, given: np.ndarray, count: int) -> Any:
        """Return where rows end; `count` values are there to be split."""
        return np.concatenate([given, [count]])


class RowLimits(namedtuple("RowLimits", "key")):
    """Where rows end."""

    __slots__ = ()

    def splits(self, given: np.ndarray, count: int) -> Any:
        """Return where rows end; `count` values are there to be split."""
        return np.concatenate([[0], given])


class ValueRowIds(namedtuple("ValueRowIds", "key")):
    """The number of the row of each value."""

    __slots__ = ()

    def splits(self, given: np.ndarray, count: int) -> Any:
        """Return where rows end; `count` values are there to be split."""
        return np.concatenate([[0], np.cumsum(np.bincount(given))])


class UniformRowLength(namedtuple("UniformRowLength", "length")):
    """The length of all rows."""

    __slots__ = ()

    def splits(self, given: np.ndarray, count: int) -> Any:
        """Return where rows end; `count` values are there to be split."""
        return np.arange(0, count + 1, self.length)


PARTITIONS = (
    RowSplits,
    RowLengths,
    RowLimits,
    RowStarts,
    ValueRowIds,
    UniformRowLength,
)
