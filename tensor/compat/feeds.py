"""What a session is given: arrays for tensors of its graph."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.compat.composite_values import parts_of
from tensor.core import nest
from tensor.core.convert import to_array
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.tensor import Tensor

if TYPE_CHECKING:
    from tensor.graph.program import Value
    from tensor.graph.trace import Graph


def fed_arrays(graph: Graph, feed_dict: Any) -> dict[Value, Any]:
    """Return what is fed, by the values it is fed for.

    Args:
        graph: The graph of the session.
        feed_dict: By tensor or name: arrays. By composite tensor: its value, or a tuple
            of its parts. A tuple of keys takes a tuple of what they take.

    Raises:
        TypeError: There is no dictionary; a key is no tensor of this graph; what is fed
            is a tensor, or does not fit the dtype.
        ValueError: What is fed does not fit the shape.
    """
    if not isinstance(feed_dict, Mapping):
        raise TypeError(
            "Argument `feed_dict` must be a dictionary, got "
            f"{type(feed_dict).__name__}."
        )
    found: dict[Value, Any] = {}
    for key, value in feed_dict.items():
        if isinstance(key, tuple):
            keys, values = nest.flatten(key), nest.flatten(value)
            found |= fed_arrays(graph, dict(zip(keys, values, strict=True)))
        elif isinstance(key, CompositeTensor):
            parts, given = key.composite_components(), parts_of(value)
            found |= fed_arrays(graph, dict(zip(parts, given, strict=True)))
        else:
            tensor = _tensor(graph, key)
            found[tensor._value] = _fitting(tensor, value)
    return found


def _tensor(graph: Graph, key: Any) -> Any:
    try:
        return graph.as_graph_element(key, allow_operation=False)
    except (KeyError, TypeError, ValueError) as error:
        raise TypeError(
            f"Cannot interpret feed_dict key as Tensor: {error.args[0]}"
        ) from None


def _fitting(tensor: Any, value: Any) -> Any:
    """Return what is fed as an array that fits a tensor."""
    if isinstance(value, Tensor):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values "
            "include Python scalars, strings, lists, or numpy ndarrays. For reference, "
            f"the tensor object was {value} which was passed to the feed with key "
            f"{tensor}."
        )
    array = _in_dtype(tensor, value)
    if not tensor.shape.is_compatible_with(np.shape(array)):
        raise ValueError(
            f"Cannot feed value of shape {np.shape(array)} for Tensor {tensor.name}, "
            f"which has shape {tensor.shape}"
        )
    return array


def _in_dtype(tensor: Any, value: Any) -> Any:
    """Return what is fed in the tensor's dtype, as NumPy converts it."""
    dtype, array = tensor.dtype, None
    if dtype.name == "string":
        return to_array(value, dtype)
    with contextlib.suppress(OverflowError):
        array = np.asarray(value, dtype.numpy_dtype)
    if array is None or (isinstance(value, int) and array != value):
        raise TypeError(
            f"Type of feed value {value} with type {type(value)} is not compatible "
            f"with Tensor type {dtype.as_numpy_dtype}. Try explicitly setting the type "
            "of the feed tensor to a larger type (e.g. int64)."
        )
    return array[()] if array.ndim == 0 else array
