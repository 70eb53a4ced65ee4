"""Captures: what a graph takes from outside, tensors and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.graph.program import Value
from tensor.graph.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tensor.graph.trace import Graph


class Captures:
    """What a graph takes from outside, in the order in which it was first used.

    Tensors are passed in at each run. Variables are not: the nodes that read and write
    them hold them. To users both are inputs, variables by their handles.
    """

    def __init__(self) -> None:
        self._found: dict[Any, tuple[Any, SymbolicTensor | None]] = {}

    def inner(self, key: Any) -> SymbolicTensor | None:
        """Return the input for the outside tensor known by `key`, if there is one."""
        found = self._found.get(key)
        return None if found is None else found[1]

    def add(self, key: Any, outer: Any, inner: SymbolicTensor) -> None:
        """Note the input for an outside tensor."""
        self._found[key] = outer, inner

    def add_variables(self, variables: Iterable[Any]) -> None:
        """Note that variables are read or written."""
        for variable in variables:
            self._found.setdefault(id(variable), (variable, None))

    def exchange(self, old: SymbolicTensor, new: SymbolicTensor) -> None:
        """Let another input stand for what `old` stands for."""
        for key, (outer, inner) in self._found.items():
            if inner is old:
                self._found[key] = outer, new

    @property
    def tensors(self) -> list[tuple[Any, SymbolicTensor]]:
        """Pairs of an outside tensor and the input that stands for it."""
        return [(o, i) for o, i in self._found.values() if i is not None]

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables that are read or written."""
        return tuple([outer for outer, i in self._found.values() if i is None])

    def as_shown(self, graph: Graph) -> list[tuple[Any, SymbolicTensor]]:
        """Return pairs for tensors and for variables, as users of `graph` see them."""
        pairs = []
        for outer, inner in self._found.values():
            if inner is None:
                name = f"{outer.name.rpartition(':')[0]}/resource:0"
                inner = SymbolicTensor(Value((), dtypes.resource, name), graph)
                outer = outer.handle
            pairs.append((outer, inner))
        return pairs
