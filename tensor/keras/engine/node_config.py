"""Calls of layers on Keras tensors, as configurations of models write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.core import nest
from tensor.keras import serialization
from tensor.keras.engine.keras_tensor import KerasTensor, Node
from tensor.keras.engine.op_layer import TFOpLambda

if TYPE_CHECKING:
    from collections.abc import Callable

# What stands for the layer's name where a first argument is no Keras tensor.
_CONSTANT = "_CONSTANT_VALUE"


def call_config(node: Node, place: Callable[[KerasTensor], Any]) -> Any:
    """Return the configuration of a call, in Keras's form.

    The first argument stands in its structure; in the place of each Keras tensor is a
    row of the layer that makes it, the number of its call, that of the result, and the
    other arguments by name.

    Args:
        node: The call.
        place: Gives layer, call and result of a Keras tensor.

    Raises:
        TypeError: JSON cannot hold an argument.
    """
    if isinstance(node.layer, TFOpLambda):

        def named(x: KerasTensor) -> Any:
            return {"class_name": "__keras_tensor__", "config": list(place(x))}

        return {
            "args": [_encoded(x, named) for x in node.args],
            "kwargs": {k: _encoded(v, named) for k, v in node.kwargs.items()},
        }
    names = node.layer._signature.names[1:]
    others = {**dict(zip(names, node.args[1:], strict=False)), **node.kwargs}
    passed = {k: v for k, v in others.items() if v is not None}
    kwargs = {k: _encoded(v, lambda x: list(place(x))) for k, v in passed.items()}
    try:
        json.dumps(kwargs)
    except TypeError:
        types = nest.map_structure(type, passed)
        raise TypeError(
            f"Layer {node.layer.name} was passed non-JSON-serializable arguments. "
            f"Arguments had types: {types}. They cannot be serialized out when saving "
            "the model."
        ) from None

    def row(x: Any) -> Any:
        if isinstance(x, KerasTensor):
            return [*place(x), kwargs]
        return [_CONSTANT, -1, np.asarray(x).tolist() if x is not None else x, kwargs]

    rows = nest.map_structure(row, node.args[0])
    return [rows] if isinstance(node.args[0], KerasTensor) else rows


def arguments(call: Any, tensor_at: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Return the arguments of a call, given its configuration.

    Args:
        call: What `call_config` returned.
        tensor_at: Gives the Keras tensor of a layer, call and result; raises KeyError
            if it is not there yet.
    """
    if isinstance(call, dict) and "args" in call:
        args = [_decoded(x, tensor_at) for x in call["args"]]
        kwargs = {k: _decoded(v, tensor_at) for k, v in call["kwargs"].items()}
        return args, kwargs
    others: dict[str, Any] = {}

    def value(x: Any) -> Any:
        if isinstance(x, dict):
            return {k: value(v) for k, v in x.items()}
        if not _is_row(x):
            return [value(v) for v in x]
        if len(x) > 3:
            others.update(x[3])
        return x[2] if x[0] == _CONSTANT else tensor_at(x[:3])

    first = value([call] if _is_row(call) else call)
    if isinstance(first, list) and len(first) == 1:
        first = first[0]
    kwargs = {k: _decoded(v, tensor_at) for k, v in others.items()}
    return [first], kwargs


def _is_row(x: Any) -> bool:
    """Return whether this is [layer, call, result], or that with arguments."""
    return (
        isinstance(x, list | tuple)
        and len(x) in (3, 4)
        and isinstance(x[0], str)
        and isinstance(x[1], int)
    )


def _encoded(x: Any, place: Callable[[KerasTensor], Any]) -> Any:
    """Return an argument of a call as something that JSON can hold."""
    if isinstance(x, KerasTensor):
        return place(x)
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
    if isinstance(x, list | tuple):
        if _is_row(x) and len(x) == 3:
            return tensor_at(x)
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
