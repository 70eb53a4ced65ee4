"""Several strings made one: join, reduce_join, unsorted_segment_join."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import merge, to_brackets
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.families import reduced_shape
from tensor.ops.operands import operand
from tensor.ops.ragged.construction import map_flat_values
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.ragged.reductions import Reducer, axes_of, reduce_along
from tensor.ops.reduction import known_or_symbolic, together
from tensor.ops.strings.per_element import each

if TYPE_CHECKING:
    from collections.abc import Iterator


class StringJoin(Op):
    """The strings of several tensors of one shape, joined; scalars repeat."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, *values: Any, separator: bytes) -> Any:
        shapes = {np.shape(v) for v in values} - {()}
        if len(shapes) > 1:
            first = np.shape(values[0])
            other = next(np.shape(v) for v in values if np.shape(v) != first)
            raise errors.invalid(
                self.type_name,
                f"Input shapes do not match: {to_brackets(first)} vs. "
                f"{to_brackets(other)}",
            )
        return each(lambda *parts: separator.join(parts), *values)

    def infer(self, *values: TensorSpec, separator: bytes) -> TensorSpec:
        dims: Any = ()
        for v in values:
            if v.dims == ():
                continue
            dims = v.dims if dims == () else merge(dims, v.dims)
        return TensorSpec.of(dims, dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = np.array([b"a", b"b"], object)
        yield Sample(x, x, separator=b"-")


class ReduceJoin(Op):
    """The strings along axes joined, in the order in which the axes are named."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, axis: Any, keepdims: bool, separator: bytes) -> Any:
        x = np.asarray(x)
        axis = self.axes(axis, x.ndim)
        kept = [a for a in range(x.ndim) if a not in axis]
        moved = x.transpose((*kept, *reversed(axis)))
        rows = moved.reshape((*[x.shape[a] for a in kept], -1))
        result = np.empty(rows.shape[:-1], object)
        for place in np.ndindex(*result.shape):
            result[place] = separator.join(rows[place])
        return result.reshape(reduced_shape(x.shape, axis, keepdims))

    def infer(
        self, x: TensorSpec, axis: Any, keepdims: bool, separator: bytes
    ) -> TensorSpec:
        if x.dims is None or is_symbolic(axis):
            return TensorSpec.of(None, dtypes.string)
        axes = self.axes(axis, len(x.dims))
        return TensorSpec.of(reduced_shape(x.dims, axes, keepdims), dtypes.string)

    def axes(self, axis: Any, rank: int) -> tuple[int, ...]:
        """Return axes, counted from the front, in the order in which to join.

        Raises:
            OutOfRangeError: There is no such axis.
            InvalidArgumentError: An axis is named twice.
        """
        if axis is None:
            return tuple(range(rank)[::-1])
        given = np.reshape(axis, -1).tolist()
        for a in given:
            if not -rank <= a < rank:
                raise errors.because(
                    errors.OutOfRangeError,
                    f"Invalid reduction dimension {a} for input with {rank} "
                    f"dimension(s) [Op:{self.type_name}]",
                )
        axes = [a % rank for a in given]
        for a in axes:
            if axes.count(a) > 1:
                raise errors.invalid(
                    self.type_name, f"Duplicate reduction dimension {a}"
                )
        return tuple(axes)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = np.array([[b"a", b"b"], [b"c", b"d"]], object)
        yield Sample(x, axis=(1, 0), keepdims=False, separator=b"")


class UnsortedSegmentJoin(Op):
    """The strings of each segment joined."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, ids: Any, num_segments: Any, separator: bytes) -> Any:
        if num_segments < 0:
            raise errors.invalid(
                self.type_name,
                f"Number of segments must be non-negative but got {num_segments}",
            )
        numbers = np.ravel(ids)
        inner = np.shape(x)[np.ndim(ids) :]
        width = math.prod(inner)
        groups: list[list[bytes]] = [[] for _ in range(int(num_segments) * width)]
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < num_segments:
            raise errors.invalid(
                self.type_name,
                "segment_ids are not allowed to exceed num_segments or to have "
                "negative values.",
            )
        places = (numbers[:, None] * width + np.arange(width)).reshape(-1)
        for value, i in zip(np.ravel(x), places, strict=True):
            groups[i].append(value)
        joined = np.array([separator.join(g) for g in groups], object)
        return joined.reshape(int(num_segments), *inner)

    def infer(
        self, x: TensorSpec, ids: TensorSpec, num_segments: Any, separator: bytes
    ) -> TensorSpec:
        count = None if isinstance(num_segments, Tensor) else int(num_segments)
        if x.dims is None or ids.dims is None:
            return TensorSpec.of(None, dtypes.string)
        return TensorSpec.of((count, *x.dims[len(ids.dims) :]), dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x, ids = np.array([b"a", b"b"], object), np.array([1, 1], np.int32)
        yield Sample(x, ids, num_segments=2, separator=b"")


join_op = register(StringJoin)
reduce_join_op = register(ReduceJoin)
segment_join_op = register(UnsortedSegmentJoin)


@export("strings.join")
@takes_composites
def join(inputs: Any, separator: str = "", name: str | None = None) -> Any:
    """Return the strings of several tensors of one shape, joined; scalars repeat.

    Raises:
        InvalidArgumentError: Shapes differ.
    """
    values = list(inputs)
    if not values:
        return convert("")
    ragged = [v for v in values if isinstance(v, RaggedTensor)]
    if ragged:
        return map_flat_values(join, values, separator=separator)
    values = [
        operand("StringJoin", v, dtypes.string, "inputs", i)
        for i, v in enumerate(values)
    ]
    return join_op(*values, separator=separator.encode(), name=name)


@export("strings.reduce_join")
@takes_composites
def reduce_join(
    inputs: Any,
    axis: Any = None,
    keepdims: bool = False,
    separator: str = "",
    name: str | None = None,
) -> Any:
    """Return the strings along axes joined; along all of them by default.

    Raises:
        OutOfRangeError: There is no such axis.
        InvalidArgumentError: An axis is named twice.
    """
    if isinstance(inputs, RaggedTensor):
        return _joined_rows(inputs, axis, bool(keepdims), separator)
    x = operand("ReduceJoin", inputs, dtypes.string, "inputs")
    axes: Any = known_or_symbolic(together(axis))
    if axes is not None and not is_symbolic(axes):
        axes = tuple(np.asarray(axes).reshape(-1).tolist())
    return reduce_join_op(
        x,
        axis=axes,
        keepdims=bool(keepdims),
        separator=separator.encode(),
        name=name,
    )


def _joined_rows(rows: Any, axis: Any, keepdims: bool, separator: str) -> Any:
    """Return the strings along axes of a ragged tensor joined."""
    if axis is None:
        return reduce_join(rows.flat_values, None, keepdims, separator)
    join_segments = Reducer(
        lambda x, at, keep: reduce_join(x, at, keep, separator),
        lambda x, ids, count: unsorted_segment_join(x, ids, count, separator),
    )
    axes = axes_of(axis, rows.shape.rank)
    return reduce_along(join_segments, rows, axes, keepdims)


@export("strings.unsorted_segment_join")
def unsorted_segment_join(
    inputs: Any,
    segment_ids: Any,
    num_segments: Any,
    separator: str = "",
    name: str | None = None,
) -> Any:
    """Return the strings of each segment joined."""
    count = num_segments
    if type(count) is EagerTensor or not isinstance(count, Tensor):
        count = int(count)
    return segment_join_op(
        convert(inputs, dtypes.string),
        convert(segment_ids),
        num_segments=count,
        separator=separator.encode(),
        name=name,
    )
