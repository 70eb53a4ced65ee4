"""Specialize: fill in the shapes of one call, where tracing left dimensions open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.shapes import merge
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.passes.rewriting import Rewriter
from tensor.graph.program import Node, Program, Value
from tensor.graph.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.shapes import Dims


def is_open(program: Program) -> bool:
    """Return whether a program's inputs have dimensions that are not known."""
    return any(v.dims is None or None in v.dims for v in program.inputs)


def specialize(program: Program, shapes: Sequence[Dims | None]) -> Program:
    """Return the program for inputs of these shapes.

    Raises:
        ValueError: The shapes do not fit the program.
    """
    rewriter = Rewriter(program)
    inputs = []
    for value, dims in zip(program.inputs, shapes, strict=True):
        inputs.append(Value(merge(value.dims, dims), value.dtype, value.name))
        rewriter.replace(value, inputs[-1])
    for node in program.nodes:
        kept = rewriter.keep(node)
        if kept is not node and node.op.kind != "stateful":
            _infer_again(kept)
    result = rewriter.finish()
    return Program(tuple(inputs), result.nodes, result.outputs, program.name)


def _infer_again(node: Node) -> None:
    if node.programs():
        if "branches" not in node.attrs or "counts" in node.attrs:
            return
        shapes = [v.dims for v in node.values_in()][1:]
        branches = [specialize(b, shapes) for b in node.attrs["branches"]]
        node.attrs = {**node.attrs, "branches": tuple(branches)}
    specs: list[Any] = [
        x.spec if type(x) is Value else TensorSpec.of((), _dtype_beside(node))
        for x in node.inputs
    ]
    parameters = {
        k: SymbolicTensor(v, None)  # type: ignore[arg-type]  # it belongs to no graph
        for k, v in node.parameters.items()
    }
    found = node.op.infer(*specs, **node.attrs, **parameters)
    for value, spec in zip(
        node.outputs, found if node.several else (found,), strict=True
    ):
        value.dims = merge(value.dims, spec.dims)


def _dtype_beside(node: Node) -> Any:
    return next(v.dtype for v in node.values_in() if not v.dtype.is_bool)


def without_shapes(program: Program) -> Program:
    """Return the program with no static shapes, for whatever its kernels can take."""
    rewriter = Rewriter(program)
    inputs = tuple([Value(None, v.dtype, v.name) for v in program.inputs])
    for value, other in zip(program.inputs, inputs, strict=True):
        rewriter.replace(value, other)
    for node in program.nodes:
        kept = rewriter.keep(node)
        if kept is not node:
            for value in kept.outputs:
                value.dims = None
    result = rewriter.finish()
    return Program(inputs, result.nodes, result.outputs, program.name)
