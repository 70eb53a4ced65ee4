"""tf.data.experimental.group_by_reducer: the elements of each key reduced to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.public_api import export
from tensor.core.tensor_spec import TensorSpec
from tensor.data.dataset import UNKNOWN, Dataset, Derived
from tensor.data.folding import stable
from tensor.data.functions import ElementFunction
from tensor.data.stream import DerivedStream, State, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components

KEY = TensorSpec.of((), dtypes.int64)


@export("data.experimental.Reducer")
class Reducer:
    """Three functions that reduce elements to one."""

    def __init__(
        self,
        init_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        finalize_func: Callable[..., Any],
    ) -> None:
        """Keep the functions.

        Args:
            init_func: Gives the first state for a key.
            reduce_func: Gives the new state for (state, element).
            finalize_func: Gives the result for the last state.
        """
        self._init_func = init_func
        self._reduce_func = reduce_func
        self._finalize_func = finalize_func

    @property
    def init_func(self) -> Callable[..., Any]:
        """The function that gives the first state for a key."""
        return self._init_func

    @property
    def reduce_func(self) -> Callable[..., Any]:
        """The function that gives the new state for (state, element)."""
        return self._reduce_func

    @property
    def finalize_func(self) -> Callable[..., Any]:
        """The function that gives the result for the last state."""
        return self._finalize_func


@export("data.experimental.group_by_reducer")
def group_by_reducer(
    key_func: Callable[..., Any], reducer: Reducer
) -> Callable[[Dataset], Dataset]:
    """Return a transformation that reduces the elements of each key to one."""
    return lambda dataset: _grouped(dataset, key_func, reducer)


def _grouped(dataset: Dataset, key_func: Any, reducer: Reducer) -> Dataset:
    """Return the results, by ascending key.

    Raises:
        ValueError: `key_func` returns something else than an int64 scalar.
    """
    keys = ElementFunction(key_func, dataset.element_spec, what="key_func")
    if keys.output_spec != KEY:
        raise ValueError(
            "Invalid `key_func`. Expected `key_func` to return a scalar tf.int64 "
            f"tensor, but instead `key_func` has {keys.output_spec!r}."
        )
    begin = ElementFunction(reducer.init_func, KEY, what="init_func")
    state, reduce = stable(
        reducer.reduce_func, begin.output_spec, dataset.element_spec, "reducer"
    )
    end = ElementFunction(reducer.finalize_func, state, what="finalize_func")
    return GroupByReducer(dataset, keys, begin, reduce, end)


class GroupByReducer(Derived):
    """One element for each key, reduced from those that have it."""

    def __init__(
        self,
        source: Dataset,
        keys: ElementFunction,
        begin: ElementFunction,
        reduce: ElementFunction,
        end: ElementFunction,
    ) -> None:
        super().__init__(source, end.output_spec)
        self.keys, self.begin, self.reducing, self.end = keys, begin, reduce, end

    def open(self) -> Stream:
        return GroupByReducerStream(self.source.open(), self)

    def count(self) -> int:
        return UNKNOWN


class GroupByReducerStream(DerivedStream):
    """Reads the whole source for the first result."""

    def __init__(self, source: Stream, dataset: GroupByReducer) -> None:
        super().__init__(source)
        self.dataset = dataset
        self.states: dict[int, Components] | None = None
        self.done = 0

    def __next__(self) -> Components:
        if self.states is None:
            self.states = self._reduced()
        if self.done == len(self.states):
            raise StopIteration
        key = sorted(self.states)[self.done]
        self.done += 1
        return self.dataset.end(self.states[key])

    def _reduced(self) -> dict[int, Components]:
        dataset = self.dataset
        states: dict[int, Components] = {}
        for element in self.source:
            key = int(dataset.keys(element)[0])
            if key not in states:
                states[key] = dataset.begin((np.int64(key),))
            states[key] = dataset.reducing((*states[key], *element))
        return states

    def save(self) -> State:
        states = self.states
        return {
            "source": self.source.save(),
            "states": None
            if states is None
            else [[key, list(state)] for key, state in states.items()],
            "done": self.done,
        }

    def restore(self, state: State) -> None:
        super().restore(state)
        saved = state["states"]
        self.states = None if saved is None else {k: tuple(s) for k, s in saved}
        self.done = state["done"]
