"""How each kind of feature becomes arrays: dense, padded, sparse or ragged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.tensor_spec import TensorSpec
from tensor.io.features import (
    static_dims,
)
from tensor.ops.ragged.ragged_tensor import RaggedTensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Values = Any  # the values of a feature in one record, or None if it has none
Dims = tuple[int | None, ...]


class Column:
    """Reads one feature of every record.

    Attributes:
        key: The feature's name in the records.
        dtype: The dtype of the values.
    """

    def __init__(self, key: str, spec: Any) -> None:
        self.key = key
        self.spec = spec
        self.dtype: dtypes.DType = spec.dtype

    def find(self, find_one: Callable[[str, dtypes.DType], Values]) -> Values:
        """Return what `parse` gets of one record; `find_one` reads a feature of it."""
        return find_one(self.key, self.dtype)

    def parse(self, records: list[Values], is_batch: bool) -> list[Any]:
        """Return the arrays made of the values of all records."""
        raise NotImplementedError(f"{type(self).__name__} must define `parse`.")

    def specs(self, batch: Dims) -> list[TensorSpec]:
        """Return the specs of what `parse` returns."""
        raise NotImplementedError(f"{type(self).__name__} must define `specs`.")

    def check_takes_steps(self) -> None:
        """Check that this can be a feature of every step.

        Raises:
            TypeError: It holds for a whole record only.
        """

    def parse_steps(self, records: list[Any], is_batch: bool) -> list[Any]:
        """Return the arrays made of a list of steps from each record."""
        raise NotImplementedError(f"{type(self).__name__} must define `parse_steps`.")

    def step_specs(self, batch: Dims) -> list[TensorSpec]:
        """Return the specs of what `parse_steps` returns."""
        raise NotImplementedError(f"{type(self).__name__} must define `step_specs`.")

    def assemble(self, outputs: Iterator[Any], is_batch: bool) -> Any:
        """Return what users get, from the next of the op's outputs."""
        return next(outputs)

    def assemble_steps(self, outputs: Iterator[Any], is_batch: bool) -> Any:
        """Return what users get of a sequence feature."""
        return next(outputs)

    def nothing(self) -> np.ndarray:
        """Return no values."""
        return np.zeros(0, self.dtype.numpy_dtype)

    def where(self, index: int, is_batch: bool) -> str:
        """Return how messages name a record's feature."""
        return where(self.key, index, is_batch)


class DenseColumn(Column):
    """The same number of values in every record."""

    def __init__(self, key: str, spec: Any) -> None:
        super().__init__(key, spec)
        self.dims = static_dims(spec)
        self.size = math.prod(self.dims)
        self.default = None
        if spec.default_value is not None:
            self.default = _as_default(spec.default_value, self.dtype, self.dims)

    def parse(self, records: list[Values], is_batch: bool) -> list[Any]:
        rows = [self._row(v, i, is_batch) for i, v in enumerate(records)]
        if is_batch:
            stacked = np.concatenate(rows) if rows else self.nothing()
            return [stacked.reshape(len(rows), *self.dims)]
        row = rows[0].reshape(self.dims)
        return [row if self.dims or row.dtype == object else row[()]]

    def _row(self, values: Values, index: int, is_batch: bool) -> np.ndarray:
        if values is None:
            if self.default is None:
                name = "Name: <unknown>, " if is_batch else ""
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"{name}Feature: {self.key} (data type: "
                    f"{dtypes.short_name(self.dtype)}) is required but could not be "
                    "found. Give it a default_value if it may be missing. "
                    "[Op:ParseExampleV2]",
                )
            return self.default
        if len(values) != self.size:
            raise errors.because(
                errors.InvalidArgumentError,
                f"{self.where(index, is_batch)}  Number of "
                f"{dtypes.short_name(self.dtype)} values != expected.  Values size: "
                f"{len(values)} but output shape: {list(self.dims)} "
                "[Op:ParseExampleV2]",
            )
        return values

    def specs(self, batch: Dims) -> list[TensorSpec]:
        return [TensorSpec.of((*batch, *self.dims), self.dtype)]

    def check_takes_steps(self) -> None:
        raise TypeError(
            f"{self.spec!r} is no kind of sequence feature: use "
            "FixedLenSequenceFeature for dense values of every step."
        )


class PaddedColumn(Column):
    """Any number of steps of one shape, padded to the longest record."""

    def __init__(self, key: str, spec: Any) -> None:
        super().__init__(key, spec)
        self.dims = static_dims(spec)
        self.size = math.prod(self.dims)
        self.padding = np.zeros((), self.dtype.numpy_dtype)
        if self.dtype is dtypes.string:
            self.padding = np.array(b"", object)
        if spec.default_value is not None:
            self.padding = _as_default(spec.default_value, self.dtype, ())[0:1]

    def parse(self, records: list[Values], is_batch: bool) -> list[Any]:
        rows = [self._steps(v, i, is_batch) for i, v in enumerate(records)]
        return [self._padded(rows) if is_batch else rows[0]]

    def _steps(self, values: Values, index: int, is_batch: bool) -> np.ndarray:
        values = self.nothing() if values is None else values
        if len(values) % self.size:
            shape = ",".join(["?", *map(str, self.dims)])
            raise errors.because(
                errors.InvalidArgumentError,
                f"{self.where(index, is_batch)}  Number of "
                f"{dtypes.short_name(self.dtype)} values is not a multiple of stride "
                f"length. Saw {len(values)} values but output shape is: [{shape}] "
                "[Op:ParseExampleV2]",
            )
        return values.reshape(-1, *self.dims)

    def _padded(self, rows: list[np.ndarray]) -> np.ndarray:
        longest = max((len(row) for row in rows), default=0)
        shape = (len(rows), longest, *self.dims)
        result = np.full(shape, self.padding, self.dtype.numpy_dtype)
        for i, row in enumerate(rows):
            result[i, : len(row)] = row
        return result

    def specs(self, batch: Dims) -> list[TensorSpec]:
        return [TensorSpec.of((*batch, None, *self.dims), self.dtype)]

    def parse_steps(self, records: list[Any], is_batch: bool) -> list[Any]:
        rows = [self._joined(steps, i) for i, steps in enumerate(records)]
        lengths = np.array([len(row) for row in rows], np.int64)
        if is_batch:
            return [self._padded(rows), lengths]
        return [rows[0], lengths[0]]

    def _joined(self, steps: list[Values] | None, index: int) -> np.ndarray:
        if steps is None:
            if not self.spec.allow_missing:
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"Name: <unknown>, Feature list '{self.key}' is required but could "
                    "not be found.  Did you mean to include it in "
                    "feature_list_dense_missing_assumed_empty or "
                    "feature_list_dense_defaults? Set allow_missing=True if it may be "
                    "missing. [Op:ParseSequenceExampleV2]",
                )
            return self.nothing().reshape(0, *self.dims)
        for at, values in enumerate(steps):
            count = 0 if values is None else len(values)
            if count != self.size:
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"Name: <unknown>, Key: {self.key}, Index: {at}.  Number of values "
                    f"!= expected.  values size: {count} but output shape: "
                    f"{list(self.dims)} [Op:ParseSequenceExampleV2]",
                )
        joined = np.concatenate(steps) if steps else self.nothing()
        return joined.reshape(-1, *self.dims)

    def step_specs(self, batch: Dims) -> list[TensorSpec]:
        return [*self.specs(batch), TensorSpec.of(batch, dtypes.int64)]


class RaggedColumn(Column):
    """Any number of values, as values and row splits of a ragged tensor."""

    def parse(self, records: list[Values], is_batch: bool) -> list[Any]:
        rows = [self.nothing() if v is None else v for v in records]
        if not is_batch:
            return [rows[0]]
        values = np.concatenate(rows) if rows else self.nothing()
        return [values, self._splits([len(row) for row in rows])]

    def _splits(self, lengths: list[int]) -> Any:
        dtype = self.spec.row_splits_dtype.numpy_dtype
        return np.concatenate([[0], np.cumsum(lengths)]).astype(dtype)

    def specs(self, batch: Dims) -> list[TensorSpec]:
        values = TensorSpec.of((None,), self.dtype)
        return [values, self._splits_spec(batch[0])] if batch else [values]

    def _splits_spec(self, rows: int | None) -> TensorSpec:
        size = None if rows is None else rows + 1
        return TensorSpec.of((size,), self.spec.row_splits_dtype)

    def assemble(self, outputs: Iterator[Any], is_batch: bool) -> Any:
        values = next(outputs)
        return _ragged(values, next(outputs)) if is_batch else values

    def parse_steps(self, records: list[Any], is_batch: bool) -> list[Any]:
        steps = [
            [self.nothing() if v is None else v for v in record or []]
            for record in records
        ]
        flat = [row for record in steps for row in record]
        values = np.concatenate(flat) if flat else self.nothing()
        inner = self._splits([len(row) for row in flat])
        outer = self._splits([len(record) for record in steps])
        return [values, inner, outer] if is_batch else [values, inner]

    def step_specs(self, batch: Dims) -> list[TensorSpec]:
        values = TensorSpec.of((None,), self.dtype)
        inner = self._splits_spec(None)
        return (
            [values, inner, self._splits_spec(batch[0])] if batch else [values, inner]
        )

    def assemble_steps(self, outputs: Iterator[Any], is_batch: bool) -> Any:
        steps = _ragged(next(outputs), next(outputs))
        return _ragged(steps, next(outputs)) if is_batch else steps


def where(key: str, index: int, is_batch: bool) -> str:
    """Return how messages name a feature of a record."""
    if is_batch:
        return f"Name: <unknown>, Key: {key}, Index: {index}."
    return f"Key: {key}."


def _ragged(values: Any, row_splits: Any) -> Any:
    return RaggedTensor.from_row_splits(values, row_splits, validate=False)


def _as_default(value: Any, dtype: dtypes.DType, dims: tuple[int, ...]) -> np.ndarray:
    """Return a default value as a flat array of the size that `dims` ask for."""
    from tensor.core.convert import to_array

    array = np.asarray(value) if hasattr(value, "_array") else to_array(value, dtype)
    flat = np.asarray(array).reshape(-1)
    if flat.size != math.prod(dims):
        raise errors.because(
            errors.InvalidArgumentError,
            f"Input to reshape is a tensor with {flat.size} values, but the requested "
            f"shape has {math.prod(dims)}: default_value {value!r} does not fit the "
            f"shape {list(dims)}.",
        )
    return flat
