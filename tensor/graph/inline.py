"""Inlining: to apply a program's nodes again, to other inputs.

In a graph being traced this copies the nodes into it, so that tapes see each of them;
outside it runs them eagerly, one by one, which gives derivatives of every order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.convert import constant_tensor
from tensor.graph.program import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.graph.program import Node, Program


def inline(program: Program, arguments: Sequence[Any]) -> list[Any]:
    """Apply the nodes of a program to `arguments`; return its outputs as tensors.

    Args:
        program: The program.
        arguments: Tensors, one for each input.
    """
    tensors = dict(zip(program.inputs, arguments, strict=True))
    for node in program.nodes:
        results = _apply(node, tensors)
        if not node.several:
            results = (results,)
        tensors.update(zip(node.outputs, results, strict=True))
    return [tensors[v] for v in program.outputs]


def _apply(node: Node, tensors: dict[Value, Any]) -> Any:
    inputs = [tensors[x] if type(x) is Value else x for x in node.inputs]
    attrs = node.attrs
    if node.parameters:
        attrs = {**attrs, **{k: tensors[v] for k, v in node.parameters.items()}}
    op = node.op
    if op.type_name == "Const":
        return constant_tensor(attrs["value"])
    reapply = getattr(op, "reapply", None)
    if reapply is not None:
        return reapply(inputs, attrs, node.name)
    if context.graph is not None:
        return context.graph.call_op(op, inputs, attrs, node.name)
    if node.parameters:
        attrs = {k: _known(v) if k in node.parameters else v for k, v in attrs.items()}
    return op.produce(*inputs, **attrs)


def _known(parameter: Any) -> Any:
    return getattr(parameter, "_array", parameter)
