"""Order along axes: reverse, roll, reverse_sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import merge
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.indices import check_index_dtype
from tensor.ops.reduction import is_unknown, known_or_symbolic

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reverse(Op):
    """x with the order along some axes turned around."""

    type_name = "ReverseV2"
    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, axis: Any) -> Any:
        return np.flip(x, tuple(axis))

    def infer(self, x: TensorSpec, axis: Any) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return reverse(dz, axis=call.attrs["axis"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for axis in ((), (0,), (0, -1)):
            yield Sample(rng.normal(size=(2, 3, 4)), axis=axis)


class Roll(Op):
    """x with its elements moved along axes; those pushed out come in at the start."""

    keeps_inputs = False

    def kernel(self, x: Any, shift: Any, axis: Any) -> Any:
        shifts, axes = np.reshape(shift, -1).tolist(), np.reshape(axis, -1).tolist()
        return np.roll(x, shifts, axes)

    def infer(self, x: TensorSpec, shift: Any, axis: Any) -> TensorSpec:
        return TensorSpec.of(x.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        shift, axis = call.attrs["shift"], call.attrs["axis"]
        back = -shift if is_symbolic(shift) else tuple(-s for s in shift)
        return roll(dz, shift=back, axis=axis)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        yield Sample(x, shift=(1,), axis=(2,))
        yield Sample(x, shift=(-1, 5), axis=(0, 1))


class ReverseSequence(Op):
    """x with the first so many elements of each sequence of a batch turned around."""

    keeps_inputs = (1,)

    def kernel(self, x: Any, lengths: Any, seq_axis: int, batch_axis: int) -> Any:
        x, lengths = np.asarray(x), np.asarray(lengths)
        count = x.shape[seq_axis]
        for i, length in enumerate(lengths):
            if not 0 <= length <= count:
                relation = f"> input.dims({seq_axis})" if length > 0 else "< 0"
                raise errors.invalid(
                    "ReverseSequence",
                    f"seq_lens({i}) {relation}: {length}, of at most {count}",
                )
        steps = np.arange(count)
        within = lengths[:, None]
        order = np.where(steps < within, within - 1 - steps, steps)
        moved = np.moveaxis(x, (batch_axis, seq_axis), (0, 1))
        result = moved[np.arange(len(lengths))[:, None], order]
        return np.moveaxis(result, (0, 1), (batch_axis, seq_axis))

    def infer(self, x: TensorSpec, lengths: Any, **attrs: Any) -> TensorSpec:
        if x.dims is None or lengths.dims is None:
            return TensorSpec.of(x.dims, x.dtype)
        at, count = attrs["batch_axis"], lengths.dims
        dims = (*x.dims[:at], *(merge(x.dims[at : at + 1], count) or ()))
        return TensorSpec.of((*dims, *x.dims[at + 1 :]), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return reverse_sequence(dz, call.inputs[1], **call.attrs), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        lengths = np.array([1, 3], np.int64)
        yield Sample(rng.normal(size=(2, 4)), lengths, seq_axis=1, batch_axis=0)
        yield Sample(rng.normal(size=(3, 2, 2)), lengths, seq_axis=0, batch_axis=2)


reverse = register(Reverse)
roll = register(Roll)
reverse_sequence = register(ReverseSequence)


@export("reverse")
@takes_composites
def reverse_(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Return `tensor` with the order along the axes in `axis` turned around.

    Raises:
        InvalidArgumentError: An axis is out of range or named twice.
    """
    x = convert(tensor)
    given = convert(axis, hint=dtypes.int32)
    if given.ndim == 0:
        raise errors.invalid(
            "ReverseV2",
            f"'dims' must be 1-dimension, not 0: got {axis!r}; write a list of axes",
        )
    check_index_dtype("ReverseV2", given, "Tidx", ("int32", "int64"))
    if is_unknown(given):
        return reverse(x, axis=given, name=name)
    axes = tuple(int(a) for a in np.asarray(known_or_symbolic(given)))
    rank = x.ndim
    if rank is not None:
        seen = set()
        for a in axes:
            if not -rank <= a < rank:
                raise errors.invalid(
                    "ReverseV2",
                    f"'axis'[{axes.index(a)}] = {a} is out of valid range "
                    f"[0, {rank - 1}]",
                )
            if a % rank in seen:
                raise errors.invalid(
                    "ReverseV2", f"axis {a % rank} specified more than once."
                )
            seen.add(a % rank)
    return reverse(x, axis=axes, name=name)


@export("roll")
@takes_composites
def roll_(input: Any, shift: Any, axis: Any, name: str | None = None) -> Any:
    """Return `input` with its elements moved by `shift` along `axis`.

    Args:
        input: The tensor.
        shift: How far, towards the end; one number, or one for each axis.
        axis: One axis, or several; shifts of an axis named twice add up.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: An axis is out of range, or the numbers of shifts and
            axes differ.
    """
    x = convert(input)
    given = known_or_symbolic(convert(shift)), known_or_symbolic(convert(axis))
    if any(map(is_symbolic, given)):
        # What is known goes along as an array: both may be numbers or vectors.
        by, along = (v if is_symbolic(v) else np.atleast_1d(v) for v in given)
        return roll(x, shift=by, axis=along, name=name)
    shifts, axes = (np.asarray(v) for v in given)
    for what, value in (("shift", shifts), ("axis", axes)):
        if value.ndim > 1:
            raise errors.invalid(
                "Roll",
                f"{what} must be a scalar or a 1-D vector. Found: {list(value.shape)}",
            )
    if shifts.shape != axes.shape:
        raise errors.invalid(
            "Roll",
            f"shift and axis must have the same size, got {shifts.size} and "
            f"{axes.size}",
        )
    rank = x.ndim
    if rank == 0:
        raise errors.invalid("Roll", "input must be 1-D or higher, got a scalar")
    by, along = shifts.reshape(-1).tolist(), axes.reshape(-1).tolist()
    for a in along:
        if rank is not None and not -rank <= a < rank:
            raise errors.invalid("Roll", f"axis {a} is out of range")
    return roll(x, shift=tuple(by), axis=tuple(along), name=name)


@export("reverse_sequence")
@takes_composites
def reverse_sequence_(
    input: Any,
    seq_lengths: Any,
    seq_axis: Any = None,
    batch_axis: Any = None,
    name: str | None = None,
) -> Any:
    """Return `input` with the start of each sequence turned around.

    Args:
        input: A batch of sequences.
        seq_lengths: How many elements of each sequence to turn around.
        seq_axis: The axis along the sequences.
        batch_axis: The axis along the batch, 0 by default.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The two axes are the same, or a length is too large.
    """
    if seq_axis is None:
        raise TypeError("Expected int for argument 'seq_dim' not None.")
    x, lengths = convert(input), convert(seq_lengths)
    seq, batch = (0 if a is None else int(a) for a in (seq_axis, batch_axis))
    if x.ndim is not None:
        for what, a in (("seq_dim", seq), ("batch_dim", batch)):
            if not -x.ndim <= a < x.ndim:
                raise errors.invalid(
                    "ReverseSequence",
                    f"{what} must be < input rank ( {a} vs. {x.ndim})",
                )
        seq, batch = seq % x.ndim, batch % x.ndim
    if seq == batch:
        raise errors.invalid("ReverseSequence", f"batch_dim == seq_dim == {seq}")
    if lengths.ndim not in (None, 1):
        raise errors.invalid(
            "ReverseSequence",
            f"seq_lens input must be 1-dim, got shape {lengths.shape}",
        )
    size = None if x.static_shape is None else x.static_shape[batch]
    if None not in (size, lengths.static_shape) and lengths.static_shape[0] != size:
        raise errors.invalid(
            "ReverseSequence",
            f"Length of seq_lengths != input.dims({batch}), ({lengths.static_shape[0]} "
            f"vs. {size})",
        )
    return reverse_sequence(x, lengths, seq_axis=seq, batch_axis=batch, name=name)
