"""The graph of objects that a checkpoint saves, and the names it gives their values.

An object's children are what its attributes hold: variables, modules, iterators, and
lists and dictionaries of these. A value is saved under the shortest path of attribute
names from the root, so what matters is how objects hang together, not what they are
called. An object that keeps its parts otherwise defines `_checkpoint_children()`, a
dictionary from names to objects; one that has values other than a variable's defines
`_checkpoint_values()` and `_restore_checkpoint_value(name, array)`. A value may be
several arrays, a dictionary by what is added to its name in the file.
"""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

import numpy as np

from tensor.core.module import Module
from tensor.core.variable import Variable
from tensor.data.iterator import OwnedIterator
from tensor.io.field import Field
from tensor.io.message import Message
from tensor.io.plain_data import decode, encode

GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VARIABLE_VALUE = "VARIABLE_VALUE"
ITERATOR_STATE = "ITERATOR_STATE"

# Lists that modules keep about themselves; what is in them has a name elsewhere.
_BOOKKEEPING = frozenset(
    (
        "_self_tracked_trackables",
        "_trainable_weights",
        "_non_trainable_weights",
        "_metrics",
        "_inbound_nodes",
        "_outbound_nodes",
    )
)


class ObjectReference(Message):
    """A child: its number and the name its parent has for it."""

    fields = (Field(1, "node_id", "int32"), Field(2, "local_name", "string"))


class SerializedTensor(Message):
    """A saved value of an object."""

    fields = (
        Field(1, "name", "string"),
        Field(2, "full_name", "string"),
        Field(3, "checkpoint_key", "string"),
    )


class BoolValue(Message):
    """A boolean that may be absent."""

    fields = (Field(1, "value", "bool"),)


class TrackableObject(Message):
    """One object: its children and its values."""

    fields = (
        Field(1, "children", ObjectReference, repeated=True),
        Field(2, "attributes", SerializedTensor, repeated=True),
        Field(5, "has_checkpoint_values", BoolValue),
    )


class TrackableObjectGraph(Message):
    """All objects; the first is the root."""

    fields = (Field(1, "nodes", TrackableObject, repeated=True),)


def is_container(value: Any) -> bool:
    """Return whether `value` only holds others: a list, tuple or dictionary."""
    return isinstance(value, list | tuple | Mapping)


def is_trackable(value: Any) -> bool:
    """Return whether `value` has a place in a checkpoint."""
    return (
        isinstance(value, Variable | Module | OwnedIterator)
        or hasattr(type(value), "_checkpoint_children")
        or hasattr(type(value), "_checkpoint_values")
        or (is_container(value) and any(map(is_trackable, members(value).values())))
    )


def members(container: Any) -> dict[str, Any]:
    """Return what a container holds, by name: keys, or positions."""
    if isinstance(container, Mapping):
        return {str(k): v for k, v in container.items() if isinstance(k, str | int)}
    return {str(i): v for i, v in enumerate(container)}


def children_of(owner: Any) -> dict[str, Any]:
    """Return the trackable parts of an object, by name."""
    if is_container(owner):
        found = members(owner)
    elif hasattr(type(owner), "_checkpoint_children"):
        found = owner._checkpoint_children()
    elif isinstance(owner, Module):
        found = {
            name: value
            for name, value in sorted(vars(owner).items())
            if name not in _BOOKKEEPING
        }
    else:
        return {}
    return {name: value for name, value in found.items() if is_trackable(value)}


def values_of(owner: Any) -> dict[str, Any]:
    """Return what is to be saved of an object itself, as arrays by name."""
    if hasattr(type(owner), "_checkpoint_values"):
        return owner._checkpoint_values()  # type: ignore[no-any-return]
    if isinstance(owner, Variable):
        return {VARIABLE_VALUE: owner.read_array()}
    if isinstance(owner, OwnedIterator):
        return {ITERATOR_STATE: np.array(encode(owner.save()), object)}
    return {}


def set_value(owner: Any, name: str, array: Any) -> None:
    """Give an object a value that was saved of it.

    Raises:
        ValueError: A variable has another shape.
    """
    if hasattr(type(owner), "_restore_checkpoint_value"):
        owner._restore_checkpoint_value(name, array)
    elif isinstance(owner, OwnedIterator):
        owner.restore(decode(np.asarray(array).item()))
    else:
        shape = owner.shape
        if not shape.is_compatible_with(array.shape):
            raise ValueError(
                f"Received incompatible tensor with shape {array.shape} when "
                f"attempting to restore variable with shape {shape} and name "
                f"{owner.name}. Does the checkpoint belong to this model?"
            )
        owner.assign(array[()] if array.shape == () else array)


def escaped(name: str) -> str:
    """Return an attribute's name as a part of a key: `/` separates parts."""
    return name.replace(".", "..").replace("/", ".S")


class ObjectGraph:
    """The objects reachable from a root, breadth first.

    Attributes:
        objects: The objects; their positions are their numbers.
        paths: For each, the names that lead to it from the root.
        edges: For each, its children as pairs of a name and a number.
    """

    def __init__(self, root: Any) -> None:
        self.objects: list[Any] = [root]
        self.paths: list[tuple[str, ...]] = [()]
        self.edges: list[list[tuple[str, int]]] = []
        numbers = {id(root): 0}
        queue = collections.deque([0])
        while queue:
            number = queue.popleft()
            edges = []
            for name, child in self._children(self.objects[number]).items():
                known = numbers.get(id(child))
                if known is None:
                    known = numbers[id(child)] = len(self.objects)
                    self.objects.append(child)
                    self.paths.append((*self.paths[number], name))
                    queue.append(known)
                edges.append((name, known))
            self.edges.append(edges)

    def _children(self, owner: Any) -> dict[str, Any]:
        """Return the parts of an object, by name."""
        return children_of(owner)

    def save(self) -> dict[str, Any]:
        """Return everything to be stored, by key, the description of the graph too."""
        tensors: dict[str, Any] = {}
        graph = TrackableObjectGraph()
        for owner, path, edges in zip(
            self.objects, self.paths, self.edges, strict=True
        ):
            node = graph.nodes.add()
            for name, number in edges:
                node.children.add(node_id=number, local_name=name)
            prefix = "/".join([*map(escaped, path), ".ATTRIBUTES"])
            for attribute, value in values_of(owner).items():
                key = f"{prefix}/{attribute}"
                parts = value if isinstance(value, dict) else {"": value}
                tensors |= {f"{key}{suffix}": part for suffix, part in parts.items()}
                full_name = getattr(owner, "_shared_name", "")
                node.attributes.add(
                    name=attribute, full_name=full_name, checkpoint_key=key
                )
        _mark_values(graph)
        tensors[GRAPH_KEY] = np.array(graph.SerializeToString(), object)
        return tensors


def _mark_values(graph: TrackableObjectGraph) -> None:
    """Note on each node whether it or something below it has values."""
    has_values = [bool(node.attributes) for node in graph.nodes]
    changed = True
    while changed:
        changed = False
        for number, node in enumerate(graph.nodes):
            if not has_values[number] and any(
                has_values[child.node_id] for child in node.children
            ):
                has_values[number] = changed = True
    for node, has in zip(graph.nodes, has_values, strict=True):
        node.has_checkpoint_values = BoolValue(value=has)
