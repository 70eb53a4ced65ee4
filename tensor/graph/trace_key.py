"""Trace keys: what tells one trace of a function from another.

Tensors count by shape and dtype, variables too, and by which of them are the same one;
containers by structure; numbers and strings by value, where 1, 1.0 and True are equal
as they are in Python; other objects by their own equality, as long as they live.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np

from tensor.core import nest
from tensor.core.convert import convert
from tensor.core.dtypes import DType
from tensor.core.shapes import TensorShape
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, TypeSpec
from tensor.core.variable import Variable

_LITERALS = frozenset((bool, int, float, complex, str, bytes, type(None)))
# Kept as they are: made anew for each call, or without end.
_BY_VALUE = (
    TypeSpec,
    TensorShape,
    DType,
    type,
    types.MethodType,
    types.BuiltinMethodType,
)


class Leaves(list[Any]):
    """The tensors among the arguments of a call, in order.

    Attributes:
        variables: The variables among them, each once.
        fit_trace: Whether their shapes are those of the trace that was chosen.
    """

    __slots__ = ("fit_trace", "variables")

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.fit_trace = True


def encode(value: Any, leaves: Leaves) -> Any:
    """Return what counts of an argument for the choice of a trace; collect its tensors.

    Tensors and NumPy values are appended to `leaves`, as tensors.

    Raises:
        TypeError: The argument cannot be compared with those of later calls.
    """
    kind = type(value)
    if kind is EagerTensor:
        leaves.append(value)
        array = value._array
        return array.shape, array.dtype
    if kind in _LITERALS:
        return value
    if kind is tuple or kind is list:
        return (kind, *[encode(v, leaves) for v in value])
    return _encode_other(value, leaves)


def _encode_other(value: Any, leaves: Leaves) -> Any:
    if isinstance(value, Tensor):
        leaves.append(value)
        return value.static_shape, value.dtype.numpy_dtype
    if isinstance(value, np.ndarray | np.generic):
        return encode(convert(value), leaves)
    if isinstance(value, TensorSpec):
        leaves.append(value)
        return value.dims, value.dtype.numpy_dtype
    if type(value) is Variable:
        return _encode_variable(value, leaves)
    if hasattr(value, "read_for_op"):
        return Identity(value)
    if hasattr(value, "composite_components"):
        parts = value.composite_components()
        codes = [encode(v, leaves) for v in parts]
        spec = getattr(value, "_type_spec", None)
        return (type(value), *codes) if spec is None else spec
    return _encode_container(value, leaves)


def _encode_container(value: Any, leaves: Leaves) -> Any:
    if hasattr(value, "__tf_tracing_type__"):
        return value.__tf_tracing_type__(None)
    if isinstance(value, Mapping):
        items = [(k, encode(value[k], leaves)) for k in _sorted_keys(value)]
        return (dict, *items)
    if nest.is_nested(value):
        codes = [encode(v, leaves) for v in nest.children(value)]
        if hasattr(value, "__tf_flatten__"):
            codes.append(encode(value.__tf_flatten__()[0], leaves))
        return (type(value), *codes)
    return _encode_object(value)


def _encode_variable(variable: Variable, leaves: Leaves) -> Any:
    """Return a variable's shape, dtype, and which of the call's variables it is."""
    found = [i for i, other in enumerate(leaves.variables) if other is variable]
    if not found:
        leaves.variables.append(variable)
    number = found[0] if found else len(leaves.variables) - 1
    dtype = variable.dtype.numpy_dtype
    return Variable, variable.static_shape, dtype, variable.trainable, number


def _encode_object(value: Any) -> Any:
    if isinstance(value, weakref.ref):
        raise TypeError(f"weakref input {value} not supported for tf.function.")
    key: Any = value
    if not isinstance(value, _BY_VALUE):
        try:
            key = weakref.ref(value)
        except TypeError:
            key = value  # a weak reference is for what may be let go of
    try:
        hash(key)
    except TypeError:
        raise TypeError(
            f"Could not generate a generic TraceType for {value!r}. Please verify that "
            "it is immutable/hashable. Otherwise, consider implementing the Tracing "
            "Protocol for it."
        ) from None
    return key


class Identity:
    """A variable of another kind by identity; it is not kept alive."""

    __slots__ = ("_key", "_reference")

    def __init__(self, value: Any) -> None:
        self._key = id(value)
        self._reference = weakref.ref(value)

    def __hash__(self) -> int:
        return self._key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity) or self._key != other._key:
            return False
        mine = self._reference()
        return mine is not None and mine is other._reference()


def _sorted_keys(mapping: Any) -> list[Any]:
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


def without_shapes(key: Any) -> Any:
    """Return a key that tells tensors apart by dtype only."""
    if isinstance(key, CompositeSpec):
        return type(key), *[p.dtype for p in nest.flatten(key, True)]
    if type(key) is not tuple:
        return key
    if len(key) == 2 and isinstance(key[1], np.dtype) and type(key[0]) is not type:
        return key[1]
    return tuple([without_shapes(part) for part in key])
