"""Gradients of the user's in saved functions: as programs of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.backprop import runs_on_arrays, unwrap_gradient
from tensor.core.convert import convert
from tensor.core.registry import Op
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.function import Function
from tensor.graph.inline import inline
from tensor.graph.program import Program, Value

if TYPE_CHECKING:
    from tensor.graph.program import Node
    from tensor.ops.custom_gradient import CustomGradient


class SavedCustomGradient(Op):
    """Results with a gradient that is a program.

    Inputs are the results, what they are differentiated by, and what else the program
    uses.
    """

    def kernel(
        self, *values: Any, count: int, backward: Program, receivers: Any, used: int
    ) -> Any:
        return tuple([np.asarray(v)[()] for v in values[:count]])

    def infer(
        self,
        *values: TensorSpec,
        count: int,
        backward: Program,
        receivers: Any,
        used: int,
    ) -> Any:
        return tuple(values[:count])

    def gradient(self, call: Any, *dz: Any) -> Any:
        count, used = call.attrs["count"], call.attrs["used"]
        end = len(call.inputs) - used
        plain = runs_on_arrays()
        values = [*call.inputs[count:end], *dz, *call.inputs[end:]]
        arguments = [wrap(v) for v in values] if plain else [convert(v) for v in values]
        found = inline(call.attrs["backward"], arguments)
        if plain:
            found = [unwrap_gradient(g) for g in found]
        gradients: list[Any] = [None] * len(call.inputs)
        for place, gradient in zip(call.attrs["receivers"], found, strict=True):
            gradients[count + place] = gradient
        return tuple(gradients)


def backward_program(node: Node) -> tuple[dict[str, Any], list[Any]]:
    """Return the parameters of the op that a node is saved as, and its last inputs."""
    op: CustomGradient = node.op  # type: ignore[assignment]
    count = op._count
    given = [*node.inputs[count:], *node.outputs]
    arguments = len(node.inputs) - count
    receivers: list[int] = []

    def backward(*values: Any) -> list[Any]:
        gradients = op._custom.gradients(values[:arguments], values[arguments:])
        receivers[:] = [i for i, g in enumerate(gradients) if g is not None]
        return [convert(g) for g in gradients if g is not None]

    specs = [TensorSpec.of(_dims(x), x.dtype) for x in given]
    concrete = Function(backward, autograph=False).get_concrete_function(*specs)
    captured = concrete.captured_tensors
    attrs = {
        "count": count,
        "backward": concrete.program,
        "receivers": tuple(receivers),
        "used": len(captured),
    }
    return attrs, captured


def _dims(value: Any) -> Any:
    return value.dims if isinstance(value, Value) else value.static_shape
