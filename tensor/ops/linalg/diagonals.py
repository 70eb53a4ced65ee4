"""Diagonals of matrices: taking, making and replacing them; bands and traces.

A range of diagonals `k = (low, high)` is held as rows of one array, the highest first.
Shorter ones are padded: `align` says on which side those above and those below the main
diagonal keep their place. In a graph `k` may be a symbolic vector of one number or two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import reshape, shape_for, static_value, zeros_like
from tensor.ops.families import bracketed
from tensor.ops.reduction import known_or_symbolic

if TYPE_CHECKING:
    from collections.abc import Iterator

ALIGNMENTS = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")


def as_band(k: Any, op_type: str) -> tuple[int, int]:
    """Return a range of diagonals, given as one number or two.

    Raises:
        InvalidArgumentError: These are no numbers of diagonals, or the range is empty.
    """
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


def band_inside(k: Any, dims: Any, op_type: str) -> tuple[int, int]:
    """Return a range of diagonals that lies inside matrices of static shape `dims`.

    Raises:
        InvalidArgumentError: It does not, or these are no matrices.
    """
    band = as_band(k, op_type)
    if dims is None:
        return band
    if len(dims) < 2:
        raise errors.invalid(
            op_type,
            f"input must be at least 2-dim, received shape: {bracketed(dims)}. Shape "
            f"must be at least rank 2 but is rank {len(dims)}",
        )
    rows, columns = dims[-2:]
    if rows is None or columns is None:
        return band
    for what, d in (("lower", band[0]), ("upper", band[1])):
        if not (-rows < d < columns or d == 0):
            raise errors.invalid(
                op_type,
                f"{what}_diag_index is out of bound: {d}. It must be between "
                f"{-rows} and {columns}",
            )
    return band


def matrix_size(
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

    def kernel(self, x: Any, k: Any, align: str, padding: Any) -> Any:
        k = band_inside(k, x.shape, self.type_name)
        rows, columns, valid = band_indices(x.shape[-2:], k, align)
        at = (..., np.where(valid, rows, 0), np.where(valid, columns, 0))
        padding = np.asarray(padding).astype(x.dtype)
        if not x.shape[-2] or not x.shape[-1]:
            found = np.full((*x.shape[:-2], *valid.shape), padding, x.dtype)
        else:
            found = np.where(valid, x[at], padding)
        return found[..., 0, :] if k[0] == k[1] else found

    def infer(self, x: TensorSpec, k: Any, align: str, padding: Any) -> TensorSpec:
        k = known_or_symbolic(k)
        if x.dims is None or is_symbolic(k):
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

    keeps_inputs = False

    def kernel(self, x: Any, shape: Any, k: Any, align: str) -> Any:
        result = np.zeros(tuple(shape), x.dtype)
        k = band_inside(k, result.shape, self.type_name)
        rows, columns, valid = band_indices(result.shape[-2:], k, align)
        packed = x if x.ndim == result.ndim else x[..., None, :]
        result[..., rows[valid], columns[valid]] = packed[..., valid]
        return result

    def infer(self, x: TensorSpec, shape: Any, k: Any, align: str) -> TensorSpec:
        return TensorSpec.of(static_value(shape), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        k, align = call.attrs["k"], call.attrs["align"]
        found = matrix_diag_part(dz, k=k, align=align, padding=0)
        return reshape(found, shape=shape_for(call.inputs[0]))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for sample in matrix_diag_part.samples(rng):
            attrs = sample.attrs
            x = matrix_diag_part.kernel(sample.inputs[0], **attrs)
            yield Sample(x, shape=(2, 3, 4), k=attrs["k"], align=attrs["align"])
        x = rng.normal(size=(2, 1, 3))
        yield Sample(x, shape=(2, 3, 3), k=(0, 0), align="LEFT_LEFT")


class MatrixDiag(Op):
    """Matrices with the given diagonals, the smallest that hold them.

    `size` gives the number of rows and of columns, or -1 for the least that fits;
    `padding` fills the rest of the matrices.
    """

    type_name = "MatrixDiagV3"
    keeps_inputs = False

    def kernel(self, x: Any, k: Any, size: Any, align: str, padding: Any) -> Any:
        k = as_band(k, self.type_name)
        shape = (*x.shape[: _leading(k)], *matrix_size(x.shape[-1], k, *size))
        result = np.full(shape, np.asarray(padding).astype(x.dtype), x.dtype)
        rows, columns, valid = band_indices(shape[-2:], k, align)
        packed = x[..., None, :] if k[0] == k[1] else x
        if packed.shape[-2:] != valid.shape:
            raise errors.invalid(
                self.type_name,
                "The number of diagonals provided in the input does not match the "
                "lower_diag_index and upper_diag_index range.",
            )
        result[..., rows[valid], columns[valid]] = packed[..., valid]
        return result

    def infer(
        self, x: TensorSpec, k: Any, size: Any, align: str, padding: Any
    ) -> TensorSpec:
        k = known_or_symbolic(k)
        if x.dims is None or is_symbolic(k):
            return TensorSpec.of(None, x.dtype)
        band, given = as_band(k, self.type_name), static_value(size)
        rows: Any
        columns: Any
        rows, columns = given or (None, None)
        if None not in (x.dims[-1], rows, columns):
            rows, columns = matrix_size(x.dims[-1] or 0, band, rows, columns)
        else:
            rows, columns = (None if n == -1 else n for n in (rows, columns))
        return TensorSpec.of((*x.dims[: _leading(band)], rows, columns), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        k, align = call.attrs["k"], call.attrs["align"]
        return matrix_diag_part(dz, k=k, align=align, padding=0)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3))
        for k, size in (((1, 1), (-1, -1)), ((-1, 0), (-1, 4)), ((0, 0), (3, 5))):
            yield Sample(x, k=k, size=size, align="RIGHT_LEFT", padding=0)
        yield Sample(x, k=(0, 1), size=(-1, -1), align="LEFT_RIGHT", padding=2.0)


def _leading(k: tuple[int, int]) -> int:
    """Return where the dimensions end that stand before those of diagonals."""
    return -1 if k[0] == k[1] else -2


class MatrixSetDiag(Op):
    """Matrices with some of their diagonals replaced."""

    type_name = "MatrixSetDiagV3"
    keeps_inputs = False

    def kernel(self, x: Any, diagonal: Any, k: Any, align: str) -> Any:
        result = np.array(x)
        k = band_inside(k, x.shape, self.type_name)
        rows, columns, valid = band_indices(result.shape[-2:], k, align)
        packed = diagonal[..., None, :] if k[0] == k[1] else diagonal
        result[..., rows[valid], columns[valid]] = packed[..., valid]
        return result

    def infer(
        self, x: TensorSpec, diagonal: TensorSpec, k: Any, align: str
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

    def kernel(self, x: Any, lower: Any, upper: Any) -> Any:
        rows, columns = np.ogrid[: x.shape[-2], : x.shape[-1]]
        inside = np.ones((x.shape[-2], x.shape[-1]), np.bool_)
        if lower >= 0:
            inside &= rows - columns <= lower
        if upper >= 0:
            inside &= columns - rows <= upper
        return np.where(inside, x, x.dtype.type(0))

    def infer(self, x: TensorSpec, lower: Any, upper: Any) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return band_part(dz, **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for lower, upper in ((-1, 0), (1, 1), (0, -1), (0, 0)):
            yield Sample(rng.normal(size=(2, 3, 4)), lower=lower, upper=upper)


matrix_diag_part = register(MatrixDiagPart)
place_diagonals = register(PlaceDiagonals)
matrix_diag = register(MatrixDiag)
set_diagonals = register(MatrixSetDiag)
band_part = register(MatrixBandPart)


def main_diagonal(x: Any) -> Any:
    """Return the main diagonals of matrices."""
    return matrix_diag_part(x, k=(0, 0), align="RIGHT_LEFT", padding=0)


def diagonal_matrix(x: Any) -> Any:
    """Return square matrices with the given main diagonals."""
    return matrix_diag(x, k=(0, 0), size=(-1, -1), align="RIGHT_LEFT", padding=0)
