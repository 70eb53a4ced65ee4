"""The gradient of a loop: its rounds in reverse, and how that is differentiated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.dtypes import int32, variant
from tensor.core.registry import Op
from tensor.core.tape import track
from tensor.graph.backward import dense_gradient, gradients_through
from tensor.graph.control.list_ops import list_new, list_read, list_write, sum_of
from tensor.graph.control.structure import as_symbolic
from tensor.graph.executor.codegen import writes
from tensor.graph.inline import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.tensor_spec import TensorSpec
    from tensor.graph.executor.codegen import Writer
    from tensor.graph.program import Node, Program


class LoopParts:
    """The loop whose gradient a node is, or its replay if it has effects.

    Attributes:
        condition: Whether there is another round.
        body: One round.
        count: The number of loop variables.
        carried: Those that carry gradients.
        fixed: Further inputs, the same in every round, whose gradients are wanted.
    """

    def __init__(
        self,
        condition: Program,
        body: Program,
        count: int,
        carried: list[int],
        fixed: list[int],
    ) -> None:
        self.condition = condition
        self.body = body
        self.count = count
        self.carried = carried
        self.fixed = fixed


class LoopGradient(Op):
    """The gradient of a loop: its rounds in reverse.

    `counts` says how the inputs fall into: gradients of the loop variables, the zeros
    that gradients of fixed inputs are added up from, values that are the same in every
    round, stacks of values that are not. The inputs of the loop itself follow, for
    further derivatives. `program` takes gradients, fixed values and a round's values.
    """

    def infer(self, *inputs: TensorSpec, counts: tuple[int, ...], **attrs: Any) -> Any:
        return tuple([inputs[i] for i in range(counts[0] + counts[1])])

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Apply again: as a node of the graph being traced, or round by round now."""
        if context.graph is not None:
            return context.graph.call_op(self, inputs, attrs, name)
        program = attrs["program"]
        carried, fixed, invariants, stacks = split(inputs, attrs["counts"])
        for saved in zip(*[reversed(s) for s in stacks], strict=True):
            parts = inline(program, [*carried, *invariants, *saved])
            carried = parts[: len(carried)]
            fixed = [
                total + part
                for total, part in zip(fixed, parts[len(carried) :], strict=True)
            ]
        return (*carried, *fixed)

    def gradient(self, call: Any, *dz: Any) -> Any:
        counts, loop = call.attrs["counts"], call.attrs["loop"]
        arriving = call.inputs[: counts[0]]
        inputs = call.inputs[sum(counts) :]
        sources = [number for number in call.wants if number]
        found = gradients_through(
            lambda: differentiable_gradient(loop, inputs, arriving), sources, dz
        )
        first = range(sum(counts), len(call.inputs))
        places = [*range(counts[0]), *first]
        grads: list[Any] = [None] * len(call.inputs)
        for i in places:
            # An input that occurs twice has one number, and one gradient.
            grads[i] = found.pop(call.wants[i], None)
        return tuple(grads)


loop_gradient = LoopGradient()


def differentiable_gradient(
    loop: LoopParts, inputs: Sequence[Any], dz: Sequence[Any]
) -> list[Any]:
    """Return the gradients of a loop by ops that have gradients themselves.

    The loop runs again and keeps what its variables were in lists; a second loop walks
    these backwards and runs each round once more. It costs more than the stacks of
    `LoopGradient`, and is used only where that is to be differentiated.
    """
    from tensor.graph.control.while_loop import loop as add_loop

    count = loop.count
    rest = list(inputs[count:])
    zero = as_symbolic(0, int32)

    def go_on(number: Any, *state: Any) -> Any:
        return inline(loop.condition, [*state[:count], *rest])[0]

    def step(number: Any, *state: Any) -> list[Any]:
        values, lists = state[:count], state[count:]
        kept = [
            list_write(items, number, value, dynamic=True)
            for items, value in zip(lists, values, strict=True)
        ]
        return [number + 1, *inline(loop.body, [*values, *rest]), *kept]

    initial = [zero, *inputs[:count], *[list_new(zero) for _ in range(count)]]
    dims = [(), *[v.dims for v in loop.body.inputs[:count]], *[()] * count]
    rounds, *ends = add_loop(go_on, step, initial, dims, "again")
    lists = ends[count:]

    def go_back(number: Any, *state: Any) -> Any:
        return number >= 0

    def step_back(number: Any, *state: Any) -> list[Any]:
        values = [
            list_read(items, number, spec=v.spec)
            for items, v in zip(lists, loop.body.inputs, strict=False)
        ]
        grads = _round_gradient(loop, values, rest, state[: len(dz)])
        split_at = len(loop.carried)
        sums = [
            total + part
            for total, part in zip(state[split_at:], grads[split_at:], strict=True)
        ]
        return [number - 1, *grads[:split_at], *sums]

    zeros = [dense_gradient(None, inputs[i]) for i in loop.fixed]
    initial = [rounds - 1, *dz, *zeros]
    dims = [(), *[t.static_shape for t in initial[1:]]]
    return list(add_loop(go_back, step_back, initial, dims, "back")[1:])


def _round_gradient(
    loop: LoopParts, values: list[Any], rest: list[Any], dz: Sequence[Any]
) -> list[Any]:
    """Return the gradients of one round: for loop variables, then fixed inputs."""
    rest = [context.graph.own(t) for t in rest]
    wanted = [values[i] for i in loop.carried]
    wanted += [rest[i - loop.count] for i in loop.fixed]
    sources = [track(t) for t in wanted]

    def run() -> list[Any]:
        outputs = inline(loop.body, [*values, *rest])
        return [outputs[i] for i in loop.carried]

    found = gradients_through(run, sources, dz)
    return [
        dense_gradient(found.pop(number, None), like)
        for number, like in zip(sources, wanted, strict=True)
    ]


def split(inputs: Any, counts: tuple[int, ...]) -> list[list[Any]]:
    """Return inputs in groups of these sizes; what is left over is dropped."""
    parts, at = [], 0
    for count in counts:
        parts.append(list(inputs[at : at + count]))
        at += count
    return parts


@writes("LoopGradient")
def write_loop_gradient(writer: Writer, node: Node) -> None:
    """Write a loop's gradient as a loop over its stacks, from their ends."""
    counts = node.attrs["counts"]
    inputs = [writer.name(x) for x in node.inputs]
    carried, fixed, invariants, stacks = split(inputs, counts)
    state = [writer.new_name("x") for _ in range(counts[0] + counts[1])]
    writer.line(f"{', '.join(state)}, = {', '.join([*carried, *fixed])},")
    saved = [writer.new_name("s") for _ in stacks]
    reverse = ", ".join(f"reversed({s})" for s in stacks)
    writer.line(f"for {', '.join(saved)}, in zip({reverse}):")
    writer.indent()
    program = node.attrs["program"]
    names = [*state[: counts[0]], *invariants, *saved]
    for value, name in zip(program.inputs, names, strict=True):
        writer.bind(value, name)
    writer.body(program)
    results = [writer.name(v) for v in program.outputs]
    add = writer.constant(sum_of, "k")
    sums = [
        f"{add}({total}, {part})" if value.dtype is variant else f"{total} + {part}"
        for total, part, value in zip(
            state[counts[0] :],
            results[counts[0] :],
            program.outputs[counts[0] :],
            strict=True,
        )
    ]
    writer.line(f"{', '.join(state)}, = {', '.join([*results[: counts[0]], *sums])},")
    writer.dedent()
    for value, name in zip(node.outputs, state, strict=True):
        writer.bind(value, name)
