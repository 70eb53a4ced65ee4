"""Transposed convolutions: the way back from a convolution's output shape."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.layers.convolution import Conv, channels_back, channels_last
from tensor.keras.layers.sizes import is_channels_first, per_axis, transposed_length


class _ConvTranspose(Conv):
    """What transposed convolutions over one to three axes have in common."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        **kwargs: Any,
    ) -> None:
        """Take what `Conv` takes, and how much is added to one side of the output.

        Raises:
            ValueError: `output_padding` is not below the strides.
        """
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            **kwargs,
        )
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = per_axis(
                output_padding, self.rank, "output_padding", allow_zero=True
            )
            if any(
                s <= p for s, p in zip(self.strides, self.output_padding, strict=True)
            ):
                raise ValueError(
                    "Strides must be greater than output padding. Received "
                    f"strides={self.strides}, output_padding={self.output_padding}."
                )

    def build(self, input_shape: Any) -> None:
        shape = tf.TensorShape(input_shape)
        if shape.rank != self.rank + 2:
            raise ValueError(
                f"Inputs should have rank {self.rank + 2}. Received input_shape="
                f"{input_shape}."
            )
        channels = self._channels(shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, self.filters, channels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=True,
        )
        self._build_bias((self.filters,))
        self._set_input_channels(channels, ndim=self.rank + 2)
        self._build_input_shape = input_shape
        self.built = True

    def _lengths(self, spatial: Any) -> list[Any]:
        paddings = self.output_padding or (None,) * self.rank
        return [
            transposed_length(length, size, stride, self.padding, extra, dilation)
            for length, size, stride, extra, dilation in zip(
                spatial,
                self.kernel_size,
                self.strides,
                paddings,
                self.dilation_rate,
                strict=True,
            )
        ]

    def call(self, inputs: Any) -> Any:
        x = channels_last(self, inputs)
        sizes = tf.shape(x)
        spatial = [
            x.static_shape[i + 1] if x.static_shape[i + 1] is not None else sizes[i + 1]
            for i in range(self.rank)
        ]
        batch = x.static_shape[0] if x.static_shape[0] is not None else sizes[0]
        outputs = tf.nn.conv_transpose(
            x,
            self.kernel,
            [batch, *self._lengths(spatial), self.filters],
            strides=list(self.strides),
            padding=self.padding.upper(),
            dilations=list(self.dilation_rate),
        )
        if self.bias is not None:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return self.activation(channels_back(self, outputs))

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape).as_list()
        if is_channels_first(self):
            lengths = self._lengths(shape[2:])
            return tf.TensorShape([shape[0], self.filters, *lengths])
        return tf.TensorShape([shape[0], *self._lengths(shape[1:-1]), self.filters])

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "output_padding": self.output_padding}
        if self.rank == 3:
            config.pop("dilation_rate")
        return config


class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution over sequences."""

    rank = 1


class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution over images."""

    rank = 2


class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution over volumes."""

    rank = 3


Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
