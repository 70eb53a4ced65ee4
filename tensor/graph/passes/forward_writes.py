"""Forward writes: a read after a write takes the value that was written.

Increments become sums that are assigned. What an optimizer does to its variables is
then arithmetic on values, which other passes improve, and one assignment a variable.
"""

from __future__ import annotations

from typing import Any

from tensor.core.registry import get_op
from tensor.graph import state
from tensor.graph.passes.rewriting import Rewriter, inside_too
from tensor.graph.program import Node, Program, Value

# Ops with effects that leave variables alone, and that nobody watches them through.
_HARMLESS = frozenset(("PrintV2", "StringFormat"))


@inside_too
def forward_writes(program: Program) -> Program:
    """Return the program with each variable read, and written, as seldom as can be.

    Assignments move down as far as nobody can tell.
    """
    if not any(node.op.kind == "stateful" for node in program.all_nodes()):
        return program
    rewriter = Rewriter(program)
    known = _Known(rewriter)
    for node in program.nodes:
        if node.op is state.read_variable:
            known.read(node)
        elif node.op is state.write_variable and _whole(node):
            known.write(node)
        else:
            known.before(node)
            rewriter.keep(node)
    known.flush(set(known.pending))
    return rewriter.finish()


class _Known:
    """What is known of variables at a point of the program.

    Attributes:
        values: Their current values, by the variables' ids.
        pending: Assignments that are still to be made.
    """

    def __init__(self, rewriter: Rewriter) -> None:
        self._rewriter = rewriter
        self.values: dict[int, Value] = {}
        self.pending: dict[int, Node] = {}

    def read(self, node: Node) -> None:
        """Take a read over, or the value that is known."""
        key = id(node.attrs["variable"])
        found = self.values.get(key)
        if found is None:
            self.values[key] = self._rewriter.keep(node).outputs[0]
        else:
            self._rewriter.replace(node.outputs[0], found)

    def write(self, node: Node) -> None:
        """Take a write over, as an assignment of the variable's whole value."""
        variable, how = node.attrs["variable"], node.attrs["how"]
        key = id(variable)
        value: Any = self._rewriter(node.inputs[0])
        if how != "assign":
            current = self.values.get(key)
            if current is None:
                current = self._fresh_read(node)
            combine = get_op("AddV2" if how == "assign_add" else "Sub")
            value = self._rewriter.add(combine, (current, value), node)
        attrs = {"variable": variable, "how": "assign"}
        write = Node(node.op, (value,), attrs, {}, node.name, node.source)
        write.several = True
        self.values[key] = value
        self.pending[key] = write

    def _fresh_read(self, node: Node) -> Value:
        variable = node.attrs["variable"]
        attrs = {"variable": variable}
        read = Node(state.read_variable, (), attrs, {}, node.name, node.source)
        value = Value(variable.static_shape, variable.dtype, node.name, read)
        read.outputs = (value,)
        self._rewriter.nodes.append(read)
        return value

    def before(self, node: Node) -> None:
        """Make the assignments that a node may see; forget what it may change."""
        nodes = [node, *[n for p in node.programs() for n in p.all_nodes()]]
        if any(may_touch_anything(n) for n in nodes):
            self.flush(set(self.pending))
            self.values.clear()
            return
        touched = {id(n.attrs["variable"]) for n in nodes if "variable" in n.attrs}
        self.flush(touched)
        for key in touched:
            self.values.pop(key, None)

    def flush(self, variables: set[int]) -> None:
        """Make the assignments that are pending for these variables."""
        for key in list(self.pending):
            if key in variables:
                self._rewriter.nodes.append(self.pending.pop(key))


def may_touch_anything(node: Node) -> bool:
    """Return whether a node may read or write variables that it does not name."""
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
