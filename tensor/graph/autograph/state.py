"""The names that a block shares with its function, as tensors and back.

Each name holds any nested structure. Its tensors, and numbers that may become tensors,
take part in the graph; everything else has to be the same whichever way is taken.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensor.core import nest
from tensor.core.convert import constant_tensor
from tensor.core.registry import get_op
from tensor.core.tensor import Tensor
from tensor.graph.autograph.undefined import Undefined
from tensor.graph.control.structure import as_symbolic

_DYNAMIC = (Tensor, bool, int, float, complex, np.number, np.bool_, np.ndarray)


def is_dynamic(value: Any) -> bool:
    """Return whether a leaf takes part in the graph."""
    return isinstance(value, _DYNAMIC)


def leaves_of(value: Any) -> list[Any]:
    """Return the leaves of what a name holds."""
    if isinstance(value, Undefined):
        return [value]
    return nest.flatten(value, True)


def packed_like(value: Any, leaves: list[Any]) -> Any:
    """Return leaves in the structure of what a name holds."""
    if isinstance(value, Undefined):
        return leaves[0]
    return nest.pack_sequence_as(value, leaves, True)


def renewed(value: Any) -> Any:
    """Return what a name holds in new lists and dictionaries.

    Blocks change these in place, and each block is traced as if it were the only one.
    """
    if isinstance(value, Tensor | Undefined) or not nest.is_nested(value):
        return value
    return packed_like(value, leaves_of(value))


def scalar_condition(test: Any, what: str) -> Any:
    """Return a tensor as the condition of a statement: one bool, of whatever rank.

    Raises:
        ValueError: It is not a single bool.
    """
    dims = test.static_shape
    if test.dtype.is_bool and (not dims or math.prod([d or 1 for d in dims]) == 1):
        return get_op("Reshape")(test, shape=()) if dims else test
    hint = "to check for None, use `is not None`"
    if not test.dtype.is_bool:
        hint = f"to use as boolean Tensor, use `tf.cast`; {hint}"
    raise ValueError(
        f"condition of {what} expected to be `tf.bool` scalar, got {test}; {hint}"
    )


def same_structure(x: Any, y: Any) -> bool:
    """Return whether two values nest alike."""
    try:
        nest.assert_same_structure(x, y)
    except (TypeError, ValueError):
        return False
    return len(leaves_of(x)) == len(leaves_of(y))


def symbolic(value: Any, like: Any = None) -> Any:
    """Return a leaf as a tensor of the graph being traced.

    Args:
        value: The leaf.
        like: A tensor whose dtype a Python number takes if it can.
    """
    dtype = getattr(like, "dtype", None)
    if dtype is not None and isinstance(value, bool | int | float):
        try:
            return as_symbolic(value, dtype)
        except (TypeError, ValueError):
            pass
    return as_symbolic(value)


def zero_like(leaf: Any) -> Any:
    """Return a value of the kind of a leaf that stands for one nobody reads."""
    if isinstance(leaf, Tensor):
        dims = tuple([d or 0 for d in leaf.static_shape or ()])
        return constant_tensor(np.zeros(dims, leaf.dtype.numpy_dtype))
    if isinstance(leaf, bool | int | float):
        return type(leaf)(0)
    return leaf
