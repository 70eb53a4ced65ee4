"""What families of ops share: their shape rule, public form, samples and checks.

The elementwise families stand here; what they and others are made of is imported from
beside, so that an ops file finds all of it under one name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core.call import PLAIN_TYPES, record
from tensor.core.composites import CompositeArgument, hand_over
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.dtypes import bool_ as tf_bool
from tensor.core.elementwise import LARGE, compute
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample
from tensor.core.shapes import broadcast
from tensor.core.tensor import EagerTensor, wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.broadcasting import (
    bracketed as bracketed,
    shape_of as shape_of,
    sum_to as sum_to,
)
from tensor.ops.dtype_kinds import (
    ANY as ANY,
    FLOATING as FLOATING,
    INEXACT as INEXACT,
    NUMERIC as NUMERIC,
    REAL as REAL,
    characters,
    check_kind as check_kind,
    dtype_kind as dtype_kind,
)
from tensor.ops.operands import incompatible as incompatible, operands as operands
from tensor.ops.reduction import (
    Reduction as Reduction,
    expand_reduced as expand_reduced,
    known_integers as known_integers,
    known_or_symbolic as known_or_symbolic,
    normalize_axes as normalize_axes,
    reduced_shape as reduced_shape,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def draw(
    rng: np.random.Generator,
    domain: tuple[float, float],
    shape: tuple[int, ...],
    allows: str,
) -> Any:
    """Return a sample array of a dtype that the op takes: float64 if it can be."""
    if "f" in allows:
        return np.asarray(rng.uniform(*domain, size=shape))
    if "i" in allows:
        return np.asarray(rng.integers(1, 9, size=shape), np.int32)
    return np.asarray(rng.integers(0, 2, size=shape), np.bool_)


class UnaryElementwise(Op):
    """One array in, one of the same shape out, each element by itself.

    Attributes:
        ufunc: The NumPy function; without it a subclass defines `kernel(x, out=None)`.
        operator: A faster form of `ufunc` without `out`, such as `operator.neg`: on
            NumPy scalars an operator takes a tenth of a ufunc's time.
        allows: The kinds of dtypes that are taken.
        domain: The interval that samples are drawn from.
    """

    kind = "elementwise"
    accepts_out = True
    ufunc: Callable[..., Any]
    operator: Callable[..., Any] | None = None
    allows = INEXACT
    domain: tuple[float, float] = (-2.0, 2.0)

    def __init__(self) -> None:
        super().__init__()
        self._compute = type(self).operator or self.kernel

    def __call__(self, x: Any, name: str | None = None, **attrs: Any) -> Any:
        """Apply the op; `Op.__call__` spelt out for one input, a hot path."""
        if type(x) is not EagerTensor or context.graph is not None:
            return super().__call__(x, name=name, **attrs)
        try:
            a = x._array
            if (
                type(a) is np.ndarray
                and a.size >= LARGE
                and self.accepts_out
                and not attrs
            ):
                out = wrap(context.run(compute, self.kernel, a))
            else:
                out = wrap(context.run(self._compute, a, **attrs))
        except Exception as error:
            out = wrap(self.recover(error, [x._array], attrs))
        if context.tapes and self.is_differentiable:
            record(self, (x,), (x._array,), out, attrs)
        return out

    def kernel(self, x: Any, out: Any = None) -> Any:
        return self.ufunc(x) if out is None else self.ufunc(x, out=out)

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def public(self, x: Any, name: str | None = None) -> Any:
        x = convert(x)
        check_kind(self, x, self.allows)
        return self(x, name=name)

    def public_form(self) -> Callable[..., Any]:
        op, allowed = self, characters(self.allows)

        def function(x: Any, name: str | None = None) -> Any:
            if type(x) is EagerTensor and x._array.dtype.char in allowed:
                return op(x, name=name)
            try:
                return op.public(x, name=name)
            except CompositeArgument as error:
                return hand_over(error, function, (x,), {})

        plain = type(op).public is UnaryElementwise.public
        return function if plain else super().public_form()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape in ((2, 3), (), (0, 2)):
            yield Sample(draw(rng, self.domain, shape, self.allows))


class UnaryPredicate(UnaryElementwise):
    """One array in, booleans out."""

    accepts_out = False
    gradient = NON_DIFFERENTIABLE

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of(x.dims, tf_bool)


class BinaryElementwise(Op):
    """Two arrays that broadcast, each pair of elements by itself.

    Attributes:
        ufunc: The NumPy function.
        operator: A faster form of `ufunc` without `out`, such as `operator.mul`: on
            NumPy scalars an operator takes a tenth of a ufunc's time.
        allows: The kinds of dtypes that are taken.
        domain, domain_y: The intervals that samples are drawn from.
        parameters: TensorFlow's names of the two, for error messages.
    """

    kind = "elementwise"
    accepts_out = True
    parameters = ("x", "y")
    ufunc: Callable[..., Any]
    operator: Callable[..., Any] | None = None
    allows = NUMERIC
    domain: tuple[float, float] = (-2.0, 2.0)
    domain_y: tuple[float, float] | None = None

    def __init__(self) -> None:
        super().__init__()
        self._compute = type(self).operator or self.kernel

    def __call__(self, x: Any, y: Any, name: str | None = None, **attrs: Any) -> Any:
        """Apply the op; `Op.__call__` spelt out for two inputs, the hottest path."""
        if type(x) is EagerTensor:
            a = x._array
            if type(y) is EagerTensor:
                b = y._array
            elif type(y) in PLAIN_TYPES:
                b = y
            else:
                return self.dispatch((x, y), attrs, name)
        elif type(y) is EagerTensor and type(x) in PLAIN_TYPES:
            a, b = x, y._array
        else:
            return super().__call__(x, y, name=name, **attrs)
        if context.graph is not None:
            return context.graph.call_op(self, (x, y), attrs, name)
        try:
            if (
                (type(a) is np.ndarray and a.size >= LARGE)
                or (type(b) is np.ndarray and b.size >= LARGE)
            ) and (self.accepts_out and not attrs):
                out = wrap(context.run(compute, self.kernel, a, b))
            else:
                out = wrap(context.run(self._compute, a, b, **attrs))
        except Exception as error:
            out = wrap(self.recover(error, [a, b], attrs))
        if context.tapes and self.is_differentiable:
            record(self, (x, y), (a, b), out, attrs)
        return out

    def kernel(self, x: Any, y: Any, out: Any = None) -> Any:
        return self.ufunc(x, y) if out is None else self.ufunc(x, y, out=out)

    def infer(self, x: TensorSpec, y: TensorSpec) -> TensorSpec:
        return TensorSpec.of(broadcast(x.dims, y.dims), x.dtype)

    def recover(self, error: Exception, arrays: list[Any], attrs: Any) -> Any:
        if isinstance(error, ValueError) and "broadcast" in str(error):
            raise incompatible(self, *arrays) from error
        return super().recover(error, arrays, attrs)

    def public(self, x: Any, y: Any, name: str | None = None) -> Any:
        x, y = operands(self, x, y)
        return self(x, y, name=name)

    def public_form(self) -> Callable[..., Any]:
        op, allowed = self, characters(self.allows)

        def function(x: Any, y: Any, name: str | None = None) -> Any:
            if type(x) is EagerTensor and type(y) is EagerTensor:
                dtype = x._array.dtype
                if y._array.dtype is dtype and dtype.char in allowed:
                    return op(x, y, name=name)
            try:
                return op.public(x, y, name=name)
            except CompositeArgument as error:
                return hand_over(error, function, (x, y), {})

        plain = type(op).public is BinaryElementwise.public
        return function if plain else super().public_form()

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for shape_x, shape_y in (
            ((2, 3), (2, 3)),
            ((2, 1, 3), (4, 1)),
            ((3,), ()),
            ((), (2,)),
            ((0, 3), (1, 3)),
        ):
            yield Sample(
                draw(rng, self.domain, shape_x, self.allows),
                draw(rng, self.domain_y or self.domain, shape_y, self.allows),
            )


class BinaryPredicate(BinaryElementwise):
    """Two arrays that broadcast, booleans out."""

    accepts_out = False
    gradient = NON_DIFFERENTIABLE

    def infer(self, x: TensorSpec, y: TensorSpec) -> TensorSpec:
        return TensorSpec.of(broadcast(x.dims, y.dims), tf_bool)
