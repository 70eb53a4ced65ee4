"""The tensors and operations of a graph, found by name."""

from __future__ import annotations

from typing import Any

from tensor.graph.operation import Operation
from tensor.graph.symbolic import SymbolicTensor

_FORM = 'Tensor names must be of the form "<op_name>:<output_index>".'


class GraphElements:
    """A graph of which users ask for a tensor or an operation."""

    def get_operations(self) -> list[Operation]:
        """Return the operations in the order in which they were made."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `get_operations`."
        )

    def get_operation_by_name(self, name: str) -> Operation:
        """Return the operation called `name`.

        Raises:
            TypeError: The name is no text.
            ValueError: It is the name of a tensor.
            KeyError: There is none.
        """
        if not isinstance(name, str):
            kind = type(name).__name__
            raise TypeError(f"Operation names are strings (or similar), not {kind}.")
        if ":" in name:
            raise ValueError(
                f"Name {name!r} appears to refer to a Tensor, not a Operation."
            )
        found = self._named(name)
        if found is None:
            raise KeyError(
                f"The name {name!r} refers to an Operation not in the graph."
            )
        return found

    def get_tensor_by_name(self, name: str) -> SymbolicTensor:
        """Return the tensor called `name`, such as `add:0`.

        Raises:
            TypeError: The name is no text.
            ValueError: It does not have the form of a tensor's name.
            KeyError: There is none.
        """
        if not isinstance(name, str):
            kind = type(name).__name__
            raise TypeError(f"Tensor names are strings (or similar), not {kind}.")
        maker, colon, index = name.partition(":")
        found = self._named(maker)
        if not colon:
            what = "refers to an" if found else "looks like an (invalid)"
            noun = "Operation" if found else "Operation name"
            raise ValueError(f"The name {name!r} {what} {noun}, not a Tensor. {_FORM}")
        if not index.isdigit():
            raise ValueError(
                f"The name {name!r} looks a like a Tensor name, but is not a valid "
                f"one. {_FORM}"
            )
        return self._result(name, found, maker, int(index))

    def _result(
        self, name: str, found: Operation | None, maker: str, index: int
    ) -> SymbolicTensor:
        # Results of loops and conditionals have names beside those of their nodes.
        results = [t for op in self.get_operations() for t in op.outputs]
        for tensor in results:
            if tensor.name == name:
                return tensor
        if found is not None and index < len(found.outputs):
            return found.outputs[index]
        why = (
            "does not exist in the graph."
            if found is None
            else f"exists but only has {len(found.outputs)} outputs."
        )
        raise KeyError(
            f"The name {name!r} refers to a Tensor which does not exist. The "
            f"operation, {maker!r}, {why}"
        )

    def _named(self, name: str) -> Operation | None:
        return next((op for op in self.get_operations() if op.name == name), None)

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """Return the tensor or operation of this graph that something stands for.

        Args:
            obj: A tensor, an operation, or the name of one.
            allow_tensor: Whether it may be a tensor.
            allow_operation: Whether it may be an operation.

        Raises:
            TypeError: It is something else.
            ValueError: It belongs to another graph.
            KeyError: There is nothing of that name.
        """
        if isinstance(obj, str):
            if allow_operation and (":" not in obj or not allow_tensor):
                return self.get_operation_by_name(obj)
            return self.get_tensor_by_name(obj)
        is_operation = isinstance(obj, Operation)
        kinds = (SymbolicTensor,) * allow_tensor + (Operation,) * allow_operation
        if not isinstance(obj, kinds):
            wanted = ["Tensor"] * allow_tensor + ["Operation"] * allow_operation
            raise TypeError(
                f"Can not convert a {type(obj).__name__} into a {' or '.join(wanted)}."
            )
        if obj.graph is not self:
            what = "Operation" if is_operation else "Tensor"
            raise ValueError(f"{what} {obj!r} is not an element of this graph.")
        return obj
