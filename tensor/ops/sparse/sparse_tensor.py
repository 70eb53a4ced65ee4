"""tf.SparseTensor: values, their indices, and the shape of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape, relax
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, no_common_spec

if TYPE_CHECKING:
    from collections.abc import Sequence


@export("SparseTensor", "sparse.SparseTensor")
class SparseTensor(CompositeTensor):
    """A tensor of which only some elements are kept; the others are zero.

    Attributes:
        indices: An int64 matrix: one row for each element, its index.
        values: A vector of the elements.
        dense_shape: An int64 vector: the shape of the whole.
    """

    __slots__ = ("_dense_shape", "_indices", "_static_shape", "_values")
    __array_priority__ = 100

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        """Keep `values` at `indices`.

        Raises:
            ValueError: The shapes of the three do not fit each other.
        """
        self._indices = _integers(indices)
        self._values = convert(values)
        self._dense_shape = _integers(dense_shape)
        # What is known of the shape in a graph, where `dense_shape` has no value.
        self._static_shape = TensorShape(None)
        index_dims, count = self._indices.static_shape, self._values.static_shape
        if index_dims is None or count is None:
            return
        if len(index_dims) != 2:
            raise ValueError(f"Shape {self._indices.shape} must have rank 2")
        if len(count) != 1:
            raise ValueError(f"Shape {self._values.shape} must have rank 1")
        for a, b in (
            (index_dims[0], count[0] if count else None),
            (index_dims[1], (self._dense_shape.static_shape or (None,))[0]),
        ):
            if None not in (a, b) and a != b:
                raise ValueError(f"Dimensions {a} and {b} are not compatible")

    @property
    def indices(self) -> Any:
        """The index of each element, one row each."""
        return self._indices

    @property
    def values(self) -> Any:
        """The elements."""
        return self._values

    @property
    def dense_shape(self) -> Any:
        """The shape of the whole, as a vector."""
        return self._dense_shape

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the elements."""
        return self._values.dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape of the whole."""
        if type(self._dense_shape) is EagerTensor:
            return TensorShape(np.asarray(self._dense_shape).tolist())
        known = getattr(self._dense_shape, "static_vector", lambda: None)()
        return TensorShape(known).merge_with(self._static_shape)

    def get_shape(self) -> TensorShape:
        """Return the static shape of the whole."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Say what is known of the shape of the whole.

        Raises:
            ValueError: It is not so.
        """
        try:
            self._static_shape = self.shape.merge_with(shape)
        except ValueError:
            raise ValueError(
                f"Shapes {self.shape} and {TensorShape(shape)} are not compatible"
            ) from None

    @property
    def op(self) -> Any:
        """The node that makes the elements, in a graph."""
        return self._values.op

    @property
    def graph(self) -> Any:
        """The graph that the parts belong to."""
        return self._values.graph

    @property
    def rank(self) -> int | None:
        """The number of dimensions."""
        return self.shape.rank

    def with_values(self, new_values: Any) -> SparseTensor:
        """Return other elements at the same places."""
        return self.of_same_shape(self._indices, new_values)

    def of_same_shape(self, indices: Any, values: Any) -> SparseTensor:
        """Return other elements of a tensor of the same shape."""
        result = SparseTensor(indices, values, self._dense_shape)
        result._static_shape = self._static_shape
        return result

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """Return a sparse tensor made of the three parts of another.

        Raises:
            TypeError: It has no such parts.
        """
        v = sparse_tensor_value
        if not all(hasattr(v, part) for part in ("indices", "values", "dense_shape")):
            raise TypeError(
                f"Argument sparse_tensor_value={v!r} is neither a SparseTensor nor "
                "SparseTensorValue."
            )
        return cls(v.indices, v.values, v.dense_shape)

    def consumers(self) -> list[Any]:
        """Return the operations that read this tensor: none, eagerly."""
        return []

    def slice_at(self, number: Any) -> SparseTensor:
        """Return the slice of this number along the first axis."""
        from tensor.ops.sparse.places import one_slice

        indices, order = one_slice(self._indices, convert(number))
        shape = self._dense_shape[1:]
        result = SparseTensor(indices, gather_values(self._values, order), shape)
        result._static_shape = self.shape[1:]
        return result

    def slice_count(self) -> Any:
        """Return the size of the first axis: an int if it is known."""
        from tensor.ops.array import cast_

        known = None if self.shape.rank is None else self.shape[0]
        return cast_(self._dense_shape[0], dtypes.int32) if known is None else known

    # ---- gradients

    @property
    def differentiable_part(self) -> Any:
        """The values."""
        return self._values

    def with_gradient(self, gradient: Any) -> SparseTensor:
        """Return the gradient of the values, at their places."""
        return self.with_values(gradient)

    # ---- for nest, tf.function, tf.data and tf.print

    @property
    def _type_spec(self) -> SparseTensorSpec:
        return SparseTensorSpec(self.shape, self.dtype)

    def composite_components(self) -> list[Any]:
        """Return the three tensors that this one is made of."""
        return [self._indices, self._values, self._dense_shape]

    def composite_from(self, parts: Sequence[Any]) -> SparseTensor:
        """Return a sparse tensor of the same shape made of other parts."""
        result = SparseTensor(*parts)
        result._static_shape = self._static_shape
        return result

    def print_parts(self, placeholder: str) -> tuple[str, list[Any]]:
        """Return how tf.print writes this: a template and its tensors."""
        p = placeholder
        text = f"SparseTensor(indices={p}, values={p}, shape={p})"
        return text, self.composite_components()

    def __mul__(self, other: Any) -> SparseTensor:
        return self._scaled(other, lambda x, y: x * y)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> SparseTensor:
        return self._scaled(other, lambda x, y: x / y)

    def _scaled(self, other: Any, combine: Any) -> SparseTensor:
        """Combine each element with the one of a tensor that broadcasts."""
        from tensor.ops.gather import gather_nd
        from tensor.ops.reduce import broadcast_to

        other = convert(other, self.dtype)
        if other.ndim != 0:
            known = self.shape
            shape = known.as_list() if known.is_fully_defined() else self._dense_shape
            whole = broadcast_to(other, shape=shape)
            other = gather_nd(whole, self._indices, batch_dims=0)
        return self.with_values(combine(self._values, other))

    def __repr__(self) -> str:
        return (
            f"SparseTensor(indices={self._indices!s}, values={self._values!s}, "
            f"dense_shape={self._dense_shape!s})"
        )


def gather_values(values: Any, order: Any) -> Any:
    """Return the elements of these numbers."""
    from tensor.ops.gather import gather

    return gather(values, order, axis=0, batch_dims=0)


def _integers(values: Any) -> Any:
    """Return indices or a shape as an int64 tensor."""
    if isinstance(values, np.ndarray):
        values = values.astype(np.int64)
    if isinstance(values, TensorShape):
        values = values.as_list()
    if isinstance(values, list | tuple) and not len(values):
        values = np.zeros((0,), np.int64)
    return convert(values, dtypes.int64)


@export("SparseTensorSpec")
class SparseTensorSpec(CompositeSpec):
    """Describes sparse tensors by shape and dtype."""

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._dtype

    @property
    def rank(self) -> int | None:
        """The number of dimensions."""
        return self._shape.rank

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return SparseTensor

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a sparse tensor, or every one of a spec, fits this spec."""
        other = getattr(spec_or_value, "_type_spec", spec_or_value)
        return (
            isinstance(other, SparseTensorSpec)
            and self._dtype is other._dtype
            and self._shape.is_compatible_with(other._shape)
        )

    def most_specific_compatible_type(self, other: Any) -> SparseTensorSpec:
        """Return the narrowest spec that fits the values of both.

        Raises:
            ValueError: There is none.
        """
        if not isinstance(other, SparseTensorSpec) or self._dtype is not other._dtype:
            raise no_common_spec(self, other)
        return SparseTensorSpec(
            relax(self._shape._dims, other._shape._dims), self._dtype
        )

    def batched(self, count: int | None) -> SparseTensorSpec:
        """Return the spec of so many values stacked."""
        dims = None if self._shape.rank is None else (count, *self._shape)
        return SparseTensorSpec(dims, self._dtype)

    def unbatched(self) -> SparseTensorSpec:
        """Return the spec of the slices along the first axis."""
        return SparseTensorSpec(self._shape[1:], self._dtype)

    def stacked(self, values: Sequence[Any]) -> SparseTensor:
        """Return sparse tensors of one shape as the slices of a sparse tensor."""
        from tensor.ops.sparse.sparse_ops import concat, expand_dims

        return concat(0, [expand_dims(value, 0) for value in values])

    def composite_components(self) -> list[Any]:
        """Return the specs of indices, values and shape."""
        rank = self._shape.rank
        return [
            TensorSpec.of((None, rank), dtypes.int64),
            TensorSpec.of((None,), self._dtype),
            TensorSpec.of((rank,), dtypes.int64),
        ]

    def composite_from(self, parts: Sequence[Any]) -> SparseTensor:
        """Return a sparse tensor made of indices, values and shape."""
        result = SparseTensor(*parts)
        result._static_shape = self._shape
        return result

    def _parameters(self) -> tuple[Any, ...]:
        return self._shape, self._dtype
