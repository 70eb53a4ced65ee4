"""Verify: a program is well formed, and its static shapes agree with the ops' rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensor.core import errors
from tensor.core.shapes import are_compatible
from tensor.graph.program import Program, Value

if TYPE_CHECKING:
    from tensor.graph.program import Node


def verify(
    program: Program, after: str = "tracing", checked: set[Node] | None = None
) -> None:
    """Check a program.

    Args:
        program: The program.
        after: What made it, for messages.
        checked: Nodes whose results have been checked before; passes leave most nodes
            as they are. Those checked now are added.

    Raises:
        InternalError: A value is read before it is made, or a result's shape or dtype
            contradicts the op's rule.
    """
    checked = set() if checked is None else checked
    known = set(program.inputs)
    for node in program.nodes:
        for value in node.values_in():
            if value not in known:
                raise _broken(program, after, f"{node} reads {value} too early")
        if node not in checked:
            _check_results(program, node, after)
            checked.add(node)
        known.update(node.outputs)
        for inner in node.programs():
            verify(inner, after, checked)
    for value in program.outputs:
        if value not in known:
            raise _broken(program, after, f"the output {value} is not computed")


def _check_results(program: Program, node: Node, after: str) -> None:
    if node.programs() or node.op.kind == "stateful":
        return
    dtype = next((v.dtype for v in node.values_in() if not v.dtype.is_bool), None)
    specs = [
        x.spec if type(x) is Value else _number_spec(x, dtype) for x in node.inputs
    ]
    if node.parameters:
        return
    inferred = node.op.infer(*specs, **node.attrs)
    inferred = inferred if type(inferred) is tuple else (inferred,)
    if len(inferred) != len(node.outputs):
        raise _broken(program, after, f"{node} has {len(node.outputs)} results")
    for spec, value in zip(inferred, node.outputs, strict=True):
        if spec.dtype is not value.dtype or not are_compatible(spec.dims, value.dims):
            raise _broken(program, after, f"{node} gives {spec}, not {value}")


def _number_spec(number: object, dtype: object) -> object:
    from tensor.core.registry import spec_of
    from tensor.core.tensor_spec import TensorSpec

    return spec_of(number) if dtype is None else TensorSpec.of((), dtype)  # type: ignore[arg-type]


def _broken(program: Program, after: str, what: str) -> errors.OpError:
    return errors.because(
        errors.InternalError,
        f"The graph {program.name!r} is broken after {after}: {what}. Please "
        "report it.",
    )
