"""Overlapping frames of a signal, and their sum: each the adjoint of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, shape, shape_for, static_value
from tensor.ops.families import shape_of
from tensor.ops.layout import transpose
from tensor.ops.math import maximum
from tensor.ops.padding import pad_
from tensor.ops.reduction import known_integers

if TYPE_CHECKING:
    from collections.abc import Iterator


def frame_count(size: int, length: int, step: int) -> int:
    """Return how many whole frames fit into a signal."""
    return max(0, 1 + (size - length) // step)


class Frame(Op):
    """Frames of `length` elements of the last axis, one every `step` elements."""

    keeps_inputs = False

    def kernel(self, x: Any, length: int, step: int) -> Any:
        count = frame_count(x.shape[-1], length, step)
        at = step * np.arange(count)[:, None] + np.arange(length)
        return x[..., at]

    def infer(self, x: TensorSpec, length: int, step: int) -> TensorSpec:
        if x.dims is None:
            return TensorSpec.of(None, x.dtype)
        size = x.dims[-1]
        count = None if size is None else frame_count(size, length, step)
        return TensorSpec.of((*x.dims[:-1], count, length), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return overlap(dz, shape=shape_for(x), step=call.attrs["step"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 9))
        for length, step in ((3, 2), (2, 3), (10, 1), (4, 4)):
            yield Sample(x, length=length, step=step)


class Overlap(Op):
    """Signals of a shape, made by adding up frames, one every `step` elements."""

    keeps_inputs = False

    def kernel(self, frames: Any, shape: Any, step: int) -> Any:
        result = np.zeros(tuple(shape), frames.dtype)
        for i in range(frames.shape[-2]):
            start = i * step
            result[..., start : start + frames.shape[-1]] += frames[..., i, :]
        return result

    def infer(self, frames: TensorSpec, shape: Any, step: int) -> TensorSpec:
        return TensorSpec.of(static_value(shape), frames.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        length = (shape_of(call.inputs[0]) or (None,))[-1]
        if length is None:
            raise NotImplementedError("The gradient of overlaps needs a known length.")
        return frame_op(dz, length=length, step=call.attrs["step"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        frames = rng.normal(size=(2, 4, 3))
        yield Sample(frames, shape=(2, 9), step=2)
        yield Sample(frames, shape=(2, 15), step=4)


frame_op = register(Frame)
overlap = register(Overlap)


@export("signal.frame")
def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: int = -1,
    name: str | None = None,
) -> Any:
    """Cut an axis into frames, which may overlap.

    Args:
        signal: A tensor of at least one dimension.
        frame_length: The number of elements in a frame.
        frame_step: The distance between the beginnings of frames.
        pad_end: Whether to fill up the end, so that every element begins a frame once
            in `frame_step`.
        pad_value: What to fill up with.
        axis: The axis to cut.
        name: A name for the node, in a graph.

    Raises:
        ValueError: `signal` is a scalar.
    """
    x = convert(signal)
    rank = x.ndim
    if rank is None or rank < 1:
        raise ValueError(f"Shape {x.shape} must have rank at least 1")
    at, length, step = int(axis) % rank, *_sizes(frame_length, frame_step)
    size = (shape_of(x) or ())[at]
    if pad_end:
        known = size is not None
        size = size if known else shape(x)[at]
        missing = length + step * (-(-size // step) - 1) - size
        missing = max(0, missing) if known else maximum.public(missing, 0)
        paddings: Any = [[0, missing if i == at else 0] for i in range(rank)]
        if not known:
            paddings = convert(paddings, dtypes.int32)
        x = pad_(x, paddings, constant_values=pad_value)
    if at != rank - 1:
        order = [i for i in range(rank) if i != at] + [at]
        x = transpose(x, perm=tuple(order))
    frames = frame_op(x, length=length, step=step, name=name)
    if at == rank - 1:
        return frames
    inner = [*range(at), rank - 1, rank, *range(at, rank - 1)]
    return transpose(frames, perm=tuple(inner))


def _sizes(*values: Any) -> list[int]:
    """Return lengths and steps, which must be known when traced."""
    return [int(known_integers(v)) for v in values]


@export("signal.overlap_and_add")
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Any:
    """Add up the frames in the last two axes, one every `frame_step` elements.

    Raises:
        ValueError: `signal` has fewer than two dimensions, or `frame_step` is no
            integer.
    """
    frames = convert(signal)
    step = convert(frame_step)
    if not step.dtype.is_integer:
        raise ValueError(f"frame_step must be an integer. Got {step.dtype}")
    step = int(known_integers(frame_step))
    dims = shape_of(frames)
    if dims is None or len(dims) < 2:
        raise ValueError(f"Shape {frames.shape} must have rank at least 2")
    if None in dims:
        sizes = shape(frames)
        count, length = sizes[-2], sizes[-1]
        size = length + step * maximum.public(count - 1, 0)
        end = get_op("ExpandDims")(size, axis=0)
        whole = as_static_shape(get_op("ConcatV2")(sizes[:-2], end, axis=0))
        return overlap(frames, shape=whole, step=step, name=name)
    count, length = dims[-2:]
    size = length + step * max(0, (count or 0) - 1)  # type: ignore[operator]
    return overlap(frames, shape=(*dims[:-2], size), step=step, name=name)
