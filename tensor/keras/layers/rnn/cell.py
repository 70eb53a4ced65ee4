"""RecurrentCell: one step of a recurrent layer, with dropout masks kept for a batch."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.context import context
from tensor.keras import activations, constraints, initializers, regularizers
from tensor.keras.engine.layer import Layer
from tensor.keras.random_generator import RandomGenerator


class RecurrentCell(Layer):
    """What the cells of SimpleRNN, LSTM and GRU have in common.

    A cell takes one step's input and the states, and returns output and new states.

    Attributes:
        gates: How many blocks of `units` columns the kernels have.
    """

    gates = 1
    supports_masking = False

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the number of units, the activation, and how weights are treated.

        Raises:
            ValueError: `units` is not positive.
        """
        kwargs.pop("enable_caching_device", None)  # of no use without devices
        super().__init__(**kwargs)
        if units is None or units <= 0:
            raise ValueError(
                "Received an invalid value for argument `units`, expected a positive "
                f"integer, got {units}."
            )
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.seed = seed
        self.state_size: Any = units
        self.output_size = units
        self._random_generator = RandomGenerator(seed)
        self._masks: dict[Any, Any] = {}

    def build(self, input_shape: Any) -> None:
        inputs = tf.TensorShape(input_shape)[-1]
        columns = self.units * self.gates
        self.kernel = self.add_weight(
            shape=(inputs, columns),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, columns),
            name="recurrent_kernel",
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=self._bias_shape(),
                name="bias",
                initializer=self._bias_start(),
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        super().build(input_shape)

    def _bias_shape(self) -> Any:
        return (self.units * self.gates,)

    def _bias_start(self) -> Any:
        return self.bias_initializer

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return zeros for the states."""
        return zero_states(self, inputs, batch_size, dtype)

    # ---- dropout: one mask for all steps of a batch

    def reset_dropout_mask(self) -> None:
        """Forget the inputs' masks: a new batch begins."""
        self._masks = {}

    reset_recurrent_dropout_mask = reset_dropout_mask

    def _dropped(self, x: Any, rate: float, which: str, training: Any) -> Any:
        """Return x with the elements of this batch's mask set to zero."""
        if not rate or not training:
            return x
        key = which, id(context.graph)
        mask = self._masks.get(key)
        if mask is None:
            mask = self._random_generator.dropout(tf.ones_like(x), rate)
            self._masks[key] = mask
        return x * mask

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": initializers.serialize(self.recurrent_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "recurrent_regularizer": regularizers.serialize(self.recurrent_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "recurrent_constraint": constraints.serialize(self.recurrent_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
        }


def zero_states(cell: Any, inputs: Any, batch_size: Any, dtype: Any) -> Any:
    """Return zeros for the states of a cell, in the structure of its `state_size`.

    Raises:
        ValueError: Neither inputs nor batch size and dtype are given.
    """
    if inputs is not None:
        inputs = tf.convert_to_tensor(inputs)
        size = inputs.static_shape[0]
        batch_size = size if size is not None else tf.shape(inputs)[0]
        dtype = inputs.dtype
    if batch_size is None or dtype is None:
        raise ValueError(
            "batch_size and dtype cannot be None while constructing initial state. "
            f"Received: batch_size={batch_size}, dtype={dtype}"
        )

    def zeros(size: Any) -> Any:
        sizes = [size] if isinstance(size, int) else tf.TensorShape(size).as_list()
        return tf.zeros([batch_size, *sizes], dtype=dtype)

    size = cell.state_size
    if isinstance(size, int | tf.TensorShape):
        return zeros(size)
    return [zeros(s) for s in size]
