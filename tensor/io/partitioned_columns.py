"""Ragged features of several dimensions: values, and features that say how they split.

Partitions are named from the outermost to the innermost. Each is a feature of its own
in the records, but for one of uniform rows, which needs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.tensor_spec import TensorSpec
from tensor.io.parsed_columns import Column, Dims, Values
from tensor.io.row_features import UniformRowLength
from tensor.ops.ragged.ragged_tensor import RaggedTensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class PartitionedColumn(Column):
    """Values and where the rows of each level end, the innermost level first."""

    def __init__(self, key: str, spec: Any) -> None:
        super().__init__(key, spec)
        self.partitions = spec.partitions[::-1]

    def find(self, find_one: Callable[[str, dtypes.DType], Values]) -> Values:
        return [
            find_one(self.key, self.dtype),
            *[
                None
                if isinstance(p, UniformRowLength)
                else find_one(p.key, dtypes.int64)
                for p in self.partitions
            ],
        ]

    def parse(self, records: list[Values], is_batch: bool) -> list[Any]:
        values, lengths = [], []
        for found, *given in records:
            values.append(self.nothing() if found is None else found)
            lengths.append(self._lengths(given, len(values[-1])))
        levels = [np.concatenate(level) for level in zip(*lengths, strict=True)]
        if is_batch:
            levels.append(np.array([len(record[-1]) for record in lengths]))
        return [np.concatenate(values), *[self._ends(level) for level in levels]]

    def _lengths(self, given: list[Any], count: int) -> list[np.ndarray]:
        """Return the lengths of the rows of each level in one record."""
        result = []
        for partition, found in zip(self.partitions, given, strict=True):
            numbers = np.zeros(0, np.int64) if found is None else found
            result.append(np.diff(partition.splits(numbers, count)))
            count = len(result[-1])
        return result

    def _ends(self, lengths: np.ndarray) -> np.ndarray:
        kind = self.spec.row_splits_dtype.numpy_dtype
        return np.concatenate([[0], np.cumsum(lengths)]).astype(kind)

    def specs(self, batch: Dims) -> list[TensorSpec]:
        kind = self.spec.row_splits_dtype
        ends = [TensorSpec.of((None,), kind) for _ in self.partitions]
        if batch:
            size = None if batch[0] is None else batch[0] + 1
            ends.append(TensorSpec.of((size,), kind))
        return [TensorSpec.of((None,), self.dtype), *ends]

    def assemble(self, outputs: Iterator[Any], is_batch: bool) -> Any:
        result = next(outputs)
        for partition in self.partitions:
            length = getattr(partition, "length", None)
            result = RaggedTensor(result, next(outputs), length)
        return RaggedTensor(result, next(outputs)) if is_batch else result
