"""tensordot: a contraction whose axes are given by number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.dtypes import int32
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import concat, reshape
from tensor.ops.families import (
    bracketed,
    operands,
    shape_of,
)
from tensor.ops.linalg.einsum import contract
from tensor.ops.linalg.matmul import matmul, matmul_

if TYPE_CHECKING:
    from collections.abc import Iterator


@export("tensordot", "linalg.tensordot")
@takes_composites
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """Sum products of `a` and `b` over pairs of axes.

    Args:
        a: A tensor.
        b: A tensor of the dtype of `a`.
        axes: How many axes to sum over, the last of `a` with the first of `b`; or two
            lists of axes that pair up.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `axes` is malformed.
        InvalidArgumentError: Paired axes differ in size.
    """
    a, b = operands(matmul, a, b)
    a, b = convert(a), convert(b)
    dims_a, dims_b = shape_of(a), shape_of(b)
    if is_symbolic(axes) or dims_a is None or dims_b is None:
        return _contract_matrices(a, b, axes)
    axes_a, axes_b = _contraction_axes(a, b, axes, len(dims_a), len(dims_b))
    for i, j in zip(axes_a, axes_b, strict=True):
        if None not in (dims_a[i], dims_b[j]) and dims_a[i] != dims_b[j]:
            raise errors.invalid(
                "MatMul",
                f"Matrix size-incompatible: In[0]: {bracketed(dims_a)}, In[1]: "
                f"{bracketed(dims_b)}. Dimensions must be equal, but are {dims_a[i]} "
                f"and {dims_b[j]}: axis {i} of `a` has size {dims_a[i]} "
                f"and axis {j} of "
                f"`b` has size {dims_b[j]}.",
            )
    labels_a = [f"a{i}" for i in range(len(dims_a))]
    labels_b = [f"b{j}" for j in range(len(dims_b))]
    out = [c for i, c in enumerate(labels_a) if i not in axes_a]
    out += [c for j, c in enumerate(labels_b) if j not in axes_b]
    for i, j in zip(axes_a, axes_b, strict=True):
        labels_b[j] = labels_a[i]
    return contract(
        a, b, labels=(tuple(labels_a), tuple(labels_b), tuple(out)), name=name
    )


class MatrixLayout(Op):
    """How to lay a tensor out as a matrix, with the axes to sum over on one side.

    The results are the order of the axes, the shape of the matrix, and the shape of
    what is left when the axes are gone.
    """

    gradient: Any = NON_DIFFERENTIABLE
    keeps_inputs = False
    shape_depends_on_values = True

    def kernel(self, x: Any, axes: Any, first: bool) -> Any:
        shape = np.shape(x)
        taken = [int(a) % len(shape) for a in axes]
        kept = [a for a in range(len(shape)) if a not in taken]
        sides = (taken, kept) if first else (kept, taken)
        matrix = [math.prod(shape[a] for a in side) for side in sides]
        vectors = ([*sides[0], *sides[1]], matrix, [shape[a] for a in kept])
        return tuple([np.array(v, np.int32) for v in vectors])

    def infer(self, x: TensorSpec, axes: Any, first: bool) -> Any:
        return tuple([TensorSpec.of((n,), int32) for n in (x.rank, 2, None)])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 4)), axes=(-1, 0), first=True)
        yield Sample(rng.normal(size=(2, 3)), axes=(1,), first=False)


matrix_layout = register(MatrixLayout)


def _contract_matrices(a: Any, b: Any, axes: Any) -> Any:
    """Return the contraction where axes or ranks are only known when the graph runs."""
    if isinstance(axes, int):
        axes = (range(-axes, 0), range(axes))
    matrices, shapes = [], []
    for x, own, first in ((a, axes[0], False), (b, axes[1], True)):
        if not is_symbolic(own):
            own = tuple(int(i) for i in np.asarray(own).reshape(-1))
        order, matrix, left = matrix_layout(x, axes=own, first=first)
        matrices.append(reshape(get_op("Transpose")(x, perm=order), shape=matrix))
        shapes.append(left)
    return reshape(matmul_(*matrices), shape=concat(*shapes, axis=0))


def _contraction_axes(
    a: Any, b: Any, axes: Any, rank_a: int, rank_b: int
) -> tuple[list[int], list[int]]:
    if hasattr(axes, "numpy"):
        axes = axes.numpy().tolist()
    if isinstance(axes, int | np.integer):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        for x, rank in ((a, rank_a), (b, rank_b)):
            if axes > rank:
                raise ValueError(
                    "`axes` must not be larger than the number of dimensions of tensor "
                    f"{x}.  Received {axes}, vs tensor dimensions {rank}."
                )
        return list(range(rank_a - axes, rank_a)), list(range(axes))
    if len(axes) != 2:
        raise ValueError(
            f"`axes` must be an integer or have length 2. Received {axes}."
        )
    axes_a, axes_b = ([int(i) for i in np.asarray(side).reshape(-1)] for side in axes)
    if len(axes_a) != len(axes_b):
        raise ValueError(
            "Different number of contraction axes `a` and `b`, "
            f"{len(axes_a)} != {len(axes_b)}."
        )
    return _from_front(axes_a, rank_a), _from_front(axes_b, rank_b)


def _from_front(axes: list[int], rank: int) -> list[int]:
    for axis in axes:
        if not -rank <= axis < rank:
            raise IndexError(
                f"tensordot: axis {axis} is out of range for a tensor with {rank} "
                "dimension(s)."
            )
    return [a % rank for a in axes]
