"""From a program to the text of a Python function, one statement a node.

Values are local names, constants and kernels are globals of the generated module. Names
are deleted after their last use, so that arrays are freed as early as possible (and
variables can be written in place: nobody else holds their array).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.graph.program import Program, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tensor.graph.program import Node


class Generated:
    """The text, what it refers to, and which node each line belongs to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {}
        self.node_of_line: dict[int, Node] = {}

    @property
    def source(self) -> str:
        """The text of the module."""
        return "\n".join(self.lines) + "\n"


class Writer:
    """Writes statements for the nodes of a program."""

    def __init__(self) -> None:
        self.generated = Generated()
        self._names: dict[Value, str] = {}
        self._globals: dict[int, str] = {}
        self._depth = 1
        self._node: Node | None = None
        self._count = 0

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

    # ---- statements

    def line(self, text: str) -> None:
        """Write one statement."""
        self.generated.lines.append("    " * self._depth + text)
        if self._node is not None:
            self.generated.node_of_line[len(self.generated.lines)] = self._node

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
        last_use = _last_uses(program)
        kept = {*program.outputs, *keep}
        mine = {v for node in program.nodes for v in node.outputs}
        for index, node in enumerate(program.nodes):
            before, self._node = self._node, node
            write = _WRITERS.get(type(node.op).__name__, write_call)
            write(self, node)
            dead = [v for v in last_use.get(index, ()) if v in mine and v not in kept]
            dead += [v for v in node.outputs if v not in last_use["used"] | kept]
            if dead:
                names = dict.fromkeys(self._names[v] for v in dead if v in self._names)
                own = [n for n in names if n not in self.generated.namespace]
                if own:
                    self.line(f"del {', '.join(own)}")
            self._node = before

    def call_text(self, node: Node) -> str:
        """Return the call of a node's kernel."""
        arguments = [self.name(x) for x in node.inputs]
        arguments += [f"{k}={self.constant(v)}" for k, v in node.attrs.items()]
        arguments += [f"{k}={self.name(v)}" for k, v in node.parameters.items()]
        kernel = self.constant(_kernel(node.op), "k")
        return f"{kernel}({', '.join(arguments)})"


_kernels: dict[int, tuple[Any, Any]] = {}


def _kernel(op: Any) -> Any:
    """Return `op.kernel`, the same object each time it is asked for."""
    found = _kernels.get(id(op))
    if found is None:
        found = _kernels[id(op)] = (op, op.kernel)
    return found[1]


def write_call(writer: Writer, node: Node) -> None:
    """Write the call of a kernel, the general case."""
    targets = [writer.name(v) for v in node.outputs]
    call = writer.call_text(node)
    if not targets:
        writer.line(call)
    elif node.several:
        writer.line(f"{', '.join(targets)}, = {call}")
    else:
        writer.line(f"{targets[0]} = {call}")


def _write_constant(writer: Writer, node: Node) -> None:
    writer.bind(node.outputs[0], writer.constant(node.attrs["value"]))


# By the name of the op's class; ops that hold programs add theirs.
_WRITERS: dict[str, Callable[[Writer, Any], None]] = {"Constant": _write_constant}


def writes(op_class: str) -> Any:
    """Register the decorated function as what writes nodes of an op class."""

    def register(write: Any) -> Any:
        _WRITERS[op_class] = write
        return write

    return register


def _last_uses(program: Program) -> dict[Any, Any]:
    """Return which values each node is the last to read; all read ones at "used"."""
    last: dict[Value, int] = {}
    for index, node in enumerate(program.nodes):
        for value in node.values_in():
            last[value] = index
    found: dict[Any, Any] = {"used": set(last)}
    for value, index in last.items():
        found.setdefault(index, []).append(value)
    return found


def generate(program: Program) -> Generated:
    """Return the text of a function `run(*inputs)` that runs the program."""
    writer = Writer()
    arguments = ", ".join(writer.name(v) for v in program.inputs)
    writer.generated.lines.append(f"def run({arguments}):")
    writer.body(program)
    outputs = "".join(f"{writer.name(v)}, " for v in program.outputs)
    writer.line(f"return ({outputs})")
    return writer.generated
