"""The structure of a dataset's elements: tuples and dicts nest, lists are tensors.

In `tf.nest` a list nests; in `tf.data` it is a value to be made a tensor. Everything
else is alike: dicts are visited by sorted key, named tuples keep their class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tensor.core import nest


def is_nested(structure: Any) -> bool:
    """Return whether `structure` is a container of elements rather than one."""
    return type(structure) is tuple or (
        not isinstance(structure, list) and nest.is_nested(structure)
    )


def _children(structure: Any) -> list[Any]:
    if isinstance(structure, Mapping):
        return [structure[key] for key in sorted(structure)]
    if hasattr(structure, "__tf_flatten__"):
        return list(structure.__tf_flatten__()[1])
    if hasattr(type(structure), "__attrs_attrs__"):
        return [getattr(structure, a.name) for a in structure.__attrs_attrs__]
    return list(structure)


def flatten(structure: Any) -> list[Any]:
    """Return the leaves of `structure`."""
    if not is_nested(structure):
        return [structure]
    return [leaf for child in _children(structure) for leaf in flatten(child)]


def packer(structure: Any) -> Callable[[Any], Any]:
    """Return a function that puts a sequence of leaves into the shape of `structure`.

    Iterators pack every element alike, so the common shapes get a short function.
    """
    if not is_nested(structure):
        return lambda leaves: leaves[0]
    if type(structure) is tuple and not any(map(is_nested, structure)):
        return tuple
    return lambda leaves: _rebuild(structure, iter(leaves))


def pack(structure: Any, leaves: Any) -> Any:
    """Return `leaves` in the shape of `structure`."""
    return packer(structure)(leaves)


def _rebuild(structure: Any, leaves: Any) -> Any:
    if not is_nested(structure):
        return next(leaves)
    contents = [_rebuild(child, leaves) for child in _children(structure)]
    if isinstance(structure, Mapping):
        by_key = dict(zip(sorted(structure), contents, strict=True))
        ordered = [(key, by_key[key]) for key in structure]  # the user's order
        if hasattr(structure, "default_factory"):
            return type(structure)(structure.default_factory, ordered)  # type: ignore[call-arg]
        return type(structure)(ordered)  # type: ignore[call-arg]
    if hasattr(structure, "__tf_flatten__"):
        metadata, _ = structure.__tf_flatten__()
        return type(structure).__tf_unflatten__(metadata, tuple(contents))
    if hasattr(structure, "_fields") or hasattr(type(structure), "__attrs_attrs__"):
        return type(structure)(*contents)
    return tuple(contents)


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """Return `function` applied to corresponding leaves, in the first's shape."""
    flat = [flatten(s) for s in structures]
    return pack(structures[0], [function(*row) for row in zip(*flat, strict=True)])
