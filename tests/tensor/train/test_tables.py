"""Lookup tables in checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path


def test_tables_are_saved_under_tensorflows_names(tmp_path: Path) -> None:
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    table.insert(tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64))
    path = tf.train.Checkpoint(table=table).write(tmp_path / "tables")
    assert tf.train.list_variables(path)[1:] == [
        ("table/.ATTRIBUTES/table-keys", [2]),
        ("table/.ATTRIBUTES/table-values", [2]),
    ]
    other = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    tf.train.Checkpoint(table=other).read(path).assert_consumed()
    assert other.lookup(tf.constant(["b", "c"])).numpy().tolist() == [2, -1]


def test_buckets_of_a_dense_table_that_are_empty_are_left_out() -> None:
    table = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, 0, -1)
    keys, values = np.int64([[0], [3], [0], [-1]]), np.int64([[9], [4], [9], [9]])
    table._restore_checkpoint_value("table", {"-keys": keys, "-values": values})
    assert int(table.size()) == 1
    assert table.lookup(tf.constant([3], tf.int64)).numpy().tolist() == [4]
