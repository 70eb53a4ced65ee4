"""Weights in HDF5 as older versions of Keras lay them out: a group for each layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.log import get_logger

_TOP = "top_level_model_weights"


def save(model: Any, group: Any) -> None:
    """Write a model's weights into an HDF5 group.

    Raises:
        NotImplementedError: A layer has learned what the format has no place for.
    """
    layers = model.layers
    for layer in model._flatten_layers():
        if getattr(layer, "_has_learned_vocabulary", False):
            raise NotImplementedError(
                f"The layer {layer.name!r} has learned a vocabulary, which h5 files "
                "have no place for. Save in a `.keras` file or a folder, or pass "
                "`vocabulary=` when making the layer."
            )
    group.attrs["layer_names"] = _names([layer.name for layer in layers])
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.15.0"
    for layer in layers:
        _save_weights(group.create_group(layer.name), _weights(layer))
    own = model._trainable_weights + model._non_trainable_weights
    _save_weights(group.create_group(_TOP), own)


def _names(names: list[str]) -> Any:
    return np.array([n.encode() for n in names]) if names else np.array([], "S1")


def _weights(layer: Any) -> list[Any]:
    """Return a layer's weights in the order of the file: trained ones first."""
    return list(layer.trainable_weights) + list(layer.non_trainable_weights)


def _save_weights(group: Any, weights: list[Any]) -> None:
    group.attrs["weight_names"] = _names([w.name for w in weights])
    for weight in weights:
        group.create_dataset(weight.name, data=weight.numpy())


def _load_values(group: Any) -> list[Any]:
    names = [_text(n) for n in group.attrs["weight_names"]]
    return [np.asarray(group[name]) for name in names]


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def load(model: Any, group: Any) -> None:
    """Read a model's weights from an HDF5 group, layer by layer in order.

    Raises:
        ValueError: The numbers of layers or weights, or shapes, differ.
    """
    layers = [layer for layer in model.layers if _weights(layer)]
    names = [_text(n) for n in group.attrs["layer_names"]]
    saved = [n for n in names if len(group[n].attrs["weight_names"])]
    if len(saved) != len(layers):
        raise ValueError(
            "Layer count mismatch when loading weights from file. Model expected "
            f"{len(layers)} layers, found {len(saved)} saved layers."
        )
    for layer, name in zip(layers, saved, strict=True):
        _assign(_weights(layer), _load_values(group[name]), f'"{layer.name}"')
    if _TOP in group:
        own = model._trainable_weights + model._non_trainable_weights
        _assign(own, _load_values(group[_TOP]), f'"{_TOP}"')


def load_by_name(model: Any, group: Any, skip_mismatch: bool = False) -> None:
    """Read the weights of the layers whose names are in an HDF5 group.

    Raises:
        ValueError: A layer's weights differ, and that is not to be skipped.
    """
    by_name = {layer.name: layer for layer in model.layers}
    for i, name in enumerate(_text(n) for n in group.attrs["layer_names"]):
        layer = by_name.get(name)
        if layer is None:
            continue
        what = f"#{i} (named {name})"
        try:
            _assign(_weights(layer), _load_values(group[name]), what)
        except ValueError as error:
            if not skip_mismatch:
                raise
            get_logger().warning("Skipping loading of weights: %s", error)


def _assign(variables: list[Any], values: list[Any], name: str) -> None:
    if len(variables) != len(values):
        raise ValueError(
            f"Weight count mismatch for layer {name}. Layer expects "
            f"{len(variables)} weight(s). Received {len(values)} saved weight(s)"
        )
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape.as_list()) != value.shape:
            raise ValueError(
                f"Shape mismatch in layer {name} for weight {variable.name}. Weight "
                f"expects shape {tuple(variable.shape)}. Received saved weight with "
                f"shape {value.shape}"
            )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def save_optimizer(optimizer: Any, file: Any) -> None:
    """Write an optimizer's variables into an HDF5 file."""
    group = file.create_group("optimizer_weights")
    own = {id(optimizer.iterations)}
    names = [
        v.name if id(v) in own else f"{optimizer.name}/{v.name}"
        for v in optimizer.variables
    ]
    group.attrs["weight_names"] = _names(names)
    for name, variable in zip(names, optimizer.variables, strict=True):
        group.create_dataset(name, data=variable.numpy())


def load_optimizer(model: Any, file: Any) -> None:
    """Read an optimizer's variables from an HDF5 file, if they are there."""
    if "optimizer_weights" not in file:
        return
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    values = _load_values(file["optimizer_weights"])
    if len(values) == len(optimizer.variables):
        optimizer.set_weights(values)
