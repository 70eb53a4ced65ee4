"""The elements of a TensorArray outside graphs: a Python list, changed in place."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.core.public_api import names_in
from tensor.core.registry import get_op
from tensor.graph.control.list_tensors import check_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensor.core.tensor_spec import TensorSpec


class EagerElements:
    """What a TensorArray holds: tensors, and None where nothing was written.

    Attributes:
        items: The elements.
        is_dynamic: Whether writing beyond the end makes room.
        clears: Whether an element that was read is let go of.
    """

    __slots__ = ("_read", "clears", "is_dynamic", "items")

    def __init__(self, items: list[Any], is_dynamic: bool, clears: bool) -> None:
        self.items = items
        self.is_dynamic = is_dynamic
        self.clears = clears
        self._read: set[int] = set()

    def replaced(self, items: list[Any]) -> EagerElements:
        """Return other elements under the same rules."""
        return EagerElements(items, self.is_dynamic, self.clears)

    def place(self, index: Any) -> int:
        """Return the number of an element to be written, and make room for it.

        Raises:
            OutOfRangeError: There is none, and the array does not grow.
        """
        number, size = operator.index(index), len(self.items)
        if number < 0:
            raise errors.because(
                errors.OutOfRangeError,
                f"Writing to negative indices (index {number}) is not allowed.",
            )
        if number >= size:
            if not self.is_dynamic:
                raise errors.because(
                    errors.OutOfRangeError,
                    f"Tried to write to index {number} but array is not resizeable and "
                    f"size is: {size}. TensorArray(dynamic_size=True) grows.",
                )
            self.items.extend([None] * (number + 1 - size))
        return number

    def write(self, number: int, value: Any) -> None:
        """Replace the element of this number, for which there is room."""
        self.items[number] = value
        self._read.discard(number)

    def read(self, index: Any, spec: TensorSpec) -> Any:
        """Return the element of this number, and let go of it if that is the rule.

        Raises:
            OutOfRangeError: There is none.
            InvalidArgumentError: It was let go of.
        """
        number = operator.index(index)
        if number < 0:
            raise errors.because(
                errors.OutOfRangeError,
                f"Reading from negative indices (index {number}) is not allowed.",
            )
        if number >= len(self.items):
            raise errors.because(
                errors.OutOfRangeError,
                f"Tried to read from index {number} but array size is: "
                f"{len(self.items)}",
            )
        if number in self._read:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Could not read index {number} twice because it was cleared after a "
                "previous read (perhaps try setting clear_after_read = false?)",
            )
        item = self._item(number, spec)
        if self.clears:
            self._read.add(number)
            self.items[number] = None
        return item

    def _item(self, number: int, spec: TensorSpec) -> Any:
        item = self.items[number]
        if item is not None:
            return item
        if spec.dims is None or None in spec.dims:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Could not read from TensorArray index {number}: it was not written, "
                "and element_shape is not fully defined.",
            )
        return names_in("")["zeros"](spec.dims, spec.dtype)

    def gather(self, numbers: Sequence[int], spec: TensorSpec) -> Any:
        """Return the elements of these numbers as one tensor."""
        if not numbers:
            dims = [d or 0 for d in spec.dims or ()]
            return names_in("")["zeros"]([0, *dims], spec.dtype)
        return get_op("Pack")(*[self._item(i, spec) for i in numbers], axis=0)

    def concat(self, spec: TensorSpec) -> Any:
        """Return the elements joined along their first axis."""
        items = [self._item(i, spec) for i in range(len(self.items))]
        check_vectors([item.static_shape for item in items])
        return names_in("")["concat"](items, axis=0)

    def check_split(self, value: Any, lengths: Any) -> None:
        """Check that a tensor can be cut into elements of these lengths.

        Raises:
            InvalidArgumentError: It cannot.
        """
        problem = None
        if lengths.shape.rank != 1:
            problem = (
                "Expected lengths to be a vector, received shape: "
                f"{lengths.shape.as_list()}"
            )
        elif not value.shape.rank:
            problem = (
                "Expected value to be at least a vector, but received shape: "
                f"{value.shape.as_list()}"
            )
        elif (total := int(sum(lengths.numpy()))) != value.shape[0]:
            problem = (
                "Expected sum of lengths to be equal to values.shape[0], but sum of "
                f"lengths is {total} and value's shape is: {value.shape.as_list()}"
            )
        elif not self.is_dynamic and lengths.shape[0] != len(self.items):
            problem = (
                "TensorArray's size is not equal to the size of lengths "
                f"({len(self.items)} vs. {lengths.shape[0]}), and the TensorArray is "
                "not marked as dynamically resizeable."
            )
        if problem is not None:
            raise errors.because(errors.InvalidArgumentError, problem)
