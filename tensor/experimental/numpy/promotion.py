"""Which dtype a result has: NumPy's rules, for tensors and what becomes one."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

import tensor as tf
from tensor.core.public_api import export


class _Settings:
    """What `experimental_enable_numpy_behavior` chose.

    Attributes:
        prefer_float32: Python's floats count as float32, not float64.
    """

    prefer_float32 = False


settings = _Settings()


@export("experimental.numpy.result_type")
def result_type(*arrays_and_dtypes: Any) -> tf.DType:
    """Return the dtype that NumPy gives to a result of these arrays and dtypes.

    Python's numbers take on the precision of what they meet, as in NumPy 2.
    """
    flat = [_as_numpy_sees(x) for x in tf.nest.flatten(arrays_and_dtypes)]
    return tf.as_dtype(np.result_type(*flat or [np.float64]))


def _as_numpy_sees(x: Any) -> Any:
    """Return what stands for `x` in NumPy's promotion: a dtype, or a number itself."""
    if isinstance(x, tf.DType):
        return x.as_numpy_dtype
    if isinstance(x, tf.Tensor | tf.Variable | tf.IndexedSlices):
        return x.dtype.as_numpy_dtype
    if settings.prefer_float32 and not isinstance(x, np.generic):
        if isinstance(x, float):
            return np.float32(x)
        if isinstance(x, complex):
            return np.complex64(x)
    return x


def default_float() -> tf.DType:
    """Return the dtype of functions of integers whose values are not integers."""
    return result_type(float)


def is_inexact(dtype: tf.DType) -> bool:
    """Return whether values of `dtype` are floating point numbers, real or complex."""
    return bool(dtype.is_floating or dtype.is_complex)


@export("experimental.numpy.promote_types")
def promote_types(type1: Any, type2: Any) -> np.dtype[Any]:
    """Return the smallest dtype that holds all values of both, as NumPy's."""
    return np.promote_types(_numpy_dtype(type1), _numpy_dtype(type2))


@export("experimental.numpy.finfo")
def finfo(dtype: Any) -> Any:
    """Return NumPy's limits of a floating point dtype."""
    return np.finfo(_numpy_dtype(dtype))


def _numpy_dtype(dtype: Any) -> Any:
    return dtype.as_numpy_dtype if isinstance(dtype, tf.DType) else np.dtype(dtype)


@export("experimental.numpy.array")
def array(val: Any, dtype: Any = None, copy: bool = True, ndmin: int = 0) -> Any:
    """Return `val` as a tensor of at least `ndmin` dimensions.

    Tensors never change, so `copy` makes no difference.

    Raises:
        ValueError: `ndmin` is above 32.
    """
    del copy
    if ndmin > 32:
        raise ValueError(
            f"ndmin bigger than allowable number of dimensions: 32, got {ndmin}."
        )
    x = _converted(val, None if dtype is None else result_type(dtype))
    missing = ndmin - rank_of(x, "array") if ndmin else 0
    return x[(tf.newaxis,) * missing] if missing > 0 else x


@export("experimental.numpy.asarray")
def asarray(a: Any, dtype: Any = None) -> Any:
    """Return `a` as a tensor, of `dtype` if one is given."""
    return array(a, dtype)


@export("experimental.numpy.asanyarray")
def asanyarray(a: Any, dtype: Any = None) -> Any:
    """Return `a` as a tensor, of `dtype` if one is given."""
    return array(a, dtype)


@export("experimental.numpy.ascontiguousarray")
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """Return `a` as a tensor with at least one dimension."""
    return array(a, dtype, ndmin=1)


@export("experimental.numpy.copy")
def copy_(a: Any) -> Any:
    """Return `a` as a tensor."""
    return array(a)


def _converted(val: Any, dtype: tf.DType | None) -> Any:
    if isinstance(val, tf.Tensor):
        return val if dtype is None else tf.cast(val, dtype)
    if dtype is None:
        dtype = tf.string if isinstance(val, str | bytes) else result_type(val)
    # np.array(5.5, int) is allowed, so convert first and then cast.
    return tf.cast(tf.convert_to_tensor(val, dtype_hint=dtype), dtype)


def promote(*values: Any) -> list[Any]:
    """Return tensors of the one dtype that NumPy gives to a result of them."""
    dtype = result_type(*values)
    return [_converted(value, dtype) for value in values]


def inexact(x: Any) -> Any:
    """Return `x` as a tensor of floating point numbers: whole ones are converted."""
    x = asarray(x)
    return x if is_inexact(x.dtype) else tf.cast(x, default_float())


def is_number(x: Any) -> bool:
    """Return whether `x` is one of Python's or NumPy's real numbers."""
    return isinstance(x, numbers.Real)


def rank_of(x: Any, function: str) -> int:
    """Return how many dimensions a tensor has.

    Raises:
        ValueError: It is not known in this graph.
    """
    if x.shape.rank is None:
        raise ValueError(
            f"tf.experimental.numpy.{function} needs a tensor of known rank; that of "
            f"{x!r} is unknown. Call its `set_shape` first."
        )
    return int(x.shape.rank)


def axis_of(axis: int, rank: int) -> int:
    """Return an axis counted from the front.

    Raises:
        ValueError: There is no such axis.
    """
    if not -rank <= axis < rank:
        raise ValueError(
            f"Argument `axis` (received axis={axis}) is out of bounds for an array of "
            f"{rank} dimensions."
        )
    return axis % rank


def size_of(x: Any, axis: int) -> Any:
    """Return the length of an axis: a Python number if it is known."""
    known = x.shape[axis]
    return tf.shape(x)[axis] if known is None else known


def broadcast(tensors: list[Any]) -> list[Any]:
    """Return tensors that are repeated to one shape."""
    shape = tf.shape(tensors[0])
    for x in tensors[1:]:
        shape = tf.broadcast_dynamic_shape(shape, tf.shape(x))
    return [tf.broadcast_to(x, shape) for x in tensors]
