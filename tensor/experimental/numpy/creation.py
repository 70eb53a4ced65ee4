"""Arrays made of nothing: of one value, ranges, and matrices of ones and zeros."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tensor as tf
from tensor.core.public_api import export
from tensor.experimental.numpy.elementwise import functions
from tensor.experimental.numpy.promotion import (
    array,
    asarray,
    axis_of,
    broadcast,
    rank_of,
    result_type,
)


@export("experimental.numpy.zeros", "experimental.numpy.empty")
def zeros(shape: Any, dtype: Any = float) -> Any:
    """Return an array of zeros."""
    return tf.zeros(shape, result_type(dtype or float))


@export("experimental.numpy.ones")
def ones(shape: Any, dtype: Any = float) -> Any:
    """Return an array of ones."""
    return tf.ones(shape, result_type(dtype or float))


@export("experimental.numpy.zeros_like", "experimental.numpy.empty_like")
def zeros_like(a: Any, dtype: Any = None) -> Any:
    """Return zeros of the shape of `a`."""
    return tf.zeros_like(array(a, dtype))


@export("experimental.numpy.ones_like")
def ones_like(a: Any, dtype: Any = None) -> Any:
    """Return ones of the shape of `a`."""
    return tf.ones_like(array(a, dtype))


@export("experimental.numpy.full")
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """Return an array of one value, or of a row that is repeated."""
    sizes = tf.reshape(tf.convert_to_tensor(shape, dtype_hint=tf.int32), [-1])
    return tf.broadcast_to(array(fill_value, dtype), sizes)


@export("experimental.numpy.full_like")
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
) -> Any:
    """Return an array of one value, of the shape and dtype of `a`.

    Raises:
        ValueError: `order`, `subok` or `shape` is not NumPy's default.
    """
    if order != "K":
        raise ValueError(f"Non-standard orders are not supported: {order!r}.")
    if not subok:
        raise ValueError("subok being False is not supported.")
    if shape:
        raise ValueError(f"Overriding the shape is not supported: {shape!r}.")
    a = asarray(a)
    return tf.broadcast_to(array(fill_value, dtype or a.dtype), tf.shape(a))


@export("experimental.numpy.broadcast_to")
def broadcast_to(array: Any, shape: Any) -> Any:
    """Return an array repeated to a shape."""
    return full(shape, array)


@export("experimental.numpy.arange")
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """Return the numbers from `start`, or 0, up to and without `stop`.

    Raises:
        ValueError: `step` is 0.
    """
    if not step:
        raise ValueError("step must be non-zero.")
    if stop is None:
        start, stop = 0, start
        kind = result_type(dtype or [stop, step])
    else:
        kind = result_type(dtype or [start, step, stop])
    if (stop < start) if step > 0 else (stop > start):
        return tf.zeros([0], kind)
    return tf.cast(tf.range(start, stop, step), kind)


@export("experimental.numpy.linspace")
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = float,
    axis: int = 0,
) -> Any:
    """Return `num` numbers at equal distances; with the distance, if asked for.

    Raises:
        ValueError: `num` is negative.
    """
    if num < 0:
        raise ValueError(
            "Argument `num` (number of samples) must be a non-negative integer. "
            f"Received: num={num}"
        )
    working = result_type(start, stop, 1.0)
    kind = working if dtype in (None, float) else result_type(dtype)
    start, stop = array(start, working), array(stop, working)
    gaps = num - 1 if endpoint else num
    step = (stop - start) / gaps if gaps > 0 else tf.constant(math.nan, working)
    last = stop if endpoint or num < 2 else stop - step
    if num:
        numbers = tf.linspace(start, last, num, axis=axis)
    else:
        numbers = tf.zeros([0, *start.shape], working)
    if kind.is_integer:
        numbers = tf.floor(numbers)  # towards minus infinity, as NumPy does
    numbers = tf.cast(numbers, kind)
    return (numbers, step) if retstep else numbers


@export("experimental.numpy.logspace")
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Return `base` to the power of numbers at equal distances."""
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    powers = tf.pow(tf.cast(base, exponents.dtype), exponents)
    return powers if dtype is None else tf.cast(powers, result_type(dtype))


@export("experimental.numpy.geomspace")
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Return `num` numbers of which each is the same multiple of the one before."""
    kind = result_type(dtype) if dtype else result_type(start, stop, float(num))
    working = tf.as_dtype(np.promote_types(kind.as_numpy_dtype, np.float32))
    start, stop = array(start, working), array(stop, working)
    # Two negative ends have negative numbers between them.
    both_negative = (tf.math.real(start) < 0) & (tf.math.real(stop) < 0)
    turn = tf.where(both_negative, tf.constant(-1, working), tf.constant(1, working))
    exponents = [functions["log10"](turn * end) for end in (start, stop)]
    numbers = turn * logspace(exponents[0], exponents[1], num, endpoint)
    return tf.cast(moved(numbers, 0, axis), kind)


def moved(x: Any, source: int, destination: int) -> Any:
    """Return `x` with one axis put elsewhere."""
    rank = rank_of(x, "moveaxis")
    order = list(range(rank))
    order.insert(axis_of(destination, rank), order.pop(axis_of(source, rank)))
    return tf.transpose(x, order)


@export("experimental.numpy.eye")
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Any:  # noqa: N803  # NumPy's names
    """Return a matrix with ones on its k-th diagonal."""
    rows, columns, k = int(N), int(M or N), int(k)
    is_one = tf.range(columns)[tf.newaxis] == tf.range(rows)[:, tf.newaxis] + k
    return tf.cast(is_one, result_type(dtype or float))


@export("experimental.numpy.identity")
def identity(n: int, dtype: Any = float) -> Any:
    """Return the identity matrix."""
    return eye(n, dtype=dtype)


@export("experimental.numpy.tri")
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:  # noqa: N803  # likewise
    """Return a matrix with ones on its k-th diagonal and below."""
    columns = N if M is None else M
    is_one = tf.range(columns)[tf.newaxis] <= tf.range(N)[:, tf.newaxis] + k
    return tf.cast(is_one, result_type(dtype or float))


@export("experimental.numpy.tril")
def tril(m: Any, k: int = 0) -> Any:
    """Return matrices without what is above their k-th diagonals."""
    m, mask = _with_mask("tril", m, k)
    return tf.where(mask, m, tf.zeros([], m.dtype))


@export("experimental.numpy.triu")
def triu(m: Any, k: int = 0) -> Any:
    """Return matrices without what is below their k-th diagonals."""
    m, mask = _with_mask("triu", m, k - 1)
    return tf.where(mask, tf.zeros([], m.dtype), m)


def _with_mask(function: str, m: Any, k: int) -> tuple[Any, Any]:
    """Return matrices, and where their k-th diagonals and what is below them are.

    Raises:
        ValueError: They are no matrices, or their size is not known.
    """
    m = asarray(m)
    if rank_of(m, function) < 2:
        raise ValueError(
            f"Argument to {function} must have rank at least 2, got shape {m.shape}."
        )
    if None in m.shape[-2:].as_list():
        raise ValueError(
            "Currently, the last two dimensions of the input array need to be known, "
            f"got shape {m.shape}."
        )
    rows, columns = m.shape[-2:]
    return m, tri(rows, columns, k, bool)


@export("experimental.numpy.diag_indices")
def diag_indices(n: int, ndim: int = 2) -> tuple[Any, ...]:
    """Return the indices of the main diagonal of an array of length n on each axis.

    Raises:
        ValueError: `n` or `ndim` is negative.
    """
    for name, value in (("n", n), ("ndim", ndim)):
        if value < 0:
            raise ValueError(
                f"{name} argument to diag_indices must be nonnegative, got {value}"
            )
    return (tf.range(n),) * ndim


@export("experimental.numpy.vander")
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803  # likewise
    """Return the powers of x, as many as it has elements or N says, falling.

    Raises:
        ValueError: x has not one dimension, or N is negative.
    """
    x = asarray(x)
    if rank_of(x, "vander") != 1:
        raise ValueError(f"x must be a one-dimensional array, got shape {x.shape}.")
    if N is not None and N < 0:
        raise ValueError(f"N must be nonnegative, got {N}.")
    powers = tf.range(tf.size(x) if N is None else N)
    if not increasing:
        powers = tf.reverse(powers, [0])
    return tf.pow(x[:, tf.newaxis], tf.cast(powers, x.dtype))


@export("experimental.numpy.meshgrid")
def meshgrid(*xi: Any, **kwargs: Any) -> Any:
    """Return the coordinates of a grid, with "xy" or "ij" for `indexing`.

    Raises:
        ValueError: `sparse` is set, or `copy` is not.
    """
    if kwargs.get("sparse", False):
        raise ValueError(
            "Function `meshgrid` does not support returning sparse arrays yet. "
            f"Received: sparse={kwargs['sparse']}"
        )
    if not kwargs.get("copy", True):
        raise ValueError(
            "Function `meshgrid` only supports copy=True. Received: "
            f"copy={kwargs['copy']}"
        )
    axes = list(range(len(xi)))
    if kwargs.get("indexing", "xy") == "xy":
        axes[:2] = axes[1::-1]
    # Not by tf.meshgrid, whose arrays must have one dtype.
    lines = []
    for x, axis in zip(xi, axes, strict=True):
        lengths = [1] * len(axes)
        lengths[axis] = -1
        lines.append(tf.reshape(asarray(x), lengths))
    return broadcast(lines)
