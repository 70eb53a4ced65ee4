"""StackedRNNCells: cells on top of each other, as one."""

from __future__ import annotations

import inspect
from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.keras import serialization
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.rnn.cell import zero_states


class StackedRNNCells(Layer):
    """Each cell takes the output of the one below."""

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        """Take the cells, the lowest first.

        Raises:
            ValueError: One of them is no cell.
        """
        reverse = kwargs.pop("reverse_state_order", False)
        super().__init__(**kwargs)
        for cell in cells:
            if "call" not in dir(cell) or "state_size" not in dir(cell):
                raise ValueError(
                    "All cells must have a `call` method and a `state_size` attribute. "
                    f"Received cell without them: {cell}"
                )
        self.cells = list(cells)
        self.reverse_state_order = reverse

    @property
    def state_size(self) -> Any:
        """The cells' state sizes."""
        sizes = [c.state_size for c in self.cells]
        return tuple(sizes[::-1] if self.reverse_state_order else sizes)

    @property
    def output_size(self) -> Any:
        """The size of the topmost cell's output."""
        return getattr(self.cells[-1], "output_size", None) or self.cells[-1].state_size

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Return the cells' first states."""
        cells = self.cells[::-1] if self.reverse_state_order else self.cells
        states = []
        for cell in cells:
            own = getattr(cell, "get_initial_state", None)
            if own is not None:
                states.append(own(inputs=inputs, batch_size=batch_size, dtype=dtype))
            else:
                states.append(zero_states(cell, inputs, batch_size, dtype))
        return tuple(states)

    def call(
        self,
        inputs: Any,
        states: Any,
        constants: Any = None,
        training: Any = None,
        **kwargs: Any,
    ) -> Any:
        own_order = states[::-1] if self.reverse_state_order else states
        new_states = []
        for cell, state in zip(self.cells, own_order, strict=True):
            nested = isinstance(state, list | tuple)
            passed = state if nested else [state]
            given = {"training": training, "constants": constants}
            extra = {name: v for name, v in given.items() if _takes(cell, name)}
            inputs, new = cell(inputs, passed, **extra)
            if not nested and isinstance(new, list | tuple):
                new = new[0]
            new_states.append(new)
        if self.reverse_state_order:
            new_states.reverse()
        return inputs, tuple(new_states)

    def build(self, input_shape: Any) -> None:
        shape = input_shape[0] if isinstance(input_shape, list) else input_shape
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                with tf.name_scope(cell.name):
                    cell.build(shape)
                    cell.built = True
            size = getattr(cell, "output_size", None)
            if size is None:
                size = cell.state_size
                size = size[0] if isinstance(size, list | tuple) else size
            batch = nest.flatten(shape)[0][0]
            shape = nest.map_structure(lambda s, b=batch: _batched(b, s), size)
        super().build(input_shape)

    def reset_dropout_mask(self) -> None:
        """Forget the masks of all cells."""
        for cell in self.cells:
            if hasattr(cell, "reset_dropout_mask"):
                cell.reset_dropout_mask()

    def get_config(self) -> dict[str, Any]:
        cells = [serialization.serialize_keras_object(c) for c in self.cells]
        return {**super().get_config(), "cells": cells}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from tensor.keras.layers.lookup import deserialize

        config = dict(config)
        config["cells"] = [deserialize(c, custom_objects) for c in config["cells"]]
        return cls(**config)


def _batched(batch: Any, size: Any) -> Any:
    """Return the shape of a batch of values of a size."""
    dims = tf.TensorShape([size] if isinstance(size, int) else size)
    return tf.TensorShape([batch, *dims.as_list()])


def _takes(cell: Any, name: str) -> bool:
    return name in inspect.signature(cell.call).parameters
