"""Order by value: sort, argsort, searchsorted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import reshape
from tensor.ops.gather import gather
from tensor.ops.known_ranks import knowing_ranks
from tensor.ops.layout import transpose
from tensor.ops.reduction import known_integers

if TYPE_CHECKING:
    from collections.abc import Iterator


class ArgSort(Op):
    """The indices that sort x along its last axis; equal elements keep their order."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, descending: bool) -> Any:
        x = np.asarray(x)
        if not descending:
            return np.argsort(x, axis=-1, kind="stable").astype(np.int32)
        # Turned around twice, so that equal elements keep their order.
        backwards = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
        return (x.shape[-1] - 1 - backwards).astype(np.int32)

    def infer(self, x: TensorSpec, descending: bool) -> TensorSpec:
        return TensorSpec.of(x.dims, dtypes.int32)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for descending in (False, True):
            yield Sample(rng.integers(0, 3, (2, 5)), descending=descending)


class SearchSorted(Op):
    """Where each value would go in a sorted sequence, before or after its equals.

    Both have the same leading dimensions; the last axis of the one is sorted.
    """

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, values: Any, side: Any, out_type: dtypes.DType) -> Any:
        x, values = np.asarray(x), np.asarray(values)
        # What counts is the number of rows, whatever dimensions they come in.
        count = math.prod(x.shape[:-1])
        if count != math.prod(values.shape[:-1]):
            raise errors.invalid(
                "LowerBound" if side == "left" else "UpperBound",
                "Leading dim_size of both tensors must match. Got shapes "
                f"{list(x.shape)} and {list(values.shape)}.",
            )
        result = np.empty(values.shape, out_type.numpy_dtype)
        rows = zip(
            x.reshape((count, x.shape[-1])),
            values.reshape((count, values.shape[-1])),
            result.reshape((count, values.shape[-1])),
            strict=True,
        )
        for sequence, wanted, found in rows:
            found[...] = np.searchsorted(sequence, wanted, side=side)
        return result

    def infer(
        self, x: TensorSpec, values: TensorSpec, side: str, out_type: dtypes.DType
    ) -> TensorSpec:
        return TensorSpec.of(values.dims, out_type)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = np.sort(rng.normal(size=(2, 5)))
        attrs = {"side": "right", "out_type": dtypes.int32}
        yield Sample(x, rng.normal(size=(2, 3)), **attrs)


argsort_op = register(ArgSort)
searchsorted_op = register(SearchSorted)


def _last_axis_order(values: Any, axis: int, direction: str) -> tuple[Any, Any, Any]:
    """Return values with `axis` last, the order along it, and how to put it back."""
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            "Argument `direction` should be one of ASCENDING, DESCENDING. Received: "
            f"direction={direction}"
        )
    if values.dtype in (dtypes.string, dtypes.bool_) or values.dtype.is_complex:
        raise errors.invalid(
            "Sort",
            f"Value for attr 'T' of {dtypes.short_name(values.dtype)} is not in the "
            "list of allowed values: bfloat16, half, float, double, and integers",
        )
    rank = values.ndim
    if not -rank <= axis < rank:
        at = axis if axis >= 0 else rank + axis if rank + axis < 0 else axis
        raise errors.invalid(
            "StridedSlice",
            f"slice index {at if rank else axis} of dimension 0 out of bounds.",
        )
    axis %= rank
    last = [i for i in range(rank) if i != axis] + [axis]
    back = tuple(int(i) for i in np.argsort(last))
    moved = values if axis == rank - 1 else transpose(values, perm=tuple(last))
    order = argsort_op(moved, descending=direction == "DESCENDING")
    return moved, order, None if axis == rank - 1 else back


@export("sort")
@takes_composites
def sort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> Any:
    """Return `values` sorted along `axis`; NaN counts as larger than all numbers.

    Raises:
        ValueError: There is no such direction.
        InvalidArgumentError: `axis` is out of range, or the dtype has no order.
    """
    return _sorted(convert(values), axis=int(known_integers(axis)), direction=direction)


@knowing_ranks(None)
def _sorted(values: Any, axis: int, direction: str) -> Any:
    moved, order, back = _last_axis_order(values, axis, direction)
    batch = len(moved.static_shape) - 1
    if not batch:
        # A gather of rows would have IndexedSlices for a gradient.
        moved = reshape(moved, shape=(-1,))
    result = gather(moved, order, axis=batch, batch_dims=batch)
    return result if back is None else transpose(result, perm=back)


@export("argsort")
@takes_composites
def argsort(
    values: Any,
    axis: int = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Any:
    """Return the int32 indices that sort `values` along `axis`.

    Equal elements keep their order, whatever `stable` says.

    Raises:
        ValueError: There is no such direction.
        InvalidArgumentError: `axis` is out of range, or the dtype has no order.
    """
    return _order(convert(values), axis=int(known_integers(axis)), direction=direction)


@knowing_ranks(dtypes.int32)
def _order(values: Any, axis: int, direction: str) -> Any:
    _, order, back = _last_axis_order(values, axis, direction)
    return order if back is None else transpose(order, perm=back)


@export("searchsorted")
@takes_composites
def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Return where each value would be inserted to keep a sequence sorted.

    Args:
        sorted_sequence: Sequences, sorted along the last axis.
        values: The values to find, with the same leading dimensions.
        side: "left" to go before equal elements, "right" to go behind them.
        out_type: int32 or int64.
        name: A name for the node, in a graph.

    Raises:
        ValueError: There is no such side.
        InvalidArgumentError: Leading dimensions differ.
    """
    if side not in ("left", "right"):
        raise ValueError(
            f"Argument `side` must be either 'right' or 'left'. Received: `side` = "
            f"{side!r}."
        )
    x = convert(sorted_sequence)
    wanted = convert(values, hint=x.dtype)
    if wanted.dtype != x.dtype:
        raise errors.invalid(
            "LowerBound" if side == "left" else "UpperBound",
            f"cannot compute LowerBound as input #1(zero-based) was expected to be a "
            f"{dtypes.short_name(x.dtype)} tensor but is a "
            f"{dtypes.short_name(wanted.dtype)} tensor. Convert one with tf.cast.",
        )
    for given in (x, wanted):
        if given.ndim == 0:
            raise errors.invalid(
                "StridedSlice", "slice index -1 of dimension 0 out of bounds."
            )
    kind = dtypes.as_dtype(out_type)
    return searchsorted_op(x, wanted, side=side, out_type=kind, name=name)
