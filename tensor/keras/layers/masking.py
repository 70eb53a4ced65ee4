"""Masking: leaves out time steps that hold one value only."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.engine.layer import Layer


class Masking(Layer):
    """Marks the steps in which all features equal `mask_value`, and sets them to 0."""

    supports_masking = True
    _computes_masks_itself = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        """Take the value that stands for nothing."""
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return tf.reduce_any(tf.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        counts = tf.reduce_any(
            tf.not_equal(inputs, self.mask_value), axis=-1, keepdims=True
        )
        outputs = inputs * tf.cast(counts, inputs.dtype)
        outputs._keras_mask = tf.squeeze(counts, axis=-1)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}


class ActivityRegularization(Layer):
    """Adds a penalty on the inputs to the loss."""

    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        """Take the factors of the sums of sizes and of squares."""
        from tensor.keras import regularizers

        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "l1": self.l1, "l2": self.l2}
