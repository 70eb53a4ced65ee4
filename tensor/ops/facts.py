"""What is known about tensors: size, rank, shapes of several, ensure_shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import (
    TensorShape,
    are_compatible,
    broadcast,
    merge,
    num_elements,
    to_brackets,
    to_text,
)
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import Identity, identity, shape_op

if TYPE_CHECKING:
    from collections.abc import Iterator


class Size(Op):
    """The number of elements of x."""

    gradient = NON_DIFFERENTIABLE
    keeps_inputs = False

    def kernel(self, x: Any, out_type: dtypes.DType) -> Any:
        return out_type.as_numpy_dtype(np.size(x))

    def infer(self, x: TensorSpec, out_type: dtypes.DType) -> TensorSpec:
        return TensorSpec.of((), out_type)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), out_type=dtypes.int32)


class Rank(Op):
    """The number of dimensions of x."""

    gradient = NON_DIFFERENTIABLE
    keeps_inputs = False

    def kernel(self, x: Any) -> Any:
        return np.int32(np.ndim(x))

    def infer(self, x: TensorSpec) -> TensorSpec:
        return TensorSpec.of((), dtypes.int32)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)))


class EnsureShape(Identity):
    """x, after a check that its shape fits one that may be partly unknown."""

    names = ()
    kind = "other"
    takes_slices = False

    def kernel(self, x: Any, shape: Any) -> Any:
        if not are_compatible(np.shape(x), shape):
            raise errors.invalid(
                "EnsureShape",
                f"Shape of tensor input {to_brackets(np.shape(x))} is not compatible "
                f"with expected shape {to_brackets(shape)}.",
            )
        return x

    def infer(self, x: TensorSpec, shape: Any) -> TensorSpec:
        return TensorSpec.of(merge(x.dims, shape), x.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), shape=(2, None))


size_op = register(Size)
rank_op = register(Rank)
ensure_shape_op = register(EnsureShape)


@export("size")
@takes_composites
def size(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """Return the number of elements, int32 unless `out_type` says int64."""
    x = convert(input)
    out_type = dtypes.int32 if out_type is None else dtypes.as_dtype(out_type)
    count = num_elements(x.static_shape)
    if count is not None:
        return constant_tensor(out_type.as_numpy_dtype(count))
    return size_op(x, out_type=out_type, name=name)


@export("rank")
@takes_composites
def rank(input: Any, name: str | None = None) -> Any:
    """Return the number of dimensions."""
    x = convert(input)
    if x.ndim is not None:
        return constant_tensor(np.int32(x.ndim))
    return rank_op(x, name=name)


@export("shape_n")
def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """Return the shapes of several tensors, as a list of vectors."""
    dtype = dtypes.as_dtype(out_type)
    return [shape_op(convert(x), out_type=dtype) for x in input]


@export("identity_n")
def identity_n(input: Any, name: str | None = None) -> Any:
    """Return the values of several tensors as new tensors, as a list."""
    return [identity(convert(x)) for x in input]


@export("guarantee_const")
def guarantee_const(input: Any, name: str | None = None) -> Any:
    """Return `input`; the promise that it never changes is not made use of."""
    return identity(convert(input), name=name)


@export("ensure_shape")
@takes_composites
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """Return `x` after a check that its shape fits `shape`.

    Inside a traced function the result's static shape knows what `shape` says.

    Raises:
        InvalidArgumentError: The shape does not fit.
    """
    x = convert(x)
    dims = TensorShape(shape)._dims
    if not are_compatible(x.static_shape, dims) and None in (x.static_shape or ()):
        raise ValueError(
            f"ensure_shape: Shapes {to_text(x.static_shape)} and {to_text(dims)} are "
            "incompatible: known dimensions must be equal."
        )
    return ensure_shape_op(x, shape=dims, name=name)


@export("broadcast_static_shape")
def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """Return the static shape that two static shapes broadcast to.

    Raises:
        ValueError: They do not broadcast.
    """
    x, y = TensorShape(shape_x), TensorShape(shape_y)
    try:
        return TensorShape.of(broadcast(x._dims, y._dims))
    except ValueError:
        raise ValueError(
            f"Incompatible shapes for broadcasting. Two shapes are compatible if for "
            f"each dimension pair they are either equal or one of them is 1. Received: "
            f"{x} and {y}."
        ) from None


class BroadcastArgs(Op):
    """The shape that two shapes, given as vectors, broadcast to."""

    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True

    def kernel(self, x: Any, y: Any) -> Any:
        shapes = [tuple(int(d) for d in np.asarray(s)) for s in (x, y)]
        try:
            dims = broadcast(*shapes)
        except ValueError:
            raise errors.invalid(
                "BroadcastArgs",
                f"Incompatible shapes: {to_brackets(shapes[0])} vs. "
                f"{to_brackets(shapes[1])}",
            ) from None
        return np.array(dims, np.asarray(x).dtype)

    def infer(self, x: TensorSpec, y: TensorSpec) -> TensorSpec:
        if None in (x.dims, y.dims):
            return TensorSpec.of((None,), x.dtype)
        lengths = (x.dims or (None,))[0], (y.dims or (None,))[0]
        longest = None if None in lengths else max(n for n in lengths if n is not None)
        return TensorSpec.of((longest,), x.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([2, 1], np.int32), np.array([3], np.int32))


broadcast_args = register(BroadcastArgs)


@export("broadcast_dynamic_shape")
@takes_composites
def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """Return the shape that two shapes, given as vectors, broadcast to, as a vector.

    Raises:
        InvalidArgumentError: They do not broadcast.
    """
    x = convert(shape_x, hint=dtypes.int32)
    y = convert(shape_y, x.dtype)
    return broadcast_args(x, y)


@export("get_static_value")
def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """Return a tensor's value as NumPy if it is known before anything runs, else None.

    Args:
        tensor: An eager tensor, whose value is always known, or a symbolic one.
        partial: Give a list with None for unknown elements, rather than None.
    """
    if type(tensor) is EagerTensor:
        return tensor.numpy()
    if not isinstance(tensor, Tensor):
        return None if hasattr(tensor, "read_for_op") else tensor
    known = tensor.static_vector() if hasattr(tensor, "static_vector") else None
    is_vector = isinstance(known, tuple)
    if known is None or (is_vector and None in known):
        if hasattr(tensor, "static_array"):
            array = tensor.static_array(partial)
            if array is not None:
                return np.array(array)
        parts = list(known) if isinstance(known, tuple) else []
        return parts if partial and any(k is not None for k in parts) else None
    dtype = tensor.dtype.as_numpy_dtype
    return np.array(known, dtype) if is_vector else dtype(known)


@export("type_spec_from_value")
def type_spec_from_value(value: Any) -> Any:
    """Return the spec that describes a value: a tensor, composite, array or number.

    Raises:
        TypeError: It can be no tensor.
    """
    if hasattr(value, "_type_spec"):
        return value._type_spec
    try:
        return TensorSpec.from_tensor(convert(value))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"Could not build a TypeSpec for {value!r} of type {type(value).__name__}"
        ) from error
