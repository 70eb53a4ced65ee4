"""Reductions over segments: rows of a tensor that share an id.

Sorted segments (`segment_sum` …) are stretches of rows with the same id; there are as
many results as the last id says. Unsorted segments may be anywhere; their number is
given, and rows of negative ids belong to none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, ones_like, where, zeros_like
from tensor.ops.compare import equal, greater
from tensor.ops.families import NUMERIC, REAL, check_kind
from tensor.ops.math import divide, maximum
from tensor.ops.math.complex_numbers import conj_for_gradient, dtype_of, real_op
from tensor.ops.scatter import (
    check_segment_ids,
    check_segments,
    gather_or_zero,
    segment_count,
    unsorted_segment_sum,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def reduce_segments(
    combine: np.ufunc, x: Any, ids: Any, count: int, empty: Any
) -> np.ndarray:
    """Combine the rows of each segment; a segment without rows gets `empty`.

    Args:
        combine: How two rows become one.
        x: Rows, along the first axis.
        ids: One id per row; negative ones belong to no segment.
        count: The number of segments.
        empty: The value of a segment without rows.
    """
    result = np.full((count, *x.shape[1:]), empty, x.dtype)
    # Sorted by segment, each segment is one stretch.
    if ids.size and np.any(ids[1:] < ids[:-1]):
        order = np.argsort(ids, kind="stable")
        x, ids = x[order], ids[order]
    first = np.count_nonzero(ids < 0)
    x, ids = x[first:], ids[first:]
    if ids.size and x.size:
        starts = np.flatnonzero(np.diff(ids, prepend=-1))
        result[ids[starts]] = combine.reduceat(x, starts, axis=0)
    return result


class _Sorted(Op):
    """A reduction over segments whose ids increase."""

    allows = REAL
    shape_depends_on_values = True
    combine: np.ufunc
    empty = 0

    def kernel(self, x: Any, ids: Any) -> Any:
        x, ids = np.asarray(x), np.asarray(ids)
        self.check(x, ids)
        count = int(ids[-1]) + 1 if ids.size else 0
        return reduce_segments(self.combine, x, ids, count, self.empty)

    def check(self, x: np.ndarray, ids: np.ndarray) -> None:
        """Check that ids are a sorted vector, one for each row.

        Raises:
            InvalidArgumentError: They are not.
        """
        if ids.ndim != 1:
            raise errors.invalid(
                self.type_name,
                f"segment_ids should be a vector. Got shape {list(ids.shape)}.",
            )
        if x.shape[:1] != ids.shape:
            raise errors.invalid(
                self.type_name,
                "segment_ids should be the same size as dimension 0 of input. Got "
                f"shapes {list(ids.shape)} and {list(x.shape)}.",
            )
        if not ids.size:
            return
        rows = ids[-1] + 1
        if rows <= 0:
            raise errors.invalid(
                self.type_name, f"segment ids must be >= 0, the last is {ids[-1]}"
            )
        outside = np.flatnonzero((ids < 0) | (ids >= rows))
        changes = np.flatnonzero(ids[1:] != ids[:-1])
        falls = changes[ids[changes + 1] < ids[changes]]
        # Segment after segment, as TensorFlow: first what follows it, then its own id.
        if falls.size and (
            not outside.size or falls[0] <= changes[changes >= outside[0]][0]
        ):
            raise errors.invalid(
                self.type_name,
                f"segment ids are not increasing: {ids[falls[0]]} is followed by less",
            )
        if outside.size:
            raise errors.invalid(
                self.type_name,
                f"Segment id {ids[outside[0]]} out of range [0, {rows}), possibly "
                "because 'segment_ids' input is not sorted.",
            )

    def infer(self, x: TensorSpec, ids: TensorSpec) -> TensorSpec:
        if ids.rank not in (1, None):
            raise ValueError(f"Shape must be rank 1 but is rank {ids.rank}")
        dims = None if x.dims is None else (None, *x.dims[1:])
        return TensorSpec.of(dims, x.dtype)

    def public(self, data: Any, segment_ids: Any, name: str | None = None) -> Any:
        x, ids = convert(data), convert(segment_ids)
        check_kind(self, x, self.allows)
        check_id_dtype(self, ids)
        return self(x, ids, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(4, 2)), np.array([0, 0, 2, 3], np.int32))
        yield Sample(rng.normal(size=3), np.array([1, 1, 1], np.int64))


def check_id_dtype(op: Op, ids: Any) -> None:
    """Check that segment ids are int32 or int64.

    Raises:
        InvalidArgumentError: They are not.
    """
    if ids.dtype.name not in ("int32", "int64"):
        raise errors.invalid(
            op.type_name,
            f"Value for attr 'Tindices' of {dtypes.short_name(ids.dtype)} is not in "
            "the list of allowed values: int32, int64. Convert the ids with tf.cast.",
        )


class SegmentSum(_Sorted):
    """The sum of the rows of each segment; ids must increase."""

    names = ("math.segment_sum",)
    allows = NUMERIC
    combine = np.add
    keeps_inputs = (1,)

    def gradient(self, call: Any, dz: Any) -> Any:
        return gather_or_zero(dz, call.inputs[1]), None


class SegmentMean(_Sorted):
    """The mean of the rows of each segment, 0 for one without; ids must increase."""

    names = ("math.segment_mean",)
    allows = NUMERIC
    keeps_inputs = (1,)

    def kernel(self, x: Any, ids: Any) -> Any:
        x, ids = np.asarray(x), np.asarray(ids)
        self.check(x, ids)
        sizes = np.bincount(ids)
        whole = reduce_segments(np.add, x, ids, len(sizes), 0)
        sizes = np.maximum(sizes, 1).reshape(-1, *(1,) * (x.ndim - 1))
        if x.dtype.kind in "iu":
            return (np.abs(whole) // sizes * np.sign(whole)).astype(x.dtype)
        return (whole / sizes).astype(x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        ids = call.inputs[1]
        ones = ones_like(gather_or_zero(dz, ids))
        return gather_or_zero(dz, ids) / gather_or_zero(
            segment_sum(ones, ids), ids
        ), None


class SegmentProd(_Sorted):
    """The product of the rows of each segment, 1 for one without; ids must increase."""

    names = ("math.segment_prod",)
    allows = NUMERIC
    combine = np.multiply
    empty = 1

    def gradient(self, call: Any, dz: Any) -> Any:
        x, ids = call.inputs
        return product_gradient(x, ids, dz, lambda v: segment_prod(v, ids)), None


class _SortedExtreme(_Sorted):
    """The largest or smallest row of each segment; tied rows share the gradient."""

    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        x, ids = call.inputs
        chosen = equal(x, gather_or_zero(call.output, ids))
        share = cast(chosen, dtype=dtype_of(x))
        ties = segment_sum(share, ids)
        spread = gather_or_zero(divide(dz, maximum(ties, ones_like(ties))), ids)
        return where(chosen, spread, zeros_like(spread)), None


class SegmentMax(_SortedExtreme):
    """The largest row of each segment, 0 for one without; ids must increase."""

    names = ("math.segment_max",)
    combine = np.maximum


class SegmentMin(_SortedExtreme):
    """The smallest row of each segment, 0 for one without; ids must increase."""

    names = ("math.segment_min",)
    combine = np.minimum


class _Unsorted(Op):
    """A reduction over segments whose rows may be anywhere."""

    allows = REAL
    combine: np.ufunc

    def empty(self, dtype: np.dtype[Any]) -> Any:
        """Return the value of a segment without rows."""
        raise NotImplementedError(f"{type(self).__name__} must define `empty`.")

    def kernel(self, x: Any, ids: Any, num_segments: Any) -> Any:
        x, ids, count = np.asarray(x), np.asarray(ids), int(num_segments)
        rows = x.reshape((ids.size, *x.shape[ids.ndim :]))
        ids = ids.reshape(-1)
        check_segment_ids(ids, count, self.type_name)
        return reduce_segments(self.combine, rows, ids, count, self.empty(x.dtype))

    def infer(self, x: TensorSpec, ids: TensorSpec, num_segments: Any) -> TensorSpec:
        return unsorted_segment_sum.infer(x, ids, num_segments)

    def public(
        self, data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
    ) -> Any:
        x, ids = convert(data), convert(segment_ids)
        check_kind(self, x, self.allows)
        check_id_dtype(self, ids)
        check_segments(x, ids, self.type_name)
        count = segment_count(num_segments, self.type_name)
        return self(x, ids, num_segments=count, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # Segments without rows would have values too large to differentiate.
        ids = np.array([2, 0, -1, 2, 1], np.int32)
        yield Sample(rng.normal(size=(5, 3)), ids, num_segments=3)
        yield Sample(
            rng.normal(size=(1, 5)), ids[None].astype(np.int64), num_segments=3
        )


class UnsortedSegmentProd(_Unsorted):
    """The product of the rows of each segment, 1 for one without."""

    names = ("math.unsorted_segment_prod",)
    allows = NUMERIC
    combine = np.multiply

    def empty(self, dtype: np.dtype[Any]) -> Any:
        return 1

    def gradient(self, call: Any, dz: Any) -> Any:
        x, ids = call.inputs

        def product(v: Any) -> Any:
            return unsorted_segment_prod(v, ids, **call.attrs)

        return product_gradient(x, ids, dz, product), None


def product_gradient(x: Any, ids: Any, dz: Any, product: Any) -> Any:
    """Return the gradient of a product over segments, exact where factors are 0.

    A factor's slope is the product of the others: the whole product over the factor;
    the product of the rest where the factor is the only 0; 0 where there is another 0.
    """
    x = conj_for_gradient(x)
    ones = ones_like(x)
    is_zero = equal(x, zeros_like(x))
    rest = where(is_zero, ones, x)
    # A product of 2 for each zero counts them, within the same reduction.
    zeros = gather_or_zero(product(where(is_zero, ones + ones, ones)), ids)
    zeros = where(is_zero, zeros / 2, zeros)
    others = gather_or_zero(product(rest), ids) / rest
    others = where(greater(_real(zeros), _real(ones)), zeros_like(x), others)
    return gather_or_zero(dz, ids) * others


def _real(x: Any) -> Any:
    return real_op(x) if dtype_of(x).is_complex else x


class _UnsortedExtreme(_Unsorted):
    """The largest or smallest row of each segment; tied rows share the gradient."""

    keeps_output = True

    def gradient(self, call: Any, dz: Any) -> Any:
        x, ids = call.inputs
        # Rows of no segment may look chosen; their spread is 0.
        chosen = equal(x, gather_or_zero(call.output, ids))
        share = cast(chosen, dtype=dtype_of(x))
        ties = unsorted_segment_sum(share, ids, **call.attrs)
        spread = gather_or_zero(divide(dz, maximum(ties, ones_like(ties))), ids)
        return where(chosen, spread, zeros_like(spread)), None


class UnsortedSegmentMax(_UnsortedExtreme):
    """The largest row of each segment, the dtype's lowest value for one without."""

    names = ("math.unsorted_segment_max",)
    combine = np.maximum

    def empty(self, dtype: np.dtype[Any]) -> Any:
        return dtypes.from_numpy(dtype).min


class UnsortedSegmentMin(_UnsortedExtreme):
    """The smallest row of each segment, the dtype's highest value for one without."""

    names = ("math.unsorted_segment_min",)
    combine = np.minimum

    def empty(self, dtype: np.dtype[Any]) -> Any:
        return dtypes.from_numpy(dtype).max


segment_sum = register(SegmentSum)
segment_mean = register(SegmentMean)
segment_prod = register(SegmentProd)
segment_max = register(SegmentMax)
segment_min = register(SegmentMin)
unsorted_segment_prod = register(UnsortedSegmentProd)
unsorted_segment_max = register(UnsortedSegmentMax)
unsorted_segment_min = register(UnsortedSegmentMin)
