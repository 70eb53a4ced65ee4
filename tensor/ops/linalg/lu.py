"""LU decomposition with row pivots, and what can be computed from it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import broadcast
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import ones_like
from tensor.ops.families import check_kind, shape_of, sum_to
from tensor.ops.linalg.diagonals import (
    band_part,
    diagonal_matrix,
    main_diagonal,
    set_diagonals,
)
from tensor.ops.linalg.inverse import (
    FACTORABLE,
    as_square,
    check_square,
    product,
    triangular_solve,
    triangular_solve_,
)
from tensor.ops.linalg.matmul import adjoint
from tensor.ops.permutation import invert_permutation

if TYPE_CHECKING:
    from collections.abc import Iterator


class Lu(Op):
    """L (unit diagonal, not stored) and U in one matrix, and the order of the rows.

    `A[p] = L U`, where p is the second result.
    """

    allows = FACTORABLE
    keeps_inputs = False
    keeps_output = True

    def kernel(self, x: Any, index_type: dtypes.DType) -> Any:
        a = np.array(x)
        size = a.shape[-1]
        flat = a.reshape(math.prod(a.shape[:-2]), size, size)
        order = np.tile(np.arange(size), (len(flat), 1))
        which = np.arange(len(flat))
        for i in range(size):
            pivot = i + np.argmax(np.abs(flat[:, i:, i]), axis=1)
            flat[which, i], flat[which, pivot] = flat[which, pivot], flat[which, i]
            order[which, i], order[which, pivot] = order[which, pivot], order[which, i]
            if not np.all(np.abs(flat[:, i, i]) > 0):  # nor NaN
                raise errors.invalid("Lu", "Input is not invertible.")
            flat[:, i + 1 :, i] /= flat[:, i, i, None]
            row, column = flat[:, i, None, i + 1 :], flat[:, i + 1 :, i, None]
            flat[:, i + 1 :, i + 1 :] -= column * row
        permutation = order.reshape(a.shape[:-1]).astype(index_type.numpy_dtype)
        return flat.reshape(a.shape), permutation

    def infer(self, x: TensorSpec, index_type: dtypes.DType) -> Any:
        x = as_square(x)
        dims = None if x.dims is None else x.dims[:-1]
        return x, TensorSpec.of(dims, index_type)

    def gradient(self, call: Any, dz: Any, _: Any) -> Any:
        packed, order = call.output
        lower = unit_lower(packed)
        upper = band_part(packed, lower=0, upper=-1)
        middle = _strictly_lower(product(adjoint(lower), dz))
        middle = middle + band_part(product(dz, adjoint(upper)), lower=0, upper=-1)
        left = triangular_solve(lower, middle, lower=True, adjoint=True)
        # left U⁻ᴴ
        right = triangular_solve(upper, adjoint(left), lower=False, adjoint=False)
        return permute_rows(adjoint(right), invert_permutation(order))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3, 3)), index_type=dtypes.int32)


def unit_lower(packed: Any) -> Any:
    """Return L, with ones on its diagonal, out of a packed decomposition."""
    ones = ones_like(main_diagonal(packed))
    lower = band_part(packed, lower=-1, upper=0)
    return set_diagonals(lower, ones, k=(0, 0), align="RIGHT_LEFT")


def _strictly_lower(x: Any) -> Any:
    return band_part(x, lower=-1, upper=0) - band_part(x, lower=0, upper=0)


lu_op = register(Lu)


class PermuteRows(Op):
    """Matrices with their rows in the given orders; leading dimensions broadcast."""

    keeps_inputs = (1,)

    def kernel(self, x: Any, order: Any) -> Any:
        batch = np.broadcast_shapes(x.shape[:-2], order.shape[:-1])
        rows = np.broadcast_to(order, (*batch, order.shape[-1]))[..., None]
        return np.take_along_axis(
            np.broadcast_to(x, (*batch, *x.shape[-2:])), rows, axis=-2
        )

    def infer(self, x: TensorSpec, order: TensorSpec) -> TensorSpec:
        if x.dims is None or order.dims is None:
            return TensorSpec.of(None, x.dtype)
        batch: Any = broadcast(x.dims[:-2], order.dims[:-1])
        return TensorSpec.of((*batch, order.dims[-1], x.dims[-1]), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, order = call.inputs
        return sum_to(permute_rows(dz, invert_permutation(order)), x), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        order = np.array([[1, 2, 0], [2, 0, 1]], np.int32)
        yield Sample(rng.normal(size=(2, 3, 4)), order)
        yield Sample(rng.normal(size=(1, 3, 2)), order)


permute_rows = register(PermuteRows)


class LuResult(NamedTuple):
    """A packed decomposition and the order of the rows."""

    lu: Any
    p: Any


LuResult.__name__ = LuResult.__qualname__ = "Lu"


@export("linalg.lu")
def lu(input: Any, output_idx_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """Decompose square matrices: `input[p]` is the product of L and U.

    Args:
        input: Square matrices.
        output_idx_type: The dtype of the permutation p.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A matrix is singular or not square.
    """
    x = convert(input)
    check_kind(lu_op, x, FACTORABLE)
    check_square("Lu", shape_of(x))
    index_type = dtypes.as_dtype(output_idx_type)
    return LuResult(*lu_op(x, index_type=index_type, name=name))


@export("linalg.lu_solve")
def lu_solve(
    lower_upper: Any,
    perm: Any,
    rhs: Any,
    validate_args: bool = False,
    name: str | None = None,
) -> Any:
    """Solve `A @ x = rhs`, given the LU decomposition of A."""
    packed, order = convert(lower_upper), convert(perm)
    b = convert(rhs, None if hasattr(rhs, "dtype") else packed.dtype)
    half = triangular_solve_(unit_lower(packed), permute_rows(b, order), lower=True)
    return triangular_solve_(packed, half, lower=False, name=name)


@export("linalg.lu_reconstruct")
def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """Return the matrices whose LU decomposition is given."""
    packed, order = convert(lower_upper), convert(perm)
    upper = band_part(packed, lower=0, upper=-1)
    return permute_rows(product(unit_lower(packed), upper), invert_permutation(order))


@export("linalg.lu_matrix_inverse")
def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """Return the inverses of the matrices whose LU decomposition is given."""
    packed = convert(lower_upper)
    eye = diagonal_matrix(ones_like(main_diagonal(packed)))
    return lu_solve(packed, perm, eye, name=name)
