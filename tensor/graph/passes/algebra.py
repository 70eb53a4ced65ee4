"""Algebra: nodes that change nothing, and transpositions that a product does itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.registry import get_op
from tensor.graph.passes.rewriting import (
    Rewriter,
    constant_of,
    inside_too,
    is_constant,
)
from tensor.graph.program import Program, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.graph.program import Node

_SAME = frozenset(("Identity", "StopGradient", "ReadVariableOp", "PreventGradient"))


@inside_too
def simplify(program: Program) -> Program:
    """Return the program without nodes whose result is one of their inputs."""
    rewriter = Rewriter(program)
    for node in program.nodes:
        rule = _RULES.get(node.op.type_name)
        found = None
        if len(node.outputs) == 1 and not node.several and node.inputs:
            found = _unchanged(node, rewriter)
            if found is None and rule is not None:
                found = rule(node, rewriter)
        if found is None:
            rewriter.keep(node)
        else:
            rewriter.replace(node.outputs[0], found)
    return rewriter.finish()


def _unchanged(node: Node, rewriter: Rewriter) -> Any:
    """Return the input that a node passes on, None if it does something."""
    name = node.op.type_name
    x = rewriter(node.inputs[0])
    if type(x) is not Value:
        return None
    if name in _SAME:
        return x
    result = node.outputs[0]
    if name in ("Cast", "CastToDiscrete"):
        return x if x.dtype is result.dtype else None
    if name in ("Reshape", "BroadcastTo", "SumTo") and _known(x.dims):
        return x if x.dims == result.dims else None
    return None


def _known(dims: Any) -> bool:
    return dims is not None and None not in dims


def _is_filled(x: Any, number: float) -> bool:
    """Return whether a value is a constant all of whose elements are `number`."""
    if not is_constant(x):
        return False
    array = constant_of(x)
    if array is None:
        return False
    array = np.asarray(array)
    return (
        array.dtype.kind in "fiuc" and array.size > 0 and bool(np.all(array == number))
    )


def _without(number: float, either: bool) -> Callable[[Node, Rewriter], Any]:
    """Return the rule for `x op number = x`; of `number op x` too if `either`."""

    def rule(node: Node, rewriter: Rewriter) -> Any:
        x, y = (rewriter(v) for v in node.inputs)
        result = node.outputs[0]
        for value, other in ((x, y), (y, x)) if either else ((x, y),):
            if (
                type(value) is Value
                and _known(value.dims)
                and value.dims == result.dims
                and _is_filled(other, number)
            ):
                return value
        return None

    return rule


def _negated(node: Node, rewriter: Rewriter) -> Any:
    x = rewriter(node.inputs[0])
    inner = x.node if type(x) is Value else None
    if inner is not None and inner.op.type_name == "Neg":
        return inner.inputs[0]
    return None


def _transposition(x: Any) -> Any:
    """Return what a value is the transposed of, if it swaps the last two axes."""
    node = x.node if type(x) is Value else None
    if node is None or node.op.type_name != "Transpose" or node.parameters:
        return None
    rank = len(node.outputs[0].dims or ())
    if rank < 2:
        return None
    perm = node.attrs.get("perm") or range(rank)[::-1]
    swapped = [*range(rank - 2), rank - 1, rank - 2]
    return node.inputs[0] if list(perm) == swapped else None


def _product(node: Node, rewriter: Rewriter) -> Any:
    """Let a product transpose its operands itself: BLAS does so for nothing."""
    inputs = [rewriter(x) for x in node.inputs]
    attrs = dict(node.attrs)
    changed = False
    for i, key in enumerate(("transpose_a", "transpose_b")):
        plain = _transposition(inputs[i])
        if plain is not None:
            inputs[i] = plain
            attrs[key] = not attrs[key]
            changed = True
    if not changed or node.outputs[0].dtype.is_complex:
        return None
    return rewriter.add(node.op, tuple(inputs), node, **attrs)


def _bias(node: Node, rewriter: Rewriter) -> Any:
    """Add to the last axis by broadcasting, which a group does in place."""
    if node.attrs["axis"] != -1:
        return None
    x, bias = (rewriter(v) for v in node.inputs)
    if not _known(x.dims) or not _known(bias.dims):
        return None  # whether they fit is for the kernel to say
    return rewriter.add(get_op("AddV2"), (x, bias), node)


_RULES: dict[str, Callable[[Any, Rewriter], Any]] = {
    "AddV2": _without(0, either=True),
    "Sub": _without(0, either=False),
    "Mul": _without(1, either=True),
    "RealDiv": _without(1, either=False),
    "Neg": _negated,
    "MatMul": _product,
    "BiasAdd": _bias,
}
