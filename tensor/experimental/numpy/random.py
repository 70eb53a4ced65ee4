"""Random numbers by NumPy's names, from TensorFlow's generators."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensor as tf
from tensor.core.public_api import export, publish as _publish
from tensor.experimental.numpy.promotion import array, default_float, result_type


@export("experimental.numpy.random.seed")
def seed(s: Any) -> None:
    """Set the global seed; see `tf.random.set_seed`.

    Raises:
        ValueError: It is not an integer.
    """
    try:
        tf.random.set_seed(int(s))
    except TypeError as error:
        raise ValueError(
            f"Argument `s` got an invalid value {s}. Only integers are supported."
        ) from error


def _shape(size: Any) -> Any:
    if size is None:
        return ()
    return (size,) if np.isscalar(size) else size


@export("experimental.numpy.random.standard_normal")
def standard_normal(size: Any = None) -> Any:
    """Return normally distributed numbers of mean 0 and deviation 1."""
    return tf.random.normal(_shape(size), dtype=default_float())


@export("experimental.numpy.random.randn")
def randn(*args: int) -> Any:
    """Return normally distributed numbers in an array of these lengths."""
    return standard_normal(args)


@export("experimental.numpy.random.uniform")
def uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
    """Return uniformly distributed numbers from `low` and below `high`."""
    dtype = default_float()
    low, high = array(low, dtype), array(high, dtype)
    if size is None:
        size = tf.broadcast_dynamic_shape(tf.shape(low), tf.shape(high))
    return tf.random.uniform(_shape(size), low, high, dtype)


@export("experimental.numpy.random.random")
def random(size: Any = None) -> Any:
    """Return uniformly distributed numbers from 0 and below 1."""
    return uniform(size=size)


@export("experimental.numpy.random.rand")
def rand(*size: int) -> Any:
    """Return uniformly distributed numbers in an array of these lengths."""
    return uniform(size=size)


@export("experimental.numpy.random.poisson")
def poisson(lam: Any = 1.0, size: Any = None) -> Any:
    """Return how often something happens that happens `lam` times in the mean."""
    return tf.random.poisson(_shape(size), lam, np.int_)


@export("experimental.numpy.random.randint")
def randint(low: Any, high: Any = None, size: Any = None, dtype: Any = np.int64) -> Any:
    """Return integers from `low`, or 0, and below `high`.

    Raises:
        ValueError: `dtype` is neither int32 nor int64.
    """
    low = int(low)
    if high is None:
        low, high = 0, low
    kind = result_type(dtype)
    if kind not in (tf.int32, tf.int64):
        raise ValueError(
            f"Argument `dtype` got an invalid value {dtype}. Only int32 and int64 are "
            "supported."
        )
    return tf.random.uniform(_shape(size), low, high, kind)


_publish(globals(), "experimental.numpy.random")
