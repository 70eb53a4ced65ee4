"""Overlapping frames of a signal, and their sum: each the adjoint of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, shape_for, shape_op, static_value
from tensor.ops.families import shape_of
from tensor.ops.layout import transpose
from tensor.ops.math import maximum
from tensor.ops.signal.lengths import is_number, length_of, size_along

if TYPE_CHECKING:
    from collections.abc import Iterator


class Frame(Op):
    """Frames of `length` elements of the last axis, one every `step` elements.

    What a frame has beyond the end of the signal is `fill`.
    """

    keeps_inputs = False

    def kernel(self, x: Any, count: Any, length: Any, step: Any, fill: Any) -> Any:
        count, length, step = int(count), int(length), int(step)
        at = step * np.arange(count)[:, None] + np.arange(length)
        missing = max(0, int(at.max(initial=-1)) + 1 - x.shape[-1])
        if missing:
            widths = [(0, 0)] * (x.ndim - 1) + [(0, missing)]
            x = np.pad(x, widths, constant_values=fill)
        return x[..., at]

    def infer(self, x: TensorSpec, count: Any, length: Any, **_: Any) -> TensorSpec:
        if x.dims is None:
            return TensorSpec.of(None, x.dtype)
        sizes = (n if is_number(n) else None for n in (count, length))
        return TensorSpec.of((*x.dims[:-1], *sizes), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        return overlap(dz, shape=shape_for(x), step=call.attrs["step"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 9))
        for count, length, step in ((4, 3, 2), (3, 2, 3), (0, 10, 1), (3, 4, 4)):
            yield Sample(x, count=count, length=length, step=step, fill=0.0)


class Overlap(Op):
    """Signals of a shape, made by adding up frames, one every `step` elements.

    What a frame has beyond the end of the signal is dropped.
    """

    keeps_inputs = False

    def kernel(self, frames: Any, shape: Any, step: Any) -> Any:
        result = np.zeros(tuple(int(n) for n in shape), frames.dtype)
        size, length = result.shape[-1], frames.shape[-1]
        for i in range(frames.shape[-2]):
            start = i * int(step)
            part = max(0, min(length, size - start))
            result[..., start : start + part] += frames[..., i, :part]
        return result

    def infer(self, frames: TensorSpec, shape: Any, step: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape), frames.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        frames = call.inputs[0]
        sizes = {"count": size_along(frames, -2), "length": size_along(frames, -1)}
        return frame_op(dz, step=call.attrs["step"], fill=0, **sizes)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        frames = rng.normal(size=(2, 4, 3))
        yield Sample(frames, shape=(2, 9), step=2)
        yield Sample(frames, shape=(2, 15), step=4)
        yield Sample(frames, shape=(2, 7), step=2)


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
        ValueError: `signal` is a scalar, or a length, step or value is none.
        IndexError: There is no such axis.
        InvalidArgumentError: `frame_step` is 0.
    """
    x = convert(signal)
    rank, at = x.ndim, length_of(axis)
    length, step = length_of(frame_length), length_of(frame_step)
    fill = convert(pad_value, None if hasattr(pad_value, "dtype") else x.dtype)
    if fill.ndim not in (None, 0):
        raise ValueError(f"Shape {fill.shape} must have rank 0")
    if rank == 0 or (rank is None and at != -1):
        raise ValueError(f"Shape {x.shape} must have rank at least 1")
    if rank is not None and not -rank <= at < rank:
        raise IndexError(f"list index out of range: axis {at} of shape {x.shape}")
    if is_number(step) and step == 0:
        raise errors.invalid("FloorDiv", "Integer division by zero: frame_step is 0")
    is_last = at in (-1, None if rank is None else rank - 1)
    count = _frame_count(size_along(x, at), length, step, bool(pad_end))
    if not is_last:
        at %= rank
        order = [i for i in range(rank) if i != at] + [at]
        x = transpose(x, perm=tuple(order))
    filling = np.asarray(fill)[()] if isinstance(fill, EagerTensor) else fill
    frames = frame_op(x, count=count, length=length, step=step, fill=filling, name=name)
    if is_last:
        return frames
    inner = [*range(at), rank - 1, rank, *range(at, rank - 1)]
    return transpose(frames, perm=tuple(inner))


def _frame_count(size: Any, length: Any, step: Any, pad_end: bool) -> Any:
    """Return how many frames a signal has."""
    if pad_end:
        return -(-size // step)
    count = 1 + (size - length) // step
    return max(0, count) if is_number(count) else maximum.public(count, 0)


@export("signal.overlap_and_add")
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Any:
    """Add up the frames in the last two axes, one every `frame_step` elements.

    Raises:
        ValueError: `signal` has fewer than two dimensions, or `frame_step` is no
            integer.
        InvalidArgumentError: `frame_step` is not positive.
    """
    frames = convert(signal)
    given = convert(frame_step)
    if not given.dtype.is_integer:
        raise ValueError(f"frame_step must be an integer. Got {given.dtype}")
    step = length_of(given)
    dims = shape_of(frames)
    if dims is not None and len(dims) < 2:
        raise ValueError(f"Shape {frames.shape} must have rank at least 2")
    if is_number(step) and step < 1:
        raise errors.invalid(
            "Pad", f"Paddings must be non-negative: frame_step must be above 0: {step}"
        )
    count, length = size_along(frames, -2), size_along(frames, -1)
    size = length + step * (count - 1)
    if is_number(size, *(dims or (given,))) and dims is not None and None not in dims:
        whole: Any = (*dims[:-2], max(0, size))
    else:
        lead = shape_op(frames, out_type=dtypes.int32)[:-2]
        end = get_op("ExpandDims")(maximum.public(size, 0), axis=0)
        whole = as_static_shape(get_op("ConcatV2")(lead, end, axis=0))
    return overlap(frames, shape=whole, step=step, name=name)
