"""ConvLSTM: an LSTM whose products are convolutions."""

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
from tensor.keras.layers.convolution import channels_back, channels_last
from tensor.keras.layers.rnn.cell import RecurrentCell
from tensor.keras.layers.rnn.rnn import RNN
from tensor.keras.layers.sizes import (
    checked_padding,
    convolved_length,
    is_channels_first,
    per_axis,
)


class ConvLSTMCell(RecurrentCell):
    """One step of a convolutional LSTM over `rank` spatial axes."""

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "hard_sigmoid",
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        """Take what convolutions and LSTM cells take."""
        super().__init__(filters, activation=activation, **kwargs)
        self.rank = rank
        self.filters = filters
        self.kernel_size = per_axis(kernel_size, rank, "kernel_size")
        self.strides = per_axis(strides, rank, "strides")
        self.padding = checked_padding(padding)
        self.data_format = settings.checked_data_format(data_format)
        self.dilation_rate = per_axis(dilation_rate, rank, "dilation_rate")
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def build(self, input_shape: Any) -> None:
        shape = tf.TensorShape(input_shape).as_list()
        if is_channels_first(self):
            shape = [shape[0], *shape[2:], shape[1]]
        self.kernel = self.add_weight(
            shape=(*self.kernel_size, shape[-1], self.filters * 4),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            shape=(*self.kernel_size, self.filters, self.filters * 4),
            name="recurrent_kernel",
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.filters * 4,),
                name="bias",
                initializer=self._bias_start(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        lengths = [
            convolved_length(*row, self.padding)
            for row in zip(
                shape[1:-1],
                self.kernel_size,
                self.strides,
                self.dilation_rate,
                strict=True,
            )
        ]
        size = tf.TensorShape([*lengths, self.filters])
        if is_channels_first(self):
            size = tf.TensorShape([self.filters, *lengths])
        self.state_size = [size, size]
        self._build_input_shape = input_shape
        self.built = True

    def _bias_start(self) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer

        def start(shape: Any, dtype: Any = None) -> Any:
            """Begin by remembering: ones for the forget gate."""
            n = self.filters
            return tf.concat(
                [
                    self.bias_initializer((n,), dtype=dtype),
                    tf.ones((n,), dtype=dtype),
                    self.bias_initializer((n * 2,), dtype=dtype),
                ],
                axis=0,
            )

        return start

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        h, c = (channels_last(self, state) for state in states)
        inputs = channels_last(self, inputs)
        inputs = self._dropped(inputs, self.dropout, "inputs", training)
        fed_back = self._dropped(h, self.recurrent_dropout, "states", training)
        x = tf.nn.convolution(
            inputs,
            self.kernel,
            strides=list(self.strides),
            padding=self.padding.upper(),
            dilations=list(self.dilation_rate),
        )
        if self.bias is not None:
            x = tf.nn.bias_add(x, self.bias)
        z = x + tf.nn.convolution(fed_back, self.recurrent_kernel, padding="SAME")
        i, f, candidate, o = tf.split(z, 4, axis=-1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(candidate)
        h = gate(o) * self.activation(c)
        h, c = channels_back(self, h), channels_back(self, c)
        return h, [h, c]


class _ConvLSTM(RNN):
    """A convolutional LSTM over sequences of images and the like."""

    rank = 2
    _scopes_cell = False

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "hard_sigmoid",
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take what the convolution and the recurrence take."""
        names = (
            *("name", "input_shape", "batch_input_shape", "batch_size", "weights"),
            *("unroll", "time_major", "activity_regularizer"),
        )
        own = {k: kwargs.pop(k) for k in names if k in kwargs}
        both = {k: kwargs[k] for k in ("dtype", "trainable") if k in kwargs}
        cell = ConvLSTMCell(
            self.rank,
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            recurrent_activation=recurrent_activation,
            **kwargs,
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            **own,
            **both,
        )
        self.input_spec = [InputSpec(ndim=self.rank + 3)]

    def get_config(self) -> dict[str, Any]:
        cell = self.cell
        regularizer = regularizers.serialize(self.activity_regularizer)
        return {
            **self._run_config(),
            "activity_regularizer": regularizer,
            "filters": cell.filters,
            "kernel_size": cell.kernel_size,
            "strides": cell.strides,
            "padding": cell.padding,
            "data_format": cell.data_format,
            "dilation_rate": cell.dilation_rate,
            "activation": activations.serialize(cell.activation),
            "recurrent_activation": activations.serialize(cell.recurrent_activation),
            "use_bias": cell.use_bias,
            "kernel_initializer": initializers.serialize(cell.kernel_initializer),
            "recurrent_initializer": initializers.serialize(cell.recurrent_initializer),
            "bias_initializer": initializers.serialize(cell.bias_initializer),
            "unit_forget_bias": cell.unit_forget_bias,
            "kernel_regularizer": regularizers.serialize(cell.kernel_regularizer),
            "recurrent_regularizer": regularizers.serialize(cell.recurrent_regularizer),
            "bias_regularizer": regularizers.serialize(cell.bias_regularizer),
            "kernel_constraint": constraints.serialize(cell.kernel_constraint),
            "recurrent_constraint": constraints.serialize(cell.recurrent_constraint),
            "bias_constraint": constraints.serialize(cell.bias_constraint),
            "dropout": cell.dropout,
            "recurrent_dropout": cell.recurrent_dropout,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


class ConvLSTM1D(_ConvLSTM):
    """A convolutional LSTM over sequences of sequences."""

    rank = 1


class ConvLSTM2D(_ConvLSTM):
    """A convolutional LSTM over sequences of images."""

    rank = 2


class ConvLSTM3D(_ConvLSTM):
    """A convolutional LSTM over sequences of volumes."""

    rank = 3
