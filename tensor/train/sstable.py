"""Sorted tables of strings: the index files of TensorFlow's checkpoints.

LevelDB's table format. Entries are sorted by key and stand in blocks; inside a block a
key leaves out what it shares with the one before. The file ends with an index of its
blocks and a footer that says where the index is::

    data block … | metaindex block | index block | footer (48 bytes)
"""

from __future__ import annotations

import struct
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from tensor.core import errors
from tensor.io.crc32c import masked_crc32c
from tensor.io.wire import DecodeError, read_varint, varint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_TRAILER_BYTES = 5  # the kind of compression, and a checksum
_ENTRIES_BETWEEN_RESTARTS = 16
_ENTRIES_PER_BLOCK = 256
_UINT32 = struct.Struct("<I")


def write_table(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a table of (key, value) pairs, which must be sorted by key."""
    out = bytearray()
    index: list[tuple[bytes, bytes]] = []
    rest = iter(entries)
    while group := list(islice(rest, _ENTRIES_PER_BLOCK)):
        index.append((group[-1][0], _append(out, _block(group))))
    metaindex = _append(out, _block([]))
    handles = metaindex + _append(out, _block(index, 1))
    out += handles.ljust(_FOOTER_BYTES - 8, b"\0")
    out += struct.pack("<Q", _MAGIC)
    return bytes(out)


def _append(out: bytearray, block: bytes) -> bytes:
    """Append a block; return its handle: where it is and how long."""
    handle = varint(len(out)) + varint(len(block))
    content = block + b"\0"  # not compressed
    out += content + _UINT32.pack(masked_crc32c(content))
    return handle


def _block(
    entries: list[tuple[bytes, bytes]], restart_every: int = _ENTRIES_BETWEEN_RESTARTS
) -> bytes:
    out, restarts, last = bytearray(), [], b""
    for i, (key, value) in enumerate(entries):
        shared = 0
        if i % restart_every == 0:
            restarts.append(len(out))
        else:
            pairs = zip(last, key, strict=False)
            shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value))
        out += key[shared:] + value
        last = key
    restarts = restarts or [0]
    for offset in (*restarts, len(restarts)):
        out += _UINT32.pack(offset)
    return bytes(out)


def read_table(data: bytes, path: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield the (key, value) pairs of a table.

    Args:
        data: The content of the file.
        path: Its name, for messages.

    Raises:
        DataLossError: It is no table, or damaged.
    """
    try:
        if struct.unpack("<Q", data[-8:])[0] != _MAGIC:
            raise DecodeError("not an sstable (bad magic number)")
        footer = data[-_FOOTER_BYTES:]
        at = 0
        for _ in range(2):  # past the metaindex
            _, at = read_varint(footer, at)
        for _, handle in _entries(_content(data, footer[at:])):
            yield from _entries(_content(data, handle))
    except (DecodeError, struct.error) as error:
        raise errors.because(
            errors.DataLossError,
            f"Unable to open table file {path}: {error}: perhaps your file is in a "
            "different file format, or was not written to its end?",
        ) from error


def _content(data: bytes, handle: bytes) -> bytes:
    offset, at = read_varint(handle, 0)
    size, _ = read_varint(handle, at)
    block = data[offset : offset + size + _TRAILER_BYTES]
    if len(block) < size + _TRAILER_BYTES:
        raise DecodeError(
            f"truncated block: {size} bytes at {offset} are not all there"
        )
    (stored,) = _UINT32.unpack(block[-4:])
    if masked_crc32c(block[:-4]) != stored:
        raise DecodeError("block checksum mismatch")
    if block[size] != 0:
        raise DecodeError("the table is compressed, which is not supported")
    return block[:size]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    (restarts,) = _UINT32.unpack(block[-4:])
    end, at, key = len(block) - 4 * (restarts + 1), 0, b""
    while at < end:
        shared, at = read_varint(block, at)
        added, at = read_varint(block, at)
        size, at = read_varint(block, at)
        key = key[:shared] + block[at : at + added]
        at += added
        yield key, block[at : at + size]
        at += size
