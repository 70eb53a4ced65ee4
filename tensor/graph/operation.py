"""Operation: a node of a graph as users see it, `tensor.op`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.shapes import TensorShape
from tensor.graph.graph_def import node_def, type_of_node
from tensor.graph.program import Node
from tensor.graph.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from tensor.graph.graph_def import NodeDef
    from tensor.graph.program import Value
    from tensor.graph.trace import Graph


class Operation:
    """A node of a graph, or what stands for an argument of a function.

    Attributes:
        maker: The node, or the value of the argument.
    """

    def __init__(self, maker: Node | Value, graph: Graph) -> None:
        self.maker = maker
        self._node = maker if isinstance(maker, Node) else None
        self._graph = graph

    @property
    def name(self) -> str:
        """The operation's name, unique in its graph."""
        return self.maker.name.partition(":")[0]

    @property
    def type(self) -> str:
        """The op type, such as `MatMul`."""
        if self._node is None:
            return "Placeholder"
        return type_of_node(self._node)

    @property
    def graph(self) -> Graph:
        """The graph that this operation belongs to."""
        return self._graph

    @property
    def inputs(self) -> tuple[SymbolicTensor, ...]:
        """The tensors that the operation reads."""
        values = () if self._node is None else self._node.values_in()
        return tuple(SymbolicTensor(v, self._graph) for v in values)

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The tensors that the operation makes."""
        maker: Any = self.maker
        values = (maker,) if self._node is None else self._node.outputs
        return [SymbolicTensor(v, self._graph) for v in values]

    def values(self) -> tuple[SymbolicTensor, ...]:
        """Return the tensors that the operation makes."""
        return tuple(self.outputs)

    @property
    def control_inputs(self) -> list[Operation]:
        """The operations that must run before, beside those that it reads."""
        nodes = () if self._node is None else self._node.control_inputs
        return [Operation(node, self._graph) for node in nodes]

    @property
    def device(self) -> str:
        """The device that `tf.device` asked for; nothing if it did not."""
        return "" if self._node is None else self._node.device

    @property
    def node_def(self) -> NodeDef:
        """The operation as a graph's definition has it."""
        return node_def(self.maker)

    def get_attr(self, name: str) -> Any:
        """Return the parameter of this name.

        Raises:
            ValueError: The operation has none of this name.
        """
        attrs = self._placeholder_attrs() if self._node is None else self._node.attrs
        if name not in attrs:
            raise ValueError(f"Operation {self.name!r} has no attr named {name!r}.")
        return attrs[name]

    def _placeholder_attrs(self) -> dict[str, Any]:
        value: Any = self.maker
        called = self._graph.user_names.get(value, self.name.rpartition("/")[2])
        return {
            "_user_specified_name": called.encode(),
            "dtype": value.dtype,
            "shape": TensorShape(value.dims),
        }

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run the operation in a TF1 session, by default the one entered.

        Raises:
            ValueError: No session is given, and none is the default.
        """
        from tensor.compat.session import default_session

        (session or default_session()).run(self, feed_dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Operation) and self.maker is other.maker

    def __hash__(self) -> int:
        return id(self.maker)

    def __str__(self) -> str:
        return str(self.node_def)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"
