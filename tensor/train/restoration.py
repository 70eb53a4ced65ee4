"""Restoring: saved values find their objects, now or when the objects come to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import errors, trackable
from tensor.core.log import get_logger
from tensor.core.variable import Variable
from tensor.graph.modes import init_scope
from tensor.train.object_graph import (
    GRAPH_KEY,
    ObjectGraph,
    TrackableObjectGraph,
    children_of,
    is_container,
    set_value,
    values_of,
)

if TYPE_CHECKING:
    from tensor.train.bundle import BundleReader


class Restoration:
    """One checkpoint on its way into a program's objects.

    Attributes:
        bound: For each saved object, by number, the program's object that has it.
    """

    def __init__(self, reader: BundleReader, root: Any) -> None:
        self.reader = reader
        self.root = root
        graph = TrackableObjectGraph.FromString(reader.read(GRAPH_KEY).item())
        self.nodes = graph.nodes
        self.bound: dict[int, Any] = {}
        self.used: set[tuple[int, str]] = set()
        self.is_partial_expected = False
        self.bind_now(root, 0)

    def bind(self, owner: Any, number: int) -> None:
        """Give `owner` the values of a saved object, and its children theirs.

        Children that `owner` does not have yet get theirs when they are attached.
        """
        known = self.bound.get(number, owner)
        # Containers may be made anew each time they are asked for: what counts is what
        # they hold.
        if known is not owner and not (is_container(known) and is_container(owner)):
            get_logger().warning(
                "Inconsistent references when loading the checkpoint into this object "
                "graph. For example, in the saved checkpoint object, two attributes "
                "refer to one object, which are two objects in this program: %r and "
                "%r.",
                owner,
                known,
            )
            return
        is_new = number not in self.bound
        self.bound[number] = owner
        if is_new:
            self._restore_values(owner, number)
        if not self._bind_children(owner, number) and not is_container(owner):
            trackable.wait(owner, lambda obj: self.bind_now(obj, number))

    def bind_now(self, owner: Any, number: int) -> None:
        """Bind outside any function being traced: what is read goes into variables."""
        with init_scope():
            self.bind(owner, number)

    def _restore_values(self, owner: Any, number: int) -> None:
        for attribute in self.nodes[number].attributes:
            if isinstance(owner, Variable) or hasattr(owner, "restore"):
                array = self.reader.read(attribute.checkpoint_key)
                self._check_dtype(owner, attribute.checkpoint_key, array)
                set_value(owner, attribute.name, array)
                self.used.add((number, attribute.name))
            elif hasattr(type(owner), "_restore_checkpoint_value"):
                value = self._value(attribute.checkpoint_key)
                set_value(owner, attribute.name, value)
                self.used.add((number, attribute.name))

    def _value(self, key: str) -> Any:
        """Return a value that is one array, or several whose keys begin alike."""
        if self.reader.has_tensor(key):
            return self.reader.read(key)
        names = [
            n for n in self.reader.get_variable_to_shape_map() if n.startswith(key)
        ]
        return {name.removeprefix(key): self.reader.read(name) for name in names}

    def _check_dtype(self, owner: Any, key: str, array: Any) -> None:
        if not isinstance(owner, Variable):
            return
        wanted = owner.dtype
        if wanted != array.dtype:
            raise errors.because(
                errors.InvalidArgumentError,
                f"tensor_name = {key}; expected dtype {wanted.name} does not equal "
                f"original dtype {array.dtype.name} [Op:RestoreV2]",
            )

    def _bind_children(self, owner: Any, number: int) -> bool:
        """Bind the children that are there; return whether all are."""
        present = children_of(owner)
        is_complete = True
        for child in self.nodes[number].children:
            part = present.get(child.local_name)
            if part is None:
                # An empty list may be there, and be filled later.
                is_complete = False
                continue
            self.bind(part, child.node_id)
            if is_container(part):
                is_complete &= self._is_complete(part, child.node_id)
        return is_complete

    def _is_complete(self, container: Any, number: int) -> bool:
        present = children_of(container)
        return all(
            child.local_name in present
            and (
                not is_container(present[child.local_name])
                or self._is_complete(present[child.local_name], child.node_id)
            )
            for child in self.nodes[number].children
        )

    # ---- what became of it

    def unused(self) -> list[tuple[int, str]]:
        """Return the saved values that no object has taken, as (number, attribute)."""
        return [
            (number, attribute.name)
            for number, node in enumerate(self.nodes)
            for attribute in node.attributes
            if (number, attribute.name) not in self.used
        ]

    def path_of(self, number: int) -> str:
        """Return how a saved object is reached, for messages."""
        paths: dict[int, str] = {0: "(root)"}
        for parent, node in enumerate(self.nodes):
            for child in node.children:
                if parent in paths:
                    paths.setdefault(
                        child.node_id, f"{paths[parent]}.{child.local_name}"
                    )
        return paths.get(number, f"node {number}")

    def unmatched_objects(self) -> list[Any]:
        """Return the program's objects with values that the checkpoint has not."""
        bound = {id(obj) for obj in self.bound.values()}
        return [
            obj
            for obj in ObjectGraph(self.root).objects
            if values_of(obj) and id(obj) not in bound
        ]


class LoadStatus:
    """What `restore` and `read` return: ask it whether everything found its place."""

    def __init__(self, restoration: Restoration) -> None:
        self._restoration = restoration

    def assert_consumed(self) -> LoadStatus:
        """Check that every saved value was used, and every object got its own.

        Raises:
            AssertionError: Something is left over on one side.
        """
        restoration = self._restoration
        self._bind_late()
        for number, attribute in restoration.unused():
            raise AssertionError(
                f"Unresolved object in checkpoint {restoration.path_of(number)}: its "
                f"{attribute} was restored to nothing. Build the model first, or call "
                f"expect_partial() if the program needs only part of the checkpoint. "
                f"{restoration.nodes[number]}"
            )
        self._check_objects(restoration.unmatched_objects())
        return self

    def assert_existing_objects_matched(self) -> LoadStatus:
        """Check that every object of the program got its values.

        Raises:
            AssertionError: The checkpoint has none for some.
        """
        self._bind_late()
        self._check_objects(self._restoration.unmatched_objects())
        return self

    def _check_objects(self, objects: list[Any]) -> None:
        if objects:
            raise AssertionError(
                f"Found {len(objects)} Python objects that were not bound to "
                f"checkpointed values, likely due to changes in the Python program. "
                f"Showing {min(10, len(objects))} of {len(objects)} unmatched "
                f"objects: {objects[:10]!r}"
            )

    def assert_nontrivial_match(self) -> LoadStatus:
        """Check that something beside the root got a value.

        Raises:
            AssertionError: Nothing did.
        """
        restoration = self._restoration
        self._bind_late()
        if not restoration.used and restoration.nodes[0].children:
            raise AssertionError(
                "Nothing except the root object matched a checkpointed value. "
                "Typically this means that the checkpoint does not match the Python "
                "program. The following objects have no matching checkpointed value: "
                f"{restoration.unmatched_objects()!r}"
            )
        return self

    def _bind_late(self) -> None:
        """Bind what was attached without a word, such as items appended to a list."""
        self._restoration.bind_now(self._restoration.root, 0)

    def expect_partial(self) -> LoadStatus:
        """Say that part of the checkpoint is not needed."""
        self._restoration.is_partial_expected = True
        return self

    def initialize_or_restore(self, session: Any = None) -> None:
        """Do nothing: values are restored at once, or when their objects come to be."""

    run_restore_ops = initialize_or_restore


class InitializationOnlyStatus:
    """What `restore(None)` returns: there is no checkpoint, nothing is restored."""

    def _nothing(self) -> None:
        raise AssertionError(
            "No checkpoint specified (save_path=None); nothing is being restored."
        )

    def assert_consumed(self) -> InitializationOnlyStatus:
        """Raise: nothing was restored."""
        self._nothing()
        return self

    assert_existing_objects_matched = assert_consumed
    assert_nontrivial_match = assert_consumed

    def expect_partial(self) -> InitializationOnlyStatus:
        """Do nothing."""
        return self

    def initialize_or_restore(self, session: Any = None) -> None:
        """Do nothing."""

    run_restore_ops = initialize_or_restore
