"""What a variable starts with, as an array."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.context import context
from tensor.core.convert import convert, to_array
from tensor.core.tensor import EagerTensor, Tensor


def initial_array(initial_value: Any, dtype: Any) -> Any:
    """Return the starting value as an array of the variable's own."""
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    graph, context.graph = context.graph, None
    try:
        value = initial_value() if callable(initial_value) else initial_value
        if isinstance(value, Tensor) or hasattr(value, "read_for_op"):
            value = convert(value, wanted)
            if type(value) is EagerTensor:
                return value._array
            return graph.initial_array(value)
        if isinstance(value, list | tuple):
            return convert(value, wanted)._array
        return to_array(value, wanted)
    finally:
        context.graph = graph
