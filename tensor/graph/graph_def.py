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


def graph_def(inputs: list[Value], nodes: list[Node], results: list[Value]) -> GraphDef:
    """Return a graph's definition.

    Args:
        inputs: What is passed in.
        nodes: The nodes.
        results: What a function returns; each passes through an `Identity`.
    """
    found = [NodeDef(_name(value), "Placeholder", []) for value in inputs]
    for node in nodes:
        found += _definitions(node)
    for i, value in enumerate(results):
        name = f"Identity_{i}" if i else "Identity"
        found.append(NodeDef(name, "Identity", [_name(value)]))
    return GraphDef(found)


def _definitions(node: Node) -> Iterator[NodeDef]:
    """Yield a node, after the constants that are Python numbers in ours."""
    names = []
    for place, value in zip("xyz", node.inputs, strict=False):
        if type(value) is not Value:
            yield NodeDef(f"{node.name}/{place}", "Const", [])
    for i, value in enumerate((*node.inputs, *node.parameters.values())):
        is_known = type(value) is Value
        names.append(_name(value) if is_known else f"{node.name}/{'xyz'[i]}")
    yield NodeDef(node.name, node.op.type_name, names)


def _name(value: Any) -> str:
    """Return how a value is named among inputs: the first result has no index."""
    return str(value.name.removesuffix(":0"))
