"""IndexedSlices: the gradient of a lookup, as the rows that were looked up.

The gradient of `tf.gather(table, ids)` touches few rows of a large table. Kept as
(values, indices), it costs what the batch costs, not what the table costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class CompositeTensor:
    """A value made of several tensors, such as IndexedSlices or RaggedTensor.

    See `CompositeSpec` for the protocol of such values. Gradients of one are those of
    its `differentiable_part`; `with_gradient` makes a value of the kind of them.
    """

    __slots__ = ()
    # Whether it stands for one tensor, as ragged and sparse ones do.
    is_one_tensor = True

    def composite_components(self) -> list[Any]:
        """Return the tensors that this is made of."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `composite_components`."
        )

    def composite_from(self, parts: Sequence[Any]) -> Any:
        """Return a value of the kind of this one made of other tensors."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `composite_from`."
        )

    def smooth_parts(self) -> list[Any]:
        """Return those of the tensors that this is made of which have gradients."""
        return [p for p in self.composite_components() if p.dtype.is_differentiable]

    def slice_at(self, number: Any) -> Any:
        """Return the slice of this number along the first axis."""
        raise TypeError(f"A {type(self).__name__} has no slices along a first axis.")

    def slice_count(self) -> Any:
        """Return how many slices there are: an int if it is known, else a tensor."""
        raise TypeError(f"A {type(self).__name__} has no slices along a first axis.")

    @property
    def differentiable_part(self) -> Any:
        """The tensor among the parts that gradients are about."""
        raise ValueError(
            f"Cannot differentiate with respect to the composite {self!r}; use its "
            "component tensors, such as `.values`."
        )

    def with_gradient(self, gradient: Any) -> Any:
        """Return a gradient of `differentiable_part` as a value of this kind."""
        raise NotImplementedError(f"{type(self).__name__} must define `with_gradient`.")


@export("IndexedSlices")
class IndexedSlices(CompositeTensor):
    """Slices of a dense tensor along its first axis; equal indices add up.

    Attributes:
        values: A tensor of shape [k, ...]: one slice for each index.
        indices: A vector of k integers.
        dense_shape: The shape of the dense tensor, if it is known.
    """

    __slots__ = ("_dense_shape", "_indices", "_values")

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Any:
        """One slice for each index."""
        return self._values

    @property
    def indices(self) -> Any:
        """The row of the dense tensor that each slice belongs to."""
        return self._indices

    @property
    def dense_shape(self) -> Any:
        """The shape of the dense tensor, or None."""
        return self._dense_shape

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self._values.dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape of the dense tensor."""
        if self._dense_shape is None:
            return TensorShape(None)
        if type(self._dense_shape) is not EagerTensor and (
            isinstance(self._dense_shape, Tensor)
        ):
            symbolic: Any = self._dense_shape
            return TensorShape(symbolic.static_vector())
        return TensorShape(np.asarray(self._dense_shape).tolist())

    def get_shape(self) -> TensorShape:
        """Return the static shape of the dense tensor."""
        return self.shape

    def map(self, f: Callable[[Any], Any]) -> IndexedSlices:
        """Return slices with `f` applied to each of the three parts."""
        shape = None if self._dense_shape is None else f(self._dense_shape)
        return IndexedSlices(f(self._values), f(self._indices), shape)

    def to_dense(self) -> Any:
        """Return the dense tensor, slices of equal index summed.

        Raises:
            ValueError: The dense shape is not known.
        """
        if self._dense_shape is None:
            raise ValueError(
                "Tensor conversion requested for IndexedSlices without dense_shape. "
                "Give the shape of the dense tensor as the third argument."
            )
        from tensor.core.registry import get_op

        rows = self._dense_shape[0]
        if isinstance(rows, EagerTensor):
            rows = rows.numpy()
        return get_op("UnsortedSegmentSum")(
            self._values, self._indices, num_segments=rows
        )

    # ---- gradients

    @property
    def differentiable_part(self) -> Any:
        """The values."""
        return self._values

    def with_gradient(self, gradient: Any) -> IndexedSlices:
        """Return the gradient of the values, as slices of the same indices."""
        return IndexedSlices(gradient, self._indices, self._dense_shape)

    # ---- for nest and tf.function

    @property
    def _type_spec(self) -> IndexedSlicesSpec:
        dense = self._dense_shape
        kind = dense.dtype if isinstance(dense, Tensor) else None
        return IndexedSlicesSpec(
            self.shape,
            self.dtype,
            self._indices.dtype,
            kind,
            self._indices.shape,
        )

    def composite_components(self) -> list[Any]:
        """Return the tensors that this is made of."""
        parts = [self._values, self._indices]
        if isinstance(self._dense_shape, Tensor):
            parts.append(self._dense_shape)
        return parts

    def composite_from(self, parts: Sequence[Any]) -> IndexedSlices:
        """Return slices made of other tensors."""
        values, indices, *rest = parts
        return IndexedSlices(values, indices, rest[0] if rest else self._dense_shape)

    @staticmethod
    def add(x: Any, y: Any) -> Any:
        """Return the sum of two gradients of which one at least is IndexedSlices."""
        if not (isinstance(x, IndexedSlices) and isinstance(y, IndexedSlices)):
            dense = [
                g.to_dense() if isinstance(g, IndexedSlices) else g for g in (x, y)
            ]
            return dense[0] + dense[1]
        from tensor.core.registry import get_op

        concat = get_op("ConcatV2")
        return IndexedSlices(
            concat(x.values, y.values, axis=0),
            concat(x.indices, y.indices, axis=0),
            x.dense_shape if x.dense_shape is not None else y.dense_shape,
        )

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __repr__(self) -> str:
        shape = (
            "" if self._dense_shape is None else f", dense_shape={self._dense_shape!s}"
        )
        return (
            f"IndexedSlices(indices={self._indices!s}, values={self._values!s}{shape})"
        )


@export("IndexedSlicesSpec")
class IndexedSlicesSpec(CompositeSpec):
    """Describes slices by the shape of the dense tensor and the parts' dtypes."""

    __slots__ = (
        "_dense_shape_dtype",
        "_dtype",
        "_indices_dtype",
        "_indices_shape",
        "_shape",
    )

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        indices_dtype: Any = dtypes.int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        """Describe slices.

        Args:
            shape: The shape of the dense tensor.
            dtype: The dtype of the values.
            indices_dtype: The dtype of the indices.
            dense_shape_dtype: The dtype of `dense_shape`; None if there is none.
            indices_shape: The shape of the indices: a vector.
        """
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._indices_dtype = dtypes.as_dtype(indices_dtype)
        kind = dense_shape_dtype
        self._dense_shape_dtype = None if kind is None else dtypes.as_dtype(kind)
        self._indices_shape = TensorShape(indices_shape).with_rank(1)

    @property
    def shape(self) -> TensorShape:
        """The static shape of the dense tensor."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the elements."""
        return self._dtype

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return IndexedSlices

    def composite_components(self) -> list[Any]:
        """Return the specs of values, indices and, if there is one, the shape."""
        dims = self._shape._dims
        count = self._indices_shape[0]
        parts = [
            TensorSpec.of(None if dims is None else (count, *dims[1:]), self._dtype),
            TensorSpec.of((count,), self._indices_dtype),
        ]
        if self._dense_shape_dtype is not None:
            rank = None if dims is None else len(dims)
            parts.append(TensorSpec.of((rank,), self._dense_shape_dtype))
        return parts

    def composite_from(self, parts: Sequence[Any]) -> IndexedSlices:
        """Return slices made of values, indices and shape."""
        return IndexedSlices(*parts)

    def _parameters(self) -> tuple[Any, ...]:
        return (
            self._shape,
            self._dtype,
            self._indices_dtype,
            self._dense_shape_dtype,
            self._indices_shape,
        )
