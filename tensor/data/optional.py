"""tf.experimental.Optional: an element, or nothing.

While a function is traced an Optional is tensors: whether there is a value, and the
value's own, which are zeros where there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors, nest
from tensor.core.context import context
from tensor.core.dtypes import bool_, string
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op
from tensor.core.tensor import EagerTensor, wrap
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, no_common_spec
from tensor.core.variants import held
from tensor.data import structure
from tensor.data.elements import as_leaf, spec_of_both, spec_of_structure
from tensor.data.graph_nodes import in_graph, run_in_graph
from tensor.graph.control.stream import StreamOp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class OptionalGetValue(Op):
    """The tensors of an Optional's value; an error where there is none."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, has_value: Any, *components: Any) -> Any:
        if not has_value:
            raise _without_value()
        return components

    def infer(self, has_value: TensorSpec, *components: TensorSpec) -> Any:
        return components


optional_get_value = OptionalGetValue()


@export("experimental.Optional", "data.experimental.Optional")
class Optional(CompositeTensor):
    """An element that may be missing, such as the one after the last."""

    def __init__(self, element_spec: Any, value: Any, has_value: Any) -> None:
        self._element_spec = element_spec
        self._value = value
        self._has_value = has_value

    @staticmethod
    def from_value(value: Any) -> Optional:
        """Return an Optional that holds `value`."""
        value = structure.map_structure(as_leaf, value)
        return Optional(spec_of_structure(value), value, wrap(np.bool_(True)))

    @staticmethod
    def empty(element_spec: Any) -> Optional:
        """Return an Optional without a value."""
        return Optional(element_spec, None, wrap(np.bool_(False)))

    def has_value(self, name: str | None = None) -> Any:
        """Return whether there is a value, as a bool tensor."""
        return self._has_value

    def get_value(self, name: str | None = None) -> Any:
        """Return the value.

        Raises:
            InvalidArgumentError: There is none.
        """
        if isinstance(self._has_value, EagerTensor):
            if not self._has_value:
                raise _without_value()
            return self._value
        found = context.graph.call_op(
            optional_get_value, tuple(self.composite_components()), {}, name
        )
        return nest.pack_sequence_as(self._value, list(found), True)

    @property
    def element_spec(self) -> Any:
        """The spec of the value."""
        return self._element_spec

    @property
    def leaf_spec(self) -> OptionalSpec:
        """What describes this Optional where it is an element."""
        return OptionalSpec(self._element_spec)

    _type_spec = leaf_spec

    def composite_components(self) -> list[Any]:
        """Return whether there is a value, and its tensors."""
        if self._value is None:
            specs = nest.flatten(self._element_spec, True)
            return [self._has_value, *[wrap(x) for x in absent(specs)]]
        return [self._has_value, *nest.flatten(self._value, True)]

    def composite_from(self, parts: Any) -> Optional:
        """Return an Optional like this one, made of other tensors."""
        return self.leaf_spec.composite_from(parts)

    def __repr__(self) -> str:
        value = "empty" if self._value is None else self._value
        return f"<tf.experimental.Optional: {value!r}>"


@export("OptionalSpec")
class OptionalSpec(CompositeSpec):
    """Describes Optionals by the spec of their values."""

    __slots__ = ("_element_spec",)

    def __init__(self, element_spec: Any) -> None:
        self._element_spec = element_spec

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return Optional

    @classmethod
    def from_value(cls, value: Optional) -> OptionalSpec:
        """Describe `value`."""
        return cls(value.element_spec)

    def _parameters(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    def __hash__(self) -> int:
        return hash(OptionalSpec)  # its structure may hold dicts

    def most_specific_compatible_type(self, other: Any) -> OptionalSpec:
        """Return the narrowest spec that fits the Optionals of both.

        Raises:
            ValueError: There is none.
        """
        if not isinstance(other, OptionalSpec):
            raise no_common_spec(self, other)
        return OptionalSpec(spec_of_both(self._element_spec, other._element_spec))

    def composite_components(self) -> list[Any]:
        """Return the specs of whether there is a value, and of its tensors."""
        return [TensorSpec([], bool_), *nest.flatten(self._element_spec, True)]

    def composite_from(self, parts: Any) -> Optional:
        """Return an Optional made of whether there is a value, and its tensors."""
        has_value, *leaves = parts
        value = nest.pack_sequence_as(self._element_spec, leaves, True)
        if isinstance(has_value, EagerTensor) and not has_value:
            value = None
        return Optional(self._element_spec, value, has_value)

    def __repr__(self) -> str:
        return f"OptionalSpec({self._element_spec!r})"


class NextElementIfAny(StreamOp):
    """Whether there is another element of an iteration; and the element."""

    type_name = "IteratorGetNextAsOptional"

    def kernel(self, cursor: Any, specs: tuple[TensorSpec, ...]) -> Any:
        position = held(cursor)
        if position.advance():
            return np.bool_(True), *position.arrays
        return np.bool_(False), *absent(specs)

    def infer(self, cursor: TensorSpec, specs: tuple[TensorSpec, ...]) -> Any:
        return TensorSpec.of((), bool_), *specs


next_element_if_any = NextElementIfAny()


def next_as_optional(
    iterator: Any, next_arrays: Callable[[], Sequence[Any]]
) -> Optional:
    """Return the next element of an iterator, or an empty Optional at the end.

    Args:
        iterator: The iterator.
        next_arrays: The same in a running graph: returns the arrays of the next
            element; StopIteration at the end.
    """
    spec = iterator.element_spec
    if not in_graph():
        try:
            return Optional.from_value(next(iterator))
        except StopIteration:
            return Optional.empty(spec)
    specs = nest.flatten(spec, True)

    def run() -> list[Any]:
        try:
            return [np.bool_(True), *next_arrays()]
        except StopIteration:
            return [np.bool_(False), *absent(specs)]

    tensors = run_in_graph(run, [], (TensorSpec([], bool_), *specs))
    return OptionalSpec(spec).composite_from(tensors)


def traced_next_as_optional(iterator: Any) -> Optional:
    """Return the next element of an iterator that a traced function began."""
    specs = tuple(nest.flatten(iterator.element_spec, True))
    tensors = context.graph.call_op(
        next_element_if_any, (iterator.cursor,), {"specs": specs}
    )
    return OptionalSpec(iterator.element_spec).composite_from(list(tensors))


def absent(specs: Any) -> list[np.ndarray]:
    """Return arrays that stand for the tensors of a value that is not there."""
    return [
        np.full(
            [size or 0 for size in spec.dims or ()],
            b"" if spec.dtype is string else 0,
            spec.dtype.as_numpy_dtype,
        )
        for spec in specs
    ]


def _without_value() -> errors.OpError:
    return errors.because(
        errors.InvalidArgumentError,
        "The given optional does not have a value. [Op:OptionalGetValue]",
    )
