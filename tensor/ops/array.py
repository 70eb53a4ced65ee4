"""Values as they are, or rearranged: identity, cast, shape, reshape, joining, choosing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert, to_array
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import Dims, TensorShape, broadcast, merge, num_elements
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import (
    ANY,
    UnaryElementwise,
    dtype_kind,
    operands,
    shape_of,
    sum_to,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


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


class Cast(Op):
    """The values in another dtype: to integers by truncation, to bool by != 0."""

    kind = "elementwise"
    keeps_inputs = False
    takes_slices = True

    def kernel(self, x: Any, dtype: dtypes.DType) -> Any:
        return (
            x.astype(dtype.numpy_dtype) if hasattr(x, "astype") else to_array(x, dtype)
        )

    def infer(self, x: TensorSpec, dtype: dtypes.DType) -> TensorSpec:
        return TensorSpec.of(x.dims, dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        dtype = call.inputs[0].dtype
        if not isinstance(dtype, dtypes.DType):
            dtype = dtypes.from_numpy(dtype)
        return cast(dz, dtype=dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), dtype=dtypes.float64)


class CastToDiscrete(Cast):
    """The values as integers, booleans or strings, through which no gradient flows."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, dtype: dtypes.DType) -> Any:
        if dtype_kind(x) in "fV" and dtype.is_integer:
            return _saturated(np.asarray(x), dtype)
        return super().kernel(x, dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)) * 10, dtype=dtypes.int32)


def _saturated(x: np.ndarray, dtype: dtypes.DType) -> Any:
    """Convert floating point to integers by the processor's own rule."""
    return x.astype(dtype.numpy_dtype)[()]


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
    """The same elements in row-major order under another shape; one -1 is worked out."""

    names = ("reshape",)
    kind = "view"
    keeps_inputs = False

    def kernel(self, x: Any, shape: Any) -> Any:
        return np.reshape(x, shape)

    def infer(self, x: TensorSpec, shape: Any) -> TensorSpec:
        return TensorSpec.of(_reshaped(x.dims, static_value(shape), self), x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return reshape(dz, shape=shape_for(call.inputs[0]))

    def public(self, tensor: Any, shape: Any, name: str | None = None) -> Any:
        x = convert(tensor)
        target = as_static_shape(shape)
        if type(x) is EagerTensor and isinstance(target, tuple):
            _reshaped(x._array.shape, target, self)  # an error in TensorFlow's words
        return self(x, shape=target, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 3, 4))
        for shape in ((6, 4), (-1,), (2, -1, 2), (24, 1)):
            yield Sample(x, shape=shape)
        yield Sample(rng.normal(size=(0, 3)), shape=(3, 0))


def _reshaped(dims: Dims | None, shape: Any, op: Op) -> Dims | None:
    """Return the static shape after a reshape to `shape`, where None is unknown."""
    if shape is None:
        return None
    shape = tuple(shape)
    if shape.count(-1) > 1:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Only one input size may be -1, got the shape {list(shape)} [Op:Reshape]",
        )
    count = num_elements(dims)
    known = num_elements(tuple(d for d in shape if d != -1))
    if count is None or known is None:
        return tuple(None if d == -1 else d for d in shape)
    if -1 in shape:
        if known == 0 or count % known:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Input to reshape is a tensor with {count} values, but the requested "
                f"shape {list(shape)} requires a multiple of {known} [Op:Reshape]",
            )
        return tuple(count // known if d == -1 else d for d in shape)
    if known != count:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Input to reshape is a tensor with {count} values, but the requested "
            f"shape {list(shape)} has {known} [Op:Reshape]",
        )
    return shape


def as_static_shape(shape: Any) -> Any:
    """Return a shape argument as a tuple of ints, or as a symbolic vector.

    Args:
        shape: A sequence of integers (or symbolic scalars), a TensorShape, or a
            vector as tensor or array.
    """
    if isinstance(shape, EagerTensor) or hasattr(shape, "read_array"):
        return tuple(int(d) for d in np.asarray(shape).reshape(-1))
    if isinstance(shape, Tensor):
        return shape
    if isinstance(shape, TensorShape):
        return tuple(shape.as_list())
    if isinstance(shape, int | np.integer):
        return (int(shape),)
    if any(isinstance(d, Tensor) and type(d) is not EagerTensor for d in shape):
        return pack(*[convert(d, dtypes.int32) for d in shape], axis=0)
    return tuple(int(d) for d in shape)


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


class Pack(Op):
    """Tensors of one shape, stacked along a new axis."""

    keeps_inputs = False

    def kernel(self, *values: Any, axis: int) -> Any:
        return np.stack(values, axis=axis)

    def infer(self, *values: TensorSpec, axis: int) -> TensorSpec:
        dims: Dims | None = values[0].dims
        for v in values[1:]:
            dims = merge(dims, v.dims)
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
        return tuple(np.moveaxis(x, axis, 0)[i] for i in range(num))

    def infer(self, x: TensorSpec, axis: int, num: int) -> Any:
        dims = x.dims
        if dims is not None:
            at = axis % len(dims)
            dims = dims[:at] + dims[at + 1 :]
        return tuple(TensorSpec.of(dims, x.dtype) for _ in range(num))

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
        return np.concatenate(values, axis=axis)

    def infer(self, *values: TensorSpec, axis: int) -> TensorSpec:
        dims = None
        for v in values:
            if v.dims is None:
                continue
            at = axis % len(v.dims)
            rest = (*v.dims[:at], None, *v.dims[at + 1 :])
            dims = rest if dims is None else merge(dims, rest)
        if dims is None:
            return TensorSpec.of(None, values[0].dtype)
        at = axis % len(dims)
        sizes = [None if v.dims is None else v.dims[at] for v in values]
        total = None if None in sizes else sum(s for s in sizes if s is not None)
        return TensorSpec.of((*dims[:at], total, *dims[at + 1 :]), values[0].dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        axis = call.attrs["axis"]
        sizes = [shape_of(x) for x in call.inputs]
        if any(s is None or s[axis] is None for s in sizes):
            return tuple(split_like(dz, *call.inputs, axis=axis))
        return tuple(split(dz, sizes=tuple(s[axis] for s in sizes if s), axis=axis))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), axis=0)
        yield Sample(rng.normal(size=(2, 0)), rng.normal(size=(2, 3)), axis=-1)


class Split(Op):
    """Pieces of the given sizes along an axis."""

    type_name = "SplitV"
    keeps_inputs = False

    def kernel(self, x: Any, sizes: tuple[int, ...], axis: int) -> Any:
        return tuple(np.split(x, np.cumsum(sizes[:-1]), axis=axis))

    def infer(self, x: TensorSpec, sizes: tuple[int, ...], axis: int) -> Any:
        def piece(size: int) -> Dims | None:
            if x.dims is None:
                return None
            at = axis % len(x.dims)
            return (*x.dims[:at], size, *x.dims[at + 1 :])

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
        return split.kernel(x, tuple(np.shape(v)[axis] for v in like), axis)

    def infer(self, x: TensorSpec, *like: TensorSpec, axis: int) -> Any:
        return tuple(TensorSpec.of(v.dims, x.dtype) for v in like)

    def gradient(self, call: Any, *dz: Any) -> Any:
        nothing = (None,) * (len(call.inputs) - 1)
        return (concat(*dz, axis=call.attrs["axis"]), *nothing)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(5, 2))
        yield Sample(x, np.zeros((2, 2)), np.zeros((3, 2)), axis=0)


identity = register(Identity)
read_variable = register(ReadVariable)
stop_gradient = register(StopGradient)
zeros_like = register(ZerosLike)
ones_like = register(OnesLike)
cast = register(Cast)
cast_to_discrete = register(CastToDiscrete)
shape_op = register(Shape)
reshape = register(Reshape)
where = register(Where)
pack = register(Pack)
unpack = register(Unpack)
concat = register(Concat)
split = register(Split)
split_like = register(SplitLike)


@export("cast")
def cast_(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Convert `x` to another dtype.

    Floating point to integer truncates towards zero; complex to real drops the
    imaginary part. Gradients flow between floating point and complex dtypes.

    Raises:
        InvalidArgumentError: Strings have no numeric value; see tf.strings.to_number.
    """
    target = dtypes.as_dtype(dtype)
    x = convert(x)
    if x.dtype is target:
        return x
    if (x.dtype is dtypes.string) != (target is dtypes.string):
        raise errors.because(
            errors.UnimplementedError,
            f"Cast {x.dtype.name} to {target.name} is not supported: use "
            "tf.strings.to_number or tf.strings.as_string. [Op:Cast]",
        )
    op = cast if target.is_differentiable else cast_to_discrete
    return op(x, dtype=target, name=name)


@export("shape")
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
    elif shape is None:
        return convert(value, wanted)
    else:
        array = convert_eagerly(value, wanted)
    dims = tuple(TensorShape(shape).as_list())
    count = num_elements(dims)
    if np.size(array) == count:
        return constant_tensor(np.reshape(array, dims))
    if np.size(array) == 1:
        return constant_tensor(np.full(dims, np.reshape(array, ()), array.dtype))
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


@export("concat")
def concat_(values: Any, axis: Any, name: str = "concat") -> Any:
    """Join tensors along an existing axis.

    Raises:
        InvalidArgumentError: Ranks or other dimensions differ, or `axis` is out of
            range.
    """
    if isinstance(values, Tensor):
        values = [values]
    values = _same_dtype(concat, values)
    if len(values) == 1:
        return identity(values[0], name=name)
    axis = int(axis)
    rank = values[0].ndim
    if rank is not None and not -rank <= axis < rank:
        raise errors.because(
            errors.InvalidArgumentError,
            "ConcatOp : Expected concatenating dimensions in the range "
            f"[{-rank}, {rank}), but got {axis} [Op:ConcatV2]",
        )
    return concat(*values, axis=axis, name=name)


@export("stack")
def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    """Stack tensors of one shape along a new axis.

    Raises:
        ValueError: `axis` is out of range.
        InvalidArgumentError: Shapes or dtypes differ.
    """
    values = _same_dtype(pack, values)
    rank = values[0].ndim
    if rank is not None and not -(rank + 1) <= axis <= rank:
        raise ValueError(
            f"Argument `axis` = {axis} not in range [{-(rank + 1)}, {rank + 1})"
        )
    return pack(*values, axis=int(axis), name=name)


@export("unstack")
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
    values = list(values)
    if not values:
        raise ValueError(f"{op.type_name}: expected at least one tensor, got none.")
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
