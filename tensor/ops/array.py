"""What all others build on: identity, zeros, shape, reshape, where, constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert, to_array
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import (
    Dims,
    TensorShape,
    broadcast,
    num_elements,
    to_brackets,
)
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.casting import cast as cast, cast_ as cast_
from tensor.ops.families import (
    ANY,
    UnaryElementwise,
    shape_of,
    sum_to,
)
from tensor.ops.joining import (
    concat as concat,
    pack as pack,
    split as split,
    unpack as unpack,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# What NumPy allows.
_MOST_DIMENSIONS = 64


class Identity(UnaryElementwise):
    """The same value, as a new tensor."""

    names = ("identity",)
    allows = ANY
    kind = "view"
    accepts_out = False
    keeps_inputs = False
    takes_slices = True

    def kernel(self, x: Any) -> Any:
        return x

    def gradient(self, call: Any, dz: Any) -> Any:
        return dz

    def public(self, input: Any, name: str | None = None) -> Any:
        return self(convert(input), name=name)


class ReadVariable(Identity):
    """The value of a variable at this moment."""

    type_name = "ReadVariableOp"
    names = ()


class StopGradient(Identity):
    """The same value, through which no gradient flows."""

    names = ("stop_gradient",)
    gradient = NON_DIFFERENTIABLE

    def public(self, input: Any, name: str | None = None) -> Any:  # TF's
        return self(convert(input), name=name)


class ZerosLike(UnaryElementwise):
    """Zeros of the shape and dtype of x."""

    allows = ANY
    accepts_out = False
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any) -> Any:
        return np.zeros(x.shape, x.dtype)[()]


class OnesLike(UnaryElementwise):
    """Ones of the shape and dtype of x."""

    allows = ANY
    accepts_out = False
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any) -> Any:
        return np.ones(x.shape, x.dtype)[()]


class Shape(Op):
    """The shape of x as a vector of integers."""

    gradient = NON_DIFFERENTIABLE
    keeps_inputs = False

    def kernel(self, x: Any, out_type: dtypes.DType) -> Any:
        return np.array(np.shape(x), out_type.numpy_dtype)

    def infer(self, x: TensorSpec, out_type: dtypes.DType) -> TensorSpec:
        return TensorSpec.of((x.rank,), out_type)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), out_type=dtypes.int32)


class Reshape(Op):
    """The same elements in row-major order under another shape; -1 is worked out."""

    names = ("reshape",)
    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, shape: Any) -> Any:
        if np.size(x) == 0 and -1 in shape:
            shape = _reshaped(np.shape(x), [int(d) for d in shape], self)
        return np.reshape(x, shape)

    def infer(self, x: TensorSpec, shape: Any) -> TensorSpec:
        return TensorSpec.of(_reshaped(x.dims, static_value(shape), self), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return reshape(dz, shape=shape_for(call.inputs[0]))

    def public(self, tensor: Any, shape: Any, name: str | None = None) -> Any:
        x = convert(tensor)
        target = as_static_shape(shape)
        if type(x) is EagerTensor and isinstance(target, tuple):
            # Errors in TensorFlow's words, and -1 where there are no elements.
            target = _reshaped(x._array.shape, target, self)
        return self(x, shape=target, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        for shape in ((6, 4), (-1,), (2, -1, 2), (24, 1)):
            yield Sample(x, shape=shape)
        yield Sample(rng.normal(size=(0, 3)), shape=(3, 0))


def _reshaped(dims: Dims | None, shape: Any, op: Op) -> Dims | None:
    """Return the static shape after a reshape to `shape`, where None is unknown.

    Raises:
        InvalidArgumentError: The numbers of elements differ.
    """
    if shape is None:
        return None
    shape = tuple(shape)
    _check_sizes(shape)
    count = num_elements(dims)
    known = num_elements(tuple(d for d in shape if d != -1))
    if count is None or known is None or dims is None:
        return tuple(None if d == -1 else d for d in shape)
    if -1 in shape:
        if known == 0:
            # Nothing goes into anything: TensorFlow looks at the sizes that are not 0.
            known = num_elements(tuple(d for d in shape if d not in (0, -1))) or 1
            missing = (num_elements(tuple(d for d in dims if d)) or 1) // known
            return tuple(missing if d == -1 else d for d in shape)
        if count % known:
            raise _cannot_reshape(count, shape, f"requires a multiple of {known}")
        return tuple(count // known if d == -1 else d for d in shape)
    if known != count:
        raise _cannot_reshape(count, shape, f"has {known}")
    return shape


def _cannot_reshape(count: int, shape: tuple[int, ...], needed: str) -> errors.OpError:
    """Return the error for a shape of another number of elements."""
    size = num_elements(shape)
    return errors.invalid(
        "Reshape",
        f"Input to reshape is a tensor with {count} values, but the requested shape "
        f"{needed}. Cannot reshape a tensor with {count} elements to shape "
        f"{to_brackets(shape)} ({size} elements)",
    )


def _check_sizes(shape: tuple[Any, ...]) -> None:
    """Check that sizes are not negative but for one -1.

    Raises:
        InvalidArgumentError: They are, or they are too many.
    """
    if len(shape) > _MOST_DIMENSIONS:
        raise errors.invalid(
            "Reshape",
            f"too many dimensions: {len(shape)}, and NumPy has {_MOST_DIMENSIONS} at "
            "most",
        )
    unknown = [i for i, d in enumerate(shape) if d == -1]
    if len(unknown) > 1:
        raise errors.invalid(
            "Reshape",
            f"Only one input size may be -1, not both {unknown[0]} and {unknown[1]}",
        )
    for i, d in enumerate(shape):
        if d is not None and d < -1:
            raise errors.invalid("Reshape", f"Size {i} must be non-negative, not {d}")


def as_static_shape(shape: Any) -> Any:
    """Return a shape argument as a tuple of ints, or as a symbolic vector.

    Args:
        shape: A sequence of integers (or symbolic scalars), a TensorShape, or a
            vector as tensor or array.

    Raises:
        InvalidArgumentError: It is no vector of integers.
        ValueError: It is a TensorShape with unknown dimensions.
    """
    if isinstance(shape, list | tuple) and all(type(d) is int for d in shape):
        return tuple(shape)
    if is_symbolic(shape):
        return shape if shape.ndim != 0 else reshape(shape, shape=(1,))
    if isinstance(shape, int | np.integer):
        return (int(shape),)
    if isinstance(shape, TensorShape):
        return tuple(to_array(shape, dtypes.int64).tolist())
    if isinstance(shape, list | tuple):
        symbolic = [d.dtype for d in shape if is_symbolic(d)]
        if symbolic:
            dtype = dtypes.int64 if dtypes.int64 in symbolic else symbolic[0]
            return pack(*[convert(d, dtype) for d in shape], axis=0)
        if all(hasattr(d, "__index__") for d in shape):
            return tuple(d.__index__() for d in shape)
    return _shape_vector(shape)


def _shape_vector(shape: Any) -> tuple[int, ...]:
    """Return a shape given as a tensor, an array or another vector."""
    given = convert(shape, hint=dtypes.int32)
    if not given.dtype.is_integer:
        raise errors.invalid(
            "Reshape",
            f"Value for attr 'Tshape' of {dtypes.short_name(given.dtype)} is not in "
            "the list of allowed values: int32, int64",
        )
    array = np.asarray(given)
    if array.ndim > 1:
        raise errors.invalid(
            "Reshape", f"sizes input must be 1-D, not {to_brackets(array.shape)}"
        )
    return tuple(int(d) for d in array.reshape(-1))


def static_value(shape: Any) -> Any:
    """Return what is known of a shape parameter: a tuple with None, or None.

    A symbolic vector may know parts of its value (`static_vector`), as when it was
    packed from constants and `tf.shape(x)[0]`.
    """
    if isinstance(shape, Tensor):
        return getattr(shape, "static_vector", lambda: None)()
    return tuple(shape)


def shape_for(x: Any) -> Any:
    """Return the shape of `x` as a shape parameter: a tuple, or a symbolic vector."""
    shape = shape_of(x)
    if shape is None or None in shape:
        return shape_op(x, out_type=dtypes.int32)
    return shape


class Where(Op):
    """Elements of x where the condition holds, of y elsewhere; all three broadcast."""

    type_name = "SelectV2"
    kind = "elementwise"
    keeps_inputs = (0,)

    def kernel(self, condition: Any, x: Any, y: Any) -> Any:
        return np.where(condition, x, y)[()]

    def infer(self, condition: TensorSpec, x: TensorSpec, y: TensorSpec) -> TensorSpec:
        return TensorSpec.of(broadcast(condition.dims, x.dims, y.dims), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        condition, x, y = call.inputs
        zeros = zeros_like(dz)
        return (
            None,
            sum_to(where(condition, dz, zeros), x) if call.wants[1] else None,
            sum_to(where(condition, zeros, dz), y) if call.wants[2] else None,
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        condition = rng.normal(size=(2, 3)) > 0
        yield Sample(condition, rng.normal(size=(2, 3)), rng.normal(size=(3,)))
        yield Sample(np.bool_(True), rng.normal(size=(2,)), rng.normal(size=(1,)))


identity = register(Identity)
read_variable = register(ReadVariable)
stop_gradient = register(StopGradient)
zeros_like = register(ZerosLike)
ones_like = register(OnesLike)
shape_op = register(Shape)
reshape = register(Reshape)
where = register(Where)


@export("shape")
@takes_composites
def shape(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """Return the shape of a tensor as a vector, int32 unless `out_type` says int64."""
    out_type = dtypes.int32 if out_type is None else dtypes.as_dtype(out_type)
    return shape_op(convert(input), out_type=out_type, name=name)


@export("constant")
def constant(
    value: Any, dtype: Any = None, shape: Any = None, name: str = "Const"
) -> Any:
    """Create a constant tensor from a Python or NumPy value.

    Args:
        value: A number, string, nested sequence, array or eager tensor.
        dtype: The dtype to have.
        shape: The shape to have; a value with one element is repeated.
        name: A name for the node, in a graph.

    Raises:
        TypeError: The value does not fit `dtype` or `shape`.
        ValueError: The value cannot be a tensor.
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(value, Tensor):
        if type(value) is not EagerTensor:
            raise NotImplementedError(
                f"tf.constant takes values, not symbolic tensors: {value!r}. Use "
                "tf.identity."
            )
        if wanted is not None and value.dtype is not wanted:
            raise TypeError(
                f"Expected tensor {value} with dtype {wanted!r}, but got dtype "
                f"{value.dtype!r}."
            )
        if shape is None:
            return value
        array = value._array
    elif shape is None and name == "Const":
        return convert(value, wanted)
    else:
        array = convert_eagerly(value, wanted)
    if shape is None:
        return constant_tensor(array, name)
    dims: Any = tuple(TensorShape(shape).as_list())
    count = num_elements(dims)
    if np.size(array) == count:
        return constant_tensor(np.reshape(array, dims), name)
    if np.size(array) == 1:
        repeated = np.full(dims, np.reshape(array, ()), array.dtype)
        return constant_tensor(repeated, name)
    raise TypeError(
        f"Eager execution of tf.constant with unsupported shape. Tensor {value!r} "
        f"(converted from {value!r}) has {np.size(array)} elements, but got `shape` "
        f"{TensorShape(dims)} with {count} elements."
    )


def convert_eagerly(value: Any, dtype: dtypes.DType | None) -> Any:
    """Return a Python or NumPy value, which may hold eager tensors, as an array."""
    if isinstance(value, list | tuple):
        value = [v.numpy() if isinstance(v, EagerTensor) else v for v in value]
    return to_array(value, dtype)
