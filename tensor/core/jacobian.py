"""Jacobians: the gradient of every element of a target, one backward pass each."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import nest
from tensor.core.convert import convert
from tensor.core.gradients import gradients_on
from tensor.core.registry import get_op
from tensor.core.tape import wants_zeros
from tensor.core.tensor import wrap


def jacobian(tape: Any, target: Any, sources: Any, unconnected: Any) -> Any:
    """Return d target / d source for each source; see `GradientTape.jacobian`.

    Raises:
        RuntimeError: The tape was used up, or never entered.
    """
    record = tape.take_record()
    flat_sources = nest.flatten(sources)
    target = convert(target)
    rows = _rows(record, target, flat_sources)
    zero = wants_zeros(unconnected)
    results = []
    for k, source in enumerate(flat_sources):
        found = [row[k] for row in rows]
        if all(g is None for g in found):
            shape = (*target.static_shape, *source.static_shape)
            empty = wrap(np.zeros(shape, source.dtype.numpy_dtype)) if zero else None
            results.append(empty)
            continue
        zeros = get_op("ZerosLike")(source)
        stacked = get_op("Pack")(
            *[zeros if g is None else convert(g) for g in found], axis=0
        )
        shape = (*target.static_shape, *source.static_shape)
        results.append(get_op("Reshape")(stacked, shape=shape))
    return nest.pack_sequence_as(sources, results)


def _rows(record: Any, target: Any, sources: list[Any]) -> list[list[Any]]:
    """Return the gradients of each element of `target`, in row-major order."""
    rows = []
    size = int(np.prod(target.static_shape, dtype=np.int64))
    for i in range(size):
        seed = np.zeros(size, target.dtype.numpy_dtype)
        seed[i] = 1
        weight = wrap(seed.reshape(target.static_shape))
        rows.append(gradients_on(record, [target], sources, [weight]))
    return rows


def batch_jacobian(tape: Any, target: Any, source: Any, unconnected: Any) -> Any:
    """Return the Jacobian of each example; see `GradientTape.batch_jacobian`.

    Raises:
        ValueError: `target` and `source` have different first dimensions, or no second.
        RuntimeError: The tape was used up, or never entered.
    """
    target = convert(target)
    shape, source_shape = target.static_shape, source.static_shape
    if not shape or not source_shape or shape[0] != source_shape[0]:
        raise ValueError(
            "Need first dimension of target shape "
            f"({target.shape}) and source shape ({source.shape}) to match."
        )
    for what, dims in (("target", shape), ("source", source_shape)):
        if len(dims) < 2:
            raise ValueError(
                f"Argument `{what}`: Shape {dims} must have rank at least 2, the first "
                "dimension that of the batch."
            )
    record = tape.take_record()
    batch = shape[0]
    per_example = int(np.prod(shape[1:], dtype=np.int64))
    rows = []
    for i in range(per_example):
        # Examples do not mix: one pass gives element i of every example.
        seed = np.zeros((batch, per_example), target.dtype.numpy_dtype)
        seed[:, i] = 1
        weight = wrap(seed.reshape(shape))
        rows.append(gradients_on(record, [target], [source], [weight])[0])
    wants_zeros(unconnected)  # checks it: here a missing gradient is zeros anyway
    zeros = get_op("ZerosLike")(source)
    result_shape = (*shape, *source_shape[1:])
    if not rows:
        return wrap(np.zeros(result_shape, source.dtype.numpy_dtype))
    stacked = get_op("Pack")(
        *[zeros if g is None else convert(g) for g in rows], axis=1
    )
    return get_op("Reshape")(stacked, shape=result_shape)
