"""Functional: a model that is a graph of layers, and its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core import nest
from tensor.keras import registration, serialization
from tensor.keras.engine.input_layer import InputLayer
from tensor.keras.engine.keras_tensor import KerasTensor, Node
from tensor.keras.engine.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable


class Functional(Model):
    """A model made from inputs and outputs; `tf.keras.Model(inputs, outputs)`."""


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
            _call_config(n, place) for n in calls[layer.name] if not n.is_input
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


def _call_config(node: Node, place: Callable[[KerasTensor], _Place]) -> Any:
    """Return a layer's call: in Keras's short form where that can say it."""
    kwargs = {k: v for k, v in node.kwargs.items() if v is not None}
    if len(node.args) == 1 and not kwargs and _is_flat(node.args[0]):
        inputs = node.args[0]
        rows = inputs if isinstance(inputs, list | tuple) else [inputs]
        return [[*place(x), {}] for x in rows]
    return {
        "args": [_encoded(x, place) for x in node.args],
        "kwargs": {k: _encoded(v, place) for k, v in kwargs.items()},
    }


def _is_flat(inputs: Any) -> bool:
    if isinstance(inputs, KerasTensor):
        return True
    return (
        type(inputs) is list
        and len(inputs) > 1
        and all(isinstance(x, KerasTensor) for x in inputs)
    )


def _encoded(x: Any, place: Callable[[KerasTensor], _Place]) -> Any:
    """Return an argument of a call as something that JSON can hold."""
    if isinstance(x, KerasTensor):
        return {"class_name": "__keras_tensor__", "config": list(place(x))}
    if isinstance(x, dict):
        return {k: _encoded(v, place) for k, v in x.items()}
    if isinstance(x, tuple):
        items = [_encoded(v, place) for v in x]
        return {"class_name": "__tuple__", "items": items}
    if isinstance(x, list):
        return [_encoded(v, place) for v in x]
    if isinstance(x, slice):
        parts = [_encoded(v, place) for v in (x.start, x.stop, x.step)]
        return {"class_name": "__slice__", "items": parts}
    if x is Ellipsis:
        return {"class_name": "__ellipsis__"}
    if isinstance(x, tf.DType):
        return {"class_name": "__dtype__", "name": x.name}
    if isinstance(x, tf.Tensor | np.ndarray):
        array = np.asarray(x)
        return {
            "class_name": "__array__",
            "dtype": array.dtype.name,
            "value": array.tolist(),
        }
    return serialization.plain(x)


def _decoded(x: Any, tensor_at: Callable[[Any], Any]) -> Any:
    """Return what `_encoded` was given, Keras tensors looked up."""
    if isinstance(x, list):
        return [_decoded(v, tensor_at) for v in x]
    if not isinstance(x, dict):
        return x
    kind = x.get("class_name")
    if kind == "__keras_tensor__":
        return tensor_at(x["config"])
    if kind == "__tuple__":
        return tuple(_decoded(v, tensor_at) for v in x["items"])
    if kind == "__slice__":
        return slice(*[_decoded(v, tensor_at) for v in x["items"]])
    if kind == "__ellipsis__":
        return Ellipsis
    if kind == "__dtype__":
        return tf.as_dtype(x["name"])
    if kind == "__array__":
        return tf.constant(np.array(x["value"], dtype=x["dtype"]))
    return {k: _decoded(v, tensor_at) for k, v in x.items()}


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
                        args, kwargs = self._arguments(calls[done[name]])
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

    def _arguments(self, call: Any) -> tuple[list[Any], dict[str, Any]]:
        if isinstance(call, dict):
            args = [_decoded(x, self.tensor_at) for x in call["args"]]
            kwargs = {k: _decoded(v, self.tensor_at) for k, v in call["kwargs"].items()}
            return args, kwargs
        if call and isinstance(call[0], str):
            call = [call]
        tensors = [self.tensor_at(row) for row in call]
        kwargs = dict(call[0][3]) if len(call[0]) > 3 else {}
        return [tensors[0] if len(tensors) == 1 else tensors], kwargs


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
    return cls(inputs=new_inputs, outputs=new_outputs, name=model.name)
