"""Variables in a graph: the nodes that read and write them, and those made in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.tensor_spec import TensorSpec
from tensor.graph import state
from tensor.graph.dynamic_index import split_index
from tensor.graph.graph_collections import GraphCollections, GraphKeys
from tensor.graph.program import Node
from tensor.graph.write_then_read import WriteThenRead

if TYPE_CHECKING:
    from tensor.graph.captures import Captures
    from tensor.graph.operation import Operation
    from tensor.graph.symbolic import SymbolicTensor
    from tensor.graph.trace import Graph


class GraphVariables(GraphCollections):
    """A graph whose nodes read and write variables, in program order.

    Attributes:
        created: The variables that were made while it was traced.
        may_create_variables: Whether there may be such.
    """

    outside: Captures
    outer: Graph | None
    building_function: bool
    call_op: Any
    add_node: Any
    constant: Any
    control_dependencies: Any

    def __init__(self) -> None:
        super().__init__()
        self.created: list[Any] = []
        self.may_create_variables = True
        self._reads: dict[int, SymbolicTensor] = {}
        self._initializers: dict[int, Operation] = {}

    def read_variable(self, variable: Any) -> SymbolicTensor:
        """Return the variable's value at this point of the program."""
        if variable.trainable:
            for tape in context.tapes:
                tape.saw_variable(variable)
        key = id(variable)
        tensor = self._reads.get(key)
        if tensor is None:
            self.outside.add_variables([variable])
            tensor = self._read(variable)
            if self.building_function:  # elsewhere each read waits for other things
                self._reads[key] = tensor
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
        self.outside.add_variables([variable])
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

    def initializer_of(self, variable: Any) -> Operation:
        """Return the operation that gives a variable its first value once more."""
        found = self._initializers.get(id(variable))
        if found is None:
            name = variable.name.rpartition(":")[0]
            with self.control_dependencies(None):
                value = self.constant(
                    variable.read_array(), f"{name}/Initializer/initial_value"
                )
                op = WriteThenRead(state.write_variable)
                attrs = {"variable": variable, "how": "assign"}
                found = self.call_op(op, (value,), attrs, f"{name}/Assign").op
            self.forget_reads([variable])
            self._initializers[id(variable)] = found
        return found

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
        if not self.building_function:
            self.add_to_collection(GraphKeys.GLOBAL_VARIABLES, variable)
            if variable.trainable:
                self.add_to_collection(GraphKeys.TRAINABLE_VARIABLES, variable)
        if self.outer is not None:
            self.outer.created_variable(variable, initial_value)

    def initial_array(self, tensor: SymbolicTensor) -> Any:
        """Return the value of a tensor that does not depend on the graph's inputs.

        Raises:
            ValueError: It does depend on them.
        """
        from tensor.graph.lifting import evaluate_now

        graph: Any = self
        return evaluate_now(graph, tensor)
