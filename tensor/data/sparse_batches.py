"""sparse_batch: vectors, matrices … of different sizes as sparse tensors."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors, nest
from tensor.core.shapes import TensorShape, to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.data.dataset import Dataset, Derived, method
from tensor.data.stream import DerivedStream, Stream
from tensor.data.unknown import as_count
from tensor.ops.sparse.sparse_tensor import SparseTensor, SparseTensorSpec

if TYPE_CHECKING:
    from tensor.data.elements import Components


@method
def sparse_batch(
    self: Dataset, batch_size: Any, row_shape: Any, name: str | None = None
) -> Dataset:
    """Stack tensors of different sizes into sparse tensors.

    Args:
        self: A dataset of tensors.
        batch_size: How many elements a batch holds.
        row_shape: The size that elements have at most; unknown dimensions are as large
            as the largest element of a batch.
        name: Accepted for compatibility.

    Raises:
        TypeError: The elements are not tensors.
        InvalidArgumentError: `batch_size` is not positive.
    """
    if not isinstance(self.element_spec, TensorSpec):
        components = nest.map_structure(lambda s: s.dtype, self.element_spec)
        raise TypeError(
            "`dense_to_sparse_batch` requires an input dataset whose elements have a "
            "single component, but the given dataset has the following component "
            f"types: {components}."
        )
    size = as_count(batch_size, "batch_size")
    return SparseBatch(self, size, TensorShape(row_shape))


class SparseBatch(Derived, printed_as="_DenseToSparseBatchDataset"):
    """Consecutive elements, stacked into sparse tensors."""

    def __init__(self, source: Dataset, size: int, row_shape: TensorShape) -> None:
        if size <= 0:
            raise errors.invalid(
                "DenseToSparseBatchDataset", "Batch size must be greater than zero."
            )
        self.size = size
        self.row_shape = row_shape
        shape = TensorShape([None]).concatenate(row_shape)
        super().__init__(source, SparseTensorSpec(shape, source.element_spec.dtype))

    def open(self) -> Stream:
        return SparseBatchStream(self.source.open(), self.size, self.row_shape)

    def count(self) -> int:
        size = self.source.count()
        return size if size < 0 else -(-size // self.size)


class SparseBatchStream(DerivedStream):
    """Groups of a stream's elements as sparse tensors."""

    def __init__(self, source: Stream, size: int, row_shape: TensorShape) -> None:
        super().__init__(source)
        self.size = size
        self.row_shape = row_shape

    def __next__(self) -> Components:
        rows = [row for (row,) in islice(self.source, self.size)]
        if not rows:
            raise StopIteration
        dims = [len(rows), *self._row_dims(rows)]
        indices = [
            (number, *index)
            for number, row in enumerate(rows)
            for index in np.ndindex(row.shape)
        ]
        values = np.concatenate([row.reshape(-1) for row in rows])
        table = np.array(indices, np.int64).reshape(-1, len(dims))
        return (SparseTensor(table, values, dims),)

    def _row_dims(self, rows: list[np.ndarray]) -> list[int]:
        """Return the size of a row, large enough for all of these.

        Raises:
            InvalidArgumentError: An element has another rank.
            DataLossError: An element is too large.
        """
        limits = self.row_shape.as_list()
        shown = to_brackets(tuple(limits))
        dims = [0 if limit is None else limit for limit in limits]
        for row in rows:
            shape = to_brackets(row.shape)
            if row.ndim != len(limits):
                raise errors.invalid(
                    "IteratorGetNext",
                    f"Input element had shape ({shape}) that is incompatible with the "
                    f"row shape ({shown}).",
                )
            for axis, (size, limit) in enumerate(zip(row.shape, limits, strict=True)):
                if limit is not None and size > limit:
                    raise errors.because(
                        errors.DataLossError,
                        f"Input element had shape ({shape}) that is larger than the "
                        f"row shape ({shown}). [Op:IteratorGetNext]",
                    )
                dims[axis] = max(dims[axis], size)
        return dims
