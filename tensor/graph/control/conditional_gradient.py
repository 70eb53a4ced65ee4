"""The gradient of a conditional, and how that is differentiated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.context import context
from tensor.core.registry import Op, get_op
from tensor.core.shapes import relax
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.backward import gradients_through, in_form, number_of, stored
from tensor.graph.control.body import BodyGraph
from tensor.graph.executor.codegen import writes
from tensor.graph.inline import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.graph.executor.codegen import Writer
    from tensor.graph.program import Node, Program


class CaseParts:
    """The conditional whose gradient a node is.

    Attributes:
        branches: The replays of its branches, which take what each of these recorded
            after the inputs of the conditional.
        wanted: Which of their inputs gradients are wanted for.
        sliced: For each of these, whether it is IndexedSlices: values and indices.
    """

    def __init__(
        self, branches: tuple[Program, ...], wanted: list[int], sliced: list[bool]
    ) -> None:
        self.branches = branches
        self.wanted = wanted
        self.sliced = sliced


class CaseGradient(Op):
    """The gradient of a conditional: that of the branch that ran.

    The inputs are the index, the gradients that arrive, and what the forward node
    saved, as many as `counts` says; then, for further derivatives, those of the
    branches in `forward`.
    """

    type_name = "IfGradient"

    def infer(self, *inputs: TensorSpec, branches: Any, **attrs: Any) -> Any:
        return joined_specs(branches)

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Apply again: as a node of the graph being traced, or the branch now."""
        if context.graph is not None:
            return context.graph.call_op(self, inputs, attrs, name)
        branches = attrs["branches"]
        branch = branches[branch_number(inputs[0]._array, branches)]
        return tuple(inline(branch, inputs[1 : 1 + sum(attrs["counts"])]))

    def gradient(self, call: Any, *dz: Any) -> Any:
        from tensor.graph.control.conditional import case_op

        arriving, saved = call.attrs["counts"]
        forward = call.attrs["forward"]
        first = 1 + arriving + saved
        index = call.inputs[0]
        again = (*call.inputs[first:], *call.inputs[1 : 1 + arriving])
        branches = tuple([gradient_program(b, forward) for b in forward.branches])
        sources = [number for number in call.wants if number]
        attrs: dict[str, Any] = {"branches": branches, "count": len(dz)}
        found = gradients_through(lambda: case_op(index, *again, **attrs), sources, dz)
        grads: list[Any] = [None] * len(call.inputs)
        for i in (*range(first, len(call.inputs)), *range(1, 1 + arriving)):
            # An input that occurs twice has one number, and one gradient.
            grads[i] = found.pop(call.wants[i], None)
        if any(g is not None for g in grads[first:]):
            # What one branch depends on gets a gradient from the other one: zeros.
            for i in [first + k for k in forward.wanted]:
                if grads[i] is None and call.wants[i]:
                    grads[i] = get_op("ZerosLike")(call.inputs[i])
        return tuple(grads)


case_gradient = CaseGradient()


def joined_specs(branches: Sequence[Program]) -> tuple[TensorSpec, ...]:
    """Return what is known of results that any of the branches may give."""
    specs = []
    for values in zip(*[b.outputs for b in branches], strict=True):
        dims = values[0].dims
        for v in values[1:]:
            dims = relax(dims, v.dims)
        specs.append(TensorSpec.of(dims, values[0].dtype))
    return tuple(specs)


def branch_number(index: Any, branches: Sequence[Any]) -> int:
    """Return which branch an index chooses."""
    if np.asarray(index).dtype == np.bool_:
        return 0 if index else 1
    number = int(index)
    return number if 0 <= number < len(branches) else len(branches) - 1


def gradient_program(program: Program, parts: CaseParts) -> Program:
    """Return a program from inputs and arriving gradients to gradients of inputs.

    It runs the branch again; only that can be differentiated further.
    """
    body = BodyGraph(f"{program.name}_gradient")
    with body.traced():
        inputs = [body.add_input(v.dims, v.dtype, "x") for v in program.inputs]
        dz = [body.add_input(v.dims, v.dtype, "dz") for v in program.outputs]
        like = [inputs[i] for i in parts.wanted]
        sources = [number_of(t._value) for t in like]
        found = gradients_through(lambda: inline(program, inputs), sources, dz)
        results: list[Any] = []
        for gradient in in_form([found.get(n) for n in sources], like, parts.sliced):
            stored(gradient, results)
    return body.program(results, [])


def write_branches(writer: Writer, node: Node, given: Sequence[Any]) -> None:
    """Write a node that chooses a branch by its first input as `if`, `elif`, `else`.

    Args:
        writer: Where to.
        node: The node.
        given: The inputs of every branch.
    """
    index = writer.name(node.inputs[0])
    inputs = [writer.name(x) for x in given]
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


@writes("CaseGradient")
def _write_gradient(writer: Writer, node: Node) -> None:
    count = 1 + sum(node.attrs["counts"])
    write_branches(writer, node, node.inputs[1:count])
