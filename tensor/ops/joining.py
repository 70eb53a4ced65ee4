"""Tensors joined and taken apart: stack, unstack, concat, and pieces of given sizes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.context import context
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.shape_algebra import unify
from tensor.core.shapes import Dims, to_brackets
from tensor.core.tensor import Tensor, element
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import operands, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pack(Op):
    """Tensors of one shape, stacked along a new axis."""

    keeps_inputs = False

    def kernel(self, *values: Any, axis: int) -> Any:
        try:
            return np.stack(values, axis=axis)
        except ValueError:
            raise _different_shapes(values) from None

    def infer(self, *values: TensorSpec, axis: int) -> TensorSpec:
        dims: Dims | None = values[0].dims
        for v in values[1:]:
            dims = unify(dims, v.dims)
        if dims is None:
            return TensorSpec.of(None, values[0].dtype)
        at = axis if axis >= 0 else axis + len(dims) + 1
        return TensorSpec.of((*dims[:at], len(values), *dims[at:]), values[0].dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return tuple(unpack(dz, axis=call.attrs["axis"], num=len(call.inputs)))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for axis in (0, 1, -1):
            yield Sample(*rng.normal(size=(3, 2, 4)), axis=axis)


class Unpack(Op):
    """The slices of x along an axis, each without that axis."""

    keeps_inputs = False

    def kernel(self, x: Any, axis: int, num: int) -> Any:
        x = np.asarray(x)
        self.check(x.shape, axis, num)
        return tuple(element(np.moveaxis(x, axis, 0)[i]) for i in range(num))

    def infer(self, x: TensorSpec, axis: int, num: int) -> Any:
        dims = x.dims
        if dims is not None:
            at = axis % len(dims)
            if dims[at] is not None:
                self.check(dims, axis, num)
            dims = dims[:at] + dims[at + 1 :]
        return tuple(TensorSpec.of(dims, x.dtype) for _ in range(num))

    def check(self, shape: Any, axis: int, num: int) -> None:
        """Check that there are `num` slices along the axis."""
        if shape[axis] != num:
            raise errors.invalid(
                "Unpack",
                f"Input shape axis {axis % len(shape)} must equal {num}, got shape "
                f"{to_brackets(shape)}. Dimension must be {num} but is {shape[axis]}",
            )

    def gradient(self, call: Any, *dz: Any) -> Any:
        return pack(*dz, axis=call.attrs["axis"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(3, 2)), axis=0, num=3)
        yield Sample(rng.normal(size=(3, 2)), axis=-1, num=2)


class Concat(Op):
    """Tensors joined along an existing axis."""

    type_name = "ConcatV2"
    keeps_inputs = False

    def kernel(self, *values: Any, axis: int) -> Any:
        try:
            return np.concatenate(values, axis=int(axis))
        except ValueError:
            raise _cannot_join(values, int(axis)) from None

    def infer(self, *values: TensorSpec, axis: Any) -> TensorSpec:
        dims = None
        if is_symbolic(axis):
            ranks = [len(v.dims) for v in values if v.dims is not None]
            return TensorSpec.of((None,) * ranks[0] if ranks else None, values[0].dtype)
        for v in values:
            if v.dims is None:
                continue
            at = axis % len(v.dims)
            rest = (*v.dims[:at], *v.dims[at + 1 :])
            dims = rest if dims is None else unify(dims, rest)
        if dims is None:
            return TensorSpec.of(None, values[0].dtype)
        at = axis % (len(dims) + 1)
        sizes = [None if v.dims is None else v.dims[at] for v in values]
        total = None if None in sizes else sum(s for s in sizes if s is not None)
        return TensorSpec.of((*dims[:at], total, *dims[at:]), values[0].dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        axis = call.attrs["axis"]
        sizes = [shape_of(x) for x in call.inputs]
        if is_symbolic(axis) or any(s is None or s[axis] is None for s in sizes):
            return tuple(split_like(dz, *call.inputs, axis=axis))
        return tuple(split(dz, sizes=tuple(s[axis] for s in sizes if s), axis=axis))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), axis=0)
        yield Sample(rng.normal(size=(2, 0)), rng.normal(size=(2, 3)), axis=-1)


class Split(Op):
    """Pieces of the given sizes along an axis."""

    type_name = "SplitV"
    keeps_inputs = False

    def kernel(self, x: Any, sizes: Any, axis: int) -> Any:
        sizes = pieces_of([int(s) for s in sizes], np.shape(x)[axis])
        return tuple(np.split(x, np.cumsum(sizes[:-1]), axis=axis))

    def infer(self, x: TensorSpec, sizes: Any, axis: int) -> Any:
        if is_symbolic(sizes):
            known = getattr(sizes, "static_vector", lambda: None)()
            sizes = known or (None,) * sizes.static_shape[0]

        def piece(size: int | None) -> Dims | None:
            if x.dims is None:
                return None
            at = axis % len(x.dims)
            return (*x.dims[:at], None if size == -1 else size, *x.dims[at + 1 :])

        return tuple(TensorSpec.of(piece(s), x.dtype) for s in sizes)

    def gradient(self, call: Any, *dz: Any) -> Any:
        return concat(*dz, axis=call.attrs["axis"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(5, 2)), sizes=(2, 0, 3), axis=0)
        yield Sample(rng.normal(size=(2, 4)), sizes=(1, 3), axis=-1)


class SplitLike(Op):
    """Pieces along an axis as long as other tensors are: undoes a concat."""

    keeps_inputs = False

    def kernel(self, x: Any, *like: Any, axis: int) -> Any:
        return split.kernel(x, tuple(np.shape(v)[int(axis)] for v in like), int(axis))

    def infer(self, x: TensorSpec, *like: TensorSpec, axis: int) -> Any:
        return tuple(TensorSpec.of(v.dims, x.dtype) for v in like)

    def gradient(self, call: Any, *dz: Any) -> Any:
        nothing = (None,) * (len(call.inputs) - 1)
        return (concat(*dz, axis=call.attrs["axis"]), *nothing)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(5, 2))
        yield Sample(x, np.zeros((2, 2)), np.zeros((3, 2)), axis=0)


def pieces_of(sizes: list[int], total: int | None) -> tuple[int, ...]:
    """Return the sizes of pieces, -1 replaced by what is left of a known total.

    Raises:
        InvalidArgumentError: They do not add up to the total.
    """
    if sizes.count(-1) > 1:
        raise errors.invalid(
            "SplitV", f"There can only be one -1 in the input. Got {list(sizes)}."
        )
    negative = next((i for i, s in enumerate(sizes) if s < -1), None)
    if negative is not None:
        raise errors.invalid(
            "SplitV",
            f"Split size at index {negative} must be >= 0. Got: {sizes[negative]}",
        )
    given = sum(s for s in sizes if s != -1)
    if total is not None and (given > total or (-1 not in sizes and given != total)):
        raise errors.invalid(
            "SplitV",
            "Determined shape must either match input shape along split_dim exactly "
            "if fully specified, or be less than the size of the input along "
            f"split_dim if not fully specified.  Got: {given}",
        )
    left = -1 if total is None else total - given
    return tuple(left if s == -1 else s for s in sizes)


def _different_shapes(values: Any) -> errors.OpError:
    """Return the error for values that cannot be stacked."""
    shapes = [np.shape(v) for v in values]
    at = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
    return errors.invalid(
        "Pack",
        "Shapes of all inputs must match: values[0].shape = "
        f"{to_brackets(shapes[0])} != values[{at}].shape = {to_brackets(shapes[at])}",
    )


def _cannot_join(values: Any, axis: int) -> errors.OpError:
    """Return the error for values that cannot be concatenated."""
    shapes = [np.shape(v) for v in values]
    first = shapes[0]
    for i, shape in enumerate(shapes[1:], 1):
        pair = f"shape[0] = {to_brackets(first)} vs. shape[{i}] = {to_brackets(shape)}"
        if len(shape) != len(first):
            return errors.invalid(
                "ConcatV2",
                f"ConcatOp : Ranks of all input tensors should match: {pair}",
            )
        for d, (a, b) in enumerate(zip(first, shape, strict=True)):
            if a != b and d != axis % len(first):
                return errors.invalid(
                    "ConcatV2",
                    f"ConcatOp : Dimension {d} in both shapes must be equal: {pair}",
                )
    return errors.invalid("ConcatV2", f"ConcatOp : cannot join {shapes}")


pack = register(Pack)
unpack = register(Unpack)
concat = register(Concat)
split = register(Split)
split_like = register(SplitLike)


@export("concat")
@takes_composites
def concat_(values: Any, axis: Any, name: str = "concat") -> Any:
    """Join tensors along an existing axis.

    Raises:
        InvalidArgumentError: Ranks or other dimensions differ, or `axis` is out of
            range.
    """
    if isinstance(values, Tensor) or not hasattr(values, "__iter__"):
        values = [values]
    values = _same_dtype(concat, values)
    if len(values) == 1:
        return get_op("Identity")(values[0], name=name)
    if is_symbolic(axis):
        axis = axis if axis.ndim == 0 else get_op("Reshape")(axis, shape=())
        return concat(*values, axis=axis, name=name)
    axis = _axis_number(axis)
    rank = values[0].ndim
    if rank == 0:
        raise errors.invalid(
            "ConcatV2",
            "ConcatOp : Can't concatenate scalars (use tf.stack instead)",
        )
    if rank is not None and not -rank <= axis < rank:
        raise errors.invalid(
            "ConcatV2",
            "ConcatOp : Expected concatenating dimensions in the range "
            f"[{-rank}, {rank}), but got {axis}",
        )
    return concat(*values, axis=axis, name=name)


def _axis_number(axis: Any) -> int:
    """Return the axis of a concat as a number.

    Raises:
        InvalidArgumentError: It is no integer.
    """
    number = np.asarray(axis)
    if number.dtype.kind not in "iu":
        raise errors.invalid(
            "ConcatV2",
            f"Value for attr 'Tidx' of {dtypes.short_name(convert(axis).dtype)} is not "
            "in the list of allowed values: int32, int64. Expected one integer, got "
            f"axis={axis}.",
        )
    if number.size != 1:
        raise errors.invalid(
            "ConcatV2",
            "axis tensor should be a scalar integer, but got shape "
            f"{to_brackets(number.shape)}: {axis}",
        )
    return int(number.reshape(()))


@export("stack")
@takes_composites
def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    """Stack tensors of one shape along a new axis.

    Raises:
        ValueError: `axis` is out of range.
        InvalidArgumentError: Shapes or dtypes differ.
    """
    if axis == 0:
        # A list of numbers has a dtype of its own: [1, 2.5] is float32.
        with contextlib.suppress(TypeError, ValueError):
            return convert(values)
    values = _same_dtype(pack, values)
    rank = values[0].ndim
    if rank is not None and not -(rank + 1) <= axis <= rank:
        raise ValueError(
            f"Argument `axis` = {axis} not in range [{-(rank + 1)}, {rank + 1})"
        )
    return pack(*values, axis=int(axis), name=name)


@export("unstack")
@takes_composites
def unstack(
    value: Any, num: int | None = None, axis: int = 0, name: str = "unstack"
) -> Any:
    """Return the slices of `value` along `axis` as a list.

    Raises:
        ValueError: `axis` is out of range, or the number of slices is not known.
    """
    value = convert(value)
    dims = value.static_shape
    if num is None:
        if dims is None:
            raise ValueError(f"Cannot infer argument `num` from shape {value.shape}")
        if not -len(dims) <= axis < len(dims):
            raise ValueError(
                f"Argument `axis` = {axis} not in range [{-len(dims)}, {len(dims)})"
            )
        num = dims[axis]
        if num is None:
            raise ValueError(f"Cannot infer argument `num` from shape {value.shape}")
    return list(unpack(value, axis=int(axis), num=num, name=name))


def _same_dtype(op: Op, values: Any) -> list[Any]:
    """Return values as tensors of one dtype: that of the first tensor among them."""
    values = unstack(values) if is_symbolic(values) else list(values)
    if not values:
        raise errors.invalid(op.type_name, "expected at least one tensor, got none")
    dtype = next(
        (
            v.dtype
            for v in values
            if hasattr(v, "dtype")
            and hasattr(v, "shape")
            and not isinstance(v, np.ndarray | np.generic)
        ),
        None,
    )
    if dtype is None:
        first = convert(values[0])
        return [first, *[convert(v, first.dtype) for v in values[1:]]]
    result = [
        convert(v) if isinstance(v, Tensor) else convert(v, dtype) for v in values
    ]
    for v in result[1:]:
        if v.dtype is not result[0].dtype:
            operands(op, result[0], v)  # raises, naming both dtypes
    return result


@export("parallel_stack")
def parallel_stack(values: Any, name: str = "parallel_stack") -> Any:
    """Stack tensors inside a traced function; outside, use tf.stack.

    Raises:
        RuntimeError: In eager execution.
    """
    if context.graph is None:
        raise RuntimeError(
            "tf.parallel_stack() is not compatible with eager execution. Use tf.stack."
        )
    return stack(values, name=name)
