"""Batch normalization as a function, with the moments of the batch."""

from __future__ import annotations

from typing import Any

import tensor as tf


def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """Return a tensor normalized over some axes, and the mean and variance there.

    Args:
        x: The tensor.
        gamma: What the result is multiplied with, None for nothing.
        beta: What is added to it, None for nothing.
        reduction_axes: The axes to take the moments over.
        epsilon: What is added to the variance.
    """
    axes = [axis % x.shape.rank for axis in reduction_axes]
    mean, variance = tf.nn.moments(x, axes)
    shape = tf.shape(x)
    kept = [1 if i in axes else shape[i] for i in range(x.shape.rank)]

    def spread(value: Any) -> Any:
        return None if value is None else tf.reshape(value, kept)

    normed = tf.nn.batch_normalization(
        x, spread(mean), spread(variance), spread(beta), spread(gamma), epsilon
    )
    if axes == [0, 1, 2] and x.shape.rank == 4:
        # Of images Keras's fused kernel gives the variance of the population.
        count = tf.cast(tf.size(x) / tf.size(mean), x.dtype)
        variance = variance * (count / (count - 1))
    return normed, mean, variance
