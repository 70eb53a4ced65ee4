"""Elements by what they are: unique, ignore_errors; options and checks of a dataset."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.dtypes import DType, as_dtype
from tensor.core.public_api import export, names_in
from tensor.core.tensor_spec import TensorSpec
from tensor.data import structure as nest
from tensor.data.batch import Batch
from tensor.data.dataset import INFINITE, UNKNOWN, Dataset, Derived, method, source
from tensor.data.options import Options, merge
from tensor.data.stream import DerivedStream, State, Stream
from tensor.data.table import RangeTable, TableStream
from tensor.data.unknown import as_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components


@method
def unique(self: Dataset, name: str | None = None) -> Dataset:
    """Leave out elements that came before.

    Raises:
        TypeError: Elements are not single tensors of integers or strings.
    """
    specs = nest.flatten(self.element_spec)
    if (
        len(specs) != 1
        or not isinstance(specs[0], TensorSpec)
        or specs[0].dtype.name not in ("int32", "int64", "string")
    ):
        raise TypeError(
            f"`tf.data.Dataset.unique` does not support type {self.element_spec!r} -- "
            "only `tf.int32`, `tf.int64`, and `tf.string` are supported."
        )
    return Unique(self)


class Unique(Derived):
    """Every element once."""

    def open(self) -> Stream:
        return UniqueStream(self.source.open())

    def count(self) -> int:
        return 0 if self.source.count() == 0 else UNKNOWN


class UniqueStream(DerivedStream):
    """The elements of a stream that did not come before."""

    def __init__(self, source: Stream) -> None:
        super().__init__(source)
        self.seen: set[Any] = set()

    def __next__(self) -> Components:
        for element in self.source:
            key = _key(element[0])
            if key not in self.seen:
                self.seen.add(key)
                return element
        raise StopIteration

    def save(self) -> State:
        seen = [[list(shape), list(values)] for shape, values in self.seen]
        return {"source": self.source.save(), "seen": seen}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.seen = {(tuple(shape), tuple(values)) for shape, values in state["seen"]}


def _key(value: Any) -> Any:
    array = np.asarray(value)
    return array.shape, tuple(array.ravel().tolist())


@method
def ignore_errors(
    self: Dataset, log_warning: bool = False, name: str | None = None
) -> Dataset:
    """Leave out elements whose making raises an error."""
    return IgnoreErrors(self, log_warning)


class IgnoreErrors(Derived):
    """The elements that could be made."""

    def __init__(self, source: Dataset, log_warning: bool) -> None:
        super().__init__(source)
        self.log_warning = log_warning

    def open(self) -> Stream:
        return IgnoreErrorsStream(self.source.open(), self.log_warning)

    def count(self) -> int:
        return 0 if self.source.count() == 0 else UNKNOWN


class IgnoreErrorsStream(DerivedStream):
    """The elements of a stream that raise no error."""

    def __init__(self, source: Stream, log_warning: bool) -> None:
        super().__init__(source)
        self.log_warning = log_warning

    def __next__(self) -> Components:
        while True:
            try:
                return next(self.source)
            except StopIteration:
                raise
            except Exception as error:  # whatever the user's functions raise
                if self.log_warning:
                    names_in("")["get_logger"]().warning(
                        "Error raised with error message %s", error
                    )


@method
def with_options(self: Dataset, options: Options, name: str | None = None) -> Dataset:
    """Set options, on top of those set before."""
    return WithOptions(self, options)


class WithOptions(Derived, printed_as="_OptionsDataset"):
    """The same elements, with options."""

    def __init__(self, source: Dataset, options: Options) -> None:
        super().__init__(source)
        self.own_options = options

    @property
    def table(self) -> Any:
        return self.source.table

    def open(self) -> Stream:
        return self.source.open()

    def options(self) -> Options:
        return merge(self.source.options(), self.own_options).read_only()  # type: ignore[no-any-return]


@source
def counter(
    start: Any = 0, step: Any = 1, dtype: Any = "int64", name: str | None = None
) -> Dataset:
    """Create a dataset that counts without end."""
    kind = as_dtype(dtype)
    number = float if kind.is_floating else int
    return Counter(number(start), number(step), kind)


class Counter(Dataset, printed_as="_ScanDataset"):
    """Numbers at equal steps without end."""

    def __init__(self, start: float, step: float, dtype: DType) -> None:
        super().__init__(TensorSpec.of((), dtype))
        self.rows = RangeTable(start, step, sys.maxsize, dtype.numpy_dtype)

    def open(self) -> Stream:
        return TableStream(self.rows)

    def count(self) -> int:
        return INFINITE


@export("data.experimental.cardinality")
def cardinality(dataset: Dataset) -> Any:
    """Return the number of elements, INFINITE_CARDINALITY or UNKNOWN_CARDINALITY."""
    return dataset.cardinality()


@export("data.experimental.assert_cardinality")
def assert_cardinality(expected_cardinality: Any) -> Callable[[Dataset], Dataset]:
    """Return a transformation that says, and checks, how many elements there are."""
    expected = as_count(expected_cardinality, "expected_cardinality")
    return lambda dataset: AssertCardinality(dataset, expected)


class AssertCardinality(Derived):
    """The same elements, whose number is checked at the end."""

    def __init__(self, source: Dataset, expected: int) -> None:
        super().__init__(source)
        self.expected = expected

    def open(self) -> Stream:
        return CountedStream(self.source.open(), self.expected)

    def count(self) -> int:
        return self.expected


class CountedStream(DerivedStream):
    """The elements of a stream, whose number is checked."""

    def __init__(self, source: Stream, expected: int) -> None:
        super().__init__(source)
        self.expected = expected
        self.seen = 0

    def __next__(self) -> Components:
        try:
            element = next(self.source)
        except StopIteration:
            if self.seen < self.expected or self.expected == INFINITE:
                raise self._wrong(f"contained only {self.seen}") from None
            raise
        self.seen += 1
        if self.seen > self.expected >= 0:
            raise self._wrong(f"contained at least {self.seen}")
        return element

    def _wrong(self, found: str) -> errors.OpError:
        wanted = (
            "an infinite number of elements"
            if self.expected == INFINITE
            else f"{self.expected} element{'' if self.expected == 1 else 's'}"
        )
        return errors.because(
            errors.FailedPreconditionError,
            f"Input dataset was expected to contain {wanted} but {found} "
            f"element{'' if self.seen == 1 else 's'}. [Op:AssertCardinality]",
        )

    def save(self) -> State:
        return {"source": self.source.save(), "seen": self.seen}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.seen = state["seen"]


def batch_size_of(dataset: Dataset) -> int | None:
    """Return the size of a dataset's batches: that of the last `batch` it went through.

    Strategies divide it among replicas.
    """
    while not isinstance(dataset, Batch):
        if len(dataset.inputs) != 1:
            return None
        dataset = dataset.inputs[0]
    return dataset.batch_size
