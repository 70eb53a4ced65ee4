"""Partitioners: into how many shards a variable is cut, along which axis.

A partitioner is called with a shape and a dtype and returns the number of shards along
each axis; only one of them is more than 1. The rows are dealt out evenly, the first
shards having one more where they do not divide.
"""

from __future__ import annotations

import math
from typing import Any

from tensor.core import dtypes
from tensor.core.shapes import TensorShape


class Partitioner:
    """Base of all partitioners."""

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        """Return the number of shards along each axis.

        Raises:
            NotImplementedError: The subclass does not say.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `__call__`.")


class FixedShardsPartitioner(Partitioner):
    """Always the same number of shards, but no more than there are rows."""

    def __init__(self, num_shards: int) -> None:
        self._num_shards = num_shards

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        """Return the number of shards along each axis."""
        dims = _dims(shape)
        return _along(axis, min(self._num_shards, dims[axis]), dims)


class MinSizePartitioner(Partitioner):
    """As many shards as can be without any falling below a size."""

    def __init__(
        self,
        min_shard_bytes: int = 256 << 10,
        max_shards: int = 1,
        bytes_per_string: int = 16,
    ) -> None:
        """Take the smallest size of a shard and the largest number of shards.

        Raises:
            ValueError: An argument is not positive.
        """
        _require_positive("min_shard_bytes", min_shard_bytes)
        _require_positive("max_shards", max_shards)
        _require_positive("bytes_per_string", bytes_per_string)
        self._min_shard_bytes = min_shard_bytes
        self._max_shards = max_shards
        self._bytes_per_string = bytes_per_string

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        """Return the number of shards along each axis."""
        dims = _dims(shape)
        total = math.prod(dims) * _item_bytes(dtype, self._bytes_per_string)
        count = math.ceil(total / self._min_shard_bytes)
        count = min(count, dims[axis], self._max_shards)
        return _along(axis, max(1, count), dims)


class MaxSizePartitioner(Partitioner):
    """As few shards as can be without any exceeding a size."""

    def __init__(
        self,
        max_shard_bytes: int,
        max_shards: int | None = None,
        bytes_per_string: int = 16,
    ) -> None:
        """Take the largest size of a shard, and the largest number, which wins.

        Raises:
            ValueError: An argument is not positive.
        """
        _require_positive("max_shard_bytes", max_shard_bytes)
        if max_shards is not None:
            _require_positive("max_shards", max_shards)
        _require_positive("bytes_per_string", bytes_per_string)
        self._max_shard_bytes = max_shard_bytes
        self._max_shards = max_shards
        self._bytes_per_string = bytes_per_string

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        """Return the number of shards along each axis."""
        dims = _dims(shape)
        item = _item_bytes(dtype, self._bytes_per_string)
        row = math.prod(dims) // max(1, dims[axis]) * item
        rows = max(1, self._max_shard_bytes // max(1, row))
        count = math.ceil(dims[axis] / rows)
        if self._max_shards:
            count = min(count, self._max_shards)
        return _along(axis, max(1, count), dims)


def shard_sizes(rows: int, count: int) -> list[int]:
    """Return how many rows each shard gets: 10 rows in 4 shards are [3, 3, 2, 2]."""
    base, extra = divmod(rows, count)
    return [base + 1] * extra + [base] * (count - extra)


def _dims(shape: Any) -> list[int]:
    return [int(d or 0) for d in TensorShape(shape).as_list()]


def _along(axis: int, count: int, dims: list[int]) -> list[int]:
    result = [1] * len(dims)
    result[axis] = count
    return result


def _item_bytes(dtype: Any, bytes_per_string: int) -> int:
    kind = dtypes.as_dtype(dtype)
    return bytes_per_string if kind is dtypes.string else int(kind.size)


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"Argument `{name}` must be positive. Received: {value}")
