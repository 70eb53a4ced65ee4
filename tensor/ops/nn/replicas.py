"""Averaging losses over all the examples that replicas train on together."""

from __future__ import annotations

from typing import Any

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.dtypes import float32, int32
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.replica import current
from tensor.core.tensor import EagerTensor
from tensor.ops.array import cast, shape_op, where, zeros_like
from tensor.ops.layout import expand_dims_
from tensor.ops.reduce import reduce_sum


@export("nn.compute_average_loss")
def compute_average_loss(
    per_example_loss: Any,
    sample_weight: Any = None,
    global_batch_size: Any = None,
) -> Any:
    """Return the sum of this replica's losses, divided by the global batch's size.

    Summed over the replicas this is the mean over all examples.

    Args:
        per_example_loss: One loss for each example of this replica.
        sample_weight: Weights of the examples; they broadcast from the left.
        global_batch_size: How many examples all replicas have together; this replica's
            times the number of replicas by default.

    Returns:
        A scalar of the losses' dtype; 0 if the global batch is empty.

    Raises:
        ValueError: `per_example_loss` is a scalar, or `global_batch_size` is none or is
            negative.
        TypeError: `global_batch_size` is no integer.
        RuntimeError: Called across replicas.
    """
    _require_replica("compute_average_loss")
    losses = convert(per_example_loss)
    dtype = losses.dtype
    if losses.ndim == 0:
        raise ValueError(
            "Invalid value passed for `per_example_loss`. Expected a tensor with at "
            f"least rank 1. Received per_example_loss={per_example_loss} with rank 0"
        )
    if sample_weight is not None:
        weights = convert(
            sample_weight, None if hasattr(sample_weight, "dtype") else dtype
        )
        while (weights.ndim or 0) and weights.ndim < (losses.ndim or 0):
            weights = expand_dims_(weights, -1)  # they broadcast from the left
        wide = cast(losses, dtype=float32) * cast(weights, dtype=float32)
        losses = cast(wide, dtype=dtype)
    if global_batch_size is None:
        count = shape_op(losses, out_type=int32)[0] * current().num_replicas_in_sync
    else:
        count = convert(global_batch_size)
        _check_size(count)
    total = reduce_sum(losses, axis=None, keepdims=False)
    size = cast(count, dtype=dtype)
    is_empty = get_op("Equal")(size, zeros_like(size))
    return where(is_empty, zeros_like(total), total / where(is_empty, size + 1, size))


def _check_size(size: Any) -> None:
    if size.ndim not in (None, 0):
        raise ValueError(
            "global_batch_size must be scalar.. Expected scalar shape, saw shape: "
            f"{size.shape}"
        )
    if not size.dtype.is_integer:
        raise TypeError(
            'global_batch_size must be an integer.. Expected "x" to be integer type. '
            f"Found: a tensor of dtype {size.dtype!r}"
        )
    if type(size) is EagerTensor and int(size) < 0:
        raise errors.because(
            errors.InvalidArgumentError,
            "global_batch_size must be non-negative.. Condition x >= 0 did not hold: "
            f"{int(size)}",
        )


def _require_replica(name: str) -> None:
    if current().is_across:
        raise RuntimeError(
            f"You are calling `{name}` in cross replica context, while it was expected "
            "to be called in replica context. Call it inside `strategy.run`."
        )


@export("nn.scale_regularization_loss")
def scale_regularization_loss(regularization_loss: Any) -> Any:
    """Return the sum of a regularization loss, divided by the number of replicas.

    Every replica adds it once; summed over them it counts once.

    Raises:
        RuntimeError: Called across replicas.
    """
    _require_replica("scale_regularization_loss")
    total = reduce_sum(convert(regularization_loss), axis=None, keepdims=False)
    return total / total.dtype.as_numpy_dtype(current().num_replicas_in_sync)
