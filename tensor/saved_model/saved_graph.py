"""The objects of a saved model: those of a checkpoint, and functions in containers."""

from __future__ import annotations

from typing import Any

from tensor.graph.concrete import ConcreteFunction
from tensor.graph.function import Function
from tensor.train.object_graph import ObjectGraph, is_container, members


class SavedGraph(ObjectGraph):
    """The objects reachable from a root, functions in lists and dictionaries too."""

    def _children(self, owner: Any) -> dict[str, Any]:
        found = super()._children(owner)
        if is_container(owner):
            own = members(owner)
            return {k: v for k, v in own.items() if k in found or _is_function(v)}
        own = getattr(owner, "__dict__", {})
        public = {k: v for k, v in own.items() if not k.startswith("_")}
        return {**found, **{k: v for k, v in public.items() if _holds_functions(v)}}


def _is_function(value: Any) -> bool:
    """Return whether something is a function, or a container of functions."""
    return isinstance(value, Function | ConcreteFunction) or _holds_functions(value)


def _holds_functions(value: Any) -> bool:
    return is_container(value) and any(map(_is_function, members(value).values()))
