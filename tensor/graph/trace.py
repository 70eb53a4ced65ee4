"""Graph: records the ops that user code applies, while a function is being traced.

`context.graph` is the graph of this thread, and ops that find one there become nodes
instead of running. What comes from outside — eager tensors, tensors of an outer graph —
is captured: it becomes a further input of the graph.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.call import record
from tensor.core.context import context
from tensor.core.public_api import export
from tensor.core.tape import track
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.graph import state
from tensor.graph.constants import constant_op, is_constant
from tensor.graph.control import list_ops
from tensor.graph.dynamic_index import dynamic_get_item, split_index
from tensor.graph.graph_view import GraphView
from tensor.graph.program import Node, Program, Value
from tensor.graph.symbolic import SymbolicTensor, out_of_scope, specs_of
from tensor.graph.user_lines import user_line
from tensor.graph.write_then_read import WriteThenRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.registry import Op
    from tensor.core.shapes import Dims

# TensorFlow names the nodes of Python's operators in its own way.
_NODE_NAMES = {"AddV2": "add", "Mul": "mul", "Sub": "sub", "RealDiv": "truediv"}
_NODE_NAMES |= {"StridedSlice": "strided_slice", "ConcatV2": "concat", "Pack": "stack"}
_NODE_NAMES |= {"Pow": "pow", "FloorDiv": "floordiv", "FloorMod": "floormod"}


@export("Graph")
class Graph(GraphView):
    """The ops applied while it was the default graph, in order.

    Attributes:
        name: A name for messages.
        outer: The graph that was being traced when this one began, or None.
        inputs: What is passed in at each run.
        nodes: The nodes so far.
        captures: Pairs of an outside tensor and the input that stands for it.
        variable_table: The variables that are read or written, by id.
    """

    # Whether it belongs to a tf.function, rather than being TF1's kind of graph.
    building_function = False
    is_control_flow_graph = False

    def __init__(self, name: str = "graph", outer: Graph | None = None) -> None:
        self.name = name
        self.outer = outer
        self.inputs: list[SymbolicTensor] = []
        self.nodes: list[Node] = []
        self.variable_table: dict[int, Any] = {}
        self.created: list[Any] = []
        self.may_create_variables = True
        self.outer_tapes: list[Any] = []
        # The tensors that are passed in by the call for which this is traced.
        self.arguments: dict[Value, Any] = {}
        self.collections: dict[str, list[Any]] = {}
        self._captures: dict[Any, tuple[Any, SymbolicTensor]] = {}
        self._reads: dict[int, SymbolicTensor] = {}
        # Values of variables that all bodies of one node take, by node and variable.
        self.values_before: dict[Any, SymbolicTensor] = {}
        # Constants of outer graphs that have been made again in this one.
        self._constants: dict[Any, tuple[Any, SymbolicTensor]] = {}
        self._names: dict[str, int] = {}

    # ---- tracing

    @contextlib.contextmanager
    def traced(self) -> Iterator[Graph]:
        """Record the ops applied inside the `with` block in this graph."""
        saved = context.graph, context.tapes, context.accumulators, context.name_scopes
        self.outer_tapes = context.tapes
        context.graph, context.tapes, context.accumulators = self, [], []
        context.name_scopes = []
        try:
            yield self
        finally:
            context.graph, context.tapes, context.accumulators = saved[:3]
            context.name_scopes = saved[3]

    @contextlib.contextmanager
    def _outside(self) -> Iterator[Graph]:
        """Go on in the outer graph inside the `with` block."""
        saved = context.graph, context.tapes
        context.graph, context.tapes = self.outer, self.outer_tapes
        try:
            yield self.outer  # type: ignore[misc]
        finally:
            context.graph, context.tapes = saved

    def as_default(self) -> Any:
        """Return a context manager in which ops are recorded in this graph."""
        return self.traced()

    def add_input(
        self, dims: Dims | None, dtype: Any, name: str = "Placeholder"
    ) -> SymbolicTensor:
        """Add an input that is passed in at each run."""
        value = Value(dims, dtype, self.unique_name(name) + ":0")
        tensor = SymbolicTensor(value, self)
        self.inputs.append(tensor)
        return tensor

    def call_op(self, op: Op, inputs: Any, attrs: Any, name: str | None = None) -> Any:
        """Record that `op` is applied; return its results as symbolic tensors."""
        tensors = tuple([self.own(x) for x in inputs])
        if op.type_name in list_ops.FORMS and tensors[0].dtype is dtypes.variant:
            op = list_ops.FORMS[op.type_name]
        parameters: dict[str, Value] = {}
        for key, attr in attrs.items():
            if isinstance(attr, Tensor):
                attrs = {**attrs, key: self._parameter(attr)}
                if isinstance(attrs[key], SymbolicTensor):
                    parameters[key] = attrs[key]._value
        specs = op.infer(*specs_of(tensors), **attrs)
        known = {k: v for k, v in attrs.items() if k not in parameters}
        values = tuple([t._value if type(t) is SymbolicTensor else t for t in tensors])
        node = Node(op, values, known, parameters)
        outputs = self.add_node(node, specs, name)
        if context.tapes and op.is_differentiable:
            visible = outputs
            if type(outputs) is tuple:
                visible = outputs[: len(node.visible_outputs)]
            record(op, tensors, tensors, visible, attrs)
        return outputs

    def add_node(self, node: Node, specs: Any, name: str | None = None) -> Any:
        """Append a node with results of the given specs; return them as tensors."""
        several = node.several = type(specs) is tuple
        op_name = node.op.type_name
        node.name = self.unique_name(name or _NODE_NAMES.get(op_name, op_name))
        node.source = user_line()
        node.device = context.device or ""
        node.outputs = tuple(
            [
                Value(spec.dims, spec.dtype, f"{node.name}:{i}", node, i)
                for i, spec in enumerate(specs if several else (specs,))
            ]
        )
        self.nodes.append(node)
        outputs = tuple([SymbolicTensor(v, self) for v in node.outputs])
        return outputs if several else outputs[0]

    def unique_name(self, name: str) -> str:
        """Return `name` inside the open name scopes, with a number if it is taken.

        One that ends in a slash is taken as it is: it has been given out before.
        """
        if name.endswith("/"):
            return name[:-1]
        if context.name_scopes and context.graph is self:
            name = "/".join([*context.name_scopes, name])
        count = self._names.get(name)
        if count is None:
            self._names[name] = 1
            return name
        while f"{name}_{count}" in self._names:
            count += 1
        self._names[name] = count + 1
        self._names[f"{name}_{count}"] = 1
        return f"{name}_{count}"

    def constant(self, array: Any, name: str | None = None) -> SymbolicTensor:
        """Return `array` as a constant of this graph."""
        node = Node(constant_op, (), {"value": array}, {})
        return self.add_node(node, constant_op.infer(array), name)  # type: ignore[no-any-return]

    def finish(self, outputs: list[SymbolicTensor]) -> Program:
        """Return what was recorded as a program that computes `outputs`."""
        inputs = [t._value for t in self.inputs]
        inputs += [inner._value for _, inner in self._captures.values()]
        results = tuple([t._value for t in outputs])
        return Program(tuple(inputs), tuple(self.nodes), results, self.name)

    # ---- what comes from outside

    def own(self, x: Any) -> Any:
        """Return an input as a tensor of this graph; Python numbers as they are."""
        kind = type(x)
        if kind is SymbolicTensor:
            return x if x._graph is self else self.capture(x)
        if kind is EagerTensor:
            return self.capture(x)
        if isinstance(x, np.ndarray | np.generic):
            return self.constant(x)
        if hasattr(x, "read_for_op"):
            return x.read_for_op()
        return x

    def capture(self, tensor: Any) -> SymbolicTensor:
        """Return the input that stands for a tensor from outside.

        Raises:
            TypeError: It belongs to a graph that is not being traced.
        """
        symbolic = type(tensor) is SymbolicTensor
        key = tensor._value if symbolic else id(tensor)
        found = self._captures.get(key) or self._constants.get(key)
        if found is not None:
            return found[1]
        if symbolic and self._makes_again(tensor):
            again = self.constant(tensor._value.node.attrs["value"])
            self._constants[key] = (tensor, again)
            return again
        if symbolic and tensor._graph is not self.outer:
            if self.outer is None:
                raise out_of_scope(tensor)
            with self._outside() as outer:
                tensor = outer.capture(tensor)
        value = Value(tensor.static_shape, tensor.dtype, "")
        value.name = self.unique_name("captured") + ":0"
        # Tapes know both by one number, so that those inside may watch what is outside.
        value.track_id = track(tensor)
        inner = SymbolicTensor(value, self)
        self._captures[key] = (tensor, inner)
        return inner

    def _makes_again(self, tensor: SymbolicTensor) -> bool:
        """Return whether a tensor from outside becomes a constant of this graph.

        Constants that may have gradients are captured by functions, branches and loops:
        it is not known yet who will ask.
        """
        if not is_constant(tensor._value):
            return False
        if not (self.building_function and tensor.dtype.is_differentiable):
            return True
        around = self.outer
        while around is not None and around is not tensor._graph:
            around = around.outer
        return around is None

    def _parameter(self, attr: Any) -> Any:
        """Return a tensor among parameters: as NumPy if known, else of this graph."""
        if type(attr) is EagerTensor:
            return attr._array
        return self.own(attr)

    # ---- variables

    def read_variable(self, variable: Any) -> SymbolicTensor:
        """Return the variable's value at this point of the program."""
        if variable.trainable:
            for tape in context.tapes:
                tape.saw_variable(variable)
        key = id(variable)
        tensor = self._reads.get(key)
        if tensor is None:
            self.variable_table[key] = variable
            tensor = self._reads[key] = self._read(variable)
        return tensor

    def _read(self, variable: Any) -> SymbolicTensor:
        node = Node(state.read_variable, (), {"variable": variable}, {})
        spec = TensorSpec.of(variable.static_shape, variable.dtype)
        name = f"{variable.name.rpartition(':')[0]}/ReadVariableOp"
        tensor: SymbolicTensor = self.add_node(node, spec, name)
        tensor._track_id = variable._track_id
        return tensor

    def write_variable(self, op: Any, inputs: Any, attrs: dict[str, Any]) -> Any:
        """Record a write, after which reads see another value.

        Returns:
            The variable; in TF1's kind of graph the value after the write.
        """
        variable = attrs["variable"]
        self.variable_table[id(variable)] = variable
        if not self.building_function:
            op = WriteThenRead(op)
        value = self.call_op(op, inputs, attrs)
        self.forget_reads([variable])
        return variable if self.building_function else value

    def forget_reads(self, variables: Any) -> None:
        """Note that variables have changed."""
        for variable in variables:
            self._reads.pop(id(variable), None)

    def update_variable(
        self, variable: Any, how: str, value: Any, read_value: bool = True
    ) -> Any:
        """Record `variable.assign(value)`, `assign_add` or `assign_sub`.

        Raises:
            ValueError: The static shapes contradict each other.
        """
        state.check_assignable(variable, how, value.static_shape)
        attrs = {"variable": variable, "how": how}
        written = self.write_variable(state.write_variable, (value,), attrs)
        return written if read_value or not self.building_function else None

    def update_variable_slice(
        self, variable: Any, index: Any, how: str, value: Any
    ) -> Any:
        """Record `variable[index].assign(value)`."""
        template, scalars = split_index(index)
        attrs = {"variable": variable, "index": template, "how": how}
        return self.write_variable(state.write_slice, (value, *scalars), attrs)

    def scatter_variable(
        self, variable: Any, combine: Any, indices: Any, values: Any
    ) -> Any:
        """Record a scatter into a variable."""
        attrs = {"variable": variable, "combine": combine}
        return self.write_variable(state.scatter_variable, (values, *indices), attrs)

    def created_variable(self, variable: Any, initial_value: Any) -> None:
        """Note that user code made a variable while being traced.

        Raises:
            ValueError: It may not: this is not the function's first call.
        """
        if not self.may_create_variables:
            raise ValueError(
                "tf.function only supports singleton tf.Variables created on the first "
                "call. Make sure the tf.Variable is only created once or created "
                f"outside tf.function. Variable {variable.name!r} was created by a "
                "later trace."
            )
        self.created.append(variable)
        if self.outer is not None:
            self.outer.created_variable(variable, initial_value)

    def initial_array(self, tensor: SymbolicTensor) -> Any:
        """Return the value of a tensor that does not depend on the graph's inputs.

        Raises:
            ValueError: It does depend on them.
        """
        from tensor.graph.lifting import evaluate_now

        return evaluate_now(self, tensor)

    # ---- indexing

    def get_item(self, tensor: Any, index: tuple[Any, ...]) -> Any:
        """Return `tensor[index]` where some indices are symbolic."""
        return dynamic_get_item(tensor, index)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} with {len(self.nodes)} nodes>"
