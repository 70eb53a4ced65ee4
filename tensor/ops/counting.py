"""Counting values: bincount, confusion matrices, histograms, order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import are_compatible
from tensor.core.tensor import EagerTensor, Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import Identity, as_static_shape, reshape
from tensor.ops.casting import cast_
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.facts import get_static_value
from tensor.ops.families import NUMERIC, REAL, check_kind, shape_of
from tensor.ops.math import floor, maximum, minimum
from tensor.ops.reduce import reduce_all, reduce_max
from tensor.ops.reduction import is_unknown, known_integers, known_or_symbolic

if TYPE_CHECKING:
    from collections.abc import Iterator


class Bincount(Op):
    """How often each of 0, 1, 2 … occurs in a vector or in each row of a matrix.

    With weights (the second input), the sum of the weights of each value instead.
    """

    type_name = "DenseBincount"
    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True

    def kernel(
        self,
        x: Any,
        weights: Any,
        minlength: Any,
        maxlength: Any,
        binary: bool,
        dtype: dtypes.DType,
    ) -> Any:
        if x.size and x.min() < 0:
            raise errors.invalid(
                "DenseBincount", f"Input arr must be non-negative! Got {x.min()}."
            )
        size = max(int(x.max()) + 1 if x.size else 0, int(minlength or 0))
        if maxlength is not None:
            size = min(size, int(maxlength))
        rows = (x if x.ndim == 2 else x[None]).astype(np.int64)
        flat = (rows + np.arange(len(rows))[:, None] * size)[rows < size]
        total = size * len(rows)
        if weights is None:
            counts = np.bincount(flat, minlength=total)
        else:
            each = weights.reshape(rows.shape)[rows < size]
            counts = np.bincount(flat, each.astype(np.float64), total)
        counts = np.minimum(counts, 1) if binary else counts
        return counts.astype(dtype.numpy_dtype).reshape(*x.shape[:-1], size)

    def infer(self, x: TensorSpec, weights: Any, **attrs: Any) -> TensorSpec:
        dims = None if x.dims is None else (*x.dims[:-1], None)
        return TensorSpec.of(dims, attrs["dtype"])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        options = {"minlength": 0, "maxlength": None, "binary": False}
        x = rng.integers(0, 5, size=(2, 6), dtype=np.int32)
        weights = rng.normal(size=(2, 6)).astype(np.float32)
        yield Sample(x[0], weights[0], dtype=dtypes.float32, **options)
        yield Sample(x, weights, dtype=dtypes.float32, **options)


class CountBins(Bincount):
    """How often each of 0, 1, 2 … occurs in a vector or in each row of a matrix."""

    type_name = "Bincount"

    def kernel(self, x: Any, **attrs: Any) -> Any:
        return bincount_op.kernel(x, None, **attrs)

    def infer(self, x: TensorSpec, **attrs: Any) -> TensorSpec:
        return bincount_op.infer(x, None, **attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.integers(0, 5, size=(2, 6), dtype=np.int32)
        for binary in (False, True):
            yield Sample(x, minlength=0, maxlength=4, binary=binary, dtype=dtypes.int32)


bincount_op = register(Bincount)
count_bins = register(CountBins)


def _limit(value: Any, what: str) -> Any:
    if value is None or (isinstance(value, Tensor) and type(value) is not EagerTensor):
        return value  # a symbolic limit is known when the graph runs
    if int(value) < 0:
        raise errors.invalid(
            "DenseBincount", f"`{what}` must be non-negative, got {int(value)}"
        )
    return int(value)


@export("math.bincount")
@takes_composites
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    axis: int | None = None,
    binary_output: bool = False,
) -> Any:
    """Count how often each of 0, 1, 2 … occurs.

    Args:
        arr: Integers that are not negative.
        weights: One number per element; their sums are returned instead of counts.
        minlength: The least number of results.
        maxlength: The largest number of results; higher values are not counted.
        dtype: The dtype of counts; with weights, theirs is used.
        name: A name for the node, in a graph.
        axis: 0 or None to count in all of `arr`, -1 to count in each row.
        binary_output: Whether to say 1 for what occurs, instead of how often.

    Raises:
        InvalidArgumentError: A value is negative, or `weights` does not fit.
        ValueError: `axis` is something else.
    """
    if axis not in (None, 0, -1):
        raise ValueError(
            f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently "
            "supported."
        )
    if binary_output and weights is not None:
        raise ValueError(
            "Arguments `binary_output` and `weights` are mutually exclusive. Leave "
            "one of them out."
        )
    x = convert(arr)
    if not x.dtype.is_integer:
        x = cast_(x, dtypes.int32)
    check_attribute("Bincount", "Tidx", x.dtype, (dtypes.int32, dtypes.int64))
    if x.ndim is not None and x.ndim > 2 and axis == -1:
        raise errors.invalid(
            "Bincount", f"Shape must be at most rank 2 but is rank {x.ndim}"
        )
    if axis != -1 or x.ndim == 0:
        x = reshape(x, shape=(-1,))
    attrs = {
        "minlength": minlength
        if is_symbolic(minlength)
        else max(int(minlength or 0), 0),
        "maxlength": _limit(maxlength, "maxlength"),
        "binary": bool(binary_output),
    }
    if weights is None:
        return count_bins(x, dtype=dtypes.as_dtype(dtype), name=name, **attrs)
    weights = convert(weights)
    if shape_of(weights) == (0,):
        return count_bins(x, dtype=weights.dtype, name=name, **attrs)
    if axis != -1:
        weights = reshape(weights, shape=(-1,))
    if shape_of(weights) != shape_of(x):
        raise errors.invalid(
            "DenseBincount",
            "`weights` must be the same shape as `arr` or a length-0 `Tensor`, in "
            "which case it acts as all weights equal to 1. Received "
            f"{list(shape_of(weights) or ())}",
        )
    return bincount_op(x, weights, dtype=weights.dtype, name=name, **attrs)


class ClassNumbers(Identity):
    """The class numbers x, after a check that each is one of the first `limit`."""

    names = ()
    takes_slices = False
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, what: str, limit: Any) -> Any:
        if np.any(x < 0):
            raise errors.invalid(
                "Assert", f"`{what}` contains negative values. Values: {x.tolist()}"
            )
        if limit is not None and np.any(x >= limit):
            raise errors.invalid(
                "Assert",
                f"`{what}` out of bound. Condition x < y did not hold. x: "
                f"{x.tolist()}, y: {limit}",
            )
        return x

    def infer(self, x: TensorSpec, what: str, limit: Any) -> TensorSpec:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.integers(0, 5, 3), what="labels", limit=5)


class_numbers = register(ClassNumbers)


def _labels(values: Any, what: str, num_classes: Any) -> Any:
    """Return class numbers, checked when they are known, as an int64 vector."""
    values = cast_(convert(values), dtypes.int64)
    dims = shape_of(values)
    if dims is not None and len(dims) > 1 and dims[-1] == 1:
        values = reshape(values, shape=(-1,))
    return class_numbers(values, what=what, limit=num_classes)


@export("math.confusion_matrix")
@takes_composites
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Count predictions by label: the row is the label, the column the prediction.

    Args:
        labels: True class numbers.
        predictions: Predicted class numbers.
        num_classes: The number of classes; one more than the largest number by default.
        weights: A weight for each prediction.
        dtype: The dtype of the result.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A number is negative or not below `num_classes`, or the
            lengths differ.
    """
    limit = _limit(num_classes, "num_classes")
    labels = _labels(labels, "labels", limit)
    predictions = _labels(predictions, "predictions", limit)
    if weights is not None:
        weights = cast_(convert(weights), dtypes.as_dtype(dtype))
        predictions.shape.assert_is_compatible_with(weights.shape)
    if not are_compatible(shape_of(labels), shape_of(predictions)):
        raise errors.invalid(
            "Pack",
            "Shapes of all inputs must match: values[0].shape = "
            f"{list(shape_of(labels) or ())} != values[1].shape = "
            f"{list(shape_of(predictions) or ())}",
        )
    if limit is None:
        largest = maximum(reduce_max.public(labels), reduce_max.public(predictions))
        limit = maximum(largest, np.int64(-1)) + 1
        limit = int(limit) if type(limit) is EagerTensor else limit
    elif is_symbolic(limit):
        limit = cast_(limit, dtypes.int64)
    cells = labels * limit + predictions
    counts = bincount(cells, weights, limit * limit, None, dtypes.as_dtype(dtype))
    size = limit if type(limit) is int else cast_(limit, dtypes.int32)
    return reshape(counts, shape=as_static_shape((size, size)))


@export("histogram_fixed_width_bins")
def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Return the bin of each value among `nbins` of equal width in `value_range`.

    Values outside the range go to the first or last bin.

    Raises:
        InvalidArgumentError: The range is empty, or `nbins` is not positive.
    """
    values = convert(values)
    limits = convert(value_range, values.dtype)
    low, high = limits[0], limits[1]
    known = get_static_value(limits)
    if known is not None and not known[0] < known[1]:
        raise errors.invalid(
            "HistogramFixedWidth",
            "value_range should satisfy value_range[0] < value_range[1], but got "
            f"'[{known[0]:g}, {known[1]:g}]'",
        )
    if not is_unknown(nbins) and int(known_integers(nbins)) <= 0:
        raise errors.invalid(
            "HistogramFixedWidth",
            f"nbins should be a positive number, but got '{nbins}'",
        )
    if values.dtype.is_integer:
        values, low, high = (cast_(v, dtypes.float64) for v in (values, low, high))
    count = cast_(convert(nbins), values.dtype)
    scaled = (values - low) / (high - low) * count
    return cast_(minimum(maximum(floor(scaled), 0.0), count - 1.0), dtype)


@export("histogram_fixed_width")
def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Count values in `nbins` bins of equal width; those outside go to the end bins.

    Raises:
        InvalidArgumentError: The range is empty, a value is NaN, or `nbins` is not
            positive.
    """
    values = convert(values)
    known = get_static_value(values)
    if known is not None and values.dtype.is_floating and np.isnan(known).any():
        raise errors.invalid(
            "HistogramFixedWidth", "Histogram values must not contain NaN"
        )
    bins = histogram_fixed_width_bins(values, value_range, nbins)
    counts = bincount(bins, minlength=nbins, maxlength=nbins, dtype=dtype)
    return reshape(counts, shape=as_static_shape((known_or_symbolic(nbins),)))


def _steps(x: Any) -> tuple[Any, Any]:
    """Return all elements but the last, and all but the first, in row-major order."""
    x = convert(x)
    if not x.dtype.is_numeric:
        raise TypeError(f"Expected x to be numeric, instead found: {x}")
    check_kind(reduce_max, x, REAL if not x.dtype.is_complex else NUMERIC)
    flat = reshape(x, shape=(-1,))
    return flat[:-1], flat[1:]


@export("math.is_non_decreasing")
def is_non_decreasing(x: Any, name: str | None = None) -> Any:
    """Return whether no element is less than the one before it.

    Raises:
        TypeError: `x` is not numeric.
    """
    before, after = _steps(x)
    return reduce_all(before <= after, axis=None, keepdims=False)


@export("math.is_strictly_increasing")
def is_strictly_increasing(x: Any, name: str | None = None) -> Any:
    """Return whether every element is greater than the one before it.

    Raises:
        TypeError: `x` is not numeric.
    """
    before, after = _steps(x)
    return reduce_all(before < after, axis=None, keepdims=False)
