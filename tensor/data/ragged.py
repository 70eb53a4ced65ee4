"""Ragged tensors as elements and as batches.

An element described by a RaggedTensorSpec with no ragged level is a dense tensor whose
shape varies; stacking such elements, or ragged tensors, gives a ragged tensor.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.data import structure as nest
from tensor.data.batch import Batch
from tensor.data.dataset import Dataset, Described, method
from tensor.data.elements import Components, stack
from tensor.data.stream import DerivedStream, Stream
from tensor.data.unknown import as_count
from tensor.ops.ragged.ragged_spec import RaggedTensorSpec
from tensor.ops.ragged.ragged_tensor import RaggedTensor


@method
def ragged_batch(
    self: Dataset,
    batch_size: Any,
    drop_remainder: bool = False,
    row_splits_dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Dataset:
    """Stack elements of different shapes into ragged tensors.

    A leaf whose shape is fully known is stacked into a tensor.
    """
    splits = dtypes.as_dtype(row_splits_dtype)
    specs = [_loosened(s, splits) for s in nest.flatten(self.element_spec)]
    source = Described(self, nest.pack(self.element_spec, specs))
    return RaggedBatch(source, as_count(batch_size, "batch_size"), bool(drop_remainder))


def _loosened(spec: Any, splits: dtypes.DType) -> Any:
    """Return the spec of a leaf whose shape may vary as that of a ragged tensor."""
    if isinstance(spec, TensorSpec) and None in (spec.dims or ()):
        return RaggedTensorSpec(spec.dims, spec.dtype, 0, splits)
    return spec


class RaggedBatch(Batch, printed_as="_BatchDataset"):
    """Consecutive elements, those described as ragged stacked into ragged tensors."""

    def open(self) -> Stream:
        return RaggedBatchStream(self.source.open(), self)


class RaggedBatchStream(DerivedStream):
    """Groups of a stream's elements as tensors and ragged tensors."""

    def __init__(self, source: Stream, batch: Batch) -> None:
        super().__init__(source)
        self.batch = batch
        self.specs = nest.flatten(batch.source.element_spec)

    def __next__(self) -> Components:
        rows = list(islice(self.source, self.batch.batch_size))
        if not rows or (
            self.batch.drop_remainder and len(rows) < self.batch.batch_size
        ):
            raise StopIteration
        return stack_described(rows, self.specs)


def stack_described(rows: list[Components], specs: list[Any]) -> Components:
    """Return elements stacked, those that specs describe as ragged into ragged ones."""
    columns = zip(zip(*rows, strict=True), specs, strict=True)
    return tuple([_stacked(values, spec) for values, spec in columns])


def _stacked(values: tuple[Any, ...], spec: Any) -> Any:
    if isinstance(values[0], CompositeTensor):
        return spec.stacked(values)
    if not isinstance(spec, RaggedTensorSpec):
        return stack([(value,) for value in values])[0]
    return _ragged(values, spec.row_splits_dtype.numpy_dtype)


def _ragged(values: tuple[np.ndarray, ...], splits: Any) -> Any:
    """Return arrays of one rank as a ragged tensor, every dimension ragged."""

    def split(lengths: Any) -> Any:
        return wrap(np.concatenate([[0], np.cumsum(lengths)]).astype(splits))

    row_splits = [split([len(v) for v in values])]
    for axis in range(1, values[0].ndim):
        lengths = [np.full(math.prod(v.shape[:axis]), v.shape[axis]) for v in values]
        row_splits.append(split(np.concatenate(lengths)))
    flat = np.concatenate([v.reshape(-1) for v in values])
    return RaggedTensor.from_nested_row_splits(flat, row_splits, validate=False)
