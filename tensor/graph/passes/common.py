"""Common subexpressions: what is computed twice is computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.graph.constants import constant_op
from tensor.graph.passes.rewriting import Rewriter, inside_too
from tensor.graph.program import Program, Value

if TYPE_CHECKING:
    from tensor.graph.program import Node

# How objects compare that are equal to themselves alone, however they print.
_IDENTITY: Any = object.__eq__


@inside_too
def share(program: Program) -> Program:
    """Return the program with equal nodes merged."""
    rewriter = Rewriter(program)
    seen: dict[Any, Node] = {}
    for node in program.nodes:
        key = None if node.has_effects or node.programs() else _key(node, rewriter)
        first = None if key is None else seen.get(key)
        if first is None:
            kept = rewriter.keep(node)
            if key is not None:
                seen[key] = kept
            continue
        for value, other in zip(node.outputs, first.outputs, strict=True):
            rewriter.replace(value, other)
    return rewriter.finish()


def _key(node: Node, rewriter: Rewriter) -> Any:
    """Return what two nodes that compute the same have in common."""
    if node.op is constant_op:
        return _constant_key(node.attrs["value"])
    inputs = tuple([_input_key(rewriter(x)) for x in node.inputs])
    parameters = tuple([(k, rewriter(v)) for k, v in sorted(node.parameters.items())])
    key = (
        id(node.op),
        inputs,
        tuple(sorted((k, attribute_key(v)) for k, v in node.attrs.items())),
        parameters,
    )
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _input_key(x: Any) -> Any:
    return x if type(x) is Value else (type(x), repr(x))


def attribute_key(value: Any) -> Any:
    """Return a parameter in a form that can be compared and sorted beside others."""
    if isinstance(value, np.ndarray):
        return ("array", repr(_constant_key(value) or id(value)))
    if type(value).__eq__ is _IDENTITY:
        return (type(value).__name__, str(id(value)))
    return (type(value).__name__, repr(value))


def _constant_key(array: Any) -> Any:
    array = np.asarray(array)
    if array.dtype.hasobject or array.size > 64:
        return None
    return ("constant", array.dtype.str, array.dtype.name, array.shape, array.tobytes())
