"""The operator that is zero."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.ops.creation import zeros
from tensor.ops.linalg.operators.operator import LinearOperator
from tensor.ops.reduction import known_or_symbolic


@export("linalg.LinearOperatorZeros")
class LinearOperatorZeros(LinearOperator):
    """A matrix of zeros, or a batch of it.

    Args:
        num_rows: The number of rows.
        num_columns: The number of columns; as many as rows by default.
        batch_shape: The shape of the batch, none by default.
        dtype: That of its elements, float32 by default.
        is_non_singular: False, always.
        is_self_adjoint: Whether it is square.
        is_positive_definite: False, always.
        is_square: Whether it is square.
        assert_proper_shapes: Accepted for compatibility: shapes are always checked.
        name: Its name.

    Raises:
        ValueError: A hint cannot be.
    """

    def __init__(
        self,
        num_rows: Any,
        num_columns: Any = None,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool = False,
        is_self_adjoint: bool = True,
        is_positive_definite: bool = False,
        is_square: bool = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorZeros",
    ) -> None:
        if is_non_singular:
            raise ValueError("A zero operator is always singular.")
        if is_positive_definite:
            raise ValueError("A zero operator is never positive-definite.")
        rows = known_or_symbolic(num_rows)
        columns = rows if num_columns is None else known_or_symbolic(num_columns)
        known = not is_symbolic(rows) and not is_symbolic(columns)
        if is_square and known and int(rows) != int(columns):
            raise ValueError(
                f"LinearOperatorZeros initialized as is_square=True, but got "
                f"num_rows({rows}) != num_columns({columns}). Pass is_square=False, "
                "is_self_adjoint=False."
            )
        sizes = [*(batch_shape or ()), rows, columns]
        self._sizes = [d if is_symbolic(d) else int(d) for d in sizes]
        super().__init__(
            dtypes.float32 if dtype is None else dtype,
            None,
            False,
            is_self_adjoint,
            False,
            is_square,
            name,
            {"num_rows": num_rows, "num_columns": num_columns},
        )

    def _shape(self) -> TensorShape:
        return TensorShape([None if is_symbolic(d) else d for d in self._sizes])

    def _shape_tensor(self) -> Any:
        return convert(self._sizes, dtypes.int32)

    def _to_dense(self) -> Any:
        return zeros(self._sizes, self.dtype)

    def _add_to_tensor(self, x: Any) -> Any:
        return x + zeros([*self._sizes[:-2], 1, 1], self.dtype)

    def _adjoint(self) -> LinearOperator:
        *batch, rows, columns = self._sizes
        return LinearOperatorZeros(
            columns, rows, batch, self.dtype, is_self_adjoint=False, is_square=False
        )
