"""Logic on booleans and on the bits of integers, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.convert import convert
from tensor.core.dtypes import bool_
from tensor.core.registry import NON_DIFFERENTIABLE, Sample, register
from tensor.ops.dtype_kinds import expect_bool
from tensor.ops.families import (
    BinaryElementwise,
    BinaryPredicate,
    UnaryElementwise,
    UnaryPredicate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Logical(BinaryPredicate):
    """A statement about two booleans."""

    allows = "b"

    def public(self, x: Any, y: Any, name: str | None = None) -> Any:
        x, y = (v if hasattr(v, "dtype") else convert(v, bool_) for v in (x, y))
        for position, v in enumerate((x, y)):
            expect_bool(self, v, position)
        return super().public(x, y, name=name)


class LogicalAnd(_Logical):
    """Whether both x and y are true."""

    names = ("logical_and", "math.logical_and")
    ufunc = np.logical_and


class LogicalOr(_Logical):
    """Whether x or y is true."""

    names = ("logical_or", "math.logical_or")
    ufunc = np.logical_or


class LogicalXor(_Logical):
    """Whether exactly one of x and y is true."""

    names = ("math.logical_xor",)
    ufunc = np.logical_xor


class LogicalNot(UnaryPredicate):
    """Whether x is false."""

    names = ("logical_not", "math.logical_not")
    ufunc = np.logical_not
    allows = "b"

    def public(self, x: Any, name: str | None = None) -> Any:
        x = convert(x) if hasattr(x, "dtype") else convert(x, bool_)
        expect_bool(self, x)
        return self(x, name=name)


class _Bitwise(BinaryElementwise):
    """Works on the bits of two integers."""

    allows = "iu"
    gradient = NON_DIFFERENTIABLE


class BitwiseAnd(_Bitwise):
    """Bitwise x & y."""

    names = ("bitwise.bitwise_and",)
    ufunc = np.bitwise_and


class BitwiseOr(_Bitwise):
    """Bitwise x | y."""

    names = ("bitwise.bitwise_or",)
    ufunc = np.bitwise_or


class BitwiseXor(_Bitwise):
    """Bitwise x ^ y."""

    names = ("bitwise.bitwise_xor",)
    ufunc = np.bitwise_xor


class _Shift(_Bitwise):
    """Moves bits; a negative or too large count counts as the nearest that is valid."""

    accepts_out = False

    def kernel(self, x: Any, y: Any) -> Any:
        count = y if hasattr(y, "dtype") else x.dtype.type(y)
        return self.ufunc(x, np.clip(count, 0, count.dtype.itemsize * 8 - 1))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.integers(-9, 9, size=(2, 3), dtype=np.int32)
        yield Sample(x, np.array([-1, 2, 40], np.int32))


class LeftShift(_Shift):
    """The bits of x moved y places up."""

    names = ("bitwise.left_shift",)
    ufunc = np.left_shift


class RightShift(_Shift):
    """The bits of x moved y places down; signed integers keep their sign."""

    names = ("bitwise.right_shift",)
    ufunc = np.right_shift


class Invert(UnaryElementwise):
    """Every bit of x flipped."""

    names = ("bitwise.invert",)
    ufunc = np.invert
    allows = "iu"
    gradient = NON_DIFFERENTIABLE


logical_and = register(LogicalAnd)
logical_or = register(LogicalOr)
logical_xor = register(LogicalXor)
logical_not = register(LogicalNot)
bitwise_and = register(BitwiseAnd)
bitwise_or = register(BitwiseOr)
bitwise_xor = register(BitwiseXor)
left_shift = register(LeftShift)
right_shift = register(RightShift)
bitwise_invert = register(Invert)


def invert(x: Any) -> Any:
    """Return `~x`: logical for booleans, bitwise for integers."""
    return (logical_not if x.dtype.is_bool else bitwise_invert).public(x)
