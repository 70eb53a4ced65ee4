"""Results with a gradient of the user's, inside a graph: the gradient is a program.

It is traced when the function is called, because the user's gradient function may use
whatever the graph holds at that moment. What it uses become further inputs of the node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.backprop import runs_on_arrays, unwrap_gradient
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.registry import Op
from tensor.core.tensor import wrap
from tensor.graph.backward import picked, stored
from tensor.graph.inline import inline
from tensor.graph.trace import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensor.core.tensor_spec import TensorSpec
    from tensor.graph.program import Program


class GradientGraph(Graph):
    """The graph that a user's gradient function is traced into."""

    holds_gradient = True


class GradientProgram:
    """A user's gradient function as a program.

    Attributes:
        program: Takes the gradients of the results, then what else it uses.
        structure: The gradients for the sources: numbers of the program's outputs,
            IndexedSlices of such numbers, or None.
    """

    def __init__(self, program: Program, structure: list[Any]) -> None:
        self.program = program
        self.structure = structure

    def gradients(self, dz: Sequence[Any], used: Sequence[Any]) -> list[Any]:
        """Return the gradients for the sources."""
        return picked(self.structure, inline(self.program, [*dz, *used]))


class FailedGradient:
    """Stands for a gradient function that could not be traced, until it is asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def gradients(self, dz: Sequence[Any], used: Sequence[Any]) -> list[Any]:
        """Raise what the function raised."""
        raise self.error


class OwnGradient(Op):
    """Results with a gradient that is a program.

    Inputs are the results, what they are differentiated by, and what else the program
    uses.
    """

    def kernel(self, *values: Any, count: int, sources: int, backward: Any) -> Any:
        return tuple([np.asarray(v)[()] for v in values[:count]])

    def infer(
        self, *values: TensorSpec, count: int, sources: int, backward: Any
    ) -> Any:
        return tuple(values[:count])

    def gradient(self, call: Any, *dz: Any) -> Any:
        count, sources = call.attrs["count"], call.attrs["sources"]
        used = call.inputs[count + sources :]
        plain = runs_on_arrays()
        as_tensor = wrap if plain else convert
        found = call.attrs["backward"].gradients(
            [as_tensor(g) for g in dz], [as_tensor(v) for v in used]
        )
        if plain:
            found = [unwrap_gradient(g) for g in found]
        return (*[None] * count, *found, *[None] * len(used))


own_gradient = OwnGradient()


def with_gradient(
    results: Sequence[Any],
    sources: Sequence[Any],
    gradient: Callable[[Sequence[Any]], list[Any]],
) -> tuple[Any, ...]:
    """Return results whose gradient is the user's, in the graph being traced.

    Args:
        results: What the user's function returned, as tensors.
        sources: What the results may be differentiated by.
        gradient: Takes the gradients of the results; returns one for each source.
    """
    graph = GradientGraph("gradient", outer=context.graph)
    backward: Any
    try:
        with graph.traced():
            dz = [graph.add_input(r.static_shape, r.dtype, "dz") for r in results]
            parts: list[Any] = []
            structure = [stored(g, parts) for g in gradient(dz)]
        backward = GradientProgram(graph.finish(parts), structure)
        used = [outer for outer, _ in graph.outside.tensors]
    except Exception as error:  # whatever the user's function raises, when it is asked
        backward, used = FailedGradient(error), []
    outputs = own_gradient(
        *results,
        *sources,
        *used,
        count=len(results),
        sources=len(sources),
        backward=backward,
    )
    return tuple(outputs)
