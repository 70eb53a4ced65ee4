"""Distinct values: unique, unique_with_counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Iterator


class Unique(Op):
    """The distinct elements of a vector, by first occurrence; where each is; how many.

    NaNs are all distinct.
    """

    type_name = "UniqueWithCounts"
    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True

    def kernel(self, x: Any, out_idx: dtypes.DType) -> Any:
        x = np.asarray(x)
        if x.ndim != 1:
            raise errors.invalid(
                "Unique", f"unique expects a 1D vector. Got shape {list(x.shape)}."
            )
        if x.dtype.kind == "O":
            first, inverse, counts = _unique_objects(x)
        else:
            _, first, inverse, counts = np.unique(
                x,
                return_index=True,
                return_inverse=True,
                return_counts=True,
                equal_nan=False,
            )
        # np.unique sorts; TensorFlow goes by first occurrence.
        order = np.argsort(first)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        index_dtype = out_idx.numpy_dtype
        return (
            x[np.sort(first)],
            place[inverse].astype(index_dtype),
            counts[order].astype(index_dtype),
        )

    def infer(self, x: TensorSpec, out_idx: dtypes.DType) -> Any:
        if x.rank not in (1, None):
            raise ValueError(f"Shape must be rank 1 but is rank {x.rank}")
        count = TensorSpec.of((None,), out_idx)
        return TensorSpec.of((None,), x.dtype), TensorSpec.of(x.dims, out_idx), count

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([5, 1, 5, 2, 1]), out_idx=dtypes.int32)
        yield Sample(np.array([b"b", b"a", b"b"], object), out_idx=dtypes.int64)
        yield Sample(np.zeros((0,)), out_idx=dtypes.int32)


def _unique_objects(x: np.ndarray) -> Any:
    """Return what np.unique does for strings, which it cannot always compare."""
    places: dict[Any, int] = {}
    inverse = np.array([places.setdefault(v, len(places)) for v in x], np.int64)
    first = np.full(len(places), len(x), np.int64)
    np.minimum.at(first, inverse, np.arange(len(x)))
    return first, inverse, np.bincount(inverse, minlength=len(places))


unique_op = register(Unique)


class UniqueResult(NamedTuple):
    """What `tf.unique` returns: the distinct values, and where each element's is."""

    y: Any
    idx: Any


class UniqueWithCountsResult(NamedTuple):
    """What `tf.unique_with_counts` returns: as `tf.unique`, and how many of each."""

    y: Any
    idx: Any
    count: Any


# They print under the names that TensorFlow gives them.
UniqueResult.__name__ = "Unique"
UniqueWithCountsResult.__name__ = "UniqueWithCounts"


def _index_dtype(out_idx: Any) -> dtypes.DType:
    """Return the dtype of indices.

    Raises:
        InvalidArgumentError: It is neither int32 nor int64.
    """
    dtype = dtypes.as_dtype(out_idx)
    if dtype not in (dtypes.int32, dtypes.int64):
        raise errors.invalid(
            "Unique",
            f"Value for attr 'out_idx' of {dtypes.short_name(dtype)} is not in the "
            "list of allowed values: int32, int64",
        )
    return dtype


@export("unique")
@takes_composites
def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """Return the distinct elements of a vector in the order of first occurrence.

    Returns:
        `y`, the distinct elements, and `idx` such that `y[idx]` is `x`.

    Raises:
        InvalidArgumentError: `x` is no vector.
    """
    y, idx, _ = unique_op(convert(x), out_idx=_index_dtype(out_idx), name=name)
    return UniqueResult(y, idx)


@export("unique_with_counts")
def unique_with_counts(
    x: Any, out_idx: Any = dtypes.int32, name: str | None = None
) -> Any:
    """Return the distinct elements of a vector, where each is, and how many.

    Raises:
        InvalidArgumentError: `x` is no vector.
    """
    return UniqueWithCountsResult(
        *unique_op(convert(x), out_idx=_index_dtype(out_idx), name=name)
    )
