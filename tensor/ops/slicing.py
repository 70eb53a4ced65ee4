"""tf.slice and tf.strided_slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, shape_for, static_value
from tensor.ops.joining import unstack
from tensor.ops.known_ranks import knowing_ranks
from tensor.ops.strided_slice import get_item

if TYPE_CHECKING:
    from collections.abc import Iterator


class Slice(Op):
    """The part of x that begins at `begin` and is `size` long; -1 is up to the end."""

    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, begin: Any, size: Any) -> Any:
        x = np.asarray(x)
        starts, sizes = [int(b) for b in begin], [int(s) for s in size]
        parts = []
        for i, (start, length, limit) in enumerate(
            zip(starts, sizes, x.shape, strict=True)
        ):
            if not 0 <= start <= limit:
                raise errors.invalid(
                    "Slice", f"Expected begin[{i}] in [0, {limit}], but got {start}"
                )
            end = limit if length == -1 else start + length
            if end > limit or length < -1:
                raise errors.invalid(
                    "Slice",
                    f"Expected size[{i}] in [0, {limit - start}], but got {length}",
                )
            parts.append(slice(start, end))
        return x[tuple(parts)]

    def infer(self, x: TensorSpec, begin: Any, size: Any) -> TensorSpec:
        starts, sizes = static_value(begin), static_value(size)
        rank = x.rank
        if rank is None:
            rank = next((len(v) for v in (starts, sizes) if v is not None), None)
        if rank is None:
            return TensorSpec.of(None, x.dtype)
        dims = x.dims or (None,) * rank
        starts = starts or (None,) * rank
        sizes = sizes or (None,) * rank
        result = tuple(
            (None if None in (d, b) else d - b) if s == -1 else s
            for d, b, s in zip(dims, starts, sizes, strict=True)
        )
        return TensorSpec.of(result, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return slice_grad(
            dz, shape=shape_for(call.inputs[0]), begin=call.attrs["begin"]
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(3, 4))
        yield Sample(x, begin=(1, 0), size=(2, 3))
        yield Sample(x, begin=(0, 2), size=(0, -1))


class SliceGrad(Op):
    """Zeros of a shape, with dz where a slice began."""

    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, begin: Any) -> Any:
        dz = np.asarray(dz)
        result = np.zeros(tuple(int(d) for d in shape), dz.dtype)
        pairs = zip(begin, dz.shape, strict=True)
        result[tuple(slice(int(b), int(b) + size) for b, size in pairs)] = dz
        return result

    def infer(self, dz: TensorSpec, shape: Any, begin: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        # The shape of what was sliced is that of the incoming dz of this op's input.
        size = shape_for(call.inputs[0])
        return slice_op(dz, begin=call.attrs["begin"], size=size)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), shape=(3, 4), begin=(1, 0))


slice_op = register(Slice)
slice_grad = register(SliceGrad)


@export("slice")
@takes_composites
def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """Return the part of `input_` that begins at `begin` and is `size` long.

    Args:
        input_: The tensor.
        begin: Where to begin along each axis.
        size: How much to take along each axis; -1 is up to the end.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The part reaches outside, or there is not one number for
            each axis.
    """
    x = convert(input_)
    starts, sizes = as_static_shape(begin), as_static_shape(size)
    rank = x.ndim
    for numbers in (starts, sizes):
        if rank is not None and type(numbers) is tuple and len(numbers) != rank:
            raise errors.invalid(
                "Slice",
                "Expected begin and size arguments to be 1-D tensors of size "
                f"{rank}, but got shapes [{len(starts)}] and [{len(sizes)}] instead. "
                f"Shape must be rank {len(numbers)} but is rank {rank}",
            )
    return slice_op(x, begin=starts, size=sizes, name=name)


@export("strided_slice")
@takes_composites
def strided_slice_(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any:
    """Return `input_[begin[0]:end[0]:strides[0], …]`, with exceptions by bit masks.

    Bit i of a mask speaks of entry i of `begin`, `end` and `strides`:

    Args:
        input_: The tensor.
        begin: Where to begin.
        end: Where to end; this element is not included.
        strides: The steps, 1 by default.
        begin_mask: Begin where the axis begins.
        end_mask: End where the axis ends.
        ellipsis_mask: This entry stands for as many axes as it takes.
        new_axis_mask: This entry is a new axis of size 1.
        shrink_axis_mask: This entry is the single index `begin[i]`; the axis goes.
        var: The variable that `input_` is the value of, for sliced assignment.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A stride is 0, there are too many entries, or not as many
            of one argument as of another.
    """
    if any(_length_is_unknown(v) for v in (begin, end, strides)) and var is None:
        begin = convert(begin)
        steps = get_op("OnesLike")(begin) if strides is None else convert(strides)
        return _sliced_by_vectors.later(
            convert(input_),
            begin,
            convert(end),
            steps,
            begin_mask=begin_mask,
            end_mask=end_mask,
            ellipsis_mask=ellipsis_mask,
            new_axis_mask=new_axis_mask,
            shrink_axis_mask=shrink_axis_mask,
        )
    starts, ends = _entries(begin), _entries(end)
    steps = [1] * len(starts) if strides is None else _entries(strides)
    if not len(starts) == len(ends) == len(steps):
        raise errors.invalid(
            "StridedSlice",
            "Expected begin, end, and strides to be 1D equal size tensors, but got "
            f"shapes [{len(starts)}], [{len(ends)}], and [{len(steps)}] instead.",
        )
    index: list[Any] = []
    for i, (start, stop, step) in enumerate(zip(starts, ends, steps, strict=True)):
        bit = 1 << i
        if ellipsis_mask & bit:
            index.append(Ellipsis)
        elif new_axis_mask & bit:
            index.append(None)
        elif shrink_axis_mask & bit:
            index.append(start)
        else:
            first = None if begin_mask & bit else start
            last = None if end_mask & bit else stop
            index.append(slice(first, last, step))
    return get_item(convert(input_) if var is None else var, tuple(index))


def _length_is_unknown(values: Any) -> bool:
    return is_symbolic(values) and None in (values.static_shape or (None,))


@knowing_ranks(None)
def _sliced_by_vectors(x: Any, begin: Any, end: Any, strides: Any, **masks: Any) -> Any:
    """Return the part of x between vectors whose lengths are known by now."""
    return strided_slice_(x, begin, end, strides, **masks)


def _entries(values: Any) -> list[Any]:
    """Return the entries of a vector: ints, or symbolic scalars."""
    if isinstance(values, Tensor) and type(values) is not EagerTensor:
        return unstack(values)
    if isinstance(values, list | tuple):
        return [v if isinstance(v, Tensor) else int(v) for v in values]
    return [int(v) for v in np.asarray(convert(values)).reshape(-1)]
