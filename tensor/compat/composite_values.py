"""What sessions return for composite tensors: the same in NumPy."""

from __future__ import annotations

import itertools
from collections import namedtuple
from typing import Any

import numpy as np

from tensor.core.indexed_slices import IndexedSlices
from tensor.core.tensor import wrap
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.sparse.sparse_tensor import SparseTensor

SparseTensorValue = namedtuple(
    "SparseTensorValue", ["indices", "values", "dense_shape"]
)
IndexedSlicesValue = namedtuple(
    "IndexedSlicesValue", ["values", "indices", "dense_shape"]
)


class RaggedTensorValue:
    """Rows that differ in length, as NumPy.

    Attributes:
        values: What the rows are cut from: an array, or ragged rows again.
        row_splits: Where the rows begin and end.
    """

    def __init__(self, values: Any, row_splits: Any) -> None:
        self.values = values
        self.row_splits = np.asarray(row_splits)

    @property
    def flat_values(self) -> Any:
        """The innermost values."""
        inner = self.values
        return inner.flat_values if isinstance(inner, RaggedTensorValue) else inner

    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The row splits of every ragged dimension, the outermost first."""
        inner = self.values
        is_ragged = isinstance(inner, RaggedTensorValue)
        return (self.row_splits, *(inner.nested_row_splits if is_ragged else ()))

    @property
    def ragged_rank(self) -> int:
        """How many dimensions are ragged."""
        return len(self.nested_row_splits)

    @property
    def dtype(self) -> Any:
        """The NumPy dtype of the values."""
        return self.flat_values.dtype

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape, None where rows differ."""
        return (len(self.row_splits) - 1, None, *self.values.shape[1:])

    def to_list(self) -> list[Any]:
        """Return the rows as nested lists."""
        inner = self.values
        is_ragged = isinstance(inner, RaggedTensorValue)
        values = inner.to_list() if is_ragged else inner.tolist()
        splits = self.row_splits.tolist()
        return [values[a:b] for a, b in itertools.pairwise(splits)]

    def __repr__(self) -> str:
        return (
            f"tf.RaggedTensorValue(values={self.values!r}, "
            f"row_splits={self.row_splits!r})"
        )

    def __str__(self) -> str:
        return f"<tf.RaggedTensorValue {self.to_list()}>"


def in_numpy(composite: Any, arrays: list[Any]) -> Any:
    """Return a composite tensor whose parts have been computed.

    Args:
        composite: The composite tensor of a graph.
        arrays: The values of its parts.
    """
    if isinstance(composite, SparseTensor):
        return SparseTensorValue(*arrays)
    if isinstance(composite, IndexedSlices):
        return IndexedSlicesValue(*arrays, *[None] * (3 - len(arrays)))
    if isinstance(composite, RaggedTensor):
        values, *splits = arrays
        for row_splits in reversed(splits):
            values = RaggedTensorValue(values, row_splits)
        return values
    return composite.composite_from([wrap(a) for a in arrays])


def parts_of(value: Any) -> list[Any]:
    """Return the parts of a composite value that is fed, or of a tuple of parts."""
    if isinstance(value, RaggedTensorValue):
        return [value.flat_values, *value.nested_row_splits]
    return [part for part in value if part is not None]
