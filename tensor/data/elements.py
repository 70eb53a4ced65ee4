"""Elements of a dataset: what users see, and the flat tuples of arrays inside.

Streams carry an element as a tuple of *components*, one for each leaf of its structure:
a NumPy array for a tensor, the object itself for anything else (a ragged or sparse
tensor, a nested dataset, an optional). An element spec describes the structure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.nest import assert_same_structure
from tensor.core.tensor import EagerTensor, Tensor, wrap
from tensor.core.tensor_spec import CompositeSpec, TensorSpec, no_common_spec
from tensor.data import structure as nest

if TYPE_CHECKING:
    from collections.abc import Iterator

Components = tuple[Any, ...]


class NoneTensorSpec(CompositeSpec):
    """Describes `None` where an element has nothing: a composite without parts."""

    __slots__ = ()

    @property
    def value_type(self) -> type:
        """The class of the values described."""
        return type(None)

    def composite_components(self) -> list[Any]:
        """Return no spec: there are no parts."""
        return []

    def composite_from(self, parts: Any) -> None:
        """Return None, made of nothing."""

    def batched(self, count: int | None) -> NoneTensorSpec:
        """Return this spec: many times nothing is nothing."""
        return self

    def unbatched(self) -> NoneTensorSpec:
        """Return this spec."""
        return self

    def stacked(self, values: Any) -> None:
        """Return None."""

    def _parameters(self) -> tuple[Any, ...]:
        return ()

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Return whether the value is None."""
        return spec_or_value is None or isinstance(spec_or_value, NoneTensorSpec)


def as_leaf(value: Any) -> Any:
    """Return one leaf of a user's element as a tensor, or as the object it stays."""
    if (
        value is None
        or isinstance(value, Tensor | CompositeTensor)
        or hasattr(value, "leaf_spec")
    ):
        return value
    return convert(value)


def as_given_leaf(value: Any) -> Any:
    """Return a leaf of what a dataset is made from as a tensor, or the object."""
    return as_given(as_leaf(value))


def as_given(value: Any) -> Any:
    """Return what a dataset is made from; constants of a graph have values."""
    if isinstance(value, Tensor) and is_constant(value):
        return wrap(np.asarray(value)[()])
    return value


def is_constant(tensor: Any) -> bool:
    """Return whether a symbolic tensor is a constant of its graph."""
    return type(tensor) is not EagerTensor and tensor.op.type == "Const"


def spec_of_leaf(leaf: Any) -> Any:
    """Return the spec of a leaf that `as_leaf` returned."""
    if isinstance(leaf, Tensor):
        return TensorSpec.of(leaf.static_shape, leaf.dtype)
    if leaf is None:
        return NoneTensorSpec()
    if hasattr(leaf, "leaf_spec"):
        return leaf.leaf_spec
    return leaf._type_spec


def component(leaf: Any) -> Any:
    """Return the component that carries a leaf: a tensor's array, or the leaf."""
    return leaf._array if type(leaf) is EagerTensor else leaf


def arrays_of(components: Any) -> tuple[Any, ...]:
    """Return the arrays that components consist of, composites part by part."""
    arrays: list[Any] = []
    for one in components:
        if isinstance(one, np.ndarray | np.generic):
            arrays.append(one)
        elif one is not None:
            arrays.extend([part._array for part in one.composite_components()])
    return tuple(arrays)


def put_together(specs: list[Any], arrays: Iterator[Any]) -> Components:
    """Return the components that `arrays_of` took apart."""
    components: list[Any] = []
    for spec in specs:
        if isinstance(spec, CompositeSpec):
            parts = [wrap(next(arrays)) for _ in spec.composite_components()]
            components.append(spec.composite_from(parts))
        else:
            components.append(next(arrays))
    return tuple(components)


def leaf(component: Any) -> Any:
    """Return what the user sees of a component."""
    if isinstance(component, np.ndarray | np.generic):
        return wrap(component)
    return component


def spec_of_structure(element: Any) -> Any:
    """Return the spec of a structure of leaves."""
    return nest.map_structure(spec_of_leaf, element)


def spec_of_both(first: Any, second: Any) -> Any:
    """Return the spec that elements of both specs fit.

    Raises:
        ValueError: There is none.
    """
    try:
        assert_same_structure(first, second)
    except TypeError as error:
        raise ValueError(str(error)) from None

    def common(one: Any, other: Any) -> Any:
        spec = one.most_specific_common_supertype([other])
        if spec is None:
            raise no_common_spec(one, other)
        return spec

    return nest.map_structure(common, first, second)


def batched(spec: Any, count: int | None) -> Any:
    """Return the spec of `count` elements stacked into one.

    Raises:
        TypeError: Such elements do not stack.
    """
    if isinstance(spec, TensorSpec):
        dims = None if spec.dims is None else (count, *spec.dims)
        return TensorSpec.of(dims, spec.dtype)
    return spec.batched(count)


def unbatched(spec: Any) -> Any:
    """Return the spec of one of the elements that were stacked."""
    if isinstance(spec, CompositeSpec):
        return spec.unbatched()
    return TensorSpec.of(None if spec.dims is None else spec.dims[1:], spec.dtype)


def stack(rows: list[Components]) -> Components:
    """Return elements stacked, component by component.

    Raises:
        InvalidArgumentError: Shapes of one component differ.
    """
    return tuple(
        [
            _stack_component(i, values)
            for i, values in enumerate(zip(*rows, strict=True))
        ]
    )


def _stack_component(index: int, values: tuple[Any, ...]) -> Any:
    first = values[0]
    if first is None:
        return None
    shape = first.shape
    if shape == ():
        if first.dtype == object:
            values = tuple([v[()] for v in values])
        return np.array(values, dtype=first.dtype)
    for at, value in enumerate(values):
        if value.shape != shape:
            raise errors.because(
                errors.InvalidArgumentError,
                "Cannot batch tensors with different shapes in component "
                f"{index}. First element had shape {list(shape)} and element {at} had "
                f"shape {list(value.shape)}. Use padded_batch or ragged_batch for "
                "elements of different shapes. [Op:IteratorGetNext]",
            )
    result = np.empty((len(values), *shape), first.dtype)
    for at, value in enumerate(values):
        result[at] = value
    return result


def row(component: Any, index: int) -> Any:
    """Return one of the elements that a component stacks."""
    if component is None:
        return None
    if isinstance(component, CompositeTensor):
        part = component.slice_at(index)
        return part._array if type(part) is EagerTensor else part
    if component.ndim == 1 and component.dtype != object:
        return component[index]
    return component[index, ...]


def rows_in(component: Any) -> int:
    """Return how many elements a component stacks."""
    if isinstance(component, CompositeTensor):
        return int(component.slice_count())
    return int(component.shape[0])
