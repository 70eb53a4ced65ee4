"""Datasets in files: save, load, snapshot, and `cache` on disk.

A folder holds the spec of the elements and one TFRecord file for each shard, whose
records are elements (see `tensor.io.plain_data`). A folder is complete once
`metadata.json` is there: it is written last, in one step.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.shapes import TensorShape
from tensor.core.tensor_spec import TensorSpec
from tensor.data import structure as nest
from tensor.data.dataset import UNKNOWN, Dataset, Derived, method, source
from tensor.data.elements import NoneTensorSpec, arrays_of, put_together
from tensor.data.files import FileDataset, FileNames, FileReader, OneOfFiles
from tensor.data.functions import ElementFunction
from tensor.data.stream import State, Stream
from tensor.io.plain_data import decode, encode
from tensor.io.records import RecordReader, TFRecordWriter, checked_compression
from tensor.ops.ragged.ragged_spec import RaggedTensorSpec
from tensor.ops.sparse.sparse_tensor import SparseTensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from tensor.data.elements import Components

METADATA = "metadata.json"


@method
def save(
    self: Dataset,
    path: Any,
    compression: str | None = None,
    shard_func: Callable[..., Any] | None = None,
    checkpoint_args: Any = None,
) -> None:
    """Write all elements to a folder, for `tf.data.Dataset.load`.

    Args:
        self: The dataset.
        path: The folder.
        compression: None, "AUTO" or "GZIP".
        shard_func: Gives the number of the file for an element.
        checkpoint_args: Not supported: raises.

    Raises:
        NotImplementedError: `checkpoint_args` is given.
        TypeError: Elements are not tensors.
    """
    if checkpoint_args is not None:
        raise NotImplementedError(
            "Dataset.save does not support `checkpoint_args`. Got "
            f"{checkpoint_args!r}; leave it out."
        )
    write_folder(self, os.fspath(path), compression, _sharding(self, shard_func))


def _sharding(dataset: Dataset, shard_func: Any) -> ElementFunction | None:
    if shard_func is None:
        return None
    return ElementFunction(shard_func, dataset.element_spec, what="shard_func")


def write_folder(
    dataset: Dataset,
    folder: str,
    compression: str | None = None,
    shard_of: ElementFunction | None = None,
) -> None:
    """Write the elements of a dataset and the description that completes the folder."""
    description = [_describe(s) for s in nest.flatten(dataset.element_spec)]
    kind = checked_compression(None if compression == "AUTO" else compression)
    os.makedirs(folder, exist_ok=True)
    writers: dict[int, TFRecordWriter] = {}
    count = 0
    stream = dataset.open()
    try:
        for element in stream:
            shard = 0 if shard_of is None else int(shard_of(element)[0])
            if shard not in writers:
                path = os.path.join(folder, f"shard-{shard:05d}.tfrecord")
                writers[shard] = TFRecordWriter(path, kind)
            writers[shard].write(encode(list(arrays_of(element))))
            count += 1
    finally:
        stream.close()
        for writer in writers.values():
            writer.close()
    text = json.dumps(
        {
            "components": description,
            "structure": _structure(dataset.element_spec),
            "shards": sorted(writers),
            "compression": kind,
            "count": count,
        }
    )
    temporary = os.path.join(folder, f".{METADATA}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, os.path.join(folder, METADATA))


def _describe(spec: Any) -> list[Any]:
    """Return the spec of a leaf as JSON."""
    for kind, name in _KINDS.items():
        if type(spec) is kind:
            parameters = spec._parameters()  # type: ignore[attr-defined]
            return [name, *map(_as_json, parameters)]
    if not isinstance(spec, TensorSpec):
        raise TypeError(
            "Only datasets of tensors, ragged and sparse ones among them, can be "
            f"written to files, not of {spec!r}."
        )
    return [spec.dtype.name, _as_json(spec.shape)]


def _as_json(parameter: Any) -> Any:
    if isinstance(parameter, TensorShape):
        return None if parameter.rank is None else parameter.as_list()
    return parameter.name if isinstance(parameter, dtypes.DType) else parameter


def _spec_of_leaf(description: list[Any]) -> Any:
    name, *parameters = description
    for kind, known in _KINDS.items():
        if name == known:
            return kind(*parameters)
    return TensorSpec(parameters[0], name)


_KINDS: dict[type, str] = {
    RaggedTensorSpec: "ragged",
    SparseTensorSpec: "sparse",
    NoneTensorSpec: "none",
}


def _structure(spec: Any) -> Any:
    """Return a structure as JSON: tuples as lists, dicts, and null at the leaves."""
    if not nest.is_nested(spec):
        return None
    if isinstance(spec, dict):
        return {key: _structure(value) for key, value in spec.items()}
    return [_structure(value) for value in spec]


def _spec_from(structure: Any, leaves: Any) -> Any:
    if structure is None:
        return _spec_of_leaf(next(leaves))
    if isinstance(structure, dict):
        found = {key: _spec_from(structure[key], leaves) for key in sorted(structure)}
        return {key: found[key] for key in structure}
    return tuple([_spec_from(child, leaves) for child in structure])


@source
def load(
    path: Any,
    element_spec: Any = None,
    compression: str | None = None,
    reader_func: Callable[[Dataset], Dataset] | None = None,
    wait: bool = False,
) -> Dataset:
    """Read a dataset that `Dataset.save` wrote.

    Args:
        path: The folder.
        element_spec: The spec of the elements; read from the folder by default.
        compression: Read from the folder.
        reader_func: Makes one dataset of a dataset of the shards' datasets.
        wait: Not supported: raises.

    Raises:
        NotFoundError: The folder is not there or was not completed.
        NotImplementedError: `wait` is set.
    """
    if wait:
        raise NotImplementedError(
            "Dataset.load does not support `wait`. Load when the dataset has been "
            "saved."
        )
    stored = Stored(os.fspath(path), element_spec)
    return stored if reader_func is None else _read(stored, reader_func)


def _read(stored: Stored, reader_func: Callable[[Dataset], Dataset]) -> Dataset:
    names: Any = FileNames(stored.filenames)
    return reader_func(names.map(lambda name: OneOfFiles(stored, name)))


class Stored(FileDataset):
    """The elements in a folder that `write_folder` completed."""

    def __init__(self, folder: str, element_spec: Any = None) -> None:
        try:
            with open(os.path.join(folder, METADATA), encoding="utf-8") as file:
                described = json.load(file)
        except FileNotFoundError as error:
            raise errors.because(
                errors.NotFoundError,
                f"Could not find metadata file in {folder}. Was the dataset saved, and "
                "did the saving end?",
            ) from error
        super().__init__(
            np.array(
                [
                    os.path.join(folder, f"shard-{n:05d}.tfrecord").encode()
                    for n in described["shards"]
                ],
                object,
            )
        )
        self.element_spec = (
            _spec_from(described["structure"], iter(described["components"]))
            if element_spec is None
            else element_spec
        )
        self.compression = described["compression"]
        self.size = described["count"]
        self.is_whole = True

    def with_filenames(self, filenames: list[str]) -> FileDataset:
        copy = super().with_filenames(filenames)
        copy.is_whole = False  # type: ignore[attr-defined]
        return copy

    def count(self) -> int:
        return self.size if self.is_whole else UNKNOWN

    def open_file(self, filename: str, offset: int) -> FileReader:
        reader = RecordReader(filename, self.compression, offset)
        return ElementFile(reader, nest.flatten(self.element_spec))


class ElementFile(FileReader):
    """The elements in one file."""

    def __init__(self, reader: RecordReader, specs: list[Any]) -> None:
        self.reader = reader
        self.specs = specs

    @property
    def offset(self) -> int:  # type: ignore[override]  # read-only here
        """Where the next element starts."""
        return self.reader.offset

    def read(self) -> Components | None:
        record = self.reader.read()
        if record is None:
            return None
        return put_together(self.specs, iter(decode(record)))

    def close(self) -> None:
        self.reader.close()


@method
def snapshot(
    self: Dataset,
    path: Any,
    compression: str = "AUTO",
    reader_func: Callable[[Dataset], Dataset] | None = None,
    shard_func: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Dataset:
    """Write the elements to a folder before the first pass; later runs read it.

    Args:
        self: The dataset.
        path: The folder.
        compression: None, "AUTO" or "GZIP".
        reader_func: Makes one dataset of a dataset of the files' datasets.
        shard_func: Gives the number of the file for an element.
        name: Accepted for compatibility.

    Raises:
        ValueError: `reader_func` is not callable.
    """
    if reader_func is not None and not callable(reader_func):
        raise ValueError(
            f"Argument `func` must be a callable. Received func={reader_func!r} (of "
            f"type {type(reader_func)}) as `reader_func`."
        )
    shards = _sharding(self, shard_func)
    return Snapshot(self, os.fspath(path), compression, shards, reader_func)


class Snapshot(Derived):
    """Elements kept in a folder."""

    def __init__(
        self,
        source: Dataset,
        folder: str,
        compression: str | None = None,
        shard_of: ElementFunction | None = None,
        reader_func: Callable[[Dataset], Dataset] | None = None,
    ) -> None:
        super().__init__(source)
        self.reader_func = reader_func
        self.folder = folder
        self.compression = compression
        self.shard_of = shard_of

    def open(self) -> Stream:
        return SnapshotStream(self)

    def stored(self) -> Dataset:
        """Return the elements in the folder, written now if they are not there."""
        if not os.path.exists(os.path.join(self.folder, METADATA)):
            write_folder(self.source, self.folder, self.compression, self.shard_of)
        stored = Stored(self.folder, self.element_spec)
        return stored if self.reader_func is None else _read(stored, self.reader_func)


class SnapshotStream(Stream):
    """A pass over a folder, which is written when the pass begins."""

    def __init__(self, dataset: Snapshot) -> None:
        self.dataset = dataset
        self.stream: Stream | None = None

    def _opened(self) -> Stream:
        if self.stream is None:
            self.stream = self.dataset.stored().open()
        return self.stream

    def __next__(self) -> Components:
        return next(self._opened())

    def save(self) -> State:
        return self._opened().save()

    def restore(self, state: State) -> None:
        self._opened().restore(state)

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
