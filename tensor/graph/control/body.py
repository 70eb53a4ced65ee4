"""BodyGraph: a branch of a conditional or the body of a loop, while it is traced.

What a body reads from outside becomes its inputs. So does a variable it reads, unless
it writes to that variable: then the read stays inside, in its place, and takes the
variable's value before the body as an input, through which gradients leave.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tensor.core.context import context
from tensor.core.registry import get_op
from tensor.graph.program import Node, Program, Value
from tensor.graph.state import read_variable
from tensor.graph.symbolic import OutOfScopeError, SymbolicTensor
from tensor.graph.trace import Graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tensor.graph.operation import Operation


class BodyGraph(Graph):
    """A graph inside a graph; it runs where the node that holds it stands.

    Attributes:
        scope: The name of that node, in which the names of the body's nodes begin.
        written: The variables that the body writes to, by id.
    """

    building_function = True
    is_control_flow_graph = True

    def __init__(self, name: str, scope: str = "") -> None:
        super().__init__(name, outer=context.graph)
        self.scope = scope
        self.may_create_variables = context.graph.may_create_variables
        self.written: dict[int, Any] = {}
        # What the node has to wait for, in the graphs around.
        self.waited_for: list[Operation] = []
        self._before: dict[int, SymbolicTensor] = {}
        # Variables read before they are written: the inputs that stand for them.
        self._hoisted: dict[int, tuple[Any, SymbolicTensor]] = {}

    @contextlib.contextmanager
    def traced(self) -> Iterator[Graph]:
        """Record the ops applied inside the `with` block in this graph."""
        with super().traced():
            if self.scope:
                context.name_scopes = [self.scope]
            yield self

    def capture(self, tensor: Any) -> SymbolicTensor:
        """Return the input that stands for a tensor from outside.

        Raises:
            OutOfScopeError: It belongs to another branch.
        """
        home = tensor._graph if type(tensor) is SymbolicTensor else None
        if isinstance(home, BodyGraph) and home.outer is self.outer:
            raise OutOfScopeError(
                f"Tensor {tensor.name} in {home.name} is accessed from {self.name}. "
                "Only one of them runs. Use what they return instead."
            )
        return super().capture(tensor)

    def capture_call_time_value(self, closure: Any, spec: Any, key: Any = None) -> Any:
        """Return a value that the function around computes anew before each call."""
        with self._outside() as outer:
            return outer.capture_call_time_value(closure, spec, key)

    def let_last_wait(self, operations: list[Operation]) -> None:
        """Let the node made last wait for operations: those around this graph do."""
        self.waited_for += [o for o in operations if o.graph is not self]

    def _wait_for(self, operations: list[Operation] | None) -> Any:
        self.waited_for += [o for o in operations or [] if o.graph is not self]
        return super()._wait_for(operations)

    def read_variable(self, variable: Any) -> SymbolicTensor:
        """Return the variable's value at this point of the program."""
        tensor = super().read_variable(variable)
        if id(variable) in self.written:
            # It has a number of its own: tapes that begin later must see it being read.
            self._reads.pop(id(variable), None)
        return tensor

    def _read(self, variable: Any) -> SymbolicTensor:
        is_written = id(variable) in self.written
        if is_written and not variable.dtype.is_differentiable:
            return super()._read(variable)
        before = self._value_before(variable)
        if is_written:
            attrs = {"variable": variable}
            return self.call_op(read_variable, (before,), attrs, "ReadVariableOp")  # type: ignore[no-any-return]
        self._hoisted[id(variable)] = (variable, before)
        return before

    def _value_before(self, variable: Any) -> SymbolicTensor:
        """Return the input for the value of a variable before the body."""
        found = self._before.get(id(variable))
        if found is None:
            key = (self.scope or self, id(variable))
            with self._outside() as outer:
                outside = outer.values_before.get(key)
                if outside is None:
                    # Another tensor than what user code may have read outside, and
                    # uses inside: that stays as it is when the variable changes.
                    outside = get_op("Identity")(outer.read_variable(variable))
                    outer.values_before[key] = outside
            found = self._before[id(variable)] = self.capture(outside)
            found._track_id = variable._track_id
        return found

    def forget_reads(self, variables: Iterable[Any]) -> None:
        """Note that variables have changed."""
        variables = list(variables)
        super().forget_reads(variables)
        self.written.update((id(v), v) for v in variables)

    def keep_reads_inside(self, written: Iterable[int]) -> None:
        """Read these variables at the beginning of the body, not before the node.

        A loop's body must see what its last round wrote.
        """
        for key in written:
            if key not in self._hoisted:
                continue
            variable, inside = self._hoisted.pop(key)
            value = inside._value
            before = Value(value.dims, value.dtype, value.name)
            before.track_id, value.track_id = value.track_id, 0
            node = Node(read_variable, (before,), {"variable": variable}, {})
            node.name = inside.op.name
            value.node = node
            node.outputs = (value,)
            self.nodes.insert(0, node)
            self.outside.exchange(inside, SymbolicTensor(before, self))

    def program(
        self, outputs: Sequence[SymbolicTensor], captured: Sequence[Any]
    ) -> Program:
        """Return the body as a program.

        Args:
            outputs: Its results.
            captured: Outside tensors to take as inputs, after the body's own: those
                that it captured itself, and others for the sake of its siblings.
        """
        by_outside = {_key(outer): inner for outer, inner in self.outside.tensors}
        inputs = [t._value for t in self.placeholders]
        for outer in captured:
            inner = by_outside.get(_key(outer))
            if inner is None:
                inputs.append(Value(outer.static_shape, outer.dtype, "unused"))
            else:
                inputs.append(inner._value)
        results = tuple([t._value for t in outputs])
        return Program(tuple(inputs), tuple(self.nodes), results, self.name)


def _key(tensor: Any) -> Any:
    return getattr(tensor, "_value", None) or id(tensor)


def reserved_name(name: str) -> str:
    """Return a name for a node that is added when its bodies have been traced."""
    return context.graph.unique_name(name)  # type: ignore[no-any-return]


def captured_by(*bodies: BodyGraph) -> list[Any]:
    """Return the outside tensors that any of the bodies reads, each once."""
    found: dict[Any, Any] = {}
    for body in bodies:
        for outer, _ in body.outside.tensors:
            found.setdefault(_key(outer), outer)
    return list(found.values())


def after_node(bodies: Iterable[BodyGraph]) -> None:
    """Tell the graph being traced what its last node, which holds bodies, does."""
    graph = context.graph
    for body in bodies:
        graph.outside.add_variables(body.outside.variables)
        graph.forget_reads(body.written.values())
        graph.let_last_wait(body.waited_for)


def written_by(program: Program) -> dict[int, Any]:
    """Return the variables that a program writes."""
    return {
        id(node.attrs["variable"]): node.attrs["variable"]
        for node in program.all_nodes()
        if "variable" in node.attrs and node.op is not read_variable
    }


def note_effects(programs: Iterable[Program]) -> None:
    """Tell the graph being traced what programs of a new node do to variables."""
    graph = context.graph
    for program in programs:
        for node in program.all_nodes():
            variable = node.attrs.get("variable")
            if variable is not None:
                graph.outside.add_variables([variable])
        graph.forget_reads(written_by(program).values())
