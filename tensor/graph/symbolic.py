"""SymbolicTensor: what stands for a tensor while a function is being traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tensor.core.context import context
from tensor.core.dtypes import variant
from tensor.core.errors import InaccessibleTensorError
from tensor.core.registry import spec_of
from tensor.core.shapes import Dims, TensorShape, merge, to_text
from tensor.core.tensor import Tensor, deny_python_value
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.static_arrays import known_array
from tensor.graph.static_values import known_value

if TYPE_CHECKING:
    from tensor.core.dtypes import DType
    from tensor.graph.operation import Operation
    from tensor.graph.program import Value
    from tensor.graph.trace import Graph


class SymbolicTensor(Tensor):
    """A value of a graph, seen as a tensor. It has shape and dtype, but no elements."""

    __slots__ = ("_graph", "_value")

    def __init__(self, value: Value, graph: Graph) -> None:
        self._value = value
        self._graph = graph

    # The number that tapes use belongs to the value: several tensors may show it.
    @property
    def _track_id(self) -> int:
        return self._value.track_id

    @_track_id.setter
    def _track_id(self, number: int) -> None:
        self._value.track_id = number

    @property
    def static_shape(self) -> Dims | None:
        """The shape as a tuple with None for unknown dimensions."""
        return self._value.dims

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._value.dtype

    @property
    def graph(self) -> Graph:
        """The graph that this tensor belongs to."""
        return self._graph

    @property
    def name(self) -> str:
        """The name with the output's index, such as `add:0`."""
        return self._value.name

    @property
    def op(self) -> Operation:
        """The operation that makes this tensor."""
        from tensor.graph.operation import Operation

        return Operation(self._value.node or self._value, self._graph)

    @property
    def value_index(self) -> int:
        """Which of its operation's results this is."""
        return self._value.index

    @property
    def device(self) -> str:
        """The device that `tf.device` asked for; nothing if it did not."""
        return self.op.device

    def set_shape(self, shape: Any) -> None:
        """Add what is known about the shape.

        Raises:
            ValueError: It contradicts what is known already.
        """
        self._value.dims = merge(self._value.dims, TensorShape(shape)._dims)

    def static_vector(self) -> Any:
        """Return what is known of a vector's value: a tuple with None, or None."""
        return known_value(self._value)

    def static_array(self, partial: bool = False) -> Any:
        """Return the value as an array if it hangs on constants alone, else None."""
        return known_array(self._value, partial)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Return the value, computed by a TF1 session.

        Raises:
            ValueError: No session is given, and none is the default.
        """
        from tensor.compat.session import default_session

        return (session or default_session()).run(self, feed_dict)

    def call_op(self, op: Any, inputs: Any, attrs: Any, name: str | None) -> Any:
        """Apply `op` in the graph being traced; an error where there is none."""
        if context.graph is None:
            raise out_of_scope(self)
        return context.graph.call_op(op, inputs, attrs, name)

    def update_variable(
        self, variable: Any, how: str, value: Any, read_value: bool
    ) -> Any:
        """Write this tensor to a variable when the graph runs."""
        if context.graph is None:
            raise out_of_scope(self)
        return context.graph.update_variable(variable, how, value, read_value)

    def __add__(self, other: Any) -> Any:
        if self.dtype is variant:  # a list of tensors, as gradients are added up
            from tensor.core.registry import get_op

            return context.graph.call_op(get_op("AddV2"), (self, other), {})
        return super().__add__(other)  # type: ignore[misc]  # attached by operators

    def __bool__(self) -> NoReturn:
        deny_python_value(self, "bool")

    def __iter__(self) -> Any:
        from tensor.core.errors import OperatorNotAllowedInGraphError

        if context.graph is None:
            raise out_of_scope(self)
        raise OperatorNotAllowedInGraphError(
            f"Iterating over a symbolic `tf.Tensor` is not allowed: {self!r} has no "
            "elements while its function is being traced. Let AutoGraph convert the "
            "loop, or use `tf.unstack`, `tf.map_fn` or `tf.while_loop`."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        node = self._value.node
        if node is not None and node.op.type_name == "Const":
            return np.array(node.attrs["value"], dtype=dtype)
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. This "
            "error may indicate that you're trying to pass a Tensor to a NumPy call, "
            "which is not supported inside a traced function: use the tf function of "
            "the same purpose, or tf.numpy_function."
        )

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __hash__(self) -> int:
        if self._graph.building_function:
            return super().__hash__()
        # In TF1's graphs tensors are keys: of `feed_dict`.
        return id(self._value)

    def __copy__(self) -> SymbolicTensor:
        return self

    def __deepcopy__(self, memo: Any) -> SymbolicTensor:
        return self

    def __str__(self) -> str:
        dims = self.static_shape
        shape = "" if dims is None else f"shape={to_text(dims)}, "
        return f'Tensor("{self.name}", {shape}dtype={self.dtype.name})'

    def __repr__(self) -> str:
        return (
            f"<tf.Tensor '{self.name}' shape={to_text(self.static_shape)} "
            f"dtype={self.dtype.name}>"
        )

    def __getattr__(self, name: str) -> NoReturn:
        hint = (
            ": it has no value while its function is being traced. Return it from the "
            "function, or use tf.py_function."
            if name in ("numpy", "_numpy", "_array")
            else "."
        )
        raise AttributeError(f"'SymbolicTensor' object has no attribute {name!r}{hint}")


class OutOfScopeError(InaccessibleTensorError, TypeError):
    """A symbolic tensor is used where its graph is not traced.

    TensorFlow raises the one for tensors of branches and loops, else the other.
    """


def out_of_scope(tensor: SymbolicTensor) -> TypeError:
    """Return the error for a symbolic tensor used where its graph is not traced."""
    return OutOfScopeError(
        f"{tensor!r} is out of scope and cannot be used here. It belongs to "
        f"{tensor.graph!r}, which is not being traced now. Use return values, explicit "
        "Python locals or TensorFlow collections to access it."
    )


def specs_of(tensors: tuple[Any, ...]) -> list[TensorSpec]:
    """Return specs of an op's inputs; Python numbers adopt the dtype beside them."""
    values = [t._value for t in tensors if type(t) is SymbolicTensor]
    if len(values) == len(tensors):
        return [TensorSpec.of(v.dims, v.dtype) for v in values]
    beside = next((v.dtype for v in values if not v.dtype.is_bool), None)
    adopted = None if beside is None else TensorSpec.of((), beside)
    return [
        TensorSpec.of(t._value.dims, t._value.dtype)
        if type(t) is SymbolicTensor
        else adopted or spec_of(t)
        for t in tensors
    ]
