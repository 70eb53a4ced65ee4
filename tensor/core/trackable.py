"""Which objects wait for values from a checkpoint that was restored before them.

`Checkpoint.restore` may run before a model has its variables. What the checkpoint holds
for them waits here, under the object that will get them, until something is attached to
that object: `Module.__setattr__` asks, and so does whoever adds variables in another
way (an optimizer that appends slots to a list) by calling `attached(self)`.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# id of an object -> (the object, what to do when something is attached to it)
waiting: dict[int, tuple[weakref.ref[Any], list[Callable[[Any], None]]]] = {}


def wait(owner: Any, bind: Callable[[Any], None]) -> None:
    """Call `bind(owner)` once, when something is attached to `owner`."""
    key = id(owner)
    entry = waiting.get(key)
    if entry is None or entry[0]() is not owner:
        # A default argument outlives the module's globals when the interpreter ends.
        def forget(_: Any, table: dict[int, Any] = waiting) -> None:
            table.pop(key, None)

        entry = waiting[key] = weakref.ref(owner, forget), []
    entry[1].append(bind)


def attached(owner: Any) -> None:
    """Hand `owner` the values that wait for what was attached to it."""
    entry = waiting.get(id(owner))
    if entry is not None and entry[0]() is owner:
        del waiting[id(owner)]
        for bind in entry[1]:
            bind(owner)
