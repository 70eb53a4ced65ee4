"""Prune: drop nodes whose results nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensor.graph.program import Program, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tensor.graph.program import Node


def prune(
    program: Program, keep_effects: bool = True, wanted: Iterable[Node] = ()
) -> Program:
    """Return the program without nodes that contribute nothing.

    Args:
        program: The program.
        keep_effects: Whether nodes with effects stay even if nobody reads their
            results.
        wanted: Nodes that stay.
    """
    needed: set[Value] = set(program.outputs)
    waited_for = set(wanted)
    kept = []
    for node in reversed(program.nodes):
        has_effect = keep_effects and node.has_effects and not _only_reads(node)
        is_needed = node in waited_for or not needed.isdisjoint(node.outputs)
        if has_effect or is_needed:
            kept.append(node)
            needed.update(node.values_in())
            waited_for.update(node.control_inputs)
    kept.reverse()
    return Program(program.inputs, tuple(kept), program.outputs, program.name)


def _only_reads(node: Node) -> bool:
    """Return whether a node may go if nobody reads it, though it must keep its place.

    Reading a variable changes nothing. Random numbers nobody reads are drawn all the
    same: dropping them would change those that follow.
    """
    return node.op.type_name == "ReadVariableOp"
