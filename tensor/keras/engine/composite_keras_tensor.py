"""Ragged and sparse Keras tensors: functions and methods applied to them are layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.core import composites
from tensor.core.indexed_slices import CompositeTensor
from tensor.keras import settings
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.engine.layer import Layer
from tensor.keras.engine.op_layer import TFOpLambda

if TYPE_CHECKING:
    from tensor.core.tensor_spec import CompositeSpec


class CompositeKerasTensor(KerasTensor, CompositeTensor):
    """A ragged or sparse tensor that a layer will return."""

    def __init__(self, spec: Any) -> None:
        """Take what describes the value."""
        self._spec = spec

    @property
    def shape(self) -> Any:
        """The static shape."""
        return self._spec.shape

    def get_shape(self) -> Any:
        """Return the static shape."""
        return self._spec.shape

    @property
    def static_shape(self) -> Any:
        """The static shape as a tuple with None for unknown dimensions."""
        dims = self._spec.shape
        return None if dims.rank is None else tuple(dims.as_list())

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self._spec.dtype

    @property
    def _type_spec(self) -> Any:
        return self._spec

    def __hash__(self) -> int:
        return id(self)


class RaggedKerasTensor(CompositeKerasTensor):
    """A ragged tensor that a layer will return."""

    @property
    def ragged_rank(self) -> int:
        """The number of ragged levels."""
        return int(self._spec.ragged_rank)

    def __getitem__(self, key: Any) -> Any:
        return InstanceMethod("__getitem__")(self, [key])


class SparseKerasTensor(CompositeKerasTensor):
    """A sparse tensor that a layer will return."""


class _Attribute(Layer):
    """Takes an attribute of its input."""

    def __init__(self, attr_name: str, name: str | None = None, **kwargs: Any) -> None:
        """Take the attribute's name."""
        kwargs["autocast"] = False
        name = name or settings.unique_name(
            f"input.{attr_name.strip('_')}", avoid_given_names=True
        )
        super().__init__(name=name, **kwargs)
        self.attr_name = attr_name
        self.built = True

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "attr_name": self.attr_name}


class InstanceProperty(_Attribute):
    """Takes a property of a ragged or sparse tensor."""

    def call(self, obj: Any) -> Any:
        return getattr(obj, self.attr_name)


class InstanceMethod(_Attribute):
    """Calls a method of a ragged or sparse tensor."""

    def call(self, obj: Any, args: Any = (), kwargs: Any = None) -> Any:
        return getattr(obj, self.attr_name)(*args, **(kwargs or {}))


def composite_keras_tensor(spec: CompositeSpec) -> CompositeKerasTensor:
    """Return a Keras tensor for what a spec describes.

    Raises:
        ValueError: It describes neither a ragged nor a sparse tensor.
    """
    if isinstance(spec, tf.RaggedTensorSpec):
        return RaggedKerasTensor(spec)
    if isinstance(spec, tf.SparseTensorSpec):
        return SparseKerasTensor(spec)
    raise ValueError(
        "KerasTensor only supports TypeSpecs that have a shape field; got "
        f"{type(spec).__qualname__}, which does not have a shape. Put what makes and "
        "uses such values into one layer."
    )


# ---- what ragged and sparse tensors offer

_RAGGED_PROPERTIES = ("values", "flat_values", "row_splits", "nested_row_splits")
_RAGGED_METHODS = (
    "bounding_shape",
    "merge_dims",
    "nested_row_lengths",
    "nested_value_rowids",
    "nrows",
    "row_lengths",
    "row_limits",
    "row_starts",
    "to_sparse",
    "to_tensor",
    "value_rowids",
    "with_flat_values",
    "with_row_splits_dtype",
    "with_values",
)
_SPARSE_PROPERTIES = ("indices", "values", "dense_shape")
_SPARSE_METHODS = ("with_values",)
_BINARY = {
    "add": "math.add",
    "sub": "math.subtract",
    "mul": "math.multiply",
    "truediv": "math.truediv",
    "floordiv": "math.floordiv",
    "mod": "math.mod",
    "pow": "math.pow",
    "and": "math.logical_and",
    "or": "math.logical_or",
    "xor": "math.logical_xor",
}
_COMPARISONS = {
    "lt": "math.less",
    "le": "math.less_equal",
    "gt": "math.greater",
    "ge": "math.greater_equal",
}
_UNARY = {"neg": "math.negative", "abs": "math.abs", "invert": "math.logical_not"}


def _property(name: str) -> property:
    return property(lambda self: InstanceProperty(name)(self))


def _method(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return InstanceMethod(name)(self, list(args), kwargs)

    return method


def _operator(function: str, swaps: bool = False) -> Any:
    def operator(self: Any, *other: Any) -> Any:
        if swaps and isinstance(other[0], bool | int | float):
            # A layer would make a tensor of its first argument, of its own dtype.
            other = (tf.constant(other[0], self.dtype),)
        operands = (*other, self) if swaps else (self, *other)
        return TFOpLambda(f"tf.{function}")(*operands)

    return operator


def _attach() -> None:
    for cls, properties, methods in (
        (RaggedKerasTensor, _RAGGED_PROPERTIES, _RAGGED_METHODS),
        (SparseKerasTensor, _SPARSE_PROPERTIES, _SPARSE_METHODS),
    ):
        for name in properties:
            setattr(cls, name, _property(name))
        for name in methods:
            setattr(cls, name, _method(name))
    for name, function in (_BINARY | _COMPARISONS | _UNARY).items():
        setattr(CompositeKerasTensor, f"__{name}__", _operator(function))
    for name, function in _BINARY.items():
        setattr(CompositeKerasTensor, f"__r{name}__", _operator(function, swaps=True))


def _as_layer(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply a public function as a layer; what composites' handlers do."""
    return TFOpLambda(function)(*args, **kwargs)


_attach()
composites.handlers.append((CompositeKerasTensor, _as_layer))
