"""Nested structures of tensors that branches return and loops carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.core.convert import convert

if TYPE_CHECKING:
    from collections.abc import Sequence


def flat_tensors(structure: Any) -> list[Any]:
    """Return the leaves of a structure as tensors of the graph being traced.

    None stays None.
    """
    return [
        None if leaf is None else as_symbolic(leaf)
        for leaf in nest.flatten(structure, True)
    ]


def as_symbolic(value: Any, dtype: Any = None) -> Any:
    """Return a value as a tensor of the graph being traced."""
    return context.graph.own(convert(value, dtype))


def packed(structure: Any, tensors: Sequence[Any]) -> Any:
    """Return tensors in the nested structure of another value."""
    return nest.pack_sequence_as(structure, list(tensors), True)
