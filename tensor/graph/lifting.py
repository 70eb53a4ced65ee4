"""Values that can be computed while tracing, for the initial values of variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.graph.executor import compile_program
from tensor.graph.passes.prune import prune
from tensor.graph.program import Program

if TYPE_CHECKING:
    from tensor.graph.symbolic import SymbolicTensor
    from tensor.graph.trace import Graph


def evaluate_now(graph: Graph, tensor: SymbolicTensor) -> Any:
    """Return the array that a tensor has in the call for which a function is traced.

    Raises:
        ValueError: It depends on an argument of which only the shape is known.
    """
    tensor = graph.own(tensor)
    captured = {inner._value: outer for outer, inner in graph.outside.tensors}
    # What the call that is being traced passes in: TensorFlow takes it, too.
    captured.update(graph.arguments)
    program = Program((), tuple(graph.nodes), (tensor._value,), "initial value")
    program = prune(program, keep_effects=False)
    needed = {v for node in program.nodes for v in node.values_in()}
    needed.add(tensor._value)
    made = {v for node in program.nodes for v in node.outputs}
    missing = [v for v in needed if v not in made]
    arrays = []
    for value in missing:
        outside = captured.get(value)
        if outside is None:
            raise ValueError(
                "Tensor-typed variable initializers must either be wrapped in an "
                f"init_scope or callable: {tensor!r} depends on the argument "
                f"{value.name!r}, which has no value while the function is traced. "
                "Pass `lambda: initial_value`, or create the variable outside."
            )
        if hasattr(outside, "_array"):
            arrays.append(outside._array)
        else:
            arrays.append(evaluate_now(outside.graph, outside))
    program = Program(tuple(missing), program.nodes, program.outputs, program.name)
    return compile_program(program).run(arrays)[0]
