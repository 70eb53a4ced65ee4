"""TFRecord files, both ways with TensorFlow's own (see tests/oracle/io_values.py)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import tensor as tf
from tensor.io import records
from tensor.io.crc32c import _TABLE, crc32c, crc32c_of_each, masked_crc32c
from tensor.io.records import RecordReader, read_records

ORACLE = Path(__file__).parent / "oracle_values"
RECORDS = [b"", b"a", bytes(range(256)) * 3, b"last"]


def test_checksum_of_the_standard_message() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"") == 0
    assert masked_crc32c(b"123456789") == 0xC78AB0E5


@pytest.mark.parametrize("length", [191, 192, 193, 255, 256, 1000, 4096, 5000])
def test_checksum_by_blocks_is_the_bytewise_one(length: int) -> None:
    data = os.urandom(length)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 255] ^ (crc >> 8)
    assert crc32c(data) == crc ^ 0xFFFFFFFF


def test_checksums_of_many_messages_are_those_of_each() -> None:
    lengths = [0, 1, 3, 4, 5, 63, 64, 65, 128, 700, 2]
    messages = [os.urandom(n) for n in lengths]
    assert crc32c_of_each(messages).tolist() == [crc32c(m) for m in messages]


def test_records_longer_than_a_piece_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_CHUNK", 50)
    path = tmp_path / "records"
    written = [bytes([i]) * (i * 7) for i in range(30)]
    with tf.io.TFRecordWriter(path) as writer:
        for record in written:
            writer.write(record)
    assert list(read_records(str(path))) == written
    whole = path.read_bytes()
    for size in (len(whole) - 1, len(whole) - 210, 20):
        path.write_bytes(whole[:size])
        with pytest.raises(tf.errors.DataLossError, match="truncated record"):
            list(read_records(str(path)))


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_reads_what_tensorflow_wrote(compression: str) -> None:
    path = ORACLE / f"records{compression}.tfrecord"
    assert list(read_records(str(path), compression)) == RECORDS


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_reads_what_it_wrote(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "records"
    with tf.io.TFRecordWriter(path, compression) as writer:
        for record in RECORDS:
            writer.write(record)
        writer.flush()
    assert list(read_records(str(path), compression)) == RECORDS
    if not compression:
        assert path.read_bytes() == (ORACLE / "records.tfrecord").read_bytes()


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_a_reader_goes_on_at_an_offset(compression: str) -> None:
    path = str(ORACLE / f"records{compression}.tfrecord")
    first = RecordReader(path, compression)
    first.read()
    first.read()
    second = RecordReader(path, compression, first.offset)
    assert second.read() == RECORDS[2]
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-1], "truncated record at 36 in"),
        (lambda data: data[:-20], "truncated record"),
        (lambda data: data[:3] + b"\x01" + data[4:], "corrupted record at 0 in"),
        (lambda data: data[:14] + b"X" + data[15:], "corrupted record at 0 in"),
    ],
)
def test_damage_is_noticed(tmp_path: Path, damage: object, message: str) -> None:
    path = tmp_path / "records"
    with tf.io.TFRecordWriter(path) as writer:
        writer.write(b"0123456789abcdefghij")
        writer.write(b"second record")
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(tf.errors.DataLossError, match=message):
        list(read_records(str(path)))


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='Not a valid compression_type: "LZ4"'):
        tf.io.TFRecordOptions("LZ4")
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        tf.io.TFRecordWriter(tmp_path / "no folder" / "file")
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        RecordReader(str(tmp_path / "nothing"))
    with (
        tf.io.TFRecordWriter(tmp_path / "file") as writer,
        pytest.raises(TypeError, match="A record is bytes, got str"),
    ):
        writer.write("text")
    assert tf.io.TFRecordOptions(tf.io.TFRecordOptions("GZIP")).compression_type == (
        "GZIP"
    )
