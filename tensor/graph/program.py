"""Program: what a traced function is made of, as plain data.

A program lists its nodes in an order in which they may run; nodes with side effects
keep the order in which the user's code made them. Programs do not know how they came
about (`trace` makes them) nor how they run (`executor` does that); passes take one and
return another. A node may hold further programs: the branches of a conditional, the
body of a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.shape_algebra import num_elements
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.dtypes import DType
    from tensor.core.registry import Op
    from tensor.core.shapes import Dims


class Value:
    """Something a program computes: an argument, or a result of a node.

    Attributes:
        dims: The static shape; None in it, or None itself, is unknown.
        dtype: The element type; `variant` for what is no tensor, such as stacks.
        name: The name under which users see it, `add:0`.
        node: The node that makes it; None for the program's inputs.
        index: Which of the node's results it is.
        track_id: The number by which gradient tapes know it, 0 before they do.
    """

    __slots__ = ("dims", "dtype", "index", "name", "node", "track_id")

    def __init__(
        self,
        dims: Dims | None,
        dtype: DType,
        name: str = "",
        node: Node | None = None,
        index: int = 0,
    ) -> None:
        self.dims = dims
        self.dtype = dtype
        self.name = name
        self.node = node
        self.index = index
        self.track_id = 0

    @property
    def spec(self) -> TensorSpec:
        """Shape and dtype."""
        return TensorSpec.of(self.dims, self.dtype)

    @property
    def size(self) -> int | None:
        """The number of elements, None when it is not known."""
        return num_elements(self.dims)

    def __repr__(self) -> str:
        return f"<value {self.name} {self.dims} {self.dtype}>"


class Node:
    """One application of an op.

    Attributes:
        op: The op.
        inputs: Values, or Python numbers that stand for themselves.
        attrs: The op's parameters that are known.
        parameters: Parameters that are computed, by name.
        outputs: The results.
        several: Whether the op gives a tuple, be it of one result.
        name: The name under which users see it.
        source: The user's file and line that made it, or None.
        device: The device that the user asked for, or nothing.
        control_inputs: What must run before, beside the nodes that it reads. Only
            TF1's graphs have such: programs are in an order in which they may run.
    """

    __slots__ = (
        "attrs",
        "control_inputs",
        "device",
        "inputs",
        "name",
        "op",
        "outputs",
        "parameters",
        "several",
        "source",
    )

    def __init__(
        self,
        op: Op,
        inputs: tuple[Any, ...],
        attrs: dict[str, Any],
        parameters: dict[str, Value],
        name: str = "",
        source: tuple[str, int] | None = None,
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.attrs = attrs
        self.parameters = parameters
        self.outputs: tuple[Value, ...] = ()
        self.several = False
        self.name = name
        self.source = source
        self.device = ""
        self.control_inputs: tuple[Node, ...] = ()

    def values_in(self) -> Iterator[Value]:
        """Yield the values that the node reads."""
        for x in self.inputs:
            if type(x) is Value:
                yield x
        yield from self.parameters.values()

    @property
    def visible_outputs(self) -> tuple[Value, ...]:
        """The results that gradients arrive at.

        Conditionals and loops have further ones, which the nodes of their gradients
        read; what depends on these depends on the node's own inputs.
        """
        if self.op.type_name in ("If", "While"):
            return self.outputs[: self.attrs["count"]]
        return self.outputs

    @property
    def has_effects(self) -> bool:
        """Whether the node must run, and keep its place among others of its kind."""
        return self.op.kind in EFFECTS or any(
            program.has_effects for program in self.programs()
        )

    def programs(self) -> tuple[Program, ...]:
        """Return the programs that the node holds: branches, loop bodies."""
        found: tuple[Program, ...] = ()
        for attr in self.attrs.values():
            if type(attr) is Program:
                found += (attr,)
            elif type(attr) is tuple and attr and type(attr[0]) is Program:
                found += attr
        return found

    def rebuilt(
        self,
        inputs: tuple[Any, ...],
        parameters: dict[str, Value],
        attrs: dict[str, Any] | None = None,
    ) -> Node:
        """Return the node with other inputs and new results of the same specs."""
        node = Node(
            self.op,
            inputs,
            self.attrs if attrs is None else attrs,
            parameters,
            self.name,
            self.source,
        )
        node.several = self.several
        node.outputs = tuple(
            [Value(v.dims, v.dtype, v.name, node, v.index) for v in self.outputs]
        )
        return node

    def __repr__(self) -> str:
        return f"<node {self.name}: {self.op.type_name}>"


# The kinds of ops that do more than compute a value from values.
EFFECTS = frozenset(("stateful", "collective", "random"))


class Program:
    """Inputs, nodes in order, and outputs."""

    __slots__ = ("inputs", "name", "nodes", "outputs")

    def __init__(
        self,
        inputs: tuple[Value, ...],
        nodes: tuple[Node, ...],
        outputs: tuple[Value, ...],
        name: str = "program",
    ) -> None:
        self.inputs = inputs
        self.nodes = nodes
        self.outputs = outputs
        self.name = name

    @property
    def has_effects(self) -> bool:
        """Whether running the program does more than compute its outputs."""
        return any(node.has_effects for node in self.nodes)

    def all_nodes(self) -> Iterator[Node]:
        """Yield every node, those of programs inside nodes included."""
        for node in self.nodes:
            yield node
            for program in node.programs():
                yield from program.all_nodes()

    def __repr__(self) -> str:
        return f"<program {self.name}: {len(self.nodes)} nodes>"


def copied(program: Program) -> Program:
    """Return a program with nodes and values of its own; nested ones are shared.

    Taking a gradient gives nodes that hold programs further results.
    """
    by_old = {v: _copied_value(v, None) for v in program.inputs}
    nodes = []
    for node in program.nodes:
        inputs = tuple([by_old[x] if type(x) is Value else x for x in node.inputs])
        parameters = {k: by_old[v] for k, v in node.parameters.items()}
        copy = node.rebuilt(inputs, parameters)
        copy.outputs = tuple([_copied_value(v, copy) for v in node.outputs])
        by_old.update(zip(node.outputs, copy.outputs, strict=True))
        nodes.append(copy)
    outputs = tuple([by_old[v] for v in program.outputs])
    inputs = tuple([by_old[v] for v in program.inputs])
    return Program(inputs, tuple(nodes), outputs, program.name)


def _copied_value(value: Value, node: Node | None) -> Value:
    copy = Value(value.dims, value.dtype, value.name, node, value.index)
    copy.track_id = value.track_id
    return copy
