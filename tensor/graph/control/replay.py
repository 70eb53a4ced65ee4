"""Replay: a program once more, with what its effects gave when it ran.

To differentiate twice, what has been differentiated runs again, op by op. Random
numbers must then be those of the first time, and side effects must not happen again.
So the program gives what its nodes with effects gave as further results, and its replay
takes these as further inputs; branches and loops likewise, from inside out.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core.dtypes import int32, variant
from tensor.core.registry import Op, get_op
from tensor.graph.control.list_ops import list_entry, list_size
from tensor.graph.control.results import add_branch_result, add_stack
from tensor.graph.passes.rewriting import Rewriter
from tensor.graph.program import Node, Program, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tensor.core.call import Call


class Replay(NamedTuple):
    """A program without effects, for one that may have some.

    Attributes:
        program: Takes the inputs of the other program, then what was recorded.
        recorded: What to record: values of the other program.
    """

    program: Program
    recorded: list[Value]


def without_effects(program: Program) -> Replay:
    """Return the replay of a program, whose conditionals and loops get more results."""
    rewriter = Rewriter(program)
    recorded: list[Value] = []
    inputs: list[Value] = []
    for node in program.nodes:
        if not node.has_effects:
            rewriter.keep(node)
            continue
        replay = _REPLAYS.get(node.op.type_name, _replay_node)
        found = replay(rewriter, node)
        recorded += found
        inputs += found.values()
    plain = rewriter.finish()
    whole = Program((*plain.inputs, *inputs), plain.nodes, plain.outputs, plain.name)
    return Replay(whole, recorded)


# ---- single ops


class Replayed(Op):
    """What an op with effects gave, as a function of what it was given.

    The first inputs are those of the op, its results follow.
    """

    def __init__(self, op: Op, count: int, several: bool) -> None:
        super().__init__()
        self._op = op
        self._count = count
        self._several = several

    def _results(self, values: Sequence[Any]) -> Any:
        results = tuple(values[self._count :])
        return results if self._several else results[0]

    def kernel(self, *arrays: Any, **attrs: Any) -> Any:
        return self._results(arrays)

    def infer(self, *specs: Any, **attrs: Any) -> Any:
        return self._results(specs)

    def gradient(self, call: Call, *dz: Any) -> tuple[Any, ...]:
        first = call._replace(
            op=self._op,
            inputs=call.inputs[: self._count],
            output=self._results(call.inputs),
            wants=call.wants[: self._count],
        )
        found = self._op.gradient(first, *dz)
        found = found if type(found) is tuple else (found,)
        return (*found, *[None] * (len(call.inputs) - self._count))


@functools.cache
def _replayed(op: Op, count: int, several: bool) -> Replayed:
    return Replayed(op, count, several)


def _inputs_for(recorded: Iterable[Value]) -> dict[Value, Value]:
    """Return what stands for recorded values in a replay, by those."""
    return {v: Value(v.dims, v.dtype, v.name) for v in recorded}


def _replay_node(rewriter: Rewriter, node: Node) -> dict[Value, Value]:
    """Put what was recorded of a node in its place; return it and what stands for it.

    If the op has a gradient, that must be found again.
    """
    found = _inputs_for(node.outputs)
    if not (node.op.is_differentiable and node.inputs and node.outputs):
        for value, own in found.items():
            rewriter.replace(value, own)
        return found
    op = _replayed(node.op, len(node.inputs), node.several)
    inputs = (*node.inputs, *found.values())
    again = Node(op, inputs, node.attrs, node.parameters, node.name, node.source)
    again.several = node.several
    again.outputs = tuple(
        [Value(v.dims, v.dtype, v.name, again, v.index) for v in node.outputs]
    )
    _put(rewriter, again, node.outputs, again.outputs)
    return found


def _put(
    rewriter: Rewriter, node: Node, old: Sequence[Value], new: Sequence[Value]
) -> None:
    """Add a node that reads values of the old program, in the place of another one."""
    node.inputs = tuple([rewriter(x) for x in node.inputs])
    node.parameters = {k: rewriter(v) for k, v in node.parameters.items()}
    rewriter.nodes.append(node)
    for value, other in zip(old, new, strict=True):
        rewriter.replace(value, other)


# ---- conditionals


def replay_branches(branches: Sequence[Program]) -> tuple[list[Program], list[Replay]]:
    """Return branches that take what any of them recorded, and what that is."""
    replays = [without_effects(branch) for branch in branches]
    aligned = []
    for k, replay in enumerate(replays):
        plain = branches[k].inputs
        inputs = list(plain)
        for j, other in enumerate(replays):
            own = replay.program.inputs[len(plain) :]
            inputs += own if j == k else _inputs_for(other.recorded).values()
        program = replay.program
        aligned.append(
            Program(tuple(inputs), program.nodes, program.outputs, program.name)
        )
    return aligned, replays


def _replay_case(rewriter: Rewriter, node: Node) -> dict[Value, Value]:
    old = node.outputs
    branches, replays = replay_branches(node.attrs["branches"])
    attrs = {**node.attrs, "branches": tuple(branches)}
    found = _inputs_for(
        [
            add_branch_result(node, k, value)
            for k, replay in enumerate(replays)
            for value in replay.recorded
        ]
    )
    inputs = (*node.inputs, *found.values())
    again = Node(node.op, inputs, attrs, {}, node.name, node.source)
    again.several = True
    again.outputs = tuple([Value(v.dims, v.dtype, v.name, again, v.index) for v in old])
    _put(rewriter, again, old, again.outputs)
    return found


# ---- loops


class LoopReplay(NamedTuple):
    """A loop that runs as often as another one did, without its effects.

    Its first variable counts the rounds; after the other loop's inputs it takes lists
    of what was recorded in each round.

    Attributes:
        condition: Whether there is another round.
        body: One round.
        recorded: Values of the other loop's body; None if there are none to record,
            as the replay needs one list to know how many rounds there were.
    """

    condition: Program
    body: Program
    recorded: list[Value] | list[None]


def replay_loop(body: Program) -> LoopReplay:
    """Return the replay of a loop with this body."""
    replay = without_effects(body)
    recorded: Any = replay.recorded or [None]
    number = Value((), int32, "number")
    stacks = [Value((), variant, "stack") for _ in recorded]
    inputs = (number, *body.inputs, *stacks)
    rewriter = Rewriter(Program(inputs, (), ()))
    like = Node(list_entry, (), {}, {}, "replay")
    own = replay.program.inputs[len(body.inputs) :]
    for stack, value in zip(stacks, own, strict=False):
        entry = Node(list_entry, (stack, number), {"spec": value.spec}, {}, value.name)
        entry.outputs = (value,)
        value.node = entry
        rewriter.nodes.append(entry)
    rewriter.nodes += replay.program.nodes
    following = rewriter.add(get_op("AddV2"), (number, 1), like)
    outputs = (following, *replay.program.outputs)
    again = Program(inputs, tuple(rewriter.nodes), outputs, body.name)
    inputs = tuple([Value(v.dims, v.dtype, v.name) for v in inputs])
    rewriter = Rewriter(Program(inputs, (), ()))
    rounds = rewriter.add(list_size, (inputs[-1],), like)
    more = rewriter.add(get_op("Less"), (inputs[0], rounds), like)
    condition = Program(inputs, tuple(rewriter.nodes), (more,), body.name)
    return LoopReplay(condition, again, recorded)


def _replay_while(rewriter: Rewriter, node: Node) -> dict[Value, Value]:
    old = node.outputs
    replay = replay_loop(node.attrs["body"])
    found = _inputs_for([add_stack(node, value) for value in replay.recorded])
    zero = rewriter.constant(np.int32(0), node)
    attrs = {
        "condition": replay.condition,
        "body": replay.body,
        "count": node.attrs["count"] + 1,
    }
    inputs = (zero, *node.inputs, *found.values())
    again = Node(node.op, inputs, attrs, {}, node.name, node.source)
    again.several = True
    again.outputs = (
        Value((), int32, f"{node.name}:0", again),
        *[Value(v.dims, v.dtype, v.name, again, v.index + 1) for v in old],
    )
    _put(rewriter, again, old, again.outputs[1:])
    return found


_REPLAYS = {"If": _replay_case, "While": _replay_while}
