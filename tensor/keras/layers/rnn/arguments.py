"""What recurrent layers are called with: inputs of several parts, states, constants."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core import nest


def shapes_of_parts(shape: Any) -> Any:
    """Return the shape of an input, or those of its parts in their structure."""
    is_nested = isinstance(shape, tuple | dict) and any(
        isinstance(part, tf.TensorShape | tuple) for part in nest.flatten(shape)
    )
    return shape if is_nested else tf.TensorShape(shape)


def check_states(states: Any, state_size: Any) -> None:
    """Check the shapes of the states that a sequence begins with.

    Raises:
        ValueError: They are not those of the cell's states.
    """
    sizes = nest.flatten(state_size)
    for state, size in zip(nest.flatten(states), sizes, strict=True):
        own = tf.TensorShape([size] if isinstance(size, int) else size)
        if not own.is_compatible_with(state.shape[1:]):
            raise ValueError(
                "An `initial_state` was passed that is not compatible with "
                "`cell.state_size`. Received an initial state of shape "
                f"{state.shape}; however `cell.state_size` is {state_size}"
            )


def listed(values: Any) -> list[Any]:
    """Return one value or several as a list, None as an empty one."""
    if values is None:
        return []
    return list(values) if isinstance(values, list | tuple) else [values]
