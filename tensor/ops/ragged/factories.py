"""The ways in which ragged tensors are made of values and partitions."""

# ruff: noqa: ARG003  # TensorFlow's signatures: `name` and `validate` everywhere
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.tensor import EagerTensor, Tensor
from tensor.ops.array import reshape
from tensor.ops.gather import gather

if TYPE_CHECKING:
    from collections.abc import Sequence


class RaggedFactories:
    """The `from_…` methods of RaggedTensor."""

    __slots__ = ()

    def __init__(
        self, values: Any, row_splits: Any, uniform_row_length: int | None = None
    ) -> None:
        raise NotImplementedError

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: Any = None, validate: bool = True
    ) -> Any:
        """Return rows that end where `row_splits` says.

        Raises:
            ValueError: `row_splits` does not begin with 0, decreases, or does not end
                with the number of values.
        """
        values, splits = as_values(values), _partition(row_splits)
        if validate and type(splits) is EagerTensor:
            _check_splits(np.asarray(splits), _count(values))
        return cls(values, splits)

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: Any = None, validate: bool = True
    ) -> Any:
        """Return rows of the given lengths.

        Raises:
            ValueError: The lengths do not add up to the number of values.
        """
        lengths = _array(row_lengths)
        splits = np.concatenate([[0], np.cumsum(lengths)]).astype(lengths.dtype)
        return cls.from_row_splits(values, splits, validate=validate)

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: Any = None, validate: bool = True
    ) -> Any:
        """Return rows that begin where `row_starts` says."""
        values, starts = as_values(values), _array(row_starts)
        splits = np.append(starts, _count(values)).astype(starts.dtype)
        return cls.from_row_splits(values, splits, validate=validate)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: Any = None, validate: bool = True
    ) -> Any:
        """Return rows that end where `row_limits` says."""
        limits = _array(row_limits)
        splits = np.concatenate([[0], limits]).astype(limits.dtype)
        return cls.from_row_splits(values, splits, validate=validate)

    @classmethod
    def from_value_rowids(
        cls,
        values: Any,
        value_rowids: Any,
        nrows: Any = None,
        name: Any = None,
        validate: bool = True,
    ) -> Any:
        """Return rows whose values say which row they belong to, in order.

        Raises:
            ValueError: The numbers decrease, or there are more rows than `nrows`.
        """
        rows = _array(value_rowids)
        if (np.diff(rows) < 0).any():
            raise ValueError(f"`value_rowids` must not decrease, got {rows.tolist()}.")
        count = int(rows[-1]) + 1 if rows.size else 0
        total = count if nrows is None else int(nrows)
        if total < count:
            raise ValueError(f"`nrows` is {total}, but there is a row {count - 1}.")
        lengths = np.bincount(rows, minlength=total)[:total].astype(rows.dtype)
        return cls.from_row_lengths(values, lengths, validate=validate)

    @classmethod
    def from_uniform_row_length(
        cls,
        values: Any,
        uniform_row_length: Any,
        nrows: Any = None,
        validate: bool = True,
        name: Any = None,
    ) -> Any:
        """Return rows that all have one length.

        Raises:
            ValueError: The number of values is no multiple of it.
        """
        values, length = as_values(values), int(uniform_row_length)
        total = _count(values)
        count = int(nrows) if nrows is not None else total // length if length else 0
        if count * length != total:
            raise ValueError(
                f"{total} values do not make rows of {length} (nrows={nrows})."
            )
        splits = constant_tensor(np.arange(count + 1, dtype=np.int64) * length)
        return cls(values, splits, length)

    @classmethod
    def from_nested_row_splits(
        cls,
        flat_values: Any,
        nested_row_splits: Sequence[Any],
        name: Any = None,
        validate: bool = True,
    ) -> Any:
        """Return nested rows: the splits from the outermost to the innermost."""
        result = flat_values
        for splits in reversed(list(nested_row_splits)):
            result = cls.from_row_splits(result, splits, validate=validate)
        return result

    @classmethod
    def from_nested_row_lengths(
        cls,
        flat_values: Any,
        nested_row_lengths: Sequence[Any],
        name: Any = None,
        validate: bool = True,
    ) -> Any:
        """Return nested rows: the lengths from the outermost to the innermost."""
        result = flat_values
        for lengths in reversed(list(nested_row_lengths)):
            result = cls.from_row_lengths(result, lengths, validate=validate)
        return result

    @classmethod
    def from_tensor(
        cls,
        tensor: Any,
        lengths: Any = None,
        padding: Any = None,
        ragged_rank: int = 1,
        name: Any = None,
        row_splits_dtype: Any = dtypes.int64,
    ) -> Any:
        """Return the rows of a tensor, without padding at their ends.

        Raises:
            ValueError: `lengths` and `padding` are both given.
        """
        if lengths is not None and padding is not None:
            raise ValueError("Specify argument `lengths` or `padding`, but not both.")
        x = convert(tensor)
        array = np.asarray(x)
        if ragged_rank > 1:
            inner = cls.from_tensor(
                reshape(x, shape=(-1, *array.shape[2:])),
                lengths,
                padding,
                ragged_rank - 1,
                row_splits_dtype=row_splits_dtype,
            )
            return cls.from_uniform_row_length(inner, array.shape[1])
        rows, width = array.shape[:2]
        if padding is not None:
            real = ~(array == np.asarray(convert(padding, x.dtype)))
            real = real.reshape((rows, width, -1)).any(axis=2)
            counts = np.where(real, np.arange(1, width + 1), 0).max(axis=1, initial=0)
        elif lengths is not None:
            counts = np.clip(_array(lengths), 0, width)
        else:
            counts = np.full(rows, width)
        keep = np.arange(width) < counts[:, None]
        flat = reshape(x, shape=(rows * width, *array.shape[2:]))
        indices = constant_tensor(np.flatnonzero(keep).astype(np.int64))
        values = gather(flat, indices, axis=0, batch_dims=0)
        kind = dtypes.as_dtype(row_splits_dtype).numpy_dtype
        return cls.from_row_lengths(values, counts.astype(kind))

    @classmethod
    def from_sparse(
        cls, st_input: Any, name: Any = None, row_splits_dtype: Any = dtypes.int64
    ) -> Any:
        """Return the rows of a sparse matrix whose rows are filled from the left.

        Raises:
            ValueError: It is no matrix, or has gaps.
        """
        if st_input.dense_shape.shape[0] != 2:
            raise ValueError(f"rank(st_input) must be 2, got {st_input.shape}.")
        indices = np.asarray(st_input.indices)
        rows, columns = indices[:, 0], indices[:, 1]
        start = np.searchsorted(rows, rows, side="left")
        if (columns != np.arange(len(columns)) - start).any():
            raise ValueError("SparseTensor is not right-ragged.")
        kind = dtypes.as_dtype(row_splits_dtype).numpy_dtype
        count = int(np.asarray(st_input.dense_shape)[0])
        return cls.from_value_rowids(st_input.values, rows.astype(kind), nrows=count)


def as_values(values: Any) -> Any:
    """Return values as a tensor, or ragged as they are."""
    return values if isinstance(values, RaggedFactories) else convert(values)


def _partition(splits: Any) -> Any:
    """Return row splits as a vector of int32 or int64."""
    tensor = convert(splits, hint=dtypes.int64) if not _is_tensor(splits) else splits
    if tensor.dtype not in (dtypes.int32, dtypes.int64):
        raise ValueError(
            f"row_splits must have dtype int32 or int64, got {tensor.dtype!r}"
        )
    return tensor


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray) and hasattr(value, "static_shape")


def _array(values: Any) -> np.ndarray:
    array = np.asarray(values)
    return array if array.dtype == np.int32 else array.astype(np.int64)


def _count(values: Any) -> int:
    dims = getattr(values, "static_shape", None)
    return len(values) if dims is None else dims[0]


def vector_size(vector: Any) -> Any:
    """Return the length of a vector as a tensor."""
    from tensor.ops.facts import size

    return size(vector)


def _check_splits(splits: np.ndarray, count: int) -> None:
    if splits.ndim != 1 or not splits.size or splits[0] != 0:
        raise errors.because(
            errors.InvalidArgumentError,
            "Arguments to from_row_splits do not form a valid RaggedTensor:zero: "
            f"row_splits must begin with 0, got {splits.tolist()}.",
        )
    if (np.diff(splits) < 0).any() or splits[-1] != count:
        raise errors.because(
            errors.InvalidArgumentError,
            "Arguments to _from_row_partition do not form a valid RaggedTensor: "
            f"row_splits must not decrease and end with the number of values, {count}; "
            f"got {splits.tolist()}.",
        )
