"""TensorProto: a tensor as a protocol buffer, as summaries and `tf.io` store it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.io.field import Field
from tensor.io.message import Message
from tensor.io.wire import DecodeError


class Dim(Message):
    """One dimension; -1 if it is unknown."""

    fields = (Field(1, "size", "int64"), Field(2, "name", "string"))


class TensorShapeProto(Message):
    """A shape."""

    fields = (
        Field(2, "dim", Dim, repeated=True),
        Field(3, "unknown_rank", "bool"),
    )


_ENUM_NAMES = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}
_DTYPE_NAMES = {
    d.as_datatype_enum: f"DT_{_ENUM_NAMES.get(d.name, d.name.upper())}"
    for d in dtypes.ALL
}


class TensorProto(Message):
    """A tensor: dtype, shape, and the elements as bytes or in a typed list."""

    fields = (
        Field(1, "dtype", "enum", names=_DTYPE_NAMES),
        Field(2, "tensor_shape", TensorShapeProto),
        Field(3, "version_number", "int32"),
        Field(4, "tensor_content", "bytes"),
        Field(5, "float_val", "float", repeated=True),
        Field(6, "double_val", "double", repeated=True),
        Field(7, "int_val", "int32", repeated=True),
        Field(8, "string_val", "bytes", repeated=True),
        Field(9, "scomplex_val", "float", repeated=True),
        Field(10, "int64_val", "int64", repeated=True),
        Field(11, "bool_val", "bool", repeated=True),
        Field(12, "dcomplex_val", "double", repeated=True),
        Field(13, "half_val", "int32", repeated=True),
        Field(16, "uint32_val", "uint32", repeated=True),
        Field(17, "uint64_val", "uint64", repeated=True),
    )


def shape_proto(dims: Any) -> TensorShapeProto:
    """Return a static shape as a proto; None for unknown."""
    if dims is None:
        return TensorShapeProto(unknown_rank=True)
    return TensorShapeProto(dim=[Dim(size=-1 if d is None else d) for d in dims])


def shape_of(proto: TensorShapeProto) -> tuple[int | None, ...] | None:
    """Return the static shape that a proto holds."""
    if proto.unknown_rank:
        return None
    return tuple(None if d.size < 0 else d.size for d in proto.dim)


def tensor_proto(array: Any) -> TensorProto:
    """Return an array as a proto."""
    array = np.asarray(array)
    dtype = dtypes.from_numpy(array.dtype)
    proto = TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape = shape_proto(array.shape)
    if dtype is dtypes.string:
        proto.string_val.extend(array.ravel().tolist())
    else:
        proto.tensor_content = array.tobytes()
    return proto


_LISTS = {
    "float32": "float_val",
    "float64": "double_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "string": "string_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "float16": "half_val",
    "bfloat16": "half_val",
}


def array_of(proto: TensorProto) -> np.ndarray:
    """Return the array that a proto holds.

    Raises:
        DecodeError: The number of elements does not fit the shape.
    """
    dtype = dtypes.as_dtype(proto.dtype)
    dims = tuple([d or 0 for d in shape_of(proto.tensor_shape) or ()])
    size = math.prod(dims)
    if proto.tensor_content:
        flat = np.frombuffer(proto.tensor_content, dtype.numpy_dtype)
    else:
        flat = _listed(proto, dtype)
        if 0 < len(flat) < size:  # the last element stands for those left out
            flat = np.concatenate([flat, np.repeat(flat[-1:], size - len(flat))])
        elif size and not len(flat):
            flat = np.zeros(size, dtype.numpy_dtype)
    if len(flat) != size:
        raise DecodeError(
            f"A tensor of shape {dims} has {size} elements, but {len(flat)} are stored."
        )
    return flat.reshape(dims)


def list_of(proto: TensorProto, dtype: dtypes.DType) -> list[Any]:
    """Return the list in which a proto holds elements of a dtype one by one."""
    found: list[Any] = getattr(proto, _LISTS.get(dtype.name, "int_val"))
    return found


def _listed(proto: TensorProto, dtype: dtypes.DType) -> np.ndarray:
    values = list_of(proto, dtype)
    if dtype is dtypes.string:
        return np.array(values, dtype=object)
    if dtype.is_complex:
        return np.array(values, dtype.real_dtype.numpy_dtype).view(dtype.numpy_dtype)
    if dtype.name in ("float16", "bfloat16"):
        return np.array(values, np.uint16).view(dtype.numpy_dtype)
    return np.array(values, dtype.numpy_dtype)
