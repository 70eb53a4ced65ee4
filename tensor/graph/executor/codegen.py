"""From a program to the text of a Python function, one statement a node.

Values are local names, constants and kernels are globals of the generated module. Names
are deleted after their last use, so that arrays are freed as early as possible (and
variables can be written in place: nobody else holds their array).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tensor.graph import state
from tensor.graph.executor import blocks
from tensor.graph.executor.buffers import Plan
from tensor.graph.program import Program, Value
from tensor.ops.linalg.products import product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tensor.graph.program import Node


class Generated:
    """The text, what it refers to, and which node each line belongs to.

    Attributes:
        lines: The lines of the module.
        namespace: Its globals.
        node_of_line: The node, by the number of the line.
        plan: The memory that the function works in.
        temporaries: Shapes and dtypes of further arrays that it works in.
        names: What values are called, in the function or the module.
    """

    def __init__(self, program: Program) -> None:
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {}
        self.node_of_line: dict[int, Node] = {}
        self.plan = Plan(program)
        self.temporaries: dict[tuple[Any, ...], str] = {}
        self.names: dict[Value, str] = {}

    @property
    def source(self) -> str:
        """The text of the module."""
        return "\n".join(self.lines) + "\n"

    def workspace(self) -> list[np.ndarray]:
        """Return new memory for one run at a time."""
        arrays = self.plan.workspace()
        return arrays + [np.empty(dims, d) for _, dims, d in self.temporaries]


class Writer:
    """Writes statements for the nodes of a program."""

    def __init__(self, program: Program) -> None:
        self.generated = Generated(program)
        self._names: dict[Value, str] = {}
        self._globals: dict[int, str] = {}
        self._functions: list[tuple[str, Sequence[str], Any]] = []
        self._depth = 1
        self._node: Node | None = None
        self._count = 0
        self._last_use: dict[Value, int] = {}
        self._kept: set[Value] = set()
        self._index: dict[Node, int] = {}
        self._assigned: dict[Value, Any] = {}
        plan = self.generated.plan
        for node in program.all_nodes():
            for inner in node.programs():
                if type(node.op).__name__ != "Fused":
                    plan.add(inner)
        for number, value in enumerate(plan.slot):
            self._names[value] = f"b{number}"
        for value, array in plan.offered.items():
            self._names[value] = self.constant(array)

    # ---- names

    def new_name(self, prefix: str = "v") -> str:
        """Return a local name that is not in use."""
        self._count += 1
        return f"{prefix}{self._count}"

    def name(self, value: Any) -> str:
        """Return the name of a value, or a Python number as it is written."""
        if type(value) is not Value:
            return self.constant(value)
        found = self._names.get(value)
        if found is None:
            found = self._names[value] = self.new_name()
        return found

    def bind(self, value: Value, name: str) -> None:
        """Let a value be known by a name that exists."""
        self._names[value] = name

    def constant(self, thing: Any, prefix: str = "c") -> str:
        """Return the name of a global that holds `thing`."""
        if thing is None or type(thing) in (bool, int):
            return repr(thing)
        found = self._globals.get(id(thing))
        if found is None:
            found = self._globals[id(thing)] = self.new_name(prefix)
            self.generated.namespace[found] = thing
        return found

    # ---- memory

    def is_planned(self, value: Value) -> bool:
        """Return whether a value has memory of its own in the workspace."""
        plan = self.generated.plan
        return value in plan.slot or value in plan.offered

    def allocate(self, value: Value, claimed: Any = None) -> None:
        """Write the statement that makes memory for a result, if it has none.

        Args:
            value: The result, of known shape.
            claimed: A variable and its present value, whose array will do.
        """
        if self.is_planned(value):
            return
        if claimed is not None:
            variable, present = claimed
            claim = self.constant(blocks.claim, "k")
            self.line(
                f"{self.name(value)} = {claim}({self.constant(variable)}, "
                f"{self.name(present)})"
            )
            return
        empty = self.constant(np.empty, "k")
        dtype = self.constant(value.dtype.numpy_dtype)
        self.line(f"{self.name(value)} = {empty}({value.dims!r}, {dtype})")

    def temporary(self, number: int, dims: tuple[int, ...], dtype: Any) -> str:
        """Return the name of an array for use inside one group."""
        found = self.generated.temporaries
        key = (number, dims, dtype)
        if key not in found:
            found[key] = f"w{len(found)}"
        return found[key]

    def assigned_to(self, value: Value) -> Any:
        """Return the variable that is set to a value, None if none is."""
        return self._assigned.get(value)

    def is_last_use(self, node: Node, value: Value) -> bool:
        """Return whether nobody reads a value after this node."""
        is_last = self._last_use.get(value) == self._index.get(node, -1)
        return is_last and value not in self._kept

    # ---- statements

    def line(self, text: str, node: Node | None = None) -> None:
        """Write one statement, for `node` or the one being written."""
        self.generated.lines.append("    " * self._depth + text)
        node = node or self._node
        if node is not None:
            self.generated.node_of_line[len(self.generated.lines)] = node

    def function(self, parameters: Sequence[str], lines: Any) -> str:
        """Define a function of the module, from pairs of statement and node."""
        name = self.new_name("body")
        self._functions.append((name, parameters, lines))
        return name

    def indent(self) -> None:
        """Begin a block."""
        self._depth += 1

    def dedent(self) -> None:
        """End a block."""
        self._depth -= 1

    def body(self, program: Program, keep: Iterable[Value] = ()) -> None:
        """Write the statements of a program whose inputs have names already.

        Args:
            program: The program.
            keep: Values that are read after it, besides its outputs.
        """
        last, ending = _last_uses(program)
        kept = {*program.outputs, *keep}
        mine = {v for node in program.nodes for v in node.outputs}
        outer = self._last_use, self._kept, self._index, self._assigned
        self._last_use, self._kept = last, kept
        self._index = {node: i for i, node in enumerate(program.nodes)}
        self._assigned = {
            n.inputs[0]: n.attrs["variable"]
            for n in program.nodes
            if n.op is state.write_variable
        }
        for index, node in enumerate(program.nodes):
            before, self._node = self._node, node
            _WRITERS.get(type(node.op).__name__, write_call)(self, node)
            dead = [v for v in ending.get(index, ()) if v in mine and v not in kept]
            dead += [v for v in node.outputs if v not in last and v not in kept]
            self._delete(dead)
            self._node = before
        self._last_use, self._kept, self._index, self._assigned = outer

    def _delete(self, values: list[Value]) -> None:
        names = dict.fromkeys(
            self._names[v]
            for v in values
            if v in self._names and not self.is_planned(v)
        )
        own = [n for n in names if n not in self.generated.namespace]
        if own:
            self.line(f"del {', '.join(own)}")

    def call_text(self, node: Node) -> str:
        """Return the call of a node's kernel."""
        arguments = [self.name(x) for x in node.inputs]
        arguments += [f"{k}={self.constant(v)}" for k, v in node.attrs.items()]
        arguments += [f"{k}={self.name(v)}" for k, v in node.parameters.items()]
        function = None if node.attrs else getattr(type(node.op), "operator", None)
        kernel = function or kernel_of(node.op)
        return f"{self.constant(kernel, 'k')}({', '.join(arguments)})"

    def finish(self, program: Program) -> Generated:
        """Write the whole module."""
        arguments = ", ".join(["workspace", *[self.name(v) for v in program.inputs]])
        generated = self.generated
        generated.lines += [f"def run({arguments}):", ""]
        self.body(program)
        outputs = "".join(f"{self.name(v)}, " for v in program.outputs)
        self.line(f"return ({outputs})")
        names = [*[self._names[v] for v in generated.plan.slot]]
        names += generated.temporaries.values()
        generated.names = self._names
        generated.lines[1] = f"    {', '.join(names)}, = workspace" if names else ""
        self._depth = 0
        for name, parameters, lines in self._functions:
            self.line(f"def {name}({', '.join(parameters)}):")
            self.indent()
            for text, node in lines:
                self.line(text, node)
            self.dedent()
        return generated


_kernels: dict[int, tuple[Any, Any]] = {}


def kernel_of(op: Any) -> Any:
    """Return `op.kernel`, the same object each time it is asked for."""
    found = _kernels.get(id(op))
    if found is None or found[0] is not op:
        found = _kernels[id(op)] = (op, op.kernel)
    return found[1]


def write_call(writer: Writer, node: Node) -> None:
    """Write the call of a kernel, the general case."""
    targets = [writer.name(v) for v in node.outputs]
    call = writer.call_text(node)
    if len(targets) == 1 and writer.is_planned(node.outputs[0]):
        writer.line(f"{call[:-1]}, out={targets[0]})")
    elif not targets:
        writer.line(call)
    elif node.several:
        writer.line(f"{', '.join(targets)}, = {call}")
    else:
        writer.line(f"{targets[0]} = {call}")
    for value in node.outputs:
        if value in writer.generated.plan.copied:
            writer.line(f"{writer.name(value)} = {writer.name(value)}.copy()")


# By the name of the op's class; ops that hold programs add theirs.
_WRITERS: dict[str, Callable[[Writer, Any], None]] = {}


WriteNode = TypeVar("WriteNode", bound="Callable[[Writer, Any], None]")


def writes(op_class: str) -> Callable[[WriteNode], WriteNode]:
    """Register the decorated function as what writes nodes of an op class."""

    def register(write: WriteNode) -> WriteNode:
        _WRITERS[op_class] = write
        return write

    return register


@writes("Constant")
def _write_constant(writer: Writer, node: Node) -> None:
    writer.bind(node.outputs[0], writer.constant(node.attrs["value"]))


@writes("MatMul")
def _write_product(writer: Writer, node: Node) -> None:
    """Write a product into planned memory if there is some."""
    result = node.outputs[0]
    if not writer.is_planned(result):
        write_call(writer, node)
        return
    operands = []
    for x, key in zip(node.inputs, ("transpose_a", "transpose_b"), strict=True):
        name = writer.name(x)
        rank = len(getattr(x, "dims", None) or ())
        if not node.attrs[key]:
            operands.append(name)
        elif rank == 2:
            operands.append(f"{name}.T")
        else:
            operands.append(f"{writer.constant(np.swapaxes, 'k')}({name}, -1, -2)")
    function = writer.constant(product, "k")
    writer.line(f"{function}({', '.join(operands)}, {writer.name(result)})")


def _last_uses(program: Program) -> tuple[dict[Value, int], dict[int, list[Value]]]:
    """Return the last node to read each value, and the values by that node."""
    last: dict[Value, int] = {}
    for index, node in enumerate(program.nodes):
        for value in node.values_in():
            last[value] = index
    ending: dict[int, list[Value]] = {}
    for value, index in last.items():
        ending.setdefault(index, []).append(value)
    return last, ending


def generate(program: Program) -> Generated:
    """Return the text of a function `run(workspace, *inputs)` for the program."""
    return Writer(program).finish(program)
