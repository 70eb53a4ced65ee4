"""Arithmetic, reductions, comparisons and products, in Keras's conventions.

Reductions count booleans as numbers, `any` and `all` take numbers as booleans, and the
last axis is the default where TensorFlow's is the first.
"""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings


def _number(x: Any) -> Any:
    x = tf.convert_to_tensor(x)
    return tf.cast(x, settings.floatx()) if x.dtype == tf.bool else x


# ---- reductions


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  # Keras's
    """Return the largest value along axes."""
    return tf.reduce_max(x, axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  # Keras's
    """Return the smallest value along axes."""
    return tf.reduce_min(x, axis, keepdims)


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  # Keras's
    """Return the sum along axes."""
    return tf.reduce_sum(x, axis, keepdims)


def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the product along axes."""
    return tf.reduce_prod(x, axis, keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the mean along axes."""
    return tf.reduce_mean(_number(x), axis, keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the variance along axes."""
    return tf.math.reduce_variance(_number(x), axis=axis, keepdims=keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the standard deviation along axes."""
    return tf.math.reduce_std(_number(x), axis=axis, keepdims=keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  # Keras's
    """Return whether any value along axes is true."""
    return tf.reduce_any(tf.cast(x, tf.bool), axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  # Keras's
    """Return whether all values along axes are true."""
    return tf.reduce_all(tf.cast(x, tf.bool), axis, keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """Return where the largest value stands along an axis."""
    return tf.argmax(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """Return where the smallest value stands along an axis."""
    return tf.argmin(x, axis)


def cumsum(x: Any, axis: int = 0) -> Any:
    """Return the running sum along an axis."""
    return tf.cumsum(x, axis=axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    """Return the running product along an axis."""
    return tf.math.cumprod(x, axis=axis)


# ---- elementwise


def square(x: Any) -> Any:
    """Return x * x."""
    return tf.square(x)


def abs(x: Any) -> Any:  # noqa: A001  # Keras's name
    """Return the absolute values."""
    return tf.abs(x)


def sqrt(x: Any) -> Any:
    """Return the square root; of negative numbers, zero."""
    x = tf.convert_to_tensor(x)
    return tf.sqrt(tf.maximum(x, tf.zeros((), x.dtype)))


def exp(x: Any) -> Any:
    """Return e to the power of x."""
    return tf.exp(x)


def log(x: Any) -> Any:
    """Return the natural logarithm."""
    return tf.math.log(x)


def round(x: Any) -> Any:  # noqa: A001  # Keras's name
    """Return the nearest integers; halves go to the even one."""
    return tf.round(x)


def sign(x: Any) -> Any:
    """Return -1, 0 or 1."""
    return tf.sign(x)


def pow(x: Any, a: Any) -> Any:  # noqa: A001  # Keras's name
    """Return x to the power of `a`."""
    return tf.pow(x, a)


def sin(x: Any) -> Any:
    """Return the sine."""
    return tf.sin(x)


def cos(x: Any) -> Any:
    """Return the cosine."""
    return tf.cos(x)


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Return `x` with values beyond the limits set to them; None is no limit."""
    low = float("-inf") if min_value is None else min_value
    high = float("inf") if max_value is None else max_value
    plain = (int, float)
    if isinstance(low, plain) and isinstance(high, plain) and high < low:
        high = low
    return tf.clip_by_value(x, low, high)


def equal(x: Any, y: Any) -> Any:
    """Return where x equals y."""
    return tf.equal(x, y)


def not_equal(x: Any, y: Any) -> Any:
    """Return where x differs from y."""
    return tf.not_equal(x, y)


def greater(x: Any, y: Any) -> Any:
    """Return where x > y."""
    return tf.greater(x, y)


def greater_equal(x: Any, y: Any) -> Any:
    """Return where x >= y."""
    return tf.greater_equal(x, y)


def less(x: Any, y: Any) -> Any:
    """Return where x < y."""
    return tf.less(x, y)


def less_equal(x: Any, y: Any) -> Any:
    """Return where x <= y."""
    return tf.less_equal(x, y)


def maximum(x: Any, y: Any) -> Any:
    """Return the larger of each pair."""
    return tf.maximum(x, y)


def minimum(x: Any, y: Any) -> Any:
    """Return the smaller of each pair."""
    return tf.minimum(x, y)


# ---- products


def dot(x: Any, y: Any) -> Any:
    """Return the sum over x's last axis and y's last but one, as NumPy's `dot`."""
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    if x.shape.rank <= 2 and y.shape.rank <= 2:
        return tf.matmul(x, y)
    return tf.tensordot(x, y, axes=[[-1], [-2 if y.shape.rank > 1 else 0]])


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """Return, for each example, the sum of products over one axis of x and one of y.

    Args:
        x: A tensor whose first axis counts examples.
        y: Another, with as many examples.
        axes: The axis to sum over, or one for x and one for y; by default the last
            of x and the last but one of y.

    Raises:
        ValueError: A tensor has no axis besides that of the examples, an axis is that
            of the examples, or lengths differ.
    """
    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
    x_rank, y_rank = x.shape.rank, y.shape.rank
    if x_rank < 2 or y_rank < 2:
        raise ValueError(
            "Cannot do batch_dot on inputs with rank < 2. Received inputs with "
            f"tf.shapes {x.shape} and {y.shape}."
        )
    if axes is None:
        axes = (x_rank - 1, 1 if y_rank == 2 else y_rank - 2)
    a, b = (axes, axes) if isinstance(axes, int) else axes
    a, b = a % x_rank, b % y_rank
    if a == 0 or b == 0:
        raise ValueError(
            "Cannot perform batch_dot over axis 0. If your inputs are not batched, add "
            "a dummy batch dimension to your inputs using K.expand_dims(x, 0)"
        )
    if None not in (x.shape[a], y.shape[b]) and x.shape[a] != y.shape[b]:
        raise ValueError(
            f"Cannot do batch_dot on inputs with shapes {x.shape} and {y.shape} with "
            f"axes={[a, b]}. x.shape[{a}] != y.shape[{b}] "
            f"({x.shape[a]} != {y.shape[b]})."
        )
    equation = _batch_dot_equation(x_rank, y_rank, a, b)
    result = tf.einsum(equation, x, y)
    return tf.expand_dims(result, 1) if x_rank == y_rank == 2 else result


def _batch_dot_equation(x_rank: int, y_rank: int, a: int, b: int) -> str:
    letters = iter("abcdefghijklmnopqrstuvwxy")
    batch = next(letters)
    x = [batch] + [next(letters) for _ in range(x_rank - 1)]
    y = [batch] + [next(letters) for _ in range(y_rank - 1)]
    x[a] = y[b] = "z"
    kept = [c for c in (*x, *y[1:]) if c != "z"]
    return f"{''.join(x)},{''.join(y)}->{''.join(kept)}"
