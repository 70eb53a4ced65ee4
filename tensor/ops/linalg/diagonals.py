"""Diagonals of matrices: taking, making and replacing them; bands and traces.

A range of diagonals `k = (low, high)` is held as rows of one array, the highest first.
Shorter ones are padded: `align` says on which side those above and those below the main
diagonal keep their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.dtypes import int32
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import num_elements
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    concat,
    reshape,
    shape_for,
    shape_op,
    static_value,
    where,
    zeros_like,
)
from tensor.ops.families import bracketed, shape_of
from tensor.ops.reduce import reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator

ALIGNMENTS = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")


def diagonal_length(rows: int, columns: int, k: int) -> int:
    """Return the length of one diagonal."""
    return max(0, min(rows + min(k, 0), columns - max(k, 0)))


def band_indices(
    size: Any, k: tuple[int, int], align: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where the elements of a band of diagonals lie.

    Returns:
        Row and column of each place of the packed diagonals, and whether the place
        holds an element or is padding.
    """
    rows, columns = size
    low, high = k
    lengths = [diagonal_length(rows, columns, d) for d in range(high, low - 1, -1)]
    longest = max(lengths, default=0)
    upper, lower = align.split("_")
    place = np.arange(longest)[None, :]
    number = np.arange(high, low - 1, -1)[:, None]
    length = np.array(lengths)[:, None]
    # The main diagonal counts as upper and lower: it is aligned as the upper ones are,
    # which matters only when another diagonal is longer.
    at_right = np.where(number >= 0, upper == "RIGHT", lower == "RIGHT")
    step = place - np.where(at_right, longest - length, 0)
    valid = (step >= 0) & (step < length)
    return step + np.maximum(-number, 0), step + np.maximum(number, 0), valid


class MatrixDiagPart(Op):
    """The diagonals of matrices, packed as rows unless there is only one."""

    type_name = "MatrixDiagPartV3"
    keeps_inputs = False

    def kernel(self, x: Any, k: tuple[int, int], align: str, padding: Any) -> Any:
        rows, columns, valid = band_indices(x.shape[-2:], k, align)
        at = (..., np.where(valid, rows, 0), np.where(valid, columns, 0))
        padding = np.asarray(padding).astype(x.dtype)
        if not x.shape[-2] or not x.shape[-1]:
            found = np.full((*x.shape[:-2], *valid.shape), padding, x.dtype)
        else:
            found = np.where(valid, x[at], padding)
        return found[..., 0, :] if k[0] == k[1] else found

    def infer(
        self, x: TensorSpec, k: tuple[int, int], align: str, padding: Any
    ) -> TensorSpec:
        if x.dims is None:
            return TensorSpec.of(None, x.dtype)
        longest = None
        if None not in x.dims[-2:]:
            rows, columns = x.dims[-2:]
            longest = max(
                diagonal_length(rows or 0, columns or 0, d)
                for d in range(k[0], k[1] + 1)
            )
        packed = () if k[0] == k[1] else (k[1] - k[0] + 1,)
        return TensorSpec.of((*x.dims[:-2], *packed, longest), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        k, align = call.attrs["k"], call.attrs["align"]
        return place_diagonals(dz, shape=shape_for(call.inputs[0]), k=k, align=align)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        for k, align in (
            ((0, 0), "RIGHT_LEFT"),
            ((-1, 2), "RIGHT_LEFT"),
            ((-2, 1), "LEFT_RIGHT"),
            ((2, 2), "LEFT_LEFT"),
            ((-2, -1), "RIGHT_RIGHT"),
        ):
            yield Sample(x, k=k, align=align, padding=0)


class PlaceDiagonals(Op):
    """Zero matrices of a shape, with the given diagonals."""

    type_name = "MatrixDiagV3"
    keeps_inputs = False

    def kernel(self, x: Any, shape: Any, k: tuple[int, int], align: str) -> Any:
        result = np.zeros(tuple(shape), x.dtype)
        rows, columns, valid = band_indices(result.shape[-2:], k, align)
        packed = x[..., None, :] if k[0] == k[1] else x
        result[..., rows[valid], columns[valid]] = packed[..., valid]
        return result

    def infer(
        self, x: TensorSpec, shape: Any, k: tuple[int, int], align: str
    ) -> TensorSpec:
        return TensorSpec.of(static_value(shape), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        k, align = call.attrs["k"], call.attrs["align"]
        return matrix_diag_part(dz, k=k, align=align, padding=0)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for sample in matrix_diag_part.samples(rng):
            attrs = sample.attrs
            x = matrix_diag_part.kernel(sample.inputs[0], **attrs)
            yield Sample(x, shape=(2, 3, 4), k=attrs["k"], align=attrs["align"])


class MatrixSetDiag(Op):
    """Matrices with some of their diagonals replaced."""

    type_name = "MatrixSetDiagV3"
    keeps_inputs = False

    def kernel(self, x: Any, diagonal: Any, k: tuple[int, int], align: str) -> Any:
        result = np.array(x)
        rows, columns, valid = band_indices(result.shape[-2:], k, align)
        packed = diagonal[..., None, :] if k[0] == k[1] else diagonal
        result[..., rows[valid], columns[valid]] = packed[..., valid]
        return result

    def infer(
        self, x: TensorSpec, diagonal: TensorSpec, k: tuple[int, int], align: str
    ) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        nothing = zeros_like(matrix_diag_part(dz, **call.attrs, padding=0))
        return (
            set_diagonals(dz, nothing, **call.attrs),
            matrix_diag_part(dz, **call.attrs, padding=0),
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for sample in matrix_diag_part.samples(rng):
            x, attrs = sample.inputs[0], sample.attrs
            diagonal = rng.normal(size=matrix_diag_part.kernel(x, **attrs).shape)
            yield Sample(x, diagonal, k=attrs["k"], align=attrs["align"])


class MatrixBandPart(Op):
    """Matrices with zeros outside a band around the main diagonal."""

    keeps_inputs = False

    def kernel(self, x: Any, lower: int, upper: int) -> Any:
        rows, columns = np.ogrid[: x.shape[-2], : x.shape[-1]]
        inside = np.ones((x.shape[-2], x.shape[-1]), np.bool_)
        if lower >= 0:
            inside &= rows - columns <= lower
        if upper >= 0:
            inside &= columns - rows <= upper
        return np.where(inside, x, x.dtype.type(0))

    def infer(self, x: TensorSpec, lower: int, upper: int) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return band_part(dz, **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for lower, upper in ((-1, 0), (1, 1), (0, -1), (0, 0)):
            yield Sample(rng.normal(size=(2, 3, 4)), lower=lower, upper=upper)


matrix_diag_part = register(MatrixDiagPart)
place_diagonals = register(PlaceDiagonals)
set_diagonals = register(MatrixSetDiag)
band_part = register(MatrixBandPart)


def main_diagonal(x: Any) -> Any:
    """Return the main diagonals of matrices."""
    return matrix_diag_part(x, k=(0, 0), align="RIGHT_LEFT", padding=0)


def diagonal_matrix(x: Any) -> Any:
    """Return square matrices with the given main diagonals."""
    dims = shape_of(x)
    if dims is None or None in dims:
        shape = shape_op(x, out_type=int32)
        target = concat(shape, shape[-1:], axis=0)
        return place_diagonals(x, shape=target, k=(0, 0), align="RIGHT_LEFT")
    return place_diagonals(x, shape=(*dims, dims[-1]), k=(0, 0), align="RIGHT_LEFT")


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
            op_type, f"input must be at least 2-dim, received shape: {bracketed(dims)}"
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
    if dims is None or dims[-1:] == (None,):
        raise errors.invalid(
            "MatrixDiagV3",
            "the length of the diagonal must be known; use tf.ensure_shape",
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
    if None in shape:
        raise errors.invalid("MatrixDiagV3", "all batch dimensions must be known")
    result = place_diagonals(x, shape=shape, k=band, align=align, name=name)
    if np.asarray(padding_value).item() == 0:
        return result
    rows, columns, valid = band_indices(shape[-2:], band, align)
    size: Any = shape[-2:]
    mask = np.zeros(size, np.bool_)
    mask[rows[valid], columns[valid]] = True
    filler = convert(padding_value, x.dtype)
    return where(convert(mask), result, zeros_like(result) + filler)


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
    lower, upper = int(num_lower), int(num_upper)
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
        if size is not None and number > size:
            raise errors.invalid(
                "MatrixBandPart",
                f"{what} must be negative or less or equal to number of {side} "
                f"({size}) got: {number}",
            )
    return band_part(x, lower=lower, upper=upper, name=name)


@export("linalg.trace")
def trace(x: Any, name: str | None = None) -> Any:
    """Return the sum of the main diagonal of each matrix."""
    diagonal = main_diagonal(convert(x))
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
