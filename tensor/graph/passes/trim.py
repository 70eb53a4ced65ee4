"""Trim: drop what nobody reads, and what goes in and out of nodes for nothing.

Branches and loops take more than they read, and give more than is read of them: for
derivatives that could still be asked for. Once a program runs, all have been asked for.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from tensor.graph.constants import constant_op
from tensor.graph.passes.rewriting import Rewriter
from tensor.graph.program import EFFECTS, Program, Value
from tensor.graph.state import ReadVariable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tensor.graph.program import Node


class Trimmed(NamedTuple):
    """What is left of a node.

    Attributes:
        inputs: Its inputs.
        attrs: Its parameters.
        outputs: Those of its results that it still gives.
    """

    inputs: tuple[Any, ...]
    attrs: dict[str, Any]
    outputs: tuple[Value, ...]


def trim(program: Program) -> Program:
    """Return the program without what contributes nothing, programs inside likewise."""
    needed = set(program.outputs)
    kept: list[tuple[Node, Trimmed | None]] = []
    for node in reversed(program.nodes):
        if not _must_run(node) and needed.isdisjoint(node.outputs):
            continue
        less = _trimmed(node, needed)
        kept.append((node, less))
        needed.update(node.parameters.values())
        inputs = node.inputs if less is None else less.inputs
        needed.update(x for x in inputs if type(x) is Value)
    rewriter = Rewriter(program)
    for node, less in reversed(kept):
        if less is None:
            rewriter.keep(node)
        else:
            rewriter.lessen(node, *less)
    return rewriter.finish()


def _must_run(node: Node) -> bool:
    """Return whether a node does more than give results.

    Reading a variable changes nothing. Random numbers nobody reads are drawn all the
    same: dropping them would change those that follow.
    """
    if node.op.kind in EFFECTS:
        return not isinstance(node.op, ReadVariable)
    return any(_must_run(inner) for p in node.programs() for inner in p.nodes)


def _trimmed(node: Node, needed: set[Value]) -> Trimmed | None:
    """Return what is left of a node, None if all is."""
    if isinstance(node.op, ReadVariable):
        return Trimmed((), node.attrs, node.outputs) if node.inputs else None
    rule = _RULES.get(node.op.type_name)
    return None if rule is None else rule(node, [v in needed for v in node.outputs])


def _branches(node: Node, wanted: Sequence[bool]) -> Trimmed:
    """Trim a conditional, or its gradient: an index, then the branches' inputs."""
    given = node.inputs[1:]
    branches = [_giving(b, wanted, given) for b in node.attrs["branches"]]
    used = _read_by(branches)
    attrs = {k: v for k, v in node.attrs.items() if k != "forward"}
    attrs["branches"] = tuple([_taking(b, used) for b in branches])
    if "counts" in attrs:
        attrs["counts"] = (sum(used), 0)
    else:
        attrs["count"] = sum(wanted[: attrs["count"]])
    inputs = (node.inputs[0], *_chosen(given[: len(used)], used))
    return Trimmed(inputs, attrs, _chosen(node.outputs, wanted))


def _loop(node: Node, wanted: Sequence[bool]) -> Trimmed:
    """Trim a loop, which keeps its variables."""
    count = node.attrs["count"]
    wanted = [True] * count + list(wanted[count:])
    given = (*[None] * count, *node.inputs[count:])
    condition = _giving(node.attrs["condition"], [True], given)
    body = _giving(node.attrs["body"], wanted, given)
    used = [True] * count + _read_by((condition, body))[count:]
    programs = {"condition": _taking(condition, used), "body": _taking(body, used)}
    attrs = {**node.attrs, **programs}
    return Trimmed(_chosen(node.inputs, used), attrs, _chosen(node.outputs, wanted))


def _loop_gradient(node: Node, wanted: Sequence[bool]) -> Trimmed:
    """Trim a loop's gradient, which keeps one stack to know the number of rounds."""
    carried, fixed, invariants, stacks = node.attrs["counts"]
    wanted = [True] * carried + list(wanted[carried:])
    given = (*[None] * carried, *node.inputs[carried + fixed :][:invariants])
    program = _giving(node.attrs["program"], wanted, given)
    used = [True] * carried + _read_by((program,))[carried:]
    if not any(used[carried + invariants :]):
        used[carried + invariants] = True
    read = used[carried:]
    attrs = {
        "program": _taking(program, used),
        "counts": (
            carried,
            sum(wanted[carried:]),
            sum(read[:invariants]),
            sum(read[invariants:]),
        ),
    }
    total = carried + fixed + invariants + stacks
    inputs = _chosen(node.inputs[:total], [*wanted, *read])
    return Trimmed(inputs, attrs, _chosen(node.outputs, wanted))


_RULES: dict[str, Callable[[Node, Sequence[bool]], Trimmed]] = {
    "If": _branches,
    "IfGradient": _branches,
    "While": _loop,
    "LoopGradient": _loop_gradient,
}


def _giving(program: Program, wanted: Sequence[bool], given: Sequence[Any]) -> Program:
    """Return a program, trimmed, that gives the wanted ones of its outputs.

    Args:
        program: The program.
        wanted: Which outputs are.
        given: The values outside that are its first inputs. Of those that are known
            it has copies.
    """
    rewriter = Rewriter(program)
    for value, outer in zip(program.inputs, given, strict=False):
        node = getattr(outer, "node", None)
        if node is not None and node.op is constant_op:
            rewriter.replace(value, rewriter.constant(node.attrs["value"], node))
    for node in program.nodes:
        rewriter.keep(node)
    whole = rewriter.finish()
    outputs = _chosen(whole.outputs, wanted)
    return trim(Program(whole.inputs, whole.nodes, outputs, whole.name))


def _taking(program: Program, used: Sequence[bool]) -> Program:
    """Return a program that takes those of its inputs that are used."""
    inputs = _chosen(program.inputs, used)
    return Program(inputs, program.nodes, program.outputs, program.name)


def _read_by(programs: Iterable[Program]) -> list[bool]:
    """Return for each of the programs' common inputs whether any of them reads it."""
    found = []
    for program in programs:
        read = {*program.outputs, *[v for n in program.nodes for v in n.values_in()]}
        found.append([v in read for v in program.inputs])
    return [any(reads) for reads in zip(*found, strict=True)]


def _chosen(items: Sequence[Any], wanted: Sequence[bool]) -> tuple[Any, ...]:
    return tuple(itertools.compress(items, wanted))
