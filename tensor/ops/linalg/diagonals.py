"""Diagonals of matrices: taking, making and replacing them; bands and traces.

A range of diagonals `k = (low, high)` is held as rows of one array, the highest first.
Shorter ones are padded: `align` says on which side those above and those below the main
diagonal keep their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.dtypes import int32
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    concat,
    shape_for,
    shape_op,
    static_value,
    zeros_like,
)
from tensor.ops.families import shape_of

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
