"""Constants: values known while tracing, as nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.registry import NON_DIFFERENTIABLE, Op, spec_of
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from tensor.graph.program import Value


class Constant(Op):
    """A value known while tracing."""

    type_name = "Const"
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, value: Any) -> Any:
        return value

    def infer(self, value: Any) -> TensorSpec:
        # None stands for a value of a branch that did not run.
        return TensorSpec.of((), dtypes.variant) if value is None else spec_of(value)


constant_op = Constant()


def is_constant(value: Value) -> bool:
    """Return whether a value is a constant that no tape follows."""
    return (
        value.node is not None and value.node.op is constant_op and not value.track_id
    )
