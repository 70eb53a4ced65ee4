"""GRUCell: a state of which gates renew a part."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import activations
from tensor.keras.layers.rnn.cell import RecurrentCell


class GRUCell(RecurrentCell):
    """One step of a GRU: gates z (keep) and r (reset), and a candidate h."""

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        reset_after: bool = True,
        **kwargs: Any,
    ) -> None:
        """Take what all cells take, and whether the reset comes after the product."""
        implementation = kwargs.pop("implementation", 2)
        super().__init__(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after
        # As Keras: the masks of dropped states differ from gate to gate.
        self.implementation = 1 if self.recurrent_dropout else implementation

    def _bias_shape(self) -> Any:
        columns = 3 * self.units
        return (2, columns) if self.reset_after else (columns,)

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        nested = isinstance(states, list | tuple)
        h = states[0] if nested else states
        inputs = self._dropped(inputs, self.dropout, "inputs", training)
        fed_back = self._dropped(h, self.recurrent_dropout, "states", training)
        input_bias = recurrent_bias = None
        if self.bias is not None:
            input_bias = recurrent_bias = self.bias
            if self.reset_after:
                input_bias, recurrent_bias = tf.unstack(self.bias)
        x = tf.matmul(inputs, self.kernel)
        if input_bias is not None:
            x = tf.nn.bias_add(x, input_bias)
        x_z, x_r, x_h = tf.split(x, 3, axis=-1)
        gate = self.recurrent_activation
        n = self.units
        if self.reset_after:
            inner = tf.matmul(fed_back, self.recurrent_kernel)
            if recurrent_bias is not None:
                inner = tf.nn.bias_add(inner, recurrent_bias)
            h_z, h_r, h_h = tf.split(inner, 3, axis=-1)
            z, r = gate(x_z + h_z), gate(x_r + h_r)
            candidate = self.activation(x_h + r * h_h)
        else:
            inner = tf.matmul(fed_back, self.recurrent_kernel[:, : 2 * n])
            h_z, h_r = tf.split(inner, 2, axis=-1)
            z, r = gate(x_z + h_z), gate(x_r + h_r)
            h_h = tf.matmul(r * fed_back, self.recurrent_kernel[:, 2 * n :])
            candidate = self.activation(x_h + h_h)
        h = z * h + (1 - z) * candidate
        return h, [h] if nested else h

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "implementation": self.implementation,
            "reset_after": self.reset_after,
        }
