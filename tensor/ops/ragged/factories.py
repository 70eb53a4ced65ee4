"""The ways in which ragged tensors are made of values and partitions."""

# ruff: noqa: ARG003  # TensorFlow's signatures: `name` and `validate` everywhere
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.shapes import TensorShape
from tensor.core.tensor import EagerTensor, Tensor
from tensor.ops.array import cast_, concat as join, reshape, shape
from tensor.ops.gather import gather, gather_nd
from tensor.ops.math import maximum, minimum
from tensor.ops.ragged.partitions import (
    cells,
    filled_from_the_left,
    lengths_to_splits,
    lengths_without_padding,
    right_ragged_rows,
)
from tensor.ops.ragged.row_partition import RowPartition

if TYPE_CHECKING:
    from collections.abc import Sequence


class RaggedFactories:
    """The `from_…` methods of RaggedTensor."""

    __slots__ = ()

    def __init__(
        self, values: Any, row_splits: Any, uniform_row_length: int | None = None
    ) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define `__init__`.")

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: Any = None, validate: bool = True
    ) -> Any:
        """Return rows that end where `row_splits` says.

        Raises:
            ValueError: `row_splits` is empty or no vector, does not begin with 0,
                decreases, or does not end with the number of values.
        """
        return cls._of(
            values, RowPartition.from_row_splits(row_splits, validate), validate
        )

    @classmethod
    def _of(cls, values: Any, partition: RowPartition, validate: bool) -> Any:
        """Return values in the rows of a partition.

        Raises:
            ValueError: The values are a scalar.
            InvalidArgumentError: There are more or fewer of them than in the rows.
        """
        values = as_values(values)
        if values.shape.rank == 0:
            raise ValueError("Values of a RaggedTensor need a dimension, got a scalar.")
        splits, count = partition.row_splits(), values.shape[0]
        if validate and type(splits) is EagerTensor and count is not None:
            wanted = int(np.asarray(splits)[-1])
            if wanted != count:
                raise errors.because(
                    errors.InvalidArgumentError,
                    "Arguments to _from_row_partition do not form a valid "
                    f"RaggedTensor: the rows hold {wanted} values, but there are "
                    f"{count}.",
                )
        return cls(values, splits, partition.static_uniform_row_length)

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: Any = None, validate: bool = True
    ) -> Any:
        """Return rows of the given lengths.

        Raises:
            ValueError: The lengths do not add up to the number of values.
        """
        return cls._of(
            values, RowPartition.from_row_lengths(row_lengths, validate), validate
        )

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: Any = None, validate: bool = True
    ) -> Any:
        """Return rows that begin where `row_starts` says."""
        values = as_values(values)
        count = _known(count_of(values))
        partition = RowPartition.from_row_starts(row_starts, count, validate)
        return cls._of(values, partition, validate)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: Any = None, validate: bool = True
    ) -> Any:
        """Return rows that end where `row_limits` says."""
        return cls._of(
            values, RowPartition.from_row_limits(row_limits, validate), validate
        )

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
            ValueError: The numbers decrease, are no vector or not one for each value,
                or there are more rows than `nrows`.
        """
        values = as_values(values)
        partition = RowPartition.from_value_rowids(value_rowids, nrows, validate)
        ids = TensorShape([partition.static_nvals])
        values.shape[:1].assert_is_compatible_with(ids)
        return cls._of(values, partition, validate)

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
        values = as_values(values)
        count = _known(count_of(values))
        partition = RowPartition.from_uniform_row_length(
            uniform_row_length, count, nrows, validate
        )
        return cls._of(values, partition, False)

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
        for splits in reversed(_as_list(nested_row_splits, "nested_row_splits")):
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
        for lengths in reversed(_as_list(nested_row_lengths, "nested_row_lengths")):
            result = cls.from_row_lengths(result, lengths, validate=validate)
        return result

    @classmethod
    def from_nested_value_rowids(
        cls,
        flat_values: Any,
        nested_value_rowids: Sequence[Any],
        nested_nrows: Sequence[Any] | None = None,
        name: Any = None,
        validate: bool = True,
    ) -> Any:
        """Return nested rows: the row numbers from the outermost to the innermost.

        Raises:
            ValueError: `nested_nrows` has not one number for each of them.
        """
        levels = _as_list(nested_value_rowids, "nested_value_rowids")
        counts = [None] * len(levels) if nested_nrows is None else list(nested_nrows)
        if len(counts) != len(levels):
            raise ValueError(
                "Argument `nested_nrows` must have the same length as "
                f"`nested_value_rowids`. len(nested_nrows) = {len(counts)} vs. "
                f"len(nested_values_rowids) = {len(levels)}."
            )
        result = flat_values
        for rows, count in zip(reversed(levels), reversed(counts), strict=True):
            result = cls.from_value_rowids(result, rows, count, validate=validate)
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
            ValueError: `lengths` and `padding` are both given, or `ragged_rank` is not
                between 1 and one less than the rank.
        """
        if lengths is not None and padding is not None:
            raise ValueError("Specify argument `lengths` or `padding`, but not both.")
        x = convert(tensor)
        dims = x.static_shape
        if dims is None or len(dims) < 2:
            raise ValueError(
                "The rank of a RaggedTensor must be greater than 1, i.e., a list of "
                "scalars won't have ragged dimensions. Received argument `tensor` with "
                f"rank {len(dims or ())}."
            )
        if ragged_rank < 1:
            raise ValueError(
                "Argument `ragged_rank` must be greater than 0. Received "
                f"{ragged_rank}."
            )
        x.shape.with_rank_at_least(ragged_rank + 1)
        kind = dtypes.as_dtype(row_splits_dtype)
        sizes = [size_along(x, axis, kind) for axis in range(ragged_rank + 1)]
        if isinstance(lengths, tuple | list) and any(np.ndim(n) for n in lengths):
            nested = [lengths_to_splits(_partition(n, "lengths")) for n in lengths]
            last = reshape(cast_(nested[-1][-1], kind), shape=(1,))
            values = gather_nd(x, cells(last, *nested), batch_dims=0)
            ends = [cast_(n, kind) for n in nested]
            return cls.from_nested_row_splits(values, ends, validate=False)
        if ragged_rank > 1:
            inner = cls.from_tensor(
                reshape(x, shape=shape_of_rows(x)),
                lengths,
                padding,
                ragged_rank - 1,
                row_splits_dtype=row_splits_dtype,
            )
            outer = cls.from_uniform_row_length(inner, sizes[1], sizes[0])
            return outer.with_row_splits_dtype(kind)
        flat = reshape(x, shape=shape_of_rows(x))
        if lengths is None and padding is None:
            whole = cls.from_uniform_row_length(flat, sizes[1], sizes[0])
            return whole.with_row_splits_dtype(kind)
        if padding is not None:
            filler = convert(padding, x.dtype)
            filler.shape.assert_is_compatible_with(x.shape[2:])
            counts = lengths_without_padding(x, filler)
        else:
            counts = _partition(lengths, "lengths")
            x.shape[:1].assert_is_compatible_with(counts.shape)
        width = cast_(convert(sizes[1]), dtypes.int64)
        counts = minimum(cast_(counts, dtypes.int64), width)
        counts = maximum(counts, 0 * counts)
        values = gather(flat, filled_from_the_left(counts, width), axis=0, batch_dims=0)
        splits = lengths_to_splits(cast_(counts, kind))
        return cls.from_row_splits(values, splits, validate=False)

    @classmethod
    def from_sparse(
        cls, st_input: Any, name: Any = None, row_splits_dtype: Any = dtypes.int64
    ) -> Any:
        """Return the rows of a sparse matrix whose rows are filled from the left.

        Raises:
            ValueError: It is no matrix, or has gaps.
            TypeError: It is not sparse.
        """
        if not hasattr(st_input, "dense_shape"):
            raise TypeError(
                "Argument `st_input` must be of type SparseTensor, but is of type "
                f"{type(st_input).__name__}."
            )
        if st_input.dense_shape.shape[0] != 2:
            raise ValueError(f"rank(st_input) must be 2. Received {st_input.shape}.")
        kind = dtypes.as_dtype(row_splits_dtype)
        rows = cast_(right_ragged_rows(st_input.indices), kind)
        return cls.from_value_rowids(
            st_input.values, rows, nrows=st_input.dense_shape[0]
        )


def as_values(values: Any) -> Any:
    """Return values as a tensor, or ragged as they are."""
    return values if isinstance(values, RaggedFactories) else convert(values)


def _partition(values: Any, name: str = "row_splits") -> Any:
    """Return a row partition as a vector of int32 or int64."""
    tensor = values
    if not _is_tensor(values):
        tensor = convert(values, hint=dtypes.int64)
        if tensor.dtype.is_floating and not tensor.static_shape[0]:
            tensor = cast_(tensor, dtypes.int64)  # an empty list
    if tensor.dtype not in (dtypes.int32, dtypes.int64):
        raise ValueError(f"{name} must have dtype int32 or int64, got {tensor.dtype!r}")
    return tensor


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray) and hasattr(value, "static_shape")


def _known(value: Any) -> Any:
    """Return a whole number as a Python number if it is known, else as a tensor."""
    if isinstance(value, Tensor) and type(value) is not EagerTensor:
        known = getattr(value, "static_vector", lambda: None)()
        return known if isinstance(known, int) else value
    return int(value)


def size_along(x: Any, axis: int, dtype: Any) -> Any:
    """Return the size of a tensor along an axis: a number if it is known."""
    known = x.static_shape[axis]
    return cast_(shape(x)[axis], dtype) if known is None else known


def shape_of_rows(x: Any) -> Any:
    """Return the shape in which the first two dimensions of x are one."""
    rest = x.static_shape[2:]
    if None not in rest:
        return (-1, *rest)
    return join(convert([-1]), shape(x)[2:], axis=0)


def count_of(values: Any) -> Any:
    """Return the number of rows of a tensor or ragged tensor: an int if it is known."""
    if isinstance(values, RaggedFactories):
        return values.nrows()  # type: ignore[attr-defined]  # ragged tensors
    return size_along(values, 0, dtypes.int64)


def vector_size(vector: Any) -> Any:
    """Return the length of a vector as a tensor."""
    from tensor.ops.facts import size

    return size(vector)


def _as_list(values: Any, name: str) -> list[Any]:
    """Return the partitions of all levels.

    Raises:
        TypeError: They are no list.
    """
    if isinstance(values, Tensor) or not hasattr(values, "__iter__"):
        raise TypeError(
            f"Argument `{name}` must be a list of Tensors. Received {values}."
        )
    return list(values)
