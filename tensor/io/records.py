"""TFRecord files: byte strings one after another, each guarded by checksums.

On disk a record is its length (8 bytes), the length's checksum, the bytes, their
checksum; the whole file may be compressed.
"""

from __future__ import annotations

import collections
import gzip
import os
import struct
import zlib
from typing import IO, TYPE_CHECKING, Any

from tensor.core import errors
from tensor.core.public_api import export
from tensor.io.crc32c import crc32c, crc32c_of_each, mask, masked_crc32c

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_CHUNK = 1 << 18


@export("io.TFRecordOptions")
class TFRecordOptions:
    """How the records of a file are compressed."""

    compression_types = ("", "GZIP", "ZLIB")

    def __init__(
        self,
        compression_type: str | None = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        """Choose `compression_type` ("", "GZIP" or "ZLIB") and zlib's settings.

        Raises:
            ValueError: The compression type is unknown.
        """
        if isinstance(compression_type, TFRecordOptions):
            compression_type = compression_type.compression_type
        self.compression_type = checked_compression(compression_type)
        self.compression_level = -1 if compression_level is None else compression_level


def checked_compression(compression_type: Any) -> str:
    """Return the type of compression, "" for none.

    Raises:
        ValueError: It is unknown.
    """
    name = compression_type or ""
    if isinstance(name, bytes):
        name = name.decode()
    if name not in TFRecordOptions.compression_types:
        raise ValueError(
            f'Not a valid compression_type: "{name}". Expected one of '
            f"{list(TFRecordOptions.compression_types)}."
        )
    return str(name)


@export("io.TFRecordWriter")
class TFRecordWriter:
    """Writes records to a file; use it in a `with` statement."""

    def __init__(self, path: Any, options: Any = None) -> None:
        """Create the file.

        Args:
            path: Where to write.
            options: A `TFRecordOptions`, or the type of compression.

        Raises:
            NotFoundError: The folder does not exist.
        """
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(options)
        try:
            self._file = _open_for_writing(os.fspath(path), options)
        except FileNotFoundError as error:
            raise errors.because(
                errors.NotFoundError, f"{path}; No such file or directory"
            ) from error

    def write(self, record: bytes) -> None:
        """Append a record."""
        if not isinstance(record, bytes | bytearray | memoryview):
            raise TypeError(f"A record is bytes, got {type(record).__name__}.")
        self._file.write(framed(record))

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Complete and close the file."""
        self._file.close()

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def framed(record: bytes | bytearray | memoryview) -> bytes:
    """Return a record as it stands in a file."""
    length = struct.pack("<Q", len(record))
    return b"".join(
        (
            length,
            _CHECKSUM.pack(masked_crc32c(length)),
            record,
            _CHECKSUM.pack(masked_crc32c(record)),
        )
    )


class _ZlibFile:
    """Writes a zlib stream: the standard library has files of gzip only."""

    def __init__(self, file: IO[bytes], level: int) -> None:
        self._file = file
        self._compressor = zlib.compressobj(level)

    def write(self, data: bytes) -> None:
        self._file.write(self._compressor.compress(data))

    def flush(self) -> None:
        self._file.write(self._compressor.flush(zlib.Z_SYNC_FLUSH))
        self._file.flush()

    def close(self) -> None:
        if not self._file.closed:
            self._file.write(self._compressor.flush())
            self._file.close()


def _open_for_writing(path: str, options: TFRecordOptions) -> Any:
    level = options.compression_level
    if options.compression_type == "GZIP":
        return gzip.open(path, "wb", compresslevel=9 if level < 0 else level)
    file = open(path, "wb")  # noqa: SIM115  # the writer closes it
    return _ZlibFile(file, level) if options.compression_type == "ZLIB" else file


class RecordReader:
    """Reads records from one file, and knows where it stands.

    Attributes:
        offset: Bytes (after decompression) up to the next record.
    """

    def __init__(self, path: str, compression_type: str = "", offset: int = 0) -> None:
        try:
            self._file = open(path, "rb")  # noqa: SIM115  # `close` closes it
        except FileNotFoundError as error:
            raise errors.because(
                errors.NotFoundError, f"{path}; No such file or directory"
            ) from error
        self.path = path
        self.offset = 0
        self._stream: Any = self._file
        if compression_type == "GZIP":
            self._stream = gzip.GzipFile(fileobj=self._file)
        elif compression_type == "ZLIB":
            self._stream = ZlibReader(self._file)
        if offset:
            self._stream.seek(offset)
            self.offset = offset
        self._rest = b""
        self._records: collections.deque[bytes] = collections.deque()
        self._damaged: str | None = None

    def read(self) -> bytes | None:
        """Return the next record, None at the end of the file.

        Raises:
            DataLossError: The file is damaged or ends within a record.
        """
        if not self._records and self._damaged is None:
            self._fill()
        if self._records:
            record = self._records.popleft()
            self.offset += _HEADER.size + len(record) + _CHECKSUM.size
            return record
        if self._damaged:
            raise self._damage(self._damaged)
        return None

    def _fill(self) -> None:
        """Read a piece of the file and take the records in it apart.

        Damage is noted; the records before it come first.
        """
        data = self._rest + self._stream.read(_CHUNK)
        records: list[bytes] = []
        stored: list[int] = []
        at = 0
        while at < len(data) and self._damaged is None:
            length = self._length_at(data, at)
            if length < 0:
                break
            start, end = at + _HEADER.size, at + _HEADER.size + length
            if end + _CHECKSUM.size > len(data):
                if records:
                    break
                data += self._stream.read(end + _CHECKSUM.size - len(data))
                if end + _CHECKSUM.size > len(data):
                    self._damaged = "truncated record"
                    break
            records.append(data[start:end])
            stored.append(_CHECKSUM.unpack_from(data, end)[0])
            at = end + _CHECKSUM.size
        self._rest = data[at:]
        self._check(records, stored)

    def _length_at(self, data: bytes, at: int) -> int:
        """Return the length of the record that starts here, -1 if it is not there."""
        header = data[at : at + _HEADER.size]
        if len(header) < _HEADER.size:
            if at == 0:  # nothing more can come: whole pieces are read
                self._damaged = "truncated record"
            return -1
        length, checksum = _HEADER.unpack(header)
        if masked_crc32c(header[:8]) != checksum:
            self._damaged = "corrupted record"
            return -1
        return int(length)

    def _check(self, records: list[bytes], stored: list[int]) -> None:
        """Take over the records up to the first whose checksum is wrong."""
        if len(records) == 1:
            found = [crc32c(records[0])]
        else:
            found = crc32c_of_each(records).tolist() if records else []
        for record, crc, expected in zip(records, found, stored, strict=True):
            if mask(crc) != expected:
                self._damaged = "corrupted record"
                return
            self._records.append(record)

    def _damage(self, what: str) -> errors.OpError:
        return errors.because(
            errors.DataLossError,
            f"{what} at {self.offset} in {self.path}: the checksum or the length does "
            "not fit. Is it a TFRecord file, and is compression_type right?",
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ZlibReader:
    """Reads a zlib stream."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decompressor = zlib.decompressobj()
        self._ready = bytearray()

    def read(self, size: int | None = None) -> bytes:
        """Return up to `size` bytes, fewer only at the end; all of them for None."""
        while (size is None or len(self._ready) < size) and self._decompress():
            pass
        return self._take(len(self._ready) if size is None else size)

    def readline(self) -> bytes:
        """Return the bytes up to and with the next newline."""
        while b"\n" not in self._ready and self._decompress():
            pass
        end = self._ready.find(b"\n")
        return self._take(len(self._ready) if end < 0 else end + 1)

    def _decompress(self) -> bool:
        """Decompress another piece of the file; return whether there was one."""
        chunk = self._file.read(_CHUNK)
        self._ready += self._decompressor.decompress(chunk)
        return bool(chunk)

    def _take(self, size: int) -> bytes:
        result = bytes(self._ready[:size])
        del self._ready[:size]
        return result

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def seek(self, offset: int) -> None:
        """Go forward from the start: a compressed stream has no other way."""
        while offset > 0:
            offset -= len(self.read(min(offset, _CHUNK)))


def read_records(path: str, compression_type: str = "") -> Iterator[bytes]:
    """Yield the records of a file."""
    reader = RecordReader(path, compression_type)
    try:
        while (record := reader.read()) is not None:
            yield record
    finally:
        reader.close()
