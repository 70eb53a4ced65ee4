"""A graph as its users see it: what it holds, by name or in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.devices import device
from tensor.core.name_scope import get_current_name_scope, name_scope
from tensor.graph.graph_def import GraphDef, definitions
from tensor.graph.graph_elements import GraphElements
from tensor.graph.operation import Operation

if TYPE_CHECKING:
    from tensor.graph.call_time import CallTimeValue
    from tensor.graph.captures import Captures
    from tensor.graph.program import Node, Value
    from tensor.graph.symbolic import SymbolicTensor
    from tensor.graph.trace import Graph


class GraphView(GraphElements):
    """What users ask a graph that is being traced, or has been.

    Attributes:
        outputs: The results of a function, once tracing has ended.
    """

    placeholders: list[SymbolicTensor]
    nodes: list[Node]
    outer: Graph | None
    outside: Captures
    call_time: dict[Any, CallTimeValue]

    def __init__(self) -> None:
        super().__init__()
        self.outputs: list[SymbolicTensor] = []

    @property
    def captures(self) -> list[tuple[Any, SymbolicTensor]]:
        """Pairs of a tensor, a variable's handle or a closure, and its input."""
        graph: Any = self
        values = self.call_time.values()
        closures = [
            (value.closure, inner) for value in values for inner in value.inputs
        ]
        return [*closures, *self.outside.as_shown(graph)]

    @property
    def external_captures(self) -> list[Any]:
        """The outside tensors, and the handles of variables."""
        return [outer for outer, _ in self.captures]

    @property
    def internal_captures(self) -> list[SymbolicTensor]:
        """The inputs that stand for what comes from outside."""
        return [inner for _, inner in self.captures]

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """What is passed in: arguments, and what comes from outside."""
        return self.placeholders + self.internal_captures

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables that are read or written."""
        return self.outside.variables

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The trainable variables that are read or written."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def outer_graph(self) -> Any:
        """The graph that was being traced when this one began, or None."""
        return self.outer

    def session(self) -> Any:
        """Return a session that runs this graph, as in TF1."""
        from tensor.compat.session import Session

        return Session(graph=self)

    def get_operations(self) -> list[Operation]:
        """Return the operations in the order in which they were made."""
        graph: Any = self
        makers: list[Node | Value] = [t._value for t in self.inputs]
        return [Operation(maker, graph) for maker in (*makers, *self.nodes)]

    def as_graph_def(self) -> GraphDef:
        """Return the operations with the names of what they read, for looking."""
        makers = [operation.maker for operation in self.get_operations()]
        return GraphDef([found for maker in makers for found in definitions(maker)])

    def name_scope(self, name: str) -> Any:
        """Return a context in which names of nodes begin with `name`."""
        return name_scope(name)

    def device(self, device_name: Any) -> Any:
        """Return a context in which nodes are asked to be on a device."""
        return device(device_name)

    def get_name_scope(self) -> str:
        """Return the open name scopes, `a/b`; empty outside of all."""
        return get_current_name_scope()
