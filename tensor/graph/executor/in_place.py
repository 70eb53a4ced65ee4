"""Which elementwise results may be written over an operand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.ops.families import BinaryElementwise, UnaryElementwise

if TYPE_CHECKING:
    from tensor.graph.program import Node, Program, Value

_FAMILY_KERNELS = (UnaryElementwise.kernel, BinaryElementwise.kernel)


def ufunc_of(node: Node) -> Any:
    """Return the NumPy function that a node is nothing but, or None."""
    if node.attrs or type(node.op).kernel not in _FAMILY_KERNELS:
        return None
    ufunc = getattr(node.op, "ufunc", None)
    return ufunc if isinstance(ufunc, np.ufunc) else None


def works_in_place(node: Node) -> bool:
    """Return whether a node reads each element no later than it writes it."""
    return ufunc_of(node) is not None or node.op.works_in_place


def may_overwrite(group: Program, operand: Value, result: Value) -> bool:
    """Return whether a group may write a result into an operand's memory.

    Nobody must need the operand after the group. In it, the result is made no earlier
    than the operand is last read.
    """
    if operand.dims != result.dims or operand.dtype is not result.dtype:
        return False
    made = used = -1
    for index, node in enumerate(group.nodes):
        if result in node.outputs:
            made = index
        if operand in node.values_in():
            used = index
    return used < made or (used == made and works_in_place(group.nodes[made]))
