"""tf.sparse: rows filled, ids as indicators, slices masked, another shape."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.ops.array import cast_
from tensor.ops.joining import concat as join
from tensor.ops.sparse import places
from tensor.ops.sparse.sparse_ops import as_sparse, picked
from tensor.ops.sparse.sparse_tensor import SparseTensor


@export("sparse.fill_empty_rows")
def fill_empty_rows(
    sp_input: SparseTensor, default_value: Any, name: Any = None
) -> Any:
    """Return the elements with a default in each empty row, and which those are."""
    sp = as_sparse(sp_input)
    filler = get_op("ExpandDims")(convert(default_value, sp.dtype), axis=0)
    indices, order, empty = places.with_rows_filled(sp.indices, sp.dense_shape)
    values = picked(join(sp.values, filler, axis=0), order)
    if is_symbolic(empty):
        empty.set_shape(sp.shape[:1])
    return sp.of_same_shape(indices, values), empty


@export("sparse.to_indicator")
def to_indicator(sp_input: SparseTensor, vocab_size: int, name: Any = None) -> Any:
    """Return booleans that are true at the ids that each row holds."""
    sp = as_sparse(sp_input)
    return places.indicator(
        sp.indices, cast_(sp.values, dtypes.int64), sp.dense_shape, size=int(vocab_size)
    )


@export("sparse.mask")
def mask(a: Any, mask_indices: Any, name: Any = None) -> Any:
    """Return IndexedSlices without the slices whose index is in `mask_indices`."""
    from tensor.core.indexed_slices import IndexedSlices

    indices = convert(a.indices)
    keep = places.not_masked(indices, convert(mask_indices))
    values = picked(convert(a.values), keep)
    return IndexedSlices(values, picked(indices, keep), a.dense_shape)


@export("sparse.reset_shape")
def reset_shape(sp_input: SparseTensor, new_shape: Any = None) -> SparseTensor:
    """Return the elements in another shape; the tightest one by default.

    Raises:
        ValueError: The new shape has another rank, or does not hold the old one.
    """
    sp = as_sparse(sp_input)
    if new_shape is None:
        sizes = places.tight_shape(sp.indices, sp.dense_shape)
        return SparseTensor(sp.indices, sp.values, sizes)
    sizes = cast_(convert(new_shape, hint=dtypes.int64), dtypes.int64)
    old = sp.shape
    if old.rank is not None and sizes.shape[0] not in (None, old.rank):
        raise ValueError(
            f"Dimensions {sizes.shape[0]} and {old.rank} are not compatible"
        )
    result = SparseTensor(sp.indices, sp.values, sizes)
    if result.shape.rank is None or old.rank is None:
        return result
    pairs = zip(result.shape.as_list(), old.as_list(), strict=True)
    if any(w is not None and d is not None and w < d for w, d in pairs):
        raise ValueError(
            "Requested new_shape should have dimension sizes >= sp_input.shape.  Found "
            f"new_shape {result.shape}, which is smaller than {old}."
        )
    return result
