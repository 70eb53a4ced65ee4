"""Operators with nothing off the main diagonal: Diag, Identity and its multiples."""

from __future__ import annotations

from typing import Any

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import TensorShape
from tensor.ops.array import shape_op
from tensor.ops.assertions import assert_equal, assert_none_equal, assert_positive
from tensor.ops.casting import cast_
from tensor.ops.creation import ones
from tensor.ops.joining import concat_
from tensor.ops.linalg.diagonal_functions import diag, diag_part, set_diag
from tensor.ops.linalg.matmul import adjoint_
from tensor.ops.linalg.operators.hints import require
from tensor.ops.linalg.operators.operator import LinearOperator
from tensor.ops.math.arithmetic import absolute
from tensor.ops.math.complex_numbers import conj, real_op
from tensor.ops.math.exponential import log
from tensor.ops.math.powers import power, sqrt
from tensor.ops.reduce import (
    broadcast_to,
    reduce_max,
    reduce_min,
    reduce_prod,
    reduce_sum,
)


class _Scales(LinearOperator):
    """An operator that multiplies each row by a number, that `_factor` gives."""

    def _factor(self) -> Any:
        """Return what each row is multiplied by, with a last axis."""
        raise NotImplementedError(f"{type(self).__name__} must define `_factor`.")

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        x = adjoint_(x) if adjoint_arg else x
        factor = self._factor()[..., None]
        return (conj.public(factor) if adjoint else factor) * x

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        rhs = adjoint_(rhs) if adjoint_arg else rhs
        factor = self._factor()[..., None]
        return rhs / (conj.public(factor) if adjoint else factor)

    def _diag_part(self) -> Any:
        shape = concat_([self.batch_shape_tensor(), self.shape_tensor()[-1:]], 0)
        return broadcast_to.public(self._factor(), shape)

    def _to_dense(self) -> Any:
        return diag(self._diag_part())

    def _add_to_tensor(self, x: Any) -> Any:
        own = diag_part(x) + self._factor()
        if x.shape[:-2] != own.shape[:-1]:
            return self.to_dense() + x
        return set_diag(x, own)

    def _determinant(self) -> Any:
        return reduce_prod.public(self._diag_part(), -1)

    def _log_abs_determinant(self) -> Any:
        logs = log.public(absolute.public(self._diag_part()))
        return cast_(reduce_sum.public(logs, -1), self.dtype)

    def _eigvals(self) -> Any:
        return convert(self._diag_part())

    def _cond(self) -> Any:
        sizes = absolute.public(self._diag_part())
        ratio = reduce_max.public(sizes, -1) / reduce_min.public(sizes, -1)
        return cast_(ratio, self.dtype)

    def _assert_non_singular(self) -> Any:
        message = "Singular operator: Diagonal contained zero values."
        zero = convert(0, self.dtype)
        return assert_none_equal(self._factor(), zero, message=message)

    def _assert_positive_definite(self) -> Any:
        message = "Diagonal operator had diagonal entries with non-positive real part."
        return assert_positive(real_op(self._factor()), message=message)

    def _assert_self_adjoint(self) -> Any:
        factor = self._factor()
        message = "This diagonal operator contained non-zero imaginary values. "
        return assert_equal(factor, conj.public(factor), message=message)


@export("linalg.LinearOperatorDiag")
class LinearOperatorDiag(_Scales):
    """A diagonal matrix, or a batch of them.

    Args:
        diag: The diagonals, of shape [..., n].
        is_non_singular: Whether no element is 0.
        is_self_adjoint: Whether all elements are real.
        is_positive_definite: Whether all have a positive real part.
        is_square: True, always.
        name: Its name.

    Raises:
        ValueError: A hint cannot be.
    """

    def __init__(
        self,
        diag: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorDiag",
    ) -> None:
        self._diag = of_field("diag", diag, rank=1)
        if not self._diag.dtype.is_complex:
            is_self_adjoint = require(
                is_self_adjoint, "A real diagonal operator is always self adjoint."
            )
        is_square = require(is_square, "Only square diagonal operators are supported.")
        super().__init__(
            self._diag.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name,
            {"diag": diag},
        )

    @property
    def diag(self) -> Any:
        """The diagonals."""
        return self._diag

    def _factor(self) -> Any:
        return convert(self._diag)

    def _diag_part(self) -> Any:
        return convert(self._diag)

    def _shape(self) -> TensorShape:
        shape = self._diag.shape
        return shape.concatenate(shape[-1:]) if shape.rank else TensorShape(None)

    def _shape_tensor(self) -> Any:
        shape = shape_op(convert(self._diag), out_type=dtypes.int32)
        return concat_([shape, shape[-1:]], 0)

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorDiag(
            conj.public(self._factor()), self.is_non_singular, is_square=True
        )

    def _inverse(self) -> LinearOperator:
        return LinearOperatorDiag(
            1 / self._factor(),
            self.is_non_singular,
            self.is_self_adjoint,
            self.is_positive_definite,
            True,
        )

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorDiag(
            sqrt.public(self._factor()), is_self_adjoint=True, is_positive_definite=True
        )


class _OfSize(_Scales):
    """A multiple of the identity: its size is all that it needs."""

    def _set_size(self, num_rows: Any, batch_shape: Any = None) -> None:
        given = convert(num_rows)
        if not given.dtype.is_integer:
            raise TypeError(
                f"Argument num_rows must be integer type.  Found: {given!s}"
            )
        if given.ndim not in (None, 0):
            raise ValueError(
                f"Argument num_rows must be a 0-D Tensor. Found: {num_rows!r}"
            )
        self.size = given
        known = getattr(given, "static_vector", lambda: None)()
        known = int(given) if hasattr(given, "numpy") else known
        if known is not None and known < 0:
            raise ValueError(
                f"Argument num_rows must be non-negative. Found: {num_rows!r}"
            )
        self._static_size = known
        self._batch: Any = [] if batch_shape is None else batch_shape
        known = getattr(self._batch, "static_vector", lambda: self._batch)()
        self._static_batch = TensorShape(known)

    def _shape(self) -> TensorShape:
        return self._static_batch.concatenate([self._static_size, self._static_size])

    def _shape_tensor(self) -> Any:
        size = cast_(self.size, dtypes.int32)[None]
        return concat_([convert(self._batch, dtypes.int32), size, size], 0)

    def _cond(self) -> Any:
        return ones(self.batch_shape_tensor(), self.dtype)


@export("linalg.LinearOperatorIdentity")
class LinearOperatorIdentity(_OfSize):
    """The identity, or a batch of it.

    Args:
        num_rows: Its size.
        batch_shape: The shape of the batch, none by default.
        dtype: That of its elements, float32 by default.
        is_non_singular: True, always.
        is_self_adjoint: True, always.
        is_positive_definite: True, always.
        is_square: True, always.
        assert_proper_shapes: Accepted for compatibility: shapes are always checked.
        name: Its name.

    Raises:
        ValueError: A hint cannot be, or `num_rows` is negative.
        TypeError: `num_rows` is no integer.
    """

    def __init__(
        self,
        num_rows: Any,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool = True,
        is_self_adjoint: bool = True,
        is_positive_definite: bool = True,
        is_square: bool = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorIdentity",
    ) -> None:
        require(is_self_adjoint, "An identity operator is always self adjoint.")
        require(is_non_singular, "An identity operator is always non-singular.")
        require(
            is_positive_definite, "An identity operator is always positive-definite."
        )
        require(is_square, "An identity operator is always square.")
        parameters = {"num_rows": num_rows, "batch_shape": batch_shape, "dtype": dtype}
        dtype = dtypes.float32 if dtype is None else dtype
        super().__init__(dtype, None, True, True, True, True, name, parameters)
        self._set_size(num_rows, batch_shape)

    def _factor(self) -> Any:
        return ones(self.batch_and(1), self.dtype)

    def _inverse(self) -> LinearOperator:
        return self

    def _cholesky(self) -> LinearOperator:
        return self


@export("linalg.LinearOperatorScaledIdentity")
class LinearOperatorScaledIdentity(_OfSize):
    """A multiple of the identity, or a batch of such multiples.

    Args:
        num_rows: Its size.
        multiplier: The number, or a batch of them.
        is_non_singular: Whether no number is 0.
        is_self_adjoint: Whether all are real.
        is_positive_definite: Whether all have a positive real part.
        is_square: True, always.
        assert_proper_shapes: Accepted for compatibility: shapes are always checked.
        name: Its name.

    Raises:
        ValueError: A hint cannot be, or `num_rows` is negative.
        TypeError: `num_rows` is no integer.
    """

    def __init__(
        self,
        num_rows: Any,
        multiplier: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorScaledIdentity",
    ) -> None:
        require(is_square, "A ScaledIdentity operator is always square.")
        self._multiplier = of_field("multiplier", multiplier)
        if not self._multiplier.dtype.is_complex:
            is_self_adjoint = require(
                is_self_adjoint, "A real diagonal operator is always self adjoint."
            )
        super().__init__(
            self._multiplier.dtype,
            None,
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
            {"num_rows": num_rows, "multiplier": multiplier},
        )
        known = self._multiplier.shape.is_fully_defined()
        batch = None if known else shape_op(multiplier, out_type=dtypes.int32)
        self._set_size(num_rows, self._multiplier.shape if known else batch)

    @property
    def multiplier(self) -> Any:
        """The number, or the batch of them."""
        return self._multiplier

    def _factor(self) -> Any:
        return convert(self._multiplier)[..., None]

    def _determinant(self) -> Any:
        return power.public(convert(self._multiplier), cast_(self.size, self.dtype))

    def _adjoint(self) -> LinearOperator:
        return self._like(conj.public(convert(self._multiplier)))

    def _inverse(self) -> LinearOperator:
        return self._like(1 / convert(self._multiplier))

    def _cholesky(self) -> LinearOperator:
        return self._like(sqrt.public(convert(self._multiplier)))

    def _like(self, multiplier: Any) -> LinearOperator:
        hints = self.is_non_singular, self.is_self_adjoint, self.is_positive_definite
        return LinearOperatorScaledIdentity(self.size, multiplier, *hints)


def of_field(what: str, value: Any, rank: int = 0) -> Any:
    """Return what an operator is made of as a tensor, or the variable that it is.

    Raises:
        ValueError: It has too few dimensions.
    """
    tensor = value if hasattr(value, "read_for_op") else convert(value)
    dims = tensor.shape
    if dims.rank is not None and dims.rank < rank:
        raise ValueError(
            f"Argument {what} must have at least {rank} dimension"
            f"{'s' if rank > 1 else ''}. Found: {tensor}"
        )
    return tensor
