"""Variables as arguments: one trace serves all variables of the same shape and dtype.

Nodes name their variables. For a call with other variables than those that the function
was traced with, the program is written out again with these; Python code does not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.graph.passes.rewriting import Rewriter
from tensor.graph.program import Program, Value
from tensor.graph.state import ReadVariable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tensor.core.variable import Variable
    from tensor.graph.program import Node


def with_variables(program: Program, others: Mapping[int, Variable]) -> Program:
    """Return the program on other variables.

    Args:
        program: The program.
        others: What to put in a variable's place, by the variable's id.
    """
    rewriter = Rewriter(program)
    for node in program.nodes:
        kept = rewriter.keep(node, _attrs_with(node, others))
        for old, new in zip(node.outputs, kept.outputs, strict=True):
            new.track_id = old.track_id
            if isinstance(node.op, ReadVariable) and not node.inputs:
                # Tapes know what is read by the number of the variable.
                new.track_id = kept.attrs["variable"]._track_id
    return rewriter.finish()


def _attrs_with(node: Node, others: Mapping[int, Variable]) -> dict[str, Any]:
    return {key: _replaced(attr, others) for key, attr in node.attrs.items()}


def _replaced(attr: Any, others: Mapping[int, Variable]) -> Any:
    if type(attr) is Program:
        return with_variables(attr, others)
    if type(attr) is tuple and attr and type(attr[0]) in (Program, Value):
        return tuple([_replaced(a, others) for a in attr])
    return others.get(id(attr), attr)
