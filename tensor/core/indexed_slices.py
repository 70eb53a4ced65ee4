"""IndexedSlices: the gradient of a lookup, as the rows that were looked up.

The gradient of `tf.gather(table, ids)` touches few rows of a large table. Kept as
(values, indices), it costs what the batch costs, not what the table costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.public_api import export
from tensor.core.shapes import TensorShape

if TYPE_CHECKING:
    from collections.abc import Callable


class CompositeTensor:
    """A value made of several tensors, such as IndexedSlices or RaggedTensor."""

    __slots__ = ()


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
        return TensorShape([int(d) for d in self._dense_shape])

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
        if hasattr(rows, "numpy"):
            rows = rows.numpy()
        return get_op("UnsortedSegmentSum")(
            self._values, self._indices, num_segments=rows
        )

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
            "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        )
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"
