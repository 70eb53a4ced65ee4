"""Convolution layers: a small kernel moved over sequences, images, volumes."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import (
    activations,
    constraints,
    initializers,
    regularizers,
    settings,
)
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.sizes import (
    checked_padding,
    convolved_length,
    is_channels_first,
    per_axis,
)


class Conv(Layer):
    """What convolutions over one, two and three axes have in common.

    Attributes:
        rank: Over how many axes the kernel moves.
    """

    rank = 2

    def __init__(
        self,
        filters: int | None,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        """Take the number of filters, the kernel's size, and how it moves.

        Raises:
            ValueError: A size is not positive, or strides and dilation are combined.
        """
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if isinstance(filters, float):
            filters = int(filters)
        if filters is not None and filters <= 0:
            raise ValueError(
                "Invalid value for argument `filters`. Expected a strictly positive "
                f"value. Received filters={filters}."
            )
        self.filters = filters
        self.groups = groups or 1
        self.kernel_size = per_axis(kernel_size, self.rank, "kernel_size")
        self.strides = per_axis(strides, self.rank, "strides")
        self.padding = checked_padding(padding, allow_causal=self.rank == 1)
        self.data_format = settings.checked_data_format(data_format)
        self.dilation_rate = per_axis(dilation_rate, self.rank, "dilation_rate")
        if filters is not None and filters % self.groups != 0:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of "
                f"groups. Received: groups={groups}, filters={filters}"
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and "
                f"dilation_rate={self.dilation_rate}"
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=self.rank + 2)

    @property
    def _channel_axis(self) -> int:
        return -1 - self.rank if is_channels_first(self) else -1

    def _channels(self, input_shape: Any) -> int:
        """Return the number of input channels.

        Raises:
            ValueError: It is not known.
        """
        count = tf.TensorShape(input_shape)[self._channel_axis]
        if count is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. The "
                f"input_shape received is {input_shape}, where axis "
                f"{self._channel_axis} (0-based) is the channel dimension, which found "
                "to be `None`."
            )
        return int(count)

    def build(self, input_shape: Any) -> None:
        channels = self._channels(input_shape)
        if channels % self.groups != 0:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number "
                f"of groups. Received groups={self.groups}, but the input has "
                f"{channels} channels (full input shape is {input_shape})."
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=True,
        )
        self._build_bias((self.filters,))
        self._set_input_channels(channels)
        self.compute_output_shape(input_shape)  # refuses inputs that are too small
        super().build(input_shape)

    def _build_bias(self, shape: Any) -> None:
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=shape,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                trainable=True,
            )

    def _set_input_channels(self, channels: int, ndim: int | None = None) -> None:
        """Expect inputs with so many channels, and of rank `ndim` if it is given."""
        self.input_spec = InputSpec(
            ndim=ndim,
            min_ndim=None if ndim else self.rank + 2,
            axes={self._channel_axis: channels},
        )

    def call(self, inputs: Any) -> Any:
        x = channels_last(self, inputs)
        x, shape = merged_batch(x, self.rank)
        if self.padding == "causal":
            width = self.dilation_rate[0] * (self.kernel_size[0] - 1)
            x = tf.pad(x, [[0, 0], [width, 0], [0, 0]])
        outputs = self.convolve(x)
        if self.bias is not None:
            outputs = tf.nn.bias_add(outputs, self.bias)
        outputs = channels_back(self, split_batch(outputs, shape))
        return self.activation(outputs)

    def convolve(self, x: Any) -> Any:
        """Return the convolution of a tensor with channels last."""
        return tf.nn.convolution(
            x,
            self.kernel,
            strides=list(self.strides),
            padding="VALID" if self.padding == "causal" else self.padding.upper(),
            dilations=list(self.dilation_rate),
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output.

        Raises:
            ValueError: The input is smaller than the kernel.
        """
        shape = tf.TensorShape(input_shape).as_list()
        batch = shape[: len(shape) - self.rank - 1]
        if is_channels_first(self):
            spatial = shape[-self.rank :]
        else:
            spatial = shape[-self.rank - 1 : -1]
        lengths = [
            convolved_length(*row, self.padding)
            for row in zip(
                spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        ]
        if any(length is not None and length < 0 for length in lengths):
            raise ValueError(
                "One of the dimensions in the output is <= 0 due to downsampling in "
                f"{self.name}. Consider increasing the input size. Received input "
                f"shape {shape} which would produce output shape with a zero or "
                "negative value in a dimension."
            )
        if is_channels_first(self):
            return tf.TensorShape([*batch, self.filters, *lengths])
        return tf.TensorShape([*batch, *lengths, self.filters])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }


def channels_last(layer: Any, x: Any) -> Any:
    """Return a layer's input with channels last, as kernels want it."""
    if not is_channels_first(layer):
        return x
    rank = x.shape.rank
    first = rank - layer.rank - 1
    order = [*range(first), *range(first + 1, rank), first]
    return tf.transpose(x, order)


def channels_back(layer: Any, x: Any) -> Any:
    """Return a result with channels where the layer's input has them."""
    if not is_channels_first(layer):
        return x
    rank = x.shape.rank
    first = rank - layer.rank - 1
    order = [*range(first), rank - 1, *range(first, rank - 1)]
    return tf.transpose(x, order)


def merged_batch(x: Any, rank: int) -> tuple[Any, Any]:
    """Return a tensor with all batch axes made one, and what these were."""
    extra = x.shape.rank - rank - 2
    if extra == 0:
        return x, None
    sizes = tf.shape(x)
    rest = x.shape.as_list()[extra + 1 :]
    if None in rest:
        return tf.reshape(x, tf.concat([[-1], sizes[extra + 1 :]], 0)), sizes[
            : extra + 1
        ]
    return tf.reshape(x, [-1, *rest]), sizes[: extra + 1]


def split_batch(x: Any, batch: Any) -> Any:
    """Return a tensor with the batch axes that were made one."""
    if batch is None:
        return x
    return tf.reshape(x, tf.concat([batch, tf.shape(x)[1:]], 0))


class Conv1D(Conv):
    """Convolution over sequences: [batch, steps, channels]."""

    rank = 1


class Conv2D(Conv):
    """Convolution over images: [batch, rows, columns, channels]."""

    rank = 2


class Conv3D(Conv):
    """Convolution over volumes: [batch, depth, rows, columns, channels]."""

    rank = 3


Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
