"""Many elements to one: reduce, scan, get_single_element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.data import structure as nest
from tensor.data.dataset import Dataset, Derived, method
from tensor.data.elements import (
    Components,
    as_given_leaf,
    as_leaf,
    component,
    leaf,
    spec_of_structure,
)
from tensor.data.functions import ElementFunction
from tensor.data.graph_nodes import in_graph, packed, run_in_graph
from tensor.data.stream import DerivedStream, State, Stream

if TYPE_CHECKING:
    from collections.abc import Callable


@method
def reduce(
    self: Dataset,
    initial_state: Any,
    reduce_func: Callable[..., Any],
    name: str | None = None,
) -> Any:
    """Combine all elements with a state, one after another; return the last state.

    Args:
        self: The dataset.
        initial_state: The state to start with, a structure of tensors.
        reduce_func: Gives the new state for (state, element).
        name: Accepted for compatibility.

    Raises:
        TypeError: `reduce_func` returns another structure or other dtypes.
    """
    state = nest.map_structure(as_leaf, initial_state)
    spec, function = stable(
        reduce_func, spec_of_structure(state), self.element_spec, "reduce_func"
    )

    arguments = self, function, nest.flatten(state)
    if in_graph():
        return packed(spec, run_in_graph(_reduced, arguments, spec))
    return nest.pack(spec, [leaf(c) for c in _reduced(*arguments)])


def _reduced(
    dataset: Dataset, function: ElementFunction, state: list[Any]
) -> Components:
    """Return the components of the last state."""
    components = tuple(map(component, state))
    stream = dataset.open()
    try:
        for element in stream:
            components = function((*components, *element))
    finally:
        stream.close()
    return components


def stable(
    function: Callable[..., Any],
    state: Any,
    element: Any,
    what: str,
    pick: Callable[[Any], Any] | None = None,
) -> tuple[Any, ElementFunction]:
    """Trace a function of (state, element) until the state's shapes stay the same."""
    while True:
        traced = ElementFunction(function, state, element, what=what, unpacks=False)
        new = traced.output_spec if pick is None else pick(traced.output_spec)
        old_leaves, new_leaves = nest.flatten(state), nest.flatten(new)
        if len(old_leaves) != len(new_leaves):
            raise TypeError(
                f"The structure of the state that `{what}` returns, {new!r}, differs "
                f"from the initial state's, {state!r}."
            )
        relaxed = []
        for old, changed in zip(old_leaves, new_leaves, strict=True):
            if getattr(old, "dtype", None) != getattr(changed, "dtype", None):
                raise TypeError(
                    f"Invalid `{what}`. The element types for the new state must match "
                    f"the initial state. Expected {old!r}, got {changed!r}."
                )
            relaxed.append(old.most_specific_common_supertype([changed]))
        if relaxed == old_leaves:
            return nest.pack(state, relaxed), traced
        state = nest.pack(state, relaxed)


@method
def scan(
    self: Dataset,
    initial_state: Any,
    scan_func: Callable[..., Any],
    name: str | None = None,
) -> Dataset:
    """Transform elements by a function that carries a state along.

    Args:
        self: The dataset.
        initial_state: The state to start with.
        scan_func: Gives (new state, result) for (state, element).
        name: Accepted for compatibility.

    Raises:
        TypeError: `scan_func` does not return a pair, or changes the state's kind.
    """
    state = nest.map_structure(as_given_leaf, initial_state)

    def new_state(spec: Any) -> Any:
        if not isinstance(spec, tuple) or len(spec) != 2:
            raise TypeError(
                "Invalid `scan_func`. `scan_func` should return a pair consisting of "
                f"new state and the output value but its return type is {spec!r}."
            )
        return spec[0]

    _, function = stable(
        scan_func, spec_of_structure(state), self.element_spec, "scan_func", new_state
    )
    return Scan(self, nest.flatten(state), function)


class Scan(Derived):
    """Results of a function that carries a state along."""

    def __init__(
        self, source: Dataset, state: list[Any], function: ElementFunction
    ) -> None:
        super().__init__(source, function.output_spec[1])
        self.state = tuple(map(component, state))
        self.function = function

    def open(self) -> Stream:
        return ScanStream(self.source.open(), self.state, self.function)


class ScanStream(DerivedStream):
    """Results for a stream's elements, with the state so far."""

    def __init__(
        self, source: Stream, state: Components, function: ElementFunction
    ) -> None:
        super().__init__(source)
        self.state = state
        self.function = function

    def __next__(self) -> Components:
        result = self.function((*self.state, *next(self.source)))
        self.state = result[: len(self.state)]
        return result[len(self.state) :]

    def save(self) -> State:
        return {"source": self.source.save(), "state": list(self.state)}

    def restore(self, state: State) -> None:
        super().restore(state)
        self.state = tuple(state["state"])


@method
def get_single_element(self: Dataset, name: str | None = None) -> Any:
    """Return the only element.

    Raises:
        InvalidArgumentError: There is none, or more than one.
    """
    spec = self.element_spec
    if in_graph():
        return packed(spec, run_in_graph(_only_element, [self], spec))
    return nest.pack(spec, [leaf(c) for c in _only_element(self)])


def _only_element(dataset: Dataset) -> Components:
    stream = dataset.open()
    try:
        first = next(stream, None)
        if first is None:
            raise errors.because(
                errors.InvalidArgumentError,
                "Dataset was empty. [Op:DatasetToSingleElement]",
            )
        if next(stream, None) is not None:
            raise errors.because(
                errors.InvalidArgumentError,
                "Dataset had more than one element. [Op:DatasetToSingleElement]",
            )
    finally:
        stream.close()
    return first
