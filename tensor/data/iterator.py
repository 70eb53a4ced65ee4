"""Iterators: what `iter(dataset)` returns.

An iterator owns one stream. It can be saved in a `tf.train.Checkpoint` and goes on
exactly where it stood: position, epoch, shuffle order and seeds.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.context import context
from tensor.core.dtypes import variant
from tensor.core.public_api import export
from tensor.core.tensor import EagerTensor, wrap
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.core.variants import held, hold
from tensor.data import structure as nest
from tensor.data.elements import leaf
from tensor.data.graph_nodes import (
    TracedIterator,
    end_of_sequence,
    packed,
    run_in_graph,
)
from tensor.graph.control.stream import Cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.data.dataset import Dataset
    from tensor.data.stream import State


@export("data.Iterator")
class Iterator:
    """Hands out a dataset's elements one after another."""

    @property
    def element_spec(self) -> Any:
        """The spec of the elements."""
        raise NotImplementedError(
            f"Iterator.element_spec: {type(self).__name__} must define `element_spec`."
        )

    def get_next(self) -> Any:
        """Return the next element; OutOfRangeError at the end."""
        raise NotImplementedError(
            f"Iterator.get_next: {type(self).__name__} must define `get_next`."
        )

    def get_next_as_optional(self) -> Any:
        """Return the next element as an Optional, which is empty at the end."""
        raise NotImplementedError(
            f"Iterator.get_next_as_optional: {type(self).__name__} must define "
            "`get_next_as_optional`."
        )


class OwnedIterator(Iterator):
    """An iterator over one pass of a dataset."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._stream = dataset.open()
        self._pack = nest.packer(dataset.element_spec)
        # Threads that feed the stream must end with the iterator.
        self._closer = weakref.finalize(self, self._stream.close)

    def __iter__(self) -> OwnedIterator:
        return self

    def __next__(self) -> Any:
        if context.graph is not None:
            spec = self.element_spec
            return packed(spec, run_in_graph(self._next_or_fail, [], spec))
        return self._pack([leaf(c) for c in next(self._stream)])

    def _next_or_fail(self) -> Any:
        """Return the next element's components when a traced function runs."""
        try:
            return next(self._stream)
        except StopIteration:
            raise end_of_sequence() from None

    def get_next(self, name: str | None = None) -> Any:
        """Return the next element.

        Raises:
            OutOfRangeError: There is none.
        """
        try:
            return next(self)
        except StopIteration:
            raise end_of_sequence() from None

    def get_next_as_optional(self) -> Any:
        """Return the next element as an Optional, which is empty at the end."""
        from tensor.data.optional import next_as_optional

        return next_as_optional(self, lambda: next(self._stream))

    @property
    def element_spec(self) -> Any:
        """The spec of the elements."""
        return self._dataset.element_spec

    @property
    def leaf_spec(self) -> IteratorSpec:
        """What describes this iterator where it is an argument of a function."""
        return IteratorSpec(self.element_spec)

    _type_spec = leaf_spec

    @property
    def cursor(self) -> Any:
        """The tensor that holds where the iteration stands, for graphs."""
        return wrap(hold(Cursor(self)))

    def composite_components(self) -> list[Any]:
        """Return the tensor that holds where the iteration stands."""
        return [self.cursor]

    def composite_from(self, parts: Sequence[Any]) -> Any:
        """Return the iterator that another tensor holds."""
        return self.leaf_spec.composite_from(parts)

    def save(self) -> State:
        """Return where the iterator stands, as plain data."""
        return self._stream.save()

    def restore(self, state: State) -> None:
        """Go on from where an iterator over the same dataset stood."""
        self._stream.restore(state)


@export("data.NumpyIterator")
class NumpyIterator:
    """Hands out elements as NumPy values; what `as_numpy_iterator()` returns."""

    def __init__(self, dataset: Dataset) -> None:
        for spec in nest.flatten(dataset.element_spec):
            if hasattr(spec, "element_spec"):
                raise TypeError(
                    "`tf.data.Dataset.as_numpy_iterator()` is not supported for "
                    f"datasets that produce values of type {spec.value_type.__name__}."
                )
        self._iterator = iter(dataset)

    def __iter__(self) -> NumpyIterator:
        return self

    def __next__(self) -> Any:
        return nest.map_structure(_to_numpy, next(self._iterator))


def _to_numpy(value: Any) -> Any:
    if hasattr(value, "numpy"):
        numpy = value.numpy()
        if isinstance(numpy, np.ndarray):
            numpy.setflags(write=False)
        return numpy
    return value


@export("data.IteratorSpec")
class IteratorSpec(CompositeSpec):
    """Describes iterators by the spec of their elements."""

    __slots__ = ("_element_spec",)

    def __init__(self, element_spec: Any) -> None:
        self._element_spec = element_spec

    @property
    def element_spec(self) -> Any:
        """The spec of the elements."""
        return self._element_spec

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return OwnedIterator

    def composite_components(self) -> list[TensorSpec]:
        """Return the spec of the tensor that holds where an iteration stands."""
        return [TensorSpec.of((), variant)]

    def composite_from(self, parts: Sequence[Any]) -> Any:
        """Return the iterator that a tensor holds, now or when the graph runs."""
        (tensor,) = parts
        if isinstance(tensor, EagerTensor):
            return held(tensor._array).iterator
        return TracedIterator(self._element_spec, tensor)

    def _parameters(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    @classmethod
    def from_value(cls, value: OwnedIterator) -> IteratorSpec:
        """Describe `value`."""
        return cls(value.element_spec)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether an iterator, or every one of a spec, has such elements."""
        return bool(self._element_spec == spec_or_value.element_spec)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, IteratorSpec)
            and self._element_spec == other._element_spec
        )

    def __hash__(self) -> int:
        return hash(IteratorSpec)

    def __repr__(self) -> str:
        return f"IteratorSpec({self._element_spec!r}, TensorShape([]))"
