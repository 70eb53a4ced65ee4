"""Functions of single elements: map, filter, take_while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.data.dataset import INFINITE, UNKNOWN, Dataset, Derived, method
from tensor.data.functions import ElementFunction
from tensor.data.stream import DerivedStream, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components


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
    as separate arguments.
    """
    return Map(self, ElementFunction(map_func, self.element_spec))


@method
def filter_(self: Dataset, predicate: Any, name: str | None = None) -> Dataset:
    """Keep the elements for which `predicate` returns true."""
    return Filter(self, ElementFunction(predicate, self.element_spec))


class Map(Derived):
    """A function's results for every element."""

    def __init__(self, source: Dataset, function: ElementFunction) -> None:
        super().__init__(source, function.spec_after(source))
        self.function = function

    def open(self) -> Stream:
        return MapStream(self.source.open(), self.function)


class MapStream(DerivedStream):
    """A function's results for every element of a stream."""

    def __init__(self, source: Stream, function: ElementFunction) -> None:
        super().__init__(source)
        self.function = function

    def __next__(self) -> Components:
        return self.function(next(self.source))


class Filter(Derived):
    """The elements that pass a test."""

    def __init__(self, source: Dataset, predicate: ElementFunction) -> None:
        super().__init__(source)
        self.predicate = predicate

    def open(self) -> Stream:
        return FilterStream(self.source.open(), self.predicate)

    def count(self) -> int:
        return self.source.count() if self.source.count() == INFINITE else UNKNOWN


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
