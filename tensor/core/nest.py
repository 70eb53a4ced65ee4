"""tf.nest: values inside lists, tuples, dicts, named tuples and dataclasses.

Dictionaries are visited in sorted order of their keys, so that two dictionaries with
the same content flatten alike. `None` is a leaf. Composite tensors (IndexedSlices,
ragged …) are leaves too, unless `expand_composites` is set.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tensor.core.public_api import export


def is_namedtuple(value: Any) -> bool:
    """Return whether `value` is an instance of a named tuple."""
    return isinstance(value, tuple) and hasattr(value, "_fields")


@export("nest.is_nested")
def is_nested(structure: Any) -> bool:
    """Return whether `structure` is a container rather than a leaf."""
    return (
        isinstance(structure, list | tuple | Mapping | range)
        or hasattr(structure, "__tf_flatten__")
        or isinstance(structure, collections.deque)
        or _is_attrs(structure)
    )


def _is_attrs(value: Any) -> bool:
    return hasattr(type(value), "__attrs_attrs__")


def sorted_keys(mapping: Mapping[Any, Any]) -> list[Any]:
    """Return the keys in the order in which values are visited.

    Raises:
        TypeError: The keys cannot be sorted.
    """
    try:
        return sorted(mapping)
    except TypeError:
        raise TypeError(
            f"nest only supports dicts with sortable keys, got {list(mapping)!r}."
        ) from None


def children(structure: Any) -> Iterable[Any]:
    """Return what a container holds, in the order in which it is visited."""
    if isinstance(structure, Mapping):
        return [structure[k] for k in sorted_keys(structure)]
    if hasattr(structure, "__tf_flatten__"):
        return structure.__tf_flatten__()[1]  # type: ignore[no-any-return]
    if _is_attrs(structure):
        return [getattr(structure, a.name) for a in structure.__attrs_attrs__]
    return structure  # type: ignore[no-any-return]


def rebuilt(structure: Any, values: list[Any]) -> Any:
    """Return `values` in a container of the kind of `structure`."""
    if isinstance(structure, Mapping):
        by_key = dict(zip(sorted_keys(structure), values, strict=True))
        if isinstance(structure, collections.defaultdict):
            result: Any = type(structure)(structure.default_factory)
        else:
            result = None
        ordered = [(k, by_key[k]) for k in structure]  # keep the order of insertion
        if result is not None:
            result.update(ordered)
            return result
        try:
            return type(structure)(ordered)  # type: ignore[call-arg]
        except TypeError:
            return dict(ordered)
    if is_namedtuple(structure):
        return type(structure)(*values)
    if hasattr(structure, "__tf_flatten__"):
        metadata, _ = structure.__tf_flatten__()
        return type(structure).__tf_unflatten__(metadata, tuple(values))
    if _is_attrs(structure):
        return type(structure)(*values)
    if type(structure) in (list, tuple):
        return type(structure)(values)
    try:
        return type(structure)(values)
    except TypeError:
        return list(values) if isinstance(structure, list) else tuple(values)


def _expands(value: Any, expand_composites: bool) -> bool:
    return expand_composites and hasattr(value, "composite_components")


@export("nest.flatten")
def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """Return the leaves of `structure` as a list.

    Raises:
        TypeError: A dictionary has keys that cannot be sorted.
    """
    if hasattr(structure, "_track_id"):
        return [structure]  # a tensor or variable: by far the most frequent leaf
    if type(structure) is list or type(structure) is tuple or is_nested(structure):
        result: list[Any] = []
        _flatten_into(structure, expand_composites, result)
        return result
    if _expands(structure, expand_composites):
        return list(structure.composite_components())
    return [structure]


def _flatten_into(structure: Any, expand_composites: bool, result: list[Any]) -> None:
    for child in children(structure):
        if is_nested(child):
            _flatten_into(child, expand_composites, result)
        elif _expands(child, expand_composites):
            result.extend(child.composite_components())
        else:
            result.append(child)


@export("nest.pack_sequence_as")
def pack_sequence_as(
    structure: Any, flat_sequence: Any, expand_composites: bool = False
) -> Any:
    """Return the leaves `flat_sequence` in the shape of `structure`.

    Raises:
        TypeError: `flat_sequence` is not a sequence.
        ValueError: The number of leaves differs.
    """
    if type(flat_sequence) is not list and not is_nested(flat_sequence):
        raise TypeError(
            f"Attempted to pack value:\n  {flat_sequence!r}\ninto a structure, but "
            "found "
            f"incompatible type `{type(flat_sequence)}` instead."
        )
    flat = list(flat_sequence)
    if hasattr(structure, "_track_id") and len(flat) == 1:
        return flat[0]
    leaves_there = flatten(structure, expand_composites)
    if len(flat) != 1 and leaves_there[:1] and leaves_there[0] is structure:
        raise ValueError(
            f"The target structure is of type `{type(structure)}`\n  {structure!r}\n"
            f"However the input is a sequence ({type(flat_sequence)}) of length "
            f"{len(flat)}.\n  {flat_sequence!r}\nnest cannot guarantee that it is safe "
            "to map one to the other."
        )
    expected = len(leaves_there)
    if expected != len(flat):
        raise ValueError(
            f"Could not pack sequence. Structure had {expected} atoms, but "
            f"flat_sequence had {len(flat)} items. Structure: {structure!r}, "
            f"flat_sequence: {flat!r}."
        )
    leaves = iter(flat)
    return _pack(structure, leaves, expand_composites)


def _pack(structure: Any, leaves: Any, expand_composites: bool) -> Any:
    if is_nested(structure):
        packed = [_pack(c, leaves, expand_composites) for c in children(structure)]
        return rebuilt(structure, packed)
    if _expands(structure, expand_composites):
        parts = [next(leaves) for _ in structure.composite_components()]
        return structure.composite_from(parts)
    return next(leaves)


@export("nest.map_structure")
def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Return `func` applied to corresponding leaves, in the first's structure.

    Args:
        func: Takes one leaf from each structure.
        *structure: One or more structures of the same shape.
        **kwargs: `check_types=True` demands equal container types;
            `expand_composites=False` keeps composite tensors whole.

    Raises:
        TypeError: `func` is not callable, or (check_types) container types differ.
        ValueError: No structure was given, or their shapes differ.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func!r}")
    if not structure:
        raise ValueError(
            "Must provide at least one structure after the function, got none."
        )
    check_types = kwargs.pop("check_types", True)
    expand_composites = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, "
            f"not: `{'`, `'.join(kwargs)}`"
        )
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand_composites)
    flat = [flatten(s, expand_composites) for s in structure]
    results = [func(*leaves) for leaves in zip(*flat, strict=True)]
    return pack_sequence_as(structure[0], results, expand_composites)


@export("nest.assert_same_structure")
def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Check that two structures nest alike.

    Raises:
        ValueError: They have different shapes.
        TypeError: `check_types` is set and a pair of containers differs in type.
    """
    try:
        _assert_same(nest1, nest2, check_types, expand_composites)
    except (ValueError, TypeError) as error:
        raise type(error)(
            f"The two structures don't have the same nested structure.\n\n"
            f"First structure: type={type(nest1).__name__} str={nest1!s}\n\n"
            f"Second structure: type={type(nest2).__name__} str={nest2!s}\n\n"
            f"More specifically: {error}\n"
            f"Entire first structure:\n{_outline(nest1)}\n"
            f"Entire second structure:\n{_outline(nest2)}"
        ) from None


class _Dot:
    """A leaf in the outline of a structure."""

    def __repr__(self) -> str:
        return "."


def _outline(structure: Any) -> str:
    dots = [_Dot()] * len(flatten(structure))
    return str(pack_sequence_as(structure, dots))


def _assert_same(x: Any, y: Any, check_types: bool, expand_composites: bool) -> None:
    holds = [is_nested(v) or _expands(v, expand_composites) for v in (x, y)]
    if holds[0] != holds[1]:
        nested, leaf = (x, y) if holds[0] else (y, x)
        raise ValueError(
            f'Substructure "type={type(nested).__name__} str={nested!s}" is a sequence'
            f', while substructure "type={type(leaf).__name__} str={leaf!s}" is not'
        )
    if not is_nested(x):
        if holds[0]:
            _assert_same_composites(x, y)
        return
    if check_types and not _same_container(x, y):
        raise TypeError(
            "The two namedtuples don't have the same sequence type. "
            if is_namedtuple(x) and is_namedtuple(y)
            else "The two structures don't have the same sequence type. "
            f"First structure has type {type(x).__name__}, while second structure has "
            f"type {type(y).__name__}."
        )
    if isinstance(x, Mapping) and isinstance(y, Mapping) and set(x) != set(y):
        raise ValueError(
            "The two dictionaries don't have the same set of keys. First structure has "
            f"keys {list(x)}, while second structure has keys {list(y)}"
        )
    first, second = list(children(x)), list(children(y))
    if len(first) != len(second):
        raise ValueError(
            "The two structures don't have the same number of elements. First "
            f"structure: {x}. Second structure: {y}"
        )
    for a, b in zip(first, second, strict=True):
        _assert_same(a, b, check_types, expand_composites)


def _assert_same_composites(x: Any, y: Any) -> None:
    first, second = (getattr(v, "_type_spec", None) for v in (x, y))
    if first is None and type(x) is type(y):
        return
    if first is None or first.most_specific_common_supertype([second]) is None:
        raise ValueError(
            f"Incompatible CompositeTensor TypeSpecs: type={type(first).__name__} "
            f"str={first} vs. type={type(second).__name__} str={second}"
        )


def _same_container(x: Any, y: Any) -> bool:
    if is_namedtuple(x) and is_namedtuple(y):
        return type(x).__name__ == type(y).__name__ and x._fields == y._fields
    if isinstance(x, Mapping) and isinstance(y, Mapping):
        return True
    if isinstance(x, list) and isinstance(y, list):
        return True
    if type(x) is tuple and type(y) is tuple:
        return True
    return type(x) is type(y)
