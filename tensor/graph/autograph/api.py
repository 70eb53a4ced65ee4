"""tf.autograph: conversion on request."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from tensor.core.context import context
from tensor.core.public_api import export
from tensor.graph.autograph.calls import call, convert
from tensor.graph.autograph.convert import converted_source
from tensor.graph.autograph.options import features
from tensor.graph.autograph.source import SourceError
from tensor.graph.autograph.told import told


def converted_call(function: Any, args: Any, kwargs: Any, options: Any = None) -> Any:
    """Call a function of the user's, converted; errors tell the user's lines."""
    try:
        with features(options):
            return call(function, args, kwargs)
    except Exception as error:
        raise told(error) from None


def autographed(function: Any) -> Any:
    """Return what to call in the place of a function that users gave to the library.

    While a graph is traced this is the converted function, so that its control flow may
    depend on tensors; else, and for the library's own functions, the function itself.
    """
    if context.graph is None:
        return function
    converted = convert(function)
    return function if converted is None else converted


def _plain(entity: Any) -> Any:
    """Return the Python function behind a tf.function or bound method."""
    entity = getattr(entity, "python_function", entity)
    return inspect.unwrap(getattr(entity, "__func__", entity))


@export("autograph.to_graph")
def to_graph(
    entity: Any, recursive: bool = True, experimental_optional_features: Any = None
) -> Any:
    """Return a function converted so that its control flow may depend on tensors.

    Args:
        entity: A function or method.
        recursive: Accepted: functions that it calls are converted too.
        experimental_optional_features: Accepted for compatibility.

    Raises:
        ValueError: The source of the function is not available.
    """
    converted = convert(getattr(entity, "python_function", entity))
    if converted is None:
        raise ValueError(
            f"Entity {entity!r} could not be converted: its source is not available, "
            "or it belongs to a library. Define it in a file or a notebook cell."
        )
    return converted


@export("autograph.to_code")
def to_code(
    entity: Any, recursive: bool = True, experimental_optional_features: Any = None
) -> str:
    """Return the source of a function after conversion.

    Raises:
        ValueError: The source of the function is not available.
    """
    try:
        return converted_source(_plain(entity))
    except SourceError as error:
        raise ValueError(f"Entity {entity!r} could not be converted: {error}") from None


@export("autograph.experimental.do_not_convert")
def do_not_convert(func: Any = None) -> Any:
    """Decorate a function that AutoGraph is to call as it is."""
    if func is None:
        return do_not_convert

    @functools.wraps(func)
    def unconverted(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    unconverted.ag_do_not_convert = True  # type: ignore[attr-defined]
    return unconverted


@export("autograph.set_verbosity")
def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Accept TensorFlow's setting of how much AutoGraph logs; it logs warnings only."""


@export("autograph.trace")
def trace(*args: Any) -> None:
    """Print arguments while a function is being traced."""
    print(*args)  # noqa: T201  # what it is for
