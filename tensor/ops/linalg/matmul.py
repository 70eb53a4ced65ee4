"""Matrix products, and transposition of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.shapes import Dims, broadcast
from tensor.core.tensor import EagerTensor, wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast, concat, pack, reshape
from tensor.ops.families import (
    NUMERIC,
    bracketed,
    check_kind,
    operands,
    shape_of,
    sum_to,
)
from tensor.ops.layout import expand_dims, squeeze, transpose
from tensor.ops.linalg.products import multiply_matrices
from tensor.ops.math.complex_numbers import conj, conj_for_gradient

if TYPE_CHECKING:
    from collections.abc import Iterator


def flip(x: Any) -> Any:
    """Return the view of an array with its last two axes swapped."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


class MatMul(Op):
    """Product of matrices, or of stacks of them that broadcast.

    `transpose_a` and `transpose_b` swap the last two axes of an operand first; the
    views go straight to BLAS, nothing is copied.
    """

    kind = "contraction"
    allows = NUMERIC

    def kernel(self, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
        return multiply_matrices(
            flip(a) if transpose_a else a, flip(b) if transpose_b else b
        )

    def infer(
        self, a: TensorSpec, b: TensorSpec, transpose_a: bool, transpose_b: bool
    ) -> TensorSpec:
        dims = product_shape(a.dims, b.dims, transpose_a, transpose_b)
        return TensorSpec.of(dims, a.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        a, b = (conj_for_gradient(v) for v in call.inputs)
        flip_a, flip_b = call.attrs["transpose_a"], call.attrs["transpose_b"]
        grad_a = grad_b = None
        if call.wants[0]:
            # z = A B: dA = dz Bᵀ; of a transposed operand, the transpose of that.
            if flip_a:
                grad_a = matmul(b, dz, transpose_a=flip_b, transpose_b=True)
            else:
                grad_a = matmul(dz, b, transpose_a=False, transpose_b=not flip_b)
            grad_a = sum_to(grad_a, call.inputs[0])
        if call.wants[1]:
            if not flip_a and len(shape_of(b) or ()) == 2:
                a, dz = _as_one_matrix_each(a, dz)
            if flip_b:
                grad_b = matmul(dz, a, transpose_a=True, transpose_b=flip_a)
            else:
                grad_b = matmul(a, dz, transpose_a=not flip_a, transpose_b=False)
            grad_b = sum_to(grad_b, call.inputs[1])
        return grad_a, grad_b

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for flip_a in (False, True):
            for flip_b in (False, True):
                yield Sample(
                    rng.normal(size=(3, 2) if flip_a else (2, 3)),
                    rng.normal(size=(4, 3) if flip_b else (3, 4)),
                    transpose_a=flip_a,
                    transpose_b=flip_b,
                )
        plain = {"transpose_a": False, "transpose_b": False}
        a = rng.normal(size=(2, 1, 2, 3))
        yield Sample(a, rng.normal(size=(5, 3, 4)), **plain)
        yield Sample(a, rng.normal(size=(3, 4)), **plain)
        yield Sample(a, rng.normal(size=(4, 3)), transpose_a=False, transpose_b=True)


def _as_one_matrix_each(*stacks: Any) -> tuple[Any, ...]:
    """Return stacks of matrices as tall matrices, if all lengths of rows are known."""
    every = [shape_of(x) for x in stacks]
    for dims in every:
        if dims is None or len(dims) == 2 or dims[-1] is None or 0 in dims:
            return stacks
    pairs = zip(stacks, every, strict=True)
    return tuple(reshape(x, shape=(-1, dims[-1])) for x, dims in pairs if dims)


def product_shape(
    a: Dims | None, b: Dims | None, flip_a: bool, flip_b: bool
) -> Dims | None:
    """Return the static shape of a matrix product.

    Raises:
        InvalidArgumentError: An operand has fewer than two dimensions, or the inner
            dimensions differ.
    """
    if a is None or b is None:
        return None
    if len(a) < 2 or len(b) < 2:
        problem = "ndims must be >= 2" if len(a) == len(b) else "has different ndims"
        raise errors.invalid(
            "MatMul",
            f"In[0] and In[1] {problem}: {bracketed(a)} vs. {bracketed(b)}. Shape must "
            f"be at least rank 2 but is rank {min(len(a), len(b))}. For vectors use "
            "tf.linalg.matvec or tf.tensordot.",
        )
    rows, inner_a = (a[-1], a[-2]) if flip_a else (a[-2], a[-1])
    inner_b, columns = (b[-1], b[-2]) if flip_b else (b[-2], b[-1])
    if inner_a is not None and inner_b is not None and inner_a != inner_b:
        raise errors.invalid(
            "MatMul",
            f"Matrix size-incompatible: In[0]: {bracketed(a)}, In[1]: "
            f"{bracketed(b)}. Inner Dimensions must be equal, but are {inner_a} and "
            f"{inner_b}."
            f"{_transpose_hint(a, b, flip_a, flip_b)}",
        )
    try:
        batch = broadcast(a[:-2], b[:-2])
    except ValueError:
        raise errors.invalid(
            "BatchMatMulV2",
            f"In[0] and In[1] must have compatible batch dimensions: "
            f"{bracketed(a)} vs. {bracketed(b)}",
        ) from None
    return (*(batch or ()), rows, columns)


def _transpose_hint(a: Dims, b: Dims, flip_a: bool, flip_b: bool) -> str:
    """Return which transposition would make the shapes fit, if one would."""
    inner_a, outer_a = (a[-2], a[-1]) if flip_a else (a[-1], a[-2])
    inner_b, outer_b = (b[-1], b[-2]) if flip_b else (b[-2], b[-1])
    if inner_a == outer_b:
        return f" `transpose_b={not flip_b}` would make these shapes fit."
    if outer_a == inner_b:
        return f" `transpose_a={not flip_a}` would make these shapes fit."
    return ""


matmul = register(MatMul)


@export("matmul", "linalg.matmul")
@takes_composites
def matmul_(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Any:
    """Multiply matrices, or stacks of matrices that broadcast.

    Args:
        a: A tensor of at least two dimensions.
        b: A tensor of the dtype of `a`.
        transpose_a: Whether to transpose the matrices of `a` first.
        transpose_b: Whether to transpose those of `b`.
        adjoint_a: Whether to transpose and conjugate the matrices of `a` first.
        adjoint_b: The same for `b`.
        a_is_sparse: A hint that most of `a` is zero; not used.
        b_is_sparse: The same for `b`.
        output_type: The dtype to compute in, for 8-bit integers.
        grad_a: Accepted for compatibility.
        grad_b: Accepted for compatibility.
        name: A name for the node, in a graph.

    Raises:
        ValueError: An operand is to be both transposed and adjoint.
        InvalidArgumentError: Shapes or dtypes do not fit.
    """
    for which, flips, adjoint in (
        ("a", transpose_a, adjoint_a),
        ("b", transpose_b, adjoint_b),
    ):
        if flips and adjoint:
            raise ValueError(
                f"Only one of `transpose_{which}` and `adjoint_{which}` can be True. "
                f"Received `transpose_{which}`=True, `adjoint_{which}`=True."
            )
    a, b = operands(matmul, a, b)
    a, b = convert(a), convert(b)
    if output_type is not None:
        target = dtypes.as_dtype(output_type)
        a, b = cast(a, dtype=target), cast(b, dtype=target)
    if a.dtype.is_complex:
        a, b = conj(a) if adjoint_a else a, conj(b) if adjoint_b else b
    flip_a, flip_b = bool(transpose_a or adjoint_a), bool(transpose_b or adjoint_b)
    product_shape(shape_of(a), shape_of(b), flip_a, flip_b)
    return matmul(a, b, transpose_a=flip_a, transpose_b=flip_b, name=name)


@export("linalg.matvec")
@takes_composites
def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Multiply matrices with vectors; leading dimensions broadcast.

    Raises:
        ValueError: `a` is to be both transposed and adjoint.
        InvalidArgumentError: Shapes or dtypes do not fit.
    """
    a, b = operands(matmul, a, b)
    a, b = convert(a), convert(b)
    if shape_of(b) == ():
        raise errors.invalid(
            "MatMul", "matvec: `b` must be at least a vector. Its shape is ()."
        )
    columns = expand_dims(b, axis=-1)
    product = matmul_(a, columns, transpose_a=transpose_a, adjoint_a=adjoint_a)
    return squeeze(product, axis=(-1,), name=name)


def matmul_operator(self: Any, other: Any) -> Any:
    """Return `self @ other`."""
    x, y = operands(matmul, self, other)
    x, y = convert(x), convert(y)
    if type(x) is EagerTensor:
        product_shape(shape_of(x), shape_of(y), False, False)
    return matmul(x, y, transpose_a=False, transpose_b=False)


def reflected_matmul_operator(self: Any, other: Any) -> Any:
    """Return `other @ self`."""
    return matmul_operator(convert(other, self.dtype), self)


def check_product(x: Any, y: Any, flip_a: bool, flip_b: bool) -> None:
    """Check dtypes and shapes of a matrix product before it is computed."""
    check_kind(matmul, x, NUMERIC)
    product_shape(shape_of(x), shape_of(y), flip_a, flip_b)


def swap_last(x: Any) -> Any:
    """Return tensors or arrays of matrices transposed."""
    dims = shape_of(x)
    if dims is None:
        rank = get_op("Rank")(x)
        batch = get_op("Range")(wrap(np.int32(0)), rank - 2, wrap(np.int32(1)))
        last = pack(rank - 1, rank - 2, axis=0)
        return transpose(x, perm=concat(batch, last, axis=0))
    rank = len(dims)
    return transpose(x, perm=(*range(rank - 2), rank - 1, rank - 2))


def adjoint(x: Any) -> Any:
    """Return tensors or arrays of matrices transposed and conjugated."""
    return swap_last(conj_for_gradient(x))


@export("linalg.matrix_transpose")
def matrix_transpose(
    a: Any, name: str = "matrix_transpose", conjugate: bool = False
) -> Any:
    """Transpose the matrices in the last two dimensions.

    Raises:
        ValueError: `a` has fewer than two dimensions.
    """
    a = convert(a)
    if a.ndim is not None and a.ndim < 2:
        raise ValueError(
            "Argument `a` should be a (batch) matrix with rank >= 2. Received "
            f"`a` = {a} with shape: {a.shape}"
        )
    return adjoint(a) if conjugate else swap_last(a)


@export("linalg.adjoint")
@takes_composites
def adjoint_(matrix: Any, name: str | None = None) -> Any:
    """Transpose and conjugate the matrices in the last two dimensions."""
    return matrix_transpose(matrix, conjugate=True)
