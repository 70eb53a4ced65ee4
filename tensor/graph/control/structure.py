"""Nested structures of tensors that branches return and loops carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.shapes import TensorShape
from tensor.core.tensor_spec import CompositeSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.shapes import Dims


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


def dims_of_parts(value: Any, given: Any) -> list[Dims | None]:
    """Return the shapes of a value's parts, given the shape or spec of the whole."""
    if not hasattr(value, "composite_components"):
        return [TensorShape(getattr(given, "shape", given))._dims]
    if not isinstance(given, CompositeSpec):
        own = value._type_spec
        given = type(own)(TensorShape(given), *own._parameters()[1:])
    return [spec.dims for spec in nest.flatten(given, True)]


def packed(structure: Any, tensors: Sequence[Any]) -> Any:
    """Return tensors in the nested structure of another value."""
    return nest.pack_sequence_as(structure, list(tensors), True)
