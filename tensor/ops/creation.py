"""Tensors of a shape, made from one value: zeros, ones, fill, eye."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.tensor import EagerTensor, Tensor, element
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import (
    as_static_shape,
    cast_,
    concat,
    ones_like,
    pack,
    shape_for,
    shape_op,
    static_value,
    zeros_like,
)
from tensor.ops.number_lines import range_
from tensor.ops.reduce import broadcast_to, reduce_sum

if TYPE_CHECKING:
    from collections.abc import Iterator


class Fill(Op):
    """A scalar, repeated to a shape."""

    keeps_inputs = False

    def kernel(self, value: Any, dims: Any) -> Any:
        value = np.asarray(value)
        if value.size == 1:
            value = value.reshape(())
        if value.shape != ():
            raise errors.invalid(
                "Fill",
                f"value must represent a scalar, got shape {list(value.shape)}",
            )
        filled = np.full(checked_dims(dims, "Fill"), value[()], value.dtype)
        return element(filled[()])

    def infer(self, value: TensorSpec, dims: Any) -> TensorSpec:
        return TensorSpec.of(static_value(dims), value.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return reduce_sum(dz, axis=None, keepdims=False)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        for dims in ((2, 3), (), (0, 2)):
            yield Sample(rng.normal(size=()), dims=dims)


def checked_dims(dims: Any, op_type: str) -> tuple[int, ...]:
    """Return dimensions as a tuple of ints.

    Raises:
        InvalidArgumentError: One is negative.
    """
    result = tuple(int(d) for d in dims)
    for d in result:
        if d < 0:
            raise errors.invalid(
                op_type,
                f"Dimension {d} must be >= 0. {op_type} dimensions must be >= 0",
            )
    return result


fill_op = register(Fill)


def _shape_argument(shape: Any, op_type: str) -> Any:
    """Return a shape as a tuple or symbolic vector, with TensorFlow's errors."""
    if isinstance(shape, Tensor) and type(shape) is not EagerTensor:
        return as_static_shape(shape)
    if isinstance(shape, list | tuple) and all(type(d) is int for d in shape):
        return checked_dims(shape, op_type)
    if isinstance(shape, str | bytes):
        raise TypeError(f"Cannot convert {shape!r} to EagerTensor of dtype int32")
    if isinstance(shape, list | tuple):
        if any(isinstance(d, float) for d in shape):
            raise TypeError(f"Cannot convert {shape!r} to EagerTensor of dtype int32")
        if any(isinstance(d, list | tuple) for d in shape):
            shape = np.array(shape)
    if isinstance(shape, EagerTensor | np.ndarray) and np.ndim(shape) > 1:
        size = ",".join(map(str, np.shape(shape)))
        raise errors.invalid(
            op_type, f"dims must represent a vector, got shape [{size}]"
        )
    result = as_static_shape(shape)
    return result if isinstance(result, Tensor) else checked_dims(result, op_type)


def _filled(value: Any, shape: Any, dtype: Any) -> Any:
    dtype = dtypes.as_dtype(dtype)
    if dtype is dtypes.string:
        if value != 0:
            raise TypeError(f"Cannot convert {value} to EagerTensor of dtype string")
        value = b""
    shape = _shape_argument(shape, "Fill")
    if isinstance(shape, Tensor):
        one = np.full((), value, dtype.numpy_dtype)[()]
        return fill_op(constant_tensor(one), dims=shape)
    if value == 0:
        return constant_tensor(np.zeros(shape, dtype.numpy_dtype)[()])
    return constant_tensor(np.full(shape, value, dtype.numpy_dtype)[()])


@export("zeros")
@takes_composites
def zeros(
    shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None
) -> Any:
    """Return zeros (False for booleans, empty strings) of a shape and dtype.

    Raises:
        InvalidArgumentError: A dimension is negative.
    """
    return _filled(0, shape, dtype)


@export("ones")
@takes_composites
def ones(
    shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None
) -> Any:
    """Return ones (True for booleans) of a shape and dtype.

    Raises:
        InvalidArgumentError: A dimension is negative.
        TypeError: Strings have no one.
    """
    return _filled(1, shape, dtype)


@export("fill")
@takes_composites
def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Any:
    """Return the scalar `value`, repeated to the shape `dims`.

    Raises:
        InvalidArgumentError: A dimension is negative, or `value` is no scalar.
    """
    return fill_op(convert(value), dims=_shape_argument(dims, "Fill"), name=name)


@export("zeros_like")
@takes_composites
def zeros_like_(
    input: Any, dtype: Any = None, name: str | None = None, layout: Any = None
) -> Any:
    """Return zeros of the shape of `input`, and of its dtype unless one is given."""
    return _like(zeros_like, 0, input, dtype, name)


@export("ones_like")
@takes_composites
def ones_like_(
    input: Any, dtype: Any = None, name: str | None = None, layout: Any = None
) -> Any:
    """Return ones of the shape of `input`, and of its dtype unless one is given."""
    return _like(ones_like, 1, input, dtype, name)


def _like(op: Op, value: int, x: Any, dtype: Any, name: str | None) -> Any:
    x = convert(x)
    target = x.dtype if dtype is None else dtypes.as_dtype(dtype)
    if target is dtypes.string:
        if value:
            raise errors.invalid(
                "OnesLike",
                "Value for attr 'T' of string is not in the list of allowed values: "
                "bfloat16, half, float, double, int8, uint8, int16, uint16, int32, "
                "uint32, int64, uint64, complex64, complex128, bool",
            )
        return fill_op(convert(b""), dims=shape_for(x), name=name)
    if target is x.dtype:
        return op(x, name=name)
    number = bool(value) if target.is_bool else value
    return fill_op(convert(number, target), dims=shape_for(x), name=name)


@export("eye", "linalg.eye")
def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Return an identity matrix, or a stack of them.

    Args:
        num_rows: The number of rows.
        num_columns: The number of columns; as many as rows by default.
        batch_shape: The shape of the stack, if any.
        dtype: The dtype of the elements.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A dimension is negative.
        TypeError: One is no integer.
    """
    dtype = dtypes.as_dtype(dtype)
    columns = num_rows if num_columns is None else num_columns
    sizes = (num_rows, columns)
    if any(isinstance(n, Tensor) and type(n) is not EagerTensor for n in sizes):
        column, row = (convert(n, dtypes.int32) for n in sizes)
        matrix = cast_(range_(column)[:, None] == range_(row)[None, :], dtype)
    else:
        for n in sizes:
            if np.ndim(n) or np.asarray(n).dtype.kind not in "iu":
                raise TypeError(
                    "Arguments `num_rows` and `num_columns` must be positive integer "
                    f"values. Received: num_rows={num_rows}, num_columns={columns}"
                )
        shape = checked_dims((int(num_rows), int(columns)), "Fill")
        matrix = constant_tensor(np.eye(*shape, dtype=dtype.numpy_dtype))
    if batch_shape is None:
        return matrix
    batch = _shape_argument(batch_shape, "Fill")
    if isinstance(batch, Tensor):
        whole = concat(batch, shape_op(matrix, out_type=batch.dtype), axis=0)
        return broadcast_to(matrix, shape=whole)
    if None in matrix.static_shape:
        dims = [*batch, *[convert(n, dtypes.int32) for n in sizes]]
        return broadcast_to(matrix, shape=pack(*map(convert, dims), axis=0))
    return broadcast_to(matrix, shape=(*batch, *matrix.static_shape))
