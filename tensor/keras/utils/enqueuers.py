"""Enqueuers: batches made ahead by other threads."""

from __future__ import annotations

import collections
import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class SequenceEnqueuer:
    """Base of what makes batches ahead: `start`, `get` and `stop`."""

    def __init__(self, sequence: Any, use_multiprocessing: bool = False) -> None:
        """Take what gives batches.

        Args:
            sequence: A `Sequence` or generator.
            use_multiprocessing: Accepted for compatibility: threads make the batches.
        """
        self.sequence = sequence
        self.use_multiprocessing = use_multiprocessing
        self.workers = 0
        self.max_queue_size = 10
        self.queue: collections.deque[Future[Any]] = collections.deque()
        self._pool: ThreadPoolExecutor | None = None
        self._calls: Iterator[Any] = iter(())

    def is_running(self) -> bool:
        """Return whether batches are being made."""
        return self._pool is not None

    def start(self, workers: int = 1, max_queue_size: int = 10) -> None:
        """Begin to make batches.

        Args:
            workers: How many threads make them.
            max_queue_size: How many there may be ahead.
        """
        self.workers = max(1, workers)
        self.max_queue_size = max(1, max_queue_size)
        self._calls = self._made()
        self._pool = ThreadPoolExecutor(self.workers)
        self._fill()

    def stop(self, timeout: float | None = None) -> None:
        """Stop, and let go of the batches that nobody asked for."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
        self.queue.clear()

    def get(self) -> Iterator[Any]:
        """Yield the batches in order.

        Raises:
            RuntimeError: The thing was not started.
        """
        if self._pool is None:
            raise RuntimeError("Call `start` before `get`: no batch is being made.")
        try:
            while self._pool is not None and self.queue:
                batch = self.queue.popleft().result()
                self._fill()
                if batch is not None:
                    yield batch
        finally:
            self.stop()

    def _fill(self) -> None:
        while self._pool is not None and len(self.queue) < self.max_queue_size:
            call = next(self._calls, None)
            if call is None:
                return
            self.queue.append(self._pool.submit(*call))

    def _made(self) -> Iterator[Any]:
        """Yield for each batch the function that makes it, and its arguments.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `_made`.")


class OrderedEnqueuer(SequenceEnqueuer):
    """Makes the batches of a `Sequence` ahead, epoch after epoch without end."""

    def __init__(
        self, sequence: Any, use_multiprocessing: bool = False, shuffle: bool = False
    ) -> None:
        """Take the sequence, and whether its batches are shuffled in each epoch."""
        super().__init__(sequence, use_multiprocessing)
        self.shuffle = shuffle

    def _made(self) -> Iterator[Any]:
        while True:
            order = list(range(len(self.sequence)))
            if self.shuffle:
                random.shuffle(order)
            for i in order:
                yield self.sequence.__getitem__, i
            # An epoch's batches are made before the next may change the sequence.
            for batch in list(self.queue):
                batch.exception()
            self.sequence.on_epoch_end()


class GeneratorEnqueuer(SequenceEnqueuer):
    """Takes batches from a generator ahead, one at a time."""

    def __init__(self, generator: Any, use_multiprocessing: bool = False) -> None:
        """Take the generator."""
        super().__init__(generator, use_multiprocessing)
        self._lock = threading.Lock()
        self._is_done = False

    def start(self, workers: int = 1, max_queue_size: int = 10) -> None:
        """Begin to take batches; one thread does, so that they keep their order."""
        super().start(1, max_queue_size)

    def _made(self) -> Iterator[Any]:
        while not self._is_done:
            yield (self._next,)

    def _next(self) -> Any:
        with self._lock:
            batch = next(self.sequence, None)
            self._is_done = batch is None
            return batch
