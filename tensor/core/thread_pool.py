"""The one pool of threads that kernels spread their work over.

A kernel that is worth it cuts its work into pieces that stay in a core's cache and
calls `run`; the calling thread takes part. From the first such call BLAS works on one
thread: its own threads would compete with ours for the cores, and they spin when they
have nothing to do (a matrix product of 2.5 ms took 540 ms when another process used one
of two cores). Large matrix products are spread over this pool instead; see `products`.

The pool is as large as the cores that this process may use, or as `tf.config.threading`
or OMP_NUM_THREADS say; `launch` sets the latter to cores divided by workers.
"""

from __future__ import annotations

import math
import os
import queue
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import blas

if TYPE_CHECKING:
    from collections.abc import Callable


class _Job:
    """A function to be called for 0, 1, … count - 1, by whoever has time."""

    __slots__ = (
        "_count",
        "_error",
        "_finished",
        "_function",
        "_left",
        "_lock",
        "_next",
    )

    def __init__(self, function: Callable[[int], Any], count: int) -> None:
        self._function = function
        self._count = count
        self._next = 0
        self._left = count
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._finished = threading.Lock()
        self._finished.acquire()

    def work(self) -> None:
        """Take pieces until none is left to take."""
        while True:
            with self._lock:
                piece = self._next
                if piece >= self._count:
                    return
                self._next = piece + 1
            try:
                if self._error is None:
                    self._function(piece)
            except BaseException as error:  # handed to the caller of `run`
                self._error = error
            with self._lock:
                self._left -= 1
                if not self._left:
                    self._finished.release()

    def wait(self) -> None:
        """Wait until the pieces that others took are done; raise what one raised."""
        self._finished.acquire()
        if self._error is not None:
            raise self._error


class _Pool:
    """The threads, started when they are first needed."""

    def __init__(self) -> None:
        self.size = 0  # not known yet
        self.started = 0
        self.jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self.lock = threading.Lock()

    def start(self, count: int) -> None:
        with self.lock:
            while self.started < count:
                self.started += 1
                threading.Thread(
                    target=_serve,
                    args=(self.jobs,),
                    name=f"tensor-{self.started}",
                    daemon=True,
                ).start()


class _Local(threading.local):
    """What belongs to one thread.

    Attributes:
        is_working: The thread works on a piece: what it calls must not wait for others.
        scratch: Its buffers, by what they are for.
    """

    def __init__(self) -> None:
        self.is_working = False
        self.scratch: dict[str, np.ndarray] = {}


_pool = _Pool()
_local = _Local()


def _serve(jobs: queue.SimpleQueue[_Job]) -> None:
    np.seterr(all="ignore")  # as kernels run everywhere; see Context.run
    _local.is_working = True
    while True:
        jobs.get().work()


def _start_over() -> None:
    global _pool  # a forked child has none of its parent's threads
    size, _pool = _pool.size, _Pool()
    _pool.size = size


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over)


def thread_count() -> int:
    """Return how many threads, the caller's among them, share a kernel's work."""
    if not _pool.size:
        _pool.size = _default_size()
    return _pool.size


def set_thread_count(count: int) -> None:
    """Let `count` threads share a kernel's work; 0 stands for the default.

    Raises:
        ValueError: `count` is negative.
    """
    if count < 0:
        raise ValueError(f"The number of threads must not be negative, got {count}.")
    _pool.size = count


def _default_size() -> int:
    text = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if text.isdigit() and int(text) > 0:
        return int(text)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(function: Callable[[int], Any], count: int) -> None:
    """Call `function` with 0 … count - 1, spread over the pool; return when done.

    The pieces must be independent and must not write to the same memory. NumPy's
    floating point warnings are off in them. An exception in one is raised here.
    """
    helpers = 0 if _local.is_working else min(thread_count(), count) - 1
    if helpers < 1:
        for piece in range(count):
            function(piece)
        return
    blas.use_one_thread()
    pool = _pool
    pool.start(thread_count() - 1)
    job = _Job(function, count)
    for _ in range(helpers):
        pool.jobs.put(job)
    _local.is_working = True
    try:
        job.work()
    finally:
        _local.is_working = False
        job.wait()


def share(length: int, least: int) -> int:
    """Return how long pieces of `length` should be: few for each thread, of one length.

    Few, because threads wait for one another between NumPy's calls, where Python runs.
    Two for each, so that none waits long for one that was held up.

    Args:
        length: How many elements, rows or images there are.
        least: How many a piece has at least.
    """
    pieces = min(2 * thread_count(), max(1, length // max(least, 1)))
    return max(1, -(-length // pieces))


def scratch(purpose: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array of this thread's own with any content, until the next call.

    Memory that is used again and again stays in the cache, and costs no page faults.
    """
    dtype = np.dtype(dtype)
    count = math.prod(shape) * dtype.itemsize
    buffer = _local.scratch.get(purpose)
    if buffer is None or buffer.nbytes < count:
        buffer = _local.scratch[purpose] = np.empty(count, np.uint8)
    result: np.ndarray = buffer[:count].view(dtype).reshape(shape)
    return result
