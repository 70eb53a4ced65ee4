"""Tensor bundles: TensorFlow's checkpoint files, read and written.

A bundle `prefix` is `prefix.index`, a sorted table from tensor names to dtype, shape,
place and checksum, and `prefix.data-00000-of-00001`, the tensors' bytes. TensorFlow
reads what is written here and the other way round.

Writing is atomic: both files are written under other names, flushed to the disk, and
renamed, the index last. A bundle with an index is complete. One that is overwritten
stays whole until the new index is there: the new data file gets another name, as if it
were the first of two.
"""

from __future__ import annotations

import glob
import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.io.crc32c import crc32c, mask, masked_crc32c
from tensor.io.field import Field
from tensor.io.message import Message
from tensor.io.tensor_proto import TensorShapeProto, shape_of, shape_proto
from tensor.io.wire import read_varint, varint
from tensor.train.replacing import replacing
from tensor.train.sstable import read_table, write_table

if TYPE_CHECKING:
    from collections.abc import Mapping


class VersionDef(Message):
    """Which version of the format wrote a bundle."""

    fields = (Field(1, "producer", "int32"),)


class BundleHeader(Message):
    """What the empty key of the index holds."""

    fields = (
        Field(1, "num_shards", "int32"),
        Field(2, "endianness", "enum"),
        Field(3, "version", VersionDef),
    )


class BundleEntry(Message):
    """What the index holds of one tensor."""

    fields = (
        Field(1, "dtype", "enum"),
        Field(2, "shape", TensorShapeProto),
        Field(3, "shard_id", "int32"),
        Field(4, "offset", "int64"),
        Field(5, "size", "int64"),
        Field(6, "crc32c", "fixed32"),
    )


def index_path(prefix: str) -> str:
    """Return the name of a bundle's index file."""
    return f"{prefix}.index"


def data_path(prefix: str, shard: int = 0, shards: int = 1) -> str:
    """Return the name of one of a bundle's data files."""
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


def write_bundle(prefix: str, tensors: Mapping[str, Any]) -> None:
    """Write arrays by name, atomically."""
    os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
    old = glob.glob(f"{glob.escape(prefix)}.data-*-of-*")
    shards = 2 if data_path(prefix) in old and bundle_exists(prefix) else 1
    header = BundleHeader(num_shards=shards, version=VersionDef(producer=1))
    index = [(b"", header.SerializeToString())]
    offset = 0
    data = data_path(prefix, shards=shards)
    with replacing(data) as draft, open(draft, "wb") as file:
        for name in sorted(tensors, key=str.encode):
            array = np.asarray(tensors[name])
            dtype = dtypes.from_numpy(array.dtype)
            content, checksum = _encoded(array, dtype)
            file.write(content)
            entry = BundleEntry(
                dtype=dtype.as_datatype_enum,
                offset=offset,
                size=len(content),
                crc32c=checksum,
            )
            entry.shape = shape_proto(array.shape)
            index.append((name.encode(), entry.SerializeToString()))
            offset += len(content)
    with replacing(index_path(prefix)) as draft, open(draft, "wb") as file:
        file.write(write_table(index))
    for path in old:
        if path != data:
            os.remove(path)


def _encoded(array: np.ndarray, dtype: dtypes.DType) -> tuple[Any, int]:
    """Return a tensor's bytes in the data file, and their checksum."""
    if dtype is not dtypes.string:
        content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        return content, masked_crc32c(content)
    values = array.ravel().tolist()
    # The checksum goes over the lengths as fixed 32-bit numbers.
    fixed = b"".join([struct.pack("<I", len(v)) for v in values])
    lengths_checksum = struct.pack("<I", masked_crc32c(fixed))
    joined = b"".join(values)
    lengths = b"".join([varint(len(v)) for v in values])
    checksum = mask(crc32c(fixed + lengths_checksum + joined))
    return lengths + lengths_checksum + joined, checksum


class BundleReader:
    """Reads tensors from a bundle by name."""

    def __init__(self, prefix: Any) -> None:
        """Read the index.

        Raises:
            NotFoundError: There is no such bundle.
            DataLossError: It is damaged.
        """
        self.prefix = os.fspath(prefix)
        path = index_path(self.prefix)
        try:
            with open(path, "rb") as file:
                table = dict(read_table(file.read(), path))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise errors.because(
                errors.NotFoundError,
                "Unsuccessful TensorSliceReader constructor: Failed to find any "
                f"matching files for {self.prefix}{_others(self.prefix)}",
            ) from error
        header = BundleHeader.FromString(table.pop(b"", b""))
        self._shards = header.num_shards or 1
        self._entries = {
            name.decode(): BundleEntry.FromString(entry)
            for name, entry in table.items()
        }

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Return the shapes by name."""
        return {
            name: [d or 0 for d in shape_of(entry.shape) or ()]
            for name, entry in self._entries.items()
        }

    def get_variable_to_dtype_map(self) -> dict[str, dtypes.DType]:
        """Return the dtypes by name."""
        return {n: dtypes.as_dtype(e.dtype) for n, e in self._entries.items()}

    def has_tensor(self, tensor_str: str) -> bool:
        """Return whether there is a tensor of this name."""
        return tensor_str in self._entries

    def get_tensor(self, tensor_str: str) -> Any:
        """Return a tensor as a NumPy value.

        Raises:
            NotFoundError: There is none of this name.
            DataLossError: It is damaged.
        """
        array = self.read(tensor_str)
        return array[()] if array.shape == () else array

    def read(self, name: str) -> np.ndarray:
        """Return a tensor as an array."""
        entry = self._entries.get(name)
        if entry is None:
            raise errors.because(
                errors.NotFoundError,
                f"Key {name} not found in checkpoint {self.prefix}. "
                "tf.train.list_variables lists the keys that are.",
            )
        dtype = dtypes.as_dtype(entry.dtype)
        shape = tuple([d or 0 for d in shape_of(entry.shape) or ()])
        content = self._content(name, entry)
        if dtype is dtypes.string:
            array, checksum = _decoded_strings(content, shape)
        else:
            checksum = masked_crc32c(content)
            array = np.frombuffer(content, dtype.numpy_dtype).reshape(shape)
        if checksum != entry.crc32c:
            raise self._damaged(name, "the checksum does not fit")
        return array

    def _content(self, name: str, entry: BundleEntry) -> bytes:
        path = data_path(self.prefix, entry.shard_id, self._shards)
        try:
            with open(path, "rb") as file:
                file.seek(entry.offset)
                content = file.read(entry.size)
        except FileNotFoundError as error:
            raise errors.because(
                errors.NotFoundError, f"{path}; No such file or directory"
            ) from error
        if len(content) < entry.size:
            raise self._damaged(name, "the data file is too short")
        return content

    def _damaged(self, name: str, what: str) -> errors.OpError:
        return errors.because(
            errors.DataLossError,
            f"Tensor {name!r} in checkpoint {self.prefix} is damaged: {what}. Restore "
            "an older checkpoint.",
        )

    def debug_string(self) -> bytes:
        """Return names, dtypes and shapes as text."""
        shapes = self.get_variable_to_shape_map()
        lines = []
        for name, dtype in sorted(self.get_variable_to_dtype_map().items()):
            short = dtypes.short_name(dtype).upper()
            shape = ",".join(map(str, shapes[name]))
            lines.append(f"{name} (DT_{short}) [{shape}]\n")
        return "".join(lines).encode()


def _decoded_strings(content: bytes, shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
    sizes, at = [], 0
    for _ in range(int(np.prod(shape, dtype=np.int64))):
        size, at = read_varint(content, at)
        sizes.append(size)
    fixed = b"".join([struct.pack("<I", size) for size in sizes])
    checksum = mask(crc32c(fixed + content[at:]))
    at += 4
    values = np.empty(len(sizes), object)
    for i, size in enumerate(sizes):
        values[i] = content[at : at + size]
        at += size
    return values.reshape(shape), checksum


def _others(prefix: str) -> str:
    """Return a hint at checkpoints that are there, for one that is not."""
    found = sorted(glob.glob(os.path.join(os.path.dirname(prefix) or ".", "*.index")))
    names = [os.path.basename(f).removesuffix(".index") for f in found[:5]]
    return f". In the same folder there are {', '.join(names)}." if names else "."


def bundle_exists(prefix: str) -> bool:
    """Return whether a complete bundle of this name is there."""
    return os.path.exists(index_path(prefix))


def remove_bundle(prefix: str) -> None:
    """Delete a bundle's files, the index first: what is left is no checkpoint."""
    for path in (index_path(prefix), *glob.glob(f"{glob.escape(prefix)}.data-*")):
        if os.path.exists(path):
            os.remove(path)
