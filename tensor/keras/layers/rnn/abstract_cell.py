"""AbstractRNNCell: what users' own cells are made from."""

from __future__ import annotations

from typing import Any

from tensor.keras.engine.layer import Layer
from tensor.keras.layers.rnn.cell import zero_states


class AbstractRNNCell(Layer):
    """A cell that says how large its state is, and makes one step at a time.

    Subclasses define `call(inputs, states)`, which returns output and new states, and
    the properties `state_size` and `output_size`.
    """

    def call(self, inputs: Any, states: Any) -> Any:
        """Return the output and the states after one step."""
        raise NotImplementedError(f"{type(self).__name__} must define `call`.")

    @property
    def state_size(self) -> Any:
        """The size of the state, or a structure of sizes."""
        raise NotImplementedError(f"{type(self).__name__} must define `state_size`.")

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        raise NotImplementedError(f"{type(self).__name__} must define `output_size`.")

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return the states that a sequence begins with: zeros."""
        return zero_states(self, inputs, batch_size, dtype)
