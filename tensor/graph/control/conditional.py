"""If: a node that runs one of several branches, and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.dtypes import variant
from tensor.core.registry import Op
from tensor.graph.backward import Derivative, differentiate, number_of
from tensor.graph.constants import constant_op
from tensor.graph.control.body import note_effects
from tensor.graph.control.conditional_gradient import (
    CaseParts,
    branch_number,
    case_gradient,
    joined_specs,
    write_branches,
)
from tensor.graph.executor.codegen import writes
from tensor.graph.inline import inline
from tensor.graph.passes.prune import prune
from tensor.graph.program import Node, Program, Value
from tensor.graph.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.tensor_spec import TensorSpec
from tensor.graph.executor.codegen import Writer


class Case(Op):
    """The results of one of the programs in `branches`, chosen by an index.

    The first input is the index; a bool chooses branch 0 when it is true, else 1. The
    others are the inputs of every branch. An index out of range takes the last branch.
    The first `count` results are what users see; gradients read the others.
    """

    type_name = "If"

    def infer(
        self, index: TensorSpec, *inputs: TensorSpec, branches: Any, count: int
    ) -> Any:
        return joined_specs(branches)

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Apply again: as a node of the graph being traced, or the branch now."""
        branches = attrs["branches"]
        if context.graph is None:
            index = inputs[0]._array
            branch = branches[branch_number(index, branches)]
            return tuple(inline(branch, inputs[1:]))
        outputs = context.graph.call_op(self, inputs, attrs, name)
        note_effects(branches)
        return outputs

    def gradient(self, call: Any, *dz: Any) -> Any:
        index, *inputs = call.inputs
        count = call.attrs["count"]
        wanted = [i for i, number in enumerate(call.wants[1:]) if number]
        plain = tuple(
            [
                prune(Program(b.inputs, b.nodes, b.outputs[:count], b.name))
                for b in call.attrs["branches"]
            ]
        )
        derivatives = []
        for branch in plain:
            like = [branch.inputs[i] for i in wanted]
            numbers = [number_of(v) for v in like]
            derivatives.append(differentiate(branch, numbers, [True] * count, like))
        saved = _saved_outside(call, derivatives)
        shared = [t for tensors in saved for t in tensors]
        parts = case_gradient(
            index,
            *dz,
            *shared,
            *inputs,
            branches=_aligned(derivatives, [len(s) for s in saved], count),
            counts=(count, len(shared)),
            forward=CaseParts(plain, wanted),
        )
        grads: list[Any] = [None] * len(call.inputs)
        for k, i in enumerate(wanted):
            if any(d.connected[k] for d in derivatives):
                grads[i + 1] = parts[k]
        return tuple(grads)


case_op = Case()


def _saved_outside(call: Any, derivatives: Sequence[Derivative]) -> list[list[Any]]:
    """Return what the gradients of the branches read, as tensors beside the node.

    The node's own inputs are at hand; other values become further results of it, which
    are nothing where another branch ran.
    """
    first = call.output[0]
    node, graph = first._value.node, first._graph
    inputs = call.inputs[1:]
    branches = list(node.attrs["branches"])
    found: list[list[Any]] = []
    for k, derivative in enumerate(derivatives):
        outside = dict(zip(branches[k].inputs, inputs, strict=True))
        tensors = []
        for value in derivative.saved:
            tensor = outside.get(value)
            if tensor is None:
                branches = [
                    with_output(b, value if b is branches[k] else None)
                    for b in branches
                ]
                tensor = SymbolicTensor(add_result(node, value), graph)
            tensors.append(tensor)
        found.append(tensors)
    node.attrs = {**node.attrs, "branches": tuple(branches)}
    return found


def with_output(program: Program, value: Value | None) -> Program:
    """Return a program with one more output: one of its values, or nothing."""
    nodes = program.nodes
    if value is None:
        node = Node(constant_op, (), {"value": None}, {}, "nothing")
        value = Value((), variant, "nothing", node)
        node.outputs = (value,)
        nodes = (*nodes, node)
    return Program(program.inputs, nodes, (*program.outputs, value), program.name)


def add_result(node: Node, like: Value) -> Value:
    """Give a node one more result."""
    place = len(node.outputs)
    value = Value(like.dims, like.dtype, f"{node.name}:{place}", node, place)
    node.outputs = (*node.outputs, value)
    return value


def _aligned(
    derivatives: Sequence[Derivative], counts: list[int], seeds: int
) -> tuple[Program, ...]:
    """Return the backward programs with the same inputs: those of all, in order."""
    programs = []
    for k, derivative in enumerate(derivatives):
        own = derivative.backward
        unused = [
            tuple([Value((), variant, "unused") for _ in range(n)]) for n in counts
        ]
        unused[k] = own.inputs[seeds:]
        inputs = (*own.inputs[:seeds], *[v for values in unused for v in values])
        programs.append(Program(inputs, own.nodes, own.outputs, own.name))
    return tuple(programs)


@writes("Case")
def _write_case(writer: Writer, node: Node) -> None:
    write_branches(writer, node, node.inputs[1:])
