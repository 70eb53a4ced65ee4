"""GraphDef: a graph as TensorFlow writes it down, for users to look through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tensor.graph.program import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.graph.program import Node


class NodeDef(NamedTuple):
    """One operation.

    Attributes:
        name: Its name, unique in the graph.
        op: The op type, such as `MatMul`.
        input: The names of what it reads, with `:1`, `:2` … for further results.
        device: The device: left open.
    """

    name: str
    op: str
    input: list[str]
    device: str = ""

    def __str__(self) -> str:
        lines = [f'name: "{self.name}"', f'op: "{self.op}"']
        lines += [f'input: "{name}"' for name in self.input]
        return "".join(f"{line}\n" for line in lines)


class GraphDef(NamedTuple):
    """The operations of a graph, in order.

    Attributes:
        node: The operations.
    """

    node: list[NodeDef]

    def __str__(self) -> str:
        return "".join(
            "node {\n" + "".join(f"  {line}\n" for line in str(n).splitlines()) + "}\n"
            for n in self.node
        )


def node_def(maker: Node | Value) -> NodeDef:
    """Return the definition of a node, or of an argument."""
    if isinstance(maker, Value):
        return NodeDef(_name(maker), "Placeholder", [])
    read = [*maker.inputs, *maker.parameters.values()]
    names = [
        _name(value) if type(value) is Value else f"{maker.name}/{'xyz'[i]}"
        for i, value in enumerate(read)
    ]
    names += [f"^{before.name}" for before in maker.control_inputs]
    return NodeDef(maker.name, type_of_node(maker), names, maker.device)


def type_of_node(node: Node) -> str:
    """Return the op type of a node as TensorFlow calls it."""
    name = node.op.type_name
    if node.programs() and not node.has_effects:
        return f"Stateless{name}"
    return "Cast" if name == "CastToDiscrete" else name  # one op is two of ours


def definitions(maker: Node | Value) -> Iterator[NodeDef]:
    """Yield a node's definition, after the constants that are numbers in ours."""
    if not isinstance(maker, Value):
        for place, value in zip("xyz", maker.inputs, strict=False):
            if type(value) is not Value:
                yield NodeDef(f"{maker.name}/{place}", "Const", [])
    yield node_def(maker)


def _name(value: Any) -> str:
    """Return how a value is named among inputs: the first result has no index."""
    return str(value.name.removesuffix(":0"))
