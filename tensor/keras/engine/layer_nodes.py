"""LayerNodes: where a layer stands in graphs of layers."""

from __future__ import annotations

import copy
from typing import Any

from tensor.core import nest


class LayerNodes:
    """The calls of a layer on Keras tensors, and what went in and came out."""

    name: str
    _inbound_nodes: list[Any]
    _outbound_nodes: list[Any]

    @property
    def inbound_nodes(self) -> list[Any]:
        """The calls of this layer on Keras tensors."""
        return self._inbound_nodes

    @property
    def outbound_nodes(self) -> list[Any]:
        """The calls that take this layer's results."""
        return self._outbound_nodes

    @property
    def input(self) -> Any:
        """The Keras tensors that the layer was first called on."""
        return self._only_node("input").input_tensors

    @property
    def output(self) -> Any:
        """The Keras tensors that the layer returned first."""
        return self._only_node("output").outputs

    @property
    def input_shape(self) -> Any:
        """The static shape of the input."""
        return self._only_node("input shape").input_shapes

    @property
    def output_shape(self) -> Any:
        """The static shape of the output."""
        return self._only_node("output shape").output_shapes

    def _only_node(self, what: str) -> Any:
        if not self._inbound_nodes:
            if what.endswith("shape"):
                is_input = what.startswith("input")
                note = " Note that the `input_shape` property is only available for "
                note += "Functional and Sequential models."
                raise AttributeError(
                    f'The layer "{self.name}" has never been called and thus has no '
                    f"defined {what}.{note if is_input else ''}"
                )
            if what == "input":
                raise AttributeError(
                    f"Layer {self.name} is not connected, no input to return."
                )
            raise AttributeError(f"Layer {self.name} has no inbound nodes.")
        if what.endswith("shape"):
            of_node = f"{what.replace(' ', '_')}s"
            if len({str(getattr(n, of_node)) for n in self._inbound_nodes}) > 1:
                raise AttributeError(
                    f'The layer "{self.name}" has multiple inbound nodes, with '
                    f'different {what}s. Hence the notion of "{what}" is ill-defined '
                    f"for the layer. Use `get_{of_node[:-1]}_at(node_index)` instead."
                )
        return self._inbound_nodes[0]

    def get_input_at(self, node_index: int) -> Any:
        """Return the Keras tensors of one of the calls."""
        return self._node_at(node_index, "input").input_tensors

    def get_output_at(self, node_index: int) -> Any:
        """Return the Keras tensors that one of the calls returned."""
        return self._node_at(node_index, "output").outputs

    def get_input_shape_at(self, node_index: int) -> Any:
        """Return the static input shape of one of the calls."""
        return self._node_at(node_index, "input shape").input_shapes

    def get_output_shape_at(self, node_index: int) -> Any:
        """Return the static output shape of one of the calls."""
        return self._node_at(node_index, "output shape").output_shapes

    def get_input_mask_at(self, node_index: int) -> Any:
        """Return the masks of the inputs of one of the calls."""
        return _masks(self._node_at(node_index, "input").call_inputs)

    def get_output_mask_at(self, node_index: int) -> Any:
        """Return the masks of what one of the calls returned."""
        return _masks(self._node_at(node_index, "output").outputs)

    def _node_at(self, node_index: int, what: str) -> Any:
        """Return one of the calls.

        Raises:
            RuntimeError: There was no call.
            ValueError: There were fewer.
        """
        count = len(self._inbound_nodes)
        if not count:
            raise RuntimeError(
                f"The layer {self.name} has never been called and thus has no defined "
                f"{what}."
            )
        if node_index >= count:
            raise ValueError(
                f"Asked to get {what} at node {node_index}, but the layer has only "
                f"{count} inbound nodes."
            )
        return self._inbound_nodes[node_index]

    @property
    def input_mask(self) -> Any:
        """The masks of the inputs, if the layer was called once."""
        return _masks(self.input)

    @property
    def output_mask(self) -> Any:
        """The masks of the outputs, if the layer was called once."""
        return _masks(self.output)

    def __deepcopy__(self, memo: Any) -> Any:
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        for name, value in self.__dict__.items():
            kept = name in ("_inbound_nodes", "_outbound_nodes")
            object.__setattr__(twin, name, [] if kept else copy.deepcopy(value, memo))
        return twin


def _masks(tensors: Any) -> Any:
    return nest.map_structure(lambda x: getattr(x, "_keras_mask", None), tensors)
