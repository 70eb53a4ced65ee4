"""What a queue holds, shared by threads: who finds no room or no elements waits."""

from __future__ import annotations

import heapq
import random
import threading
from collections import deque
from typing import Any

from tensor.core import errors

# An element: one array for each component.
Element = tuple[Any, ...]


class Store:
    """Elements in the order in which they came.

    Attributes:
        title: The kind and name of the queue, for messages.
        capacity: How many elements there may be; any number if it is negative.
        kept: How many elements stay behind until the queue is closed.
        is_closed: Whether nothing more comes in.
    """

    def __init__(self, title: str, capacity: int, kept: int = 0) -> None:
        self.title = title
        self.capacity = capacity
        self.kept = kept
        self.is_closed = False
        self._is_cancelled = False
        self._changed = threading.Condition()
        self._elements: Any = self._new_container()

    # ---- the order: other kinds of queues have others

    def _new_container(self) -> Any:
        return deque()

    def _push(self, element: Element) -> None:
        self._elements.append(element)

    def _pop(self) -> Element:
        element: Element = self._elements.popleft()
        return element

    # ---- what threads do

    def size(self) -> int:
        """Return how many elements there are."""
        with self._changed:
            return len(self._elements)

    def put(self, elements: list[Element]) -> None:
        """Add elements, each as soon as there is room.

        Raises:
            CancelledError: The queue is closed, or was closed without waiting for this.
        """
        with self._changed:
            if self.is_closed:
                raise self._closed_error()
            for element in elements:
                self._changed.wait_for(lambda: self._is_cancelled or self._has_room())
                if self._is_cancelled:
                    raise self._closed_error()
                self._push(element)
                self._changed.notify_all()

    def _has_room(self) -> bool:
        return self.capacity < 0 or len(self._elements) < self.capacity

    def take(self, count: int, or_fewer: bool = False) -> list[Element]:
        """Take elements out, as soon as there are so many.

        Args:
            count: How many.
            or_fewer: Whether a closed queue may give fewer, though at least one.

        Raises:
            OutOfRangeError: The queue is closed and has not enough elements.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._has(count) or self.is_closed)
            found = len(self._elements)
            if found < count and not (or_fewer and found):
                raise errors.because(
                    errors.OutOfRangeError,
                    f"{self.title} is closed and has insufficient elements (requested "
                    f"{count}, current size {found})",
                )
            taken = [self._pop() for _ in range(min(count, found))]
            self._changed.notify_all()
            return taken

    def _has(self, count: int) -> bool:
        return not count or len(self._elements) - self.kept >= count

    def close(self, cancel: bool) -> None:
        """Let nothing more in; `cancel` also what waits for room.

        Raises:
            CancelledError: It is closed already.
        """
        with self._changed:
            if self.is_closed and not cancel:
                raise errors.because(
                    errors.CancelledError, f"{self.title} is already closed."
                )
            self.is_closed = True
            self._is_cancelled = self._is_cancelled or cancel
            self._changed.notify_all()

    def _closed_error(self) -> errors.OpError:
        return errors.because(errors.CancelledError, f"{self.title} is closed.")


class PriorityStore(Store):
    """The element whose first component is least comes first; of equals, the older."""

    def _new_container(self) -> Any:
        self._count = 0
        return []

    def _push(self, element: Element) -> None:
        self._count += 1
        heapq.heappush(self._elements, (int(element[0]), self._count, element))

    def _pop(self) -> Element:
        element: Element = heapq.heappop(self._elements)[2]
        return element


class ShuffledStore(Store):
    """Any element may come next, by chance."""

    def __init__(self, title: str, capacity: int, kept: int, seed: int | None) -> None:
        super().__init__(title, capacity, kept)
        self._random = random.Random(seed)

    def _new_container(self) -> Any:
        return []

    def _pop(self) -> Element:
        elements = self._elements
        i = self._random.randrange(len(elements))
        elements[i], elements[-1] = elements[-1], elements[i]
        element: Element = elements.pop()
        return element
