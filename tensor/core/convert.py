"""From Python and NumPy values to tensors, by TensorFlow's rules.

A Python number takes the dtype asked for, or float32 / int32 (int64 when it does not
fit); a NumPy array keeps its own dtype unless another one is asked for; a tensor is
never converted: asking for another dtype is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import PLAIN_TYPES
from tensor.core.composites import CompositeArgument
from tensor.core.context import context
from tensor.core.dtypes import DType
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.python_values import encoded, from_number, from_sequence
from tensor.core.registry import get_op
from tensor.core.tensor import Array, EagerTensor, Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

# Pairs of a type and the function that converts its values, by priority.
_CONVERTERS: list[tuple[int, Any, Callable[..., Any]]] = []


@export("register_tensor_conversion_function")
def register_tensor_conversion_function(
    base_type: Any, conversion_func: Callable[..., Any], priority: int = 100
) -> None:
    """Teach `convert_to_tensor` to convert instances of `base_type`.

    Args:
        base_type: A class, or a tuple of classes.
        conversion_func: `f(value, dtype=None, name=None, as_ref=False)` returns a
            tensor, or NotImplemented to let another function try.
        priority: Functions of lower numbers are asked first.

    Raises:
        TypeError: `base_type` is no class, or `conversion_func` is not callable.
    """
    types = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(t, type) for t in types):
        raise TypeError(
            f"base_type must be a type or a tuple of types, got {base_type!r}"
        )
    if not callable(conversion_func):
        raise TypeError(f"conversion_func must be callable, got {conversion_func!r}")
    _CONVERTERS.append((priority, base_type, conversion_func))
    _CONVERTERS.sort(key=lambda row: row[0])


def convert(value: Any, dtype: DType | None = None, hint: DType | None = None) -> Any:
    """Return `value` as a tensor; the short form that ops use.

    Args:
        value: A tensor, variable, NumPy value, Python number, string, or nested
            sequence of these.
        dtype: The dtype to have, an error if a tensor has another one.
        hint: The dtype to prefer where `value` leaves it open.

    Raises:
        ValueError: A tensor of another dtype than asked for, or a value that is no
            tensor: None, ragged or mixed sequences.
        TypeError: A Python value that the dtype cannot hold.
    """
    if type(value) is EagerTensor:
        if dtype is not None and value.dtype is not dtype:
            raise _wrong_dtype(value, dtype)
        return value
    return _convert_other(value, dtype, hint)


def _convert_other(value: Any, dtype: DType | None, hint: DType | None) -> Any:
    is_variable = hasattr(value, "read_for_op")
    if is_variable or isinstance(value, Tensor):
        if dtype is not None and value.dtype is not dtype:
            raise _wrong_dtype(value, dtype)
        return value.read_for_op() if is_variable else value
    if dtype is None and hint is not None:
        try:
            return _convert_other(value, hint, None)
        except (TypeError, ValueError):
            # A hint is a wish: the value's own dtype will do.
            return _convert_other(value, None, None)
    if type(value) not in PLAIN_TYPES:
        result = _convert_by_protocol(value, dtype)
        if result is not None:
            return result
    return constant_tensor(to_array(value, dtype))


def _convert_by_protocol(value: Any, dtype: DType | None) -> Any:
    """Return a tensor made by whoever knows such values, None if nobody does."""
    for _, base_type, function in _CONVERTERS:
        if isinstance(value, base_type):
            result = function(value, dtype=dtype, name=None, as_ref=False)
            if result is not NotImplemented:
                return result
    if hasattr(value, "__tf_tensor__"):
        return value.__tf_tensor__(dtype, None)
    if hasattr(value, "to_dense") and hasattr(value, "indices"):
        return convert(value.to_dense(), dtype)
    if isinstance(value, list | tuple) and _holds_tensors(value):
        return _stack(value, dtype)
    return None


def constant_tensor(array: Array, name: str | None = None) -> Any:
    """Return `array` as a tensor: a constant of the graph being traced, if any."""
    if context.graph is not None:
        return context.graph.constant(array, name)
    return wrap(array)


def _wrong_dtype(tensor: Any, dtype: DType) -> ValueError:
    if hasattr(tensor, "read_for_op"):
        return ValueError(
            f"Incompatible type conversion requested to type {dtype.name} for "
            f"`tf.Variable of type {tensor.dtype.name}. (Variable: {tensor!r}). Use "
            f"tf.cast(v, {dtype!r}) to convert its value."
        )
    return ValueError(
        f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype "
        f"{tensor.dtype.name}: {tensor!r}. Use tf.cast(x, {dtype!r}) to convert it."
    )


def _holds_tensors(values: Any) -> bool:
    return any(
        isinstance(v, Tensor)
        or hasattr(v, "read_for_op")
        or hasattr(v, "__tf_tensor__")
        or (isinstance(v, list | tuple) and _holds_tensors(v))
        for v in values
    )


def _first_dtype(values: Any) -> DType | None:
    for v in values:
        if isinstance(v, Tensor) or hasattr(v, "read_for_op"):
            return v.dtype  # type: ignore[no-any-return]
        if isinstance(v, list | tuple):
            found = _first_dtype(v)
            if found is not None:
                return found
    return None


def _stack(values: Any, dtype: DType | None) -> Any:
    """Return a sequence that holds tensors as one tensor, stacked along a new axis.

    Raises:
        InvalidArgumentError: It holds tensors of different dtypes.
    """
    wanted: Any = dtype or _first_dtype(values)
    parts = [_part(v, wanted, is_asked_for=dtype is not None) for v in values]
    for i, part in enumerate(parts):
        if part.dtype is not wanted:
            raise errors.invalid(
                "Pack",
                f"cannot compute Pack as input #{i}(zero-based) was expected to be a "
                f"{dtypes.short_name(wanted)} tensor but is a "
                f"{dtypes.short_name(part.dtype)} tensor",
            )
    return get_op("Pack")(*parts, axis=0)


def _part(value: Any, dtype: DType, is_asked_for: bool) -> Any:
    """Return a part of a sequence as a tensor, of `dtype` unless it has another."""
    if not (isinstance(value, Tensor) or hasattr(value, "read_for_op")):
        return convert(value, dtype)
    value = convert(value)
    if not is_asked_for or value.dtype is dtype:
        return value
    # A list is converted as a whole: values inside it may change their dtype.
    if type(value) is EagerTensor:
        return wrap(to_array(value._array, dtype))
    return get_op("Cast")(value, dtype=dtype)


def to_array(value: Any, dtype: DType | None = None) -> Array:
    """Return a Python or NumPy value as a NumPy array of a dtype that tensors have.

    The array is new, so that later changes to `value` do not change the tensor.

    Raises:
        ValueError: The value cannot be an array.
        TypeError: The dtype cannot hold it.
    """
    if isinstance(value, np.ndarray | np.generic):
        return _from_numpy(value, dtype)
    kind = type(value)
    if kind is float or kind is int or kind is bool or kind is complex:
        return from_number(value, dtype)
    if kind is str or kind is bytes:
        return encoded(np.array(value, dtype=object), dtype)
    if isinstance(value, list | tuple | range):
        return from_sequence(value, dtype)
    return _from_object(value, dtype)


def _from_object(value: Any, dtype: DType | None) -> Array:
    """Return an array made of a value that is no number, string or sequence."""
    if isinstance(value, CompositeTensor):
        raise CompositeArgument(value)
    if hasattr(value, "_dims"):  # a TensorShape
        return _from_shape(value, dtype)
    if isinstance(value, DType | type):
        raise _unsupported(value)
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return _from_numpy(np.asarray(value), dtype)
    if hasattr(value, "__index__"):
        return from_number(value.__index__(), dtype)
    is_sequence = hasattr(value, "__len__") and hasattr(value, "__getitem__")
    if is_sequence and not isinstance(value, dict):
        return from_sequence(list(value), dtype)
    raise _unsupported(value)


def _unsupported(value: Any) -> ValueError:
    if value is None and context.graph is not None:
        return ValueError("None values not supported. Expected a tensor or a number.")
    return ValueError(
        f"Attempt to convert a value ({value!r}) with an unsupported type "
        f"({type(value)!r}) to a Tensor."
    )


def _from_shape(shape: Any, dtype: DType | None) -> Array:
    if not shape.is_fully_defined():
        raise ValueError(
            f"Cannot convert a partially known TensorShape {shape} to a Tensor."
        )
    sizes = shape.as_list()
    if dtype not in (None, dtypes.int32, dtypes.int64):
        raise TypeError(
            f"Cannot convert a TensorShape to dtype {dtype}: sizes are int32 or int64."
        )
    if dtype is dtypes.int32 and max(sizes, default=0) > dtype.max:
        raise ValueError(
            f"Cannot convert TensorShape {shape} to dtype int32; a dimension is too "
            "large. Consider using tf.int64."
        )
    return from_sequence(sizes, dtype)


def _from_numpy(value: Any, dtype: DType | None) -> Array:
    if value.dtype.kind in "OSU":
        return encoded(np.array(value, dtype=object), dtype)
    if value.dtype.kind in "Mm":
        raise ValueError(
            "Failed to convert a NumPy array to a Tensor (Unsupported numpy type: "
            f"{value.dtype})."
        )
    if dtype is None:
        target = dtypes.from_numpy(value.dtype).numpy_dtype
    else:
        _check_holds(value.dtype, dtype, value)
        target = dtype.numpy_dtype
    if isinstance(value, np.generic):
        return value.astype(target)
    return np.array(value, dtype=target, order="C")


def _check_holds(source: np.dtype[Any], dtype: DType, value: Any) -> None:
    if (dtype is dtypes.string) != (source.kind in "OSU"):
        raise TypeError(
            f"Cannot convert {value!r} to EagerTensor of dtype {dtype.name}"
        )


@export("convert_to_tensor")
def convert_to_tensor(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None
) -> Any:
    """Convert `value` to a tensor.

    Args:
        value: A tensor, variable, NumPy value, Python number, string, or nested
            sequence of these.
        dtype: The dtype to have. A tensor of another dtype is an error.
        dtype_hint: The dtype to prefer where `value` leaves it open.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `value` is no tensor, or is one of another dtype.
        TypeError: `value` does not fit the dtype.
    """
    return convert(
        value,
        None if dtype is None else dtypes.as_dtype(dtype),
        None if dtype_hint is None else dtypes.as_dtype(dtype_hint),
    )


@export("is_tensor")
def is_tensor(x: Any) -> bool:
    """Return whether `x` is a tensor, a variable, or ragged or sparse."""
    return (
        isinstance(x, Tensor)
        or hasattr(x, "read_for_op")
        or (isinstance(x, CompositeTensor) and x.is_one_tensor)
    )
