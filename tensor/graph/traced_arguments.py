"""The arguments that a function was traced with, as users see them then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tensor.core import nest
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.signature import described, is_tensor_like
from tensor.graph.trace_types import field_names, with_variable_specs

if TYPE_CHECKING:
    from collections.abc import Iterator


class LeafName(NamedTuple):
    """What to call a leaf of the arguments.

    Attributes:
        parameter: The name of the parameter that it belongs to.
        path: The same with the way to it: `x_0_key`.
        own: The name that the user gave to its spec, or None.
    """

    parameter: str
    path: str
    own: str | None


def leaf_names(parameter: str, value: Any) -> list[LeafName]:
    """Return the names of the leaves of an argument."""
    return [
        LeafName(parameter, path, leaf.name if isinstance(leaf, TensorSpec) else None)
        for path, leaf in _paths(parameter, value)
    ]


def _paths(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not nest.is_nested(value):
        for leaf in nest.flatten(value, True):
            yield path, leaf
        return
    keys: Any = field_names(value)
    if isinstance(value, Mapping):
        keys = nest.sorted_keys(value)
    for i, child in enumerate(nest.children(value)):
        key = i if keys is None else re.sub(r"[^A-Za-z0-9_]", "_", str(keys[i]))
        yield from _paths(f"{path}_{key}", child)


class TracedArguments:
    """The arguments of a trace.

    Attributes:
        specs: Positional and keyword arguments with specs for tensors; names tell
            where in the arguments they are.
        types: The same, but with no names except those that users gave.
    """

    def __init__(self, given: Any, inner: Any, names: list[LeafName]) -> None:
        """Describe arguments.

        Args:
            given: Positional and keyword arguments.
            inner: The same as the function gets them while it is traced.
            names: The names of their leaves.
        """
        traced = nest.map_structure(
            lambda old, new: new if isinstance(new, Tensor) else old,
            described(given),
            inner,
        )
        self.specs = _shown(traced, names, lambda name: name.own or name.path)
        self.types = with_variable_specs(_shown(traced, names, lambda name: name.own))


def _shown(structure: Any, names: list[LeafName], name_of: Any) -> Any:
    """Return arguments with specs for tensors."""
    remaining = iter(names)

    def leaf(value: Any) -> Any:
        own = [next(remaining) for _ in nest.flatten(value, True)]
        if not is_tensor_like(value):
            return value
        return TensorSpec.of(value.static_shape, value.dtype, name_of(own[0]))

    return nest.map_structure(leaf, structure)
