"""Fuse: elementwise ops of one shape become a group that runs block by block.

A group runs where its last member stood. An op joins the group of an operand unless
somebody else has read from that group already: the group would come too late for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.graph.passes.rewriting import Rewriter, inside_too
from tensor.graph.program import Node, Program, Value

if TYPE_CHECKING:
    from tensor.core.shapes import Dims


class Fused(Op):
    """Several elementwise ops of one shape: a program of its own."""

    gradient: Any = NON_DIFFERENTIABLE

    def infer(self, *inputs: Any, program: Program) -> Any:
        return tuple([v.spec for v in program.outputs])


fused_op = Fused()


class _Group:
    """Nodes that run together.

    Attributes:
        dims: The shape of all their results.
        nodes: The nodes, in order.
        is_open: Whether nobody outside has read from it yet.
    """

    def __init__(self, dims: Dims) -> None:
        self.dims = dims
        self.nodes: list[Node] = []
        self.is_open = True


@inside_too
def fuse(program: Program) -> Program:
    """Return the program with groups of elementwise nodes as one node each."""
    group_of: dict[Value, _Group] = {}
    for node in program.nodes:
        dims = _eligible(node)
        joined: list[_Group] = []
        for value in node.values_in():
            group = group_of.get(value)
            if group is None or group in joined:
                continue
            if dims is not None and group.is_open and group.dims == dims:
                joined.append(group)
            else:
                group.is_open = False
        if dims is not None:
            group = _merged(joined, dims, group_of)
            group.nodes.append(node)
            group_of[node.outputs[0]] = group
    return _rebuilt(program, group_of)


def _eligible(node: Node) -> Dims | None:
    """Return the shape of an elementwise node's result, None for other nodes."""
    if node.op.kind != "elementwise" or node.parameters or len(node.outputs) != 1:
        return None
    result = node.outputs[0]
    if not _fits(result) or node.several or not result.dims or not result.size:
        return None
    return result.dims if all(_fits(v) for v in node.values_in()) else None


def _fits(value: Value) -> bool:
    kind = value.dtype.numpy_dtype.kind if value.dtype.name != "variant" else "O"
    return value.dims is not None and None not in value.dims and kind in "biufc"


def _merged(groups: list[_Group], dims: Dims, group_of: dict[Value, _Group]) -> _Group:
    if not groups:
        return _Group(dims)
    first = groups[0]
    for other in groups[1:]:
        for node in other.nodes:
            group_of[node.outputs[0]] = first
        first.nodes += other.nodes
    return first


def _rebuilt(program: Program, group_of: dict[Value, _Group]) -> Program:
    rewriter = Rewriter(program)
    order = {node: i for i, node in enumerate(program.nodes)}
    readers: dict[Value, set[Node]] = {}
    for node in program.nodes:
        for value in node.values_in():
            readers.setdefault(value, set()).add(node)
    outputs = set(program.outputs)
    for node in program.nodes:
        group = group_of.get(node.outputs[0]) if node.outputs else None
        if group is None:
            rewriter.keep(node)
            continue
        group.nodes.sort(key=order.__getitem__)
        if node is not group.nodes[-1]:
            continue
        members = set(group.nodes)
        results = [
            n.outputs[0]
            for n in group.nodes
            if n.outputs[0] in outputs
            or not readers.get(n.outputs[0], set()) <= members
        ]
        if results:  # else nobody reads any of it
            _add_group(rewriter, group, results)
    return rewriter.finish()


def _add_group(rewriter: Rewriter, group: _Group, results: list[Value]) -> None:
    made = {n.outputs[0] for n in group.nodes}
    inputs = dict.fromkeys(
        v for n in group.nodes for v in n.values_in() if v not in made
    )
    inner = Program(tuple(inputs), tuple(group.nodes), tuple(results), "fused")
    last = group.nodes[-1]
    outside = tuple([rewriter(v) for v in inputs])
    node = Node(fused_op, outside, {"program": inner}, {}, last.name, last.source)
    node.several = True
    node.outputs = tuple(
        [Value(v.dims, v.dtype, v.name, node, i) for i, v in enumerate(results)]
    )
    for old, new in zip(results, node.outputs, strict=True):
        rewriter.replace(old, new)
    rewriter.nodes.append(node)
