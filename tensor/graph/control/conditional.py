"""If: a node that runs one of several branches, and its gradient."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.dtypes import variant
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.public_api import names_in
from tensor.core.registry import Op
from tensor.graph.backward import Derivative, differentiate, number_of
from tensor.graph.control.body import note_effects
from tensor.graph.control.conditional_gradient import (
    CaseParts,
    branch_number,
    case_gradient,
    joined_specs,
    write_branches,
)
from tensor.graph.control.replay import replay_branches
from tensor.graph.control.results import add_branch_result
from tensor.graph.executor.codegen import writes
from tensor.graph.inline import inline
from tensor.graph.passes.prune import prune
from tensor.graph.program import Program, Value
from tensor.graph.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tensor.core.tensor_spec import TensorSpec
    from tensor.graph.executor.codegen import Writer
    from tensor.graph.program import Node


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
        derivatives = _derivatives(plain, wanted)
        sliced = _in_any(d.sparse for d in derivatives)
        if any(sliced):
            derivatives = _derivatives(plain, wanted, sliced)
        connected = _in_any(d.connected for d in derivatives)
        wanted = list(itertools.compress(wanted, connected))
        sliced = list(itertools.compress(sliced, connected))
        saved = [
            _results(call, k, derivative.saved)
            for k, derivative in enumerate(derivatives)
        ]
        again, replays = replay_branches(plain)
        recorded = [_results(call, k, r.recorded) for k, r in enumerate(replays)]
        shared = [t for tensors in saved for t in tensors]
        parts = case_gradient(
            index,
            *dz,
            *shared,
            *inputs,
            *[t for tensors in recorded for t in tensors],
            branches=_aligned(derivatives, [len(s) for s in saved], count, connected),
            counts=(count, len(shared)),
            forward=CaseParts(tuple(again), wanted, sliced),
        )
        grads: list[Any] = [None] * len(call.inputs)
        rest = iter(parts)
        for i, is_sliced in zip(wanted, sliced, strict=True):
            grads[i + 1] = next(rest)
            if is_sliced:
                shape = names_in("")["shape"](inputs[i])
                grads[i + 1] = IndexedSlices(grads[i + 1], next(rest), shape)
        return tuple(grads)


case_op = Case()


def _derivatives(
    branches: Iterable[Program], wanted: Sequence[int], sliced: Sequence[bool] = ()
) -> list[Derivative]:
    """Return the derivatives of branches with respect to some of their inputs."""
    derivatives = []
    for branch in branches:
        like = [branch.inputs[i] for i in wanted]
        numbers = [number_of(v) for v in like]
        seeded = [True] * len(branch.outputs)
        derivatives.append(differentiate(branch, numbers, seeded, like, sliced))
    return derivatives


def _in_any(facts: Iterable[Sequence[bool]]) -> list[bool]:
    return [any(found) for found in zip(*facts, strict=True)]


def _results(call: Any, branch: int, values: Iterable[Value]) -> list[Any]:
    """Return values of a branch as tensors beside the conditional.

    Its inputs are at hand; other values become further results of the node.
    """
    first = call.output[0]
    node, graph = first._value.node, first._graph
    inner = node.attrs["branches"][branch].inputs
    outside = dict(zip(inner, call.inputs[1:], strict=True))
    tensors = []
    for value in values:
        tensor = outside.get(value)
        if tensor is None:
            tensor = SymbolicTensor(add_branch_result(node, branch, value), graph)
        tensors.append(tensor)
    return tensors


def _aligned(
    derivatives: Sequence[Derivative],
    counts: list[int],
    seeds: int,
    connected: Sequence[bool],
) -> tuple[Program, ...]:
    """Return the backward programs with the same inputs: those of all, in order.

    They give the gradients that are connected in any of them.
    """
    programs = []
    for k, derivative in enumerate(derivatives):
        own = derivative.backward
        unused = [
            tuple([Value((), variant, "unused") for _ in range(n)]) for n in counts
        ]
        unused[k] = own.inputs[seeds:]
        inputs = (*own.inputs[:seeds], *[v for values in unused for v in values])
        outputs: list[Value] = []
        for place in itertools.compress(derivative.structure, connected):
            is_sliced = isinstance(place, IndexedSlices)
            parts = [place.values, place.indices] if is_sliced else [place]
            outputs += [own.outputs[part] for part in parts]
        programs.append(Program(inputs, own.nodes, tuple(outputs), own.name))
    return tuple(programs)


@writes("Case")
def _write_case(writer: Writer, node: Node) -> None:
    write_branches(writer, node, node.inputs[1:])
