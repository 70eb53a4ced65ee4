"""tf.RaggedTensor: rows of different lengths, as flat values and where the rows end."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.context import context
from tensor.core.convert import constant_tensor
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.core.tensor import EagerTensor
from tensor.ops.array import cast_, concat as join, reshape, shape
from tensor.ops.gather import gather, gather_
from tensor.ops.ragged.factories import (
    RaggedFactories,
    as_values,
    shape_of_rows,
    size_along,
    vector_size,
)
from tensor.ops.ragged.partitions import bounding_sizes, cells, splits_to_rowids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.dtypes import DType


@export("RaggedTensor")
class RaggedTensor(RaggedFactories, CompositeTensor):
    """A tensor with rows of different lengths.

    `values` holds the rows one after the other; row i is
    `values[row_splits[i]:row_splits[i + 1]]`. `values` may be ragged itself.
    """

    __slots__ = ("_keras_mask", "_row_splits", "_uniform_row_length", "_values")
    # NumPy must leave `array + ragged` to us.
    __array_priority__ = 100

    def __init__(
        self, values: Any, row_splits: Any, uniform_row_length: int | None = None
    ) -> None:
        """Wrap parts that fit; users call one of the `from_…` methods.

        Raises:
            ValueError: The splits are no tensor: a user calls this.
        """
        if isinstance(row_splits, int | list):
            raise ValueError(
                "RaggedTensor constructor is private; please use one of the factory "
                "methods instead (e.g., RaggedTensor.from_row_lengths())"
            )
        self._values = values
        self._row_splits = row_splits
        self._uniform_row_length = uniform_row_length

    # ---- what it is

    @property
    def values(self) -> Any:
        """The rows one after the other; ragged itself if there are inner rows."""
        return self._values

    @property
    def row_splits(self) -> Any:
        """Where the rows end, from 0 on: a vector of one more than there are rows."""
        return self._row_splits

    @property
    def flat_values(self) -> Any:
        """The innermost values, which are a tensor."""
        values = self._values
        while isinstance(values, RaggedTensor):
            values = values._values
        return values

    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The splits from the outermost to the innermost."""
        inner = self._values
        rest = inner.nested_row_splits if isinstance(inner, RaggedTensor) else ()
        return (self._row_splits, *rest)

    @property
    def ragged_rank(self) -> int:
        """How many levels of rows there are."""
        inner = self._values
        return 1 + (inner.ragged_rank if isinstance(inner, RaggedTensor) else 0)

    @property
    def uniform_row_length(self) -> Any:
        """The length of all rows if they were made so, else None."""
        length = self._uniform_row_length
        return None if length is None else constant_tensor(np.int64(length))

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._values.dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape; ragged dimensions are unknown."""
        splits = self._row_splits.static_shape
        count = None if splits is None or splits[0] is None else splits[0] - 1
        return TensorShape([count, self._uniform_row_length]).concatenate(
            self._values.shape[1:]
        )

    def get_shape(self) -> TensorShape:
        """Return the static shape."""
        return self.shape

    def nrows(self, out_type: Any = None, name: Any = None) -> Any:
        """Return the number of rows."""
        return cast_(
            vector_size(self._row_splits) - 1, out_type or self._row_splits.dtype
        )

    def row_lengths(self, axis: int = 1, name: Any = None) -> Any:
        """Return the lengths of the rows: of inner rows, as a ragged tensor.

        Raises:
            ValueError: There is no such axis.
        """
        rank: Any = self.shape.rank
        if not -rank <= axis < rank:
            raise ValueError(
                f"axis={axis} out of bounds: expected {-rank}<=axis<{rank}"
            )
        axis %= rank
        if axis > 1 and not isinstance(self._values, RaggedTensor):
            sizes = shape(self._values, out_type=self._row_splits.dtype)
            same = sizes[axis - 1] + 0 * self.value_rowids()
            return self.with_values(cast_(same, self._row_splits.dtype))
        if axis > 1:
            return self.with_values(self._values.row_lengths(axis - 1))
        if axis == 0:
            return self.nrows()
        return self._row_splits[1:] - self._row_splits[:-1]

    def nested_row_lengths(self, name: Any = None) -> tuple[Any, ...]:
        """Return the lengths from the outermost rows to the innermost."""
        return tuple(s[1:] - s[:-1] for s in self.nested_row_splits)

    def row_starts(self, name: Any = None) -> Any:
        """Return where the rows begin."""
        return self._row_splits[:-1]

    def row_limits(self, name: Any = None) -> Any:
        """Return where the rows end."""
        return self._row_splits[1:]

    def value_rowids(self, name: Any = None) -> Any:
        """Return, for each value, the number of its row."""
        return splits_to_rowids(self._row_splits)

    def nested_value_rowids(self, name: Any = None) -> tuple[Any, ...]:
        """Return the row numbers from the outermost rows to the innermost."""
        inner = self._values
        rest = inner.nested_value_rowids() if isinstance(inner, RaggedTensor) else ()
        return (self.value_rowids(), *rest)

    def bounding_shape(
        self, axis: Any = None, name: Any = None, out_type: Any = None
    ) -> Any:
        """Return the shape of the smallest tensor that holds all rows."""
        kind = out_type or self._row_splits.dtype
        result = cast_(bounding_sizes(*self.nested_row_splits), kind)
        flat = self.flat_values
        if flat.static_shape is None or len(flat.static_shape) > 1:
            result = join(result, shape(flat, out_type=kind)[1:], axis=0)
        return result if axis is None else gather_(result, axis)

    # ---- made into something else

    def with_values(self, new_values: Any) -> RaggedTensor:
        """Return the same rows with other values.

        Raises:
            ValueError: It is known that there are more or fewer of them.
        """
        values, splits = as_values(new_values), self._row_splits
        self._values.shape[:1].assert_is_compatible_with(values.shape[:1])
        return RaggedTensor(values, splits, self._uniform_row_length)

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """Return the same nested rows with other innermost values."""
        if isinstance(self._values, RaggedTensor):
            return self.with_values(self._values.with_flat_values(new_values))
        return self.with_values(new_values)

    def with_row_splits_dtype(self, dtype: Any) -> RaggedTensor:
        """Return the same rows with splits of another dtype.

        Raises:
            ValueError: It is neither int32 nor int64.
        """
        kind = dtypes.as_dtype(dtype)
        if kind not in (dtypes.int32, dtypes.int64):
            raise ValueError(
                "Argument `row_splits` dtype must be int32 or int64. Received "
                f"{kind!r}."
            )
        values = self._values
        if isinstance(values, RaggedTensor):
            values = values.with_row_splits_dtype(dtype)
        splits = cast_(self._row_splits, dtype)
        return RaggedTensor(values, splits, self._uniform_row_length)

    def merge_dims(self, outer_axis: int, inner_axis: int) -> Any:
        """Return the rows with the dimensions between two axes made one.

        Raises:
            ValueError: The outer axis is behind the inner one, or there is no such.
        """
        rank: Any = self.shape.rank
        for word, axis in (("outer_axis", outer_axis), ("inner_axis", inner_axis)):
            if not -rank <= axis < rank:
                raise ValueError(
                    f"{word}={axis} out of bounds: expected {-rank}<={word}<{rank}"
                )
        outer, inner = (a + rank if a < 0 else a for a in (outer_axis, inner_axis))
        if outer > inner:
            raise ValueError(
                f"Expected outer_axis ({outer_axis}) to be less than or equal to "
                f"inner_axis ({inner_axis})"
            )
        result: Any = self
        for _ in range(inner - outer):
            result = _merge_at(result, outer)
        return result

    def to_tensor(
        self, default_value: Any = None, name: Any = None, shape: Any = None
    ) -> Any:
        """Return a tensor with the rows filled up by `default_value` (0 or empty)."""
        from tensor.ops.ragged.dispatch import to_tensor

        return to_tensor(self, default_value, shape)

    def to_sparse(self, name: Any = None) -> Any:
        """Return the rows as a sparse tensor."""
        from tensor.ops.sparse.sparse_tensor import SparseTensor

        flat = self.flat_values
        sizes = shape(flat, out_type=dtypes.int64)
        return SparseTensor(
            cells(sizes, *self.nested_row_splits),
            reshape(flat, shape=(-1,)),
            self.bounding_shape(out_type=dtypes.int64),
        )

    def to_list(self) -> list[Any]:
        """Return nested Python lists.

        Raises:
            ValueError: It is symbolic, so that there are no values yet.
        """
        if type(self._row_splits) is not EagerTensor:
            raise ValueError("to_list can only be used in eager mode.")
        values = self._values
        splits = np.asarray(self._row_splits)
        flat = (
            values.to_list()
            if isinstance(values, RaggedTensor)
            else np.asarray(values).tolist()
        )
        return [flat[a:b] for a, b in itertools.pairwise(splits)]

    def numpy(self) -> Any:
        """Return an array; an object array of rows if they differ in length."""
        if type(self._row_splits) is not EagerTensor:
            raise ValueError("RaggedTensor.numpy() is only supported in eager mode.")
        values = np.asarray(self._values.numpy())
        splits = np.asarray(self._row_splits)
        if len(splits) == 1:
            return values[:0]
        rows = np.split(values, splits[1:-1])
        if len({len(row) for row in rows}) <= 1:
            return np.array(rows)
        result = np.empty(len(rows), object)
        result[:] = rows
        return result

    # ---- gradients

    @property
    def differentiable_part(self) -> Any:
        """The flat values."""
        return self.flat_values

    def with_gradient(self, gradient: Any) -> RaggedTensor:
        """Return the gradient of the flat values, in the same rows."""
        return self.with_flat_values(gradient)

    # ---- for nest, tf.function and tf.data

    @property
    def _type_spec(self) -> Any:
        from tensor.ops.ragged.ragged_spec import RaggedTensorSpec

        return RaggedTensorSpec(
            self.shape, self.dtype, self.ragged_rank, self._row_splits.dtype
        )

    def composite_components(self) -> list[Any]:
        """Return the tensors that the rows are made of."""
        return [self.flat_values, *self.nested_row_splits]

    def composite_from(self, parts: Sequence[Any]) -> RaggedTensor:
        """Return rows of the same kind made of other tensors."""
        inner = self._values
        values: Any = parts[0]
        if isinstance(inner, RaggedTensor):
            values = inner.composite_from([values, *parts[2:]])
        return RaggedTensor(values, parts[1], self._uniform_row_length)

    def slice_at(self, number: Any) -> Any:
        """Return the row of this number."""
        return self[number]

    def slice_count(self) -> Any:
        """Return the number of rows: an int if it is known."""
        known = self.shape[0]
        return cast_(self.nrows(), dtypes.int32) if known is None else known

    def consumers(self) -> list[Any]:
        """Return the operations that read this tensor: none, eagerly."""
        return []

    # ---- Python's protocols; arithmetic is attached in `dispatch`

    def __len__(self) -> int:
        return int(self.nrows())

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        raise TypeError("RaggedTensor may not be used as a boolean.")

    def __hash__(self) -> int:
        graph = context.graph
        if graph is not None and not graph.building_function:
            return id(self)  # a key of `feed_dict`, in TF1's graphs
        raise TypeError("RaggedTensor is unhashable.")

    def __getitem__(self, key: Any) -> Any:
        from tensor.ops.ragged.indexing import get_item

        return get_item(self, key)

    def __repr__(self) -> str:
        if type(self._row_splits) is not EagerTensor:
            return (
                f"tf.RaggedTensor(values={self._values}, row_splits={self._row_splits})"
            )
        return f"<tf.RaggedTensor {_row_text(self.numpy())}>"


def _row_text(x: Any) -> str:
    """Write an array, or an array of arrays, as NumPy does, with commas between."""
    if not isinstance(x, np.ndarray):
        return str(x)
    if x.size == 0:
        return repr(x.tolist())  # NumPy writes `[]` for `[[], []]` too
    with np.printoptions(formatter={"all": _row_text}):
        return np.array2string(x, separator=", ")


def _merge_at(x: Any, axis: int) -> Any:
    """Return x with the dimensions `axis` and `axis + 1` made one."""
    if axis == 0 and not isinstance(x, RaggedTensor):
        return reshape(x, shape=shape_of_rows(x))
    if axis == 0:
        return x.values
    if axis > 1:
        return x.with_values(_merge_at(x.values, axis - 1))
    inner = x.values
    if isinstance(inner, RaggedTensor):
        splits = gather(inner.row_splits, x.row_splits, axis=0, batch_dims=0)
        return RaggedTensor(inner.values, splits)
    width = size_along(inner, 1, x.row_splits.dtype)
    flat = reshape(inner, shape=shape_of_rows(inner))
    return RaggedTensor(flat, x.row_splits * width)
