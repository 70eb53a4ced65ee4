"""Pooling layers: the largest or mean element of each window."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.convolution import channels_back, channels_last
from tensor.keras.layers.sizes import (
    checked_padding,
    convolved_length,
    is_channels_first,
    per_axis,
)


class _Pooling(Layer):
    """What pooling over one to three axes has in common."""

    rank = 2
    kind = "MAX"

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the window's size, and how far it moves: by its size if not given."""
        super().__init__(**kwargs)
        self.pool_size = per_axis(pool_size, self.rank, "pool_size")
        self.strides = per_axis(
            self.pool_size if strides is None else strides, self.rank, "strides"
        )
        self.padding = checked_padding(padding)
        self.data_format = settings.checked_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        outputs = tf.nn.pool(
            channels_last(self, inputs),
            window_shape=list(self.pool_size),
            pooling_type=self.kind,
            strides=list(self.strides),
            padding=self.padding.upper(),
        )
        return channels_back(self, outputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape).as_list()
        spatial = shape[2:] if is_channels_first(self) else shape[1:-1]
        lengths = [
            convolved_length(n, size, stride, 1, self.padding)
            for n, size, stride in zip(
                spatial, self.pool_size, self.strides, strict=True
            )
        ]
        if is_channels_first(self):
            return tf.TensorShape([*shape[:2], *lengths])
        return tf.TensorShape([shape[0], *lengths, shape[-1]])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }


class MaxPooling1D(_Pooling):
    """The largest element of each stretch of a sequence."""

    rank = 1


class MaxPooling2D(_Pooling):
    """The largest element of each window of an image."""

    rank = 2


class MaxPooling3D(_Pooling):
    """The largest element of each window of a volume."""

    rank = 3


class AveragePooling1D(_Pooling):
    """The mean of each stretch of a sequence."""

    rank = 1
    kind = "AVG"


class AveragePooling2D(_Pooling):
    """The mean of each window of an image."""

    rank = 2
    kind = "AVG"


class AveragePooling3D(_Pooling):
    """The mean of each window of a volume."""

    rank = 3
    kind = "AVG"


class _GlobalPooling(Layer):
    """What pooling over whole sequences, images, volumes has in common."""

    rank = 2

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        """Take where channels are, and whether pooled axes stay, with size 1."""
        super().__init__(**kwargs)
        self.data_format = settings.checked_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self) -> list[int]:
        first = 2 if is_channels_first(self) else 1
        return list(range(first, first + self.rank))

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape).as_list()
        kept = [
            (1 if i in self._axes else d)
            for i, d in enumerate(shape)
            if self.keepdims or i not in self._axes
        ]
        return tf.TensorShape(kept)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "data_format": self.data_format,
            "keepdims": self.keepdims,
        }


class _GlobalMax(_GlobalPooling):
    def call(self, inputs: Any) -> Any:
        return tf.reduce_max(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalAverage(_GlobalPooling):
    def call(self, inputs: Any) -> Any:
        return tf.reduce_mean(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalMaxPooling1D(_GlobalMax):
    """The largest step of a sequence."""

    rank = 1


class GlobalMaxPooling2D(_GlobalMax):
    """The largest element of each channel of an image."""

    rank = 2


class GlobalMaxPooling3D(_GlobalMax):
    """The largest element of each channel of a volume."""

    rank = 3


class GlobalAveragePooling1D(_GlobalAverage):
    """The mean over the steps of a sequence; a mask leaves steps out."""

    rank = 1
    supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        axis = self._axes[0]
        mask = tf.cast(mask, inputs.dtype)
        mask = tf.expand_dims(mask, 2 if axis == 1 else 1)
        total = tf.reduce_sum(inputs * mask, axis=axis, keepdims=self.keepdims)
        return total / tf.reduce_sum(mask, axis=axis, keepdims=self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


class GlobalAveragePooling2D(_GlobalAverage):
    """The mean of each channel of an image."""

    rank = 2


class GlobalAveragePooling3D(_GlobalAverage):
    """The mean of each channel of a volume."""

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
