"""ModelStructure: the layers inside a model, its inputs and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.core import nest
from tensor.keras.engine.layer_nodes import LayerNodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.keras.engine.keras_tensor import KerasTensor
    from tensor.keras.engine.layer_graph import LayerGraph


class ModelStructure(LayerNodes):
    """What a model is made of, and what it is called with."""

    _layer_graph: LayerGraph | None = None
    _seen_input_specs: Any = None
    _given_input_spec: Any = None

    if TYPE_CHECKING:

        def _flatten_layers(
            self, recursive: bool = True, include_self: bool = True
        ) -> Iterator[Any]:
            """Yield this layer and those inside."""

    @property
    def layers(self) -> list[Any]:
        """The layers directly inside."""
        return list(self._flatten_layers(include_self=False, recursive=False))

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Return the layer of this name or index.

        Raises:
            ValueError: There is none, or not exactly one of the two is given.
        """
        layers = self.layers
        if index is not None and name is not None:
            raise ValueError(
                "Provide only a layer name or a layer index. Received: "
                f"index={index}, name={name}."
            )
        if index is not None:
            if len(layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(layers)} layers."
                )
            return layers[index]
        if name is None:
            raise ValueError(
                "Provide either a layer name or layer index at `get_layer`."
            )
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}. Existing layers are: "
            f"{[layer.name for layer in layers]}."
        )

    @property
    def inputs(self) -> Any:
        """The Keras tensors that a graph of layers begins with; None without one."""
        graph = self._layer_graph
        return None if graph is None else graph.flat_inputs

    @property
    def outputs(self) -> Any:
        """The Keras tensors that a graph of layers ends with; None without one."""
        graph = self._layer_graph
        return None if graph is None else graph.flat_outputs

    @property
    def input_names(self) -> Any:
        """The names of the inputs."""
        graph = self._layer_graph
        return None if graph is None else graph.input_names

    @property
    def output_names(self) -> Any:
        """The names of the outputs: those of the layers, or output_1, output_2."""
        graph = self._layer_graph
        return (
            self.__dict__.get("_output_names") if graph is None else graph.output_names
        )

    @output_names.setter
    def output_names(self, names: Any) -> None:
        self.__dict__["_output_names"] = names

    @property
    def input(self) -> Any:
        """The input Keras tensors in their structure."""
        graph = self._layer_graph
        return super().input if graph is None else graph.inputs

    @property
    def output(self) -> Any:
        """The output Keras tensors in their structure."""
        graph = self._layer_graph
        return super().output if graph is None else graph.outputs

    @property
    def input_shape(self) -> Any:
        """The static shape or shapes of the input."""
        graph = self._layer_graph
        if graph is None:
            return super().input_shape
        return nest.map_structure(lambda x: x.static_shape, graph.inputs)

    @property
    def output_shape(self) -> Any:
        """The static shape or shapes of the output."""
        graph = self._layer_graph
        if graph is None:
            return super().output_shape
        return nest.map_structure(lambda x: x.static_shape, graph.outputs)

    @property
    def input_spec(self) -> Any:
        """What calls are checked against: the inputs of a graph of layers."""
        if self._given_input_spec is None and self._layer_graph is not None:
            return self._layer_graph.input_specs
        return self._given_input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        object.__setattr__(self, "_given_input_spec", value)

    def save_spec(self, dynamic_batch: bool = True) -> Any:
        """Return specs of what the model is called with: arguments, named arguments.

        Args:
            dynamic_batch: Whether the size of the batch is left open, unless a graph
                of layers says what it is.

        Returns:
            None if no inputs are known yet.
        """
        if self._layer_graph is not None:
            inputs = self._layer_graph.inputs
            specs = nest.map_structure(_named_spec, inputs)
        elif self._seen_input_specs is None:
            return None
        else:
            rows = self._seen_input_specs
            specs = nest.map_structure(_open_batch, rows) if dynamic_batch else rows
        return ([specs], {})


def _named_spec(x: KerasTensor) -> tf.TensorSpec:
    """Return the spec of an input, with its layer's name."""
    return tf.TensorSpec(x.static_shape, x.dtype, x._keras_history.layer.name)


def _open_batch(spec: tf.TensorSpec) -> tf.TensorSpec:
    """Return a spec with the size of the batch left open."""
    dims = spec.shape.as_list()
    return tf.TensorSpec([None, *dims[1:]] if dims else dims, spec.dtype, spec.name)
