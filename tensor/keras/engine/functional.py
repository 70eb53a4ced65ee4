"""Functional: a model that is a graph of layers, and its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import nest
from tensor.keras import registration, serialization
from tensor.keras.engine import node_config
from tensor.keras.engine.added_layers import AddLoss, AddMetric
from tensor.keras.engine.input_layer import InputLayer
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.engine.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable


class Functional(Model):
    """A model made from inputs and outputs; `tf.keras.Model(inputs, outputs)`."""

    @property
    def _input_layers(self) -> list[Any]:
        return [x._keras_history.layer for x in self.inputs]

    @property
    def _output_layers(self) -> list[Any]:
        return [x._keras_history.layer for x in self.outputs]


# ---- the configuration: which call of which layer takes what


class _Place(list[Any]):
    """[layer name, call, result]: where a Keras tensor comes from."""


def graph_config(model: Any) -> dict[str, Any]:
    """Return the configuration of a model's graph of layers."""
    graph = model._layer_graph
    used = {id(n) for n in graph.nodes}
    calls = {
        layer.name: [n for n in layer._inbound_nodes if id(n) in used]
        for layer in graph.layers
    }

    def place(x: KerasTensor) -> _Place:
        layer, _, tensor_index = x._keras_history
        # Calls that are no part of this model do not count.
        return _Place([layer.name, calls[layer.name].index(x.node), tensor_index])

    layers = []
    for layer in graph.layers:
        config = serialization.serialize_keras_object(layer)
        config["name"] = layer.name
        config["inbound_nodes"] = [
            node_config.call_config(n, place)
            for n in calls[layer.name]
            if not n.is_input
        ]
        layers.append(config)
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _places(graph.inputs, place),
        "output_layers": _places(graph.outputs, place),
    }


def _places(structure: Any, place: Callable[[KerasTensor], _Place]) -> Any:
    if isinstance(structure, KerasTensor):
        return [list(place(structure))]
    if isinstance(structure, dict):
        return {k: _places(v, place)[0] for k, v in structure.items()}
    return [list(place(x)) for x in nest.flatten(structure)]


class _Rebuilding:
    """Makes layers, and repeats the calls between them."""

    def __init__(self) -> None:
        self.layers: dict[str, Any] = {}
        self.results: dict[tuple[str, int], list[Any]] = {}

    def tensor_at(self, place: Any) -> Any:
        name, call, index = place[:3]
        return self.results[name, call][index]

    def call_all(self, pending: dict[str, list[Any]]) -> None:
        """Repeat the calls, each as soon as its inputs are there."""
        done = dict.fromkeys(pending, 0)
        while any(done[name] < len(calls) for name, calls in pending.items()):
            progress = False
            for name, calls in pending.items():
                while done[name] < len(calls):
                    try:
                        args, kwargs = node_config.arguments(
                            calls[done[name]], self.tensor_at
                        )
                    except KeyError:
                        break  # an input is not there yet
                    outputs = self.layers[name](*args, **kwargs)
                    self.results[name, done[name]] = nest.flatten(outputs)
                    done[name] += 1
                    progress = True
            if not progress:
                raise ValueError(
                    "The model's configuration has calls whose inputs never come: "
                    f"{[n for n, c in pending.items() if done[n] < len(c)]}."
                )


def model_from_graph_config(
    cls: Any, config: dict[str, Any], custom_objects: Any
) -> Any:
    """Return the model that a configuration of a graph of layers describes."""
    from tensor.keras.layers.lookup import deserialize

    work = _Rebuilding()
    pending = {}
    with registration.custom_object_scope(custom_objects or {}):
        for row in config["layers"]:
            name = row.get("name") or row["config"]["name"]
            if "name" in row["config"]:
                row = {**row, "config": {**row["config"], "name": name}}
            layer = deserialize(row, custom_objects)
            work.layers[name] = layer
            if isinstance(layer, InputLayer):
                work.results[name, 0] = layer._inbound_nodes[0].flat_outputs
            else:
                pending[name] = row.get("inbound_nodes", [])
        work.call_all(pending)
    inputs = _structure(config["input_layers"], work.tensor_at)
    outputs = _structure(config["output_layers"], work.tensor_at)
    model = cls(inputs=inputs, outputs=outputs, name=config.get("name"))
    for (name, _), results in work.results.items():
        if isinstance(work.layers[name], AddLoss | AddMetric):
            model._add_to_graph(*results)
    if config.get("trainable") is False:
        model._trainable = False
    return model


def _structure(places: Any, tensor_at: Callable[[Any], Any]) -> Any:
    if isinstance(places, dict):
        return {k: tensor_at(v) for k, v in places.items()}
    if places and isinstance(places[0], str):
        return tensor_at(places)
    tensors = [tensor_at(p) for p in places]
    return tensors[0] if len(tensors) == 1 else tensors


def rebuilt(model: Any, clone: Any, input_tensors: Any, cls: Any) -> Any:
    """Return a model with the same calls between other layers."""
    graph = model._layer_graph
    copies: dict[int, Any] = {}
    values: dict[int, Any] = {}
    given = None if input_tensors is None else nest.flatten(input_tensors)
    for i, x in enumerate(graph.flat_inputs):
        if given is not None:
            values[id(x)] = given[i]
        else:
            layer = InputLayer.from_config(x._keras_history.layer.get_config())
            values[id(x)] = layer._inbound_nodes[0].outputs
    for node in graph.nodes:
        if id(node.flat_outputs[0]) in values:
            continue
        if id(node.layer) not in copies:
            copies[id(node.layer)] = clone(node.layer)
        args, kwargs = node.fill(values)
        results = nest.flatten(copies[id(node.layer)](*args, **kwargs))
        for x, y in zip(node.flat_outputs, results, strict=True):
            values[id(x)] = y
    new_inputs = nest.map_structure(lambda x: values[id(x)], graph.inputs)
    new_outputs = nest.map_structure(lambda x: values[id(x)], graph.outputs)
    twin = cls(inputs=new_inputs, outputs=new_outputs, name=model.name)
    twin._add_to_graph(*[values[id(x)] for x in graph.added])
    return twin
