"""Raw ops of arithmetic, reductions, segments and linear algebra."""

# ruff: noqa: A006, ARG005, N803  # the names of arguments are TensorFlow's
from __future__ import annotations

from typing import Any

import tensor as tf


def matrix_product(
    x: Any,
    y: Any,
    adj_x: bool = False,
    adj_y: bool = False,
    grad_x: bool = False,
    grad_y: bool = False,
) -> Any:
    """Return the products of stacks of matrices."""
    return tf.linalg.matmul(x, y, adjoint_a=adj_x, adjoint_b=adj_y)


def _with_slope(slope: Any) -> Any:
    """Return the raw op that multiplies `dy` by a slope written in terms of `y`."""
    return lambda y, dy: tf.convert_to_tensor(dy) * slope(tf.convert_to_tensor(y))


FORMS: dict[str, Any] = {
    "Add": lambda x, y: tf.add(x, y),
    "AddN": lambda inputs: tf.add_n(inputs),
    "Angle": lambda input, Tout=tf.float32: tf.math.angle(input),
    "ApproximateEqual": lambda x, y, tolerance=1e-05: (
        tf.abs(tf.subtract(x, y)) < tolerance
    ),
    "ArgMax": lambda input, dimension, output_type=tf.int64: tf.argmax(
        input, dimension, output_type
    ),
    "ArgMin": lambda input, dimension, output_type=tf.int64: tf.argmin(
        input, dimension, output_type
    ),
    "Atan2": lambda y, x: tf.atan2(y, x),
    "BatchMatMul": matrix_product,
    "BatchMatMulV2": matrix_product,
    "Betainc": lambda a, b, x: tf.math.betainc(a, b, x),
    "Bincount": lambda arr, size, weights: _bincount(arr, size, weights),
    "Bucketize": lambda input, boundaries: tf.searchsorted(
        tf.cast(boundaries, tf.float64), tf.cast(input, tf.float64), "right"
    ),
    "Cast": lambda x, DstT, Truncate=False: tf.cast(x, DstT),
    "CheckNumerics": lambda tensor, message: tf.debugging.check_numerics(
        tensor, message
    ),
    "Cholesky": lambda input: tf.linalg.cholesky(input),
    "ClipByValue": lambda t, clip_value_min, clip_value_max: tf.clip_by_value(
        t, clip_value_min, clip_value_max
    ),
    "Complex": lambda real, imag, Tout=tf.complex64: tf.complex(real, imag),
    "ComplexAbs": lambda x, Tout=tf.float32: tf.abs(x),
    "Conj": lambda input: tf.math.conj(input),
    "Cross": lambda a, b: tf.linalg.cross(a, b),
    "Cumprod": lambda x, axis, exclusive=False, reverse=False: tf.math.cumprod(
        x, axis, exclusive, reverse
    ),
    "Cumsum": lambda x, axis, exclusive=False, reverse=False: tf.math.cumsum(
        x, axis, exclusive, reverse
    ),
    "CumulativeLogsumexp": lambda x, axis, exclusive=False, reverse=False: (
        tf.math.cumulative_logsumexp(x, axis, exclusive, reverse)
    ),
    "DenseBincount": lambda input, size, weights, binary_output=False: _bincount(
        input, size, weights, axis=-1, binary_output=binary_output
    ),
    "Diag": lambda diagonal: tf.linalg.tensor_diag(diagonal),
    "DiagPart": lambda input: tf.linalg.tensor_diag_part(input),
    "Div": lambda x, y: tf.divide(x, y),
    "DivNoNan": lambda x, y: tf.math.divide_no_nan(x, y),
    "Eig": lambda input, Tout, compute_v=True: tf.linalg.eig(input),
    "Einsum": lambda inputs, equation: tf.einsum(equation, *inputs),
    "Equal": lambda x, y, incompatible_shape_error=True: tf.equal(x, y),
    "HistogramFixedWidth": lambda values, value_range, nbins, dtype=tf.int32: (
        tf.histogram_fixed_width(values, value_range, nbins, dtype)
    ),
    "Igamma": lambda a, x: tf.math.igamma(a, x),
    "Igammac": lambda a, x: tf.math.igammac(a, x),
    "Imag": lambda input, Tout=tf.float32: tf.math.imag(input),
    "Inv": lambda x: tf.math.reciprocal(x),
    "InvGrad": _with_slope(lambda y: -y * y),
    "LinSpace": lambda start, stop, num: tf.linspace(start, stop, num),
    "LogMatrixDeterminant": lambda input: tf.linalg.slogdet(input),
    "Lu": lambda input, output_idx_type=tf.int32: tf.linalg.lu(input, output_idx_type),
    "MatMul": lambda a, b, transpose_a=False, transpose_b=False, grad_a=False, grad_b=False: (  # noqa: E501
        tf.linalg.matmul(a, b, transpose_a, transpose_b)
    ),
    "MatrixDeterminant": lambda input: tf.linalg.det(input),
    "MatrixDiag": lambda diagonal: tf.linalg.diag(diagonal),
    "MatrixDiagPart": lambda input: tf.linalg.diag_part(input),
    "MatrixDiagPartV3": lambda input, k, padding_value, align="RIGHT_LEFT": (
        tf.linalg.diag_part(input, k=k, padding_value=padding_value, align=align)
    ),
    "MatrixDiagV3": lambda diagonal, k, num_rows, num_cols, padding_value, align="RIGHT_LEFT": (  # noqa: E501
        tf.linalg.diag(
            diagonal,
            k=k,
            num_rows=num_rows,
            num_cols=num_cols,
            padding_value=padding_value,
            align=align,
        )
    ),
    "MatrixInverse": lambda input, adjoint=False: tf.linalg.inv(input, adjoint),
    "MatrixSetDiag": lambda input, diagonal: tf.linalg.set_diag(input, diagonal),
    "MatrixSetDiagV3": lambda input, diagonal, k, align="RIGHT_LEFT": (
        tf.linalg.set_diag(input, diagonal, k=k, align=align)
    ),
    "MatrixSolve": lambda matrix, rhs, adjoint=False: tf.linalg.solve(
        matrix, rhs, adjoint
    ),
    "MatrixSolveLs": lambda matrix, rhs, l2_regularizer, fast=True: tf.linalg.lstsq(
        matrix, rhs, float(l2_regularizer), fast
    ),
    "MatrixTriangularSolve": lambda matrix, rhs, lower=True, adjoint=False: (
        tf.linalg.triangular_solve(matrix, rhs, lower, adjoint)
    ),
    "NextAfter": lambda x1, x2: tf.math.nextafter(x1, x2),
    "NotEqual": lambda x, y, incompatible_shape_error=True: tf.not_equal(x, y),
    "NthElement": lambda input, n, reverse=False: _nth_element(input, n, reverse),
    "Polygamma": lambda a, x: tf.math.polygamma(a, x),
    "Qr": lambda input, full_matrices=False: tf.linalg.qr(input, full_matrices),
    "Real": lambda input, Tout=tf.float32: tf.math.real(input),
    "Round": lambda x: tf.round(x),
    "RsqrtGrad": _with_slope(lambda y: -0.5 * y * y * y),
    "SelfAdjointEigV2": lambda input, compute_v=True: tf.linalg.eigh(input),
    "SigmoidGrad": _with_slope(lambda y: y * (1 - y)),
    "SparseSegmentMean": lambda data, indices, segment_ids, sparse_gradient=False: (
        tf.sparse.segment_mean(data, indices, segment_ids)
    ),
    "SparseSegmentSqrtN": lambda data, indices, segment_ids, sparse_gradient=False: (
        tf.sparse.segment_sqrt_n(data, indices, segment_ids)
    ),
    "SparseSegmentSum": lambda data, indices, segment_ids, sparse_gradient=False: (
        tf.sparse.segment_sum(data, indices, segment_ids)
    ),
    "SqrtGrad": _with_slope(lambda y: 0.5 / y),
    "Svd": lambda input, compute_uv=True, full_matrices=False: _svd(
        input, compute_uv, full_matrices
    ),
    "TanhGrad": _with_slope(lambda y: 1 - y * y),
    "TridiagonalSolve": lambda diagonals, rhs, partial_pivoting=True, perturb_singular=False: (  # noqa: E501
        tf.linalg.tridiagonal_solve(
            diagonals,
            rhs,
            partial_pivoting=partial_pivoting,
            perturb_singular=perturb_singular,
        )
    ),
    "Zeta": lambda x, q: tf.math.zeta(x, q),
}


def _bincount(values: Any, size: Any, weights: Any, **options: Any) -> Any:
    """Count values below a size, each by its weight; empty weights are all one."""
    weights = tf.convert_to_tensor(weights)
    given = None if 0 in weights.shape else weights
    return tf.math.bincount(values, given, size, size, weights.dtype, **options)


def _svd(matrix: Any, compute_uv: bool, full_matrices: bool) -> Any:
    """Return singular values and vectors; None for vectors that are not asked for."""
    found = tf.linalg.svd(matrix, full_matrices, compute_uv)
    return found if compute_uv else (found, None, None)


def _nth_element(input: Any, n: Any, reverse: bool) -> Any:
    """Return the n-th smallest of each row, or the n-th largest."""
    direction = "DESCENDING" if reverse else "ASCENDING"
    return tf.sort(input, direction=direction)[..., n]
