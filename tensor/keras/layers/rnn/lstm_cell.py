"""LSTMCell: a state that gates let in, keep and let out."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import activations
from tensor.keras.layers.rnn.cell import RecurrentCell


class LSTMCell(RecurrentCell):
    """One step of an LSTM: gates i, f, o and a candidate c, in the order i f c o."""

    gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        """Take what all cells take, the gates' activation, and how biases begin."""
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
        self.unit_forget_bias = unit_forget_bias
        # As Keras: the masks of dropped states differ from gate to gate.
        self.implementation = 1 if self.recurrent_dropout else implementation
        self.state_size = [units, units]

    def _bias_start(self) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer

        def start(shape: Any, dtype: Any = None) -> Any:
            """Begin by remembering: ones for the forget gate."""
            n = self.units
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
        h, c = states
        inputs = self._dropped(inputs, self.dropout, "inputs", training)
        h = self._dropped(h, self.recurrent_dropout, "states", training)
        z = tf.matmul(inputs, self.kernel) + tf.matmul(h, self.recurrent_kernel)
        if self.bias is not None:
            z = tf.nn.bias_add(z, self.bias)
        i, f, candidate, o = tf.split(z, 4, axis=1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(candidate)
        h = gate(o) * self.activation(c)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias,
            "implementation": self.implementation,
        }
