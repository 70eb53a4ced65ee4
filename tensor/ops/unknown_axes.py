"""Reductions along axes that only the running graph knows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.dtypes import int32
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.reduction import normalize_axes

if TYPE_CHECKING:
    from collections.abc import Iterator


class SplitAxes(Op):
    """The axes of x in two vectors: those that stay, and those that a reduction takes.

    Behind them its two shapes: with x in the order of the two, and with the axes that
    are taken as 1.
    """

    gradient = NON_DIFFERENTIABLE
    keeps_inputs = False
    shape_depends_on_values = True

    def kernel(self, x: Any, axis: Any) -> Any:
        shape = np.shape(x)
        taken = sorted(normalize_axes(axis, len(shape), self) or ())
        kept = [a for a in range(len(shape)) if a not in taken]
        together = math.prod(shape[a] for a in taken)
        vectors = (
            [*kept, *taken],
            [*(shape[a] for a in kept), together],
            [shape[a] for a in kept],
            [1 if a in taken else d for a, d in enumerate(shape)],
        )
        return tuple([np.array(v, np.int32) for v in vectors])

    def infer(self, x: TensorSpec, axis: Any) -> Any:
        ranks = (x.rank, None, None, x.rank)
        return tuple([TensorSpec.of((rank,), int32) for rank in ranks])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 4)), axis=np.array([-1, 0]))


split_axes = register(SplitAxes)


def reduce_unknown(op: Op, x: Any, axis: Any, keepdims: bool, name: str | None) -> Any:
    """Return the reduction of x along a symbolic axis, or a symbolic vector of axes."""
    order, flat, without, with_ones = split_axes(x, axis=axis)
    turned = get_op("Transpose")(x, perm=order)
    result = op(
        get_op("Reshape")(turned, shape=flat), axis=(-1,), keepdims=False, name=name
    )
    return get_op("Reshape")(result, shape=with_ones if keepdims else without)
