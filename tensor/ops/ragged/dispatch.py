"""What ops do with ragged arguments.

Elementwise ops work on the flat values and keep the rows; reductions work per row. The
public function of an op that meets a ragged argument calls `dispatched`.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from tensor.core import api_dispatch, composites, dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.registry import get_op
from tensor.core.shapes import TensorShape, to_brackets
from tensor.core.tensor import Tensor
from tensor.ops.array import as_static_shape, reshape, shape as shape_
from tensor.ops.families import BinaryElementwise, Reduction, UnaryElementwise
from tensor.ops.gather import gather
from tensor.ops.joining import concat as concat_arrays
from tensor.ops.ragged.broadcasting import brought_together
from tensor.ops.ragged.partitions import (
    dense_places,
    rows_at,
    rows_one_after_another,
    rows_side_by_side,
)
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.ragged.reductions import (
    axis_of,
    reduce_logsumexp,
    reduce_ragged,
    reduce_std,
    reduce_variance,
)


def dispatched(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply a public function that was given ragged arguments.

    Raises:
        TypeError: It takes none.
    """
    handler = HANDLERS.get(function.__name__.strip("_"))
    if handler is not None:
        return handler(*args, **kwargs)
    if isinstance(getattr(function, "op", None), Reduction):
        return reduce_ragged(function, *args, **kwargs)
    count = _operand_count(function)
    if count:
        bound = api_dispatch.signature_of(function).bind(*args, **kwargs).arguments
        operands = [bound.pop(name) for name in list(bound)[:count]]
        return elementwise(functools.partial(function, **bound), operands)
    raise TypeError(
        f"tf.{function.__name__.strip('_')} takes no RaggedTensor. Apply it to "
        "`.flat_values`, to the rows by tf.map_fn, or convert by `.to_tensor()`."
    )


# Elementwise for ragged arguments, though not for users' types: how many operands.
_ELEMENTWISE = {"bias_add": 1, "bitcast": 1, "dropout": 1}


def _operand_count(function: Any) -> int:
    """Return how many operands an elementwise function has, 0 if it is none."""
    op = getattr(function, "op", None)
    if isinstance(op, BinaryElementwise):
        return 2
    if isinstance(op, UnaryElementwise):
        return 1
    own = _ELEMENTWISE.get(function.__name__, 0)
    return own or api_dispatch.operands_of_elementwise(function)


def elementwise(function: Any, operands: Any) -> RaggedTensor:
    """Apply a function to the flat values of operands with common rows."""
    flat, like = brought_together(operands)
    return like.with_flat_values(function(*flat))


# ---- joining and taking apart


def concat(values: Any, axis: Any, name: Any = None) -> Any:
    """Join ragged tensors and tensors along an axis.

    Raises:
        ValueError: They differ in rank.
    """
    values = [v if hasattr(v, "shape") else convert(v) for v in values]
    rank = len(values[0].shape)
    axis = axis_of(axis, rank)
    for v in values:
        v.shape.assert_has_rank(rank)
    if not any(isinstance(v, RaggedTensor) for v in values):
        return concat_arrays(*values, axis=axis)
    rows = [_as_ragged(v) for v in values]
    splits = [r.row_splits for r in rows]
    if axis == 0:
        parts = [r.values for r in rows]
        return RaggedTensor(concat(parts, 0), rows_one_after_another(*splits))
    if axis > 1:
        return rows[0].with_values(concat([r.values for r in rows], axis - 1))
    whole = concat([r.values for r in rows], 0)
    picked, ends = rows_side_by_side(*splits)
    return RaggedTensor(take(whole, picked), ends)


def _as_ragged(value: Any) -> RaggedTensor:
    if isinstance(value, RaggedTensor):
        return value
    result: RaggedTensor = RaggedTensor.from_tensor(convert(value))
    return result


def take(x: Any, indices: Any, axis: int = 0) -> Any:
    """Return the rows of a tensor or ragged tensor at `indices`, a vector."""
    if not isinstance(x, RaggedTensor):
        return gather(x, indices, axis=axis, batch_dims=0)
    positions, splits = rows_at(x.row_splits, indices)
    return RaggedTensor(take(x.values, positions), splits)


def gather_rows(params: Any, indices: Any, *rest: Any, **kwargs: Any) -> Any:
    """Return rows at indices of which either may be ragged."""
    if isinstance(indices, RaggedTensor):
        return indices.with_flat_values(take(params, indices.flat_values))
    index = convert(indices, hint=dtypes.int32)
    if index.ndim == 0:
        return params[index]
    found = take(params, reshape(index, shape=(-1,)))
    if index.ndim == 1:
        return found
    return RaggedTensor.from_uniform_row_length(found, index.static_shape[1])


def stack(values: Any, axis: int = 0, name: Any = None) -> Any:
    """Stack ragged tensors along a new axis."""
    rows = [v if isinstance(v, RaggedTensor) else convert(v) for v in values]
    return concat([expand_dims(_as_ragged(r), axis) for r in rows], axis)


def expand_dims(input: Any, axis: Any, name: Any = None) -> Any:
    """Return a tensor or ragged tensor with an axis of size 1 added."""
    x = input if isinstance(input, RaggedTensor) else convert(input)
    rank = len(x.shape)
    at = axis_of(axis, rank + 1)
    if not isinstance(x, RaggedTensor):
        return get_op("ExpandDims")(x, axis=at)
    if at == 0:
        return RaggedTensor.from_uniform_row_length(x, _rows_of(x), nrows=1)
    if at == 1:
        return RaggedTensor.from_uniform_row_length(x, 1, nrows=_rows_of(x))
    return x.with_values(expand_dims(x.values, at - 1))


def _rows_of(x: RaggedTensor) -> Any:
    """Return the number of rows, as an int if it is known."""
    known = x.shape[0]
    return x.nrows() if known is None else known


def to_tensor(x: RaggedTensor, default_value: Any, shape: Any) -> Any:
    """Return rows filled up to a tensor; see `RaggedTensor.to_tensor`."""
    flat = x.flat_values
    _check_filling(x, default_value, shape)
    places = dense_places(*x.nested_row_splits, shape=_wanted(shape, x))
    if default_value is None:
        default_value = {"string": b"", "bool": False}.get(flat.dtype.name, 0)
    value = convert(default_value, flat.dtype)
    inner = flat.static_shape[1:]
    sizes = (1, *inner)
    if None in inner:
        sizes = concat_arrays(convert([1]), shape_(flat)[1:], axis=0)
    filler = get_op("BroadcastTo")(value, shape=sizes)
    # One more row at the end stands for what is missing.
    padded = concat_arrays(flat, filler, axis=0)
    return gather(padded, places, axis=0, batch_dims=0)


def _check_filling(x: RaggedTensor, default_value: Any, shape: Any) -> None:
    """Check that rows can be filled up to a shape with a value.

    Raises:
        InvalidArgumentError: The shape has another rank or other inner dimensions, or
            the value those of no inner value.
    """
    inner = x.flat_values.shape[1:]
    if isinstance(shape, TensorShape | list | tuple):
        wanted = TensorShape([None if d in (None, -1) else d for d in shape])
        both = f"rt_input.shape and shape={to_brackets(tuple(wanted))}"
        if wanted.rank != x.shape.rank:
            raise errors.invalid(
                "RaggedTensorToTensor",
                f"{both} are incompatible: rt_input.rank = {x.shape.rank} but "
                f"shape.rank = {wanted.rank}",
            )
        if not inner.is_compatible_with(wanted[x.ragged_rank + 1 :]):
            raise errors.invalid(
                "RaggedTensorToTensor",
                f"{both} are incompatible: the inner dimensions are {inner}",
            )
    given = () if default_value is None else convert(default_value).static_shape
    if given and (len(given) > len(inner) or given != tuple(inner)[-len(given) :]):
        raise errors.invalid(
            "RaggedTensorToTensor",
            f"default_value.shape={list(given)} and rt_input.flat_values.shape="
            f"{x.flat_values.shape} are incompatible: default_value must broadcast to "
            f"values of shape {inner}",
        )


def _wanted(shape: Any, x: RaggedTensor) -> Any:
    """Return the sizes asked of a tensor to be filled, negative where they are not."""
    levels = x.ragged_rank + 1
    if shape is None:
        uniform = x.shape.as_list()[1:levels]
        return (-1, *[-1 if d is None else d for d in uniform])
    if isinstance(shape, Tensor):
        symbolic: Any = shape
        return as_static_shape(symbolic[:levels])
    given = shape.as_list() if hasattr(shape, "as_list") else list(shape)
    return tuple([-1 if d is None else int(d) for d in given[:levels]])


_ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")


def _attach_operators() -> None:
    def binary(function: Any) -> tuple[Any, Any]:
        def forward(self: Any, other: Any) -> Any:
            return elementwise(function, (self, other))

        def reflected(self: Any, other: Any) -> Any:
            return elementwise(function, (other, self))

        return forward, reflected

    for name in (*_ARITHMETIC, "and_", "or_", "xor"):
        forward, reflected = binary(getattr(operator, name))
        setattr(RaggedTensor, f"__{name.strip('_')}__", forward)
        setattr(RaggedTensor, f"__r{name.strip('_')}__", reflected)
    for name in ("lt", "le", "gt", "ge"):
        setattr(RaggedTensor, f"__{name}__", binary(getattr(operator, name))[0])
    for name in ("neg", "abs", "invert"):
        function = getattr(operator, name)

        def unary(self: Any, function: Any = function) -> Any:
            return self.with_flat_values(function(self.flat_values))

        setattr(RaggedTensor, f"__{name}__", unary)
    for name, otherwise in (("eq", False), ("ne", True)):
        setattr(RaggedTensor, f"__{name}__", _equality(name, otherwise))


def _equality(name: str, otherwise: bool) -> Any:
    """Return the method of `==` or `!=`, which has an answer for everything."""
    function = getattr(operator, name)

    def compare(self: Any, other: Any) -> Any:
        if other is None:
            return otherwise
        try:
            return elementwise(function, (self, other))
        except (TypeError, ValueError):
            return otherwise  # what has other rows, or is no tensor, is not equal

    return compare


def _size(input: Any, out_type: Any = None, name: Any = None) -> Any:
    return get_op("Size")(input.flat_values, out_type=composites.int_dtype(out_type))


def _rank(input: Any, name: Any = None) -> Any:
    return constant_tensor(np.int32(input.shape.rank))


def _add_n(inputs: Any, name: Any = None) -> Any:
    return functools.reduce(operator.add, inputs)


def _scalar_mul(scalar: Any, x: Any, name: Any = None) -> Any:
    return scalar * x


def _same(input: Any, name: Any = None) -> Any:
    return input


HANDLERS: dict[str, Any] = {
    "concat": concat,
    "stack": stack,
    "expand_dims": expand_dims,
    "size": _size,
    "rank": _rank,
    "identity": _same,
    "add_n": _add_n,
    "scalar_mul": _scalar_mul,
    "reduce_variance": reduce_variance,
    "reduce_std": reduce_std,
    "reduce_logsumexp": reduce_logsumexp,
}

_attach_operators()
composites.handlers.append((RaggedTensor, dispatched))
