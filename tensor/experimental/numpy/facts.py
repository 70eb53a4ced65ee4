"""What is true of elements, and of arrays: infinite, real, close, equal."""

from __future__ import annotations

import math
from typing import Any

import tensor as tf
from tensor.core.public_api import export
from tensor.experimental.numpy.elementwise import imag
from tensor.experimental.numpy.promotion import asarray, inexact, is_inexact, promote


@export("experimental.numpy.isinf")
def isinf(x: Any) -> Any:
    """Return whether each element is an infinity."""
    return tf.math.is_inf(inexact(x))


@export("experimental.numpy.isposinf")
def isposinf(x: Any) -> Any:
    """Return whether each element is plus infinity."""
    x = inexact(x)
    return tf.equal(x, tf.constant(math.inf, x.dtype))


@export("experimental.numpy.isneginf")
def isneginf(x: Any) -> Any:
    """Return whether each element is minus infinity."""
    x = inexact(x)
    return tf.equal(x, tf.constant(-math.inf, x.dtype))


@export("experimental.numpy.iscomplex")
def iscomplex(x: Any) -> Any:
    """Return whether each element has an imaginary part other than 0."""
    x = asarray(x)
    return tf.not_equal(imag(x), tf.zeros_like(imag(x)))


@export("experimental.numpy.isreal")
def isreal(x: Any) -> Any:
    """Return whether the imaginary part of each element is 0."""
    return tf.logical_not(iscomplex(x))


@export("experimental.numpy.iscomplexobj")
def iscomplexobj(x: Any) -> bool:
    """Return whether the dtype of x is complex."""
    return bool(asarray(x).dtype.is_complex)


@export("experimental.numpy.isrealobj")
def isrealobj(x: Any) -> bool:
    """Return whether the dtype of x is not complex."""
    return not iscomplexobj(x)


@export("experimental.numpy.isclose")
def isclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    """Return where |a - b| <= atol + rtol |b|; integers must be equal."""
    a, b = promote(a, b)
    if not is_inexact(a.dtype):
        return tf.equal(a, b)
    gap, size = tf.abs(a - b), tf.abs(b)
    limit = tf.constant(atol, gap.dtype) + tf.constant(rtol, gap.dtype) * size
    found = gap <= limit
    if equal_nan:
        found |= tf.math.is_nan(tf.abs(a)) & tf.math.is_nan(size)
    return found


@export("experimental.numpy.allclose")
def allclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    """Return whether all elements are close; see `isclose`."""
    return tf.reduce_all(isclose(a, b, rtol, atol, equal_nan))


@export("experimental.numpy.array_equal")
def array_equal(a1: Any, a2: Any) -> Any:
    """Return whether two arrays have the same shape and elements."""
    a1, a2 = promote(a1, a2)
    if a1.shape.is_fully_defined() and a2.shape.is_fully_defined():
        if a1.shape != a2.shape:
            return tf.constant(False)
        return tf.reduce_all(tf.equal(a1, a2))
    have_one_shape = tf.equal(tf.rank(a1), tf.rank(a2)) & tf.cond(
        tf.equal(tf.rank(a1), tf.rank(a2)),
        lambda: tf.reduce_all(tf.equal(tf.shape(a1), tf.shape(a2))),
        lambda: tf.constant(False),
    )
    return tf.cond(
        have_one_shape,
        lambda: tf.reduce_all(tf.equal(a1, a2)),
        lambda: tf.constant(False),
    )
