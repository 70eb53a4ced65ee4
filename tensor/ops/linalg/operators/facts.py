"""What a linear operator is: its hints, its dtype and its shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.convert import constant_tensor, convert
from tensor.core.dimension import Dimension
from tensor.core.module import Module
from tensor.ops.array import as_static_shape, shape_op
from tensor.ops.joining import concat_
from tensor.ops.linalg.operators.hints import Hints, checked

if TYPE_CHECKING:
    from tensor.core.shapes import TensorShape


class OperatorFacts(Module):
    """What can be asked of a linear operator without a look at its elements."""

    def __init__(
        self,
        dtype: Any,
        graph_parents: Any = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
        parameters: Any = None,
    ) -> None:
        self._hints = checked(
            Hints(is_non_singular, is_self_adjoint, is_positive_definite, is_square)
        )
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype)
        self._parameters = dict(parameters or {})
        label = name or type(self).__name__
        super().__init__(name=label.replace("/", "_").replace(".", "_"))
        self._label = label

    # ---- what it is

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return dict(self._parameters)

    @property
    def name(self) -> str:
        """Its name."""
        return self._label

    @property
    def dtype(self) -> Any:
        """The dtype of its elements."""
        return self._dtype

    @property
    def graph_parents(self) -> list[Any]:
        """The tensors it is made of, in TF1's sense: none are kept track of."""
        return []

    @property
    def is_non_singular(self) -> bool | None:
        """Whether it is known to have an inverse."""
        return self._hints.is_non_singular

    @property
    def is_self_adjoint(self) -> bool | None:
        """Whether it is known to be its own conjugate transpose."""
        return self._hints.is_self_adjoint

    @property
    def is_positive_definite(self) -> bool | None:
        """Whether it is known to be positive definite."""
        return self._hints.is_positive_definite

    @property
    def is_square(self) -> bool | None:
        """Whether it is square, by its shape or by the hint.

        Raises:
            ValueError: The hint says that it is not, and the shape that it is.
        """
        rows, columns = self.rows, self.columns
        if rows is None or columns is None:
            return self._hints.is_square
        if self._hints.is_square is False and rows == columns:
            raise ValueError(
                "User set is_square hint to False, but the operator was square. Its "
                f"shape is {self.shape}."
            )
        return self._hints.is_square or rows == columns

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} {self.shape} {self.dtype!s}>"

    # ---- shapes

    def to_dense(self, name: str = "to_dense") -> Any:
        """Return the matrices as a tensor."""
        raise NotImplementedError(
            f"to_dense is not implemented: {type(self).__name__} must define "
            "`to_dense`."
        )

    def _shape(self) -> TensorShape:
        raise NotImplementedError(
            f"_shape is not implemented: {type(self).__name__} must define `_shape`."
        )

    def _shape_tensor(self) -> Any:
        return shape_op(self.to_dense(), out_type=dtypes.int32)

    @property
    def shape(self) -> TensorShape:
        """The static shape, [..., range, domain]."""
        return self._shape()

    @property
    def batch_shape(self) -> TensorShape:
        """The static shape of the batch."""
        return self.shape[:-2]

    @property
    def tensor_rank(self) -> int | None:
        """The number of dimensions, if it is known."""
        return self.shape.rank

    @property
    def rows(self) -> int | None:
        """The number of rows, if it is known."""
        return self.shape[-2] if self.shape.rank is not None else None

    @property
    def columns(self) -> int | None:
        """The number of columns, if it is known."""
        return self.shape[-1] if self.shape.rank is not None else None

    @property
    def range_dimension(self) -> Dimension:
        """The number of rows as TF1 has it."""
        return Dimension(self.rows)

    @property
    def domain_dimension(self) -> Dimension:
        """The number of columns as TF1 has it."""
        return Dimension(self.columns)

    @property
    def height(self) -> Any:
        """The number of rows: an int if it is known, else a tensor."""
        known = self.rows
        return self.range_dimension_tensor() if known is None else known

    @property
    def width(self) -> Any:
        """The number of columns: an int if it is known, else a tensor."""
        known = self.columns
        return self.domain_dimension_tensor() if known is None else known

    def batch_and(self, *sizes: Any) -> Any:
        """Return the shape of the batch and more sizes: a list, or a tensor."""
        batch = self.batch_shape
        if batch.is_fully_defined():
            return as_static_shape([*batch.as_list(), *sizes])
        more = as_static_shape(list(sizes))
        return concat_([self.batch_shape_tensor(), convert(more, dtypes.int32)], 0)

    def shape_tensor(self, name: str = "shape_tensor") -> Any:
        """Return the shape as a vector."""
        if self.shape.is_fully_defined():
            return constant_tensor(convert(self.shape.as_list(), dtypes.int32).numpy())
        return self._shape_tensor()

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        """Return the shape of the batch as a vector."""
        return self.shape_tensor()[:-2]

    def tensor_rank_tensor(self, name: str = "tensor_rank_tensor") -> Any:
        """Return the number of dimensions as a tensor."""
        if self.tensor_rank is not None:
            return convert(self.tensor_rank)
        return shape_op(self.shape_tensor(), out_type=dtypes.int32)[0]

    def range_dimension_tensor(self, name: str = "range_dimension_tensor") -> Any:
        """Return the number of rows as a tensor."""
        return self.shape_tensor()[-2]

    def domain_dimension_tensor(self, name: str = "domain_dimension_tensor") -> Any:
        """Return the number of columns as a tensor."""
        return self.shape_tensor()[-1]
