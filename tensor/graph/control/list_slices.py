"""Many entries of a list at once: gathered, scattered, cut out of a tensor.

Each of these ops is linear in the list or tensor that it reads, and their gradients are
one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.registry import get_op
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.graph.control.list_ops import (
    LIST,
    ListOp,
    filled,
    list_clear,
    list_zeros,
    sum_of,
    written,
)
from tensor.graph.control.list_tensors import stacked

if TYPE_CHECKING:
    from collections.abc import Sequence


def numbers_in(indices: Any) -> list[int]:
    """Return a vector of indices as Python numbers."""
    return [int(i) for i in np.ravel(indices)]


class ListGather(ListOp):
    """The entries of these numbers as one tensor."""

    type_name = "TensorListGather"

    def kernel(self, items: Any, indices: Any, spec: TensorSpec) -> Any:
        return stacked(_chosen(items, indices), spec)

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        items, indices = inputs
        spec = attrs["spec"]
        chosen = filled(_chosen(items, indices), spec)
        return get_op("Pack")(*chosen, axis=0) if chosen else wrap(stacked([], spec))

    def infer(self, items: TensorSpec, indices: TensorSpec, spec: TensorSpec) -> Any:
        if spec.dims is None:
            return TensorSpec.of(None, spec.dtype)
        return TensorSpec.of((*(indices.dims or (None,)), *spec.dims), spec.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        items, indices = call.inputs
        return list_accumulate(list_zeros(items), indices, dz), None


def _chosen(items: list[Any], indices: Any) -> list[Any]:
    numbers = numbers_in(indices)
    for i in numbers:
        if not 0 <= i < len(items):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Index {i} out of range; list only has {len(items)} elements.",
            )
    return [items[i] for i in numbers]


class ListScatter(ListOp):
    """A list with slices of a tensor as the entries of these numbers."""

    type_name = "TensorListScatterIntoExistingList"

    def kernel(self, items: Any, indices: Any, value: Any, dynamic: bool) -> Any:
        numbers = numbers_in(indices)
        if len(numbers) != len(value):
            raise errors.because(
                errors.InvalidArgumentError,
                "Invalid number of indices: expected len(indices) == tensor.shape[0], "
                f"but saw: {len(numbers)} vs. {len(value)}",
            )
        for i, entry in zip(numbers, value, strict=True):
            if i < 0 or (i >= len(items) and not dynamic):
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"Trying to modify element {i} in a list with {len(items)} "
                    "elements. TensorArray(dynamic_size=True) grows.",
                )
            items = written(items, i, entry)
        return items

    def infer(
        self, items: TensorSpec, indices: TensorSpec, value: TensorSpec, dynamic: bool
    ) -> TensorSpec:
        return LIST

    def gradient(self, call: Any, dz: Any) -> Any:
        _, indices, value = call.inputs
        cleared = list_clear(dz, indices)
        return cleared, None, list_gather_or_zeros(dz, indices, value)


class ListAccumulate(ListOp):
    """A list with slices of a tensor added to the entries of these numbers."""

    def kernel(self, items: Any, indices: Any, value: Any) -> Any:
        for i, entry in zip(numbers_in(indices), value, strict=True):
            items = written(items, i, sum_of(items[i], entry))
        return items

    def infer(
        self, items: TensorSpec, indices: TensorSpec, value: TensorSpec
    ) -> TensorSpec:
        return LIST

    def gradient(self, call: Any, dz: Any) -> Any:
        _, indices, value = call.inputs
        return dz, None, list_gather_or_zeros(dz, indices, value)


class ListGatherOrZeros(ListOp):
    """The entries of these numbers, stacked; slices of zeros where there is none."""

    def kernel(self, items: Any, indices: Any, value: Any) -> Any:
        return _placed(np.zeros(value.shape, value.dtype), _present(items, indices))

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        items, indices, value = inputs
        rows = [
            get_op("ZerosLike")(value[k]) if entry is None else entry
            for k, entry in enumerate(_present(items, indices))
        ]
        return get_op("Pack")(*rows, axis=0) if rows else value

    def infer(
        self, items: TensorSpec, indices: TensorSpec, value: TensorSpec
    ) -> TensorSpec:
        return value

    def gradient(self, call: Any, dz: Any) -> Any:
        items, indices, _ = call.inputs
        return list_accumulate(list_zeros(items), indices, dz), None, None


def _present(items: list[Any], indices: Any) -> list[Any]:
    return [items[i] if i < len(items) else None for i in numbers_in(indices)]


def _placed(result: np.ndarray, rows: Sequence[Any]) -> np.ndarray:
    for k, row in enumerate(rows):
        if row is not None:
            result[k] = row
    return result


class ListSplit(ListOp):
    """Pieces of a tensor along its first axis, of these lengths, as a list."""

    type_name = "TensorListSplit"

    def kernel(self, value: Any, lengths: Any) -> Any:
        ends = _ends(value, lengths)
        return [value[a:b] for a, b in zip([0, *ends], ends, strict=False)]

    def infer(self, value: TensorSpec, lengths: TensorSpec) -> TensorSpec:
        for spec, what in ((value, "tensor"), (lengths, "lengths")):
            if spec.dims == ():
                raise ValueError(
                    f"Shape must be at least rank 1 but is rank 0: the {what} of "
                    "TensorArray.split."
                )
        return LIST

    def gradient(self, call: Any, dz: Any) -> Any:
        value, lengths = call.inputs
        return list_joined(dz, value, lengths), None


def _ends(value: Any, lengths: Any) -> list[int]:
    """Return where pieces of these lengths end."""
    ends = np.cumsum(np.asarray(lengths), dtype=np.int64).tolist()
    used = ends[-1] if ends else 0
    if used != len(value):
        problem = "Unused values in" if used < len(value) else "Not enough values in"
        raise errors.because(
            errors.InvalidArgumentError,
            f"{problem} tensor. Length of tensor: {len(value)} Values used: {used}",
        )
    return ends  # type: ignore[no-any-return]  # NumPy does not say what tolist gives


class ListJoined(ListOp):
    """The entries of a list joined to a tensor like `value`; zeros where empty."""

    def kernel(self, items: Any, value: Any, lengths: Any) -> Any:
        result = np.zeros(value.shape, value.dtype)
        ends = _ends(value, lengths)
        for item, a, b in zip(items, [0, *ends], ends, strict=False):
            if item is not None:
                result[a:b] = item
        return result

    def apply_now(self, *inputs: Any, **attrs: Any) -> Any:
        items, value, lengths = inputs
        pieces = list_split.kernel(value, lengths)
        whole = [*items, *[None] * (len(pieces) - len(items))]
        parts = [
            get_op("ZerosLike")(piece) if item is None else item
            for item, piece in zip(whole, pieces, strict=True)
        ]
        return get_op("ConcatV2")(*parts, axis=0) if parts else value

    def infer(
        self, items: TensorSpec, value: TensorSpec, lengths: TensorSpec
    ) -> TensorSpec:
        return value

    def gradient(self, call: Any, dz: Any) -> Any:
        return list_split(dz, call.inputs[2]), None, None


list_gather = ListGather()
list_gather_or_zeros = ListGatherOrZeros()
list_scatter = ListScatter()
list_accumulate = ListAccumulate()
list_split = ListSplit()
list_joined = ListJoined()
