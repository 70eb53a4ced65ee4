"""tf.TensorArraySpec: what is known of a TensorArray to come."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape, relax
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, no_common_spec
from tensor.graph.control.list_ops import LIST
from tensor.graph.control.tensor_array import TensorArray


@export("TensorArraySpec")
class TensorArraySpec(CompositeSpec):
    """Describes TensorArrays by the shape and dtype of their elements."""

    __slots__ = ("_dtype", "_dynamic_size", "_element_shape", "_infer_shape")

    def __init__(
        self,
        element_shape: Any = None,
        dtype: Any = dtypes.float32,
        dynamic_size: bool = False,
        infer_shape: bool = True,
    ) -> None:
        self._element_shape = TensorShape(element_shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._dynamic_size = dynamic_size
        self._infer_shape = infer_shape

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return TensorArray

    @classmethod
    def from_value(cls, value: Any) -> TensorArraySpec:
        """Describe a TensorArray.

        Raises:
            TypeError: It is none.
        """
        if not isinstance(value, TensorArray):
            raise TypeError(
                f"Expected value to be a TensorArray, but got: `{type(value)}`"
            )
        return cls(
            value.element_shape, value.dtype, value.dynamic_size, value.infers_shape
        )

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a TensorArray, or every one of a spec, fits this spec."""
        other = spec_or_value
        if isinstance(other, TensorArray):
            other = TensorArraySpec.from_value(other)
        return (
            isinstance(other, TensorArraySpec)
            and self._dtype is other._dtype
            and self._dynamic_size == other._dynamic_size
            and self._element_shape.is_compatible_with(other._element_shape)
        )

    def most_specific_compatible_type(self, other: Any) -> TensorArraySpec:
        """Return the narrowest spec that fits the values of both.

        Raises:
            ValueError: There is none.
        """
        if not isinstance(other, TensorArraySpec) or (
            (self._dtype, self._dynamic_size) != (other._dtype, other._dynamic_size)
        ):
            raise no_common_spec(self, other)
        dims = relax(self._element_shape._dims, other._element_shape._dims)
        infers = self._infer_shape and other._infer_shape
        return TensorArraySpec(dims, self._dtype, self._dynamic_size, infers)

    def composite_components(self) -> list[TensorSpec]:
        """Return the spec of the list that holds the elements."""
        return [LIST]

    def composite_from(self, parts: Any) -> TensorArray:
        """Return an array whose elements are in a list."""
        array = TensorArray(
            self._dtype,
            size=0,
            dynamic_size=self._dynamic_size,
            infer_shape=self._infer_shape,
            element_shape=self._element_shape,
        )
        return array.with_flow(parts[0])

    def _parameters(self) -> tuple[Any, ...]:
        return (
            self._element_shape,
            self._dtype,
            self._dynamic_size,
            self._infer_shape,
        )
