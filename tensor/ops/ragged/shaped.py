"""What functions that take a shape do with a DynamicRaggedShape."""

from __future__ import annotations

from typing import Any

from tensor.core import composites, dtypes
from tensor.core.convert import convert
from tensor.core.public_api import names_in
from tensor.core.registry import get_op
from tensor.ops.array import as_static_shape, cast_
from tensor.ops.gather import gather
from tensor.ops.ragged.broadcasting import aligned_rows, merged_levels, parts_of
from tensor.ops.ragged.dispatch import HANDLERS
from tensor.ops.ragged.dynamic_ragged_shape import DynamicRaggedShape
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.ragged.row_partition import RowPartition


def shape(input: Any, out_type: Any = None, name: Any = None) -> DynamicRaggedShape:
    """Return the shape of a ragged tensor."""
    return DynamicRaggedShape.from_tensor(input, out_type or dtypes.int32)


def in_rows(values: Any, target: DynamicRaggedShape) -> Any:
    """Return values in the rows of a shape; a tensor if it has no partitions."""
    for part in reversed(target.row_partitions):
        length = part.static_uniform_row_length
        values = RaggedTensor(values, part.row_splits(), length)
    return values


def filled(dims: DynamicRaggedShape, value: Any, name: Any = None) -> Any:
    """Return a tensor or ragged tensor of this shape that holds one value."""
    sizes = as_static_shape(dims.inner_shape)
    return in_rows(get_op("Fill")(convert(value), dims=sizes), dims)


def zeros(shape: Any, dtype: Any = dtypes.float32, name: Any = None, **_: Any) -> Any:
    """Return zeros of this shape."""
    return filled(shape, names_in("")["zeros"]([], dtype))


def ones(shape: Any, dtype: Any = dtypes.float32, name: Any = None, **_: Any) -> Any:
    """Return ones of this shape."""
    return filled(shape, names_in("")["ones"]([], dtype))


def reshape(tensor: Any, shape: Any, name: Any = None) -> Any:
    """Return the values of a tensor or ragged tensor, in order, in another shape."""
    flat = tensor.flat_values if isinstance(tensor, RaggedTensor) else convert(tensor)
    if not isinstance(shape, DynamicRaggedShape):
        return names_in("")["reshape"](flat, shape)
    sizes = as_static_shape(shape.inner_shape)
    return in_rows(get_op("Reshape")(flat, shape=sizes), shape)


def broadcast_to(input: Any, shape: Any, name: Any = None) -> Any:
    """Return a tensor or ragged tensor repeated along axes until it has a shape."""
    if not isinstance(shape, DynamicRaggedShape):
        shape = DynamicRaggedShape.from_lengths(convert(shape).numpy().tolist())
    sizes = as_static_shape(shape.inner_shape)
    x = input if isinstance(input, RaggedTensor) else convert(input)
    rank: Any = shape.rank
    levels = shape.num_row_partitions
    own = len(x.shape)
    if own < rank - levels:
        return in_rows(get_op("BroadcastTo")(x, shape=sizes), shape)
    # All as the one row of an outer level: the shape's rows are ragged for certain, so
    # that none of them is repeated itself.
    one = convert(1, dtypes.int64)
    mine = [one, *parts_of(x, rank, levels)]
    *_, places, _ = aligned_rows(*mine, one, *_partitions(shape), levels=levels + 1)
    values = gather(merged_levels(x, rank, levels), places, axis=0, batch_dims=0)
    return in_rows(get_op("BroadcastTo")(values, shape=sizes), shape)


def _partitions(shape: DynamicRaggedShape) -> list[Any]:
    """Return where the rows of each level end, the outermost level in one row."""
    parts = shape.row_partitions
    count = parts[0].nrows() if parts else shape.inner_shape[0]
    whole = [convert(0, dtypes.int64), cast_(count, dtypes.int64)]
    ends = [cast_(p.row_splits(), dtypes.int64) for p in parts]
    return [get_op("Pack")(*whole, axis=0), *ends]


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> DynamicRaggedShape:
    """Return the shape of what results from values of two shapes."""
    given = [
        s if isinstance(s, DynamicRaggedShape) else DynamicRaggedShape((), s)
        for s in (shape_x, shape_y)
    ]
    rank = max([s.rank or 0 for s in given])
    levels = max(_levels_of(s, rank) for s in given)
    stand_ins = [in_rows(_nothing(s), s) for s in given]
    outer = [t for t in stand_ins if len(t.shape) >= rank - levels]
    sized = [p for t in outer for p in parts_of(t, rank, levels)]
    ends: list[Any] = list(aligned_rows(*sized, levels=levels))[:levels]
    kind = given[0].dtype
    inner = [_inner_sizes(t, rank - levels - 1 if levels else rank) for t in stand_ins]
    count = ends[-1][-1:] if levels else convert([], dtypes.int64)
    rest = names_in("")["broadcast_dynamic_shape"](*inner)
    sizes = get_op("ConcatV2")(cast_(count, kind), cast_(rest, kind), axis=0)
    partitions = [RowPartition.of(cast_(e, kind)) for e in ends]
    return DynamicRaggedShape(partitions, sizes, kind)


def _levels_of(shape: DynamicRaggedShape, rank: int) -> int:
    """Return how many levels of rows a shape makes in a result of this rank."""
    own: Any = shape.rank
    count = shape.num_row_partitions
    return rank - own + count if count else 0


def _nothing(shape: DynamicRaggedShape) -> Any:
    return get_op("Fill")(convert(False), dims=as_static_shape(shape.inner_shape))


def _inner_sizes(value: Any, count: int) -> Any:
    """Return the last `count` sizes of a tensor, or all if it has fewer."""
    flat = getattr(value, "flat_values", value)
    sizes = get_op("Shape")(flat, out_type=dtypes.int64)
    return sizes[len(flat.shape) - min(count, len(flat.shape)) :]


_OF_SHAPES: dict[str, Any] = {
    "zeros": zeros,
    "ones": ones,
    "fill": filled,
    "reshape": reshape,
    "broadcast_to": broadcast_to,
    "broadcast_dynamic_shape": broadcast_dynamic_shape,
}


def dispatched(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Apply a public function that was given a DynamicRaggedShape.

    Raises:
        CompositeArgument: It takes none.
    """
    handler = _OF_SHAPES.get(function.__name__.strip("_"))
    if handler is None:
        given = [*args, *kwargs.values()]
        found = next(v for v in given if isinstance(v, DynamicRaggedShape))
        raise composites.CompositeArgument(found)
    return handler(*args, **kwargs)


HANDLERS.update({"shape": shape, "reshape": reshape, "broadcast_to": broadcast_to})
composites.handlers.append((DynamicRaggedShape, dispatched))
