"""RNN: a cell run over the steps of a sequence."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

import tensor as tf
from tensor.core import nest
from tensor.keras import serialization
from tensor.keras.engine.call_context import calls
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.engine.keras_tensor import KerasTensor, holds_keras_tensors
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.rnn.arguments import (
    check_states,
    listed,
    shapes_of_parts,
)
from tensor.keras.layers.rnn.cell import zero_states
from tensor.keras.layers.rnn.stacked import StackedRNNCells
from tensor.keras.layers.rnn.steps import run_steps


class RNN(Layer):
    """Runs a cell over the second axis, handing its states from step to step.

    A mask makes the states skip steps. A stateful layer goes on with the states of the
    batch before.
    """

    supports_masking = True
    # Whether the cell's name is part of its weights' names.
    _scopes_cell = True
    # How many of the inputs, counted from the end, are constants for the cell.
    _num_constants = 0

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        time_major: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the cell (or several, stacked), and what to return.

        Args:
            cell: A layer with `state_size` whose `call` takes and returns states.
            return_sequences: Whether to return every step's output, or the last's.
            return_state: Whether to return the last states too.
            go_backwards: Whether to start at the end.
            stateful: Whether a batch begins with the states of the one before.
            unroll: Accepted: known numbers of steps are always unrolled.
            time_major: Whether the first axis is time, the second the batch.
            **kwargs: `zero_output_for_mask`, and what layers take.

        Raises:
            ValueError: The cell is none.
        """
        if isinstance(cell, list | tuple):
            cell = StackedRNNCells(cell)
        if "call" not in dir(cell) or "state_size" not in dir(cell):
            raise ValueError(
                "Argument `cell` should have a `call` method and a `state_size` "
                f"attribute. Received: cell={cell}"
            )
        self._take_length(kwargs)
        self_zero = kwargs.pop("zero_output_for_mask", False)
        super().__init__(**kwargs)
        self.zero_output_for_mask = self_zero
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.time_major = time_major
        self.input_spec: Any = None
        self._states: Any = None

    @staticmethod
    def _take_length(kwargs: dict[str, Any]) -> None:
        if "input_shape" not in kwargs and (
            "input_dim" in kwargs or "input_length" in kwargs
        ):
            length = kwargs.pop("input_length", None)
            kwargs["input_shape"] = (length, kwargs.pop("input_dim", None))

    # ---- states

    @property
    def states(self) -> Any:
        """The states kept between batches, as variables."""
        if self._states is None:
            count = len(nest.flatten(self.cell.state_size))
            return [None] * count
        return self._states

    def get_initial_state(self, inputs: Any) -> Any:
        """Return the states that a sequence begins with: zeros."""
        own = getattr(self.cell, "get_initial_state", None)
        axis = 1 if self.time_major else 0
        first = nest.flatten(inputs)[0]
        size = first.static_shape[axis]
        batch = size if size is not None else tf.shape(first)[axis]
        if own is not None:
            states = own(inputs=None, batch_size=batch, dtype=first.dtype)
        else:
            states = zero_states(self.cell, None, batch, first.dtype)
        return list(states) if isinstance(states, list | tuple) else [states]

    def reset_states(self, states: Any = None) -> None:
        """Set the states kept between batches to zeros, or to given arrays.

        Raises:
            AttributeError: The layer is not stateful.
            ValueError: The batch size is not known, or arrays do not fit.
        """
        if not self.stateful:
            raise AttributeError("Layer must be stateful. Make it with stateful=True.")
        batch = self._fixed_batch()
        if batch is None:
            raise ValueError(
                "If a RNN is stateful, it needs to know its batch size. Specify the "
                "batch size of your input tensors by `batch_input_shape` in the first "
                "layer, or by `Input(batch_shape=...)`."
            )
        if self._states is None:
            zeros = nest.flatten(zero_states(self.cell, None, batch, self.dtype))
            states = [tf.Variable(z, trainable=False) for z in zeros]
            # They are no weights: nothing is to track them.
            object.__setattr__(self, "_states", states)
            return
        flat = (
            nest.flatten(states) if states is not None else [None] * len(self._states)
        )
        if len(flat) != len(self._states):
            raise ValueError(
                f"Layer {self.name} expects {len(self._states)} states, but it "
                "received "
                f"{len(flat)} state values. States received: {states}"
            )
        for variable, value in zip(self._states, flat, strict=True):
            fresh = np.zeros(variable.shape.as_list()) if value is None else value
            variable.assign(np.asarray(fresh, variable.dtype.as_numpy_dtype))

    def _fixed_batch(self) -> int | None:
        shape = self._build_input_shape
        if shape is None:
            shape = getattr(self, "_batch_input_shape", None)
        if shape is None:
            return None
        first = nest.flatten(shapes_of_parts(shape))[0]
        return first.as_list()[1 if self.time_major else 0]

    # ---- building and calling

    def build(self, input_shape: Any) -> None:
        if isinstance(input_shape, list):
            input_shape = input_shape[0]
        shapes = shapes_of_parts(input_shape)
        batch = nest.flatten(shapes)[0][1 if self.time_major else 0]
        step_shape = nest.map_structure(
            lambda s: tf.TensorShape([batch, *s.as_list()[2:]]), shapes
        )
        if isinstance(self.cell, Layer) and not self.cell.built:
            with tf.name_scope(self.cell.name) if self._scopes_cell else nullcontext():
                self.cell.build(step_shape)
                self.cell.built = True
        self._build_input_shape = input_shape
        if not self.stateful:
            batch = None
        ends = (None, batch) if self.time_major else (batch, None)
        self.input_spec = [
            InputSpec(shape=(*ends, *s.as_list()[2:])) for s in nest.flatten(shapes)
        ]
        if self.stateful:
            self.reset_states()
        self.built = True

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        constants: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Run the cell over a sequence, from given states if there are any.

        Raises:
            ValueError: Some states or constants are Keras tensors, others are not.
        """
        if isinstance(inputs, list):  # a tuple is one input of several parts
            end = len(inputs) - self._num_constants
            if len(inputs) > 1 and initial_state is None:
                initial_state = list(inputs[1:end]) or None
                if self._num_constants:
                    constants = list(inputs[end:])
            inputs = inputs[0]
        more = [*listed(initial_state), *listed(constants)]
        if holds_keras_tensors(more):
            # In graphs of layers they are inputs like the sequence itself.
            if not all(isinstance(x, KerasTensor) for x in nest.flatten(more)):
                raise ValueError(
                    "The initial state or constants of an RNN layer cannot be "
                    "specified via a mix of Keras tensors and non-Keras tensors (a "
                    '"Keras tensor" is a tensor that was returned by a Keras layer or '
                    "by `Input` during Functional model construction). Received: "
                    f"initial_state={initial_state}, constants={constants}"
                )
            self._num_constants = len(listed(constants))
            return super().__call__([inputs, *more], **kwargs)
        if initial_state is not None:
            kwargs["initial_state"] = initial_state
        if constants is not None:
            kwargs["constants"] = listed(constants)
        return super().__call__(inputs, **kwargs)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: Any = None,
        initial_state: Any = None,
        constants: Any = None,
    ) -> Any:
        if isinstance(mask, list):
            mask = mask[0]
        if isinstance(inputs, tf.RaggedTensor):
            return self._run_rows(inputs, mask, training, initial_state, constants)
        time_axis = 0 if self.time_major else 1
        if self.unroll and nest.flatten(inputs)[0].static_shape[time_axis] is None:
            raise ValueError(
                "Unrolling requires a fixed number of timesteps. Give the first layer "
                "an `input_shape` with it, or pass `unroll=False`."
            )
        states = self._first_states(inputs, initial_state)
        if hasattr(self.cell, "reset_dropout_mask"):
            self.cell.reset_dropout_mask()
        step = self._step_function(training, constants)
        last, sequence, states = run_steps(
            step,
            inputs,
            states,
            mask,
            time_axis=time_axis,
            go_backwards=self.go_backwards,
            zero_output_for_mask=self.zero_output_for_mask,
            needs_sequence=self.return_sequences,
            is_symbolic=calls.is_symbolic,
        )
        if self.stateful:
            for variable, value in zip(self._states, nest.flatten(states), strict=True):
                variable.assign(value)
        output = sequence if self.return_sequences else last
        if not self.return_state:
            return output
        return [output, *states]

    def _run_rows(
        self,
        inputs: Any,
        mask: Any,
        training: Any,
        initial_state: Any,
        constants: Any,
    ) -> Any:
        """Run the cell over rows of different lengths: padded, with a mask."""
        if self.unroll:
            raise ValueError(
                "The input received contains RaggedTensors and does not support "
                "unrolling. Disable unrolling by passing `unroll=False` in the RNN "
                "Layer constructor."
            )
        if mask is not None:
            raise ValueError(
                f"The mask that was passed in was {mask}, which cannot be applied to "
                "RaggedTensor inputs. Please make sure that there is no mask injected "
                "by upstream layers."
            )
        padded, lengths = inputs.to_tensor(), inputs.row_lengths()
        mask = tf.sequence_mask(lengths, tf.shape(padded)[1])
        results = self.call(padded, mask, training, initial_state, constants)
        if not self.return_sequences:
            return results
        sequence, *states = results if self.return_state else [results]
        if self.go_backwards:  # the padding comes first
            sequence = tf.reverse(sequence, [1])
        rows = tf.RaggedTensor.from_tensor(sequence, lengths)
        rows = tf.reverse(rows, [1]) if self.go_backwards else rows
        return [rows, *states] if self.return_state else rows

    def _first_states(self, inputs: Any, initial_state: Any) -> list[Any]:
        if initial_state is None and self.stateful:
            flat = [v.value() for v in self._states]
            structure = self.cell.state_size
            if isinstance(structure, list | tuple):
                return list(nest.pack_sequence_as(structure, flat))
            return flat
        if initial_state is None:
            return self.get_initial_state(inputs)
        if not isinstance(initial_state, list | tuple):
            initial_state = [initial_state]
        expected = len(self.states)
        if len(nest.flatten(initial_state)) != expected:
            raise ValueError(
                f"Layer has {expected} states but was passed {len(initial_state)} "
                f"initial states. Received: initial_state={initial_state}"
            )
        check_states(initial_state, self.cell.state_size)
        return [
            nest.map_structure(
                lambda s: s.read_for_op() if isinstance(s, tf.Variable) else s, state
            )
            for state in initial_state
        ]

    def _step_function(self, training: Any, constants: Any) -> Any:
        kwargs: dict[str, Any] = {}
        signature = getattr(self.cell, "_signature", None)
        if signature is not None and signature.expects_training:
            kwargs["training"] = training
        if constants is not None:
            kwargs["constants"] = constants
        cell = self.cell
        is_single = len(nest.flatten(cell.state_size)) == 1 and not isinstance(
            cell.state_size, list | tuple
        )

        def step(x: Any, states: list[Any]) -> Any:
            output, new = cell(x, states, **kwargs)
            if is_single and not isinstance(new, list | tuple):
                new = [new]
            return output, list(new)

        return step

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output; if there are states, theirs in one list."""
        shapes = super().compute_output_shape(input_shape)
        if not self.return_state:
            return shapes
        return [shapes[0], *nest.flatten(shapes[1:])]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if isinstance(mask, list):
            mask = mask[0]
        output_mask = mask if self.return_sequences else None
        if self.return_state:
            return [output_mask, *[None for _ in self.states]]
        return output_mask

    def get_config(self) -> dict[str, Any]:
        config = self._run_config()
        config["cell"] = serialization.serialize_keras_object(self.cell)
        return config

    def _run_config(self) -> dict[str, Any]:
        """Return the configuration without the cell's."""
        config = {
            **super().get_config(),
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "unroll": self.unroll,
            "time_major": self.time_major,
        }
        if self._num_constants:
            config["num_constants"] = self._num_constants
        if self.zero_output_for_mask:
            config["zero_output_for_mask"] = True
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from tensor.keras.layers.lookup import deserialize

        config = dict(config)
        cell = deserialize(config.pop("cell"), custom_objects)
        num_constants = config.pop("num_constants", 0)
        layer = cls(cell, **config)
        layer._num_constants = num_constants
        return layer
