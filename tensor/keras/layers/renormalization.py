"""Batch renormalization: a small batch's statistics corrected by moving averages.

Ioffe, 2017. A layer keeps averages of the batches' means and standard deviations, and
while it trains, scales and shifts each batch as if it were normalized with those.
"""

from __future__ import annotations

from typing import Any

import tensor as tf


class Renormalization:
    """The averages and corrections of one BatchNormalization."""

    def __init__(self, clipping: Any, momentum: float) -> None:
        """Take the bounds of the corrections, and how slowly the averages move.

        Raises:
            ValueError: A bound has another name than rmin, rmax, dmax.
        """
        self.clipping = dict(clipping or {})
        keys = ["rmax", "rmin", "dmax"]
        if set(self.clipping) - set(keys):
            raise ValueError(
                "Received invalid keys for `renorm_clipping` argument: "
                f"{clipping}. Supported values: {keys}."
            )
        self.momentum = momentum

    def build(self, layer: Any, shape: Any) -> None:
        """Make the averages, weights of the layer."""

        def deviation(*args: Any, **kwargs: Any) -> Any:
            return tf.sqrt(layer.moving_variance_initializer(*args, **kwargs))

        self._moving_deviation = layer._average("moving_stddev", shape, deviation)
        initializer = layer.moving_mean_initializer
        self._mean = layer._average("renorm_mean", shape, initializer)
        self._deviation = layer._average("renorm_stddev", shape, deviation)

    def corrections(self, mean: Any, variance: Any, epsilon: float) -> tuple[Any, Any]:
        """Return what a normalized batch is multiplied by, and what is added to it."""
        deviation = tf.sqrt(variance + epsilon)
        known = tf.maximum(self._deviation, tf.sqrt(tf.cast(epsilon, mean.dtype)))
        scale = deviation / known
        shift = (mean - self._mean) / known
        if self.clipping.get("rmin") is not None:
            scale = tf.maximum(scale, self.clipping["rmin"])
        if self.clipping.get("rmax") is not None:
            scale = tf.minimum(scale, self.clipping["rmax"])
        if self.clipping.get("dmax") is not None:
            shift = tf.clip_by_value(
                shift, -self.clipping["dmax"], self.clipping["dmax"]
            )
        scale, shift = tf.stop_gradient(scale), tf.stop_gradient(shift)
        move(self._mean, mean, self.momentum)
        move(self._deviation, deviation, self.momentum)
        return scale, shift

    def update_variance(self, average: Any, variance: Any, layer: Any) -> None:
        """Take a batch's variance into the layer's average, by way of the deviation."""
        deviation = self._moving_deviation
        move(deviation, tf.sqrt(variance + layer.epsilon), layer.momentum)
        average.assign(tf.nn.relu(tf.square(deviation) - layer.epsilon))


def move(average: Any, value: Any, momentum: float) -> None:
    """Take a value into a moving average."""
    decay = tf.cast(1.0 - momentum, average.dtype)
    average.assign_sub((average - tf.cast(value, average.dtype)) * decay)
