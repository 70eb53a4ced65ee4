"""Dataset.padded_batch: stack elements of different shapes, padded to one."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.shapes import TensorShape, to_text
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.data import structure as nest
from tensor.data.batch import Batch
from tensor.data.dataset import Dataset, method
from tensor.data.elements import component
from tensor.data.stream import DerivedStream, Stream
from tensor.data.unknown import as_count, as_flag, is_unknown, known_size, unknown_in
from tensor.ops.joining import unstack

if TYPE_CHECKING:
    from tensor.data.elements import Components

Dims = tuple[int | None, ...]


@method
def padded_batch(
    self: Dataset,
    batch_size: Any,
    padded_shapes: Any = None,
    padding_values: Any = None,
    drop_remainder: Any = False,
    name: str | None = None,
) -> Dataset:
    """Stack `batch_size` elements, each padded to one shape.

    Args:
        self: The dataset.
        batch_size: How many elements a batch holds.
        padded_shapes: The shape for each leaf; None or -1 for the longest in the
            batch. By default the element's own shape.
        padding_values: The value for each leaf; 0, False or "" by default.
        drop_remainder: Whether to leave out a last batch that is smaller.
        name: Accepted for compatibility.

    Raises:
        ValueError: A shape has another rank than its leaf, or none is given where the
            rank is not known.
        TypeError: A padding value has another dtype than its leaf.
    """
    specs = nest.flatten(self.element_spec)
    for spec in specs:
        if not isinstance(spec, TensorSpec):
            raise TypeError(
                f"`padded_batch` is only supported for datasets that produce tensor "
                f"elements, not for {spec!r}."
            )
    shapes = [
        _target(shape, spec)
        for shape, spec in zip(_shapes(padded_shapes, self), specs, strict=True)
    ]
    values = [
        _padding(value, spec)
        for value, spec in zip(_values(padding_values, self), specs, strict=True)
    ]
    size = as_count(batch_size, "batch_size")
    return PaddedBatch(self, size, as_flag(drop_remainder), shapes, values)


def _shapes(padded_shapes: Any, dataset: Dataset) -> list[Any]:
    """Return one shape for each leaf; lists of numbers are shapes, not structure."""
    specs = nest.flatten(dataset.element_spec)
    if padded_shapes is None:
        if any(spec.dims is None for spec in specs):
            raise ValueError(
                "You must provide `padded_shapes` argument because component has "
                "unknown rank."
            )
        return [spec.dims for spec in specs]
    if not nest.is_nested(dataset.element_spec):
        return [padded_shapes]
    return _aligned(dataset.element_spec, padded_shapes)


def _aligned(structure: Any, shapes: Any) -> list[Any]:
    """Return what stands in `shapes` where `structure` has its leaves."""
    if not nest.is_nested(structure):
        return [shapes]
    if isinstance(structure, dict):
        pairs = [(structure[k], shapes[k]) for k in sorted(structure)]
    else:
        pairs = list(zip(structure, shapes, strict=True))
    return [leaf for a, b in pairs for leaf in _aligned(a, b)]


def _target(shape: Any, spec: TensorSpec) -> Dims:
    """Return a padded shape, in which numbers may be unknown, as dimensions."""
    if is_unknown(shape):
        shape = unstack(shape)
    elif isinstance(shape, Tensor | list | tuple | np.ndarray):
        shape = _as_vector(shape)
    dims = (
        [None if d is None else as_count(d, "padded_shapes") for d in shape]
        if isinstance(shape, list | tuple)
        else TensorShape(shape).as_list()
    )
    dims = [None if d == -1 else d for d in dims]
    TensorShape([d for d in dims if d is not None])  # raises for negative sizes
    if spec.dims is not None and len(spec.dims) != len(dims):
        raise ValueError(
            f"The padded shape {to_text(tuple(dims))} is not compatible with the shape "
            f"{to_text(spec.dims)} of the corresponding input component."
        )
    for given, own in zip(dims, spec.dims or (), strict=False):
        if unknown_in(given) or given is None or own is None:
            continue
        if own > given:
            raise ValueError(
                f"The padded shape {to_text(tuple(dims))} is not compatible with the "
                f"shape {to_text(spec.dims)} of the corresponding input component: "
                "padding does not cut."
            )
    return tuple(dims)


def _as_vector(shape: Any) -> list[Any]:
    """Return a padded shape as a list of numbers, known or not, and None.

    Raises:
        ValueError: It is no vector.
        TypeError: It holds no integers.
    """
    if isinstance(shape, list | tuple) and any(map(is_unknown, shape)):
        return list(shape)
    array = np.asarray([-1 if d is None else d for d in np.asarray(shape).tolist()])
    if array.ndim != 1:
        raise ValueError(
            f"Padded shape {shape} must be a `tf.int64` vector tensor, but its shape "
            f"was {array.shape}."
        )
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(
            f"Padded shape {shape} must be a `tf.int64` vector tensor, but its element "
            f"type was {'float32' if array.dtype.kind == 'f' else array.dtype}."
        )
    return array.tolist()  # type: ignore[no-any-return]  # NumPy's


def _values(padding_values: Any, dataset: Dataset) -> list[Any]:
    count = len(nest.flatten(dataset.element_spec))
    if padding_values is None or not nest.is_nested(padding_values):
        return [padding_values] * count
    return _aligned(dataset.element_spec, padding_values)


def _padding(value: Any, spec: TensorSpec) -> Any:
    if value is None:
        if spec.dtype is dtypes.string:
            return b""
        return spec.dtype.numpy_dtype.type(0)
    value = convert(value)
    if value.dtype is not spec.dtype:
        raise TypeError(
            f"Invalid `padding_values`. `padding_values` values type {value.dtype!r} "
            f"does not match type {spec.dtype!r} of the corresponding input component."
        )
    if is_unknown(value):
        return value
    array = np.asarray(value)
    if np.shape(array) != ():
        raise ValueError(
            "Invalid `padding_values`. `padding_values` values should be scalars, but "
            f"got {np.shape(array)}."
        )
    return np.asarray(array).item() if spec.dtype is dtypes.string else array


class PaddedBatch(Batch):
    """Consecutive elements, padded and stacked."""

    def __init__(
        self,
        source: Dataset,
        batch_size: int,
        drop_remainder: bool,
        shapes: list[Dims],
        values: list[Any],
    ) -> None:
        super().__init__(source, batch_size, drop_remainder)
        self.shapes = [tuple([None if d == -1 else d for d in dims]) for dims in shapes]
        self.values = [component(v) for v in values]
        first = nest.flatten(self.element_spec)[0].dims
        known = first[0] if first else None
        self.element_spec = nest.pack(
            source.element_spec,
            [
                TensorSpec.of((known, *map(known_size, dims)), spec.dtype)
                for dims, spec in zip(
                    self.shapes, nest.flatten(source.element_spec), strict=True
                )
            ],
        )

    def open(self) -> Stream:
        return PaddedBatchStream(self.source.open(), self)


class PaddedBatchStream(DerivedStream):
    """Groups of a stream's elements, padded and stacked."""

    def __init__(self, source: Stream, batch: PaddedBatch) -> None:
        super().__init__(source)
        self.batch = batch

    def __next__(self) -> Components:
        rows = list(islice(self.source, self.batch.batch_size))
        if not rows or (
            self.batch.drop_remainder and len(rows) < self.batch.batch_size
        ):
            raise StopIteration
        columns = zip(
            zip(*rows, strict=True), self.batch.shapes, self.batch.values, strict=True
        )
        return tuple([_padded(*column) for column in columns])


def _padded(values: tuple[Any, ...], dims: Dims, padding: Any) -> np.ndarray:
    """Return arrays stacked, each padded at its end to the common shape."""
    longest = [max(sizes) for sizes in zip(*[v.shape for v in values], strict=True)]
    target = tuple(
        [most if d is None else d for d, most in zip(dims, longest, strict=True)]
    )
    if any(most > d for most, d in zip(longest, target, strict=True)):
        raise errors.because(
            errors.DataLossError,
            f"Attempted to pad to a smaller size than the input element: the batch "
            f"has a component of shape {longest}, padded_shapes asks for "
            f"{list(target)}. [Op:IteratorGetNext]",
        )
    result = np.full((len(values), *target), padding, values[0].dtype)
    for i, value in enumerate(values):
        corner: Any = (i, *[slice(size) for size in value.shape])
        result[corner] = value
    return result
