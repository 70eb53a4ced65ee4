"""tf.experimental.RowPartition: how values are cut into rows, without the values."""

# ruff: noqa: ARG003  # TensorFlow's signatures
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.indexed_slices import CompositeTensor
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.tensor import EagerTensor, Tensor
from tensor.ops.array import cast_, concat as join
from tensor.ops.ragged.partitions import (
    lengths_to_splits,
    positions_in_rows,
    rowids_to_splits,
    splits_to_rowids,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_INDICES = (dtypes.int32, dtypes.int64)
_DEFAULT = dtypes.int64


@export("experimental.RowPartition")
class RowPartition(CompositeTensor):
    """Says which of a number of values, in order, are in which row."""

    __slots__ = ("_nvals", "_row_splits", "_uniform_row_length")
    is_one_tensor = False
    _row_splits: Any
    _uniform_row_length: int | None
    _nvals: int | None

    def __init__(self, *_: Any, **__: Any) -> None:
        raise ValueError(
            "RowPartition constructor is private; please use one of the factory "
            "methods instead (e.g., RowPartition.from_row_lengths())"
        )

    @classmethod
    def of(
        cls, row_splits: Any, length: int | None = None, nvals: int | None = None
    ) -> RowPartition:
        """Return the partition of these splits, with what else is known of it."""
        result: RowPartition = object.__new__(cls)
        result._row_splits = row_splits
        result._uniform_row_length = length
        result._nvals = nvals
        return result

    # ---- made from

    @classmethod
    def from_row_splits(
        cls,
        row_splits: Any,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = _DEFAULT,
    ) -> RowPartition:
        """Make a partition from where rows end, from 0 on.

        Raises:
            ValueError: They are no vector of integers, or empty.
            InvalidArgumentError: They do not begin with 0, or decrease.
        """
        splits = _integers(row_splits, "row_splits", dtype, dtype_hint)
        if splits.static_shape == (0,):
            raise ValueError("row_splits tensor may not be empty.")
        if validate and type(splits) is EagerTensor:
            array = np.asarray(splits)
            start = "Arguments to from_row_splits do not form a valid RaggedTensor:"
            _check(array[0] == 0, f"{start}zero", f"begins with {array[0]}")
            _check((np.diff(array) >= 0).all(), f"{start}monotonic.", array.tolist())
        return cls.of(splits)

    @classmethod
    def from_row_lengths(
        cls,
        row_lengths: Any,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = _DEFAULT,
    ) -> RowPartition:
        """Make a partition from the lengths of rows."""
        lengths = _integers(row_lengths, "row_lengths", dtype, dtype_hint)
        if validate and type(lengths) is EagerTensor:
            array = np.asarray(lengths)
            _check((array >= 0).all(), _invalid("row_lengths"), array.tolist())
        return cls.of(lengths_to_splits(lengths))

    @classmethod
    def from_value_rowids(
        cls,
        value_rowids: Any,
        nrows: Any = None,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = _DEFAULT,
    ) -> RowPartition:
        """Make a partition from the number of the row of each value, in order.

        Raises:
            ValueError: There is a row beyond `nrows`, or `nrows` is negative.
        """
        rows = _integers(value_rowids, "value_rowids", dtype, dtype_hint)
        if isinstance(nrows, int) and nrows < 0:
            raise ValueError(f"Expected nrows >= 0; got {nrows}")
        if type(rows) is EagerTensor:
            array = np.asarray(rows)
            rises = (np.diff(array) >= 0).all() and (array >= 0).all()
            _check(rises, _invalid("value_rowids"), array.tolist())
            if isinstance(nrows, int) and array.size and nrows <= array[-1]:
                raise ValueError(
                    f"Expected nrows >= value_rowids[-1] + 1; got nrows={nrows}, "
                    f"value_rowids[-1]={array[-1]}"
                )
        count = cast_(convert(-1 if nrows is None else nrows), dtypes.int64)
        splits = rowids_to_splits(rows, count)
        if isinstance(nrows, int) and splits.static_shape == (None,):
            splits.set_shape([nrows + 1])
        return cls.of(splits, nvals=rows.static_shape[0])

    @classmethod
    def from_row_starts(
        cls,
        row_starts: Any,
        nvals: Any,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = _DEFAULT,
    ) -> RowPartition:
        """Make a partition from where rows begin, and the number of values."""
        starts = _integers(row_starts, "row_starts", dtype, dtype_hint)
        if validate and type(starts) is EagerTensor:
            array, text = np.asarray(starts), _invalid("row_starts")
            _check(not array.size or array[0] == 0, text, array.tolist())
            is_last = not array.size or not isinstance(nvals, int) or array[-1] <= nvals
            _check((np.diff(array) >= 0).all() and is_last, text, array.tolist())
        end = get_op("ExpandDims")(cast_(convert(nvals), starts.dtype), axis=0)
        return cls.of(join(starts, end, axis=0))

    @classmethod
    def from_row_limits(
        cls,
        row_limits: Any,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = _DEFAULT,
    ) -> RowPartition:
        """Make a partition from where rows end, the first one included."""
        limits = _integers(row_limits, "row_limits", dtype, dtype_hint)
        if validate and type(limits) is EagerTensor:
            array = np.asarray(limits)
            rises = (np.diff(array) >= 0).all() and (array >= 0).all()
            _check(rises, _invalid("row_limits"), array.tolist())
        zero = constant_tensor(np.zeros(1, limits.dtype.numpy_dtype))
        return cls.of(join(zero, limits, axis=0))

    @classmethod
    def from_uniform_row_length(
        cls,
        uniform_row_length: Any,
        nvals: Any = None,
        nrows: Any = None,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = _DEFAULT,
    ) -> RowPartition:
        """Make a partition of rows of one length.

        Raises:
            ValueError: Neither the number of values nor that of rows is given, or
                they do not fit the length.
        """
        if nvals is None and nrows is None:
            raise ValueError("Either (or both) of nvals and nrows must be specified")
        kind = dtypes.as_dtype(dtype_hint if dtype is None else dtype)
        length, values, rows = map(_number, (uniform_row_length, nvals, nrows))
        if isinstance(length, int) and length < 0:
            raise ValueError("uniform_row_length must be >= 0.")
        if rows is None:
            is_empty = isinstance(length, int) and not length
            rows = 0 if is_empty else values // length
        total = rows * length
        both_known = isinstance(total, int) and isinstance(values, int)
        if both_known and total != values:
            raise ValueError(
                f"uniform_row_length={length} times nrows={rows} must equal "
                f"nvals={values}"
            )
        if isinstance(rows, int):
            numbers = constant_tensor(np.arange(rows + 1))
        else:
            numbers = get_op("Range")(*[_int64(v) for v in (0, rows + 1, 1)])
        splits = cast_(numbers * _int64(length), kind)
        known = [v if isinstance(v, int) else None for v in (length, total)]
        return cls.of(splits, *known)

    # ---- asked for

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the splits: int32 or int64."""
        dtype: dtypes.DType = self._row_splits.dtype
        return dtype

    def row_splits(self) -> Any:
        """Return where rows end, from 0 on."""
        return self._row_splits

    def row_lengths(self) -> Any:
        """Return the lengths of the rows."""
        return self._row_splits[1:] - self._row_splits[:-1]

    def row_starts(self) -> Any:
        """Return where rows begin."""
        return self._row_splits[:-1]

    def row_limits(self) -> Any:
        """Return where rows end."""
        return self._row_splits[1:]

    def value_rowids(self) -> Any:
        """Return the number of the row of each value."""
        return splits_to_rowids(self._row_splits)

    def offsets_in_rows(self) -> Any:
        """Return the place of each value in its row."""
        return positions_in_rows(self._row_splits)

    def nrows(self) -> Any:
        """Return the number of rows."""
        return get_op("Size")(self._row_splits, out_type=self.dtype) - 1

    def nvals(self) -> Any:
        """Return the number of values."""
        return self._row_splits[-1]

    def uniform_row_length(self) -> Any:
        """Return the length of all rows, None unless the partition was made so."""
        length = self._uniform_row_length
        return None if length is None else convert(length, self.dtype)

    def is_uniform(self) -> bool:
        """Return whether the partition was made of rows of one length."""
        return self._uniform_row_length is not None

    @property
    def static_nrows(self) -> int | None:
        """The number of rows, if it is known."""
        size = self._row_splits.static_shape[0]
        return None if size is None else size - 1

    @property
    def static_nvals(self) -> int | None:
        """The number of values, if it is known without looking at them."""
        return self._nvals

    @property
    def static_uniform_row_length(self) -> int | None:
        """The length of all rows, if it is known."""
        return self._uniform_row_length

    def with_dtype(self, dtype: Any) -> RowPartition:
        """Return the partition with splits of another dtype.

        Raises:
            ValueError: It is neither int32 nor int64.
        """
        kind = dtypes.as_dtype(dtype)
        if kind not in _INDICES:
            raise ValueError("dtype must be int32 or int64")
        splits = cast_(self._row_splits, kind)
        return RowPartition.of(splits, self._uniform_row_length, self._nvals)

    # ---- a composite of tensors

    @property
    def _type_spec(self) -> Any:
        from tensor.ops.ragged.row_partition_spec import RowPartitionSpec

        return RowPartitionSpec(
            self.static_nrows, self._nvals, self._uniform_row_length, self.dtype
        )

    def composite_components(self) -> list[Any]:
        """Return the splits."""
        return [self._row_splits]

    def composite_from(self, parts: Sequence[Any]) -> RowPartition:
        """Return a partition of other splits."""
        return RowPartition.of(parts[0], self._uniform_row_length, self._nvals)

    def __repr__(self) -> str:
        if self._uniform_row_length is not None:
            return (
                f"tf.RowPartition(nrows={_text(self.nrows())}, "
                f"uniform_row_length={self._uniform_row_length})"
            )
        return f"tf.RowPartition(row_splits={_text(self._row_splits)})"


def _integers(values: Any, name: str, dtype: Any, hint: Any) -> Any:
    """Return a vector of int32 or int64.

    Raises:
        ValueError: It is none.
    """
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    is_array = isinstance(values, np.ndarray)
    tensor = convert(values, kind, None if is_array else dtypes.as_dtype(hint))
    if tensor.static_shape == (0,) and tensor.dtype.is_floating:
        tensor = cast_(tensor, dtypes.as_dtype(hint))
    if tensor.dtype not in _INDICES:
        raise ValueError(f"{name} must have dtype int32 or int64")
    tensor.shape.assert_has_rank(1)
    return tensor


def _number(value: Any) -> Any:
    """Return a whole number: an int if it is known, else a tensor; or None."""
    if value is None:
        return None
    if isinstance(value, Tensor) and type(value) is not EagerTensor:
        return _int64(value)
    return int(value)


def _int64(value: Any) -> Any:
    return cast_(convert(value, hint=dtypes.int64), dtypes.int64)


def _invalid(what: str) -> str:
    kind = "RaggedTensor" if what in ("row_starts", "row_limits") else "RowPartition."
    return f"Arguments to from_{what} do not form a valid {kind}"


def _check(holds: Any, text: str, found: Any) -> None:
    if not holds:
        raise errors.because(
            errors.InvalidArgumentError,
            f"{text} Condition x >= 0 did not hold: got {found}.",
        )


def _text(value: Any) -> str:
    return str(np.asarray(value)) if type(value) is EagerTensor else str(value)
