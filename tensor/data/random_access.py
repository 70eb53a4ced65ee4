"""tf.data.experimental.at: one element of a dataset, by its number."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.dtypes import int64
from tensor.core.public_api import export
from tensor.data import structure as nest
from tensor.data.elements import leaf
from tensor.data.graph_nodes import in_graph, packed, run_in_graph

if TYPE_CHECKING:
    from tensor.data.dataset import Dataset
    from tensor.data.elements import Components


@export("data.experimental.at")
def at(dataset: Dataset, index: Any) -> Any:
    """Return the element of this number.

    A dataset whose elements have to be made one after another is read up to there,
    once: a shuffled one keeps the order in which it was read first.

    Raises:
        InvalidArgumentError: `index` is a tensor of another dtype than int64.
        OutOfRangeError: There is no such element.
    """
    index = convert(index, hint=int64)
    if index.dtype is not int64:
        raise errors.invalid(
            "GetElementAtIndex",
            "cannot compute GetElementAtIndex as input #1(zero-based) was expected to "
            f"be a int64 tensor but is a {index.dtype.name} tensor",
        )
    spec = dataset.element_spec
    if in_graph():
        return packed(spec, run_in_graph(_element_at, (dataset, index), spec))
    return nest.pack(spec, [leaf(c) for c in _element_at(dataset, index)])


class _ReadSoFar:
    """The first elements of a dataset."""

    def __init__(self, dataset: Dataset) -> None:
        self._stream = dataset.open()
        self._elements: list[Components] = []

    def up_to(self, index: int) -> list[Components]:
        """Return the elements read, of which `index` is one unless they end before."""
        while len(self._elements) <= index:
            element = next(self._stream, None)
            if element is None:
                break
            self._elements.append(element)
        return self._elements


_read: weakref.WeakKeyDictionary[Dataset, _ReadSoFar] = weakref.WeakKeyDictionary()


def _element_at(dataset: Dataset, index: Any) -> Components:
    number = int(index)
    table = dataset.table
    if number >= 0 and table is not None and number < table.size:
        return table.row(number)
    size = dataset.count() if table is None else table.size
    if number >= 0 and table is None:
        elements = _read.setdefault(dataset, _ReadSoFar(dataset)).up_to(number)
        if number < len(elements):
            return elements[number]
        size = len(elements)
    raise errors.because(
        errors.OutOfRangeError,
        f"Index out of range [0, {size}):{number} [Op:GetElementAtIndex]",
    )
