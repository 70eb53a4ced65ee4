"""KerasTensor: what a layer will return, while a functional model is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tensor.core import nest
from tensor.core.shapes import Dims, merge, to_text
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from tensor.core.dtypes import DType


class History(NamedTuple):
    """Where a Keras tensor comes from.

    Attributes:
        layer: The layer that makes it.
        node_index: Which of the layer's calls makes it.
        tensor_index: Which of that call's results it is.
    """

    layer: Any
    node_index: int
    tensor_index: int


class KerasTensor:
    """What a layer will return: no value, but the layer call that will make it.

    There is a class for each kind of value; `keras_tensor_of` makes the right one.
    """

    __slots__ = ()
    _keras_history: History
    _spec: Any

    @property
    def type_spec(self) -> Any:
        """Shape, dtype and kind together."""
        return self._spec

    @property
    def name(self) -> str | None:
        """The name of the input layer, or of the layer that made it."""
        name: str | None = getattr(self._spec, "name", None)
        if name is not None:
            return name
        history = getattr(self, "_keras_history", None)
        return None if history is None else history.layer.name

    @property
    def node(self) -> Any:
        """The layer call that makes it."""
        layer, node_index, _ = self._keras_history
        return layer._inbound_nodes[node_index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise TypeError(
            f"You are passing {self!r}, an intermediate Keras symbolic input/output, "
            "to a NumPy function. Wrap what uses NumPy into a custom layer."
        )

    def __bool__(self) -> NoReturn:
        raise TypeError(f"A symbolic {self!r} cannot be used as a boolean.")

    def __deepcopy__(self, memo: Any) -> KerasTensor:
        return self

    def __str__(self) -> str:
        history = getattr(self, "_keras_history", None)
        made = f"created by layer '{history.layer.name}'" if history else None
        described = "" if made is None else f', description="{made}"'
        name = "" if self.name is None else f", name='{self.name}'"
        return f"KerasTensor(type_spec={self.type_spec}{name}{described})"

    def __repr__(self) -> str:
        history = getattr(self, "_keras_history", None)
        made = "" if history is None else f" (created by layer '{history.layer.name}')"
        return f"<KerasTensor: {self._described}{made}>"

    @property
    def _described(self) -> str:
        return f"type_spec={self.type_spec}"


class DenseKerasTensor(KerasTensor, Tensor):
    """A tensor that a layer will return.

    Ops applied to it become layers, so that a model can contain them.
    """

    __slots__ = ("_keras_history", "_known", "_spec")
    _spec: TensorSpec

    def __init__(self, spec: TensorSpec, known: Any = None) -> None:
        """Describe a tensor.

        Args:
            spec: Its shape and dtype.
            known: What is known of its elements if it is a vector of integers.
        """
        self._spec = spec
        self._known = known
        self._track_id = 0

    @property
    def static_shape(self) -> Dims | None:
        """The shape as a tuple with None for unknown dimensions."""
        return self._spec.dims

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._spec.dtype

    def set_shape(self, shape: Any) -> None:
        """Add what is known about the shape."""
        dims = merge(self._spec.dims, TensorSpec(shape)._dims)
        self._spec = TensorSpec.of(dims, self._spec.dtype, self._spec.name)

    def static_vector(self) -> Any:
        """Return what is known of a vector's value: a tuple with None, or None."""
        return self._known

    def call_op(self, op: Any, inputs: Any, attrs: Any, name: str | None) -> Any:
        """Make a layer of `op` and call it."""
        from tensor.keras.engine.op_layer import SlicingOpLambda, TFOpLambda

        kind = SlicingOpLambda if op.type_name == "StridedSlice" else TFOpLambda
        return kind(op, name=name)(*inputs, **attrs)

    def __iter__(self) -> Any:
        shape = self.static_shape
        if not shape or shape[0] is None:
            raise TypeError(
                f"Cannot iterate over {self!r}: its first dimension is unknown."
            )
        return (self[i] for i in range(shape[0]))  # type: ignore[index]

    @property
    def _described(self) -> str:
        return f"shape={to_text(self.static_shape)} dtype={self.dtype.name}"


def keras_tensor_of(spec: Any, known: Any = None) -> Any:
    """Return a Keras tensor for a spec: dense, ragged or sparse.

    Args:
        spec: What describes the value.
        known: What is known of its elements if it is a vector of integers.
    """
    if isinstance(spec, TensorSpec):
        return DenseKerasTensor(spec, known)
    from tensor.keras.engine.composite_keras_tensor import composite_keras_tensor

    return composite_keras_tensor(spec)


class Node:
    """One call of a layer on Keras tensors: an edge bundle of the layer graph.

    Attributes:
        layer: The layer called.
        args: The positional arguments, with Keras tensors in them.
        kwargs: The keyword arguments.
        outputs: The Keras tensors returned, in their structure.
    """

    def __init__(self, layer: Any, args: Any, kwargs: Any, outputs: Any) -> None:
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.index = len(layer._inbound_nodes)
        layer._inbound_nodes.append(self)
        for i, tensor in enumerate(nest.flatten(outputs)):
            tensor._keras_history = History(layer, self.index, i)
        for tensor in self.inputs:
            tensor._keras_history.layer._outbound_nodes.append(self)

    @property
    def is_input(self) -> bool:
        """Whether this is an input layer's only call."""
        return not self.inputs

    @property
    def inputs(self) -> list[KerasTensor]:
        """The Keras tensors among the arguments."""
        return [
            x
            for x in nest.flatten((self.args, list(self.kwargs.values())))
            if isinstance(x, KerasTensor)
        ]

    @property
    def keras_inputs(self) -> list[KerasTensor]:
        """The Keras tensors among the arguments."""
        return self.inputs

    @property
    def parent_nodes(self) -> list[Node]:
        """The calls that made the arguments."""
        return [x.node for x in self.inputs]

    @property
    def call_args(self) -> Any:
        """The positional arguments."""
        return self.args

    @property
    def call_kwargs(self) -> Any:
        """The keyword arguments."""
        return self.kwargs

    def iterate_inbound(self) -> list[tuple[Any, int, int, KerasTensor]]:
        """Return (layer, call, result, tensor) for each Keras tensor taken."""
        return [(*x._keras_history, x) for x in self.inputs]

    @property
    def outbound_layer(self) -> Any:
        """The layer called."""
        return self.layer

    @property
    def inbound_layers(self) -> Any:
        """The layers that make the first argument, in its structure."""
        if self.is_input:
            return []
        return nest.map_structure(lambda x: x._keras_history.layer, self.call_inputs)

    @property
    def flat_outputs(self) -> list[KerasTensor]:
        """The Keras tensors returned."""
        return nest.flatten(self.outputs)

    @property
    def call_inputs(self) -> Any:
        """The first argument, by which layers know their input."""
        return self.args[0] if self.args else self.kwargs

    @property
    def input_tensors(self) -> Any:
        """The first argument; of an input layer, what it makes."""
        return [self.outputs] if self.is_input else self.call_inputs

    @property
    def output_tensors(self) -> Any:
        """The Keras tensors returned, in their structure."""
        return [self.outputs] if self.is_input else self.outputs

    @property
    def input_shapes(self) -> Any:
        """The static shapes of the first argument."""
        shapes = nest.map_structure(shape_tuple, self.input_tensors)
        is_single = isinstance(shapes, list) and len(shapes) == 1
        return shapes[0] if is_single and not self.is_input else shapes

    @property
    def output_shapes(self) -> Any:
        """The static shapes of the results."""
        return nest.map_structure(shape_tuple, self.output_tensors)

    def fill(self, values: dict[int, Any]) -> tuple[Any, Any]:
        """Return the arguments with Keras tensors replaced by their values, by id."""

        def value_of(x: Any) -> Any:
            return values[id(x)] if isinstance(x, KerasTensor) else x

        return nest.map_structure(value_of, (tuple(self.args), self.kwargs))

    def is_computable(self, values: dict[int, Any]) -> bool:
        """Return whether all inputs have a value."""
        return all(id(x) in values for x in self.inputs)


def shape_tuple(x: Any) -> Any:
    """Return a tensor's static shape as a tuple, None if its rank is unknown."""
    return x.static_shape


def holds_keras_tensors(*structures: Any) -> bool:
    """Return whether Keras tensors are among the leaves."""
    return any(isinstance(x, KerasTensor) for x in nest.flatten(structures))
