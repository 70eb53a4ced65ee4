"""Matrix products of ragged stacks, and images of different sizes made of one size."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import names_in
from tensor.core.tensor import EagerTensor
from tensor.ops.gather import gather
from tensor.ops.ragged.dispatch import HANDLERS
from tensor.ops.ragged.partitions import splits_to_rowids
from tensor.ops.ragged.ragged_tensor import RaggedTensor


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    **options: Any,
) -> Any:
    """Return the product of each matrix of a with that of b; their rows may differ.

    Raises:
        ValueError: The ranks differ.
        InvalidArgumentError: A single matrix has rows of different lengths.
    """
    a, b = (v if isinstance(v, RaggedTensor) else convert(v) for v in (a, b))
    rank = len(a.shape)
    if rank != len(b.shape):
        raise ValueError("`a` and `b` must have the same rank.")
    flips = {
        "transpose_a": transpose_a,
        "transpose_b": transpose_b,
        "adjoint_a": adjoint_a,
        "adjoint_b": adjoint_b,
    }
    if rank > 3 and isinstance(a, RaggedTensor) and isinstance(b, RaggedTensor):
        return a.with_values(matmul(a.values, b.values, **flips, **options))
    product = names_in("")["matmul"]
    dense = [_dense(v, rank) for v in (a, b)]
    result = product(*dense, **flips, **options)
    if rank == 2:
        return result
    rows = _lengths(a, 2 if transpose_a or adjoint_a else 1)
    columns = _lengths(b, 1 if transpose_b or adjoint_b else 2)
    if columns is None:
        return RaggedTensor.from_tensor(result, lengths=rows)
    if rows is None:
        rows = convert([result.static_shape[1]] * result.static_shape[0], columns.dtype)
    splits = RaggedTensor.from_row_lengths(rows, rows, validate=False).row_splits
    each = gather(columns, splits_to_rowids(splits), axis=0, batch_dims=0)
    return RaggedTensor.from_tensor(result, lengths=(rows, each))


def _dense(value: Any, rank: int) -> Any:
    if not isinstance(value, RaggedTensor):
        return value
    if rank == 2:
        lengths = value.row_lengths()
        if type(lengths) is EagerTensor and len(set(lengths.numpy().tolist())) > 1:
            raise errors.because(
                errors.InvalidArgumentError,
                "The matrices in `a` and `b` may not be ragged in their innermost "
                f"dimension. Row lengths: {lengths.numpy().tolist()}",
            )
    return value.to_tensor()


def _lengths(value: Any, axis: int) -> Any:
    """Return the size of each matrix of a stack along an axis, None if it is one."""
    if not isinstance(value, RaggedTensor):
        return None
    if axis == 1:
        return value.row_lengths()
    if value.ragged_rank < 2:
        return None
    inner = value.values.row_lengths()
    longest = value.with_values(inner)
    return names_in("math")["reduce_max"](longest, axis=1)


def resize(images: Any, size: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a batch of images of different sizes in one size."""
    resize_tensor, map_fn = names_in("image")["resize"], names_in("")["map_fn"]

    def one(image: Any) -> Any:
        dense = image.to_tensor() if isinstance(image, RaggedTensor) else image
        return resize_tensor(dense, size, *args, **kwargs)

    kind = one(images[0]).dtype
    return map_fn(one, images, fn_output_signature=kind)


def tensordot(a: Any, b: Any, axes: Any, name: Any = None) -> Any:
    """Return the product over the last axis of a ragged tensor, row by row.

    Raises:
        ValueError: Another axis is summed over, or the last one is ragged.
    """
    pairs = [[int(n) for n in np.atleast_1d(v)] for v in axes] if np.ndim(axes) else []
    rank: Any = a.shape.rank
    if not isinstance(a, RaggedTensor) or rank == a.ragged_rank + 1:
        raise ValueError("tf.tensordot takes a first argument with uniform last axis.")
    last = rank - 1
    if axes != 1 and pairs[:1] not in ([[last]], [[-1]]):
        raise ValueError(
            f"Of ragged tensors, tf.tensordot sums over the last axis, {last}, only; "
            f"got axes={axes}."
        )
    inner = 1 if axes == 1 else [[last - a.ragged_rank], pairs[1]]
    flat = names_in("")["tensordot"](a.flat_values, b, inner)
    return a.with_flat_values(flat)


HANDLERS.update({"matmul": matmul, "resize": resize, "tensordot": tensordot})
