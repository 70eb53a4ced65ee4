"""What ops do with ragged arguments.

Elementwise ops work on the flat values and keep the rows; reductions work per row. The
public function of an op that meets a ragged argument calls `dispatched`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tensor.core import composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.registry import get_op
from tensor.ops.array import cast_, reshape
from tensor.ops.families import BinaryElementwise, Reduction, UnaryElementwise
from tensor.ops.gather import gather
from tensor.ops.joining import concat as concat_arrays
from tensor.ops.ragged.construction import check_same_rows
from tensor.ops.ragged.ragged_tensor import RaggedTensor


def dispatched(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply a public function that was given ragged arguments.

    Raises:
        TypeError: It takes none.
    """
    op = getattr(function, "op", None)
    handler = _HANDLERS.get(function.__name__)
    if handler is not None:
        return handler(*args, **kwargs)
    if isinstance(op, Reduction):
        return _reduce(function, *args, **kwargs)
    if isinstance(op, UnaryElementwise | BinaryElementwise) or (
        function.__name__ in _ELEMENTWISE
    ):
        return _elementwise(function, args, kwargs)
    raise TypeError(
        f"tf.{function.__name__} takes no RaggedTensor. Apply it to `.flat_values`, "
        "to the rows by tf.map_fn, or convert by `.to_tensor()`."
    )


_ELEMENTWISE = frozenset(
    (
        "cast_",
        "cast",
        "zeros_like_",
        "ones_like_",
        "where_",
        "clip_by_value",
        "as_string",
    )
)


def _elementwise(function: Any, args: Any, kwargs: Any) -> Any:
    ragged = [a for a in args if isinstance(a, RaggedTensor)]
    deepest = max(ragged, key=lambda r: r.ragged_rank)
    arguments = [_fitted(a, deepest) for a in args]
    check_same_rows([a for a in arguments if isinstance(a, RaggedTensor)])
    flat = [a.flat_values if isinstance(a, RaggedTensor) else a for a in arguments]
    return deepest.with_flat_values(function(*flat, **kwargs))


def _fitted(value: Any, like: RaggedTensor) -> Any:
    """Return an argument that broadcasts to the rows of `like`, repeated like them."""
    if isinstance(value, RaggedTensor) or not hasattr(value, "static_shape"):
        if not isinstance(value, list | np.ndarray):
            return value
        value = convert(value)
    shape = value.static_shape
    if len(shape) < 2 or shape[1] != 1 or shape[0] != len(like):
        return value
    # One value per row, repeated along it.
    rows = reshape(value, shape=(shape[0], *shape[2:]))
    ids = like.value_rowids()
    return like.with_values(gather(rows, ids, axis=0, batch_dims=0))


def _reduce(function: Any, input_tensor: Any, axis: Any = None, **kwargs: Any) -> Any:
    x = input_tensor
    if axis is None:
        return function(x.flat_values, None, **kwargs)
    axes = sorted(
        {a % x.shape.rank for a in np.asarray(axis).reshape(-1).tolist()}, reverse=True
    )
    for a in axes:
        x = _reduce_axis(function, x, a, kwargs)
    return x


def _reduce_axis(function: Any, x: Any, axis: int, kwargs: Any) -> Any:
    if not isinstance(x, RaggedTensor):
        return function(x, axis, **kwargs)
    if axis > 1:
        return x.with_values(_reduce_axis(function, x.values, axis - 1, kwargs))
    if isinstance(x.values, RaggedTensor):
        raise NotImplementedError(
            "Reducing rows whose elements are ragged rows themselves: reduce the inner "
            "axis first."
        )
    name = function.op.type_name
    if axis == 1:
        ids, count = x.value_rowids(), len(x)
        if kwargs.get("keepdims"):
            result = _segments(name, x.values, ids, count)
            return get_op("ExpandDims")(result, axis=1)
        return _segments(name, x.values, ids, count)
    columns = [np.arange(n) for n in np.asarray(x.row_lengths())]
    flat = np.concatenate([*columns, np.zeros(0, np.int64)]).astype(np.int64)
    width = int(flat.max()) + 1 if flat.size else 0
    return _segments(name, x.values, constant_tensor(flat), width)


def _segments(name: str, values: Any, ids: Any, count: int) -> Any:
    """Return a reduction of the values of each segment."""
    if name in ("All", "Any"):
        kind = "UnsortedSegmentMin" if name == "All" else "UnsortedSegmentMax"
        numbers = cast_(values, "int32")
        return cast_(get_op(kind)(numbers, ids, num_segments=count) > 0, "bool")
    if name == "Mean":
        total = get_op("UnsortedSegmentSum")(values, ids, num_segments=count)
        sizes = np.bincount(np.asarray(ids), minlength=count)
        shape = (count,) + (1,) * (len(total.static_shape) - 1)
        divisor = convert(sizes.reshape(shape).astype(values.dtype.numpy_dtype))
        return total / divisor
    return get_op(f"UnsortedSegment{name}")(values, ids, num_segments=count)


# ---- joining and taking apart


def concat(values: Any, axis: Any, name: Any = None) -> Any:
    """Join ragged tensors and tensors along an axis."""
    values = [v if hasattr(v, "shape") else convert(v) for v in values]
    rank = max(len(v.shape) for v in values)
    axis = int(axis) % rank
    if not any(isinstance(v, RaggedTensor) for v in values):
        return concat_arrays(*values, axis=axis)
    rows = [_as_ragged(v) for v in values]
    if axis == 0:
        parts = [r.values for r in rows]
        lengths = [np.asarray(r.row_lengths()) for r in rows]
        return RaggedTensor.from_row_lengths(concat(parts, 0), np.concatenate(lengths))
    if axis > 1:
        return rows[0].with_values(concat([r.values for r in rows], axis - 1))
    # Row i of the result is row i of each input, one after the other.
    whole = concat([r.values for r in rows], 0)
    starts = np.cumsum([0, *[_length(r.values) for r in rows]])
    index = []
    for i in range(len(rows[0])):
        for start, r in zip(starts, rows, strict=False):
            splits = np.asarray(r.row_splits)
            index.append(start + np.arange(splits[i], splits[i + 1]))
    picked = constant_tensor(
        np.concatenate([*index, np.zeros(0, np.int64)]).astype(int)
    )
    lengths = sum(np.asarray(r.row_lengths()) for r in rows)
    return RaggedTensor.from_row_lengths(take(whole, picked), lengths)


def _length(x: Any) -> int:
    return len(x) if isinstance(x, RaggedTensor) else x.static_shape[0]


def _as_ragged(value: Any) -> RaggedTensor:
    if isinstance(value, RaggedTensor):
        return value
    result: RaggedTensor = RaggedTensor.from_tensor(convert(value))
    return result


def take(x: Any, indices: Any, axis: int = 0) -> Any:
    """Return the rows of a tensor or ragged tensor at `indices`, a vector."""
    if not isinstance(x, RaggedTensor):
        return gather(x, indices, axis=axis, batch_dims=0)
    index = np.asarray(indices)
    splits = np.asarray(x.row_splits)
    cells = [np.arange(splits[i], splits[i + 1]) for i in index]
    flat = np.concatenate([*cells, np.zeros(0, np.int64)]).astype(np.int64)
    lengths = np.diff(splits)[index]
    return RaggedTensor.from_row_lengths(take(x.values, constant_tensor(flat)), lengths)


def gather_rows(params: Any, indices: Any, *rest: Any, **kwargs: Any) -> Any:
    """Return rows at indices of which either may be ragged."""
    if isinstance(indices, RaggedTensor):
        return indices.with_flat_values(take(params, indices.flat_values))
    index = convert(indices)
    if index.ndim == 0:
        return params[int(index)]
    found = take(params, reshape(index, shape=(-1,)))
    if index.ndim == 1:
        return found
    return RaggedTensor.from_uniform_row_length(found, index.static_shape[1])


def stack(values: Any, axis: int = 0, name: Any = None) -> Any:
    """Stack ragged tensors along a new axis."""
    return concat([expand_dims(v, axis) for v in values], axis)


def expand_dims(input: Any, axis: Any, name: Any = None) -> Any:
    """Return a tensor or ragged tensor with an axis of size 1 added."""
    x = input if isinstance(input, RaggedTensor) else convert(input)
    rank = len(x.shape)
    at = int(axis) + rank + 1 if axis < 0 else int(axis)
    if not isinstance(x, RaggedTensor):
        return get_op("ExpandDims")(x, axis=at)
    if at == 0:
        return RaggedTensor.from_uniform_row_length(x, len(x), nrows=1)
    if at == 1:
        return RaggedTensor.from_uniform_row_length(x, 1, nrows=len(x))
    return x.with_values(expand_dims(x.values, at - 1))


def ragged_mask(data: Any, mask: Any, axis: Any = None, name: Any = None) -> Any:
    """Return the values of rows where a mask of the same rows is true."""
    data = data if isinstance(data, RaggedTensor) else RaggedTensor.from_tensor(data)
    mask = mask if isinstance(mask, RaggedTensor) else convert(mask)
    if not isinstance(mask, RaggedTensor):
        if mask.ndim == 1:
            return take(data, constant_tensor(np.flatnonzero(np.asarray(mask))))
        mask = RaggedTensor.from_tensor(mask)
    if isinstance(mask.values, RaggedTensor):
        inner = ragged_mask(data.values, mask.values)
        return data.with_values(inner)
    keep = np.asarray(mask.values)
    ids = np.asarray(mask.value_rowids())[keep]
    lengths = np.bincount(ids, minlength=len(mask)).astype(np.int64)
    picked = take(data.values, constant_tensor(np.flatnonzero(keep)))
    return RaggedTensor.from_row_lengths(picked, lengths)


def to_tensor(x: RaggedTensor, default_value: Any, shape: Any) -> Any:
    """Return rows filled up to a tensor; see `RaggedTensor.to_tensor`."""
    flat = x.flat_values
    wanted: list[Any] = [None] * (x.ragged_rank + 1)
    if shape is not None:
        given = shape.as_list() if hasattr(shape, "as_list") else list(shape)
        wanted = [None if d in (None, -1) else int(d) for d in given]
        wanted = wanted[: x.ragged_rank + 1]
    bounds = np.asarray(x.bounding_shape())[: x.ragged_rank + 1]
    sizes = [int(b) if w is None else w for b, w in zip(bounds, wanted, strict=True)]
    places = np.full(sizes, -1, np.int64)
    _place(x, places, 0)
    inner = flat.static_shape[1:]
    if default_value is None:
        default = b"" if flat.dtype.name == "string" else 0
        filler = get_op("Fill")(convert(default, flat.dtype), dims=(1, *inner))
    else:
        value = convert(default_value, flat.dtype)
        filler = get_op("BroadcastTo")(value, shape=(1, *inner))
    # One more row at the end stands for what is missing.
    padded = concat_arrays(flat, filler, axis=0)
    places[places < 0] = flat.static_shape[0]
    return gather(padded, constant_tensor(places), axis=0, batch_dims=0)


def _place(x: RaggedTensor, places: np.ndarray, start: int) -> None:
    """Write into `places` where in the flat values each element stands."""
    splits = np.asarray(x.row_splits)
    for i in range(min(len(places), len(splits) - 1)):
        a, b = int(splits[i]), int(splits[i + 1])
        count = min(b - a, places.shape[1])
        if isinstance(x.values, RaggedTensor):
            _place(x.values[a : a + count], places[i], start + _flat_start(x.values, a))
        else:
            places[i, :count] = start + np.arange(a, a + count)


def _flat_start(x: Any, row: int) -> int:
    """Return where in the flat values a row begins."""
    while isinstance(x, RaggedTensor):
        row = int(np.asarray(x.row_splits)[row])
        x = x.values
    return row


def _attach_operators() -> None:
    def binary(function: Any) -> tuple[Any, Any]:
        def forward(self: Any, other: Any) -> Any:
            return _elementwise(function, (self, other), {})

        def reflected(self: Any, other: Any) -> Any:
            return _elementwise(function, (other, self), {})

        return forward, reflected

    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
        forward, reflected = binary(getattr(operator, name))
        setattr(RaggedTensor, f"__{name}__", forward)
        setattr(RaggedTensor, f"__r{name}__", reflected)
    for name in ("lt", "le", "gt", "ge", "eq", "ne", "and_", "or_", "xor"):
        forward, reflected = binary(getattr(operator, name))
        setattr(RaggedTensor, f"__{name.strip('_')}__", forward)
    for name in ("neg", "abs", "invert"):
        function = getattr(operator, name)

        def unary(self: Any, function: Any = function) -> Any:
            return self.with_flat_values(function(self.flat_values))

        setattr(RaggedTensor, f"__{name}__", unary)


def _size(input: Any, out_type: Any = None, name: Any = None) -> Any:
    return get_op("Size")(input.flat_values, out_type=composites.int_dtype(out_type))


def _rank(input: Any, name: Any = None) -> Any:
    return constant_tensor(np.int32(input.shape.rank))


def _same(input: Any, name: Any = None) -> Any:
    return input


_HANDLERS: dict[str, Any] = {
    "concat": concat,
    "concat_": concat,
    "stack": stack,
    "gather": gather_rows,
    "gather_": gather_rows,
    "expand_dims_": expand_dims,
    "size": _size,
    "rank": _rank,
    "boolean_mask": ragged_mask,
    "identity": _same,
}

_attach_operators()
composites.handlers.append((RaggedTensor, dispatched))
