"""SimpleRNNCell: the output is fed back."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.layers.rnn.cell import RecurrentCell


class SimpleRNNCell(RecurrentCell):
    """activation(x @ kernel + h @ recurrent_kernel + bias)."""

    def call(self, inputs: Any, states: Any, training: Any = None) -> Any:
        nested = isinstance(states, list | tuple)
        h = states[0] if nested else states
        inputs = self._dropped(inputs, self.dropout, "inputs", training)
        h = self._dropped(h, self.recurrent_dropout, "states", training)
        output = tf.matmul(inputs, self.kernel)
        if self.bias is not None:
            output = tf.nn.bias_add(output, self.bias)
        output = self.activation(output + tf.matmul(h, self.recurrent_kernel))
        return output, [output] if nested else output
