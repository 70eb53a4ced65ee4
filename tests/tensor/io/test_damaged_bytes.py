"""Bytes that hold less, or something else, than they say."""

from __future__ import annotations

import struct

import pytest

import tensor as tf
from tensor.io.crc32c import masked_crc32c
from tensor.io.tensor_proto import array_of, tensor_proto
from tensor.io.wire import DecodeError
from tensor.saved_model.program_data import Reader
from tensor.train.sstable import read_table, write_table


def test_a_list_of_floats_that_ends_inside_one() -> None:
    floats = tf.train.Feature(float_list=tf.train.FloatList(value=[1.0]))
    features = tf.train.Features(feature={"a": floats})
    data = tf.train.Example(features=features).SerializeToString()
    # Every length on the way to the four bytes of the number is one less.
    size = len(data)
    shorter = bytearray(data[:-1])
    for at, byte in enumerate(data[:-4]):
        if byte == size - at - 1:
            shorter[at] -= 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="no multiple of 4"):
        tf.io.parse_single_example(
            bytes(shorter), {"a": tf.io.FixedLenFeature([1], tf.float32)}
        )


def test_a_tensor_with_fewer_bytes_than_its_shape_needs() -> None:
    proto = tensor_proto([1.0, 2.0, 3.0])
    proto.tensor_content = proto.tensor_content[:8]
    with pytest.raises(DecodeError, match=r"shape \(3,\) has 3 elements, but 1 are"):
        array_of(proto)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse"):
        tf.io.parse_tensor(proto.SerializeToString(), tf.float64)


def first_block_end(table: bytes) -> int:
    """Return where the trailer of a table's first block begins."""
    return next(
        end
        for end in range(8, len(table))
        if masked_crc32c(table[: end + 1])
        == struct.unpack("<I", table[end + 1 : end + 5])[0]
    )


def test_a_compressed_table_is_refused() -> None:
    table = bytearray(write_table([(b"key", b"value")]))
    end = first_block_end(table)
    table[end] = 1
    table[end + 1 : end + 5] = struct.pack("<I", masked_crc32c(bytes(table[: end + 1])))
    with pytest.raises(tf.errors.DataLossError, match="compressed, which is not"):
        list(read_table(bytes(table), "table"))


def test_a_table_without_its_blocks_is_refused() -> None:
    table = write_table([(b"key", b"value")])
    with pytest.raises(tf.errors.DataLossError, match="truncated block"):
        list(read_table(table[-48:], "table"))


def test_a_saved_program_calls_numpys_functions_only() -> None:
    with pytest.raises(ValueError, match="'save' is not a function of NumPy's"):
        Reader(None, []).decode({"ufunc": ["save"]})
