"""Lists that are attributes of a Checkpoint: what is appended gets its saved value."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, SupportsIndex

from tensor.core import trackable

if TYPE_CHECKING:
    from collections.abc import Iterable


class ListWrapper(list[Any]):
    """A list that tells its owner when it grows.

    A checkpoint may be restored before the list is filled: the values that were saved
    wait for the items.
    """

    def __init__(self, owner: Any, items: Iterable[Any]) -> None:
        super().__init__(items)
        self._owner = weakref.ref(owner)

    def _grown(self) -> None:
        owner = self._owner()
        if owner is not None:
            trackable.attached(owner)

    def append(self, item: Any) -> None:
        """Add an item, and give it the value that waits for it."""
        super().append(item)
        self._grown()

    def insert(self, index: SupportsIndex, item: Any) -> None:
        """Add an item before another, and give it the value that waits for it."""
        super().insert(index, item)
        self._grown()

    def extend(self, items: Iterable[Any]) -> None:
        """Add items, and give them the values that wait for them."""
        super().extend(items)
        self._grown()

    def __iadd__(self, items: Iterable[Any]) -> ListWrapper:  # type: ignore[misc]  # a list's own returns any list
        self.extend(items)
        return self

    def __setitem__(self, index: Any, item: Any) -> None:
        super().__setitem__(index, item)
        self._grown()

    def __repr__(self) -> str:
        return f"ListWrapper({super().__repr__()})"

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)
