"""Layers that add randomness while training, and do nothing otherwise."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.layer import Layer
from tensor.keras.random_generator import RandomGenerator


def _checked_rate(rate: Any) -> Any:
    if isinstance(rate, int | float) and not 0 <= rate <= 1:
        raise ValueError(
            f"Invalid value {rate} received for `rate`, expected a value between 0 and "
            "1."
        )
    return rate


class RandomLayer(Layer):
    """A layer that changes its input at random while training.

    Subclasses define `randomized(inputs)`.
    """

    supports_masking = True

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        """Take the seed."""
        kwargs.pop("rng_type", None)
        super().__init__(**kwargs)
        self.seed = seed
        self._random_generator = RandomGenerator(seed)

    def call(self, inputs: Any, training: Any = None) -> Any:
        if isinstance(training, tf.Tensor):
            return tf.cond(training, lambda: self.randomized(inputs), lambda: inputs)
        return self.randomized(inputs) if training else tf.identity(inputs)

    def randomized(self, inputs: Any) -> Any:
        """Return the input as training sees it.

        Raises:
            NotImplementedError: The subclass does not say.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `randomized`.")

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)


class Dropout(RandomLayer):
    """Sets a share of the elements to zero, and scales the rest to keep the mean."""

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the share, and a shape in which sizes 1 share one decision.

        Raises:
            ValueError: The share is not between 0 and 1.
        """
        super().__init__(seed=seed, **kwargs)
        self.rate = _checked_rate(rate)
        self.noise_shape = noise_shape

    def randomized(self, inputs: Any) -> Any:
        if isinstance(self.rate, int | float) and not self.rate:
            return tf.identity(inputs)  # draws nothing, unlike tf.nn.dropout
        return self._random_generator.dropout(
            inputs, self.rate, noise_shape=self._noise_shape_for(inputs)
        )

    def _noise_shape_for(self, inputs: Any) -> Any:
        if self.noise_shape is None:
            return None
        sizes = tf.shape(inputs)
        return [
            sizes[i] if size is None else size
            for i, size in enumerate(self.noise_shape)
        ]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "noise_shape": self.noise_shape,
            "seed": self.seed,
        }


class _SpatialDropout(Dropout):
    """Drops whole channels."""

    _rank: int

    def __init__(
        self, rate: float, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, **kwargs)
        from tensor.keras import settings

        self.data_format = settings.checked_data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _noise_shape_for(self, inputs: Any) -> Any:
        sizes = tf.shape(inputs)
        ones = [1] * self._rank
        if self.data_format == "channels_first":
            return [sizes[0], sizes[1], *ones]
        return [sizes[0], *ones, sizes[self._rank + 1]]


class SpatialDropout1D(_SpatialDropout):
    """Drops whole channels of sequences."""

    _rank = 1

    def __init__(self, rate: float, **kwargs: Any) -> None:
        """Take the share of channels to drop."""
        super().__init__(rate, data_format="channels_last", **kwargs)


class SpatialDropout2D(_SpatialDropout):
    """Drops whole channels of images."""

    _rank = 2


class SpatialDropout3D(_SpatialDropout):
    """Drops whole channels of volumes."""

    _rank = 3


class GaussianNoise(RandomLayer):
    """Adds normally distributed noise."""

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        """Take the noise's standard deviation."""
        super().__init__(seed=seed, **kwargs)
        self.stddev = stddev

    def randomized(self, inputs: Any) -> Any:
        return inputs + self._random_generator.random_normal(
            tf.shape(inputs), mean=0.0, stddev=self.stddev, dtype=inputs.dtype
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class GaussianDropout(RandomLayer):
    """Multiplies by normally distributed noise around one."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        """Take the share that a dropout of the same strength would drop."""
        super().__init__(seed=seed, **kwargs)
        self.rate = _checked_rate(rate)

    def randomized(self, inputs: Any) -> Any:
        if not 0 < self.rate < 1:
            return inputs
        return inputs * self._random_generator.random_normal(
            tf.shape(inputs),
            mean=1.0,
            stddev=(self.rate / (1.0 - self.rate)) ** 0.5,
            dtype=inputs.dtype,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


class AlphaDropout(RandomLayer):
    """Dropout that keeps mean and variance, for selu networks."""

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the share to drop."""
        super().__init__(seed=seed, **kwargs)
        self.rate = _checked_rate(rate)
        self.noise_shape = noise_shape

    def randomized(self, inputs: Any) -> Any:
        if not 0 < self.rate < 1:
            return inputs
        low = -1.6732632423543772 * 1.0507009873554805
        shape = self.noise_shape if self.noise_shape is not None else tf.shape(inputs)
        kept = self._random_generator.random_uniform(shape, dtype=inputs.dtype)
        kept = tf.cast(kept >= self.rate, inputs.dtype)
        scale = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        return scale * (inputs * kept + low * (1 - kept)) - scale * low * self.rate

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rate": self.rate,
            "seed": self.seed,
        }
