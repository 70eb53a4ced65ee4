"""Slices of tensors, and results of slices put together: dense, ragged, sparse.

tf.map_fn takes a value apart along its first axis and puts the results of its function
together again. A collector does the latter for one leaf of the result, by its spec: in
arrays of tensors, which loops of a graph can carry.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import names_in
from tensor.core.registry import get_op
from tensor.core.tensor_spec import CompositeSpec, TensorSpec
from tensor.graph.control.tensor_array import TensorArray


def as_elements(value: Any) -> Any:
    """Return a value to take slices of: a tensor, or a ragged or sparse tensor."""
    return value if isinstance(value, CompositeTensor) else convert(value)


def slice_at(value: Any, number: Any) -> Any:
    """Return the slice of this number along the first axis."""
    is_composite = isinstance(value, CompositeTensor)
    return value.slice_at(number) if is_composite else value[number]


def length_of(value: Any) -> Any:
    """Return how many slices there are: an int if it is known."""
    if isinstance(value, CompositeTensor):
        return value.slice_count()
    known = value.shape[:1].as_list() if value.shape.rank is not None else [None]
    if known and known[0] is not None:
        return known[0]
    return names_in("")["shape"](value)[0]


def spec_of_slices(value: Any) -> Any:
    """Return what describes results that are like the slices of a value."""
    if not isinstance(value, CompositeTensor):
        return value.dtype
    return value._type_spec.unbatched()  # type: ignore[attr-defined]


def collector_for(spec: Any, count: Any) -> Collector:
    """Return what collects results that a dtype or spec describes."""
    if hasattr(spec, "encoder"):
        return EncodingCollector(spec, count)
    if isinstance(spec, CompositeSpec):
        from tensor.ops.sparse.sparse_tensor import SparseTensorSpec

        is_sparse = isinstance(spec, SparseTensorSpec)
        return (SparseCollector if is_sparse else RaggedCollector)(spec, count)
    dtype = spec.dtype if isinstance(spec, TensorSpec) else dtypes.as_dtype(spec)
    return Collector(dtype, count)


class Collector:
    """Collects tensors of one shape and stacks them."""

    def __init__(self, spec: Any, count: Any) -> None:
        self.spec = spec
        self.count = count

    def arrays(self) -> list[TensorArray]:
        """Return the empty arrays to collect in."""
        return [_array(self.spec, self.count, True)]

    def write(self, arrays: list[TensorArray], number: Any, value: Any) -> Any:
        """Return the arrays with the result of this number."""
        return [arrays[0].write(number, convert(value))]

    def result(self, arrays: list[TensorArray]) -> Any:
        """Return all results together."""
        return arrays[0].stack()


class RaggedCollector(Collector):
    """Collects tensors or ragged tensors of different lengths as rows."""

    def arrays(self) -> list[TensorArray]:
        lengths = [
            _array(self.spec.row_splits_dtype, self.count, False)
            for _ in range(self.spec.ragged_rank + 1)
        ]
        return [_array(self.spec.dtype, self.count, False), *lengths]

    def write(self, arrays: list[TensorArray], number: Any, value: Any) -> Any:
        spec = self.spec
        if not isinstance(value, CompositeTensor):
            value = convert(value, spec.dtype)
            if value.static_shape == ():
                raise errors.invalid(
                    "RaggedTensorFromVariant",
                    "Ragged values must have rank >= 1; encoded scalar element at "
                    f"index {number} has values Tensor: {value!r}",
                )
        rank = getattr(value, "ragged_rank", 0)
        if rank != spec.ragged_rank:
            raise ValueError(
                f"fn returned a value of ragged_rank {rank}; fn_output_signature "
                f"describes one of {spec.ragged_rank}: {spec!r}."
            )
        parts = value.nested_row_lengths() if rank else ()
        flat = value.flat_values if rank else value
        cast = names_in("")["cast"]
        count = cast(length_of(value), spec.row_splits_dtype)
        lengths = [cast(part, spec.row_splits_dtype) for part in parts]
        values = [flat, get_op("ExpandDims")(count, axis=0), *lengths]
        return [a.write(number, v) for a, v in zip(arrays, values, strict=True)]

    def result(self, arrays: list[TensorArray]) -> Any:
        from tensor.ops.ragged.ragged_tensor import RaggedTensor

        flat, *lengths = [a.concat() for a in arrays]
        return RaggedTensor.from_nested_row_lengths(flat, lengths, validate=False)


class SparseCollector(Collector):
    """Collects sparse tensors as the slices of one more axis."""

    def arrays(self) -> list[TensorArray]:
        kinds = (dtypes.int64, self.spec.dtype, dtypes.int64)
        return [_array(kind, self.count, False) for kind in kinds]

    def write(self, arrays: list[TensorArray], number: Any, value: Any) -> Any:
        indices = value.indices
        first = indices[:, :1] * constant_tensor(np.int64(0))
        row = names_in("")["cast"](convert(number), dtypes.int64)
        placed = get_op("ConcatV2")(first + row, indices, axis=1)
        shape = get_op("ExpandDims")(value.dense_shape, axis=0)
        values = (placed, value.values, shape)
        return [a.write(number, v) for a, v in zip(arrays, values, strict=True)]

    def result(self, arrays: list[TensorArray]) -> Any:
        from tensor.ops.sparse.sparse_tensor import SparseTensor

        indices, values, shapes = [a.concat() for a in arrays]
        count = names_in("")["cast"](convert(self.count), dtypes.int64)
        largest = get_op("Max")(shapes, axis=(0,), keepdims=False)
        shape = get_op("ConcatV2")(get_op("ExpandDims")(count, axis=0), largest, axis=0)
        return SparseTensor(indices, values, shape)


class EncodingCollector(Collector):
    """Collects values of a user's type by what its encoder makes of them."""

    def __init__(self, spec: Any, count: Any) -> None:
        super().__init__(spec, count)
        specs = spec.encoder().encoding_specs(spec)
        self.parts = [collector_for(part, count) for part in specs]

    def arrays(self) -> list[Any]:
        return [part.arrays() for part in self.parts]

    def write(self, arrays: list[Any], number: Any, value: Any) -> Any:
        encoded = self.spec.encoder().encode(self.spec, value)
        written = zip(self.parts, arrays, encoded, strict=True)
        return [part.write(a, number, v) for part, a, v in written]

    def result(self, arrays: list[Any]) -> Any:
        stacks = [p.result(a) for p, a in zip(self.parts, arrays, strict=True)]
        encoder, known = self.spec.encoder(), self.count
        whole = encoder.batch(self.spec, known if isinstance(known, int) else None)
        return encoder.decode(whole, stacks)


def _array(dtype: Any, size: Any, is_uniform: bool) -> TensorArray:
    return TensorArray(dtype, size=size, dynamic_size=False, infer_shape=is_uniform)
