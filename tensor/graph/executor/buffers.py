"""Buffers: which results are written to memory that is kept from run to run.

A result may live in a planned buffer if it stays inside the program: nothing that is
returned, assigned to a variable, or handed to an op that might keep it, be it as a
view. Buffers are shared by results that are not needed at the same time.

A collective may offer memory to have its inputs computed in, and lend the memory that
its results lie in, until it starts the next time. Where two nodes would share such
memory it is not used, and results are copied.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tensor.graph.executor.in_place import may_overwrite
from tensor.graph.passes.fuse import fused_op
from tensor.graph.program import Value

if TYPE_CHECKING:
    from tensor.core.registry import Op
    from tensor.graph.program import Node, Program

# Results of these are arrays of their own, whatever the inputs are.
_FRESH = frozenset(("reduction", "contraction", "random"))
# Smaller arrays come quicker from NumPy's own cache.
_SMALLEST = 1024


class Plan:
    """Where results live.

    Attributes:
        slot: The number of the buffer, by value.
        sizes: The bytes of each buffer.
        offered: Memory of ops, by the value that is computed there.
        copied: Results that are lent, and needed longer than they are.
    """

    def __init__(self, program: Program) -> None:
        self.slot: dict[Value, int] = {}
        self.sizes: list[int] = []
        self.offered: dict[Value, np.ndarray] = {}
        self.copied: set[Value] = set()
        starts = [n for n in program.all_nodes() if n.op.input_memory is not None]
        self._owners = Counter(id(node.attrs["memory"]) for node in starts)
        self.add(program)

    def add(self, program: Program) -> None:
        """Plan the results of a program, in buffers that no other program uses."""
        roots = _roots(program)
        escaping = {roots[v] for v in program.outputs if v in roots}
        for node in program.nodes:
            if node.op.kind in ("stateful", "collective") or (
                node.programs() and node.op is not fused_op
            ):
                escaping.update(roots[v] for v in node.values_in() if v in roots)
        last: dict[Value, int] = {}
        for index, node in enumerate(program.nodes):
            for value in node.values_in():
                if value in roots:
                    last[roots[value]] = index
        readers = Counter(v for node in program.nodes for v in node.values_in())
        readers.update(program.outputs)
        for node in program.nodes:
            if node.op.lends:
                self._lend(node, roots, escaping)
            elif node.op.input_memory is not None:
                self._offer(node, roots, readers)
        self._assign(program, roots, escaping, last)

    def _offer(
        self, node: Node, roots: dict[Value, Value], readers: Counter[Value]
    ) -> None:
        """Let inputs that nobody else reads be computed in the memory of an op."""
        if self._owners[id(node.attrs["memory"])] > 1:
            return
        arrays = node.op.input_memory(**node.attrs)  # type: ignore[misc]
        for value, array in zip(node.inputs, arrays, strict=True):
            if (
                type(value) is Value
                and readers[value] == 1
                and roots.get(value) is value
                and value.node is not None
                and takes_out(value.node)
                and value.dims == array.shape
                and value.dtype.numpy_dtype == array.dtype
            ):
                self.offered[value] = array

    def _lend(
        self, node: Node, roots: dict[Value, Value], escaping: set[Value]
    ) -> None:
        """Note which results must be copied."""
        start = node.inputs[0].node
        if self._owners[id(start.attrs["memory"])] > 1:
            self.copied.update(node.outputs)
        else:
            self.copied.update(v for v in node.outputs if roots[v] in escaping)

    def _assign(
        self,
        program: Program,
        roots: dict[Value, Value],
        escaping: set[Value],
        last: dict[Value, int],
    ) -> None:
        free: list[int] = []
        taken_over: set[Value] = set()
        ending: dict[int, list[Value]] = {}
        for value, index in last.items():
            ending.setdefault(index, []).append(value)
        for index, node in enumerate(program.nodes):
            if takes_out(node):
                for value in node.outputs:
                    size = nbytes(value)
                    if roots[value] is not value or value in escaping:
                        continue
                    if size < _SMALLEST or value not in last:
                        continue
                    over = [
                        v
                        for v in ending.get(index, ())
                        if v in self.slot
                        and v not in taken_over
                        and _may_take_over(node, v, value, roots)
                    ]
                    if over:
                        taken_over.add(over[0])
                        self.slot[value] = self.slot[over[0]]
                    else:
                        self.slot[value] = self._take(free, size)
            ended = [v for v in ending.get(index, ()) if v not in taken_over]
            free += [self.slot[value] for value in ended if value in self.slot]

    def _take(self, free: list[int], size: int) -> int:
        """Return a free buffer that fits best, or a new one."""
        fitting = [s for s in free if size <= self.sizes[s] <= 2 * size]
        if fitting:
            slot = min(fitting, key=self.sizes.__getitem__)
            free.remove(slot)
            return slot
        self.sizes.append(size)
        return len(self.sizes) - 1

    def workspace(self) -> list[np.ndarray]:
        """Return new memory: one array for each planned value, in order of `slot`."""
        buffers = [np.empty(size, np.uint8) for size in self.sizes]
        return [
            buffers[slot][: nbytes(value)]
            .view(value.dtype.numpy_dtype)
            .reshape(value.dims)  # type: ignore[arg-type]  # it is known
            for value, slot in self.slot.items()
        ]


def takes_out(node: Node) -> bool:
    """Return whether a node can write its results to given memory."""
    if node.op is fused_op:
        return True
    writes = node.op.type_name == "MatMul" or node.op.accepts_out
    return node.op.kind == "contraction" and writes and is_static(node.outputs[0])


def _may_take_over(
    node: Node, value: Value, result: Value, roots: dict[Value, Value]
) -> bool:
    """Return whether a group's result may be written where an operand ends."""
    if node.op is not fused_op or value not in node.inputs:
        return False
    if sum(roots.get(v) is value for v in node.values_in()) > 1:
        return False  # a view of it is read as well
    group = node.attrs["program"]
    inner = group.inputs[node.inputs.index(value)]
    return may_overwrite(group, inner, group.outputs[result.index])


def makes_fresh_arrays(op: Op) -> bool:
    """Return whether an op's results never share memory with its inputs."""
    if op.kind == "elementwise":
        # Others may be views: the real part, the sum of one array.
        return isinstance(getattr(op, "ufunc", None), np.ufunc)
    return op is fused_op or op.kind in _FRESH


def is_static(value: Value) -> bool:
    """Return whether all of a value's dimensions are known."""
    return value.dims is not None and None not in value.dims


def nbytes(value: Value) -> int:
    """Return the size of a value of known shape."""
    dims: tuple[int, ...] = value.dims  # type: ignore[assignment]
    return int(np.prod(dims)) * value.dtype.numpy_dtype.itemsize


def _roots(program: Program) -> dict[Value, Value]:
    """Return for each result the one whose memory it may be a view of."""
    roots: dict[Value, Value] = {}
    for node in program.nodes:
        if makes_fresh_arrays(node.op) or _has_own_memory(node.op):
            roots.update((v, v) for v in node.outputs)
            continue
        sources = [roots[v] for v in node.values_in() if v in roots]
        for value in node.outputs:
            # A view of several would be needed as long as any: the first stands for
            # all of them, which are merged.
            roots[value] = sources[0] if sources else value
        for other in sources[1:]:
            if other is not sources[0]:
                _merge(roots, other, sources[0])
    return roots


def _has_own_memory(op: Op) -> bool:
    """Return whether an op's results lie in its own memory, whoever wrote it."""
    return op.lends or op.input_memory is not None


def _merge(roots: dict[Value, Value], old: Value, new: Value) -> None:
    for value, root in roots.items():
        if root is old:
            roots[value] = new
