"""tf.pad: a border of constants, or of the content mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert, to_array
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor import EagerTensor, Tensor, wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for, static_value, stop_gradient

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pad(Op):
    """x with a border of one value; `paddings` has (before, after) for each axis."""

    type_name = "PadV2"
    keeps_inputs = False

    def kernel(self, x: Any, value: Any, paddings: Any) -> Any:
        x = np.asarray(x)
        pairs = [(int(a), int(b)) for a, b in paddings]
        shape = [a + d + b for (a, b), d in zip(pairs, x.shape, strict=True)]
        result = np.full(shape, value, x.dtype)
        inner = tuple(slice(a, a + d) for (a, _), d in zip(pairs, x.shape, strict=True))
        result[inner] = x
        return result[()]

    def infer(self, x: TensorSpec, value: TensorSpec, paddings: Any) -> TensorSpec:
        return TensorSpec.of(_padded(x.dims, paddings), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        paddings = call.attrs["paddings"]
        inner = unpad(dz, paddings=paddings) if any(call.wants) else None
        of_value = None
        if call.wants[1]:
            from tensor.ops.reduce import reduce_sum

            total = reduce_sum(dz, axis=None, keepdims=False)
            of_value = total - reduce_sum(inner, axis=None, keepdims=False)
        return inner, of_value

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3))
        yield Sample(x, np.float64(0.0), paddings=((1, 0), (0, 2)))
        yield Sample(x, np.float64(2.0), paddings=((0, 0), (1, 1)))
        yield Sample(rng.normal(size=()), np.float64(2.0), paddings=())


def _padded(dims: Any, paddings: Any) -> Any:
    """Return the static shape after padding."""
    if isinstance(paddings, Tensor):
        shape = paddings.static_shape
        rank = shape[0] if shape else None
        if None not in (dims, rank) and len(dims) != rank:
            raise ValueError(f"Shape must be rank {rank} but is rank {len(dims)}")
        rank = rank if dims is None else len(dims)
        return None if rank is None else (None,) * rank
    if dims is None:
        return (None,) * len(paddings)
    return tuple(
        None if d is None else int(a) + d + int(b)
        for d, (a, b) in zip(dims, paddings, strict=True)
    )


class Unpad(Op):
    """x without its border: the inverse of a pad."""

    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, paddings: Any) -> Any:
        x = np.asarray(x)
        pairs = zip(paddings, x.shape, strict=True)
        return x[tuple(slice(int(a), d - int(b)) for (a, b), d in pairs)]

    def infer(self, x: TensorSpec, paddings: Any) -> TensorSpec:
        if x.dims is None or isinstance(paddings, Tensor):
            return TensorSpec.of(_padded(x.dims, paddings), x.dtype)
        negative = [(-int(a), -int(b)) for a, b in paddings]
        return TensorSpec.of(_padded(x.dims, negative), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        zero = np.zeros((), _numpy_dtype(dz))[()]
        return pad(dz, zero, paddings=call.attrs["paddings"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(3, 5)), paddings=((1, 0), (0, 2)))


def _numpy_dtype(x: Any) -> Any:
    dtype = x.dtype
    return dtype.numpy_dtype if isinstance(dtype, dtypes.DType) else dtype


class MirrorPad(Op):
    """x with a border that mirrors it: REFLECT without the edge, SYMMETRIC with it."""

    keeps_inputs = False

    def kernel(self, x: Any, paddings: Any, mode: str) -> Any:
        x = np.asarray(x)
        for axis, index in enumerate(_mirror_indices(x.shape, paddings, mode)):
            x = np.take(x, index, axis=axis)
        return x

    def infer(self, x: TensorSpec, paddings: Any, mode: str) -> TensorSpec:
        return TensorSpec.of(_padded(x.dims, paddings), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return mirror_pad_grad(dz, shape=shape_for(call.inputs[0]), **call.attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(3, 4))
        for mode in ("REFLECT", "SYMMETRIC"):
            yield Sample(x, paddings=((2, 1), (0, 3)), mode=mode)


class MirrorPadGrad(Op):
    """The sum of what a mirrored border and its content took from each element."""

    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, paddings: Any, mode: str) -> Any:
        dz, shape = np.asarray(dz), tuple(int(d) for d in shape)
        for axis, index in enumerate(_mirror_indices(shape, paddings, mode)):
            folded = np.zeros((*dz.shape[:axis], shape[axis], *dz.shape[axis + 1 :]))
            folded = folded.astype(dz.dtype)
            np.add.at(np.moveaxis(folded, axis, 0), index, np.moveaxis(dz, axis, 0))
            dz = folded
        return dz

    def infer(self, dz: TensorSpec, shape: Any, **attrs: Any) -> TensorSpec:
        return TensorSpec.of(static_value(shape), dz.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        attrs = {k: v for k, v in call.attrs.items() if k != "shape"}
        return mirror_pad(dz, **attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        pads = ((2, 1),)
        yield Sample(rng.normal(size=(6,)), shape=(3,), paddings=pads, mode="REFLECT")


def _mirror_indices(shape: Any, paddings: Any, mode: str) -> Any:
    """Yield, for each axis, which element stands at each place of the result."""
    edge = 0 if mode == "SYMMETRIC" else 1
    for (before, after), size in zip(paddings, shape, strict=True):
        a, b = int(before), int(after)
        if max(a, b) > size - edge:
            words = ("less than", "not less than")
            if not edge:
                words = ("no greater than", "greater than")
            raise errors.invalid(
                "MirrorPad",
                f"paddings must be {words[0]} the dimension size: {a}, {b} {words[1]} "
                f"{size}",
            )
        steps = np.arange(size)
        head = steps[edge : edge + a][::-1]
        tail = steps[size - edge - b : size - edge][::-1]
        yield np.concatenate([head, steps, tail])


pad = register(Pad)
unpad = register(Unpad)
mirror_pad = register(MirrorPad)
mirror_pad_grad = register(MirrorPadGrad)


@export("pad")
@takes_composites
def pad_(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Any:
    """Return `tensor` with a border.

    Args:
        tensor: What to pad.
        paddings: For each axis, how much before and after: shape [rank, 2].
        mode: "CONSTANT", "REFLECT" (mirrored at the edge element) or "SYMMETRIC"
            (mirrored behind it); any case.
        constant_values: The value of a constant border.
        name: A name for the node, in a graph.

    Raises:
        ValueError: There is no such mode.
        InvalidArgumentError: `paddings` has another shape, is negative, or reaches
            further than there is content to mirror.
    """
    x = convert(tensor)
    how = mode.upper()
    if how not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or '
            f'"SYMMETRIC". Received `mode` = {mode}'
        )
    pairs = _pairs(paddings, x.ndim, "Paddings" if how == "CONSTANT" else "paddings")
    if how != "CONSTANT":
        return mirror_pad(x, paddings=pairs, mode=how, name=name)
    if x.dtype is dtypes.string and constant_values == 0:
        constant_values = b""
    if x.dtype is dtypes.bool_ and constant_values == 0:
        constant_values = False
    # TensorFlow has no gradient of the value.
    value = stop_gradient(convert(constant_values, x.dtype))
    if value.ndim:
        raise errors.invalid(
            "PadV2",
            "constant_values must be a scalar. Found: "
            f"{to_brackets(value.static_shape)}",
        )
    return pad(x, value, paddings=pairs, name=name)


def _is_known(paddings: Any) -> bool:
    """Return whether paddings are Python numbers or arrays, through and through."""
    if isinstance(paddings, list | tuple):
        return all(map(_is_known, paddings))
    return isinstance(paddings, int | np.integer | np.ndarray)


def _pairs(paddings: Any, rank: int | None, what: str) -> Any:
    """Return paddings as pairs of ints, or as a symbolic matrix.

    Args:
        paddings: What the user gave.
        rank: The rank of what is padded, if known.
        what: How messages call them.

    Raises:
        InvalidArgumentError: They are no integers, negative, or of another shape.
    """
    if isinstance(paddings, Tensor) and type(paddings) is not EagerTensor:
        return paddings
    if _is_known(paddings):
        given = wrap(to_array(paddings))  # in a graph too: its shapes depend on it
    else:
        given = convert(paddings, hint=dtypes.int32)
    if type(given) is not EagerTensor:
        return given
    array = np.asarray(given)
    if array.dtype.kind not in "iu":
        raise errors.invalid(
            "Pad",
            f"Value for attr 'Tpaddings' of {dtypes.short_name(given.dtype)} is not in "
            "the list of allowed values: int32, int64",
        )
    if array.ndim != 2 or array.shape[1] != 2:
        raise errors.invalid(
            "Pad",
            f"paddings must be a matrix with 2 columns: {to_brackets(array.shape)}",
        )
    if rank is not None and len(array) != rank:
        raise errors.invalid(
            "Pad",
            "The first dimension of paddings must be the rank of inputs"
            f"[{array.shape[0]},2] rank {rank}. Shape must be rank {len(array)} but is "
            f"rank {rank}",
        )
    for before, after in array:
        if before < 0 or after < 0:
            raise errors.invalid(
                "Pad", f"{what} must be non-negative: {before} {after}"
            )
    return tuple((int(a), int(b)) for a, b in array)
