"""Forward writes: a read after a write takes the value that was written.

Increments become sums that are assigned. What an optimizer does to its variables is
then arithmetic on values, which other passes improve, and one assignment a variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.registry import get_op
from tensor.graph import state
from tensor.graph.passes.rewriting import Rewriter, inside_too

if TYPE_CHECKING:
    from tensor.graph.program import Node, Program, Value

# Ops with effects that leave variables alone.
_HARMLESS = frozenset(("PrintV2", "Assert", "StringFormat"))


@inside_too
def forward_writes(program: Program) -> Program:
    """Return the program with each variable read, and written, as seldom as can be."""
    if not any(node.op.kind == "stateful" for node in program.all_nodes()):
        return program
    rewriter = Rewriter(program)
    known = _Known()
    for node in program.nodes:
        op = node.op
        if op is state.read_variable:
            variable = node.attrs["variable"]
            found = known.values.get(id(variable))
            if found is None:
                known.values[id(variable)] = rewriter.keep(node).outputs[0]
            else:
                rewriter.replace(node.outputs[0], found)
        elif op is state.write_variable and _whole(node):
            _write(node, rewriter, known)
        else:
            rewriter.keep(node)
            known.after(node)
    result = rewriter.finish()
    dead = known.dead
    nodes = tuple([n for n in result.nodes if n not in dead])
    return type(result)(result.inputs, nodes, result.outputs, result.name)


class _Known:
    """What is known of variables at a point of the program.

    Attributes:
        values: Their current values.
        last: The assignments that nobody has seen yet.
        dead: Assignments that were overwritten before anybody saw them.
    """

    def __init__(self) -> None:
        self.values: dict[int, Value] = {}
        self.last: dict[int, Node] = {}
        self.dead: set[Node] = set()

    def after(self, node: Node) -> None:
        """Take note of a node that is neither a read nor a whole write."""
        programs = node.programs()
        if programs:
            touched = {
                id(n.attrs["variable"])
                for p in programs
                for n in p.all_nodes()
                if "variable" in n.attrs
            }
            if any(_may_write_anything(n) for p in programs for n in p.all_nodes()):
                self._forget_all()
            self._forget(touched)
        elif "variable" in node.attrs:
            self._forget({id(node.attrs["variable"])})
        elif _may_write_anything(node):
            self._forget_all()

    def _forget(self, variables: set[int]) -> None:
        for key in variables:
            self.values.pop(key, None)
            self.last.pop(key, None)

    def _forget_all(self) -> None:
        self.values.clear()
        self.last.clear()


def _may_write_anything(node: Node) -> bool:
    return (
        node.op.kind == "stateful"
        and "variable" not in node.attrs
        and node.op.type_name not in _HARMLESS
    )


def _whole(node: Node) -> bool:
    """Return whether a write gives the variable a value of known shape."""
    value, variable = node.inputs[0], node.attrs["variable"]
    dims = getattr(value, "dims", None)
    return dims is not None and None not in dims and dims == variable.static_shape


def _write(node: Node, rewriter: Rewriter, known: _Known) -> None:
    variable = node.attrs["variable"]
    key = id(variable)
    how = node.attrs["how"]
    value: Any = rewriter(node.inputs[0])
    if how != "assign":
        current = known.values.get(key)
        if current is None:
            read = state.read_variable
            fresh = type(node)(read, (), {"variable": variable}, {}, node.name)
            fresh.outputs = (
                type(value)(variable.static_shape, variable.dtype, node.name, fresh),
            )
            rewriter.nodes.append(fresh)
            current = fresh.outputs[0]
        combine = get_op("AddV2" if how == "assign_add" else "Sub")
        value = rewriter.add(combine, (current, value), node)
    if key in known.last:
        known.dead.add(known.last[key])
    write = type(node)(
        state.write_variable,
        (value,),
        {"variable": variable, "how": "assign"},
        {},
        node.name,
        node.source,
    )
    write.several = True
    rewriter.nodes.append(write)
    known.values[key] = value
    known.last[key] = write
