"""Binary files as pieces of one length."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import errors
from tensor.core.public_api import export
from tensor.data.files import FileDataset, FileReader, PublicFiles, open_stream
from tensor.data.unknown import as_count
from tensor.io.records import checked_compression

if TYPE_CHECKING:
    from tensor.data.elements import Components


@export("data.FixedLengthRecordDataset")
class FixedLengthRecordDataset(
    FileDataset, metaclass=PublicFiles, printed_as="FixedLengthRecordDatasetV2"
):
    """Pieces of binary files, all of one length."""

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        """Name the files and the number of bytes of a record, of header and footer."""
        super().__init__(filenames)
        self.record_bytes = as_count(record_bytes, "record_bytes")
        if self.record_bytes <= 0:
            raise errors.invalid(
                "FixedLengthRecordDatasetV2",
                f"`record_bytes` must be greater than zero, got {record_bytes!r}.",
            )
        self.header = as_count(header_bytes or 0, "header_bytes")
        self.footer = as_count(footer_bytes or 0, "footer_bytes")
        self.compression = checked_compression(compression_type)
        self._parallel_reads = num_parallel_reads

    def open_file(self, filename: str, offset: int) -> FileReader:
        with contextlib.closing(open_stream(filename, self.compression)) as stream:
            content = stream.read()
        body = content[self.header : len(content) - self.footer]
        if len(body) % self.record_bytes:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Excluding the header ({self.header} bytes) and footer "
                f"({self.footer} bytes), input file {filename!r} has body length "
                f"{len(body)} bytes, which is not an exact multiple of the record "
                f"length ({self.record_bytes} bytes).",
            )
        return PieceFile(body, self.record_bytes, offset)


class PieceFile(FileReader):
    """Pieces of bytes in memory."""

    def __init__(self, body: bytes, size: int, offset: int) -> None:
        self.body = body
        self.size = size
        self.offset = offset

    def read(self) -> Components | None:
        if self.offset >= len(self.body):
            return None
        piece = self.body[self.offset : self.offset + self.size]
        self.offset += self.size
        return (np.array(piece, object),)

    def close(self) -> None:
        self.body = b""
