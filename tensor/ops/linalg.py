"""Matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import Dims, broadcast, to_text
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import NUMERIC, check_kind, operands, shape_of, sum_to
from tensor.ops.math import conj_for_gradient

if TYPE_CHECKING:
    from collections.abc import Iterator


def _flip(x: Any) -> Any:
    """Return the view of an array with its last two axes swapped."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


class MatMul(Op):
    """Product of matrices, or of stacks of them that broadcast.

    `transpose_a` and `transpose_b` swap the last two axes of an operand first; the views
    go straight to BLAS, nothing is copied.
    """

    kind = "contraction"
    allows = NUMERIC

    def kernel(self, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
        return np.matmul(_flip(a) if transpose_a else a, _flip(b) if transpose_b else b)

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
        yield Sample(
            rng.normal(size=(2, 1, 2, 3)),
            rng.normal(size=(5, 3, 4)),
            transpose_a=False,
            transpose_b=False,
        )


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
        raise errors.because(
            errors.InvalidArgumentError,
            f"In[0] and In[1] ndims must be >= 2: got shapes {to_text(a)} and "
            f"{to_text(b)}. For vectors use tf.linalg.matvec or tf.tensordot. "
            "[Op:MatMul]",
        )
    rows, inner_a = (a[-1], a[-2]) if flip_a else (a[-2], a[-1])
    inner_b, columns = (b[-1], b[-2]) if flip_b else (b[-2], b[-1])
    if inner_a is not None and inner_b is not None and inner_a != inner_b:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Matrix size-incompatible: In[0]: {to_text(a)}, In[1]: {to_text(b)}: inner "
            f"dimensions {inner_a} and {inner_b} differ."
            f"{_transpose_hint(a, b, flip_a, flip_b)} [Op:MatMul]",
        )
    return (*(broadcast(a[:-2], b[:-2]) or ()), rows, columns)


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
