"""TensorSpec: the shape and dtype of a value that is not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.context import context
from tensor.core.shapes import Dims, TensorShape, are_compatible, relax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.dtypes import DType


class TypeSpec:
    """Describes a family of values: what `tf.function` signatures are made of."""

    __slots__ = ()

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        raise NotImplementedError(f"{type(self).__name__} must define `value_type`.")

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a value (or every value of a spec) fits this spec."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `is_compatible_with`."
        )


def no_common_spec(one: TypeSpec, other: Any) -> ValueError:
    """Return the error that says that no spec fits the values of two others."""
    return ValueError(f"No TypeSpec is compatible with both {one!r} and {other!r}")


class CompositeSpec(TypeSpec):
    """Describes values made of several tensors: ragged, sparse, user-defined.

        A spec and the values that it describes take part in the same protocol. tf.nest
        with `expand_composites`, traced functions, branches and loops use it::

            composite_components()    the parts: tensors of a value, specs of a spec
            composite_from(parts)     a value like this one made of other parts

    Values that have slices along a first axis also define `slice_at` and `slice_count`,
        their specs `unbatched`; those whose values stack, `batched` and `stacked`.
        `_type_spec` of a value is its spec; specs compare and hash by `_parameters`.
    """

    __slots__ = ()

    def _parameters(self) -> tuple[Any, ...]:
        """Return what tells this spec from others of its class."""
        raise NotImplementedError(f"{type(self).__name__} must define `_parameters`.")

    def composite_components(self) -> list[Any]:
        """Return the specs of the parts."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `composite_components`."
        )

    def composite_from(self, parts: Any) -> Any:
        """Return a value that fits this spec, made of its parts."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `composite_from`."
        )

    # ---- the same under the names that TensorFlow's own types use

    @property
    def _component_specs(self) -> Any:
        return self.composite_components()

    def _to_components(self, value: Any) -> Any:
        return value.composite_components()

    def _from_components(self, components: Any) -> Any:
        return self.composite_from(components)

    def _serialize(self) -> tuple[Any, ...]:
        return self._parameters()

    @classmethod
    def _deserialize(cls, serialization: Any) -> Any:
        return cls(*serialization)

    # ---- what stacks, and what has slices

    def batched(self, count: int | None) -> CompositeSpec:
        """Return the spec of so many values stacked.

        Raises:
            TypeError: Such values do not stack.
        """
        raise TypeError(f"Values described by {self!r} do not stack.")

    def unbatched(self) -> CompositeSpec:
        """Return the spec of the slices of a value along its first axis.

        Raises:
            TypeError: Such values have none.
        """
        raise TypeError(f"Values described by {self!r} have no slices.")

    def stacked(self, values: Sequence[Any]) -> Any:
        """Return values that fit this spec as the slices of one value.

        Raises:
            TypeError: Such values do not stack.
        """
        raise TypeError(f"Values described by {self!r} do not stack.")

    def most_specific_compatible_type(self, other: Any) -> Any:
        """Return the narrowest spec that fits the values of both.

        Raises:
            ValueError: There is none.
        """
        if self != other:
            raise no_common_spec(self, other)
        return self

    def most_specific_common_supertype(self, others: Any) -> Any:
        """Return the narrowest spec that this and `others` fit, None if none does."""
        result = self
        for other in others:
            try:
                result = result.most_specific_compatible_type(other)
            except ValueError:
                return None
        return result

    @property
    def _type_spec(self) -> CompositeSpec:
        return self

    @classmethod
    def from_value(cls, value: Any) -> Any:
        """Describe a value."""
        return value._type_spec

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether a value, or every one of a spec, fits this spec."""
        other = getattr(spec_or_value, "_type_spec", None)
        if type(other) is not type(self):
            return False
        mine, theirs = self.composite_components(), other.composite_components()
        return len(mine) == len(theirs) and all(
            a.is_compatible_with(b) for a, b in zip(mine, theirs, strict=True)
        )

    def is_subtype_of(self, other: Any) -> bool:
        """Return whether every value that fits this spec also fits `other`."""
        if type(other) is not type(self):
            return False
        mine, theirs = self.composite_components(), other.composite_components()
        return len(mine) == len(theirs) and all(
            a.is_subtype_of(b) for a, b in zip(mine, theirs, strict=True)
        )

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._parameters() == other._parameters()

    def __hash__(self) -> int:
        return hash((type(self), self._parameters()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._parameters()!r}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._parameters()


class TensorSpec(TypeSpec):
    """Shape, dtype and optional name of a tensor that is not there yet."""

    __slots__ = ("_dims", "_dtype", "_name")
    _dims: Dims | None
    _dtype: DType
    _name: str | None

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: Any = None):
        """Describe tensors of `shape` (may be partly unknown) and `dtype`."""
        self._dims = TensorShape(shape)._dims
        self._dtype = dtypes.as_dtype(dtype)
        self._name = name

    @classmethod
    def of(cls, dims: Dims | None, dtype: DType, name: str | None = None) -> TensorSpec:
        """Make a spec from a static shape without checking it."""
        spec = object.__new__(cls)
        spec._dims = dims
        spec._dtype = dtype
        spec._name = name
        return spec

    @classmethod
    def from_spec(cls, spec: Any, name: Any = None) -> TensorSpec:
        """Return the spec with another name."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: Any = None) -> TensorSpec:
        """Describe `tensor`, by its static shape.

        Raises:
            ValueError: It is no tensor.
        """
        if not hasattr(tensor, "dtype"):
            raise ValueError(
                f"`tensor` should be a tf.Tensor, but got type {type(tensor)}."
            )
        if name is None and context.graph is not None and hasattr(tensor, "op"):
            name = tensor.op.name
        return cls(tensor.shape, tensor.dtype, name)

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return TensorShape.of(self._dims)

    @property
    def dims(self) -> Dims | None:
        """The static shape as a tuple, or None for unknown rank."""
        return self._dims

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name, if one was given."""
        return self._name

    @property
    def rank(self) -> int | None:
        """The number of dimensions, None when unknown."""
        return None if self._dims is None else len(self._dims)

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        from tensor.core.tensor import Tensor  # tensors describe themselves by specs

        return Tensor

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Return whether dtype and shape fit a tensor or another spec."""
        if not hasattr(spec_or_tensor, "dtype"):
            return False
        return self._dtype == spec_or_tensor.dtype and are_compatible(
            self._dims, TensorShape(spec_or_tensor.shape)._dims
        )

    def is_subtype_of(self, other: Any) -> bool:
        """Return whether every tensor that fits this spec also fits `other`.

        A spec with a name is narrower than one of another name, or of none.
        """
        return (
            isinstance(other, TensorSpec)
            and self._name in (None, other._name)
            and self._dtype == other._dtype
            and self.shape.is_subtype_of(other._dims)
        )

    def most_specific_common_supertype(self, others: Any) -> TensorSpec | None:
        """Return the narrowest spec that this and `others` fit, None if none does."""
        dims = self._dims
        for other in others:
            if not isinstance(other, TensorSpec) or other._dtype != self._dtype:
                return None
            dims = relax(dims, other._dims)
        return TensorSpec.of(dims, self._dtype, self._name)

    def most_specific_compatible_type(self, other: TensorSpec) -> TensorSpec:
        """Return the narrowest spec that fits both; TF's older name.

        Raises:
            ValueError: There is none: the dtypes differ.
        """
        result = self.most_specific_common_supertype([other])
        if result is None:
            raise no_common_spec(self, other)
        return result

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TensorSpec)
            and type(self) is type(other)
            and self._dims == other._dims
            and self._dtype is other._dtype
            and self._name == other._name
        )

    def __hash__(self) -> int:
        return hash((self._dims, self._dtype))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(shape={self.shape}, dtype={self._dtype!r}, "
            f"name={self._name!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._dims, self._dtype, self._name)
