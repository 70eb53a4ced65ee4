"""Operators given by their diagonals: Toeplitz and tridiagonal matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core.convert import convert
from tensor.core.dtypes import int32
from tensor.core.public_api import export
from tensor.ops.array import shape_op, zeros_like
from tensor.ops.facts import broadcast_dynamic_shape, broadcast_static_shape
from tensor.ops.gather import gather_
from tensor.ops.joining import concat_, stack
from tensor.ops.linalg.diagonal_functions import diag
from tensor.ops.linalg.matmul import adjoint_
from tensor.ops.linalg.operators.diagonal import of_field
from tensor.ops.linalg.operators.hints import require
from tensor.ops.linalg.operators.operator import LinearOperator, broadcast_batches
from tensor.ops.linalg.tridiagonal import tridiagonal_matmul, tridiagonal_solve
from tensor.ops.math.complex_numbers import conj
from tensor.ops.number_lines import range_
from tensor.ops.reduce import broadcast_to
from tensor.ops.reorder import roll_

if TYPE_CHECKING:
    from tensor.core.shapes import TensorShape


@export("linalg.LinearOperatorToeplitz")
class LinearOperatorToeplitz(LinearOperator):
    """A matrix with equal elements along each diagonal.

    Args:
        col: The first column, of shape [..., n].
        row: The first row; its first element is that of `col`.
        is_non_singular: Whether it is known to have an inverse.
        is_self_adjoint: Whether it is known to be its own conjugate transpose.
        is_positive_definite: Whether it is known to be positive definite.
        is_square: True, always.
        name: Its name.

    Raises:
        ValueError: `is_square` is False.
    """

    def __init__(
        self,
        col: Any,
        row: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorToeplitz",
    ) -> None:
        is_square = require(is_square, "Only square Toeplitz operators supported.")
        self._col, self._row = of_field("col", col, 1), of_field("row", row, 1)
        super().__init__(
            self._col.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name,
            {"col": col, "row": row},
        )

    @property
    def col(self) -> Any:
        """The first column."""
        return self._col

    @property
    def row(self) -> Any:
        """The first row."""
        return self._row

    def _shape(self) -> TensorShape:
        shape = broadcast_static_shape(self._col.shape, self._row.shape)
        return shape.concatenate(shape[-1:])

    def _shape_tensor(self) -> Any:
        shapes = [shape_op(convert(v), out_type=int32) for v in (self._col, self._row)]
        shape = broadcast_dynamic_shape(*shapes)
        return concat_([shape, shape[-1:]], 0)

    def _to_dense(self) -> Any:
        col, row = convert(self._col), convert(self._row)
        col, row = col + zeros_like(row), row + zeros_like(col)
        size = self.height
        # All diagonals in one vector, from the lowest to the highest.
        every = concat_([col[..., ::-1], row[..., 1:]], -1)
        at = range_(size)[None, :] - range_(size)[:, None] + (size - 1)
        return gather_(every, at, axis=-1)

    def _diag_part(self) -> Any:
        first = convert(self._col)[..., :1]
        return broadcast_to.public(first, self.batch_and(self.height))


@export("linalg.LinearOperatorTridiag")
class LinearOperatorTridiag(LinearOperator):
    """A matrix with zeros off the three diagonals in the middle.

    Args:
        diagonals: The upper, main and lower diagonal: stacked in a tensor of shape
            [..., 3, n] ("compact"), a list of three ("sequence"), or a whole matrix.
        diagonals_format: "compact", "sequence" or "matrix".
        is_non_singular: Whether it is known to have an inverse.
        is_self_adjoint: Whether it is known to be its own conjugate transpose.
        is_positive_definite: Whether it is known to be positive definite.
        is_square: True, always.
        name: Its name.

    Raises:
        ValueError: There is no such format, or `is_square` is False.
    """

    def __init__(
        self,
        diagonals: Any,
        diagonals_format: str = "compact",
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorTridiag",
    ) -> None:
        if diagonals_format not in ("compact", "sequence", "matrix"):
            raise ValueError(
                "Argument `diagonals_format` must be one of compact, matrix, or "
                f"sequence. Received: {diagonals_format}"
            )
        is_square = require(is_square, "Only square tridiagonal operators supported.")
        if diagonals_format == "sequence":
            self._diagonals: Any = [of_field("diagonals", d, 1) for d in diagonals]
            dtype = self._diagonals[0].dtype
        else:
            self._diagonals = of_field("diagonals", diagonals, 2)
            dtype = self._diagonals.dtype
        self._format = diagonals_format
        super().__init__(
            dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name,
            {"diagonals": diagonals, "diagonals_format": diagonals_format},
        )

    @property
    def diagonals(self) -> Any:
        """The diagonals as given."""
        return self._diagonals

    @property
    def diagonals_format(self) -> str:
        """How the diagonals were given."""
        return self._format

    def _shape(self) -> TensorShape:
        if self._format == "matrix":
            return self._diagonals.shape
        if self._format == "sequence":
            shape = self._diagonals[1].shape
            return shape.concatenate(shape[-1:])
        shape = self._diagonals.shape
        return shape[:-2].concatenate([shape[-1], shape[-1]])

    def _compact(self) -> Any:
        if self._format == "compact":
            return convert(self._diagonals)
        if self._format == "sequence":
            upper, main, lower = (convert(d) for d in self._diagonals)
            shape = main.shape.as_list()

            def full(v: Any) -> Any:
                return broadcast_to.public(v, shape)

            return stack([full(upper), full(main), full(lower)], axis=-2)
        from tensor.ops.linalg.diagonal_functions import diag_part

        return diag_part(convert(self._diagonals), k=(-1, 1), align="LEFT_RIGHT")

    def _to_dense(self) -> Any:
        return diag(self._compact(), k=(-1, 1), align="LEFT_RIGHT")

    def _diag_part(self) -> Any:
        return self._compact()[..., 1, :]

    def _adjoint_diagonals(self) -> Any:
        compact = conj.public(self._compact())
        upper, main, lower = (compact[..., i, :] for i in range(3))
        return stack([roll_(lower, -1, -1), main, roll_(upper, 1, -1)], axis=-2)

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        x = adjoint_(x) if adjoint_arg else x
        diagonals = self._adjoint_diagonals() if adjoint else self._compact()
        diagonals, x = broadcast_batches(diagonals, x)
        return tridiagonal_matmul(diagonals, x)

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        rhs = adjoint_(rhs) if adjoint_arg else rhs
        diagonals = self._adjoint_diagonals() if adjoint else self._compact()
        diagonals, rhs = broadcast_batches(diagonals, rhs)
        return tridiagonal_solve(diagonals, rhs)

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorTridiag(
            self._adjoint_diagonals(), "compact", self.is_non_singular
        )
