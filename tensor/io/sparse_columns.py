"""Features that become sparse tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.tensor_spec import TensorSpec
from tensor.io.parsed_columns import Column, Dims, Values
from tensor.ops.sparse.sparse_tensor import SparseTensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class SparseColumn(Column):
    """Any number of values, as indices, values and the shape of a sparse tensor."""

    def parse(self, records: list[Values], is_batch: bool) -> list[Any]:
        rows = [self.nothing() if v is None else v for v in records]
        lengths = np.array([len(row) for row in rows], np.int64)
        values = np.concatenate(rows) if rows else self.nothing()
        place = _places(lengths)
        longest = lengths.max(initial=0)
        if not is_batch:
            return [place[:, None], values, np.array([longest])]
        record = np.repeat(np.arange(len(rows)), lengths)
        return [
            np.stack([record, place], axis=1),
            values,
            np.array([len(rows), longest], np.int64),
        ]

    def specs(self, batch: Dims) -> list[TensorSpec]:
        return self._specs(len(batch) + 1)

    def _specs(self, rank: int) -> list[TensorSpec]:
        return [
            TensorSpec.of((None, rank), dtypes.int64),
            TensorSpec.of((None,), self.dtype),
            TensorSpec.of((rank,), dtypes.int64),
        ]

    def assemble(self, outputs: Iterator[Any], is_batch: bool) -> Any:
        parts = next(outputs), next(outputs), next(outputs)
        return SparseTensor(*parts)

    assemble_steps = assemble

    def parse_steps(self, records: list[Any], is_batch: bool) -> list[Any]:
        steps = [
            [self.nothing() if v is None else v for v in record or []]
            for record in records
        ]
        flat = [row for record in steps for row in record]
        lengths = np.array([len(row) for row in flat], np.int64)
        counts = np.array([len(record) for record in steps], np.int64)
        values = np.concatenate(flat) if flat else self.nothing()
        step = np.repeat(_places(counts), lengths)
        indices = [step, _places(lengths)]
        shape = [counts.max(initial=0), lengths.max(initial=0)]
        if is_batch:
            record = np.repeat(np.repeat(np.arange(len(steps)), counts), lengths)
            indices, shape = [record, *indices], [len(steps), *shape]
        return [np.stack(indices, axis=1), values, np.array(shape, np.int64)]

    def step_specs(self, batch: Dims) -> list[TensorSpec]:
        return self._specs(len(batch) + 2)


class IndexedColumn(SparseColumn):
    """A sparse tensor from features of indices and one of values."""

    def __init__(self, key: str, spec: Any) -> None:
        super().__init__(key, spec)
        keys = spec.index_key
        self.index_keys = [keys] if isinstance(keys, str) else list(keys)
        self.sizes = [spec.size] if isinstance(spec.size, int) else list(spec.size)

    def find(self, find_one: Callable[[str, dtypes.DType], Values]) -> Values:
        indices = [find_one(key, dtypes.int64) for key in self.index_keys]
        return [*indices, find_one(self.spec.value_key, self.dtype)]

    def parse(self, records: list[Values], is_batch: bool) -> list[Any]:
        rows = [self._sorted(record) for record in records]
        indices = np.concatenate([row[0] for row in rows])
        values = np.concatenate([row[1] for row in rows])
        if not is_batch:
            return [indices, values, np.array(self.sizes, np.int64)]
        record = np.repeat(np.arange(len(rows)), [len(row[1]) for row in rows])
        return [
            np.concatenate([record[:, None], indices], axis=1),
            values,
            np.array([len(rows), *self.sizes], np.int64),
        ]

    def _sorted(self, record: list[Values]) -> tuple[np.ndarray, np.ndarray]:
        *columns, values = record
        if values is None:
            values = self.nothing()
        filled = [np.zeros(0, np.int64) if c is None else c for c in columns]
        if any(len(c) != len(values) for c in filled):
            raise errors.because(
                errors.InvalidArgumentError,
                f"SparseFeature: {self.index_keys} and {self.spec.value_key!r} must "
                f"have equally many values, got {[len(c) for c in filled]} indices "
                f"for {len(values)} values. [Op:ParseExampleV2]",
            )
        indices = np.stack(filled, axis=1)
        if self.spec.already_sorted:
            return indices, values
        order = np.lexsort(filled[::-1])
        return indices[order], values[order]

    def specs(self, batch: Dims) -> list[TensorSpec]:
        return self._specs(len(batch) + len(self.sizes))


def _places(lengths: np.ndarray) -> np.ndarray:
    """Return 0, 1 … for each of the lengths, one after another."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) - np.repeat(starts, lengths)
