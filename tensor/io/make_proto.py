"""tf.make_tensor_proto and tf.make_ndarray: values as TensorProto, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import to_array
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.core.tensor import Tensor
from tensor.io.tensor_proto import TensorProto, array_of, list_of, shape_proto

# Types whose elements TensorFlow writes as bytes, if there are several.
_AS_BYTES = {"float16", "bfloat16", "float32", "float64", "uint8", "uint32", "uint64"}
_AS_BYTES |= {"int8", "int16", "int32", "int64"}


@export("make_tensor_proto")
def make_tensor_proto(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> TensorProto:
    """Return a value as a protocol buffer.

    Args:
        values: A number, a text, an array, or nested lists of them.
        dtype: The dtype; by default that which tf.constant gives them.
        shape: The shape. If it has more elements than there are values, the last value
            stands for those that are left out.
        verify_shape: Whether the values must have just this shape.
        allow_broadcast: Whether one value may stand for all; no other number may.

    Raises:
        ValueError: There are no values, more than elements, or rows of different
            lengths.
        TypeError: A value is no number or text, does not fit the dtype, or the shape
            is another than was asked for.
    """
    array = _as_array(values, None if dtype is None else dtypes.as_dtype(dtype))
    dims = array.shape
    if shape is not None:
        dims = tuple(to_array(TensorShape(shape), dtypes.int64).tolist())
    size = math.prod(dims)
    strict = verify_shape or (allow_broadcast and array.size > 1)
    if strict and array.shape != dims:
        raise TypeError(
            f"Expected Tensor's shape: {dims}, but got {array.shape}. Reshape the "
            "values, or pass their own shape."
        )
    if array.size > size:
        raise ValueError(
            f"Too many elements provided. Takes at most {size}, but got {array.size}."
        )
    kind = dtypes.from_numpy(array.dtype)
    proto = TensorProto(dtype=kind.as_datatype_enum, tensor_shape=shape_proto(dims))
    if kind.name in _AS_BYTES and array.size == size > 1:
        proto.tensor_content = array.tobytes()
    else:
        list_of(proto, kind).extend(_listed(array, kind))
    return proto


@export("make_ndarray")
def make_ndarray(tensor: TensorProto) -> np.ndarray:
    """Return the array that a TensorProto holds.

    Raises:
        DecodeError: The number of elements does not fit the shape.
    """
    return array_of(tensor).copy()


def _as_array(values: Any, dtype: dtypes.DType | None) -> np.ndarray:
    """Return values as an array, converted as tf.constant would.

    Raises:
        ValueError: There are none.
        TypeError: A value is no number or text, or does not fit the dtype.
    """
    if values is None:
        raise ValueError("None values not supported.")
    if isinstance(values, Tensor | np.ndarray | np.generic):
        array = np.asarray(values)
        if array.dtype.kind in "SU":
            array = np.asarray(to_array(array, dtypes.string), object)
        return array if dtype is None else array.astype(dtype.numpy_dtype)
    flat = _flat(values)
    if dtype is not None:
        for value in flat:
            if not _fits(value, dtype):
                raise TypeError(
                    f"Expected {dtype.name}, but got {value} of type "
                    f"'{type(value).__name__}'."
                )
    try:
        if dtype is not None and dtype.is_integer:
            return np.array(values, np.int64).astype(dtype.numpy_dtype)
        return np.asarray(to_array(values, dtype))
    except (TypeError, ValueError) as error:
        if isinstance(error, ValueError) and "rectangular" in str(error):
            raise ValueError(
                "setting an array element with a sequence. The rows of "
                f"{values!r} have different lengths."
            ) from None
        raise TypeError(
            f"Failed to convert elements of {values} to Tensor. Consider casting "
            "elements to a supported type: numbers or texts, of one kind."
        ) from None


def _flat(values: Any) -> list[Any]:
    if isinstance(values, list | tuple):
        return [leaf for value in values for leaf in _flat(value)]
    return [values]


def _fits(value: Any, dtype: dtypes.DType) -> bool:
    """Return whether a Python value can be an element of a dtype."""
    if dtype is dtypes.string:
        return isinstance(value, str | bytes)
    if dtype.is_bool:
        return isinstance(value, bool | np.bool_)
    if dtype.is_integer:
        return hasattr(value, "__index__")
    return not isinstance(value, str | bytes | list | tuple | dict)


def _listed(array: np.ndarray, dtype: dtypes.DType) -> list[Any]:
    """Return elements as a TensorProto lists them."""
    if dtype.is_complex:
        array = array.reshape(-1).view(dtype.real_dtype.numpy_dtype)
    elif dtype.name in ("float16", "bfloat16"):
        array = array.reshape(-1).view(np.uint16)
    return list(array.reshape(-1).tolist())
