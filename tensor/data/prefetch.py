"""Dataset.prefetch: the next elements are made while the present one is used.

A thread fills a bounded buffer. It ends with the iterator: by the end of the pass, by
`close`, or when the iterator is garbage (the thread knows the buffer, not the
iterator).
"""

from __future__ import annotations

import collections
import threading
import time
from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.data.dataset import Dataset, Derived, method
from tensor.data.stream import State, Stream
from tensor.data.unknown import as_count

if TYPE_CHECKING:
    from tensor.data.elements import Components

AUTOTUNE = -1
# Under AUTOTUNE elements that take less than this many seconds are made when they are
# asked for: handing them from thread to thread costs as much.
_WORTH_A_THREAD_S = 200e-6
_ELEMENTS_MEASURED = 5
# Others are kept ready up to so many, or so many bytes, but at least two.
_READY_ELEMENTS = 8
_READY_BYTES = 64 << 20


@method
def prefetch(self: Dataset, buffer_size: Any, name: str | None = None) -> Dataset:
    """Make up to `buffer_size` elements ahead, on a thread.

    AUTOTUNE chooses the size, and does without the thread if elements are made at once.

    Raises:
        InvalidArgumentError: The size is below 0, and not AUTOTUNE.
    """
    size = as_count(buffer_size, "buffer_size")
    if size < AUTOTUNE:
        raise errors.invalid(
            "PrefetchDataset",
            "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning, got "
            f"{size}",
        )
    return Prefetch(self, size)


class Prefetch(Derived):
    """The elements, made ahead."""

    def __init__(self, source: Dataset, buffer_size: int) -> None:
        super().__init__(source)
        self.buffer_size = buffer_size

    def open(self) -> Stream:
        if self.buffer_size == 0:
            return self.source.open()
        return PrefetchStream(self.source.open(), self.buffer_size)


class Buffer:
    """What the consumer and the thread share: elements made, and the wish to stop.

    The thread fills the buffer and then rests until half of it is used: waking it for
    every element would cost a switch of threads each time.

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
        self.is_filling = True
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
                    or (len(self.items) < self._refill_at() and not self.is_paused)
                )
            )
            if self.is_closed:
                return False
            self.is_at_work = True
            return True

    def _refill_at(self) -> int:
        """Return how few items make the thread go on."""
        self.is_filling = self.is_filling or len(self.items) <= self.size // 2
        if len(self.items) >= self.size:
            self.is_filling = False
        return self.size if self.is_filling else 0

    def close(self) -> None:
        """Ask the thread to end; it closes the source once it is done with it."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()


class PrefetchStream(Stream):
    """Elements that a thread makes ahead; the thread starts with the first use.

    Attributes:
        durations: Under AUTOTUNE, how long the first elements took; then None.
        is_direct: The elements are not worth a thread.
    """

    def __init__(self, source: Stream, size: int) -> None:
        self.buffer = Buffer(source, size)
        self.thread: threading.Thread | None = None
        self.durations: list[float] | None = [] if size < 0 else None
        self.is_direct = False

    def __next__(self) -> Components:
        buffer = self.buffer
        if self.thread is None and not buffer.items:
            if self.is_direct:
                return next(buffer.source)
            if self.durations is not None:
                return self._measured(self.durations)
            self._start()
        with buffer.changed:
            buffer.changed.wait_for(lambda: bool(buffer.items))
            element, error = buffer.items[0]
            if isinstance(error, StopIteration):
                raise StopIteration  # and again for whoever asks once more
            buffer.items.popleft()
            if len(buffer.items) <= buffer.size // 2:
                buffer.changed.notify_all()
        if error is not None:
            raise error
        return element  # type: ignore[no-any-return]

    def _measured(self, durations: list[float]) -> Components:
        """Make an element here and take its time; after some, decide on the thread."""
        start = time.perf_counter()
        element = next(self.buffer.source)
        durations.append(time.perf_counter() - start)
        if len(durations) == _ELEMENTS_MEASURED:
            self.durations = None
            # The quickest: others may have waited for the processor.
            self.is_direct = min(durations) < _WORTH_A_THREAD_S
            size = sum(getattr(c, "nbytes", 0) for c in element)
            ready = _READY_BYTES // max(size, 1)
            self.buffer.size = max(2, min(ready, _READY_ELEMENTS))
        return element

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
