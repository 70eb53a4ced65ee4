"""Comma-separated values: records into fields, fields into columns."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.io.decoding import strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ALLOWED = (
    dtypes.float32,
    dtypes.float64,
    dtypes.int32,
    dtypes.int64,
    dtypes.string,
)


class UnclosedQuote(ValueError):  # noqa: N818  # caught: the next line is read
    """A record ends inside quotes: more of it may stand on the next line."""


def _invalid(text: str) -> errors.OpError:
    return errors.because(errors.InvalidArgumentError, f"{text} [Op:DecodeCSV]")


def split_record(text: str, delimiter: str, has_quotes: bool) -> list[str]:
    """Return the fields of a record.

    Raises:
        UnclosedQuote: It ends inside quotes.
        InvalidArgumentError: A quote or the end of a line stands where it must not.
    """
    fields = []
    at = 0
    while True:
        if has_quotes and text.startswith('"', at):
            field, at = _quoted(text, at + 1, delimiter)
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            field, at = text[at:end], end
            if any(c in field for c in ('"\n\r' if has_quotes else "\n\r")):
                raise _invalid("Unquoted fields cannot have quotes/CRLFs inside")
        fields.append(field)
        if at == len(text):
            return fields
        at += 1


def _quoted(text: str, at: int, delimiter: str) -> tuple[str, int]:
    """Return the field that begins behind a quote, and where it ends."""
    parts = []
    while True:
        end = text.find('"', at)
        if end < 0:
            raise UnclosedQuote(text)
        parts.append(text[at:end])
        at = end + 1
        if at == len(text) or text[at] == delimiter:
            return "".join(parts), at
        if text[at] != '"':
            raise _invalid("Quote inside a string has to be escaped by another quote")
        parts.append('"')
        at += 1


class CsvLayout:
    """What the columns of CSV records hold, and how they are written.

    Attributes:
        dtypes: The dtype of each column.
    """

    def __init__(
        self,
        defaults: Sequence[np.ndarray],
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: Sequence[int] | None = None,
        counts_records: bool = True,
    ) -> None:
        """Keep how records are written.

        Args:
            defaults: For each column nothing, or the value where a field is empty.
            field_delim: What stands between fields.
            use_quote_delim: Whether fields in double quotes may hold it.
            na_value: A further text that stands for a missing value.
            select_cols: The columns to parse, by ascending number; all by default.
            counts_records: Whether messages tell the number of the record.

        Raises:
            InvalidArgumentError: A default, the delimiter or the columns cannot be.
        """
        for at, default in enumerate(defaults):
            if default.ndim > 1:
                raise _invalid("Each record default should be at most rank 1")
            if default.size > 1:
                raise _invalid(
                    f"There should only be 1 default per field but field {at} has "
                    f"{default.size}"
                )
        if len(field_delim) != 1:
            raise _invalid(f"field_delim should be only 1 char, got {field_delim!r}")
        chosen = list(select_cols or ())
        if any(a >= b for a, b in pairwise(chosen)):
            raise _invalid("select_cols should be strictly increasing indices")
        if any(c < 0 for c in chosen):
            raise _invalid("select_cols should be non-negative indices")
        self.dtypes = [dtypes.from_numpy(d.dtype) for d in defaults]
        for dtype in self.dtypes:
            if dtype not in _ALLOWED:
                raise _invalid(
                    f"Value for attr 'OUT_TYPE' of {dtype.name} is not in the list of "
                    "allowed values: float, double, int32, int64, string"
                )
        self.defaults = [d.reshape(-1) for d in defaults]
        self.delimiter = field_delim
        self.has_quotes = use_quote_delim
        self.na_value = na_value
        self.select_cols = None if select_cols is None else chosen
        self.counts_records = counts_records

    def _name(self, record: int) -> str:
        return f"record {record}" if self.counts_records else "record"

    def fields_of(
        self, line: bytes, record: int, excluded: frozenset[int] = frozenset()
    ) -> list[str]:
        """Return the fields of one record that are selected.

        Raises:
            UnclosedQuote: It ends inside quotes.
        """
        text = line.decode("utf-8", "surrogateescape")
        fields = split_record(text, self.delimiter, self.has_quotes)
        if not text and self.counts_records:
            fields = []  # a line of a file has one field that is empty
        fields = [f for i, f in enumerate(fields) if i not in excluded]
        if self.select_cols is not None:
            fields = [fields[i] for i in self.select_cols if i < len(fields)]
        count, expected = len(fields), len(self.dtypes)
        if count != expected:
            is_more = count > expected and not self.counts_records
            found = "more" if is_more else count
            raise _invalid(
                f"Expect {expected} fields but have {found} in {self._name(record)}"
            )
        return fields

    def column(self, at: int, texts: list[str], shape: Any) -> Any:
        """Return the values of one column."""
        values = [self._value(at, text, i) for i, text in enumerate(texts)]
        if self.dtypes[at] is dtypes.string:
            return strings(values, shape)
        return np.array(values, self.dtypes[at].numpy_dtype).reshape(shape)[()]

    def _value(self, at: int, text: str, record: int) -> Any:
        dtype = self.dtypes[at]
        if text in ("", self.na_value):
            if not self.defaults[at].size:
                raise _invalid(
                    f"Field {at} is required but missing in {self._name(record)}!"
                )
            return self.defaults[at][0]
        if dtype is dtypes.string:
            return text.encode("utf-8", "surrogateescape")
        number = _number(text, dtype)
        if number is None:
            raise _invalid(
                f"Field {at} in {self._name(record)} is not a valid "
                f"{dtypes.short_name(dtype)}: {text}"
            )
        return number


def _number(text: str, dtype: dtypes.DType) -> float | None:
    """Return the number that a text is, None if it is none of this type."""
    try:
        number = int(text) if dtype.is_integer else float(text)
    except ValueError:
        return None
    if "_" in text or (dtype.is_integer and not dtype.min <= number <= dtype.max):
        return None
    return number


class DecodeCSV(Op):
    """Lines of comma-separated values as one tensor for each column."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, x: Any, *, layout: CsvLayout) -> Any:
        records = [self._fields(layout, v, i) for i, v in enumerate(np.ravel(x))]
        return tuple(
            [
                layout.column(at, [r[at] for r in records], np.shape(x))
                for at in range(len(layout.dtypes))
            ]
        )

    def _fields(self, layout: CsvLayout, line: bytes, number: int) -> list[str]:
        try:
            return layout.fields_of(line, number)
        except UnclosedQuote:
            raise _invalid(
                "Quoted field has to end with quote followed by delim or end"
            ) from None

    def infer(self, x: TensorSpec, *, layout: CsvLayout) -> Any:
        return tuple([TensorSpec.of(x.dims, dtype) for dtype in layout.dtypes])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        layout = CsvLayout([np.array([0]), np.array([0.0])])
        yield Sample(strings([b"1,2.5", b"3,4"], 2), layout=layout)


decode_csv = register(DecodeCSV)


@export("io.decode_csv")
def decode_csv_(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: list[int] | None = None,
    name: str | None = None,
) -> list[Any]:
    """Parse lines of comma-separated values into one tensor for each column.

    Args:
        records: Strings, a line each.
        record_defaults: One for each column: its dtype, and in a list of one the value
            where a field is empty. An empty list or tensor makes the column required.
        field_delim: What stands between fields.
        use_quote_delim: Whether fields in double quotes may hold it.
        na_value: A further text that stands for a missing value.
        select_cols: The columns to parse, by ascending number; all by default.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A line has other fields than expected.
        ValueError: `select_cols` does not fit `record_defaults`.
    """
    if select_cols is not None:
        if any(a >= b for a, b in pairwise(select_cols)):
            raise ValueError(
                f"select_cols is not strictly increasing. Got {select_cols}."
            )
        if any(c < 0 for c in select_cols):
            raise ValueError(f"select_cols contains negative values: {select_cols}.")
        if len(select_cols) != len(record_defaults):
            raise ValueError(
                "Length of select_cols and record_defaults do not match. Got "
                f"{len(select_cols)} columns and {len(record_defaults)} defaults."
            )
    layout = CsvLayout(
        [_default(d) for d in record_defaults],
        field_delim,
        use_quote_delim,
        na_value,
        select_cols,
    )
    return list(decode_csv(convert(records, dtypes.string), layout=layout, name=name))


def _default(value: Any) -> np.ndarray:
    if isinstance(value, dtypes.DType):  # required, of this dtype
        return np.zeros(0, value.numpy_dtype)
    return np.asarray(convert(value)._array)
