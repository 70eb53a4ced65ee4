"""While: a node that repeats a body, and its gradient.

The gradient walks the rounds backwards. What it reads of a round, the forward node
stacks up: one Python list a value, one entry a round. A loop inside the body adds its
own stacks, which then are stacked in turn.
"""

from __future__ import annotations

from typing import Any

from tensor.core.context import context
from tensor.core.dtypes import int32, variant
from tensor.core.registry import Op, get_op
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.backward import Derivative, differentiate, number_of
from tensor.graph.control.body import note_effects
from tensor.graph.control.list_ops import carries_gradient
from tensor.graph.control.loop_gradient import LoopParts, loop_gradient
from tensor.graph.control.replay import replay_loop
from tensor.graph.control.results import add_stack
from tensor.graph.control.structure import as_symbolic
from tensor.graph.executor.codegen import Writer, writes
from tensor.graph.inline import inline
from tensor.graph.passes.prune import prune
from tensor.graph.program import Node, Program, Value
from tensor.graph.symbolic import SymbolicTensor


class While(Op):
    """Repeats `body` while `condition` holds.

    The first `count` inputs are the loop variables, the others stay the same in every
    round; both programs take all of them. The results are the last loop variables; and
    for each further output of the body, a list of what it was in each round.
    """

    def infer(
        self, *inputs: TensorSpec, condition: Program, body: Program, count: int
    ) -> Any:
        stacks = [TensorSpec.of((), variant)] * (len(body.outputs) - count)
        return (*[v.spec for v in body.inputs[:count]], *stacks)

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Apply again: as a node of the graph being traced, or round by round now."""
        condition, body, count = attrs["condition"], attrs["body"], attrs["count"]
        if context.graph is not None:
            outputs = context.graph.call_op(self, inputs, attrs, name)
            note_effects((condition, body))
            return outputs
        state, rest = inputs[:count], inputs[count:]
        stacks: list[list[Any]] = [[] for _ in body.outputs[count:]]
        while bool(inline(condition, [*state, *rest])[0]):
            results = inline(body, [*state, *rest])
            state = results[:count]
            for stack, value in zip(stacks, results[count:], strict=True):
                stack.append(value)
        return (*state, *stacks)

    def gradient(self, call: Any, *dz: Any) -> Any:
        count = call.attrs["count"]
        body = call.attrs["body"]
        plain = prune(Program(body.inputs, body.nodes, body.outputs[:count], body.name))
        carried = [i for i in range(count) if carries_gradient(body.inputs[i].dtype)]
        fixed = [i for i in range(count, len(call.inputs)) if call.wants[i]]
        like = [body.inputs[i] for i in (*carried, *fixed)]
        derivative = differentiate(
            plain,
            [number_of(v) for v in like],
            [i in carried for i in range(count)],
            like,
        )
        invariants, stacks, backward = _arranged(call, derivative, len(carried))
        zeros = [get_op("ZerosLike")(call.inputs[i]) for i in fixed]
        parts_of_loop, inputs = _again(call, plain, carried, fixed)
        parts = loop_gradient(
            *[dz[i] for i in carried],
            *zeros,
            *invariants,
            *stacks,
            *inputs,
            program=backward,
            counts=(len(carried), len(fixed), len(invariants), len(stacks)),
            loop=parts_of_loop,
        )
        grads: list[Any] = [None] * len(call.inputs)
        for i, part in zip((*carried, *fixed), parts, strict=True):
            if call.wants[i]:
                grads[i] = part
        return tuple(grads)


while_op = While()


def _again(
    call: Any, body: Program, carried: list[int], fixed: list[int]
) -> tuple[LoopParts, list[Any]]:
    """Return what has to run again for further derivatives, and its inputs."""
    condition, count = call.attrs["condition"], call.attrs["count"]
    if not condition.has_effects and not body.has_effects:
        return LoopParts(condition, body, count, carried, fixed), [*call.inputs]
    replay = replay_loop(body)
    first = call.output[0]
    stacks = [
        SymbolicTensor(add_stack(first._value.node, value), first._graph)
        for value in replay.recorded
    ]
    later = [i + 1 for i in carried], [i + 1 for i in fixed]
    loop = LoopParts(replay.condition, replay.body, count + 1, *later)
    return loop, [as_symbolic(0, int32), *call.inputs, *stacks]


def _arranged(
    call: Any, derivative: Derivative, seeds: int
) -> tuple[list[Any], list[Any], Program]:
    """Give the forward node the stacks that the backward program needs.

    Returns:
        What stays the same in every round, the stacks, and the backward program with
        its inputs in this order after the gradients that arrive.
    """
    first = call.output[0]
    node, graph = first._value.node, first._graph
    count = node.attrs["count"]
    body = node.attrs["body"]
    outside = dict(zip(body.inputs[count:], call.inputs[count:], strict=True))
    own = derivative.backward
    invariants, stacks = [], []
    fixed_inputs, round_inputs = [], []
    for value, inner in zip(derivative.saved, own.inputs[seeds:], strict=True):
        if value in outside:
            invariants.append(outside[value])
            fixed_inputs.append(inner)
        else:
            stacks.append(SymbolicTensor(add_stack(node, value), graph))
            round_inputs.append(inner)
    if not stacks:
        # The stacks tell how many rounds there were.
        stacks.append(SymbolicTensor(add_stack(node, None), graph))
        round_inputs.append(Value((), variant, "unused"))
    inputs = (*own.inputs[:seeds], *fixed_inputs, *round_inputs)
    return invariants, stacks, Program(inputs, own.nodes, own.outputs, own.name)


@writes("While")
def write_while(writer: Writer, node: Node) -> None:
    """Write a loop as `while True`, left where the condition fails."""
    count = node.attrs["count"]
    condition, body = node.attrs["condition"], node.attrs["body"]
    inputs = [writer.name(x) for x in node.inputs]
    state = [writer.new_name("x") for _ in range(count)]
    if state:
        writer.line(f"{', '.join(state)}, = {', '.join(inputs[:count])},")
    names = [*state, *inputs[count:]]
    stacks = [writer.name(v) for v in node.outputs[count:]]
    for stack in stacks:
        writer.line(f"{stack} = []")
    writer.line("while True:")
    writer.indent()
    for program in (condition, body):
        for value, name in zip(program.inputs, names, strict=True):
            writer.bind(value, name)
    writer.body(condition)
    writer.line(f"if not {writer.name(condition.outputs[0])}: break")
    writer.body(body)
    results = [writer.name(v) for v in body.outputs]
    for stack, result in zip(stacks, results[count:], strict=True):
        writer.line(f"{stack}.append({result})")
    if state:
        writer.line(f"{', '.join(state)}, = {', '.join(results[:count])},")
    writer.dedent()
    for value, name in zip(node.outputs, state, strict=False):
        writer.bind(value, name)
