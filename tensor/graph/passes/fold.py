"""Fold: compute now what depends on constants and known shapes only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.dtypes import variant
from tensor.graph.constants import constant_op
from tensor.graph.passes.rewriting import (
    Rewriter,
    constant_of,
    inside_too,
    is_constant,
)
from tensor.graph.static_values import known_value

if TYPE_CHECKING:
    from tensor.graph.program import Node, Program

# Larger results are computed when they are needed, rather than kept.
_LARGEST = 1 << 16
_SHAPE_OPS = frozenset(("Shape", "Size", "Rank"))
_FILLED = {"OnesLike": 1, "ZerosLike": 0}


@inside_too
def fold(program: Program) -> Program:
    """Return the program with constants in the place of what is known."""
    rewriter = Rewriter(program)
    for node in program.nodes:
        node = _known_parameters(node, rewriter)
        result = _folded(node, rewriter)
        if result is None:
            rewriter.keep(node)
            continue
        for value, array in zip(node.outputs, result, strict=True):
            rewriter.replace(value, rewriter.constant(array, node))
    return rewriter.finish()


def _known_parameters(node: Node, rewriter: Rewriter) -> Node:
    """Return the node with parameters that turn out to be known among its attrs."""
    if not node.parameters:
        return node
    known = {}
    for key, value in node.parameters.items():
        value = rewriter(value)
        if is_constant(value):
            known[key] = _as_parameter(constant_of(value))
            continue
        elements = known_value(value)
        if (type(elements) is tuple and None not in elements) or type(elements) is int:
            known[key] = elements
    if not known:
        return node
    attrs = {**node.attrs, **known}
    rest = {k: v for k, v in node.parameters.items() if k not in known}
    copy = node.rebuilt(node.inputs, rest, attrs)
    copy.outputs = node.outputs
    return copy


def _as_parameter(array: Any) -> Any:
    """Return a constant in the form that parameters have when they are known."""
    array = np.asarray(array)
    if array.dtype.kind in "iu" and array.ndim <= 1:
        return tuple(array.tolist()) if array.ndim else array.item()
    return array


def _folded(node: Node, rewriter: Rewriter) -> Any:
    """Return the results of a node as arrays, None if they are not known."""
    op = node.op
    if op is constant_op or node.parameters or node.has_effects or node.programs():
        return None
    inputs = [rewriter(x) for x in node.inputs]
    size = _size(node)
    if size is None or size > _LARGEST:
        return None
    if op.type_name in _SHAPE_OPS:
        dims = inputs[0].dims
        if dims is None or None in dims:
            return None
        stand_in = np.broadcast_to(np.float32(0), dims)
        return _as_arrays(node, op.kernel(stand_in, **node.attrs))
    if op.type_name in _FILLED and node.outputs[0].dtype.is_numeric:
        value = node.outputs[0]
        shape: Any = value.dims
        filled = np.full(shape, _FILLED[op.type_name], value.dtype.numpy_dtype)
        return [filled[()]]
    if not inputs or not all(is_constant(x) for x in inputs):
        return None
    arrays = [constant_of(x) for x in inputs]
    if any(a is None for a in arrays):
        return None
    try:
        with np.errstate(all="ignore"):
            return _as_arrays(node, op.kernel(*arrays, **node.attrs))
    except Exception:  # it will be raised, and told, when the graph runs
        return None


def _as_arrays(node: Node, result: Any) -> Any:
    results = list(result) if node.several else [result]
    if any(not hasattr(r, "dtype") for r in results):
        return None
    return results


def _size(node: Node) -> int | None:
    total = 0
    for value in node.outputs:
        if value.size is None or value.dtype is variant:
            return None
        total += value.size
    return total if node.outputs else None
