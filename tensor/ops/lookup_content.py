"""The content of lookup tables: tensors of keys and values, or the lines of a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor import Tensor


@export("lookup.TextFileIndex")
class TextFileIndex:
    """What of a text file's lines are keys or values, besides their columns."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


@export("lookup.KeyValueTensorInitializer")
class KeyValueTensorInitializer:
    """The content of a table, as a tensor of keys and one of values."""

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        """Keep keys and values; the table checks that there are as many of both."""
        kinds = [
            None if d is None else dtypes.as_dtype(d) for d in (key_dtype, value_dtype)
        ]
        self._keys, self._values = convert(keys, kinds[0]), convert(values, kinds[1])

    @property
    def key_dtype(self) -> dtypes.DType:
        """The dtype of the keys."""
        return self._keys.dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """The dtype of the values."""
        return self._values.dtype

    def content(self) -> tuple[np.ndarray, np.ndarray]:
        """Return keys and values as vectors."""
        return np.ravel(np.asarray(self._keys)), np.ravel(np.asarray(self._values))


@export("lookup.TextFileInitializer")
class TextFileInitializer:
    """The content of a table, from the lines of a text file."""

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ) -> None:
        """Say what of each line is key and value: a column, or a TextFileIndex.

        Raises:
            ValueError: The file's name is missing, an index is below -2, a dtype cannot
                be that of line numbers or whole lines, or `vocab_size` is not positive.
        """
        if not isinstance(filename, Tensor) and not filename:
            raise ValueError(
                "`filename` argument required for tf.lookup.TextFileInitializer"
            )
        _check_column("key", dtypes.as_dtype(key_dtype), key_index)
        _check_column("value", dtypes.as_dtype(value_dtype), value_index)
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"`vocab_size` should be > 0, received: {vocab_size}")
        self._filename: str = np.asarray(convert(filename)).item().decode()
        self._key = (dtypes.as_dtype(key_dtype), key_index)
        self._value = (dtypes.as_dtype(value_dtype), value_index)
        self._vocab_size = vocab_size
        self._delimiter = delimiter
        self._offset = value_index_offset

    @property
    def key_dtype(self) -> dtypes.DType:
        """The dtype of the keys."""
        return self._key[0]

    @property
    def value_dtype(self) -> dtypes.DType:
        """The dtype of the values."""
        return self._value[0]

    def content(self) -> tuple[np.ndarray, np.ndarray]:
        """Return keys and values as vectors.

        Raises:
            NotFoundError: There is no such file.
            InvalidArgumentError: It has fewer lines than `vocab_size`.
        """
        try:
            with open(self._filename, "rb") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            raise errors.because(
                errors.NotFoundError, f"{self._filename}; No such file or directory"
            ) from None
        if self._vocab_size is not None:
            if len(lines) < self._vocab_size:
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"Invalid vocab_size in {self._filename}: expected "
                    f"{self._vocab_size} but got {len(lines)}",
                )
            lines = lines[: self._vocab_size]
        return self._column(lines, *self._key, 0), self._column(
            lines, *self._value, self._offset
        )

    def _column(
        self, lines: list[bytes], dtype: dtypes.DType, index: int, offset: int
    ) -> np.ndarray:
        if index == TextFileIndex.LINE_NUMBER:
            return np.arange(len(lines), dtype=dtype.numpy_dtype) + offset
        cells: list[Any] = lines
        if index != TextFileIndex.WHOLE_LINE:
            cells = [self._cell(line, n, index) for n, line in enumerate(lines)]
        if dtype is not dtypes.string:
            cells = [_number(cell, n, dtype) for n, cell in enumerate(cells)]
        result = np.empty(len(cells), dtype.numpy_dtype)
        result[:] = cells
        return result

    def _cell(self, line: bytes, number: int, index: int) -> bytes:
        cells = line.split(self._delimiter.encode())
        if len(cells) <= index:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Invalid number of columns in {self._filename} line {number} "
                f"({line.decode(errors='replace')}) : expected at least {index + 1} "
                f"got {len(cells)}",
            )
        return cells[index]


def _number(cell: bytes, line: int, dtype: dtypes.DType) -> float | int:
    try:
        return float(cell) if dtype.is_floating else int(cell)
    except ValueError:
        raise errors.because(
            errors.InvalidArgumentError,
            f"Field {cell.decode(errors='replace')} in line {line} is not a valid "
            f"{dtype.name}.",
        ) from None


def _check_column(what: str, dtype: dtypes.DType, index: int) -> None:
    """Check that keys or values of a dtype can be what an index says."""
    if index < TextFileIndex.WHOLE_LINE:
        raise ValueError(f"`{what}_index` should be >= -2, received: {index}.")
    if index == TextFileIndex.LINE_NUMBER and dtype is not dtypes.int64:
        joint = f"for `{what}_index`" if what == "value" else f"if `{what}_index` is"
        raise ValueError(
            f"`{what}_dtype` must be int64 {joint} {index}, received: {dtype!s}"
        )
    if (
        index == TextFileIndex.WHOLE_LINE
        and dtype is not dtypes.string
        and not dtype.is_integer
    ):
        raise ValueError(
            f"`{what}_dtype` should be either integer or string for `{what}_index` "
            f"{index}, received: {dtype!s}"
        )
