"""Operators made of several: products, Kronecker products, and matrices of blocks."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.array import reshape, shape, shape_op
from tensor.ops.casting import cast_
from tensor.ops.creation import zeros
from tensor.ops.facts import broadcast_dynamic_shape, broadcast_static_shape
from tensor.ops.joining import concat_
from tensor.ops.linalg.matmul import adjoint_
from tensor.ops.linalg.operators.hints import all_true
from tensor.ops.linalg.operators.operator import LinearOperator
from tensor.ops.math.powers import power
from tensor.ops.reduce import broadcast_to
from tensor.ops.splitting import split_

if TYPE_CHECKING:
    from tensor.core.shapes import TensorShape


class _Several(LinearOperator):
    """An operator made of others, of one dtype."""

    _sign = "_x_"
    _commutes = True  # hints that all parts share hold for the whole

    def __init__(
        self,
        operators: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        self._operators = self._checked_parts(operators)
        parts = self._all_parts()
        kind = type(self).__name__

        def hint(given: bool | None, what: str, always: bool) -> bool | None:
            if given is not None or not always:
                return given
            return all_true([getattr(p, what) for p in parts])

        super().__init__(
            parts[0].dtype,
            None,
            hint(is_non_singular, "is_non_singular", True),
            hint(is_self_adjoint, "is_self_adjoint", self._commutes),
            hint(is_positive_definite, "is_positive_definite", self._commutes),
            hint(is_square, "is_square", True),
            name or self._joined_name(parts),
            {"operators": operators},
        )
        dtypes_found = {p.dtype for p in parts}
        if len(dtypes_found) > 1:
            names = ", ".join(f"{p.name}: {p.dtype!r}" for p in parts)
            raise TypeError(
                f"Expected all operators of a {kind} to have the same dtype. Found "
                f"{names}."
            )

    def _checked_parts(self, operators: Any) -> list[Any]:
        operators = list(operators)
        if not operators:
            raise ValueError(
                f"Expected a non-empty list of operators. Found: {operators}"
            )
        return operators

    def _joined_name(self, parts: list[Any]) -> str:
        return self._sign.join(p.name for p in parts)

    def _all_parts(self) -> list[Any]:
        return self._operators

    @property
    def operators(self) -> list[Any]:
        """The operators that it is made of."""
        return self._operators

    def _batch(self) -> TensorShape:
        shapes = [p.batch_shape for p in self._all_parts()]
        return functools.reduce(broadcast_static_shape, shapes)


@export("linalg.LinearOperatorComposition")
class LinearOperatorComposition(_Several):
    """The product of operators: the last is applied first.

    Raises:
        ValueError: There are none, or their dimensions do not fit.
        TypeError: Their dtypes differ.
    """

    _sign = "_o_"
    _commutes = False

    def _shape(self) -> TensorShape:
        first, last = self._operators[0], self._operators[-1]
        for a, b in zip(self._operators, self._operators[1:], strict=False):
            if None not in (a.columns, b.rows) and (a.columns != b.rows):
                raise ValueError(
                    f"Operators are incompatible: {a!r} cannot be applied to what "
                    f"{b!r} gives."
                )
        return self._batch().concatenate([first.rows, last.columns])

    def _to_dense(self) -> Any:
        *others, last = self._operators
        return functools.reduce(lambda x, p: p.matmul(x), others[::-1], last.to_dense())

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        parts = self._operators if adjoint else self._operators[::-1]
        x = adjoint_(x) if adjoint_arg else x
        return functools.reduce(lambda y, p: p.matmul(y, adjoint=adjoint), parts, x)

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        parts = self._operators[::-1] if adjoint else self._operators
        rhs = adjoint_(rhs) if adjoint_arg else rhs
        return functools.reduce(lambda y, p: p.solve(y, adjoint=adjoint), parts, rhs)

    def _determinant(self) -> Any:
        return math.prod(p.determinant() for p in self._operators)

    def _log_abs_determinant(self) -> Any:
        return sum(p.log_abs_determinant() for p in self._operators)


@export("linalg.LinearOperatorKronecker")
class LinearOperatorKronecker(_Several):
    """The Kronecker product of operators.

    Raises:
        ValueError: There are none.
        TypeError: Their dtypes differ.
    """

    def _shape(self) -> TensorShape:
        sizes = [[p.shape[at] for p in self._operators] for at in (-2, -1)]
        known = [None if None in s else math.prod(s) for s in sizes]
        return self._batch().concatenate(known)

    def _to_dense(self) -> Any:
        def pair(a: Any, b: Any) -> Any:
            product = a[..., :, None, :, None] * b[..., None, :, None, :]
            s = shape_op(product, out_type=dtypes.int32)
            sizes = [s[:-4], [s[-4] * s[-3], s[-2] * s[-1]]]
            return reshape.public(product, concat_(sizes, 0))

        return functools.reduce(pair, [p.to_dense() for p in self._operators])

    def _others(self, one: Any) -> Any:
        """Return the size of all parts but one: how often its eigenvalues count."""
        return cast_(
            math.prod(p.width for p in self._operators) // one.width, self.dtype
        )

    def _determinant(self) -> Any:
        return math.prod(
            power.public(p.determinant(), self._others(p)) for p in self._operators
        )

    def _log_abs_determinant(self) -> Any:
        return sum(p.log_abs_determinant() * self._others(p) for p in self._operators)

    def _trace(self) -> Any:
        return math.prod(p.trace() for p in self._operators)

    def _diag_part(self) -> Any:
        def pair(a: Any, b: Any) -> Any:
            product = a[..., :, None] * b[..., None, :]
            s = shape_op(product, out_type=dtypes.int32)
            return reshape.public(product, concat_([s[:-2], [s[-2] * s[-1]]], 0))

        return functools.reduce(pair, [p.diag_part() for p in self._operators])

    def _cond(self) -> Any:
        return math.prod(p.cond() for p in self._operators)

    def _inverse(self) -> LinearOperator:
        return LinearOperatorKronecker([p.inverse() for p in self._operators])

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorKronecker([p.adjoint() for p in self._operators])

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorKronecker([p.cholesky() for p in self._operators])


class _Blocks(_Several):
    """A matrix of blocks; its argument may be a list of blocks too."""

    def _rows(self) -> list[list[Any]]:
        """Return the operators by rows of blocks, None for a block of zeros."""
        raise NotImplementedError(f"{type(self).__name__} must define `_rows`.")

    def _diagonal(self) -> list[Any]:
        """Return the operators on the diagonal."""
        return [row[i] for i, row in enumerate(self._rows())]

    def _sizes(self, at: str) -> list[Any]:
        return [getattr(p, at) for p in self._diagonal()]

    def _shape(self) -> TensorShape:
        pair = [self._sizes("rows"), self._sizes("columns")]
        known = [None if None in sizes else sum(sizes) for sizes in pair]
        return self._batch().concatenate(known)

    def _shape_tensor(self) -> Any:
        every = [p for row in self._rows() for p in row if p is not None]
        batches = [p.batch_shape_tensor() for p in every]
        batch = functools.reduce(broadcast_dynamic_shape, batches)
        sizes = [sum(self._sizes(at)) for at in ("height", "width")]
        return concat_([batch, convert(sizes, dtypes.int32)], 0)

    def _to_dense(self) -> Any:
        heights, widths = self._sizes("height"), self._sizes("width")
        rows = []
        for height, row in zip(heights, self._rows(), strict=True):
            blocks = []
            for p, width in zip(row, widths, strict=True):
                whole = self.batch_and(height, width)
                if p is None:
                    blocks.append(zeros(whole, self.dtype))
                else:
                    blocks.append(broadcast_to.public(p.to_dense(), whole))
            rows.append(concat_(blocks, -1))
        return concat_(rows, -2)

    def matmul(
        self,
        x: Any,
        adjoint: bool = False,
        adjoint_arg: bool = False,
        name: str = "matmul",
    ) -> Any:
        """Return A x, or Aᴴ x; for a list of blocks, a list of blocks."""
        if not isinstance(x, list | tuple) or not _are_blocks(x, self._diagonal()):
            return super().matmul(x, adjoint, adjoint_arg)
        return self._by_blocks(super().matmul, x, adjoint, adjoint_arg, adjoint)

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """Return A x, or Aᴴ x, for vectors; for a list of blocks, a list of blocks."""
        if not isinstance(x, list | tuple) or not _are_blocks(x, self._diagonal()):
            return super().matvec(x, adjoint)
        found = self.matmul([convert(v)[..., None] for v in x], adjoint=adjoint)
        return [v[..., 0] for v in found]

    def solve(
        self,
        rhs: Any,
        adjoint: bool = False,
        adjoint_arg: bool = False,
        name: str = "solve",
    ) -> Any:
        """Return x for which A x, or Aᴴ x, is `rhs`; for a list of blocks, a list."""
        if not isinstance(rhs, list | tuple) or not _are_blocks(rhs, self._diagonal()):
            return super().solve(rhs, adjoint, adjoint_arg)
        return self._by_blocks(super().solve, rhs, adjoint, adjoint_arg, not adjoint)

    def _by_blocks(
        self, apply: Any, x: Any, adjoint: bool, adjoint_arg: bool, to_domain: bool
    ) -> Any:
        whole = concat_([convert(b) for b in x], -1 if adjoint_arg else -2)
        sizes = self._sizes("width" if to_domain else "height")
        return split_(apply(whole, adjoint, adjoint_arg), sizes, axis=-2)

    def _determinant(self) -> Any:
        return math.prod(p.determinant() for p in self._diagonal())

    def _log_abs_determinant(self) -> Any:
        return sum(p.log_abs_determinant() for p in self._diagonal())

    def _diag_part(self) -> Any:
        parts = [(p.diag_part(), p.height) for p in self._diagonal()]
        return concat_(
            [broadcast_to.public(v, self.batch_and(size)) for v, size in parts], -1
        )

    def _trace(self) -> Any:
        return sum(p.trace() for p in self._diagonal())


def _are_blocks(x: Any, parts: list[Any]) -> bool:
    """Return whether a list holds one tensor for each block, and is no matrix."""
    return len(x) == len(parts) and all(hasattr(v, "shape") for v in x)


@export("linalg.LinearOperatorBlockDiag")
class LinearOperatorBlockDiag(_Blocks):
    """A matrix with operators as blocks on the diagonal, and zeros elsewhere.

    Raises:
        ValueError: There are none.
        TypeError: Their dtypes differ.
    """

    _sign = "_ds_"

    def _rows(self) -> list[list[Any]]:
        count = len(self._operators)
        return [
            [p if i == j else None for j in range(count)]
            for i, p in enumerate(self._operators)
        ]

    def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return self._each("matmul", x, adjoint, adjoint_arg, not adjoint)

    def _solve(self, rhs: Any, adjoint: bool, adjoint_arg: bool) -> Any:
        return self._each("solve", rhs, adjoint, adjoint_arg, adjoint)

    def _each(
        self, method: str, x: Any, adjoint: bool, adjoint_arg: bool, from_domain: bool
    ) -> Any:
        sizes = self._sizes("width" if from_domain else "height")
        x = adjoint_(x) if adjoint_arg else x
        found = [
            getattr(p, method)(block, adjoint=adjoint)
            for p, block in zip(self._operators, split_(x, sizes, axis=-2), strict=True)
        ]
        lead = functools.reduce(broadcast_static_shape, [v.shape[:-2] for v in found])
        if lead.rank is not None and all(v.shape[:-2] == lead for v in found):
            return concat_(found, -2)
        shapes = [shape(v) for v in found]
        batch = functools.reduce(broadcast_dynamic_shape, [s[:-2] for s in shapes])
        wide = [
            broadcast_to.public(v, concat_([batch, s[-2:]], 0))
            for v, s in zip(found, shapes, strict=True)
        ]
        return concat_(wide, -2)

    def _eigvals(self) -> Any:
        return concat_([p.eigvals() for p in self._operators], -1)

    def _inverse(self) -> LinearOperator:
        return LinearOperatorBlockDiag([p.inverse() for p in self._operators])

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorBlockDiag([p.adjoint() for p in self._operators])

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorBlockDiag([p.cholesky() for p in self._operators])


@export("linalg.LinearOperatorBlockLowerTriangular")
class LinearOperatorBlockLowerTriangular(_Blocks):
    """A matrix with operators as blocks on and below the diagonal.

    Raises:
        ValueError: There are none, or a row has not one more than the row above it.
        TypeError: Their dtypes differ.
    """

    _commutes = False

    def _checked_parts(self, operators: Any) -> list[Any]:
        rows = [list(row) for row in super()._checked_parts(operators)]
        for i, row in enumerate(rows):
            if len(row) != i + 1:
                raise ValueError(
                    f"Argument `operators[{i}]` must contain `{i + 1}` blocks. "
                    f"Received: {len(row)} blocks."
                )
        return rows

    def _joined_name(self, parts: list[Any]) -> str:
        return type(self).__name__

    def _all_parts(self) -> list[Any]:
        # The diagonal first: hints and sizes are those of its blocks.
        return [row[-1] for row in self._operators]

    def _rows(self) -> list[list[Any]]:
        count = len(self._operators)
        return [[*row, *[None] * (count - len(row))] for row in self._operators]

    def _batch(self) -> TensorShape:
        shapes = [p.batch_shape for row in self._operators for p in row]
        return functools.reduce(broadcast_static_shape, shapes)

    def _eigvals(self) -> Any:
        return concat_([row[-1].eigvals() for row in self._operators], -1)
