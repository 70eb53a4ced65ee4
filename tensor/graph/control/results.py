"""Further results of nodes that hold programs: what their gradients will read."""

from __future__ import annotations

from tensor.core.dtypes import variant
from tensor.graph.constants import constant_op
from tensor.graph.program import Node, Program, Value


def with_output(program: Program, value: Value | None) -> Program:
    """Return a program with one more output: one of its values, or nothing."""
    nodes = program.nodes
    if value is None:
        node = Node(constant_op, (), {"value": None}, {}, "nothing")
        value = Value((), variant, "nothing", node)
        node.outputs = (value,)
        nodes = (*nodes, node)
    return Program(program.inputs, nodes, (*program.outputs, value), program.name)


def add_branch_result(node: Node, chosen: int, value: Value) -> Value:
    """Give a conditional one more result: a value of one of its branches.

    It is nothing where another branch ran.
    """
    branches = tuple(
        [
            with_output(branch, value if k == chosen else None)
            for k, branch in enumerate(node.attrs["branches"])
        ]
    )
    node.attrs = {**node.attrs, "branches": branches}
    return _add_result(node, Value(value.dims, value.dtype))


def add_stack(node: Node, value: Value | None) -> Value:
    """Give a loop one more result: a list of what a value was in each round.

    Without a value the list tells nothing but how many rounds there were.
    """
    body = with_output(node.attrs["body"], value)
    node.attrs = {**node.attrs, "body": body}
    return _add_result(node, Value((), variant))


def _add_result(node: Node, value: Value) -> Value:
    place = len(node.outputs)
    value.node, value.index, value.name = node, place, f"{node.name}:{place}"
    node.outputs = (*node.outputs, value)
    return value
