"""Convolutions that treat each channel by itself, and mix channels after that."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import constraints, initializers, regularizers
from tensor.keras.layers.convolution import Conv


def _depthwise(layer: Any, x: Any, kernel: Any) -> Any:
    """Convolve each channel with kernels of its own; sequences become images."""
    is_sequence = layer.rank == 1
    if is_sequence:
        x, kernel = tf.expand_dims(x, 1), tf.expand_dims(kernel, 0)
    strides = layer.strides * 2 if is_sequence else layer.strides
    dilations = layer.dilation_rate
    dilations = (1, *dilations) if is_sequence else dilations
    outputs = tf.nn.depthwise_conv2d(
        x,
        kernel,
        strides=[1, *strides, 1],
        padding="VALID" if layer.padding == "causal" else layer.padding.upper(),
        dilations=list(dilations),
    )
    return tf.squeeze(outputs, [1]) if is_sequence else outputs


class DepthwiseConv(Conv):
    """What depthwise convolutions over one and two axes have in common."""

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the kernel's size, and how many kernels each channel has."""
        super().__init__(
            None,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.filters = channels * self.depth_multiplier
        self._build_bias((self.filters,))
        self._set_input_channels(channels)
        self._build_input_shape = input_shape
        self.built = True

    def convolve(self, x: Any) -> Any:
        return _depthwise(self, x, self.depthwise_kernel)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.filters is None:
            self.filters = self._channels(input_shape) * self.depth_multiplier
        return super().compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in (
            "filters",
            "kernel_initializer",
            "kernel_regularizer",
            "kernel_constraint",
        ):
            config.pop(name)
        return {
            **config,
            "depth_multiplier": self.depth_multiplier,
            "depthwise_initializer": initializers.serialize(self.depthwise_initializer),
            "depthwise_regularizer": regularizers.serialize(self.depthwise_regularizer),
            "depthwise_constraint": constraints.serialize(self.depthwise_constraint),
        }


class DepthwiseConv1D(DepthwiseConv):
    """Each channel of a sequence convolved by itself."""

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """Each channel of an image convolved by itself."""

    rank = 2


class SeparableConv(Conv):
    """What separable convolutions over one and two axes have in common."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the filters, the kernel's size, and how weights are treated."""
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            name="pointwise_kernel",
            shape=(
                *(1,) * self.rank,
                channels * self.depth_multiplier,
                self.filters,
            ),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self._build_bias((self.filters,))
        self._set_input_channels(channels, ndim=self.rank + 2)
        self._build_input_shape = input_shape
        self.built = True

    def convolve(self, x: Any) -> Any:
        x = _depthwise(self, x, self.depthwise_kernel)
        return tf.nn.convolution(x, self.pointwise_kernel, padding="VALID")

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {
            **config,
            "depth_multiplier": self.depth_multiplier,
            "depthwise_initializer": initializers.serialize(self.depthwise_initializer),
            "pointwise_initializer": initializers.serialize(self.pointwise_initializer),
            "depthwise_regularizer": regularizers.serialize(self.depthwise_regularizer),
            "pointwise_regularizer": regularizers.serialize(self.pointwise_regularizer),
            "depthwise_constraint": constraints.serialize(self.depthwise_constraint),
            "pointwise_constraint": constraints.serialize(self.pointwise_constraint),
        }


class SeparableConv1D(SeparableConv):
    """Each channel of a sequence convolved by itself, then all mixed."""

    rank = 1


class SeparableConv2D(SeparableConv):
    """Each channel of an image convolved by itself, then all mixed."""

    rank = 2


SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
