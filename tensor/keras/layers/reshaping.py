"""Layers that arrange elements anew: Flatten, Reshape, Permute, RepeatVector."""

from __future__ import annotations

import math
from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.layer import Layer


class Flatten(Layer):
    """All axes but the batch made one."""

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        """Take where channels are; the result has them last."""
        super().__init__(**kwargs)
        self.data_format = settings.checked_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        rank = inputs.shape.rank
        if self.data_format == "channels_first" and rank is not None and rank > 1:
            inputs = tf.transpose(inputs, [0, *range(2, rank), 1])
        shape = inputs.static_shape
        if shape is not None and None not in shape[1:]:
            return tf.reshape(inputs, [_batch(inputs), math.prod(shape[1:])])
        return tf.reshape(inputs, [tf.shape(inputs)[0], -1])

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape).as_list()
        if None in shape[1:]:
            return tf.TensorShape([shape[0], None])
        return tf.TensorShape([shape[0], math.prod(shape[1:])])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


def _batch(x: Any) -> Any:
    """Return the batch size, as a number if it is known."""
    size = x.static_shape[0]
    return size if size is not None else tf.shape(x)[0]


class Reshape(Layer):
    """The same elements in another shape, the batch apart."""

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        """Take the shape without the batch; one size may be -1."""
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)

    def call(self, inputs: Any) -> Any:
        result = tf.reshape(inputs, [_batch(inputs), *self.target_shape])
        if None in (result.static_shape or ()):
            result.set_shape(self.compute_output_shape(inputs.shape))
        return result

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape).as_list()
        target = self.target_shape
        if None in shape[1:]:
            return tf.TensorShape([shape[0], *[d if d != -1 else None for d in target]])
        have: Any = math.prod(shape[1:])
        known = math.prod(d for d in target if d != -1)
        fits = have % known == 0 if -1 in target and known else have == known
        if not fits or target.count(-1) > 1:
            raise ValueError(
                "total size of new array must be unchanged, input_shape = "
                f"{shape[1:]}, output_shape = {list(target)}"
            )
        return tf.TensorShape(
            [shape[0], *[have // known if d == -1 else d for d in target]]
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """The axes in another order; they count from 1, the batch stays first."""

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        """Take the order.

        Raises:
            ValueError: It does not name every axis once.
        """
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of "
                "indices in `dims` must be consecutive and start from 1. Received "
                f"dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return tf.transpose(inputs, perm=(0, *self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Each vector repeated `n` times along a new second axis."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        """Take how often.

        Raises:
            TypeError: It is no integer.
        """
        super().__init__(**kwargs)
        if not isinstance(n, int):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}.")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        return tf.tile(tf.expand_dims(inputs, 1), [1, self.n, 1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
