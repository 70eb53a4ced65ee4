"""CSV files: datasets of their records, and of batches of their columns."""

from __future__ import annotations

import collections
import csv
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor_spec import TensorSpec
from tensor.data.files import FileDataset, FileReader, LineFile, open_stream
from tensor.data.prefetch import AUTOTUNE
from tensor.io import gfile
from tensor.io.csv_decoding import CsvLayout, UnclosedQuote
from tensor.io.records import checked_compression

if TYPE_CHECKING:
    from tensor.data.dataset import Dataset
    from tensor.data.elements import Components


@export("data.experimental.CsvDataset")
class CsvDataset(FileDataset, printed_as="CsvDatasetV2"):
    """The lines of CSV files, as a tuple with a scalar for each column."""

    def __init__(
        self,
        filenames: Any,
        record_defaults: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        header: bool = False,
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: Any = None,
        exclude_cols: Any = None,
    ) -> None:
        """Name the files and what their columns hold; see `tf.io.decode_csv`."""
        layout = CsvLayout(
            [_default(d) for d in record_defaults],
            field_delim,
            use_quote_delim,
            na_value,
            None if select_cols is None else [int(c) for c in select_cols],
            counts_records=False,
        )
        super().__init__(
            filenames, tuple([TensorSpec.of((), d) for d in layout.dtypes])
        )
        self.layout = layout
        self.header = header
        self.exclude = frozenset(exclude_cols or ())
        self.compression = checked_compression(compression_type)

    def open_file(self, filename: str, offset: int) -> FileReader:
        lines = LineFile(open_stream(filename, self.compression), offset)
        if self.header and offset == 0:
            lines.read()
        return CsvFile(lines, self)


def _default(value: Any) -> np.ndarray:
    if isinstance(value, dtypes.DType):
        return np.zeros(0, value.numpy_dtype)
    return np.asarray(convert(value))


class CsvFile(FileReader):
    """The records of a CSV file."""

    def __init__(self, lines: LineFile, dataset: CsvDataset) -> None:
        self.lines = lines
        self.dataset = dataset

    @property
    def offset(self) -> int:  # type: ignore[override]  # read-only here
        """Where the next line starts."""
        return self.lines.offset

    def read(self) -> Components | None:
        line = self.lines.read()
        if line is None:
            return None
        layout = self.dataset.layout
        fields = self._fields(line[0].item())
        return tuple([layout.column(i, [text], ()) for i, text in enumerate(fields)])

    def _fields(self, record: bytes) -> list[str]:
        """Return the fields of a record, which quotes may continue on other lines."""
        while True:
            try:
                return self.dataset.layout.fields_of(record, 0, self.dataset.exclude)
            except UnclosedQuote:
                line = self.lines.read()
                if line is None:
                    raise errors.because(
                        errors.InvalidArgumentError,
                        "Reached end of file without closing quoted field in record",
                    ) from None
                record = record + b"\n" + line[0].item()

    def close(self) -> None:
        self.lines.close()


@export("data.experimental.make_csv_dataset")
def make_csv_dataset(
    file_pattern: Any,
    batch_size: int,
    column_names: Any = None,
    column_defaults: Any = None,
    label_name: str | None = None,
    select_columns: Any = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    num_parallel_reads: Any = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: Any = None,
    ignore_errors: bool = False,
    encoding: str = "utf-8",
) -> Any:
    """Read CSV files into batches: dictionaries of columns.

    Args:
        file_pattern: A pattern or a list of them.
        batch_size: How many records a batch holds.
        column_names: The names of all columns; from the first line by default.
        column_defaults: A default, or a dtype for required columns, for each column
            that is read; found from the first records by default.
        label_name: A column to be returned beside the dictionary, as the label.
        select_columns: Names or numbers of the columns to read; all by default.
        field_delim: What stands between fields.
        use_quote_delim: Whether fields in double quotes may hold it.
        na_value: A text that stands for a missing value.
        header: Whether files start with a line of names.
        num_epochs: How often to go over the files; without end by default.
        shuffle: Whether to shuffle the records.
        shuffle_buffer_size: How many records to choose among.
        shuffle_seed: The seed of the order.
        prefetch_buffer_size: How many batches to make ahead.
        num_parallel_reads: Accepted for compatibility.
        sloppy: Accepted for compatibility.
        num_rows_for_inference: How many records to look at to find dtypes.
        compression_type: "", "GZIP" or "ZLIB".
        ignore_errors: Whether to leave out records that cannot be parsed.
        encoding: Accepted for compatibility: texts are bytes.

    Raises:
        ValueError: No file fits, or a column is unknown.
    """
    filenames = gfile.glob(file_pattern)
    if not filenames:
        raise ValueError(f"No files match `file_pattern` {file_pattern}.")
    layout: dict[str, Any] = {
        "field_delim": field_delim,
        "use_quote_delim": use_quote_delim,
        "na_value": na_value,
    }
    names = column_names or _header(filenames[0], compression_type, layout)
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(
            "Either `column_names` argument or CSV header row contains duplicate "
            f"column names: {repeated}."
        )
    numbers = _selected(names, select_columns)
    chosen = [names[i] for i in numbers]
    if label_name is not None and label_name not in chosen:
        raise ValueError(
            f"`label_name` provided must be one of the columns: {chosen}. Received: "
            f"{label_name}."
        )
    if column_defaults is None:
        columns = [[b""]] * len(names)
        texts = CsvDataset(filenames, columns, compression_type, None, header, **layout)
        sample = (
            texts
            if num_rows_for_inference is None
            else texts.take(num_rows_for_inference)
        )
        column_defaults = _inferred([list(row) for row in sample], numbers, na_value)
    elif len(column_defaults) != len(numbers):
        raise ValueError(
            "`column_defaults` must be as many as the columns that are read, "
            f"{chosen}. Received: {column_defaults}."
        )
    records: Dataset = CsvDataset(
        filenames,
        column_defaults,
        compression_type,
        None,
        header,
        select_cols=numbers,
        **layout,
    )
    if ignore_errors:
        records = records.ignore_errors()
    if shuffle:
        records = records.shuffle(shuffle_buffer_size, shuffle_seed)
    batches = records.repeat(num_epochs).batch(batch_size, num_epochs is None)

    def named(*columns: Any) -> Any:
        features = collections.OrderedDict(zip(chosen, columns, strict=True))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    return batches.map(named).prefetch(
        AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size
    )


def _header(filename: str, compression_type: Any, layout: dict[str, Any]) -> list[str]:
    """Return the names in the first line of a file."""
    lines = LineFile(open_stream(filename, checked_compression(compression_type)), 0)
    first = lines.read()
    lines.close()
    text = "" if first is None else first[0].item().decode()
    return next(csv.reader([text], delimiter=layout["field_delim"]))


def _selected(names: list[str], columns: Any) -> list[int]:
    """Return the numbers of the columns to read, ascending.

    Raises:
        ValueError: There is no such column.
    """
    if columns is None:
        return list(range(len(names)))
    unknown = [c for c in columns if isinstance(c, str) and c not in names]
    if unknown:
        raise ValueError(
            f"Column {unknown[0]} specified in `select_columns` must be of one of the "
            f"columns: {names}."
        )
    return sorted(names.index(c) if isinstance(c, str) else int(c) for c in columns)


def _inferred(
    rows: list[list[Any]], numbers: list[int], na_value: str
) -> list[np.ndarray]:
    """Return defaults of the narrowest dtypes that the values of the columns fit."""
    missing = (b"", na_value.encode())
    defaults: list[np.ndarray] = []
    for i in numbers:
        values = [v for v in (row[i].numpy() for row in rows) if v not in missing]
        kind = max((_kind(v) for v in values), default=0)
        dtype = (np.int32, np.int64, np.float32, object)[kind]
        defaults.append(np.array([b"" if dtype is object else 0], dtype))
    return defaults


def _kind(text: bytes) -> int:
    """Return 0 for an int32, 1 for an int64, 2 for a float, 3 for any other text."""
    try:
        number = int(text)
    except ValueError:
        try:
            float(text)
        except ValueError:
            return 3
        return 2
    return 0 if -(2**31) <= number < 2**31 else 1
