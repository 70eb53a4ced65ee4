"""Checkpoint files, both ways with TensorFlow's (tests/oracle/checkpoint_values.py)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import tensor as tf
from tensor.train.bundle import (
    BundleReader,
    data_path,
    index_path,
    remove_bundle,
    write_bundle,
)
from tensor.train.sstable import read_table, write_table

TENSORFLOWS = str(Path(__file__).parent / "oracle_values" / "tensorflow-1")


def test_reads_tensorflows_files() -> None:
    reader = BundleReader(TENSORFLOWS)
    value = "/.ATTRIBUTES/VARIABLE_VALUE"
    assert reader.get_tensor(f"module/items/0{value}") == 3
    assert reader.get_tensor(f"module/items/1{value}") == b"text"
    assert reader.get_tensor(f"module/named/k.Sx..y{value}") == 2.0
    words = reader.get_tensor(f"module/words{value}")
    assert words.tolist() == [[b"a", b"bcd"], [b"", b"x" * 300]]
    assert reader.get_variable_to_shape_map()[f"module/matrix{value}"] == [2, 3]
    assert reader.get_variable_to_dtype_map()[f"module/flags{value}"] == tf.bool
    assert reader.has_tensor("save_counter" + value)
    assert b"(DT_DOUBLE) [2,3]" in reader.debug_string()


def test_writes_what_tensorflow_writes(tmp_path: Path) -> None:
    reader = BundleReader(TENSORFLOWS)
    names = reader.get_variable_to_shape_map()
    again = str(tmp_path / "again")
    write_bundle(again, {name: reader.read(name) for name in names})
    written = Path(data_path(again)).read_bytes()
    assert len(written) == len(Path(data_path(TENSORFLOWS)).read_bytes())
    copy = BundleReader(again)
    for name in names:
        assert copy._entries[name].crc32c == reader._entries[name].crc32c
        np.testing.assert_array_equal(copy.read(name), reader.read(name))
    assert sorted(os.listdir(tmp_path)) == [
        "again.data-00000-of-00001",
        "again.index",
    ]


@pytest.mark.parametrize("count", [0, 1, 17, 600])
def test_tables_hold_what_was_put_in(count: int) -> None:
    entries = [(f"key/{i:05d}".encode(), bytes([i % 256]) * i) for i in range(count)]
    assert list(read_table(write_table(entries), "table")) == entries


def test_a_failed_write_leaves_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = str(tmp_path / "ckpt")
    write_bundle(prefix, {"a": np.float32(1)})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_bundle(prefix, {"a": np.float32(2)})
    assert BundleReader(prefix).get_tensor("a") == 1
    assert len(os.listdir(tmp_path)) == 2


def test_damage_is_noticed(tmp_path: Path) -> None:
    prefix = str(tmp_path / "ckpt")
    write_bundle(prefix, {"a": np.arange(10), "s": np.array([b"xyz"], object)})
    data = Path(data_path(prefix))
    whole = data.read_bytes()
    data.write_bytes(b"\1" + whole[1:-1] + b"\1")
    for name in ("a", "s"):
        with pytest.raises(tf.errors.DataLossError, match="checksum does not fit"):
            BundleReader(prefix).get_tensor(name)
    data.write_bytes(whole[:-1])
    with pytest.raises(tf.errors.DataLossError, match="data file is too short"):
        BundleReader(prefix).get_tensor("s")
    data.unlink()
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        BundleReader(prefix).get_tensor("s")
    index = Path(index_path(prefix))
    table = index.read_bytes()
    index.write_bytes(table[:5] + b"X" + table[6:])
    with pytest.raises(tf.errors.DataLossError, match="checksum mismatch"):
        BundleReader(prefix)
    index.write_bytes(table[:-1])
    with pytest.raises(tf.errors.DataLossError, match="bad magic number"):
        BundleReader(prefix)
    index.write_bytes(b"")
    with pytest.raises(tf.errors.DataLossError, match="Unable to open table file"):
        BundleReader(prefix)
    remove_bundle(prefix)
    with pytest.raises(tf.errors.NotFoundError, match="any matching files for"):
        BundleReader(prefix)


def test_what_is_not_there(tmp_path: Path) -> None:
    write_bundle(str(tmp_path / "ckpt-1"), {"a": np.float32(1)})
    with pytest.raises(tf.errors.NotFoundError, match="Key b not found"):
        BundleReader(str(tmp_path / "ckpt-1")).get_tensor("b")
    with pytest.raises(tf.errors.NotFoundError, match="there are ckpt-1"):
        BundleReader(str(tmp_path / "ckpt-2"))
