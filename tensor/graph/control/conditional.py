"""If: a node that runs one of several branches, and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.backprop import backward
from tensor.core.context import context
from tensor.core.dtypes import variant
from tensor.core.registry import Op
from tensor.core.shapes import relax
from tensor.core.tape import Tape
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.backward import (
    Derivative,
    dense_gradient,
    differentiate,
    number_of,
)
from tensor.graph.control.body import BodyGraph, note_effects
from tensor.graph.control.list_ops import carries_gradient
from tensor.graph.executor.codegen import writes
from tensor.graph.inline import inline
from tensor.graph.program import Node, Program, Value
from tensor.graph.symbolic import SymbolicTensor
from tensor.graph.trace import constant_op

if TYPE_CHECKING:
    from collections.abc import Sequence

from tensor.graph.executor.codegen import Writer


class Case(Op):
    """The results of one of the programs in `branches`, chosen by an index.

    The first input is the index; a bool chooses branch 0 when it is true, else 1. The
    others are the inputs of every branch. An index out of range takes the last branch.
    """

    type_name = "If"

    def kernel(self, index: Any, *inputs: Any, branches: tuple[Program, ...]) -> Any:
        from tensor.graph.executor import compile_program

        return compile_program(branches[branch_number(index, branches)]).run(inputs)

    def infer(self, index: TensorSpec, *inputs: TensorSpec, branches: Any) -> Any:
        specs = []
        for values in zip(*[b.outputs for b in branches], strict=True):
            dims = values[0].dims
            for v in values[1:]:
                dims = relax(dims, v.dims)
            specs.append(TensorSpec.of(dims, values[0].dtype))
        return tuple(specs)

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
        if context.tapes:
            return self._gradient_again(call, dz)
        index = call.inputs[0]
        wanted = [i for i, number in enumerate(call.wants[1:]) if number]
        derivatives = []
        for branch in call.attrs["branches"]:
            results = branch.outputs[: len(dz)]
            plain = Program(branch.inputs, branch.nodes, results, branch.name)
            like = [branch.inputs[i] for i in wanted]
            derivatives.append(
                differentiate(
                    plain, [number_of(v) for v in like], [True] * len(dz), like
                )
            )
        saved = _saved_outside(call, derivatives)
        branches = _aligned(derivatives, [len(s) for s in saved], len(dz))
        shared = [t for tensors in saved for t in tensors]
        parts = self(index, *dz, *shared, branches=branches)
        grads: list[Any] = [None] * len(call.inputs)
        for k, i in enumerate(wanted):
            if any(d.connected[k] for d in derivatives):
                grads[i + 1] = parts[k]
        return tuple(grads)

    def _gradient_again(self, call: Any, dz: Any) -> Any:
        """Return gradients that outer tapes can differentiate: computed from scratch.

        The values saved by the forward node mean nothing to those tapes, so each
        branch of the gradient runs the forward branch again.
        """
        index, *inputs = call.inputs
        wanted = [i for i, number in enumerate(call.wants[1:]) if number]
        branches = tuple(
            [gradient_program(b, wanted, len(dz)) for b in call.attrs["branches"]]
        )
        parts = iter(self(index, *inputs, *dz, branches=branches))
        grads: list[Any] = [None] * len(call.inputs)
        for i in wanted:
            grads[i + 1] = next(parts)
        return tuple(grads)


case_op = Case()


def branch_number(index: Any, branches: Sequence[Any]) -> int:
    """Return which branch an index chooses."""
    if np.asarray(index).dtype == np.bool_:
        return 0 if index else 1
    number = int(index)
    return number if 0 <= number < len(branches) else len(branches) - 1


def gradient_program(program: Program, wanted: list[int], count: int) -> Program:
    """Return a program from inputs and arriving gradients to gradients of inputs."""
    body = BodyGraph(f"{program.name}_gradient")
    with body.traced():
        inputs = [body.add_input(v.dims, v.dtype, "x") for v in program.inputs]
        dz = [body.add_input(v.dims, v.dtype, "dz") for v in program.outputs]
        tape = Tape()
        sources = [number_of(inputs[i]._value) for i in wanted]
        tape.tracked.update(sources)
        context.tapes.append(tape)
        try:
            outputs = inline(program, inputs)
        finally:
            context.tapes.remove(tape)
        seeds = [
            (z._track_id, g)
            for z, g in zip(outputs, dz, strict=True)
            if z._track_id in tape.tracked and carries_gradient(z.dtype)
        ]
        found = backward(tape.calls, seeds, frozenset(sources))
        results = [
            dense_gradient(found.get(s), inputs[i])
            for s, i in zip(sources, wanted, strict=True)
        ]
    return body.program(results, [])


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
def write_case(writer: Writer, node: Node) -> None:
    """Write a case node as `if`, `elif`, `else`."""
    index, *inputs = [writer.name(x) for x in node.inputs]
    branches = node.attrs["branches"]
    targets = [writer.name(v) for v in node.outputs]
    dtype = getattr(node.inputs[0], "dtype", None)
    is_bool = dtype is not None and dtype.is_bool
    for k, branch in enumerate(branches):
        if k == len(branches) - 1:
            head = "else:" if k else "if True:"
        elif is_bool:
            head = f"if {index}:"
        else:
            head = f"{'el' if k else ''}if {index} == {k}:"
        writer.line(head)
        writer.indent()
        for value, name in zip(branch.inputs, inputs, strict=True):
            writer.bind(value, name)
        writer.body(branch)
        results = [writer.name(v) for v in branch.outputs]
        if targets:
            writer.line(f"{', '.join(targets)}, = {', '.join(results)},")
        elif not branch.nodes:
            writer.line("pass")
        writer.dedent()
