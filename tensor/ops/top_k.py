"""The k largest elements, and whether a target is among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_for, static_value
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.families import REAL, check_kind, shape_of
from tensor.ops.known_ranks import knowing_ranks
from tensor.ops.layout import transpose

if TYPE_CHECKING:
    from collections.abc import Iterator


class TopKV2(NamedTuple):
    """The k largest elements of each row, and where they were."""

    values: Any
    indices: Any


# From so many elements on, and if they are so many times as many as are asked for, the
# largest are looked up before they are sorted.
_MANY, _FEW = 1 << 12, 16


def _largest(x: Any, k: int) -> Any:
    """Return the indices of the k largest elements along the last axis, in order."""
    # Sorting the mirrored row stably upwards puts equal elements in the order that is
    # wanted when it is read backwards.
    order = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., : -k - 1 : -1]
    return x.shape[-1] - 1 - order


def _largest_of_many(row: Any, k: int) -> Any:
    """Return what `_largest` does, of one row, without sorting all of it."""
    least = np.partition(row, len(row) - k)[len(row) - k]
    # NaN counts as the largest: it is not below anything.
    candidates = np.flatnonzero(~(row < least))
    return candidates[_largest(row[candidates], k)]


class TopK(Op):
    """The k largest elements along the last axis, largest first, with their indices.

    Of equal elements, those at lower indices come first.
    """

    type_name = "TopKV2"

    def kernel(self, x: Any, k: Any, index_type: dtypes.DType) -> Any:
        k, size = int(k), x.shape[-1]
        if k > size:
            raise errors.invalid(
                "TopKV2",
                f"input must have at least k columns. Had {size}, needed {k}",
            )
        if 0 < k <= size // _FEW and size >= _MANY and x.dtype.kind in "fiu":
            rows = [_largest_of_many(row, k) for row in x.reshape(-1, size)]
            indices = np.array(rows, np.intp).reshape(*x.shape[:-1], k)
        else:
            indices = _largest(x, k)
        return (
            np.take_along_axis(x, indices, -1),
            indices.astype(index_type.numpy_dtype),
        )

    def infer(self, x: TensorSpec, k: Any, index_type: dtypes.DType) -> Any:
        if is_symbolic(k):
            k = None
        elif x.dims and x.dims[-1] is not None and x.dims[-1] < k:
            raise errors.invalid(
                "TopKV2",
                f"input must have last dimension >= k = {k} but is {x.dims[-1]}",
            )
        dims = None if x.dims is None else (*x.dims[:-1], k)
        return TensorSpec.of(dims, x.dtype), TensorSpec.of(dims, index_type)

    keeps_output = True

    def gradient(self, call: Any, dz: Any, _: Any) -> Any:
        return scatter_last(dz, call.output[1], shape=shape_for(call.inputs[0]))

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 5)), k=2, index_type=dtypes.int32)
        yield Sample(rng.normal(size=(4,)), k=4, index_type=dtypes.int64)
        yield Sample(rng.normal(size=(4,)), k=0, index_type=dtypes.int32)


class ScatterLast(Op):
    """Zeros of a shape, with values written at indices of the last axis."""

    keeps_inputs = (1,)

    def kernel(self, values: Any, indices: Any, shape: Any) -> Any:
        result = np.zeros(tuple(shape), values.dtype)
        np.put_along_axis(result, np.asarray(indices), values, -1)
        return result

    def infer(self, values: TensorSpec, indices: TensorSpec, shape: Any) -> Any:
        return TensorSpec.of(static_value(shape), values.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        return take_last(dz, call.inputs[1]), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        indices = np.array([[1, 0], [2, 3]])
        yield Sample(rng.normal(size=(2, 2)), indices, shape=(2, 4))


class TakeLast(Op):
    """The elements of x at indices of the last axis."""

    keeps_inputs = (1,)

    def kernel(self, x: Any, indices: Any) -> Any:
        return np.take_along_axis(x, np.asarray(indices), -1)

    def infer(self, x: TensorSpec, indices: TensorSpec) -> Any:
        return TensorSpec.of(indices.dims, x.dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x, indices = call.inputs
        return scatter_last(dz, indices, shape=shape_for(x)), None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 4)), np.array([[1, 0], [2, 3]]))


class InTopK(Op):
    """Whether the prediction for each target is among the k best of its row.

    Predictions tied with the k-th best are; a row with anything that is not finite,
    or a target that is no class, is not.
    """

    type_name = "InTopKV2"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, predictions: Any, targets: Any, k: Any) -> Any:
        classes = predictions.shape[1]
        valid = (targets >= 0) & (targets < classes)
        valid &= np.isfinite(predictions).all(axis=1)
        if not classes:
            return valid
        at = np.where((targets >= 0) & (targets < classes), targets, 0)[:, None]
        own = np.take_along_axis(predictions, at, 1)
        return valid & ((predictions > own).sum(axis=1) < k)

    def infer(self, predictions: TensorSpec, targets: TensorSpec, k: Any) -> Any:
        return TensorSpec.of(targets.dims, dtypes.bool_)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(3, 4)), np.array([1, 9, 0]), k=2)


top_k_op = register(TopK)
scatter_last = register(ScatterLast)
take_last = register(TakeLast)
in_top_k_op = register(InTopK)


@export("math.top_k", "nn.top_k")
@takes_composites
def top_k(
    input: Any,
    k: Any = 1,
    sorted: bool = True,
    index_type: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Return the k largest elements along the last axis, with their indices.

    Args:
        input: A tensor of at least one dimension.
        k: How many.
        sorted: Whether the largest must come first; here it always does.
        index_type: int16, int32 or int64.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: `k` is negative or larger than the last axis.
    """
    x = convert(input)
    check_kind(top_k_op, x, REAL)
    if not is_symbolic(k):
        k = _count(k)
    if shape_of(x) == ():
        raise errors.invalid("TopKV2", "input must be >= 1-D, got shape []")
    index_type = dtypes.as_dtype(index_type)
    return TopKV2(*top_k_op(x, k=k, index_type=index_type, name=name))


def _count(k: Any) -> int:
    """Return how many elements are wanted.

    Raises:
        InvalidArgumentError: `k` is negative, or no scalar.
    """
    if np.ndim(k):
        raise errors.invalid("TopKV2", f"k must be scalar, got shape {[*np.shape(k)]}")
    if int(k) < 0:
        raise errors.invalid("TopKV2", f"Need k >= 0, got {k}")
    return int(k)


@export("math.in_top_k", "nn.in_top_k")
@takes_composites
def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Any:
    """Return whether the predictions for the targets are among the k best of each row.

    Args:
        targets: The class of each row, int32 or int64.
        predictions: A float32 matrix: one row per target, one column per class.
        k: How many of the best count; ties with the last of them count too.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The shapes do not fit each other.
    """
    targets = convert(targets, None, dtypes.int32)
    predictions = convert(predictions, dtypes.float32)
    rows, columns = shape_of(predictions), shape_of(targets)
    if rows is not None and len(rows) != 2:
        raise errors.invalid(
            "InTopKV2", f"predictions must be 2-dimensional, got shape {list(rows)}"
        )
    if columns is not None and len(columns) != 1:
        raise errors.invalid(
            "InTopKV2", f"targets must be 1-dimensional, got shape {list(columns)}"
        )
    if rows and columns and None not in (rows[0], columns[0]) and rows[0] != columns[0]:
        raise errors.invalid(
            "InTopKV2",
            f"First dimension of predictions {rows[0]} must match length of targets "
            f"{columns[0]}. Dimensions must be equal, but are {rows[0]} and "
            f"{columns[0]}",
        )
    return in_top_k_op(
        predictions, targets, k=k if is_symbolic(k) else int(k), name=name
    )


def _best_along(
    operand: Any, k: Any, axis: int, sign: float, name: str | None
) -> tuple[Any, Any]:
    """Return the k largest or smallest elements along an axis, and their indices."""
    x = convert(operand)
    kinds = (dtypes.float16, dtypes.bfloat16, dtypes.float32)
    check_attribute("ApproxTopK", "T", x.dtype, kinds, "input")
    return _best(x, k=k, axis=axis, sign=sign)


@knowing_ranks(None, dtypes.int32)
def _best(x: Any, k: Any, axis: int, sign: float) -> tuple[Any, Any]:
    rank = x.ndim
    order = [i for i in range(rank) if i != axis % rank] + [axis % rank]
    back = tuple(int(i) for i in np.argsort(order))
    turned = transpose(x * sign, perm=tuple(order))
    values, indices = top_k(turned, k)
    return transpose(values * sign, perm=back), transpose(indices, perm=back)


@export("math.approx_max_k")
def approx_max_k(
    operand: Any,
    k: Any,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Return the k largest elements along an axis, and their indices; exactly."""
    return _best_along(operand, k, reduction_dimension, 1.0, name)


@export("math.approx_min_k")
def approx_min_k(
    operand: Any,
    k: Any,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Return the k smallest elements along an axis, and their indices; exactly."""
    return _best_along(operand, k, reduction_dimension, -1.0, name)
