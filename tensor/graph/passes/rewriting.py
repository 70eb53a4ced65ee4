"""Rewriter: makes a new program out of the nodes of another, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.registry import spec_of
from tensor.graph.constants import constant_op
from tensor.graph.program import Node, Program, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.core.registry import Op


class Rewriter:
    """Collects the nodes of the new program, and what became of the old values."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._now: dict[Value, Any] = {}
        self.nodes: list[Node] = []

    def __call__(self, x: Any) -> Any:
        """Return what became of a value; anything else is itself."""
        return self._now.get(x, x) if type(x) is Value else x

    def keep(self, node: Node, attrs: dict[str, Any] | None = None) -> Node:
        """Take a node over, reading what its inputs became."""
        inputs = tuple([self(x) for x in node.inputs])
        parameters = {k: self(v) for k, v in node.parameters.items()}
        if attrs is None and inputs == node.inputs and not parameters:
            self.nodes.append(node)
            return node
        copy = node.rebuilt(inputs, parameters, attrs)
        self.nodes.append(copy)
        self._now.update(zip(node.outputs, copy.outputs, strict=True))
        return copy

    def lessen(
        self,
        node: Node,
        inputs: tuple[Any, ...],
        attrs: dict[str, Any],
        outputs: tuple[Value, ...],
    ) -> Node:
        """Take a node over with other inputs, and with some of its results."""
        parameters = {k: self(v) for k, v in node.parameters.items()}
        inputs = tuple([self(x) for x in inputs])
        less = Node(node.op, inputs, attrs, parameters, node.name, node.source)
        less.several = node.several
        less.outputs = tuple(
            [Value(v.dims, v.dtype, v.name, less, i) for i, v in enumerate(outputs)]
        )
        self.nodes.append(less)
        self._now.update(zip(outputs, less.outputs, strict=True))
        return less

    def replace(self, value: Value, other: Any) -> None:
        """Let another value (of the new program) stand for an old one."""
        self._now[value] = other

    def add(self, op: Op, inputs: tuple[Any, ...], like: Node, **attrs: Any) -> Any:
        """Add a node of one result; return its value.

        Args:
            op: The op.
            inputs: Values of the new program, or Python numbers.
            like: The node whose name and source it takes over.
            **attrs: The op's parameters.
        """
        node = Node(op, inputs, attrs, {}, like.name, like.source)
        dtype = next(x.dtype for x in inputs if type(x) is Value)
        specs = [
            x.spec if type(x) is Value else spec_of(dtype.as_numpy_dtype(x))
            for x in inputs
        ]
        spec = op.infer(*specs, **attrs)
        node.outputs = (Value(spec.dims, spec.dtype, like.name, node),)
        self.nodes.append(node)
        return node.outputs[0]

    def constant(self, array: Any, like: Node) -> Value:
        """Add a constant; return its value."""
        node = Node(constant_op, (), {"value": array}, {}, like.name, like.source)
        dtype = dtypes.from_numpy(array.dtype)
        node.outputs = (Value(array.shape, dtype, like.name, node),)
        self.nodes.append(node)
        return node.outputs[0]

    def finish(self) -> Program:
        """Return the new program."""
        old = self._program
        outputs = tuple([self(v) for v in old.outputs])
        return Program(old.inputs, tuple(self.nodes), outputs, old.name)


def inside_too(
    rewrite: Callable[[Program], Program],
) -> Callable[[Program], Program]:
    """Make a pass work on the programs inside nodes as well, innermost first."""

    def everywhere(program: Program) -> Program:
        if any(node.programs() for node in program.nodes):
            rewriter = Rewriter(program)
            for node in program.nodes:
                if node.programs():
                    rewriter.keep(node, _with_programs(node, everywhere))
                else:
                    rewriter.keep(node)
            program = rewriter.finish()
        return rewrite(program)

    everywhere.__name__ = rewrite.__name__
    everywhere.__doc__ = rewrite.__doc__
    return everywhere


def _with_programs(node: Node, change: Callable[[Program], Program]) -> dict[str, Any]:
    attrs: dict[str, Any] = {}
    for key, attr in node.attrs.items():
        if type(attr) is Program:
            attrs[key] = change(attr)
        elif type(attr) is tuple and attr and type(attr[0]) is Program:
            attrs[key] = tuple([change(p) for p in attr])
        else:
            attrs[key] = attr
    return attrs


def is_constant(x: Any) -> bool:
    """Return whether a value is known."""
    return type(x) is not Value or (x.node is not None and x.node.op is constant_op)


def constant_of(x: Any) -> Any:
    """Return the known value of `x`, which must have one."""
    return x if type(x) is not Value else x.node.attrs["value"]  # type: ignore[union-attr]
