"""LocallyConnected: a convolution with a kernel of its own at each place.

There are three ways to compute it, which differ in the shape of the kernel: a matrix
for each place (1), a masked matrix between all inputs and all outputs (2), and a sparse
one of which only the elements that count are kept (3).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tensor as tf
from tensor.keras import backend
from tensor.keras.backend.local_convolution import local_conv
from tensor.keras.layers.convolution import Conv
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

        Args:
            filters: The number of filters.
            kernel_size: The size of the windows.
            strides: The steps from window to window.
            padding: "valid", or "same" but in the first way.
            data_format: Where the channels are.
            activation: What is applied to the result.
            use_bias: Whether there is a bias at each place.
            implementation: Which of the three ways to go.
            **kwargs: What `Conv` takes.

        Raises:
            ValueError: The padding or the way is none of these.
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
        if self.padding != "valid" and implementation == 1:
            raise ValueError(
                f'Invalid border mode for {type(self).__name__} (only "valid" is '
                f"supported if implementation is 1): {padding}"
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
        self._lengths: list[Any] = [
            convolved_length(n, size, stride, 1, self.padding)
            for n, size, stride in zip(
                lengths, self.kernel_size, self.strides, strict=True
            )
        ]
        if any(n is not None and n <= 0 for n in self._lengths):
            raise ValueError(
                "One of the dimensions in the output is <= 0 due to downsampling in "
                f"{self.name}. Consider increasing the input size. Received input "
                f"shape {tuple(shape)} which would produce output shape with a zero or "
                "negative value in a dimension."
            )
        self.kernel = self.add_weight(
            shape=self._kernel_shape(lengths, channels),
            initializer=self.kernel_initializer,
            name="kernel",
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._build_bias((*self._lengths, self.filters))
        self._set_input_channels(channels, ndim=self.rank + 2)
        self._build_input_shape = input_shape
        self.built = True

    def _kernel_shape(self, lengths: list[Any], channels: Any) -> tuple[Any, ...]:
        """Return the kernel's shape, and note which inputs and outputs it connects."""
        if self.implementation == 1:
            width = math.prod(self.kernel_size) * channels
            return math.prod(self._lengths), width, self.filters
        if self.implementation not in (2, 3):
            raise ValueError(
                f"Unrecognized implementation mode: {self.implementation}. Expected 1, "
                "2 or 3."
            )
        mask = _connections(
            lengths, self._lengths, self.kernel_size, self.strides, self.padding
        )
        first = self.data_format == "channels_first"
        at = (0, self.rank + 1) if first else (self.rank, 2 * self.rank + 1)
        mask = np.expand_dims(mask, at)
        ends = [channels, *lengths] if first else [*lengths, channels]
        starts = (
            [self.filters, *self._lengths] if first else [*self._lengths, self.filters]
        )
        if self.implementation == 2:
            self._mask = mask.astype("float32")
            return (*ends, *starts)
        # Which output takes which input, in order.
        whole = np.broadcast_to(mask, (*ends, *starts)).reshape(math.prod(ends), -1)
        self._pairs = np.argwhere(whole.T)
        return (len(self._pairs),)

    def call(self, inputs: Any) -> Any:
        if self.implementation == 1:
            outputs = local_conv(
                inputs,
                self.kernel,
                self.kernel_size,
                self.strides,
                self._lengths,
                self.data_format,
            )
        else:
            outputs = self._by_matrix(inputs)
        if self.bias is not None:
            outputs = backend.bias_add(outputs, self.bias, self.data_format)
        return self.activation(outputs)

    def _by_matrix(self, inputs: Any) -> Any:
        """Return the product with a matrix between all inputs and all outputs."""
        size = inputs.static_shape[0]
        batch = size if size is not None else tf.shape(inputs)[0]
        flat = tf.reshape(inputs, [batch, math.prod(inputs.static_shape[1:])])
        if self.implementation == 2:
            matrix = self.kernel * tf.cast(self._mask, self.kernel.dtype)
            products = tf.matmul(flat, tf.reshape(matrix, [flat.shape[1], -1]))
        else:
            shape = [math.prod(self._lengths) * self.filters, flat.shape[1]]
            matrix = tf.SparseTensor(self._pairs, self.kernel, shape)
            products = tf.transpose(
                tf.sparse.sparse_dense_matmul(matrix, flat, adjoint_b=True)
            )
        places = [*self._lengths, self.filters]
        if self.data_format == "channels_first":
            places = [self.filters, *self._lengths]
        return tf.reshape(products, [batch, *places])

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


def _connections(
    inputs: Any, outputs: Any, kernel_size: Any, strides: Any, padding: str
) -> Any:
    """Return which place of the input each place of the output sees.

    The result has the axes of the input first, then those of the output.
    """
    along = []
    axes = zip(inputs, outputs, kernel_size, strides, strict=True)
    for length, count, size, stride in axes:
        start = np.arange(count) * stride
        if padding == "same":
            start -= size // 2
        place = np.arange(length)[:, np.newaxis]
        along.append((start <= place) & (place < start + size))
    if len(along) == 1:
        return along[0]
    rows, columns = along
    return rows[:, np.newaxis, :, np.newaxis] & columns[np.newaxis, :, np.newaxis, :]
