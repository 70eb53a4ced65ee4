"""Errors inside a layer's `call`, told with the layer and what it was called with."""

from __future__ import annotations

import inspect
from typing import Any

from tensor.core import nest
from tensor.core.errors import OpError
from tensor.core.tensor import Tensor


def in_layer(
    error: Exception, layer: Any, quote: str, args: Any, kwargs: Any
) -> Exception:
    """Return the error with a text that names the layer and the arguments of its call.

    Only the innermost layer that fails is named.

    Args:
        error: What `layer.call` raised.
        layer: The layer.
        quote: What goes around its name: Keras writes '…' for calls with values, "…"
            for calls on Keras tensors.
        args: What `call` was given.
        kwargs: What it was given by name.
    """
    if hasattr(error, "_keras_call_info_injected"):
        return error
    signature = inspect.signature(layer.call)
    try:
        passed = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return error  # `call` takes no such arguments, and says so
    if not signature.parameters:
        return error
    rows = [
        f"  • {name}={_shown(passed[name]) if name in passed else parameter.default}"
        for name, parameter in signature.parameters.items()
    ]
    who = f"layer {quote}{layer.name}{quote} (type {type(layer).__name__})"
    text = (
        f"Exception encountered when calling {who}.\n\n{_message(error)}\n\n"
        f"Call arguments received by {who}:\n" + "\n".join(rows)
    )
    told = _with_message(error, text)
    told.__dict__.update(error.__dict__, _keras_call_info_injected=True)
    if isinstance(told, OpError):
        told.message = text
    return told.with_traceback(error.__traceback__)


def _message(error: Exception) -> Any:
    if isinstance(error, OpError):
        return error.message
    return error.args[0] if error.args else ""


def _with_message(error: Exception, text: str) -> Exception:
    """Return an exception of its class, or a RuntimeError if that takes no text."""
    if isinstance(error, OpError):
        return type(error)(error.node_def, error.op, text)
    try:
        return type(error)(text)
    except TypeError:
        return RuntimeError(text)


def _shown(value: Any) -> Any:
    """Return an argument as the text shows it: tensors by shape and dtype."""
    return nest.map_structure(_shown_leaf, value)


def _shown_leaf(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"tf.Tensor(shape={value.shape}, dtype={value.dtype.name})"
    return repr(value)
