"""The family of reductions: axes, shapes, and what a reduction is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.convert import convert
from tensor.core.registry import Op, Sample, get_op
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.broadcasting import shape_of
from tensor.ops.dtype_kinds import NUMERIC, check_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.shapes import Dims


def together(value: Any) -> Any:
    """Return an integer argument; a sequence with symbolic numbers as one tensor."""
    if isinstance(value, list | tuple) and any(is_symbolic(v) for v in value):
        return convert(value)
    return value


def is_unknown(value: Any) -> bool:
    """Return whether an argument such as an axis has no value while traced."""
    return is_symbolic(value) and not _is_known(value.static_vector())


def _is_known(value: Any) -> bool:
    return value is not None and not (type(value) is tuple and None in value)


def known_or_symbolic(value: Any) -> Any:
    """Return an integer argument; of a symbolic one its value, where it is known."""
    if not is_symbolic(value) or is_unknown(value):
        return value
    return value.static_vector()


def known_integers(value: Any) -> Any:
    """Return an integer argument that must be known when traced.

    Raises:
        NotImplementedError: It is a symbolic tensor whose value is not known.
    """
    if is_unknown(value):
        raise NotImplementedError(
            f"{value!r} must be known while a function is traced: give a Python "
            "integer, or one that follows from static shapes."
        )
    return known_or_symbolic(value)


def normalize_axes(axis: Any, rank: int | None, op: Op) -> tuple[int, ...] | None:
    """Return reduction axes counted from the front; None stays None (all of them).

    Raises:
        InvalidArgumentError: An axis is out of range or named twice.
    """
    if axis is None:
        return None
    given = np.asarray(known_integers(axis))
    if given.dtype.kind not in "iu" and given.size:
        raise TypeError(
            f"{op.type_name}: axis {axis!r} must be integers. Cannot convert {axis!r} "
            "to EagerTensor of dtype int32"
        )
    axes = tuple(int(a) for a in given.reshape(-1))
    if rank is None:
        return axes
    result = []
    for a in axes:
        if not -rank <= a < rank:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Invalid reduction dimension ({a} for input with {rank} "
                f"dimension(s)). Expected {-rank} <= axis < {rank}. "
                f"[Op:{op.type_name}]",
            )
        a = a + rank if a < 0 else a
        if a in result:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Invalid reduction arguments: Axes contains duplicate dimension: {a} "
                f"[Op:{op.type_name}]",
            )
        result.append(a)
    return tuple(result)


class Reduction(Op):
    """Combines elements along axes: `axis` (None = all) and `keepdims`."""

    kind = "reduction"
    allows = NUMERIC

    def infer(
        self, x: TensorSpec, axis: tuple[int, ...] | None, keepdims: bool
    ) -> TensorSpec:
        return TensorSpec.of(reduced_shape(x.dims, axis, keepdims), x.dtype)

    def public(
        self,
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool = False,
        name: str | None = None,
    ) -> Any:
        x = convert(input_tensor)
        check_kind(self, x, self.allows)
        axis = together(axis)
        if is_unknown(axis):
            return self.public_unknown(x, axis, bool(keepdims), name)
        rank = None if x.static_shape is None else len(x.static_shape)
        axes = normalize_axes(axis, rank, self)
        return self(x, axis=axes, keepdims=bool(keepdims), name=name)

    def public_unknown(self, x: Any, axis: Any, keepdims: bool, name: Any) -> Any:
        from tensor.ops.unknown_axes import reduce_unknown

        return reduce_unknown(self, x, axis, keepdims, name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        for axis in (None, (0,), (1, 2), (-1,), ()):
            for keepdims in (False, True):
                yield Sample(x, axis=axis, keepdims=keepdims)


def reduced_shape(
    dims: Dims | None, axis: tuple[int, ...] | None, keepdims: bool
) -> Dims | None:
    """Return the static shape after reducing `axis`."""
    if dims is None:
        return () if axis is None and not keepdims else None
    rank = len(dims)
    axes = (
        set(range(rank))
        if axis is None
        else {a % rank for a in axis}
        if rank
        else set()
    )
    if keepdims:
        return tuple(1 if i in axes else d for i, d in enumerate(dims))
    return tuple(d for i, d in enumerate(dims) if i not in axes)


def expand_reduced(
    value: Any, x: Any, axis: tuple[int, ...] | None, keepdims: bool
) -> Any:
    """Return the result of a reduction with its axes back as 1, to broadcast over x."""
    if keepdims or axis == ():
        return value
    shape = reduced_shape(shape_of(x), axis, True)
    if shape is not None and None not in shape:
        return get_op("Reshape")(value, shape=shape)
    return get_op("ReshapeLikeReduced")(value, x, axis=axis)
