"""From a program to the program of its gradient.

The gradient rules of the program's ops are applied to its values; the values that they
read become further outputs of the forward program and inputs of the backward one.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from tensor.core.backprop import backward, densify
from tensor.core.call import Call
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.dtypes import int64
from tensor.core.indexed_slices import IndexedSlices
from tensor.core.public_api import names_in
from tensor.core.registry import get_op
from tensor.core.tape import Tape, track
from tensor.graph.control.list_ops import carries_gradient
from tensor.graph.program import Program, Value
from tensor.graph.symbolic import SymbolicTensor
from tensor.graph.trace import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensor.graph.program import Node


class Derivative:
    """What it takes to differentiate a program.

    Attributes:
        forward: The program with `saved` among its outputs, after its own.
        backward: From the gradients that arrive at the outputs and the saved values,
            in this order, to the parts of the gradients for the sources.
        saved: The values of the forward program that the backward one reads.
        structure: The gradients for the sources as a nested structure of the backward
            program's outputs: numbers, IndexedSlices of numbers, or None.
        connected: For each source, whether the outputs depend on it.
        sparse: For each source, whether its gradient is found as IndexedSlices.
    """

    def __init__(
        self,
        forward: Program,
        backward: Program,
        saved: tuple[Value, ...],
        structure: list[Any],
        connected: list[bool],
        sparse: list[bool],
    ) -> None:
        self.forward = forward
        self.backward = backward
        self.saved = saved
        self.structure = structure
        self.connected = connected
        self.sparse = sparse

    def gradients(self, parts: Sequence[Any]) -> list[Any]:
        """Return one gradient for each source from the backward program's outputs."""
        return picked(self.structure, parts)


def differentiate(
    program: Program,
    sources: Sequence[int],
    seeded: Sequence[bool],
    like: Sequence[Value] = (),
    sliced: Sequence[bool] = (),
) -> Derivative:
    """Return the derivative of a program.

    Args:
        program: The program.
        sources: The numbers, as tapes know them, of the values or variables to
            differentiate with respect to.
        seeded: For each output, whether a gradient may arrive there.
        like: If given, one value of the program for each source: gradients are then
            dense, of the shape of this value, and zeros where there is no path.
        sliced: For each source, whether its gradient is to be IndexedSlices instead.

    Raises:
        LookupError: An op on the way has no gradient.
    """
    home = Graph(program.name)
    graph = Graph(f"{program.name}_backward", outer=home)
    with graph.traced():
        seeds = []
        for value, wanted in zip(program.outputs, seeded, strict=True):
            if wanted:
                dz = graph.add_input(value.dims, value.dtype, "dz")
                if carries_gradient(value.dtype):
                    seeds.append((number_of(value), dz))
        calls = calls_of(program, home, set(sources))
        by_number = backward(calls, seeds, frozenset(sources))
        # What is passed in twice has one number, and one gradient.
        found = [by_number.pop(number, None) for number in sources]
        connected = [g is not None for g in found]
        sparse = [isinstance(g, IndexedSlices) for g in found]
        if like:
            tensors = [SymbolicTensor(v, home) for v in like]
            found = in_form(found, tensors, sliced)
        parts: list[SymbolicTensor] = []
        structure = [stored(g, parts) for g in found]
    captured = [outer for outer, _ in graph.outside.tensors]
    saved = tuple([t._value for t in captured])
    forward = Program(
        program.inputs, program.nodes, (*program.outputs, *saved), program.name
    )
    backward_program = graph.finish(parts)
    return Derivative(forward, backward_program, saved, structure, connected, sparse)


def dense_gradient(gradient: Any, like: Any) -> Any:
    """Return a gradient as a tensor of the graph being traced; zeros for None."""
    if gradient is None:
        return get_op("ZerosLike")(like)
    return context.graph.own(densify(gradient))


def in_form(
    gradients: Sequence[Any], like: Sequence[Any], sliced: Sequence[bool] = ()
) -> list[Any]:
    """Return gradients for tensors, dense ones or IndexedSlices as it is told."""
    return [
        _sliced_gradient(g, t) if is_sliced else dense_gradient(g, t)
        for g, t, is_sliced in zip_longest(gradients, like, sliced, fillvalue=False)
    ]


def _sliced_gradient(gradient: Any, like: Any) -> IndexedSlices:
    """Return a gradient as slices of the graph being traced; none for None."""
    ops = names_in("")
    if gradient is None:
        gradient = IndexedSlices(get_op("ZerosLike")(like)[:0], [])
    elif not isinstance(gradient, IndexedSlices):
        rows = ops["range"](ops["shape"](like)[0])
        gradient = IndexedSlices(context.graph.own(gradient), rows)
    return IndexedSlices(gradient.values, ops["cast"](gradient.indices, int64))


def stored(gradient: Any, parts: list[Any]) -> Any:
    """Append a gradient's tensors to `parts`; return their places in its structure."""

    def place(tensor: Any) -> int:
        parts.append(context.graph.own(convert(tensor)))
        return len(parts) - 1

    if gradient is None:
        return None
    if isinstance(gradient, IndexedSlices):
        return gradient.map(place)
    return place(gradient)


def picked(structure: Sequence[Any], parts: Sequence[Any]) -> list[Any]:
    """Return gradients from their parts, by what `stored` returned."""

    def pick(place: Any) -> Any:
        return None if place is None else parts[place]

    return [
        place.map(pick) if isinstance(place, IndexedSlices) else pick(place)
        for place in structure
    ]


def gradients_through(
    run: Callable[[], Sequence[Any]], sources: Sequence[int], dz: Sequence[Any]
) -> dict[int, Any]:
    """Return the gradients of what runs, by the number of the source.

    Args:
        run: Applies ops to the sources; returns tensors.
        sources: The numbers by which tapes know the sources.
        dz: The gradients that arrive at what is returned.
    """
    tape = Tape()
    tape.tracked.update(sources)
    context.tapes.append(tape)
    try:
        outputs = run()
    finally:
        context.tapes.remove(tape)
    seeds = [
        (z._track_id, g)
        for z, g in zip(outputs, dz, strict=True)
        if z._track_id in tape.tracked and carries_gradient(z.dtype)
    ]
    return backward(tape.calls, seeds, frozenset(sources))


def number_of(value: Value) -> int:
    """Return the number by which tapes know a value; it gets one if it has none."""
    if not value.track_id:
        track(SymbolicTensor(value, None))  # type: ignore[arg-type]
    return value.track_id


def calls_of(program: Program, home: Graph, tracked: set[int]) -> list[Call]:
    """Return the nodes on the way from `tracked` as a tape would have recorded them."""
    calls = []
    for node in program.nodes:
        if not node.op.is_differentiable:
            continue
        wants = tuple(
            [
                x.track_id if type(x) is Value and x.track_id in tracked else 0
                for x in node.inputs
            ]
        )
        if not any(wants):
            continue
        ids = tuple([number_of(v) for v in node.visible_outputs])
        tracked.update(ids)
        calls.append(_as_call(node, home, wants, ids))
    return calls


def _as_call(
    node: Node, home: Graph, wants: tuple[int, ...], ids: tuple[int, ...]
) -> Call:
    inputs = tuple(
        [SymbolicTensor(x, home) if type(x) is Value else x for x in node.inputs]
    )
    outputs = tuple([SymbolicTensor(v, home) for v in node.visible_outputs])
    attrs = node.attrs
    if node.parameters:
        dynamic = {k: SymbolicTensor(v, home) for k, v in node.parameters.items()}
        attrs = {**attrs, **dynamic}
    output: Any = outputs if node.several else outputs[0]
    return Call(node.op, inputs, output, attrs, wants, ids)
