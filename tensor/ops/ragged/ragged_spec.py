"""tf.RaggedTensorSpec: shape, dtype and levels of a ragged tensor to come."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.core.tensor_spec import TypeSpec


@export("RaggedTensorSpec")
class RaggedTensorSpec(TypeSpec):
    """Describes ragged tensors by shape, dtype and the number of ragged levels."""

    __slots__ = ("_dtype", "_ragged_rank", "_row_splits_dtype", "_shape")

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = dtypes.int64,
        flat_values_spec: Any = None,
    ) -> None:
        """Describe ragged tensors.

        Raises:
            ValueError: Neither a rank nor `ragged_rank` is known.
        """
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._row_splits_dtype = dtypes.as_dtype(row_splits_dtype)
        if ragged_rank is None:
            if self._shape.rank is None:
                raise ValueError("Must specify ragged_rank or a shape with known rank.")
            ragged_rank = self._shape.rank - 1
        self._ragged_rank = ragged_rank

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._dtype

    @property
    def ragged_rank(self) -> int:
        """The number of ragged levels."""
        return self._ragged_rank

    @property
    def row_splits_dtype(self) -> dtypes.DType:
        """The dtype of the row splits."""
        return self._row_splits_dtype

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        from tensor.ops.ragged.ragged_tensor import RaggedTensor

        return RaggedTensor

    @classmethod
    def from_value(cls, value: Any) -> Any:
        """Describe a ragged tensor."""
        return value._type_spec

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a ragged tensor, or every one of a spec, fits this spec."""
        other = getattr(spec_or_value, "_type_spec", spec_or_value)
        return (
            isinstance(other, RaggedTensorSpec)
            and self._dtype is other._dtype
            and self._ragged_rank == other._ragged_rank
            and self._shape.is_compatible_with(other._shape)
        )

    def _parts(self) -> tuple[Any, ...]:
        return self._shape, self._dtype, self._ragged_rank, self._row_splits_dtype

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RaggedTensorSpec) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return (
            f"RaggedTensorSpec({self._shape!r}, {self._dtype!r}, {self._ragged_rank}, "
            f"{self._row_splits_dtype!r})"
        )
