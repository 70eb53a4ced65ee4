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
        """The Keras tensors that the layer was called on, if it was called once."""
        return self._only_node("input").call_inputs

    @property
    def output(self) -> Any:
        """The Keras tensors that the layer returned, if it was called once."""
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
                raise AttributeError(
                    f'The layer "{self.name}" has never been called and thus has no '
                    f"defined {what}. Note that the `build` method does not define it."
                )
            raise AttributeError(f"Layer {self.name} has no inbound nodes.")
        node = self._inbound_nodes[0]
        if len(self._inbound_nodes) > 1:
            shapes = {str(n.output_shapes) for n in self._inbound_nodes}
            if not what.endswith("shape") or len(shapes) > 1:
                raise AttributeError(
                    f"Layer {self.name} has multiple inbound nodes, hence the notion "
                    f'of "layer {what}" is ill-defined. Use '
                    f"`get_{what}_at(node_index)` "
                    "instead."
                )
        return node

    def get_input_at(self, node_index: int) -> Any:
        """Return the Keras tensors of one of the calls."""
        return self._inbound_nodes[node_index].call_inputs

    def get_output_at(self, node_index: int) -> Any:
        """Return the Keras tensors that one of the calls returned."""
        return self._inbound_nodes[node_index].outputs

    def get_input_shape_at(self, node_index: int) -> Any:
        """Return the static input shape of one of the calls."""
        return self._inbound_nodes[node_index].input_shapes

    def get_output_shape_at(self, node_index: int) -> Any:
        """Return the static output shape of one of the calls."""
        return self._inbound_nodes[node_index].output_shapes

    @property
    def input_mask(self) -> Any:
        """The masks of the inputs, if the layer was called once."""
        return nest.map_structure(lambda x: getattr(x, "_keras_mask", None), self.input)

    @property
    def output_mask(self) -> Any:
        """The masks of the outputs, if the layer was called once."""
        return nest.map_structure(
            lambda x: getattr(x, "_keras_mask", None), self.output
        )

    def __deepcopy__(self, memo: Any) -> Any:
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        for name, value in self.__dict__.items():
            kept = name in ("_inbound_nodes", "_outbound_nodes")
            object.__setattr__(twin, name, [] if kept else copy.deepcopy(value, memo))
        return twin
