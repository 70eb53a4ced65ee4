"""Gradients of the user's that are still functions, in saved functions: as programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.tensor_spec import TensorSpec
from tensor.graph.backward import stored
from tensor.graph.function import Function
from tensor.graph.own_gradient import GradientProgram
from tensor.graph.program import Value

if TYPE_CHECKING:
    from tensor.graph.program import Node
    from tensor.ops.custom_gradient import CustomGradient


def backward_program(node: Node) -> tuple[dict[str, Any], list[Any]]:
    """Return the parameters of the op that a node is saved as, and its last inputs."""
    op: CustomGradient = node.op  # type: ignore[assignment]
    count = op._count
    sources = list(node.inputs[count:])
    structure: list[Any] = []

    def backward(*values: Any) -> list[Any]:
        dz, by = values[:count], values[count:]
        parts: list[Any] = []
        structure[:] = [stored(g, parts) for g in op._custom.gradients(by, dz)]
        return parts

    specs = [TensorSpec.of(_dims(x), x.dtype) for x in (*node.outputs, *sources)]
    concrete = Function(backward, autograph=False).get_concrete_function(*specs)
    attrs = {
        "count": count,
        "sources": len(sources),
        "backward": GradientProgram(concrete.program, structure),
    }
    return attrs, [*sources, *concrete.captured_tensors]


def _dims(value: Any) -> Any:
    return value.dims if isinstance(value, Value) else value.static_shape
