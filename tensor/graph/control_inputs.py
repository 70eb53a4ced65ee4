"""What operations of TF1's graphs wait for: `with tf.control_dependencies(...)`.

Functions need nothing of this: what has effects runs there in program order.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor import EagerTensor
from tensor.core.variable import Variable
from tensor.graph.operation import Operation
from tensor.graph.program import Node
from tensor.graph.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tensor.graph.trace import Graph


class ControlInputs:
    """The open `control_dependencies` blocks of a graph."""

    def __init__(self) -> None:
        # What is waited for, and the nodes made since: what reads those waits anyway.
        self._open: list[tuple[list[Node], set[Node]]] = []

    def give_to(self, node: Node) -> None:
        """Note for a new node what it waits for."""
        read = {value.node for value in node.values_in()}
        found: dict[Node, None] = {}
        for wanted, inside in self._open:
            if inside.isdisjoint(read):
                found.update({n: None for n in wanted if n not in read})
            inside.add(node)
        node.control_inputs = tuple(found)

    @contextlib.contextmanager
    def entered(self, wanted: list[Node] | None) -> Iterator[None]:
        """Let nodes made in the `with` block wait; for nothing at all if None."""
        saved = self._open
        self._open = [] if wanted is None else [*saved, (wanted, set())]
        try:
            yield
        finally:
            self._open = saved


def operations_of(graph: Graph, control_inputs: Iterable[Any]) -> list[Operation]:
    """Return the operations, in this graph or around it, that make tensors.

    Eager tensors and the arguments of functions are there before any node runs.

    Raises:
        TypeError: One is neither a tensor nor an operation, in TF1's graphs.
    """
    found = []
    for given in control_inputs:
        if isinstance(given, CompositeTensor):
            found += operations_of(graph, given.composite_components())
            continue
        if given is None or isinstance(given, EagerTensor | Variable):
            continue
        if not isinstance(given, SymbolicTensor | Operation):
            if graph.building_function:
                continue  # as nothing waits there
            given = graph.as_graph_element(given)
        operation = given if isinstance(given, Operation) else given.op
        if isinstance(operation.maker, Node):
            found.append(operation)
    return list(dict.fromkeys(found))
