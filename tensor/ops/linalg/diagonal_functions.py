"""What users call to take, make and replace diagonals of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shape_algebra import is_known
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape
from tensor.ops.families import NUMERIC, bracketed, check_kind, shape_of
from tensor.ops.linalg.diagonals import (
    ALIGNMENTS,
    band_inside,
    band_part,
    main_diagonal,
    matrix_diag,
    matrix_diag_part,
    set_diagonals,
)
from tensor.ops.reduce import reduce_sum
from tensor.ops.reduction import known_or_symbolic, together


def _band(k: Any, align: Any, dims: Any, op_type: str) -> Any:
    """Return a range of diagonals, checked as far as shapes are known.

    Raises:
        InvalidArgumentError: The alignment is unknown, or the range is empty or lies
            outside matrices of shape `dims`.
    """
    if align not in ALIGNMENTS:
        valid = ", ".join(f'"{a}"' for a in ALIGNMENTS)
        raise errors.invalid(
            op_type,
            f"Value for attr 'align' of \"{align}\" is not in the list of allowed "
            f"values: {valid}",
        )
    k = known_or_symbolic(together(k))
    return k if is_symbolic(k) else band_inside(k, dims, op_type)


@export("linalg.diag_part")
@takes_composites
def diag_part(
    input: Any,
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Return diagonals of matrices.

    Args:
        input: A tensor of at least two dimensions.
        name: A name for the node, in a graph.
        k: A diagonal (0 is the main one, positive ones lie above), or a range
            (low, high) of them.
        padding_value: What fills the places of shorter diagonals.
        align: On which side diagonals above and below the main one are aligned.

    Raises:
        InvalidArgumentError: `k` lies outside the matrix.
    """
    x = convert(input)
    return matrix_diag_part(
        x,
        k=_band(k, align, shape_of(x), "MatrixDiagPartV3"),
        align=align,
        padding=_padding(padding_value),
        name=name,
    )


def _padding(value: Any) -> Any:
    return value if is_symbolic(value) else np.asarray(value)[()]


@export("linalg.diag")
@takes_composites
def diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Return matrices with the given diagonals.

    Args:
        diagonal: One diagonal along the last dimension, or several along the last two.
        name: A name for the node, in a graph.
        k: Which diagonal, or range (low, high) of diagonals.
        num_rows: The number of rows; -1 for the least that fits.
        num_cols: The number of columns; -1 for the least that fits.
        padding_value: What fills the rest.
        align: How shorter diagonals are aligned.

    Raises:
        InvalidArgumentError: The diagonals do not fit the size.
    """
    x = convert(diagonal)
    if shape_of(x) == ():
        raise errors.invalid(
            "MatrixDiagV3", "diagonal must be at least 1-dim, received shape: []"
        )
    return matrix_diag(
        x,
        k=_band(k, align, None, "MatrixDiagV3"),
        size=as_static_shape((num_rows, num_cols)),
        align=align,
        padding=_padding(padding_value),
        name=name,
    )


@export("linalg.set_diag")
def set_diag(
    input: Any,
    diagonal: Any,
    name: str = "set_diag",
    k: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Return matrices with diagonals replaced.

    Raises:
        InvalidArgumentError: `k` lies outside the matrix, or the diagonals have the
            wrong shape.
    """
    x = convert(input)
    diagonal = convert(diagonal, None if hasattr(diagonal, "dtype") else x.dtype)
    dims, given = shape_of(x), shape_of(diagonal)
    band = _band(k, align, dims, "MatrixSetDiagV3")
    if is_known(dims) and is_known(given) and not is_symbolic(band):
        spec = matrix_diag_part.infer(
            TensorSpec.of(dims, x.dtype), k=band, align=align, padding=0
        )
        if spec.dims != given:
            raise errors.invalid(
                "MatrixSetDiagV3",
                "Either first dimensions of diagonal don't match input.shape[:-2], or "
                "diagonal.shape[:-1] is not equal to the longests diagonal in range "
                f"[lower_diag_index:upper_diag_index]. Input shape: {bracketed(dims)} "
                f"Diagonal shape: {bracketed(given)} Expected diagonal shape: "
                f"{bracketed(spec.dims)}",
            )
    return set_diagonals(x, diagonal, k=band, align=align, name=name)


@export("linalg.band_part")
def band_part_(
    input: Any, num_lower: Any, num_upper: Any, name: str | None = None
) -> Any:
    """Keep `num_lower` diagonals below the main one and `num_upper` above it.

    Args:
        input: A tensor of at least two dimensions.
        num_lower: How many diagonals to keep below; all if negative.
        num_upper: How many to keep above; all if negative.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: More diagonals are to be kept than there are rows.
    """
    x = convert(input)
    dims = shape_of(x)
    numbers = {"num_lower": num_lower, "num_upper": num_upper}
    for what, number in numbers.items():
        if is_symbolic(number):
            continue
        if np.ndim(number):
            raise errors.invalid(
                "MatrixBandPart",
                f"{what} must be scalar, got shape {bracketed(np.shape(number))}",
            )
        numbers[what] = int(number)
    lower, upper = numbers.values()
    if dims is not None and len(dims) < 2:
        raise errors.invalid(
            "MatrixBandPart",
            f"input must be at least 2-dim, received shape: {bracketed(dims)}",
        )
    for what, side, number, at in (
        ("num_lower", "rows", lower, -2),
        ("num_upper", "columns", upper, -1),
    ):
        size = None if dims is None else dims[at]
        if size is not None and not is_symbolic(number) and number > size:
            raise errors.invalid(
                "MatrixBandPart",
                f"{what} must be negative or less or equal to number of {side} "
                f"({size}) got: {number}",
            )
    return band_part(x, lower=lower, upper=upper, name=name)


@export("linalg.trace")
@takes_composites
def trace(x: Any, name: str | None = None) -> Any:
    """Return the sum of the main diagonal of each matrix."""
    x = convert(x)
    if x.ndim is not None and x.ndim < 2:
        raise errors.invalid(
            "MatrixDiagPartV3",
            "input must be at least 2-dim, received shape: "
            f"{bracketed(x.static_shape)}",
        )
    check_kind(reduce_sum, x, NUMERIC, "input")
    return reduce_sum(main_diagonal(x), axis=(-1,), keepdims=False, name=name)
