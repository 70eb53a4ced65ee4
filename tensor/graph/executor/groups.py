"""Statements for elementwise groups: NumPy's functions writing into given memory.

A small group is a run of such statements; a large one becomes a function of its own,
which is called for one block after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.graph import state
from tensor.graph.executor import blocks
from tensor.graph.executor.codegen import kernel_of, writes
from tensor.graph.executor.in_place import may_overwrite, ufunc_of, works_in_place
from tensor.graph.program import Value

if TYPE_CHECKING:
    from tensor.graph.executor.codegen import Writer
    from tensor.graph.program import Node, Program


class _Body:
    """The statements of a group, and where their results go.

    Attributes:
        lines: Pairs of a statement and the node that it belongs to.
        temporaries: The dtypes of the temporaries, by number.
    """

    def __init__(self, writer: Writer, program: Program, names: dict[Value, str]):
        self._writer = writer
        self._names = names
        self._program = program
        self.lines: list[tuple[str, Node]] = []
        self.temporaries: list[np.dtype[Any]] = []
        self._free: list[int] = []
        self._temporary: dict[Value, int] = {}
        self._last = {v: i for i, n in enumerate(program.nodes) for v in n.values_in()}
        for index, node in enumerate(program.nodes):
            self._statement(index, node)

    def _statement(self, index: int, node: Node) -> None:
        result = node.outputs[0]
        ending = [
            v
            for v in dict.fromkeys(node.values_in())
            if v in self._temporary and self._last[v] == index
        ]
        arguments = [
            self._names[x] if type(x) is Value else self._writer.constant(x)
            for x in node.inputs
        ]
        in_place = works_in_place(node)
        if in_place:
            self._free += [self._temporary[v] for v in ending]
        if result not in self._names:
            number = self._take(result.dtype.numpy_dtype)
            self._temporary[result] = number
            self._names[result] = f"t{number}"
        if not in_place:
            self._free += [self._temporary[v] for v in ending]
        for text in self._texts(node, arguments, self._names[result]):
            self.lines.append((text, node))

    def _take(self, dtype: np.dtype[Any]) -> int:
        for number in reversed(self._free):
            if self.temporaries[number] == dtype:
                self._free.remove(number)
                return number
        self.temporaries.append(dtype)
        return len(self.temporaries) - 1

    def _texts(self, node: Node, arguments: list[str], out: str) -> list[str]:
        constant = self._writer.constant
        ufunc = ufunc_of(node)
        if ufunc is not None:
            return [f"{constant(ufunc, 'u')}({', '.join(arguments)}, out={out})"]
        copy = constant(np.copyto, "u")
        if node.op.type_name == "SelectV2":
            condition, x, y = arguments
            return [f"{copy}({out}, {y})", f"{copy}({out}, {x}, where={condition})"]
        if node.op.type_name == "Cast":
            return [f"{copy}({out}, {arguments[0]}, 'unsafe')"]
        keywords = [f"{k}={constant(v)}" for k, v in node.attrs.items()]
        kernel = constant(kernel_of(node.op), "k")
        if node.op.accepts_out:
            keywords.append(f"out={out}")
            return [f"{kernel}({', '.join([*arguments, *keywords])})"]
        return [f"{out}[...] = {kernel}({', '.join([*arguments, *keywords])})"]


@writes("Fused")
def write_group(writer: Writer, node: Node) -> None:
    """Write an elementwise group."""
    program = node.attrs["program"]
    dims: tuple[int, ...] = program.outputs[0].dims
    for inner, outer in zip(program.outputs, node.outputs, strict=True):
        writer.allocate(outer, _claimable(writer, node, program, inner, outer))
    size = int(np.prod(dims))
    if size <= blocks.BLOCK:
        _write_whole(writer, node, program, dims)
    else:
        _write_blocks(writer, node, program, dims)


def _write_whole(
    writer: Writer, node: Node, program: Program, dims: tuple[int, ...]
) -> None:
    names = {
        v: writer.name(x) for v, x in zip(program.inputs, node.inputs, strict=True)
    }
    names |= {
        v: writer.name(x) for v, x in zip(program.outputs, node.outputs, strict=True)
    }
    body = _Body(writer, program, names)
    own = [writer.temporary(i, dims, dtype) for i, dtype in enumerate(body.temporaries)]
    for text, member in body.lines:
        writer.line(_with_names(text, own), member)


def _with_names(text: str, own: list[str]) -> str:
    """Return a statement with the names of temporaries put in."""
    head, _, rest = text.partition("(")
    parts = rest.rstrip(")").split(", ")
    table = {f"t{i}": name for i, name in enumerate(own)}
    target, equals, call = head.rpartition("[...] = ")
    head = f"{table.get(target, target)}{equals}{call}"
    return f"{head}({', '.join(_renamed(p, table) for p in parts)})"


def _renamed(part: str, table: dict[str, str]) -> str:
    key, equals, value = part.rpartition("=")
    return f"{key}{equals}{table.get(value, value)}"


def _write_blocks(
    writer: Writer, node: Node, program: Program, dims: tuple[int, ...]
) -> None:
    is_flat = all(v.dims in (dims, ()) for v in program.inputs) and all(
        ufunc_of(n) is not None or n.op.type_name in ("SelectV2", "Cast")
        for n in program.nodes
    )
    sliced, whole, parameters, shared = [], [], [], []
    pairs = [*zip(program.inputs, node.inputs, strict=True)]
    pairs += [*zip(program.outputs, node.outputs, strict=True)]
    names: dict[Value, str] = {}
    for number, (inner, outer) in enumerate(pairs):
        names[inner] = f"a{number}"
        along = len(inner.dims or ()) == len(dims) and inner.dims[0] == dims[0]  # type: ignore[index]
        if inner.dims and along:
            sliced.append(_flattened(writer, outer) if is_flat else writer.name(outer))
            parameters.append(names[inner])
        else:
            whole.append(writer.name(outer))
            shared.append(names[inner])
    body = _Body(writer, program, names)
    own = [f"t{i}" for i in range(len(body.temporaries))]
    function = writer.function([*parameters, *shared, *own], body.lines)
    rest = 1 if is_flat else int(np.prod(dims[1:]))
    step = max(1, blocks.BLOCK // max(rest, 1))
    work = int(np.prod(dims)) * len(program.nodes)
    run = writer.constant(blocks.run_in_blocks, "k")
    writer.line(
        f"{run}({function}, ({', '.join(sliced)},), ({''.join(w + ', ' for w in whole)}"
        f"), {writer.constant(tuple(body.temporaries))}, {step}, "
        f"{work >= blocks.WORTH_THREADS})"
    )


def _flattened(writer: Writer, value: Any) -> str:
    dims = value.dims
    if len(dims) == 1:
        return writer.name(value)
    return f"{writer.constant(blocks.flat, 'k')}({writer.name(value)})"


def _claimable(
    writer: Writer, node: Node, program: Program, inner: Value, outer: Value
) -> tuple[Any, Value] | None:
    """Return variable and value if a result may be written over the variable's array.

    The result is what the variable is set to next; the group is the last to read the
    present value, and reads it, element by element, no later than it is written over.
    """
    variable = writer.assigned_to(outer)
    if variable is None:
        return None
    for mine, read in zip(program.inputs, node.inputs, strict=True):
        source = read.node
        if (
            source is None
            or source.op is not state.read_variable
            or source.attrs["variable"] is not variable
        ):
            continue
        if may_overwrite(program, mine, inner) and writer.is_last_use(node, read):
            return variable, read
    return None
