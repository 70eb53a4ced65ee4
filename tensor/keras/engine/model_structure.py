"""ModelStructure: the layers inside a model, its inputs and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.core import nest
from tensor.keras.engine.layer_nodes import LayerNodes
from tensor.keras.engine.weights import WeightOwner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.keras.engine.layer_graph import LayerGraph


class ModelStructure(LayerNodes):
    """What a model is made of, and what it is called with."""

    _layer_graph: LayerGraph | None = None
    _seen_input_specs: Any = None
    # Specs of the arguments of the first call, the named ones apart.
    _seen_arguments: Any = None
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
                "Provide either a layer name or layer index at `get_layer`. Got "
                "neither."
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

    def _goes_by_layers(self) -> bool:
        """Whether the layers are a graph or a stack, not attributes."""
        return self._layer_graph is not None or hasattr(self, "_stack")

    def get_weight_paths(self) -> dict[str, Any]:
        """Return the variables by the attributes that lead to them: `d1.kernel`.

        Layers of a graph or a stack go by their names.
        """
        found: dict[str, Any] = {}
        pending: list[tuple[str, Any]] = [("", self)]
        seen = {id(self)}
        for path, owner in pending:
            for name, child in _named_children(owner):
                if id(child) in seen:
                    continue
                seen.add(id(child))
                if isinstance(child, tf.Variable):
                    found[f"{path}{name}"] = child
                else:
                    pending.append((f"{path}{name}.", child))
        return found

    def save_spec(self, dynamic_batch: bool = True) -> Any:
        """Return specs of what the model is called with: arguments, named arguments.

        Args:
            dynamic_batch: Whether the size of the batch is left open, unless a graph
                of layers says what it is.

        Returns:
            None if no inputs are known yet.
        """
        if self._layer_graph is not None:
            return [nest.map_structure(_named_spec, self._layer_graph.inputs)], {}
        if self._seen_arguments is None:
            return None
        args, kwargs = self._seen_arguments
        specs = list(args), kwargs
        return nest.map_structure(_open_batch, specs) if dynamic_batch else specs


def _named_spec(x: Any) -> Any:
    """Return the spec of an input, with its layer's name if it is dense."""
    if not isinstance(x.type_spec, tf.TensorSpec):
        return x.type_spec
    return tf.TensorSpec(x.static_shape, x.dtype, x._keras_history.layer.name)


def specs_of_call(args: Any, kwargs: Any) -> Any:
    """Return the specs of the tensors that a model was called with."""

    def spec(x: Any) -> Any:
        return tf.TensorSpec(x.shape, x.dtype) if isinstance(x, tf.Tensor) else x

    def holds_tensors(x: Any) -> bool:
        return any(isinstance(v, tf.Tensor) for v in nest.flatten(x))

    named = {k: v for k, v in kwargs.items() if holds_tensors(v)}
    return nest.map_structure(spec, ([x for x in args if holds_tensors(x)], named))


def _named_children(owner: Any) -> list[tuple[str, Any]]:
    """Return what has variables in an object, by attribute, key or position."""
    if isinstance(owner, ModelStructure) and owner._goes_by_layers():
        return [(layer.name, layer) for layer in owner.layers]
    children: Any
    if isinstance(owner, dict):
        children = owner.items()
    elif isinstance(owner, list | tuple):
        children = enumerate(owner)
    else:
        children = owner._checkpoint_children().items()
    kinds = (WeightOwner, tf.Variable, dict, list, tuple)
    return [(str(name), child) for name, child in children if isinstance(child, kinds)]


def _open_batch(spec: Any) -> Any:
    """Return a spec with the size of the batch left open."""
    if not isinstance(spec, tf.TensorSpec):
        return spec
    dims = spec.shape.as_list()
    return tf.TensorSpec([None, *dims[1:]] if dims else dims, spec.dtype, spec.name)
