"""Writes to variables in TF1's graphs, where nothing runs but what is asked for."""

from __future__ import annotations

from typing import Any

from tensor.core.context import context
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.state import StateOp


class WriteThenRead(StateOp):
    """A write, and the value after it.

    Whoever asks for the value that an assignment returned asks for the assignment.
    """

    def __init__(self, write: StateOp) -> None:
        super().__init__()
        self._write = write
        self.type_name = write.type_name

    def kernel(self, *inputs: Any, **attrs: Any) -> Any:
        self._write.kernel(*inputs, **attrs)
        return attrs["variable"].read_array()

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        graph, variable = context.graph, attrs["variable"]
        if graph is not None and not graph.building_function:
            return graph.write_variable(self._write, inputs, attrs)
        self._write.reapply(inputs, attrs, name)
        return variable.read_for_op()

    def infer(self, *inputs: TensorSpec, **attrs: Any) -> Any:
        variable = attrs["variable"]
        return TensorSpec.of(variable.static_shape, variable.dtype)
