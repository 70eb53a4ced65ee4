"""Dataset.prefetch: the next elements are made while the present one is used.

A thread fills a bounded buffer. It ends with the iterator: by the end of the pass, by
`close`, or when the iterator is garbage (the thread knows the buffer, not the
iterator).
"""

from __future__ import annotations

import collections
import threading
from typing import TYPE_CHECKING, Any

from tensor.data.dataset import Dataset, Derived, as_count, method
from tensor.data.stream import State, Stream

if TYPE_CHECKING:
    from tensor.data.elements import Components

AUTOTUNE = -1
# What AUTOTUNE means here: one element in use, one ready, one in the making.
DEFAULT_BUFFER = 2


@method
def prefetch(self: Dataset, buffer_size: Any, name: str | None = None) -> Dataset:
    """Make up to `buffer_size` elements ahead, on a thread; AUTOTUNE chooses."""
    return Prefetch(self, as_count(buffer_size, "buffer_size"))


class Prefetch(Derived):
    """The elements, made ahead."""

    def __init__(self, source: Dataset, buffer_size: int) -> None:
        super().__init__(source)
        self.buffer_size = DEFAULT_BUFFER if buffer_size < 0 else buffer_size

    def open(self) -> Stream:
        if self.buffer_size == 0:
            return self.source.open()
        return PrefetchStream(self.source.open(), self.buffer_size)


class Buffer:
    """What the consumer and the thread share: elements made, and the wish to stop.

    Attributes:
        items: Pairs (element, None), or (None, exception) as the source raised it.
        changed: Guards all of this; notified when anything changes.
        is_at_work: The thread is asking the source, outside the lock.
    """

    def __init__(self, source: Stream, size: int) -> None:
        self.source = source
        self.size = size
        self.items: collections.deque[tuple[Any, BaseException | None]]
        self.items = collections.deque()
        self.changed = threading.Condition()
        self.is_closed = False
        self.is_at_work = False
        self.is_paused = False
        self.has_ended = False

    def fill(self) -> None:
        """Make elements until the source ends or the buffer is closed."""
        has_ended = False
        while not has_ended and self._wait_for_room():
            try:
                item: tuple[Any, BaseException | None] = next(self.source), None
            except BaseException as error:  # handed to the consumer, in its turn
                item = None, error
            has_ended = isinstance(item[1], StopIteration)
            with self.changed:
                self.is_at_work = False
                self.has_ended = has_ended
                self.items.append(item)
                self.changed.notify_all()
        with self.changed:
            is_closed = self.is_closed
        if is_closed:
            self.source.close()

    def _wait_for_room(self) -> bool:
        with self.changed:
            self.changed.wait_for(
                lambda: (
                    self.is_closed
                    or (len(self.items) < self.size and not self.is_paused)
                )
            )
            if self.is_closed:
                return False
            self.is_at_work = True
            return True

    def close(self) -> None:
        """Ask the thread to end; it closes the source once it is done with it."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()


class PrefetchStream(Stream):
    """Elements that a thread makes ahead; the thread starts with the first use."""

    def __init__(self, source: Stream, size: int) -> None:
        self.buffer = Buffer(source, size)
        self.thread: threading.Thread | None = None

    def __next__(self) -> Components:
        buffer = self.buffer
        if self.thread is None:
            self._start()
        with buffer.changed:
            buffer.changed.wait_for(lambda: bool(buffer.items))
            element, error = buffer.items[0]
            if isinstance(error, StopIteration):
                raise StopIteration  # and again for whoever asks once more
            buffer.items.popleft()
            buffer.changed.notify_all()
        if error is not None:
            raise error
        return element  # type: ignore[no-any-return]

    def _start(self) -> None:
        self.thread = threading.Thread(
            target=self.buffer.fill, name="tf.data prefetch", daemon=True
        )
        self.thread.start()

    def save(self) -> State:
        """Return the source's state and what was made ahead of it.

        The thread is held while it is between two elements.
        """
        buffer = self.buffer
        with buffer.changed:
            buffer.is_paused = True
            buffer.changed.wait_for(lambda: not buffer.is_at_work)
            try:
                failed = next((e for _, e in buffer.items if e is not None), None)
                if failed is not None and not isinstance(failed, StopIteration):
                    raise failed
                return {
                    "source": buffer.source.save(),
                    "items": [list(item) for item, error in buffer.items if not error],
                }
            finally:
                buffer.is_paused = False
                buffer.changed.notify_all()

    def restore(self, state: State) -> None:
        buffer = self.buffer
        with buffer.changed:
            buffer.is_paused = True
            buffer.changed.wait_for(lambda: not buffer.is_at_work)
            try:
                buffer.source.restore(state["source"])
                buffer.items.clear()
                buffer.items.extend((tuple(item), None) for item in state["items"])
                if buffer.has_ended:
                    # The thread ended with the source; the next use starts another.
                    buffer.has_ended = False
                    self.thread = None
            finally:
                buffer.is_paused = False
                buffer.changed.notify_all()

    def close(self) -> None:
        if self.thread is None:
            self.buffer.source.close()
        else:
            self.buffer.close()
