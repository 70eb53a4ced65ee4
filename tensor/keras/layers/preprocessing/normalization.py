"""Normalization: inputs with mean 0 and variance 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tensor as tf
from tensor.keras import settings
from tensor.keras.layers.preprocessing.adaptation import PreprocessingLayer


class Normalization(PreprocessingLayer):
    """(inputs - mean) / deviation, of given or learned mean and variance."""

    def __init__(
        self,
        axis: Any = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the axes that have means of their own, or the mean and variance.

        Raises:
            ValueError: Only one of mean and variance is given.
        """
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. "
                f"Got mean: {mean} and variance: {variance}"
            )
        if axis is None:
            self.axis: tuple[int, ...] = ()
        else:
            self.axis = (axis,) if isinstance(axis, int) else tuple(axis)
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        shape = tf.TensorShape(input_shape).as_list()
        rank = len(shape)
        if any(not -rank <= a < rank for a in self.axis):
            raise ValueError(
                f"All `axis` values must be in the range [-ndim, ndim). Found ndim: "
                f"`{rank}`, axis: {self.axis}"
            )
        kept = sorted(a % rank for a in self.axis)
        if any(shape[a] is None for a in kept):
            raise ValueError(
                "All `axis` values to be kept must have known shape. Got axis: "
                f"{self.axis}, input shape: {shape}, with unknown axis at index: "
                f"{next(a for a in kept if shape[a] is None)}"
            )
        self._reduced = [a for a in range(rank) if a not in kept]
        # The axis of examples comes for free: it broadcasts.
        self._broadcast_shape = [shape[a] if a in kept else 1 for a in range(rank)]
        own = tuple(int(shape[a] or 0) for a in kept)  # all known, as checked above
        if self.input_mean is None:
            self.adapt_mean = self._statistic("mean", own, "zeros")
            self.adapt_variance = self._statistic("variance", own, "ones")
            self.count = self.add_weight(
                name="count",
                shape=(),
                dtype="int64",
                initializer="zeros",
                trainable=False,
            )
            return
        zero = np.zeros(own, self._compute_type.as_numpy_dtype)
        self._given = (
            self._spread(tf.constant(zero + np.asarray(self.input_mean))),
            self._spread(tf.constant(zero + np.asarray(self.input_variance))),
        )

    def _statistic(self, name: str, shape: tuple[int, ...], initializer: str) -> Any:
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=self._compute_dtype,
            initializer=initializer,
            trainable=False,
        )

    def _spread(self, values: Any) -> Any:
        return tf.cast(tf.reshape(values, self._broadcast_shape), self._compute_dtype)

    def adapt(
        self, data: Any, batch_size: int | None = None, steps: Any = None
    ) -> None:
        """Learn mean and variance from data.

        Raises:
            RuntimeError: They were given.
        """
        if self.input_mean is not None:
            raise RuntimeError(
                "Cannot call `adapt` on a Normalization layer that is initialized with "
                "static `mean` and `variance`, you passed mean "
                f"{self.input_mean} and variance {self.input_variance}."
            )
        super().adapt(data, batch_size, steps)

    def update_state(self, data: Any) -> None:
        data = tf.cast(data, self.adapt_mean.dtype)
        mean, variance = tf.nn.moments(data, axes=self._reduced)
        batch = math.prod(data.shape[a] for a in self._reduced)
        total = int(self.count) + batch
        new, old = batch / total, 1 - batch / total
        both = self.adapt_mean * old + mean * new
        self.adapt_variance.assign(
            (self.adapt_variance + (self.adapt_mean - both) ** 2) * old
            + (variance + (mean - both) ** 2) * new
        )
        self.adapt_mean.assign(both)
        self.count.assign(total)

    def reset_state(self) -> None:
        if self.built and self.input_mean is None:
            self.adapt_mean.assign(tf.zeros_like(self.adapt_mean))
            self.adapt_variance.assign(tf.ones_like(self.adapt_variance))
            self.count.assign(0)

    @property
    def mean(self) -> Any:
        """The mean, given or learned, in a shape that broadcasts with inputs."""
        if self.input_mean is not None:
            return self._given[0]
        return self._spread(tf.convert_to_tensor(self.adapt_mean))

    @property
    def variance(self) -> Any:
        """The variance, given or learned, in a shape that broadcasts with inputs."""
        if self.input_mean is not None:
            return self._given[1]
        return self._spread(tf.convert_to_tensor(self.adapt_variance))

    def call(self, inputs: Any) -> Any:
        inputs = tf.cast(inputs, self._compute_dtype)
        mean, variance = self.mean, self.variance
        deviation = tf.maximum(
            tf.sqrt(variance), tf.cast(settings.epsilon(), variance.dtype)
        )
        if self.invert:
            return mean + inputs * deviation
        return (inputs - mean) / deviation

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        def plain(values: Any) -> Any:
            return None if values is None else np.asarray(values).tolist()

        return {
            **super().get_config(),
            "axis": self.axis,
            "mean": plain(self.input_mean),
            "variance": plain(self.input_variance),
            "invert": self.invert,
        }
