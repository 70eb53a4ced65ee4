"""Sources that read files: their names, lines, TFRecords."""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.tensor import wrap
from tensor.core.tensor_spec import TensorSpec
from tensor.data.dataset import UNKNOWN, Dataset, DatasetType, source
from tensor.data.elements import Components, as_given_leaf, component
from tensor.data.nested import DatasetFunction, Interleave
from tensor.data.sources import TensorSlice
from tensor.data.stream import State, Stream
from tensor.data.unknown import as_count, is_unknown
from tensor.io import gfile
from tensor.io.decoding import strings
from tensor.io.files import matching_files
from tensor.io.records import RecordReader, ZlibReader, checked_compression

if TYPE_CHECKING:
    from collections.abc import Iterator

STRING = TensorSpec.of((), dtypes.string)


@source
def list_files(
    file_pattern: Any, shuffle: Any = None, seed: Any = None, name: str | None = None
) -> Dataset:
    """Create a dataset of the names of files that fit patterns.

    Args:
        file_pattern: A pattern, or a vector of them.
        shuffle: Whether in random order; True unless given.
        seed: The seed of the order.
        name: Accepted for compatibility.

    Raises:
        InvalidArgumentError: No file fits.
    """
    if is_unknown(file_pattern):
        found = TensorSlice(matching_files.public(file_pattern))
        in_order = shuffle is not None and not shuffle
        return found if in_order else found.shuffle(UNKNOWN, seed=seed)
    patterns = np.ravel(np.asarray(convert(file_pattern, dtypes.string)))
    paths = sorted({os.fsencode(p) for one in patterns for p in gfile.glob(one)})
    if not paths:
        shown = ", ".join(os.fsdecode(p) for p in patterns)
        raise errors.because(
            errors.InvalidArgumentError, f"No files matched pattern: {shown}"
        )
    names = FileNames([os.fsdecode(p) for p in paths])
    if shuffle is None or shuffle:
        return names.shuffle(len(paths), seed=seed)  # type: ignore[no-any-return]
    return names


class FileNames(TensorSlice, printed_as="_TensorSliceDataset"):
    """Names of files, for functions that make datasets of what the files hold.

    Attributes:
        filenames: The files, for whoever shards by file.
    """

    def __init__(self, filenames: list[str]) -> None:
        encoded = [os.fsencode(name) for name in filenames]
        super().__init__(wrap(strings(encoded, len(encoded))))
        self.filenames = filenames

    def with_filenames(self, filenames: list[str]) -> FileNames:
        """Return the same dataset over other files: how workers share them out."""
        return FileNames(filenames)


class FileDataset(Dataset):
    """Records of files, one file after another.

    Attributes:
        filenames: The files, for whoever shards by file.
    """

    def __init__(self, filenames: Any, element_spec: Any = STRING) -> None:
        super().__init__(element_spec)
        if isinstance(filenames, Dataset):
            filenames = [] if filenames.symbolic is not None else _strings_of(filenames)
        if isinstance(filenames, os.PathLike):
            filenames = os.fspath(filenames)
        if isinstance(filenames, list | tuple):
            filenames = [
                os.fspath(f) if isinstance(f, os.PathLike) else f for f in filenames
            ]
        no_names = isinstance(filenames, list) and not filenames
        names = as_given_leaf(np.array([], object) if no_names else filenames)
        if names.dtype is not dtypes.string:
            raise TypeError(
                f"The `filenames` argument must contain `tf.string` elements. Got "
                f"`{names.dtype!r}` elements."
            )
        self.filenames: list[str] = []
        if not is_unknown(names):
            self.filenames = [os.fsdecode(f) for f in np.ravel(np.asarray(names))]

    def with_filenames(self, filenames: list[str]) -> FileDataset:
        """Return the same dataset over other files: how workers share them out."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.filenames = filenames
        return copy

    def open(self) -> Stream:
        return FilesStream(self)

    def count(self) -> int:
        return UNKNOWN

    def open_file(self, filename: str, offset: int) -> FileReader:
        """Open one file at an offset that `FileReader.offset` gave."""
        raise NotImplementedError(f"{type(self).__name__} must define `open_file`.")


class FileReader:
    """Reads elements from one open file.

    Attributes:
        offset: Where the next element starts.
    """

    offset: int

    def read(self) -> Components | None:
        """Return the next element, None at the end."""
        raise NotImplementedError(f"{type(self).__name__} must define `read`.")

    def close(self) -> None:
        """Close the file."""
        raise NotImplementedError(f"{type(self).__name__} must define `close`.")


class FilesStream(Stream):
    """The records of one file after the other."""

    def __init__(self, dataset: FileDataset) -> None:
        self.dataset = dataset
        self.index = 0
        self.reader: FileReader | None = None

    def __next__(self) -> Components:
        filenames = self.dataset.filenames
        while self.index < len(filenames):
            try:
                with _as_data_loss(filenames[self.index]):
                    if self.reader is None:
                        self.reader = self.dataset.open_file(filenames[self.index], 0)
                    element = self.reader.read()
            except errors.OpError as error:
                if self.reader is None or isinstance(error, errors.DataLossError):
                    self._end_file()  # it cannot be read further
                raise
            if element is not None:
                return element
            self._end_file()
        raise StopIteration

    def _end_file(self) -> None:
        self.close()
        self.index += 1

    def save(self) -> State:
        offset = -1 if self.reader is None else self.reader.offset
        return {"index": self.index, "offset": offset}

    def restore(self, state: State) -> None:
        self.close()
        self.index = state["index"]
        if state["offset"] >= 0:
            filename = self.dataset.filenames[self.index]
            self.reader = self.dataset.open_file(filename, state["offset"])

    def close(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None


@contextlib.contextmanager
def _as_data_loss(filename: str) -> Iterator[None]:
    """Raise what cannot be decompressed as TensorFlow's error."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise errors.because(
            errors.DataLossError, f"inflate() failed on {filename}: {error}"
        ) from error


def open_stream(path: str, compression: str) -> Any:
    """Open a file whose content may be compressed."""
    name = gfile.local_path(path)
    with gfile.tensorflow_errors(path):
        if compression == "GZIP":
            return gzip.open(name, "rb")
        file = open(name, "rb")  # noqa: SIM115  # the reader closes it
    return ZlibReader(file) if compression == "ZLIB" else file


class OneOfFiles(Dataset):
    """The records of one of a dataset's files."""

    def __init__(self, files: FileDataset, filename: Any) -> None:
        super().__init__(files.element_spec)
        self.files = files
        self.filename = component(filename)

    def open(self) -> Stream:
        return self.files.with_filenames([os.fsdecode(self.filename.item())]).open()


def _strings_of(names: Dataset) -> list[bytes]:
    with contextlib.closing(names.open()) as stream:
        return [name.item() for (name,) in stream]


def _parallel(dataset: FileDataset, num_parallel_reads: Any) -> Dataset:
    """Read several files in turn, as `num_parallel_reads` asks for."""
    if num_parallel_reads is None:
        return dataset
    cycle = as_count(num_parallel_reads, "num_parallel_reads")
    cycle = 4 if cycle < 0 else cycle
    names = FileNames(dataset.filenames)
    function = DatasetFunction(
        lambda name: OneOfFiles(dataset, name), names.element_spec
    )
    parallel = Interleave(names, function, cycle, 1)
    parallel.printed_as = dataset.printed_as
    return parallel


class PublicFiles(DatasetType):
    """Lets `TFRecordDataset(files, num_parallel_reads=4)` be several files in turn."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  # a metaclass
        dataset = super().__call__(*args, **kwargs)
        reads = dataset.__dict__.pop("_parallel_reads", None)
        # What a graph makes comes through here when it is made.
        return _parallel(dataset, reads) if dataset.symbolic is None else dataset


@export("data.TFRecordDataset")
class TFRecordDataset(
    FileDataset, metaclass=PublicFiles, printed_as="TFRecordDatasetV2"
):
    """The records of TFRecord files, as strings."""

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        """Name the files.

        Args:
            filenames: A name, a vector or a dataset of names.
            compression_type: "", "GZIP" or "ZLIB".
            buffer_size: Accepted for compatibility.
            num_parallel_reads: From how many files to take records in turn.
            name: Accepted for compatibility.

        Raises:
            TypeError: `filenames` are not strings.
            ValueError: The compression type is unknown.
        """
        super().__init__(filenames)
        self.compression = checked_compression(compression_type)
        self._parallel_reads = num_parallel_reads

    def open_file(self, filename: str, offset: int) -> FileReader:
        return RecordFile(
            RecordReader(gfile.local_path(filename), self.compression, offset)
        )


class RecordFile(FileReader):
    """The records of a TFRecord file."""

    def __init__(self, reader: RecordReader) -> None:
        self.reader = reader

    @property
    def offset(self) -> int:  # type: ignore[override]  # read-only here
        """Where the next record starts."""
        return self.reader.offset

    def read(self) -> Components | None:
        record = self.reader.read()
        return None if record is None else (np.array(record, object),)

    def close(self) -> None:
        self.reader.close()


@export("data.TextLineDataset")
class TextLineDataset(
    FileDataset, metaclass=PublicFiles, printed_as="TextLineDatasetV2"
):
    """The lines of text files, without their ends."""

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        """Name the files; see `TFRecordDataset` for the arguments."""
        super().__init__(filenames)
        self.compression = checked_compression(compression_type)
        self._parallel_reads = num_parallel_reads

    def open_file(self, filename: str, offset: int) -> FileReader:
        return LineFile(open_stream(filename, self.compression), offset)


class LineFile(FileReader):
    """The lines of a file."""

    def __init__(self, stream: Any, offset: int) -> None:
        self.stream = stream
        self.offset = offset
        stream.seek(offset)

    def read(self) -> Components | None:
        line = self.stream.readline()
        if not line:
            return None
        self.offset += len(line)
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        return (np.array(line, object),)

    def close(self) -> None:
        self.stream.close()
