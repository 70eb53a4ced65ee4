"""Pack updates: groups that do the same to small variables run as one, on flat arrays.

An optimizer gives one group a variable. For a small variable, calling NumPy takes
longer than what it computes; so gradients, variables and slots are joined, one group
updates all of them, and variables become parts of its results. While nobody else sets
them, the whole of which they are parts is at hand at the next step, and only gradients
are copied.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.tensor_spec import TensorSpec
from tensor.graph import state
from tensor.graph.passes.common import attribute_key
from tensor.graph.passes.fuse import fused_op
from tensor.graph.passes.rewriting import Rewriter, inside_too
from tensor.graph.program import Node, Program, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

# Bytes of a variable from which on an update of its own costs no more.
_LARGEST = 1 << 16
# Fewer variables are not worth the copying.
_FEWEST = 3


class Joined:
    """The parts that one array was last cut into; None before.

    Attributes:
        last: The whole and its parts, which nobody writes to.
    """

    def __init__(self) -> None:
        self.last: tuple[Any, Sequence[Any]] | None = None

    def __repr__(self) -> str:
        return "kept"


class Join(Op):
    """Arrays of any shape as one of one dimension."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, *arrays: Any, joined: Joined | None) -> Any:
        last = joined.last if joined is not None else None
        if last is not None and all(map(operator.is_, arrays, last[1])):
            return last[0]
        return np.concatenate([a.reshape(-1) for a in arrays])

    def infer(self, *specs: TensorSpec, joined: Joined | None) -> TensorSpec:
        sizes = [int(np.prod(spec.dims)) for spec in specs]  # type: ignore[arg-type]
        return TensorSpec.of((sum(sizes),), specs[0].dtype)


class Cut(Op):
    """Parts of an array of one dimension, in other shapes."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, whole: Any, joined: Joined, places: Any) -> tuple[Any, ...]:
        parts = [whole[start:end].reshape(dims) for start, end, dims in places]
        joined.last = whole, parts
        return tuple(parts)

    def infer(
        self, whole: TensorSpec, joined: Joined, places: Any
    ) -> tuple[TensorSpec, ...]:
        return tuple([TensorSpec.of(dims, whole.dtype) for *_, dims in places])


join, cut = Join(), Cut()


@inside_too
def pack_updates(program: Program) -> Program:
    """Return the program with equal updates of small variables as one group."""
    packs = _packs(program)
    if not packs:
        return program
    last_of = {pack[-1]: pack for pack in packs}
    members = {node for pack in packs for node in pack}
    variable_of = {
        n.inputs[0]: n.attrs["variable"]
        for n in program.nodes
        if n.op is state.write_variable
    }
    rewriter = Rewriter(program)
    for node in program.nodes:
        if node in last_of:
            _add_pack(rewriter, last_of[node], variable_of)
        elif node not in members:
            rewriter.keep(node)
    return rewriter.finish()


def _packs(program: Program) -> list[list[Node]]:
    """Return groups that may run as one, where the last of each list stands."""
    order = {node: i for i, node in enumerate(program.nodes)}
    readers: dict[Value, list[Node]] = {}
    for node in program.nodes:
        for value in node.values_in():
            readers.setdefault(value, []).append(node)
    alike: dict[Any, list[Node]] = {}
    for node in program.nodes:
        key = _key(node, readers) if node.op is fused_op else None
        if key is not None and not set(node.outputs) & set(program.outputs):
            alike.setdefault(key, []).append(node)
    packs = []
    for nodes in alike.values():
        end = order[nodes[-1]]
        pack = [
            n
            for n in nodes
            if all(order[r] > end for v in n.outputs for r in readers[v])
        ]
        if len(pack) >= _FEWEST:
            packs.append(pack)
    return packs


def _key(node: Node, readers: dict[Value, list[Node]]) -> Any:
    """Return what updates that may run as one have in common; None for other groups."""
    program = node.attrs["program"]
    dims = program.outputs[0].dims
    for inner, outer in zip(program.outputs, node.outputs, strict=True):
        if inner.dtype.numpy_dtype.itemsize * int(np.prod(dims)) > _LARGEST:
            return None
        if any(r.op is not state.write_variable for r in readers.get(outer, [node])):
            return None
    number: dict[Value, int] = {}
    key: list[Any] = []
    for inner, outer in zip(program.inputs, node.inputs, strict=True):
        number[inner] = len(number)
        if inner.dims not in ((), dims):
            return None
        key.append(inner.dtype if inner.dims else outer)
    for member in program.nodes:
        inputs = [
            number[x] if type(x) is Value else (type(x), repr(x)) for x in member.inputs
        ]
        attrs = [(k, attribute_key(v)) for k, v in sorted(member.attrs.items())]
        key.append((id(member.op), tuple(inputs), tuple(attrs)))
        number[member.outputs[0]] = len(number)
    return (*key, *[number[v] for v in program.outputs])


def _add_pack(
    rewriter: Rewriter, pack: list[Node], variable_of: dict[Value, Any]
) -> None:
    first, last = pack[0], pack[-1]
    shapes: list[Any] = [node.outputs[0].dims for node in pack]
    ends = np.cumsum([int(np.prod(dims)) for dims in shapes]).tolist()
    places = tuple(zip([0, *ends[:-1]], ends, shapes, strict=True))
    joined = [Joined() for _ in first.outputs]
    inputs = []
    for place, inner in enumerate(first.attrs["program"].inputs):
        if not inner.dims:
            inputs.append(rewriter(last.inputs[place]))
            continue
        values = tuple([rewriter(node.inputs[place]) for node in pack])
        state_of = _state_of(pack, place, variable_of)
        memory = None if state_of is None else joined[state_of]
        inputs.append(rewriter.add(join, values, last, joined=memory))
    group = _flattened(first.attrs["program"], ends[-1])
    node = Node(fused_op, tuple(inputs), {"program": group}, {}, last.name, last.source)
    node.several = True
    node.outputs = tuple(
        [Value(v.dims, v.dtype, v.name, node, i) for i, v in enumerate(group.outputs)]
    )
    rewriter.nodes.append(node)
    for k, whole in enumerate(node.outputs):
        attrs = {"joined": joined[k], "places": places}
        parts = Node(cut, (whole,), attrs, {}, last.name, last.source)
        parts.several = True
        parts.outputs = tuple(
            [Value(n.outputs[k].dims, whole.dtype, whole.name, parts) for n in pack]
        )
        rewriter.nodes.append(parts)
        for member, part in zip(pack, parts.outputs, strict=True):
            rewriter.replace(member.outputs[k], part)


def _state_of(
    pack: list[Node], place: int, variable_of: dict[Value, Any]
) -> int | None:
    """Return which result the variables at a place among the inputs are set to."""
    for k in range(len(pack[0].outputs)):
        if all(
            node.inputs[place].node is not None
            and node.inputs[place].node.op is state.read_variable
            and node.inputs[place].node.attrs["variable"]
            is variable_of[node.outputs[k]]
            for node in pack
        ):
            return k
    return None


def _flattened(program: Program, size: int) -> Program:
    """Return a group for arrays of one dimension of this size."""
    now: dict[Value, Value] = {}
    for value in program.inputs:
        now[value] = Value((size,) if value.dims else (), value.dtype, value.name)
    nodes = []
    for node in program.nodes:
        inputs = tuple([now[x] if type(x) is Value else x for x in node.inputs])
        copy = node.rebuilt(inputs, {})
        copy.outputs[0].dims = (size,)
        now[node.outputs[0]] = copy.outputs[0]
        nodes.append(copy)
    results = tuple([now[v] for v in program.outputs])
    return Program(
        tuple(now[v] for v in program.inputs), tuple(nodes), results, "fused"
    )
