"""CRC-32C, the checksum of TFRecord, event and checkpoint files.

Written here, and not taken from an extra, because plain checkpoints need it and the
base install stays small. A CRC is linear over XOR: the checksum of a message is the XOR
of what each byte contributes at its distance from the end. So whole blocks are looked
up at once in NumPy, and the checksums of neighbouring blocks are merged pairwise.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed
_BLOCK = 64  # bytes whose contributions stand in one table: 64 KiB, which fits L2
_MASK_DELTA = 0xA282EAD8
# Below this many bytes a loop in Python is as quick as calling NumPy.
_SHORT = 192


def _byte_table() -> list[int]:
    """Return the checksum (without final inversion) of each single byte."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _byte_table()


def crc32c(data: bytes | bytearray | memoryview) -> int:
    """Return the CRC-32C of `data`."""
    view = memoryview(data).cast("B")
    if len(view) < _SHORT:
        crc, table = 0xFFFFFFFF, _TABLE
        for byte in view:
            crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
        return crc ^ 0xFFFFFFFF
    return _of_blocks(np.frombuffer(view, np.uint8)) ^ 0xFFFFFFFF


def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """Return the checksum as files store it.

    Rotated and shifted: the checksum of data that holds its own checksum is degenerate.
    """
    return mask(crc32c(data))


def crc32c_of_each(messages: list[bytes]) -> np.ndarray:
    """Return the CRC-32C of several messages, computed side by side.

    Blocks of all messages are looked up together; then each message's blocks are merged
    from first to last, all messages in step.
    """
    counts = np.array([-(-len(m) // _BLOCK) for m in messages])
    padded = bytearray(int(counts.sum()) * _BLOCK)
    ends = np.cumsum(counts) * _BLOCK
    data = np.frombuffer(padded, np.uint8)
    for message, end in zip(messages, ends.tolist(), strict=True):
        start = end - len(message)
        padded[start:end] = message
        data[start : start + min(4, len(message))] ^= 0xFF
    at = data.reshape(-1, _BLOCK) + _starts()
    blocks = np.bitwise_xor.reduce(_block_tables().take(at), axis=1)
    crcs = np.zeros(len(messages), np.uint32)
    firsts = np.cumsum(counts) - counts
    for step in range(int(counts.max(initial=0))):
        active = np.flatnonzero(counts > step)
        merged = _followed_by_zeros(crcs[active], _BLOCK)
        crcs[active] = merged ^ blocks[firsts[active] + step]
    for i in np.flatnonzero([len(m) < 4 for m in messages]):
        crcs[i] = crc32c(messages[i]) ^ 0xFFFFFFFF  # the first four bytes reach beyond
    return crcs ^ np.uint32(0xFFFFFFFF)


def mask(crc: int) -> int:
    """Return a checksum as files store it; see `masked_crc32c`."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def _of_blocks(data: np.ndarray) -> int:
    """Return the checksum before the final inversion, a block at a time."""
    padding = -len(data) % _BLOCK
    padded = np.zeros(padding + len(data), np.uint8)  # leading zeros add nothing
    padded[padding:] = data
    padded[padding : padding + 4] ^= 0xFF  # starting from all ones does just this
    # Narrow indices would make NumPy convert them: add each byte to its table's start.
    at = padded.reshape(-1, _BLOCK) + _starts()
    crcs = np.bitwise_xor.reduce(_block_tables().take(at), axis=1)
    length = _BLOCK
    while len(crcs) > 1:
        if len(crcs) % 2:
            crcs = np.concatenate([np.zeros(1, crcs.dtype), crcs])
        crcs = _followed_by_zeros(crcs[0::2], length) ^ crcs[1::2]
        length *= 2
    return int(crcs[0])


@functools.cache
def _starts() -> np.ndarray:
    return np.arange(_BLOCK, dtype=np.intp) * 256


@functools.cache
def _block_tables() -> np.ndarray:
    """Return what each byte contributes at each place in a block, flattened."""
    table = np.array(_TABLE, np.uint32)
    places = [table]
    for _ in range(_BLOCK - 1):
        crc = places[-1]
        places.append(table[crc & 255] ^ (crc >> 8))
    return np.concatenate(places[::-1])


def _followed_by_zeros(crcs: np.ndarray, length: int) -> Any:
    """Return the checksums of the same messages with `length` zero bytes after them."""
    return _apply(_zeros_table(length), crcs)


@functools.cache
def _zeros_table(length: int) -> np.ndarray:
    """Return, for each byte of a checksum, what `length` zero bytes make of it."""
    if length == 1:
        table = np.array(_TABLE, np.uint32)
        value = np.arange(256, dtype=np.uint32)
        rows = [value << (8 * i) for i in range(4)]
        return np.stack([table[row & 255] ^ (row >> 8) for row in rows])
    half = _zeros_table(length // 2)
    return np.stack([_apply(half, row) for row in half])


def _apply(table: np.ndarray, crcs: np.ndarray) -> Any:
    return (
        table[0].take(crcs & 255)
        ^ table[1].take(crcs >> 8 & 255)
        ^ table[2].take(crcs >> 16 & 255)
        ^ table[3].take(crcs >> 24)
    )
