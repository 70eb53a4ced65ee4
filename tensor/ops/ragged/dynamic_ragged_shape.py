"""tf.experimental.DynamicRaggedShape: the shape of a ragged tensor, rows and all.

The outer dimensions are described by row partitions, one less than there are of them;
the inner ones by a vector, whose first number is that of the values of the last
partition. Without partitions it is the shape of a tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.shapes import TensorShape
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast_, shape as shape_op
from tensor.ops.extension_types.batchable import BatchableExtensionType
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.ragged.row_partition import RowPartition

if TYPE_CHECKING:
    from collections.abc import Sequence


@export("experimental.DynamicRaggedShape")
class DynamicRaggedShape(BatchableExtensionType):
    """The shape of a tensor or ragged tensor; see the module."""

    _row_partitions: tuple[RowPartition, ...]
    _inner_shape: Tensor
    _static_inner_shape: TensorShape

    class Spec:
        """Describes such shapes."""

        def __init__(
            self, row_partitions: Any, static_inner_shape: Any, dtype: Any
        ) -> None:
            partitions = tuple(row_partitions)
            static = TensorShape(static_inner_shape)
            self._row_partitions = partitions
            self._inner_shape = TensorSpec([static.rank], dtype)
            self._static_inner_shape = static

        @property
        def dtype(self) -> Any:
            """The dtype of the sizes."""
            return self._inner_shape.dtype

        @property
        def inner_rank(self) -> int | None:
            """How many dimensions the partitions do not describe, and one."""
            return self._static_inner_shape.rank

        @property
        def num_row_partitions(self) -> int:
            """The number of partitions."""
            return len(self._row_partitions)

        @property
        def rank(self) -> int | None:
            """The number of dimensions."""
            inner = self.inner_rank
            return None if inner is None else inner + self.num_row_partitions

        def __repr__(self) -> str:
            return (
                f"DynamicRaggedShape.Spec(row_partitions={self._row_partitions!r}, "
                f"static_inner_shape={self._static_inner_shape!r}, "
                f"dtype={self.dtype!r})"
            )

    def __init__(
        self,
        row_partitions: Any,
        inner_shape: Any,
        dtype: Any = None,
        validate: bool = False,
        static_inner_shape: Any = None,
    ) -> None:
        """Describe a shape.

        Args:
            row_partitions: RowPartitions, from the outermost on.
            inner_shape: The number of values, and the dimensions of each.
            dtype: int32 or int64.
            validate: Accepted for compatibility: what is known is always checked.
            static_inner_shape: What is known of `inner_shape`.

        Raises:
            TypeError: `row_partitions` holds something else.
            ValueError: `inner_shape` is no vector.
        """
        partitions = tuple(row_partitions)
        for part in partitions:
            if not isinstance(part, RowPartition):
                raise TypeError(
                    f"row_partitions contains {part} which is not a RowPartition"
                )
        sizes = inner_shape
        if isinstance(sizes, TensorShape):
            sizes = sizes.as_list()
        sizes = convert(sizes, hint=dtypes.int64)
        kind = _index_dtype(dtype, partitions, sizes)
        sizes = cast_(sizes, kind)
        sizes.shape.assert_has_rank(1)
        self._row_partitions = tuple([p.with_dtype(kind) for p in partitions])
        self._inner_shape = sizes
        known = TensorShape(_known(sizes))
        self._static_inner_shape = known.merge_with(TensorShape(static_inner_shape))

    # ---- made from

    @classmethod
    def from_lengths(
        cls, lengths: Any, num_row_partitions: int | None = None, dtype: Any = None
    ) -> DynamicRaggedShape:
        """Make a shape of sizes and, for ragged dimensions, tuples of lengths.

        Raises:
            ValueError: Lengths are no such list, or do not fit each other.
        """
        if not isinstance(lengths, list | tuple):
            raise ValueError("lengths should be a list")
        count = _check_lengths(lengths, num_row_partitions)
        kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
        partitions, rows = [], lengths[0] if lengths else 0
        for length in lengths[1 : count + 1]:
            if isinstance(length, int):
                part = RowPartition.from_uniform_row_length(
                    length, nrows=rows, dtype=kind
                )
                rows *= length
            elif len(length) != rows:
                raise ValueError("Shape not consistent.")
            else:
                part = RowPartition.from_row_lengths(list(length), dtype=kind)
                rows = sum(length)
            partitions.append(part)
        inner = [rows, *lengths[count + 1 :]] if lengths else []
        return cls(partitions, np.array(inner, kind.numpy_dtype), kind)

    @classmethod
    def from_row_partitions(
        cls, row_partitions: Any, dtype: Any = None
    ) -> DynamicRaggedShape:
        """Make a shape of which the partitions describe all dimensions.

        Raises:
            ValueError: There is no partition.
        """
        if not row_partitions:
            raise ValueError("row_partitions cannot be empty")
        count = row_partitions[-1].nvals()
        return cls(row_partitions, get_op("ExpandDims")(count, axis=0), dtype)

    @classmethod
    def from_tensor(cls, t: Any, dtype: Any = None) -> DynamicRaggedShape:
        """Make the shape of a tensor or ragged tensor."""
        if not isinstance(t, RaggedTensor):
            t = convert(t)
            kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
            return cls((), shape_op(t, out_type=kind), kind, False, t.shape)
        partitions, values = [], t
        while isinstance(values, RaggedTensor):
            length = values._uniform_row_length
            nvals = values.values.shape[0]
            partitions.append(RowPartition.of(values.row_splits, length, nvals))
            values = values.values
        kind = t.row_splits.dtype if dtype is None else dtypes.as_dtype(dtype)
        sizes = shape_op(values, out_type=kind)
        return cls(partitions, sizes, kind, False, values.shape)

    # ---- asked for

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the sizes: int32 or int64."""
        dtype: dtypes.DType = self._inner_shape.dtype
        return dtype

    @property
    def rank(self) -> int | None:
        """The number of dimensions, if it is known."""
        inner = self.inner_rank
        return None if inner is None else inner + self.num_row_partitions

    @property
    def inner_rank(self) -> int | None:
        """The number of inner dimensions, of which partitions describe the first."""
        return self._static_inner_shape.rank

    @property
    def row_partitions(self) -> tuple[RowPartition, ...]:
        """The partitions, from the outermost on."""
        partitions: tuple[RowPartition, ...] = self._row_partitions
        return partitions

    @property
    def num_row_partitions(self) -> int:
        """The number of partitions."""
        return len(self._row_partitions)

    @property
    def inner_shape(self) -> Any:
        """The number of values, and the dimensions of each."""
        return self._inner_shape

    def is_uniform(self, axis: int) -> bool:
        """Return whether a dimension has one size.

        Raises:
            IndexError: There is no such axis.
        """
        if axis < 0:
            raise IndexError("Negative axis values are not supported")
        rank = self.rank
        if rank is not None and axis >= rank:
            raise IndexError(f"Expected axis={axis} < rank={rank}")
        if axis == 0 or axis > self.num_row_partitions:
            return True
        return self._row_partitions[axis - 1].is_uniform()

    def static_lengths(self, ragged_lengths: bool = True) -> list[Any]:
        """Return the size of each dimension, tuples of lengths for ragged ones.

        What is not known is None; so are ragged dimensions unless `ragged_lengths`.
        """
        inner = self._static_inner_shape
        if not self._row_partitions:
            return inner.as_list() if inner.rank is not None else [...]
        result: list[Any] = [self._row_partitions[0].static_nrows]
        for part in self._row_partitions:
            lengths = None
            if part.is_uniform():
                lengths = part.static_uniform_row_length
            elif ragged_lengths and type(part.row_splits()) is EagerTensor:
                lengths = tuple(np.diff(np.asarray(part.row_splits())).tolist())
            result.append(lengths)
        return [*result, *(inner[1:].as_list() if inner.rank is not None else [...])]

    def with_dtype(self, dtype: Any) -> DynamicRaggedShape:
        """Return the shape with sizes of another dtype."""
        return DynamicRaggedShape(
            self._row_partitions,
            self._inner_shape,
            dtypes.as_dtype(dtype),
            False,
            self._static_inner_shape,
        )

    def __getitem__(self, index: Any) -> Any:
        """Return the size of a uniform dimension, or part of the shape.

        Raises:
            ValueError: The dimension is ragged, or a slice begins inside ragged ones.
            IndexError: A slice has a step.
        """
        if isinstance(index, slice):
            return self._slice(index)
        rank: Any = self.rank
        axis = index + rank if index < 0 else index
        if not self.is_uniform(axis):
            raise ValueError(f"Index {axis} is not uniform")
        levels = self.num_row_partitions
        if axis > levels or not levels:
            return self.inner_shape[axis - levels]
        if axis == 0:
            return self._row_partitions[0].nrows()
        return self._row_partitions[axis - 1].uniform_row_length()

    def _slice(self, part: slice) -> DynamicRaggedShape:
        rank: Any = self.rank
        start, stop, step = part.indices(rank)
        levels = self.num_row_partitions
        if step != 1:
            raise IndexError(f"Cannot stride through a shape: got step {step}.")
        if start > levels or not levels:
            sizes = self.inner_shape[start - levels : max(stop, start) - levels]
            return DynamicRaggedShape((), sizes, self.dtype)
        if start:
            raise ValueError(
                "All relevant dimensions must be uniform: a slice from dimension "
                f"{start} begins inside of the ragged ones."
            )
        if stop > levels:
            inner = self.inner_shape[: stop - levels]
            return DynamicRaggedShape(self._row_partitions, inner, self.dtype)
        if stop <= 1:
            sizes = [self._row_partitions[0].nrows()][:stop]
            return DynamicRaggedShape((), convert(sizes, self.dtype), self.dtype)
        partitions = self._row_partitions[: stop - 1]
        return DynamicRaggedShape.from_row_partitions(partitions)

    def __repr__(self) -> str:
        lengths = ", ".join(map(str, self.static_lengths()))
        return (
            f"<DynamicRaggedShape lengths=[{lengths}] "
            f"num_row_partitions={self.num_row_partitions}>"
        )


def _index_dtype(
    dtype: Any, partitions: Sequence[RowPartition], sizes: Any
) -> dtypes.DType:
    """Return the dtype asked for; int64 if any part has it."""
    if dtype is not None:
        return dtypes.as_dtype(dtype)
    kinds = {p.dtype for p in partitions} or {sizes.dtype}
    return dtypes.int32 if kinds == {dtypes.int32} else dtypes.int64


def _known(sizes: Any) -> list[int | None] | None:
    """Return what is known of sizes."""
    if type(sizes) is EagerTensor:
        known: list[int | None] = np.asarray(sizes).tolist()
        return known
    found = getattr(sizes, "static_vector", lambda: None)()
    if found is not None:
        return list(found)
    count = sizes.static_shape[0]
    return None if count is None else [None] * count


def _check_lengths(lengths: Any, num_row_partitions: int | None) -> int:
    """Return how many row partitions a shape of these lengths has.

    Raises:
        ValueError: Lengths are neither sizes nor tuples of them, or too few of them
            are described by partitions.
    """
    for length in lengths:
        is_row = isinstance(length, tuple | list) and all(
            isinstance(n, int | np.integer) for n in length
        )
        if not is_row and (not isinstance(length, int) or isinstance(length, bool)):
            raise ValueError(
                f"element of lengths should be int or tuple of ints: instead {length}"
            )
    ragged = [i for i, n in enumerate(lengths) if not isinstance(n, int)]
    needed = ragged[-1] if ragged else 0
    count = needed if num_row_partitions is None else num_row_partitions
    if count >= max(len(lengths), 1):
        raise ValueError(
            "num_row_partitions should be less than `len(lengths)` if shape is not "
            "scalar."
        )
    if 0 in ragged:
        raise ValueError(f"Shape {np.shape(lengths[0])} must have rank 1")
    if needed > count:
        raise ValueError(
            f"lengths[{needed}]={lengths[needed]} is ragged, but there are {count} row "
            "partitions only."
        )
    return count
