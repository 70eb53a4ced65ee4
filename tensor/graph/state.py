"""Nodes that read and write variables when a graph runs.

They keep program order: a read after a write sees it, and a value read before a write
does not change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.context import context
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.shapes import are_compatible, to_text
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.dynamic_index import fill_index

if TYPE_CHECKING:
    from tensor.core.call import Call
    from tensor.core.shapes import Dims


class StateOp(Op):
    """An op on a variable, which is its parameter `variable`."""

    kind = "stateful"
    gradient: Any = NON_DIFFERENTIABLE

    def infer(self, *inputs: TensorSpec, **attrs: Any) -> Any:
        return ()

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """Do again what a node of this op does: in the graph being traced, or now."""
        if context.graph is None:
            self.kernel(*[x._array for x in inputs], **attrs)
        else:
            context.graph.write_variable(self, inputs, attrs)
        return ()


class ReadVariable(StateOp):
    """The value of a variable at this point of the program.

    In a branch or a loop that writes to the variable, the value before that is an
    input: nothing of it is read, but it is where gradients for the variable go.
    """

    type_name = "ReadVariableOp"
    keeps_inputs: bool | tuple[int, ...] = False
    takes_slices = True

    def kernel(self, *before: Any, variable: Any) -> Any:
        return variable.read_array()

    def gradient(self, call: Call, dz: Any) -> Any:
        return (dz,) * len(call.inputs)

    def infer(self, *inputs: TensorSpec, **attrs: Any) -> Any:
        variable = attrs["variable"]
        return TensorSpec.of(variable.static_shape, variable.dtype)

    def reapply(self, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        return attrs["variable"].read_for_op()


class WriteVariable(StateOp):
    """Assign to a variable, add to it or subtract from it."""

    type_name = "AssignVariableOp"

    def kernel(self, value: Any, variable: Any, how: str) -> tuple[()]:
        check_assignable(variable, how, value.shape)
        variable.write_array(how, value)
        return ()


class WriteSlice(StateOp):
    """Assign to a slice of a variable, add to it or subtract from it.

    `index` is a NumPy-style index; its slots are filled with the scalars.
    """

    type_name = "ResourceStridedSliceAssign"

    def kernel(
        self, value: Any, *scalars: Any, variable: Any, index: Any, how: str
    ) -> tuple[()]:
        variable.write_slice(fill_index(index, scalars), how, value)
        return ()


class ScatterVariable(StateOp):
    """Combine rows with those of a variable that the indices name."""

    type_name = "ResourceScatterUpdate"

    def kernel(self, values: Any, *indices: Any, variable: Any, combine: Any) -> Any:
        variable.write_rows(combine, tuple([np.asarray(i) for i in indices]), values)
        return ()


read_variable = ReadVariable()
write_variable = WriteVariable()
write_slice = WriteSlice()
scatter_variable = ScatterVariable()


def check_assignable(variable: Any, how: str, dims: Dims | None) -> None:
    """Check that a value of shape `dims` may be written to a variable.

    Raises:
        ValueError: The shapes contradict each other.
    """
    if dims == variable.static_shape:
        return  # as nearly always, and much quicker to tell
    if not are_compatible(variable.static_shape, dims):
        raise ValueError(
            f"Cannot {how.replace('_', ' ')} value to variable {variable.name!r}: "
            f"Shape mismatch. The variable shape {to_text(variable.static_shape)}, and "
            f"the assigned value shape {to_text(dims)} are incompatible."
        )
