"""Functional: a model that is a graph of layers, and its configuration."""

from __future__ import annotations

from typing import Any

from tensor.core import nest
from tensor.keras import serialization
from tensor.keras.engine.keras_tensor import KerasTensor
from tensor.keras.engine.model import Model


class Functional(Model):
    """A model made from inputs and outputs; `tf.keras.Model(inputs, outputs)`."""


def _node_key(layer: Any, index: int) -> tuple[int, int]:
    return id(layer), index


def graph_config(model: Any) -> dict[str, Any]:
    """Return the configuration of a model's graph of layers."""
    graph = model._layer_graph
    # Calls that are not part of this model do not count.
    kept: dict[tuple[int, int], int] = {}
    per_layer: dict[int, list[Any]] = {id(layer): [] for layer in graph.layers}
    used = {id(n) for n in graph.nodes}
    for layer in graph.layers:
        for node in layer._inbound_nodes:
            if id(node) in used:
                kept[_node_key(layer, node.index)] = len(per_layer[id(layer)])
                per_layer[id(layer)].append(node)

    def place(x: KerasTensor) -> list[Any]:
        layer, node_index, tensor_index = x._keras_history
        return [layer.name, kept.get(_node_key(layer, node_index), 0), tensor_index]

    layers = []
    for layer in graph.layers:
        config = serialization.serialize_keras_object(layer)
        config["name"] = layer.name
        config["inbound_nodes"] = [
            _call_config(node, place)
            for node in per_layer[id(layer)]
            if not node.is_input
        ]
        layers.append(config)
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _places(graph.inputs, place),
        "output_layers": _places(graph.outputs, place),
    }


def _places(structure: Any, place: Any) -> Any:
    if isinstance(structure, KerasTensor):
        return [place(structure)]
    return nest.map_structure(_Place, nest.map_structure(place_of(place), structure))


class _Place(list):  # type: ignore[type-arg]
    """A [layer name, call, result] that nest takes for a leaf."""


def place_of(place: Any) -> Any:
    """Return a function that gives places as leaves."""
    return lambda x: _Place(place(x))


def _call_config(node: Any, place: Any) -> Any:
    def encode(x: Any) -> Any:
        if isinstance(x, KerasTensor):
            return {"class_name": "__keras_tensor__", "config": place(x)}
        if isinstance(x, dict):
            return {k: encode(v) for k, v in x.items()}
        if isinstance(x, tuple):
            return {"class_name": "__tuple__", "items": [encode(v) for v in x]}
        if isinstance(x, list):
            return [encode(v) for v in x]
        if isinstance(x, slice):
            return {
                "class_name": "__slice__",
                "items": [encode(v) for v in (x.start, x.stop, x.step)],
            }
        if x is Ellipsis:
            return {"class_name": "__ellipsis__"}
        if hasattr(x, "numpy") or hasattr(x, "tolist"):
            array = x.numpy() if hasattr(x, "numpy") else x
            return {
                "class_name": "__array__",
                "dtype": array.dtype.name,
                "value": array.tolist(),
            }
        return serialization.plain(x)

    return {
        "args": [encode(x) for x in node.args],
        "kwargs": {k: encode(v) for k, v in node.kwargs.items() if v is not None},
    }
