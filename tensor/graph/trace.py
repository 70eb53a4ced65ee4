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
from tensor.core.registry import get_op
from tensor.core.tape import track
from tensor.core.tensor import EagerTensor, Tensor
from tensor.graph.captures import Captures
from tensor.graph.constants import constant_op, is_constant
from tensor.graph.control import list_ops
from tensor.graph.control_inputs import ControlInputs, operations_of
from tensor.graph.dynamic_index import dynamic_get_item
from tensor.graph.graph_variables import GraphVariables
from tensor.graph.graph_view import GraphView
from tensor.graph.inline import inline
from tensor.graph.operation import Operation
from tensor.graph.program import Node, Program, Value
from tensor.graph.signature import fit_nested
from tensor.graph.symbolic import SymbolicTensor, out_of_scope, specs_of
from tensor.graph.user_lines import user_line
from tensor.ops.numerics import add_checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tensor.core.registry import Op
    from tensor.core.shapes import Dims
    from tensor.graph.call_time import CallTimeValue

# TensorFlow names the nodes of Python's operators in its own way.
_NODE_NAMES = {"AddV2": "add", "Mul": "mul", "Sub": "sub", "RealDiv": "truediv"}
_NODE_NAMES |= {"StridedSlice": "strided_slice", "ConcatV2": "concat", "Pack": "stack"}
_NODE_NAMES |= {
    "CastToDiscrete": "Cast",
    "Pow": "pow",
    "FloorDiv": "floordiv",
    "FloorMod": "floormod",
}


@export("Graph")
class Graph(GraphView, GraphVariables):
    """The ops applied while it was the default graph, in order.

    Attributes:
        name: A name for messages.
        outer: The graph that was being traced when this one began, or None.
        placeholders: What is passed in at each run.
        nodes: The nodes so far.
        outside: What it takes from outside.
    """

    # Whether it belongs to a tf.function, rather than being TF1's kind of graph.
    building_function = False
    is_control_flow_graph = False
    # Whether a gradient function of the user's is traced into it.
    holds_gradient = False

    def __init__(self, name: str = "graph", outer: Graph | None = None) -> None:
        super().__init__()
        self.name = name
        self.outer = outer
        self.placeholders: list[SymbolicTensor] = []
        # What users call them; names of nodes differ, where two are called the same.
        self.user_names: dict[Value, str] = {}
        self.nodes: list[Node] = []
        self.outer_tapes: list[Any] = []
        # The tensors that are passed in by the call for which this is traced.
        self.arguments: dict[Value, Any] = {}
        self.finalized = False
        self._control = ControlInputs()
        self.outside = Captures()
        # Values that a function computes anew before each call, by key.
        self.call_time: dict[Any, CallTimeValue] = {}
        # Values of variables that all bodies of one node take, by node and variable.
        self.values_before: dict[Any, SymbolicTensor] = {}
        # Constants of outer graphs that have been made again in this one.
        self._constants: dict[Any, SymbolicTensor] = {}
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

    def capture_call_time_value(self, closure: Any, spec: Any, key: Any = None) -> Any:
        """Return a value that functions compute anew before each call: what it is now.

        See `FunctionGraph.capture_call_time_value`.
        """
        return fit_nested(closure(), spec)

    def as_default(self) -> Any:
        """Return a context manager in which ops are recorded in this graph."""
        return self.traced()

    def finalize(self) -> None:
        """Refuse further nodes."""
        self.finalized = True

    def control_dependencies(self, control_inputs: Any) -> Any:
        """Return a context manager in which what is made runs after these.

        Args:
            control_inputs: Tensors and operations; None to wait for nothing at all.

        Raises:
            TypeError: One is something else.
        """
        if control_inputs is None:
            return self._wait_for(None)
        return self._wait_for(operations_of(self, control_inputs))

    def call(self, program: Program, arguments: Sequence[Any]) -> list[Any]:
        """Apply the nodes of a function's program; return its outputs.

        In TF1's graphs, where nothing runs that is not asked for, whoever asks for one
        of the outputs asks for all that the function does.
        """
        start = len(self.nodes)
        outputs = inline(program, arguments)
        if self.building_function or not program.has_effects:
            return outputs
        effects: list[Node] = []
        for node in self.nodes[start:]:
            node.control_inputs = tuple(dict.fromkeys((*node.control_inputs, *effects)))
            if node.has_effects:
                effects.append(node)
        with self.control_dependencies([Operation(node, self) for node in effects]):
            return [get_op("Identity")(t) for t in outputs]

    def let_last_wait(self, operations: list[Operation]) -> None:
        """Let the node made last wait for operations, beside those it waits for."""
        node = self.nodes[-1]
        makers: Any = [o.maker for o in operations if o.graph is self]
        node.control_inputs = tuple(dict.fromkeys((*node.control_inputs, *makers)))

    def _wait_for(self, operations: list[Operation] | None) -> Any:
        if self.building_function:
            return contextlib.nullcontext()  # effects keep program order there
        nodes: Any = operations and [o.maker for o in operations if o.graph is self]
        return self._control.entered(nodes)

    def add_input(
        self, dims: Dims | None, dtype: Any, name: str = "Placeholder"
    ) -> SymbolicTensor:
        """Add an input that is passed in at each run."""
        value = Value(dims, dtype, self.unique_name(name) + ":0")
        self.user_names[value] = name
        tensor = SymbolicTensor(value, self)
        self.placeholders.append(tensor)
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
        if context.numerics is not None:
            add_checks(op, tensors, outputs)
        if context.tapes and op.is_differentiable:
            visible = outputs
            if type(outputs) is tuple:
                visible = outputs[: len(node.visible_outputs)]
            record(op, tensors, tensors, visible, attrs)
        return outputs

    def add_node(self, node: Node, specs: Any, name: str | None = None) -> Any:
        """Append a node with results of the given specs; return them as tensors.

        A node without results gives its operation in TF1's graphs, which run nothing
        that is not asked for; elsewhere nothing.

        Raises:
            RuntimeError: `finalize` has been called.
        """
        if self.finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")
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
        if not self.building_function:
            self._control.give_to(node)
            if not node.outputs:
                return Operation(node, self)
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
        inputs = [t._value for t in self.placeholders]
        inputs += [t._value for v in self.call_time.values() for t in v.inputs]
        inputs += [inner._value for _, inner in self.outside.tensors]
        results = tuple([t._value for t in outputs])
        return Program(tuple(inputs), tuple(self.nodes), results, self.name)

    def with_gradient(self, results: Any, sources: Any, gradient: Any) -> Any:
        """Return results whose gradient by `sources` is the user's.

        Returns:
            The results; None inside such a gradient, whose own gradient is traced only
            if it is asked for: it may be that of the same function.
        """
        graph: Graph | None = self
        while graph is not None:
            if graph.holds_gradient:
                return None
            graph = graph.outer
        from tensor.graph.own_gradient import with_gradient

        return with_gradient(results, sources, gradient)

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
        found = self.outside.inner(key)
        found = self._constants.get(key) if found is None else found
        if found is not None:
            return found
        if symbolic and self._makes_again(tensor):
            again = self.constant(tensor._value.node.attrs["value"])
            self._constants[key] = again
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
        self.outside.add(key, tensor, inner)
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

    # ---- indexing

    def get_item(self, tensor: Any, index: tuple[Any, ...]) -> Any:
        """Return `tensor[index]` where some indices are symbolic."""
        return dynamic_get_item(tensor, index)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} with {len(self.nodes)} nodes>"
