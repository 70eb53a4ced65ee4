"""What users call to take, make and replace diagonals of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import num_elements
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    ones_like,
    reshape,
    where,
    zeros_like,
)
from tensor.ops.families import bracketed, shape_of
from tensor.ops.linalg.diagonals import (
    ALIGNMENTS,
    band_indices,
    band_part,
    diagonal_matrix,
    main_diagonal,
    matrix_diag_part,
    place_diagonals,
    set_diagonals,
)
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator


def _band(k: Any, align: Any, op_type: str) -> tuple[int, int]:
    """Return a range of diagonals, checked with its alignment.

    Raises:
        InvalidArgumentError: The range is empty or the alignment unknown.
    """
    if align not in ALIGNMENTS:
        valid = ", ".join(f'"{a}"' for a in ALIGNMENTS)
        raise errors.invalid(
            op_type,
            f"Value for attr 'align' of \"{align}\" is not in the list of allowed "
            f"values: {valid}",
        )
    ends = np.asarray(k).reshape(-1)
    if ends.size not in (1, 2):
        raise errors.invalid(
            op_type,
            "diag_index must have only one or two elements, received "
            f"{ends.size} elements.",
        )
    low, high = int(ends[0]), int(ends[-1])
    if low > high:
        raise errors.invalid(
            op_type,
            "lower_diag_index must not be larger than upper_diag_index: "
            f"{low} > {high}",
        )
    return low, high


def _check_band(k: tuple[int, int], dims: Any, op_type: str) -> None:
    """Check that a range of diagonals lies inside matrices of static shape `dims`.

    Raises:
        InvalidArgumentError: It does not.
    """
    if dims is None:
        return
    if len(dims) < 2:
        raise errors.invalid(
            op_type,
            f"input must be at least 2-dim, received shape: {bracketed(dims)}. Shape "
            f"must be at least rank 2 but is rank {len(dims)}",
        )
    rows, columns = dims[-2:]
    if rows is None or columns is None:
        return
    for what, d in (("lower", k[0]), ("upper", k[1])):
        if not (-rows < d < columns or d == 0):
            raise errors.invalid(
                op_type,
                f"{what}_diag_index is out of bound: {d}. It must be between "
                f"{-rows} and {columns}",
            )


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
    band = _band(k, align, "MatrixDiagPartV3")
    _check_band(band, shape_of(x), "MatrixDiagPartV3")
    padding = np.asarray(padding_value)[()]
    return matrix_diag_part(x, k=band, align=align, padding=padding, name=name)


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
    band = _band(k, align, "MatrixDiagV3")
    dims = shape_of(x)
    is_plain = band == (0, 0) and int(num_rows) == int(num_cols) == -1
    if is_plain and dims and None in dims and not np.any(padding_value):
        return diagonal_matrix(x)
    if dims is None or None in dims:
        return _diag_of_unknown_size(
            x, band, (int(num_rows), int(num_cols)), align, padding_value
        )
    if not dims:
        raise errors.invalid(
            "MatrixDiagV3", "diagonal must be at least 1-dim, received shape: []"
        )
    batch = dims[:-1] if band[0] == band[1] else dims[:-2]
    if band[0] != band[1] and dims[-2] != band[1] - band[0] + 1:
        raise errors.invalid(
            "MatrixDiagV3",
            "The number of diagonals provided in the input does not match the "
            "lower_diag_index and upper_diag_index range.",
        )
    shape = (*batch, *_matrix_size(dims[-1] or 0, band, int(num_rows), int(num_cols)))
    result = place_diagonals(x, shape=shape, k=band, align=align, name=name)
    if np.asarray(padding_value).item() == 0:
        return result
    rows, columns, valid = band_indices(shape[-2:], band, align)
    size: Any = shape[-2:]
    mask = np.zeros(size, np.bool_)
    mask[rows[valid], columns[valid]] = True
    filler = convert(padding_value, x.dtype)
    return where(convert(mask), result, zeros_like(result) + filler)


class MatrixSize(Op):
    """The shape of the smallest matrices that hold diagonals, as a vector."""

    gradient: Any = NON_DIFFERENTIABLE
    keeps_inputs: Any = False
    shape_depends_on_values = True

    def kernel(self, x: Any, k: tuple[int, int], size: tuple[int, int]) -> Any:
        dims = np.shape(x)
        batch = dims[:-1] if k[0] == k[1] else dims[:-2]
        return np.array([*batch, *_matrix_size(dims[-1], k, *size)], np.int32)

    def infer(self, x: TensorSpec, k: tuple[int, int], size: tuple[int, int]) -> Any:
        more = 1 if k[0] == k[1] else 0
        rank = None if x.dims is None else len(x.dims) + more
        return TensorSpec.of((rank,), dtypes.int32)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), k=(1, 1), size=(-1, -1))
        yield Sample(rng.normal(size=(2, 3)), k=(-1, 0), size=(-1, 4))


matrix_size = register(MatrixSize)


def _diag_of_unknown_size(
    x: Any, band: tuple[int, int], size: tuple[int, int], align: str, padding: Any
) -> Any:
    """Return matrices with given diagonals whose length only the graph knows."""
    shape = matrix_size(x, k=band, size=size)
    result = place_diagonals(x, shape=shape, k=band, align=align)
    if np.asarray(padding).item() == 0:
        return result
    is_given = place_diagonals(ones_like(x), shape=shape, k=band, align=align)
    filler = zeros_like(result) + convert(padding, x.dtype)
    return where(is_given != zeros_like(is_given), result, filler)


def _matrix_size(
    longest: int, k: tuple[int, int], rows: int, columns: int
) -> tuple[int, int]:
    """Return rows and columns of the matrix whose longest diagonal is given.

    Raises:
        InvalidArgumentError: No such matrix has the number of rows or columns given.
    """
    least_rows = longest + max(-k[1], 0)
    least_columns = longest + max(k[0], 0)
    for what, given, least in (
        ("rows", rows, least_rows),
        ("columns", columns, least_columns),
    ):
        if given != -1 and given < least:
            raise errors.invalid("MatrixDiagV3", f"The number of {what} is too small.")
    if rows == -1 and columns == -1:
        rows = columns = max(least_rows, least_columns)
    elif rows == -1:
        rows = least_rows
    elif columns == -1:
        columns = least_columns
    if rows != least_rows and columns != least_columns:
        raise errors.invalid(
            "MatrixDiagV3",
            "The number of rows or columns is not consistent with the specified "
            "d_lower, d_upper, and diagonal.",
        )
    return rows, columns


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
    band = _band(k, align, "MatrixSetDiagV3")
    dims, given = shape_of(x), shape_of(diagonal)
    _check_band(band, dims, "MatrixSetDiagV3")
    if dims is not None and given is not None and None not in (*dims, *given):
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
    diagonal = main_diagonal(x)
    return reduce_sum(diagonal, axis=(-1,), keepdims=False, name=name)


@export("linalg.tensor_diag")
def tensor_diag(diagonal: Any, name: str | None = None) -> Any:
    """Return a tensor of twice the rank, with `diagonal` where both halves are equal.

    Raises:
        InvalidArgumentError: `diagonal` is a scalar.
    """
    x = convert(diagonal)
    dims = shape_of(x)
    if dims == ():
        raise errors.invalid("Diag", "Input must be at least rank 1, got 0")
    if dims is not None and len(dims) == 1:
        return diagonal_matrix(x)
    if dims is None or None in dims:
        raise errors.invalid("Diag", "tensor_diag needs a known shape")
    return reshape(diagonal_matrix(reshape(x, shape=(-1,))), shape=(*dims, *dims))


@export("linalg.tensor_diag_part")
def tensor_diag_part(input: Any, name: str | None = None) -> Any:
    """Return the elements of a tensor where both halves of the indices are equal.

    Raises:
        InvalidArgumentError: The rank is odd, or the halves of the shape differ.
    """
    x = convert(input)
    dims = shape_of(x)
    if dims is None or None in dims:
        raise errors.invalid("DiagPart", "tensor_diag_part needs a known shape")
    rank = len(dims)
    if not rank or rank % 2:
        raise errors.invalid(
            "DiagPart",
            "The rank of the tensor should be even and positive, got shape "
            f"{bracketed(dims)}",
        )
    half = rank // 2
    for i in range(half):
        if dims[i] != dims[half + i]:
            raise errors.invalid(
                "DiagPart",
                f"Invalid shape {bracketed(dims)}: dimensions {i} and "
                f"{half + i} do not "
                "match.",
            )
    count = num_elements(dims[:half])
    return reshape(main_diagonal(reshape(x, shape=(count, count))), shape=dims[:half])
