"""tf.lookup: tables filled from files, looked up inside graphs, and their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path

Index = tf.lookup.TextFileIndex


def test_a_table_is_filled_from_the_lines_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("zero\none\ntwo\n")
    init = tf.lookup.TextFileInitializer(
        str(file), tf.string, Index.WHOLE_LINE, tf.int64, Index.LINE_NUMBER
    )
    table = tf.lookup.StaticHashTable(init, -1)
    assert table.lookup(tf.constant(["two", "five"])).numpy().tolist() == [2, -1]
    columns = tmp_path / "columns.csv"
    columns.write_text("a,1.5\nb,2.5\n")
    init = tf.lookup.TextFileInitializer(
        str(columns), tf.string, 0, tf.float32, 1, delimiter=","
    )
    assert float(tf.lookup.StaticHashTable(init, 0.0).lookup(tf.constant("b"))) == 2.5


def test_a_file_that_is_missing_or_too_short_is_named(tmp_path: Path) -> None:
    def table(name: str, size: int | None = None) -> Any:
        init = tf.lookup.TextFileInitializer(
            str(tmp_path / name),
            tf.string,
            Index.WHOLE_LINE,
            tf.int64,
            Index.LINE_NUMBER,
            vocab_size=size,
        )
        return tf.lookup.StaticHashTable(init, -1)

    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        table("missing.txt")
    (tmp_path / "short.txt").write_text("a\n")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid vocab_size"):
        table("short.txt", 5)


def test_tables_work_inside_traced_functions() -> None:
    init = tf.lookup.KeyValueTensorInitializer(
        ["a", "b"], tf.constant([1, 2], tf.int64)
    )
    static = tf.lookup.StaticHashTable(init, -1)
    vocabulary = tf.lookup.StaticVocabularyTable(init, 1)

    @tf.function
    def f(keys: Any) -> Any:
        x, y = static.lookup(keys), vocabulary.lookup(keys)
        assert x.shape == y.shape == [3]
        return x, y

    x, y = f(tf.constant(["b", "z", "a"]))
    assert x.numpy().tolist() == [2, -1, 1]
    assert y.numpy().tolist() == [2, 2, 1]


def test_ragged_and_sparse_keys_give_ragged_and_sparse_values() -> None:
    init = tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2])
    table = tf.lookup.StaticHashTable(init, 0)
    ragged = table.lookup(tf.ragged.constant([["a"], ["b", "c"]]))
    assert ragged.to_list() == [[1], [2, 0]]
    sparse = table.lookup(tf.SparseTensor([[0, 1]], ["b"], [1, 2]))
    assert tf.sparse.to_dense(sparse).numpy().tolist() == [[0, 2]]


def test_wrong_arguments_are_named() -> None:
    initializer = tf.lookup.KeyValueTensorInitializer
    with pytest.raises(ValueError, match="`num_oov_buckets` must be > 0"):
        tf.lookup.StaticVocabularyTable(None, 0)
    with pytest.raises(TypeError, match="expected <dtype: 'int64'>"):
        tf.lookup.StaticVocabularyTable(initializer(["a"], [1]), 1)
    with pytest.raises(TypeError, match="Dtype of argument `keys`"):
        tf.lookup.StaticVocabularyTable(None, 2).lookup(tf.constant([1]))
    dense = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, 0, -1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not allowed"):
        dense.insert(tf.constant([0], tf.int64), tf.constant([1], tf.int64))


def test_what_is_known_of_results_while_tracing() -> None:
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, [0, 0])
    f = tf.function(lambda k: [table.lookup(k), *table.export()])
    traced = f.get_concrete_function(tf.TensorSpec([None, 3], tf.string))
    shapes = [x.shape.as_list() for x in traced.structured_outputs]
    assert shapes == [[None, 3, 2], [None], [None, 2]]


def test_keys_of_another_dtype_are_refused_by_tables_that_change() -> None:
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    with pytest.raises(
        ValueError, match="requested dtype string for Tensor with dtype"
    ):
        table.lookup(tf.constant([1]))


def test_tables_that_change_are_part_of_checkpoints(tmp_path: Path) -> None:
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    table.insert(["a"], [5])
    checkpoint = tf.train.Checkpoint(table=table)
    path = checkpoint.save(str(tmp_path / "c"))
    table.insert(["a", "b"], [6, 7])
    checkpoint.restore(path).assert_consumed()
    assert table.lookup(["a", "b"]).numpy().tolist() == [5, -1]


def test_a_file_that_does_not_hold_what_was_said_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("x\ty\t1\n")

    def table(value_index: int) -> Any:
        init = tf.lookup.TextFileInitializer(
            str(file), tf.string, 0, tf.int64, value_index
        )
        return tf.lookup.StaticHashTable(init, -1)

    assert int(table(2).lookup(tf.constant("x"))) == 1
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"line 0 .* expected at least 6 got 3"
    ):
        table(5)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="Field y in line 0 is not a valid int64"
    ):
        table(1)
