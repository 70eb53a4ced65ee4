"""LocallyConnected: a convolution with a kernel of its own at each place."""

from __future__ import annotations

import itertools
import math
from typing import Any

import tensor as tf
from tensor.keras.layers.convolution import Conv, channels_back, channels_last
from tensor.keras.layers.sizes import convolved_length


class _LocallyConnected(Conv):
    """What locally connected layers over one and two axes have in common."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        implementation: int = 1,
        **kwargs: Any,
    ) -> None:
        """Take what `Conv` takes, without dilation and groups.

        Raises:
            ValueError: The padding is not "valid".
        """
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            activation=activation,
            use_bias=use_bias,
            **kwargs,
        )
        if self.padding != "valid":
            raise ValueError(
                "Invalid border mode for LocallyConnected (only 'valid' is supported): "
                f"{padding}"
            )
        self.implementation = implementation

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        shape = tf.TensorShape(input_shape).as_list()
        first = 2 if self.data_format == "channels_first" else 1
        lengths = shape[first : first + self.rank]
        if None in lengths:
            raise ValueError(
                "The spatial dimensions of the inputs to a LocallyConnected layer "
                "should "
                f"be fully-defined, but layer received an input shape {shape}."
            )
        self._lengths = [
            convolved_length(n, size, stride, 1, "valid")
            for n, size, stride in zip(
                lengths, self.kernel_size, self.strides, strict=True
            )
        ]
        places = math.prod(n or 0 for n in self._lengths)
        width = math.prod(self.kernel_size) * channels
        self.kernel = self.add_weight(
            shape=(places, width, self.filters),
            initializer=self.kernel_initializer,
            name="kernel",
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._build_bias((*self._lengths, self.filters))
        self._set_input_channels(channels, ndim=self.rank + 2)
        self._build_input_shape = input_shape
        self.built = True

    def call(self, inputs: Any) -> Any:
        x = channels_last(self, inputs)
        size = x.static_shape[0]
        batch = size if size is not None else tf.shape(x)[0]
        windows = []
        for place in itertools.product(*[range(n or 0) for n in self._lengths]):
            index = tuple(
                slice(p * stride, p * stride + width)
                for p, stride, width in zip(
                    place, self.strides, self.kernel_size, strict=True
                )
            )
            windows.append(tf.reshape(x[(slice(None), *index)], [batch, -1]))
        products = tf.matmul(tf.stack(windows), self.kernel)
        outputs = tf.reshape(
            tf.transpose(products, [1, 0, 2]), [batch, *self._lengths, self.filters]
        )
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(channels_back(self, outputs))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("groups")
        config.pop("dilation_rate")
        return {**config, "implementation": self.implementation}


class LocallyConnected1D(_LocallyConnected):
    """A convolution over sequences with a kernel of its own at each step."""

    rank = 1


class LocallyConnected2D(_LocallyConnected):
    """A convolution over images with a kernel of its own at each place."""

    rank = 2
