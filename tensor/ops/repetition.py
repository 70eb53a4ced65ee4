"""Copies along axes: tile and repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, reshape, shape_for, static_value

if TYPE_CHECKING:
    from collections.abc import Iterator


class Tile(Op):
    """x repeated as a whole, so many times along each axis."""

    keeps_inputs = False

    def kernel(self, x: Any, multiples: Any) -> Any:
        return np.tile(x, tuple(int(m) for m in multiples))

    def infer(self, x: TensorSpec, multiples: Any) -> TensorSpec:
        if x.dims is None:
            known = static_value(multiples)
            return TensorSpec.of(known and (None,) * len(known), x.dtype)
        times: Any = _static_vector(multiples, len(x.dims))
        dims = tuple(
            None if d is None or m is None else d * int(m)
            for d, m in zip(x.dims, times, strict=True)
        )
        return TensorSpec.of(dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return tile_grad(dz, shape=shape_for(call.inputs[0]), **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), multiples=(2, 3))
        yield Sample(rng.normal(size=(2,)), multiples=(0,))
        yield Sample(rng.normal(size=()), multiples=())


class TileGrad(Op):
    """The sum of the copies that a tile of these multiples makes."""

    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, multiples: Any) -> Any:
        dz = np.asarray(dz)
        pairs: list[int] = []
        for m, size in zip(multiples, shape, strict=True):
            pairs += [int(m), int(size)]
        copies = tuple(range(0, len(pairs), 2))
        return dz.reshape(pairs).sum(axis=copies, dtype=dz.dtype)[()]

    def infer(self, dz: TensorSpec, shape: Any, multiples: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return tile(dz, multiples=call.attrs["multiples"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(4, 3)), shape=(2, 1), multiples=(2, 3))


def _static_vector(values: Any, length: int) -> Any:
    """Return a vector parameter as a sequence with None for what is not known."""
    if isinstance(values, Tensor):
        known = getattr(values, "static_vector", lambda: None)()
        return (None,) * length if known is None else known
    return values


class Repeat(Op):
    """x with each slice along an axis repeated: all alike, or each its own number."""

    keeps_inputs = False

    def kernel(self, x: Any, repeats: Any, axis: int) -> Any:
        return np.repeat(x, np.asarray(repeats), axis=axis)

    def infer(self, x: TensorSpec, repeats: Any, axis: int) -> TensorSpec:
        if x.dims is None:
            return TensorSpec.of(None, x.dtype)
        size = x.dims[axis]
        if isinstance(repeats, Tensor) or size is None:
            size = None
        else:
            counts = np.asarray(repeats)
            size = int(counts) * size if counts.ndim == 0 else int(counts.sum())
        at = axis % len(x.dims)
        return TensorSpec.of((*x.dims[:at], size, *x.dims[at + 1 :]), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return repeat_grad(dz, shape=shape_for(call.inputs[0]), **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3))
        yield Sample(x, repeats=2, axis=1)
        yield Sample(x, repeats=np.array([2, 0, 1]), axis=-1)
        yield Sample(x, repeats=np.array([0, 3]), axis=0)


class RepeatGrad(Op):
    """The sum of the copies that a repeat made of each slice."""

    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, repeats: Any, axis: int) -> Any:
        dz = np.asarray(dz)
        size = int(tuple(shape)[axis])
        owner = np.repeat(np.arange(size), np.asarray(repeats))
        result = np.zeros(tuple(shape), dz.dtype)
        np.add.at(np.moveaxis(result, axis, 0), owner, np.moveaxis(dz, axis, 0))
        return result

    def infer(self, dz: TensorSpec, shape: Any, repeats: Any, axis: int) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        return repeat(dz, **attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 6)), shape=(2, 3), repeats=2, axis=1)


tile = register(Tile)
tile_grad = register(TileGrad)
repeat = register(Repeat)
repeat_grad = register(RepeatGrad)


@export("tile")
@takes_composites
def tile_(input: Any, multiples: Any, name: str | None = None) -> Any:
    """Return `input` repeated as a whole, `multiples[i]` times along axis i.

    Raises:
        InvalidArgumentError: `multiples` has another length than `input` has axes, or
            a negative entry.
    """
    x = convert(input)
    times = as_static_shape(multiples)
    if isinstance(times, tuple) and np.ndim(multiples) != 1:
        raise errors.invalid(
            "Tile",
            f"Expected multiples to be 1-D, but got shape {[*np.shape(multiples)]}",
        )
    if isinstance(times, tuple):
        if x.ndim is not None and len(times) != x.ndim:
            raise errors.invalid(
                "Tile",
                f"Expected multiples argument to be a vector of length {x.ndim} but "
                f"got length {len(times)}. Shape must be rank {x.ndim} but is rank "
                f"{len(times)}",
            )
        for i, m in enumerate(times):
            if m < 0:
                raise errors.invalid(
                    "Tile", f"Expected multiples[{i}] >= 0, but got {m}"
                )
    return tile(x, multiples=times, name=name)


@export("repeat")
@takes_composites
def repeat_(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> Any:
    """Return `input` with each slice along `axis` repeated.

    Args:
        input: A tensor; flattened first if `axis` is None.
        repeats: How often: one number, or one for each slice.
        axis: The axis.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A number is negative.
        ValueError: There is not one per slice, or `axis` is out of range.
    """
    x = convert(input)
    if axis is None:
        x, axis = reshape(x, shape=(-1,)), 0
    elif x.ndim == 0:
        x = reshape(x, shape=(1,))
    axis = int(axis)
    if x.ndim is not None and not -x.ndim <= axis < x.ndim:
        raise ValueError(
            f"axis={axis} out of bounds: expected {-x.ndim}<=axis<{x.ndim}."
        )
    if type(repeats) is EagerTensor or not isinstance(repeats, Tensor):
        repeats = _counts(repeats, x.static_shape, axis)
    return repeat(x, repeats=repeats, axis=axis, name=name)


def _counts(repeats: Any, dims: Any, axis: int) -> Any:
    """Return the numbers of repetitions as an int or a vector that fits the axis."""
    counts = np.asarray(convert(repeats))
    if counts.dtype.kind not in "iu":
        raise TypeError(f"`repeats` must be integers, got {repeats!r}.")
    if (counts < 0).any():
        raise errors.invalid(
            "Repeat", f"Expected multiples[1] >= 0, but got {counts.min()}"
        )
    if counts.size == 1:
        return int(counts.reshape(()))
    size = None if dims is None else dims[axis]
    if counts.ndim > 1 or (size is not None and counts.size != size):
        raise ValueError(
            f"Dimensions {size} and {counts.size} are not compatible: `repeats` must "
            "be a scalar or have one entry per slice."
        )
    return counts
