"""Sources whose elements are known beforehand: tensors, their slices, ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.tensor_spec import TensorSpec
from tensor.data import structure as nest
from tensor.data.dataset import Dataset, source
from tensor.data.elements import (
    as_given_leaf,
    component,
    row,
    rows_in,
    spec_of_leaf,
    spec_of_structure,
    stack,
    unbatched,
)
from tensor.data.stream import State, Stream
from tensor.data.table import ArrayTable, RangeTable, Table
from tensor.data.unknown import as_count, unknown_in


@source
def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
    """Create a dataset of one element, `tensors`."""
    return Tensor(nest.map_structure(as_given_leaf, tensors))


@source
def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
    """Create a dataset whose elements are slices of `tensors` along their first axis.

    Args:
        tensors: A tensor-like value, or tuples and dicts of them. Lists are values.
        name: Accepted for compatibility.

    Raises:
        ValueError: There is no tensor, one is a scalar, or the first dimensions
            differ.
    """
    element = nest.map_structure(as_given_leaf, tensors)
    if not nest.flatten(element):
        raise ValueError(
            f"Invalid `element`. `element` should not be empty, got {tensors!r}."
        )
    return TensorSlice(element)


@source
def range_(*args: Any, output_type: Any = dtypes.int64, name: str | None = None) -> Any:
    """Create a dataset of the numbers of Python's `range(*args)`.

    Raises:
        ValueError: Not one to three arguments, or a tensor of another dtype than int64.
        InvalidArgumentError: A step of zero, or the dtype holds no numbers.
    """
    if not 1 <= len(args) <= 3:
        raise ValueError(
            f"Invalid `args`. The length of `args` should be between 1 and 3 but was "
            f"{len(args)}."
        )
    dtype = dtypes.as_dtype(output_type)
    if not dtype.is_numeric:
        raise errors.invalid("RangeDataset", f"Unsupported data type: {dtype.name}")
    counts = zip(args, ("start", "stop", "step")[len(args) == 1 :], strict=False)
    numbers = [as_count(value, name) for value, name in counts]
    return Range(*numbers, output_type=dtype)


class Tensor(Dataset):
    """One element."""

    def __init__(self, element: Any) -> None:
        super().__init__(spec_of_structure(element))
        self.element = tuple([component(leaf) for leaf in nest.flatten(element)])

    @property
    def table(self) -> Table:
        return SingleRow(self.element)


class SingleRow(Table):
    """One row, which need not consist of arrays."""

    size = 1

    def __init__(self, element: Any) -> None:
        self.element = element

    def row(self, index: int) -> Any:
        return self.element

    def slice(self, start: int, stop: int) -> Any:
        return stack([self.element] * (stop - start))

    def gather(self, indices: np.ndarray) -> Any:
        return stack([self.element] * len(indices))


class TensorSlice(Dataset):
    """The slices of tensors along their first axis."""

    def __init__(self, element: Any) -> None:
        leaves = nest.flatten(element)
        specs = [unbatched_slice(spec_of_leaf(leaf)) for leaf in leaves]
        super().__init__(nest.pack(element, specs))
        self.components = tuple([component(leaf) for leaf in leaves])
        if unknown_in(leaves):
            return
        sizes = [rows_in(c) for c in self.components if c is not None]
        if len(set(sizes)) > 1:
            first, other = sizes[0], next(s for s in sizes if s != sizes[0])
            raise ValueError(
                f"Dimensions {first} and {other} are not compatible: all components of "
                "from_tensor_slices must have the same first dimension, got "
                f"{sizes}."
            )
        self.size = sizes[0]

    @property
    def table(self) -> Table | None:
        if all(isinstance(c, np.ndarray) for c in self.components):
            return ArrayTable(self.components, self.size)
        return None

    def open(self) -> Stream:
        if self.table is not None:
            return super().open()
        return SliceStream(self.components, self.size)

    def count(self) -> int:
        return self.size


def unbatched_slice(spec: Any) -> Any:
    """Return the spec of a slice, with TensorFlow's error for scalars."""
    if isinstance(spec, TensorSpec) and spec.dims == ():
        raise ValueError(
            "Unbatching a tensor is only supported for rank >= 1: from_tensor_slices "
            "cuts tensors along their first axis, and a scalar has none. Use "
            "from_tensors for one element."
        )
    return unbatched(spec)


class SliceStream(Stream):
    """Slices of components of which some are ragged or sparse."""

    def __init__(self, components: Any, size: int) -> None:
        self.components = components
        self.size = size
        self.position = 0

    def __next__(self) -> Any:
        position = self.position
        if position >= self.size:
            raise StopIteration
        self.position = position + 1
        return tuple([row(c, position) for c in self.components])

    def save(self) -> State:
        return {"position": self.position}

    def restore(self, state: State) -> None:
        self.position = state["position"]


class Range(Dataset):
    """Numbers at equal steps."""

    def __init__(self, *args: Any, output_type: Any = dtypes.int64) -> None:
        self.dtype = dtypes.as_dtype(output_type)
        super().__init__(TensorSpec.of((), self.dtype))
        if unknown_in(args):
            return
        start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        if step == 0:
            raise errors.invalid(
                "RangeDataset", f"step must be a non-zero integer, got range{args}"
            )
        self.start, self.step = start, step
        self.size = len(range(start, stop, step))

    @property
    def table(self) -> Table:
        return RangeTable(self.start, self.step, self.size, self.dtype.numpy_dtype)
