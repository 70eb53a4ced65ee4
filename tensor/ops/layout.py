"""The axes of a tensor: transpose, expand_dims, squeeze."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert, to_array
from tensor.core.dtypes import from_numpy, short_name
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import reshape, shape_for

if TYPE_CHECKING:
    from collections.abc import Iterator


class Transpose(Op):
    """x with its axes in another order; `perm` None reverses them."""

    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, perm: Any) -> Any:
        return np.transpose(x, perm)

    def infer(self, x: TensorSpec, perm: Any) -> TensorSpec:
        if is_symbolic(perm):
            length = perm.static_shape[0] if perm.static_shape else None
            rank = length if x.dims is None else len(x.dims)
            return TensorSpec.of(None if rank is None else (None,) * rank, x.dtype)
        if x.dims is None:
            return TensorSpec.of(None if perm is None else (None,) * len(perm), x.dtype)
        order = range(len(x.dims))[::-1] if perm is None else perm
        return TensorSpec.of(tuple(x.dims[a] for a in order), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        perm = call.attrs["perm"]
        if is_symbolic(perm):
            perm = get_op("InvertPermutation")(perm)
        elif perm is not None:
            inverse = [0] * len(perm)
            for to, axis in enumerate(perm):
                inverse[axis] = to
            perm = tuple(inverse)
        return transpose(dz, perm=perm)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        for perm in (None, (2, 0, 1), (0, 2, 1), (0, 1, 2)):
            yield Sample(x, perm=perm)
        yield Sample(rng.normal(size=()), perm=())


class ExpandDims(Op):
    """x with an axis of size 1 added."""

    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, axis: Any) -> Any:
        return np.expand_dims(x, int(axis))

    def infer(self, x: TensorSpec, axis: Any) -> TensorSpec:
        if x.dims is None or is_symbolic(axis):
            return TensorSpec.of(None, x.dtype)
        at = axis if axis >= 0 else axis + len(x.dims) + 1
        return TensorSpec.of((*x.dims[:at], 1, *x.dims[at:]), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        if is_symbolic(call.attrs["axis"]):
            return reshape(dz, shape=shape_for(call.inputs[0]))
        return squeeze(dz, axis=(call.attrs["axis"],))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for axis in (0, 1, -1):
            yield Sample(rng.normal(size=(2, 3)), axis=axis)
        yield Sample(rng.normal(size=()), axis=0)


class Squeeze(Op):
    """x without axes of size 1: those named, or all of them if `axis` is empty."""

    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, axis: tuple[int, ...]) -> Any:
        self.check(np.shape(x), axis)
        return np.squeeze(x, axis or None)

    def check(self, shape: Any, axis: tuple[int, ...]) -> None:
        """Check that the axes have size 1, or one that is not known."""
        for a in axis:
            if shape[a] not in (None, 1):
                raise errors.invalid(
                    "Squeeze",
                    f"Can not squeeze dim[{a % len(shape)}], expected a dimension of "
                    f"1, got {shape[a]}",
                )

    def infer(self, x: TensorSpec, axis: tuple[int, ...]) -> TensorSpec:
        if x.dims is None or (not axis and None in x.dims):
            return TensorSpec.of(None, x.dtype)
        self.check(x.dims, axis)
        rank = len(x.dims)
        gone = {a % rank for a in axis}
        if not axis:
            gone = {i for i, d in enumerate(x.dims) if d == 1}
        kept = tuple(d for i, d in enumerate(x.dims) if i not in gone)
        return TensorSpec.of(kept, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return reshape(dz, shape=shape_for(call.inputs[0]))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(1, 3, 1))
        for axis in ((), (0,), (-1,), (0, 2)):
            yield Sample(x, axis=axis)


transpose = register(Transpose)
expand_dims = register(ExpandDims)
squeeze = register(Squeeze)


@export("transpose")
@takes_composites
def transpose_(
    a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose"
) -> Any:
    """Return `a` with its axes in the order `perm`, by default reversed.

    Args:
        a: The tensor.
        perm: For each axis of the result, the axis of `a` that it is.
        conjugate: Whether to conjugate complex elements too.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: `perm` is no permutation of the axes.
    """
    x = convert(a)
    if conjugate and x.dtype.is_complex:
        x = get_op("Conj")(x)
    if perm is None or is_symbolic(perm):
        return transpose(x, perm=perm, name=name)
    if isinstance(perm, list | tuple) and any(map(is_symbolic, perm)):
        return transpose(x, perm=convert(perm), name=name)
    numbers = np.asarray(to_array(perm))
    if numbers.ndim != 1:
        raise errors.invalid(
            "Transpose", f"perm must be rank 1, got shape {to_brackets(numbers.shape)}"
        )
    if numbers.dtype.kind not in "iu":
        name_of = short_name(from_numpy(numbers.dtype))
        raise errors.invalid(
            "Transpose",
            f"Value for attr 'Tperm' of {name_of} is not in the list of allowed "
            "values: int32, int64",
        )
    order = tuple(int(p) for p in numbers)
    rank = x.ndim
    if rank is not None:
        order = _permutation(order, rank)
    return transpose(x, perm=order, name=name)


def _permutation(perm: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return a permutation with its axes counted from the front.

    Raises:
        InvalidArgumentError: It is none of `rank` axes.
    """
    if len(perm) != rank:
        raise errors.invalid(
            "Transpose",
            f"transpose expects a vector of size {rank}. But input(1) is a vector of "
            f"size {len(perm)}. Dimension must be {rank} but is {len(perm)}",
        )
    for p in perm:
        if not -rank <= p < rank:
            p = p if p >= 0 else p + rank
            raise errors.invalid("Transpose", f"{p} is out of range [0 .. {rank})")
    order = tuple(p % rank for p in perm)
    for axis in range(rank):
        if axis not in order:
            text = ",".join(map(str, perm))
            raise errors.invalid("Transpose", f"{axis} is missing from {{{text}}}.")
    return order


@export("expand_dims")
@takes_composites
def expand_dims_(input: Any, axis: Any, name: str | None = None) -> Any:
    """Return `input` with an axis of size 1 added at `axis`.

    Raises:
        InvalidArgumentError: `axis` is out of range.
    """
    x = convert(input)
    if is_symbolic(axis):
        return expand_dims(x, axis=axis, name=name)
    at = np.asarray(axis)
    if at.size != 1:
        raise errors.invalid(
            "ExpandDims",
            f"'dim' must be a tensor with a single value, got {at.tolist()}",
        )
    axis = int(at.reshape(()))
    rank = x.ndim
    if rank is not None and not -rank - 1 <= axis <= rank:
        raise errors.invalid(
            "ExpandDims",
            f"Tried to expand dim index {axis} for tensor with {rank} dimensions. "
            f"dim {axis} not in the interval [{-rank - 1}, {rank}].",
        )
    return expand_dims(x, axis=axis, name=name)


@export("squeeze")
@takes_composites
def squeeze_(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Return `input` without axes of size 1: those in `axis`, by default all.

    Raises:
        InvalidArgumentError: An axis is out of range or has another size.
    """
    x = convert(input)
    axes = () if axis is None else tuple(int(a) for a in np.asarray(axis).reshape(-1))
    rank = x.ndim
    if rank is not None:
        for a in axes:
            if not -rank <= a < rank:
                raise errors.invalid(
                    "Squeeze",
                    f"Tried to squeeze dim index {a} for tensor with {rank} "
                    "dimensions.",
                )
        axes = tuple(sorted({a % rank for a in axes}))
    return squeeze(x, axis=axes, name=name)
