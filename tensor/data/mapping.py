"""Functions of single elements: map, filter, take_while, scan."""

from __future__ import annotations

import collections
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.data.dataset import INFINITE, UNKNOWN, Dataset, Derived, method
from tensor.data.functions import ElementFunction
from tensor.data.stream import DerivedStream, State, Stream
from tensor.data.unknown import as_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components

AUTOTUNE = -1
# Under AUTOTUNE a function that takes less than this many seconds is called in the
# consumer's thread: handing elements to others costs more than it saves.
_WORTH_THREADS_S = 500e-6
_CALLS_MEASURED = 5


@method
def map_(
    self: Dataset,
    map_func: Callable[..., Any],
    num_parallel_calls: Any = None,
    deterministic: bool | None = None,
    synchronous: bool | None = None,
    use_unbounded_threadpool: bool = False,
    name: str | None = None,
) -> Dataset:
    """Apply `map_func` to every element.

    The function is traced once, like a `tf.function`; an element that is a tuple comes
    as separate arguments, and one that is a dict as one.

    Args:
        self: The dataset.
        map_func: A function of an element; it may return any structure.
        num_parallel_calls: How many elements to work on at once, on threads; AUTOTUNE
            uses threads if the function is slow enough to gain.
        deterministic: Accepted for compatibility: the order is always kept.
        synchronous: Accepted for compatibility.
        use_unbounded_threadpool: Accepted for compatibility.
        name: Accepted for compatibility.
    """
    calls = 1
    if num_parallel_calls is not None:
        calls = as_count(num_parallel_calls, "num_parallel_calls")
    dataset = Map(self, ElementFunction(map_func, self.element_spec), calls)
    if num_parallel_calls is not None:
        dataset.printed_as = "_ParallelMapDataset"
    return dataset


@method
def filter_(self: Dataset, predicate: Any, name: str | None = None) -> Dataset:
    """Keep the elements for which `predicate` returns true.

    Raises:
        ValueError: It does not return one boolean.
    """
    function = ElementFunction(predicate, self.element_spec, what="predicate")
    function.check_is_predicate("predicate")
    return Filter(self, function)


@method
def take_while(self: Dataset, predicate: Any, name: str | None = None) -> Dataset:
    """Keep the elements up to the first for which `predicate` returns false.

    Raises:
        ValueError: It does not return one boolean.
    """
    function = ElementFunction(predicate, self.element_spec, what="predicate")
    function.check_is_predicate("predicate")
    return TakeWhile(self, function)


class Map(Derived):
    """A function's results for every element."""

    def __init__(self, source: Dataset, function: ElementFunction, calls: int) -> None:
        if calls < 1 and calls != AUTOTUNE:
            raise errors.invalid(
                "ParallelMapDatasetV2",
                "num_parallel_calls must be greater than zero, or tf.data.AUTOTUNE, "
                f"got {calls}",
            )
        super().__init__(source, function.output_spec)
        self.function = function
        self.calls = calls

    def open(self) -> Stream:
        stream = MapStream(self.source.open(), self.function)
        if self.calls == 1:
            return stream
        return ParallelMapStream(stream, self.calls)


class MapStream(DerivedStream):
    """A function's results for every element of a stream."""

    def __init__(self, source: Stream, function: ElementFunction) -> None:
        super().__init__(source)
        self.function = function

    def __next__(self) -> Components:
        return self.function(next(self.source))


class ParallelMapStream(Stream):
    """Results that several threads work on, in the order of the elements.

    The source is read by the consumer alone; threads run the function. `waiting` holds
    what they were given: pairs of an element and its future result.
    """

    def __init__(self, serial: MapStream, calls: int) -> None:
        self.serial = serial
        self.calls = calls
        self.waiting: collections.deque[tuple[Components, Future[Components]]]
        self.waiting = collections.deque()
        self.pool: ThreadPoolExecutor | None = None
        self.durations: list[float] = []

    def __next__(self) -> Components:
        if self.calls == AUTOTUNE:
            return self._measured()
        if self.calls == 1:
            return next(self.serial)
        for element in islice(self.serial.source, self.calls - len(self.waiting)):
            self._submit(element)
        if not self.waiting:
            raise StopIteration
        return self.waiting.popleft()[1].result()

    def _submit(self, element: Components) -> None:
        if self.pool is None:
            self.pool = ThreadPoolExecutor(self.calls, "tf.data map")
        future = self.pool.submit(self.serial.function, element)
        self.waiting.append((element, future))

    def _measured(self) -> Components:
        """Call the function here and take its time; then decide on threads."""
        element = next(self.serial.source)
        start = time.perf_counter()
        result = self.serial.function(element)
        self.durations.append(time.perf_counter() - start)
        if len(self.durations) == _CALLS_MEASURED:
            cores = os.cpu_count() or 1
            # The quickest call: others may have waited for the processor.
            self.calls = cores if min(self.durations) > _WORTH_THREADS_S else 1
        return result

    def save(self) -> State:
        return {
            "source": self.serial.source.save(),
            "waiting": [list(element) for element, _ in self.waiting],
        }

    def restore(self, state: State) -> None:
        self.serial.source.restore(state["source"])
        self.waiting.clear()
        if state["waiting"] and self.calls < 1:
            self.calls = 1 + len(state["waiting"])
        for element in state["waiting"]:
            self._submit(tuple(element))

    def close(self) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
        self.serial.close()


class Filter(Derived):
    """The elements that pass a test."""

    def __init__(self, source: Dataset, predicate: ElementFunction) -> None:
        super().__init__(source)
        self.predicate = predicate

    def open(self) -> Stream:
        return FilterStream(self.source.open(), self.predicate)

    def count(self) -> int:
        return INFINITE if self.source.count() == INFINITE else UNKNOWN


class FilterStream(DerivedStream):
    """The elements of a stream that pass a test."""

    def __init__(self, source: Stream, predicate: ElementFunction) -> None:
        super().__init__(source)
        self.predicate = predicate

    def __next__(self) -> Components:
        for element in self.source:
            if self.predicate(element)[0]:
                return element
        raise StopIteration


class TakeWhile(Derived):
    """The elements before the first that fails a test."""

    def __init__(self, source: Dataset, predicate: ElementFunction) -> None:
        super().__init__(source)
        self.predicate = predicate

    def open(self) -> Stream:
        return TakeWhileStream(self.source.open(), self.predicate)

    def count(self) -> int:
        return UNKNOWN


class TakeWhileStream(DerivedStream):
    """The elements of a stream before the first that fails a test."""

    def __init__(self, source: Stream, predicate: ElementFunction) -> None:
        super().__init__(source)
        self.predicate = predicate
        self.has_ended = False

    def __next__(self) -> Components:
        if self.has_ended:
            raise StopIteration
        element = next(self.source)
        if not self.predicate(element)[0]:
            self.has_ended = True
            raise StopIteration
        return element

    def save(self) -> State:
        return {"source": self.source.save(), "has_ended": self.has_ended}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.has_ended = state["has_ended"]
