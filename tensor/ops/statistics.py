"""Statistics along axes: variance, log-sum-exp, counts."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import cast_, stop_gradient, where, zeros_like
from tensor.ops.compare import not_equal
from tensor.ops.families import check_kind
from tensor.ops.math import conj, exp, is_finite, log, real_op, sqrt, square
from tensor.ops.reduce import reduce_max, reduce_mean, reduce_sum

_mean: Any = reduce_mean.public
_sum: Any = reduce_sum.public
_max: Any = reduce_max.public


@export("math.reduce_variance")
@takes_composites
def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Return the mean of |x - mean(x)|² along axes.

    Raises:
        TypeError: `input_tensor` holds integers.
    """
    x = convert(input_tensor)
    if x.dtype.is_integer:
        raise TypeError(
            f"Input must be either real or complex. Received integer type {x.dtype}. "
            "Convert it with tf.cast."
        )
    deviation = x - _mean(x, axis, keepdims=True)
    if x.dtype.is_complex:
        return _mean(real_op(deviation * conj(deviation)), axis, keepdims)
    return _mean(square(deviation), axis, keepdims)


@export("math.reduce_std")
@takes_composites
def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Return the standard deviation along axes.

    Raises:
        TypeError: `input_tensor` holds integers.
    """
    return sqrt(reduce_variance(input_tensor, axis, keepdims))


@export("reduce_logsumexp", "math.reduce_logsumexp")
@takes_composites
def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Return log(sum(exp(x))) along axes, without overflow."""
    x = convert(input_tensor)
    check_kind(is_finite, x, is_finite.allows)
    largest = _max(x, axis, keepdims=True)
    # Subtracting an infinite maximum would make NaN.
    shift = stop_gradient(where(is_finite(largest), largest, zeros_like(largest)))
    result = log(_sum(exp(x - shift), axis, keepdims=True)) + shift
    return result if keepdims else _sum(result, axis)


@export("math.count_nonzero")
@takes_composites
def count_nonzero(
    input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Any:
    """Count the elements along axes that are not 0, False or the empty string."""
    x = convert(input)
    if not x.dtype.is_bool:
        nothing = b"" if x.dtype is dtypes.string else x.dtype.as_numpy_dtype(0)
        x = not_equal(x, nothing)
    count = _sum(cast_(x, dtypes.int64), axis, bool(keepdims))
    return cast_(count, dtype)
