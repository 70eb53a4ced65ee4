"""An optimizer's step for one variable as a program that the variable's server runs.

While a function is traced, the step is recorded in a graph of its own. What it reads on
the same server (the variable, its slots) is read there; everything else (the gradient,
a learning rate on another server) becomes an input, which the worker sends.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from strategies.parameter_server.arrays import as_array
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.indexed_slices import IndexedSlices
from tensor.graph.state import StateOp
from tensor.graph.trace import Graph

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from strategies.parameter_server.variables import ServerVariable


class ServerGraph(Graph):
    """Records what one server is to do."""

    building_function = True

    def __init__(self, name: str, server: int) -> None:
        super().__init__(name, outer=context.graph)
        self._server = server

    def read_variable(self, variable: Any) -> Any:
        """Return the value: read on the server, or sent there if it has it not."""
        if getattr(variable, "server", None) == self._server:
            return super().read_variable(variable)
        with self._outside() as outer:
            value = outer.read_variable(variable)
        return self.capture(value)

    def write_variable(self, op: Any, inputs: Any, attrs: dict[str, Any]) -> None:
        """Record a write.

        Raises:
            RuntimeError: The variable lives on another server.
        """
        variable = attrs["variable"]
        if getattr(variable, "server", None) != self._server:
            raise RuntimeError(
                f"An optimizer's step on parameter server {self._server} writes to "
                f"{variable.name!r}, which is not there. Make slots by "
                "`add_variable_from_reference`, which puts them beside their variable."
            )
        super().write_variable(op, inputs, attrs)


_numbers = itertools.count(1)


class ServerStep:
    """An optimizer's step that a server knows by its number."""

    def __init__(self, number: int, server: int, written: list[int], links: Any):
        self.number, self.server, self.written, self.links = (
            number,
            server,
            written,
            links,
        )

    def shipped(self) -> Any:
        """Return what stands for this step in another process."""
        return "step", (self.number, self.server, self.written)

    def run(self, arrays: list[np.ndarray]) -> None:
        """Let the server take the step."""
        self.links.step(self.server, self.number, self.written, arrays)


class UpdateOnServer(StateOp):
    """An optimizer's step, taken by the server that has the variable."""

    type_name = "ResourceApplyOnServer"

    def kernel(self, *inputs: Any, step: ServerStep, variables: Any) -> Any:
        step.run([as_array(x) for x in inputs])
        return ()

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        if context.graph is None:
            self.kernel(*[x._array for x in inputs], **attrs)
        else:
            _record(inputs, attrs)
        return ()


update_on_server_op = UpdateOnServer()


def update_on_server(
    variable: ServerVariable, step: Callable[[Any, Any], Any], gradient: Any
) -> None:
    """Record `step(gradient, variable)` as something that the server does.

    Args:
        variable: The variable.
        step: Changes a variable by a gradient; it may read anything.
        gradient: A tensor, IndexedSlices, or None if the step needs none.
    """
    graph = ServerGraph(f"step_of_{variable._name}", variable.server)
    parts: list[Any] = []
    with graph.traced():
        if isinstance(gradient, IndexedSlices):
            parts = [
                graph.own(convert(gradient.values)),
                graph.own(convert(gradient.indices)),
            ]
            step(IndexedSlices(parts[0], parts[1], gradient.dense_shape), variable)
        elif gradient is not None:
            parts = [graph.own(convert(gradient))]
            step(parts[0], variable)
        else:
            step(None, variable)
    program = graph.finish([])
    written = {
        id(node.attrs["variable"]): node.attrs["variable"]
        for node in program.all_nodes()
        if isinstance(node.op, StateOp) and node.outputs == ()
    }
    variables = list(written.values())
    numbers = [v.number for v in variables]
    defined = ServerStep(next(_numbers), variable.server, numbers, variable.links)
    variable.links.define(
        variable.server, defined.number, (program, numbers), len(parts)
    )
    inputs = [outer for outer, _ in graph.outside.tensors]
    _record(inputs, {"step": defined, "variables": tuple(variables)})


def _record(inputs: Any, attrs: dict[str, Any]) -> None:
    """Add the node to the graph being traced; reads after it see new values."""
    graph = context.graph
    graph.outside.add_variables(attrs["variables"])
    graph.call_op(update_on_server_op, inputs, attrs)
    graph.forget_reads(attrs["variables"])
