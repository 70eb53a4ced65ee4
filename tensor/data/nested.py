"""Datasets made from elements: flat_map and interleave.

`Elements`, a dataset of elements that are in memory, is what windows and groups hand to
users' functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.data.dataset import UNKNOWN, Dataset, DatasetSpec, Derived, method
from tensor.data.functions import ElementFunction
from tensor.data.stream import State, Stream
from tensor.data.unknown import as_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components

AUTOTUNE = -1
DEFAULT_CYCLE = 4


@method
def flat_map(
    self: Dataset, map_func: Callable[..., Dataset], name: str | None = None
) -> Dataset:
    """Replace each element by the elements of the dataset `map_func` makes of it.

    Raises:
        TypeError: `map_func` does not return a dataset.
    """
    dataset = Interleave(self, DatasetFunction(map_func, self.element_spec), 1, 1)
    dataset.printed_as = "_FlatMapDataset"
    return dataset


@method
def interleave(
    self: Dataset,
    map_func: Callable[..., Dataset],
    cycle_length: Any = None,
    block_length: Any = None,
    num_parallel_calls: Any = None,
    deterministic: bool | None = None,
    name: str | None = None,
) -> Dataset:
    """Take elements in turn from the datasets `map_func` makes of several elements.

    Args:
        self: The dataset.
        map_func: Makes a dataset of an element.
        cycle_length: How many of them are open at once.
        block_length: How many consecutive elements are taken from each.
        num_parallel_calls: Of no effect on the result.
        deterministic: Accepted for compatibility: the order is always the same.
        name: Accepted for compatibility.

    Raises:
        TypeError: `map_func` does not return a dataset.
        InvalidArgumentError: A length is not positive.
    """
    cycle = AUTOTUNE if cycle_length is None else as_count(cycle_length, "cycle_length")
    block = 1 if block_length is None else as_count(block_length, "block_length")
    if cycle == AUTOTUNE:
        cycle = DEFAULT_CYCLE
    function = DatasetFunction(map_func, self.element_spec)
    dataset = Interleave(self, function, cycle, block)
    if num_parallel_calls is not None:
        calls = as_count(num_parallel_calls, "num_parallel_calls")
        if calls <= 0 and calls != AUTOTUNE:
            raise errors.invalid(
                "ParallelInterleaveDatasetV4",
                f"num_parallel_calls must be greater than zero, got {calls}.",
            )
        dataset.printed_as = "_ParallelInterleaveDataset"
    return dataset


class DatasetFunction(ElementFunction):
    """A user's function that makes a dataset of an element.

    Attributes:
        element_spec: The spec of the elements of the datasets it makes.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *input_specs: Any,
        what: str = "map_func",
        unpacks: bool = True,
    ) -> None:
        super().__init__(function, *input_specs, what=what, unpacks=unpacks)
        if not isinstance(self.output_spec, DatasetSpec):
            raise TypeError(
                f"The `{what}` argument must return a `Dataset` object, a single "
                f"`tf.data.Dataset`. Got {self.output_spec!r}."
            )
        self.element_spec = self.output_spec.element_spec

    def make(self, components: Components) -> Dataset:
        """Return the dataset for one element."""
        (dataset,) = self(components)
        return dataset  # type: ignore[no-any-return]  # components are of any kind


class Interleave(Derived):
    """Elements of several datasets in turn; with a cycle of one, one after another."""

    def __init__(
        self, source: Dataset, function: DatasetFunction, cycle: int, block: int
    ) -> None:
        for what, value in (("cycle_length", cycle), ("block_length", block)):
            if value <= 0:
                raise errors.invalid(
                    "InterleaveDataset",
                    f"{what} must be greater than zero, got {value}",
                )
        super().__init__(source, function.element_spec)
        self.function = function
        self.cycle = cycle
        self.block = block

    def open(self) -> Stream:
        return InterleaveStream(
            self.source.open(), self.function, self.cycle, self.block
        )

    def count(self) -> int:
        return 0 if self.source.count() == 0 else UNKNOWN


class Opened:
    """An element and the stream over the dataset that was made of it."""

    def __init__(self, element: Components, stream: Stream) -> None:
        self.element = element
        self.stream = stream


class InterleaveStream(Stream):
    """Takes blocks from a ring of open streams; an ended one is replaced in its place.

    The next element of the source is taken when it is the turn of a place that is
    free, so that the order does not depend on when streams end.
    """

    def __init__(
        self, source: Stream, function: DatasetFunction, cycle: int, block: int
    ) -> None:
        self.source = source
        self.function = function
        self.block = block
        self.places: list[Opened | None] = [None] * cycle
        self.turn = 0
        self.taken = 0  # from the place whose turn it is
        self.has_ended = False  # the source

    def __next__(self) -> Components:
        while not (self.has_ended and not any(self.places)):
            opened = self.places[self.turn] or self._open()
            if opened is not None:
                try:
                    element = next(opened.stream)
                except StopIteration:
                    opened.stream.close()
                    self.places[self.turn] = None
                else:
                    self.taken += 1
                    if self.taken == self.block:
                        self._next_turn()
                    return element
            self._next_turn()
        raise StopIteration

    def _next_turn(self) -> None:
        self.turn = (self.turn + 1) % len(self.places)
        self.taken = 0

    def _open(self) -> Opened | None:
        if self.has_ended:
            return None
        try:
            element = next(self.source)
        except StopIteration:
            self.has_ended = True
            return None
        opened = Opened(element, self.function.make(element).open())
        self.places[self.turn] = opened
        return opened

    def save(self) -> State:
        return {
            "source": self.source.save(),
            "turn": self.turn,
            "taken": self.taken,
            "has_ended": self.has_ended,
            "places": [
                place
                and {"element": list(place.element), "stream": place.stream.save()}
                for place in self.places
            ],
        }

    def restore(self, state: State) -> None:
        self.close()
        self.source.restore(state["source"])
        self.turn, self.taken = state["turn"], state["taken"]
        self.has_ended = state["has_ended"]
        self.places = [None] * len(state["places"])
        for i, saved in enumerate(state["places"]):
            if saved is not None:
                element = tuple(saved["element"])
                stream = self.function.make(element).open()
                stream.restore(saved["stream"])
                self.places[i] = Opened(element, stream)

    def close(self) -> None:
        for place in self.places:
            if place is not None:
                place.stream.close()
        self.source.close()


class Elements(Dataset, printed_as="_VariantDataset"):
    """Elements that are in memory, as components."""

    def __init__(self, element_spec: Any, elements: list[Components]) -> None:
        super().__init__(element_spec)
        self.elements = elements

    def open(self) -> Stream:
        return ElementsStream(self.elements)

    def count(self) -> int:
        return len(self.elements)


class ElementsStream(Stream):
    """One pass over a list of elements."""

    def __init__(self, elements: list[Components]) -> None:
        self.elements = elements
        self.position = 0

    def __next__(self) -> Components:
        if self.position >= len(self.elements):
            raise StopIteration
        self.position += 1
        return self.elements[self.position - 1]

    def save(self) -> State:
        return {"position": self.position}

    def restore(self, state: State) -> None:
        self.position = state["position"]
