"""TF1's functions that ask the default graph: for its collections, of its state."""

from __future__ import annotations

from typing import Any

from tensor.compat.session import get_default_graph
from tensor.core.context import context


def add_to_collection(name: Any, value: Any) -> None:
    """Add a value to a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names: Any, value: Any) -> None:
    """Add a value to several collections of the default graph."""
    get_default_graph().add_to_collections(names, value)


def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """Return a copy of a collection of the default graph.

    Args:
        key: The name of the collection.
        scope: What the names of its values begin with; others are left out.
    """
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key: Any) -> list[Any]:
    """Return a collection of the default graph itself."""
    return get_default_graph().get_collection_ref(key)


def executing_eagerly_outside_functions() -> bool:
    """Return whether ops run at once outside of functions that are traced."""
    graph = context.graph
    while graph is not None and graph.building_function:
        graph = graph.outer
    return graph is None
