"""Views: what hangs together in a checkpoint, and in the objects of a program."""

from __future__ import annotations

import os
from typing import Any

from tensor.core.public_api import export
from tensor.train.bundle import BundleReader
from tensor.train.object_graph import (
    GRAPH_KEY,
    ObjectGraph,
    TrackableObjectGraph,
    children_of,
    is_trackable,
)


@export("train.TrackableView")
class TrackableView:
    """The trackable objects that are reached from one."""

    def __init__(self, root: Any) -> None:
        self._root = root

    @property
    def root(self) -> Any:
        """The object to begin with."""
        return self._root

    @classmethod
    def children(cls, obj: Any) -> dict[str, Any]:
        """Return the trackable parts of an object, by name."""
        return children_of(obj)

    def descendants(self) -> list[Any]:
        """Return the objects, breadth first."""
        return ObjectGraph(self._root).objects


@export("train.CheckpointView")
class CheckpointView:
    """The objects that a checkpoint saved, by number; the first is the root."""

    def __init__(self, save_path: Any) -> None:
        reader = BundleReader(os.fspath(save_path))
        graph = TrackableObjectGraph.FromString(reader.read(GRAPH_KEY).item())
        self._nodes = graph.nodes

    def children(self, node_id: int) -> dict[str, int]:
        """Return the numbers of an object's parts, by name."""
        return {c.local_name: c.node_id for c in self._nodes[node_id].children}

    def descendants(self) -> list[int]:
        """Return the numbers of all objects, breadth first."""
        found = [0]
        for number in found:  # grows while it is read
            for child in self.children(number).values():
                if child not in found:
                    found.append(child)
        return found

    def match(self, obj: Any) -> dict[int, Any]:
        """Return the program's objects for the saved ones, where names agree.

        Args:
            obj: The program's object for the root.

        Raises:
            ValueError: It is not trackable.
        """
        if not is_trackable(obj):
            raise ValueError(f"Expected a Trackable, got {obj} of type {type(obj)}.")
        matched = {0: obj}
        queue = [0]
        for number in queue:  # grows while it is read
            parts = children_of(matched[number])
            for name, child in self.children(number).items():
                if name in parts and child not in matched:
                    matched[child] = parts[name]
                    queue.append(child)
        return matched

    def diff(self, obj: Any) -> tuple[dict[int, Any], list[int], list[Any]]:
        """Return what `match` does, the numbers and the objects without a partner."""
        matched = self.match(obj)
        partners = {id(found) for found in matched.values()}
        only_saved = [n for n in self.descendants() if n not in matched]
        only_here = [o for o in ObjectGraph(obj).objects if id(o) not in partners]
        return matched, only_saved, only_here
