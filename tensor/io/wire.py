"""Protocol buffers on the wire: numbers, tags, and fields one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

# Kinds of fields: how many bytes follow the tag.
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class DecodeError(ValueError):
    """Bytes that are not a message of the expected kind."""


def varint(value: int) -> bytes:
    """Encode an integer in groups of seven bits; negative ones as 64-bit."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned integer at `at`, and where it ends.

    Raises:
        DecodeError: The bytes end in the middle of it.
    """
    result = shift = 0
    try:
        while True:
            byte = data[at]
            at += 1
            result |= (byte & 127) << shift
            if byte < 128:
                return result & 0xFFFFFFFFFFFFFFFF, at
            shift += 7
    except IndexError:
        raise DecodeError("Error parsing message: it ends in a number.") from None


def signed(value: int) -> int:
    """Return an unsigned 64-bit value as the signed one with the same bits."""
    return value - (1 << 64) if value >> 63 else value


def delimited(number: int, content: bytes) -> bytes:
    """Encode a field of bytes with its tag and length."""
    return varint(number << 3 | BYTES) + varint(len(content)) + content


def read_fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Yield (number, wire type, value): an unsigned int, or bytes for the rest.

    Raises:
        DecodeError: The bytes are no message.
    """
    at, end = 0, len(data)
    while at < end:
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = read_varint(data, at)
            yield tag >> 3, kind, value
            continue
        if kind == BYTES:
            size, at = read_varint(data, at)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise DecodeError(f"Error parsing message: wire type {kind} is unknown.")
        if at + size > end:
            raise DecodeError("Error parsing message: it ends within a field.")
        yield tag >> 3, kind, data[at : at + size]
        at += size


def read_packed_varints(data: bytes) -> np.ndarray:
    """Return the integers packed in `data` as int64.

    Raises:
        DecodeError: The bytes end in the middle of one.
    """
    raw = np.frombuffer(data, np.uint8)
    if len(raw) == 0:
        return np.zeros(0, np.int64)
    is_last = raw < 128
    if not is_last[-1]:
        raise DecodeError("Error parsing message: it ends in a number.")
    if is_last.all():
        return raw.astype(np.int64)
    ends = np.flatnonzero(is_last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(raw)) - np.repeat(starts, ends - starts + 1)
    groups = (raw & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.bitwise_or.reduceat(groups, starts).astype(np.int64)
