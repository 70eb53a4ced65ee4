"""What describes RowPartitions: how many rows and values, if that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.ops.ragged.row_partition import RowPartition

if TYPE_CHECKING:
    from collections.abc import Sequence


class RowPartitionSpec(CompositeSpec):
    """Describes partitions by what is known of them."""

    __slots__ = ("_dtype", "_length", "_nrows", "_nvals")

    def __init__(
        self,
        nrows: int | None = None,
        nvals: int | None = None,
        uniform_row_length: int | None = None,
        dtype: Any = dtypes.int64,
    ) -> None:
        """Describe partitions."""
        self._nrows, self._nvals, self._length = nrows, nvals, uniform_row_length
        self._dtype = dtypes.as_dtype(dtype)

    @property
    def nrows(self) -> int | None:
        """The number of rows, if it is known."""
        return self._nrows

    @property
    def nvals(self) -> int | None:
        """The number of values, if it is known."""
        return self._nvals

    @property
    def uniform_row_length(self) -> int | None:
        """The length of all rows, if they have one and it is known."""
        return self._length

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the splits."""
        return self._dtype

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return RowPartition

    def composite_components(self) -> list[Any]:
        """Return the spec of the splits."""
        size = None if self._nrows is None else self._nrows + 1
        return [TensorSpec.of((size,), self._dtype)]

    def composite_from(self, parts: Sequence[Any]) -> RowPartition:
        """Return a partition of these splits."""
        return RowPartition.of(parts[0], self._length, self._nvals)

    def most_specific_compatible_type(self, other: Any) -> RowPartitionSpec:
        """Return the narrowest spec that fits the values of both."""
        if type(other) is not type(self) or other._dtype is not self._dtype:
            result: RowPartitionSpec = super().most_specific_compatible_type(other)
            return result
        mine, theirs = self._parameters()[:3], other._parameters()[:3]
        kept = [a if a == b else None for a, b in zip(mine, theirs, strict=True)]
        return RowPartitionSpec(kept[0], kept[1], kept[2], self._dtype)

    def _parameters(self) -> tuple[Any, ...]:
        return self._nrows, self._nvals, self._length, self._dtype

    def __repr__(self) -> str:
        return (
            f"RowPartitionSpec(nrows={self._nrows}, nvals={self._nvals}, "
            f"uniform_row_length={self._length}, dtype={self._dtype!r})"
        )
