"""SimpleRNN, LSTM and GRU: a cell of its own kind run over sequences."""

from __future__ import annotations

from typing import Any

from tensor.keras import regularizers
from tensor.keras.engine.input_spec import InputSpec
from tensor.keras.layers.rnn.gru_cell import GRUCell
from tensor.keras.layers.rnn.lstm_cell import LSTMCell
from tensor.keras.layers.rnn.rnn import RNN
from tensor.keras.layers.rnn.simple_rnn_cell import SimpleRNNCell
from tensor.keras.settings import snake_case

_RUN_ARGUMENTS = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "time_major",
    "zero_output_for_mask",
    "input_shape",
    "batch_input_shape",
    "input_dim",
    "input_length",
    "batch_size",
    "weights",
    "name",
    "activity_regularizer",
)


class _CellLayer(RNN):
    """A recurrent layer that makes its cell; the cell's settings are its own."""

    cell_class: Any

    def __init__(self, units: int, *args: Any, **kwargs: Any) -> None:
        """Take what the cell takes, and what RNN takes."""
        run = {k: kwargs.pop(k) for k in _RUN_ARGUMENTS if k in kwargs}
        both = {k: kwargs[k] for k in ("dtype", "trainable") if k in kwargs}
        name = snake_case(self.cell_class.__name__)
        cell = self.cell_class(units, *args, name=name, **kwargs)
        super().__init__(cell, **run, **both)
        self.input_spec = [InputSpec(ndim=3)]

    def __getattr__(self, name: str) -> Any:
        # units, activation, kernel_initializer …: whatever the cell is set to.
        cell = self.__dict__.get("cell")
        if (
            cell is None
            or name.startswith("_")
            or name in ("state_size", "output_size")
        ):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            )
        return getattr(cell, name)

    def get_config(self) -> dict[str, Any]:
        settings = self.cell.get_config()
        for name in ("name", "trainable", "dtype", "batch_input_shape"):
            settings.pop(name, None)
        regularizer = regularizers.serialize(self.activity_regularizer)
        return {**self._run_config(), **settings, "activity_regularizer": regularizer}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


class SimpleRNN(_CellLayer):
    """A recurrent layer whose output is fed back."""

    cell_class = SimpleRNNCell


class LSTM(_CellLayer):
    """Long short-term memory."""

    cell_class = LSTMCell


class GRU(_CellLayer):
    """Gated recurrent units."""

    cell_class = GRUCell
