"""CSV files: datasets of their records, and of batches of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor_spec import TensorSpec
from tensor.data.files import FileDataset, FileReader, LineFile, open_stream
from tensor.io.decoding import CsvLayout
from tensor.io.records import checked_compression

if TYPE_CHECKING:
    from tensor.data.elements import Components


@export("data.experimental.CsvDataset")
class CsvDataset(FileDataset):
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
        fields = layout.fields_of(line[0].item(), 0, self.dataset.exclude)
        return tuple([layout.column(i, [text], ()) for i, text in enumerate(fields)])

    def close(self) -> None:
        self.lines.close()
