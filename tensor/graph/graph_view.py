"""A graph as its users see it: what it holds, by name or in order."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tensor.core.name_scope import get_current_name_scope
from tensor.graph.graph_def import GraphDef, graph_def
from tensor.graph.symbolic import Operation, SymbolicTensor

if TYPE_CHECKING:
    from tensor.graph.program import Node


class GraphView:
    """What users ask a graph that is being traced, or has been."""

    inputs: list[SymbolicTensor]
    nodes: list[Node]
    _captures: dict[Any, tuple[Any, SymbolicTensor]]
    collections: dict[str, list[Any]]
    variable_table: dict[int, Any]

    @property
    def captures(self) -> list[tuple[Any, SymbolicTensor]]:
        """Pairs of an outside tensor and the input that stands for it."""
        return list(self._captures.values())

    def session(self) -> Any:
        """Return a session that runs this graph, as in TF1."""
        from tensor.compat.session import Session

        return Session(graph=self)

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The results, once tracing has ended."""
        return self.collections.get("outputs", [])

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables that are read or written."""
        return tuple(self.variable_table.values())

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The trainable variables that are read or written."""
        return tuple(v for v in self.variables if v.trainable)

    def get_operations(self) -> list[Any]:
        """Return the operations in the order in which they were made."""
        values = [t._value for t in self.inputs]
        values += [node.outputs[0] for node in self.nodes if node.outputs]
        graph: Any = self
        return [Operation(value, graph) for value in values]

    def as_graph_def(self) -> GraphDef:
        """Return the operations with the names of what they read, for looking."""
        inputs = [t._value for t in self.inputs]
        inputs += [inner._value for _, inner in self.captures]
        results = [t._value for t in self.outputs]
        return graph_def(inputs, self.nodes, results)

    def get_name_scope(self) -> str:
        """Return the open name scopes, `a/b`; empty outside of all."""
        return get_current_name_scope()

    def get_tensor_by_name(self, name: str) -> SymbolicTensor:
        """Return the tensor called `name`, such as `add:0`.

        Raises:
            KeyError: There is none.
        """
        values = [t._value for t in self.inputs]
        values += [v for node in self.nodes for v in node.outputs]
        for value in values:
            # Results of conditionals have names beside those of their node.
            own = value.node and f"{value.node.name}:{value.index}"
            if name in (value.name, own):
                graph: Any = self
                return SymbolicTensor(value, graph)
        raise KeyError(f"The name {name!r} refers to a Tensor which does not exist.")

    def get_operation_by_name(self, name: str) -> Any:
        """Return the operation called `name`; a KeyError says that there is none."""
        return self.get_tensor_by_name(f"{name}:0").op

    def control_dependencies(self, control_inputs: Any) -> Any:
        """Return a context manager; ops with effects run in program order anyway."""
        return contextlib.nullcontext()
