"""Sums, means and extremes, of all elements or along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.core.public_api import export
from tensor.experimental.numpy.elementwise import functions, refuse
from tensor.experimental.numpy.promotion import (
    array,
    asarray,
    axis_of,
    default_float,
    inexact,
    is_inexact,
    promote,
    rank_of,
    result_type,
)


def _as_sum_adds(a: Any, dtype: Any) -> Any:
    """Return what to add up: short integers and booleans as long ones."""
    if dtype is not None:
        return array(a, dtype)
    a = asarray(a)
    if a.dtype == tf.bool:
        return tf.cast(a, tf.int64)
    if a.dtype.is_integer:
        long = np.uint64 if a.dtype.is_unsigned else np.int64
        return tf.cast(a, long)
    return a


@export("experimental.numpy.sum")
def sum_(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = None) -> Any:
    """Return sums; with dtype bool, whether any element is true."""
    a = _as_sum_adds(a, dtype)
    function = tf.reduce_any if a.dtype == tf.bool else tf.reduce_sum
    return function(a, axis, bool(keepdims))


@export("experimental.numpy.prod")
def prod(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = None) -> Any:
    """Return products; with dtype bool, whether all elements are true."""
    a = _as_sum_adds(a, dtype)
    function = tf.reduce_all if a.dtype == tf.bool else tf.reduce_prod
    return function(a, axis, bool(keepdims))


@export("experimental.numpy.all")
def all_(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """Return whether all elements are true."""
    return tf.reduce_all(array(a, bool), axis, bool(keepdims))


@export("experimental.numpy.any")
def any_(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """Return whether any element is true."""
    return tf.reduce_any(array(a, bool), axis, bool(keepdims))


@export("experimental.numpy.amax")
def amax(a: Any, axis: Any = None, out: Any = None, keepdims: Any = None) -> Any:
    """Return the largest elements.

    Raises:
        ValueError: `out` is set.
    """
    refuse("amax", out=out)
    a = asarray(a)
    function = tf.reduce_any if a.dtype == tf.bool else tf.reduce_max
    return function(a, axis, bool(keepdims))


@export("experimental.numpy.amin")
def amin(a: Any, axis: Any = None, out: Any = None, keepdims: Any = None) -> Any:
    """Return the smallest elements.

    Raises:
        ValueError: `out` is set.
    """
    refuse("amin", out=out)
    a = asarray(a)
    function = tf.reduce_all if a.dtype == tf.bool else tf.reduce_min
    return function(a, axis, bool(keepdims))


@export("experimental.numpy.max")
def max_(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """Return the largest elements."""
    return amax(a, axis, keepdims=keepdims)


@export("experimental.numpy.min")
def min_(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """Return the smallest elements."""
    return amin(a, axis, keepdims=keepdims)


@export("experimental.numpy.ptp")
def ptp(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """Return the distances from the smallest to the largest elements."""
    return amax(a, axis, keepdims=keepdims) - amin(a, axis, keepdims=keepdims)


@export("experimental.numpy.mean")
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = None
) -> Any:
    """Return means; those of integers are floating point numbers.

    Raises:
        ValueError: `out` is set.
    """
    refuse("mean", out=out)
    a = inexact(a) if dtype is None else array(a, dtype)
    return tf.reduce_mean(a, axis, bool(keepdims))


@export("experimental.numpy.var")
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: int = 0,
    keepdims: Any = None,
) -> Any:
    """Return variances: sums of squares over the number of elements less `ddof`.

    Raises:
        ValueError: `out` is set.
    """
    refuse("var", out=out)
    a = inexact(a) if dtype is None else inexact(array(a, result_type(a, dtype)))
    result = tf.math.reduce_variance(a, axis, bool(keepdims))
    if ddof:
        kept = tf.size(tf.reduce_sum(a, axis))
        count = tf.cast(tf.size(a) // tf.maximum(kept, 1), result.dtype)
        result *= count / (count - tf.cast(ddof, result.dtype))
    return result if dtype is None else tf.cast(result, result_type(dtype))


@export("experimental.numpy.std")
def std(a: Any, axis: Any = None, keepdims: Any = None) -> Any:
    """Return standard deviations."""
    return tf.math.reduce_std(inexact(a), axis, bool(keepdims))


@export("experimental.numpy.nansum")
def nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    """Return sums in which NaN counts as 0."""
    return sum_(_with_nan_as(a, 0), axis, dtype, keepdims)


@export("experimental.numpy.nanprod")
def nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    """Return products in which NaN counts as 1."""
    return prod(_with_nan_as(a, 1), axis, dtype, keepdims)


def _with_nan_as(a: Any, value: int) -> Any:
    a = asarray(a)
    if not is_inexact(a.dtype):
        return a
    return tf.where(functions["isnan"](a), tf.constant(value, a.dtype), a)


@export("experimental.numpy.nanmean")
def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = None) -> Any:
    """Return means of the elements that are not NaN."""
    a = asarray(a)
    if not is_inexact(a.dtype):
        return mean(a, axis, dtype, keepdims=keepdims)
    total = nansum(a, axis, dtype, keepdims)
    are_numbers = tf.cast(tf.logical_not(tf.math.is_nan(a)), total.dtype)
    return total / tf.reduce_sum(are_numbers, axis, bool(keepdims))


@export("experimental.numpy.average")
def average(
    a: Any, axis: int | None = None, weights: Any = None, returned: bool = False
) -> Any:
    """Return weighted means; with the sums of the weights, if asked for.

    Raises:
        ValueError: `axis` is neither a number nor None.
        InvalidArgumentError: `weights` have neither the shape of `a` nor one dimension.
    """
    if axis is not None and not isinstance(axis, int):
        raise ValueError(
            f"Argument `axis` must be an integer. Received axis={axis} (of type "
            f"{type(axis)})"
        )
    a = asarray(a)
    kinds = [a.dtype] if weights is None else [a.dtype, weights]
    if not is_inexact(a.dtype):
        kinds.append(default_float())
    a = tf.cast(a, result_type(*kinds))
    if weights is None:
        weights = tf.ones_like(a)
    weights = array(weights, a.dtype)
    if axis is not None and rank_of(weights, "average") < rank_of(a, "average"):
        tf.debugging.assert_rank(weights, 1)
        lengths = [1] * a.shape.rank
        lengths[axis_of(axis, a.shape.rank)] = -1
        weights = tf.reshape(weights, lengths)
        weights = tf.broadcast_to(weights, tf.shape(a))
    else:
        tf.debugging.assert_equal(tf.shape(a), tf.shape(weights))
    total = tf.reduce_sum(weights, axis)
    mean_ = tf.reduce_sum(a * weights, axis) / total
    return (mean_, total) if returned else mean_


@export("experimental.numpy.count_nonzero")
def count_nonzero(a: Any, axis: Any = None) -> Any:
    """Return how many elements are not 0."""
    return tf.math.count_nonzero(asarray(a), axis)


@export("experimental.numpy.cumsum")
def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Return running sums, of all elements in a row or along one axis."""
    return _running(tf.cumsum, a, axis, dtype)


@export("experimental.numpy.cumprod")
def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Return running products, of all elements in a row or along one axis."""
    return _running(tf.math.cumprod, a, axis, dtype)


def _running(function: Any, a: Any, axis: int | None, dtype: Any) -> Any:
    a = asarray(a, dtype)
    if dtype is None and a.dtype.is_integer:
        a = tf.cast(a, np.promote_types(a.dtype.as_numpy_dtype, int))
    if axis is None:
        return function(tf.reshape(a, [-1]), 0)
    return function(a, axis)


@export("experimental.numpy.diff")
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """Return the n-th differences of neighbours along an axis.

    Raises:
        ValueError: There is no such axis, or n is negative.
    """
    a = asarray(a)
    axis = axis_of(axis, rank_of(a, "diff"))
    if n < 0:
        raise ValueError(f"Argument `n` must be a non-negative integer, got {n}.")
    op = tf.not_equal if a.dtype == tf.bool else tf.subtract
    before = (slice(None),) * axis
    for _ in range(n):
        a = op(a[(*before, slice(1, None))], a[(*before, slice(None, -1))])
    return a


@export("experimental.numpy.polyval")
def polyval(p: Any, x: Any) -> Any:
    """Return the polynomial of the coefficients p, highest power first, at x."""
    p, x = promote(p, x)
    coefficients = tf.unstack(tf.reshape(p, [-1]))
    value = tf.math.polyval(coefficients, x)
    return tf.broadcast_to(value, tf.shape(x))
