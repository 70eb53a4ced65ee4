"""What tf.data.experimental adds; results and messages as TensorFlow has them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf
from tests.tensor.data.test_every_pipeline import values

if TYPE_CHECKING:
    from pathlib import Path

Dataset = tf.data.Dataset
Range = tf.data.Dataset.range
experimental = tf.data.experimental


def test_elements_by_number() -> None:
    pairs = Dataset.from_tensor_slices({"a": [1, 2], "b": [3.0, 4.0]})
    assert {k: v.numpy() for k, v in experimental.at(pairs, 1).items()} == {
        "a": 2,
        "b": 4.0,
    }
    batches = Range(5).filter(lambda x: x != 1).batch(2)
    assert experimental.at(batches, 1).numpy().tolist() == [3, 4]
    assert experimental.at(batches, 0).numpy().tolist() == [0, 2]
    shuffled = Range(9).shuffle(9).map(lambda x: x)
    assert sorted(int(experimental.at(shuffled, i)) for i in range(9)) == [*range(9)]
    later = tf.function(lambda i: experimental.at(Range(i * 3), i))
    assert int(later(tf.constant(2, tf.int64))) == 2
    for dataset, index in ((Range(5), 7), (Range(5), -1), (batches, 2)):
        with pytest.raises(tf.errors.OutOfRangeError, match="Index out of range"):
            experimental.at(dataset, index)
    with pytest.raises(tf.errors.InvalidArgumentError, match="be a int64 tensor but"):
        experimental.at(Range(5), tf.constant(1))


def test_datasets_as_tensors() -> None:
    spec = tf.TensorSpec([], tf.int64)
    tensor = experimental.to_variant(Range(3))
    assert (tensor.dtype, tensor.shape) == (tf.variant, ())
    assert values(experimental.from_variant(tensor, spec)) == [[0], [1], [2]]
    made = tf.function(lambda n: experimental.to_variant(Range(n)))
    tensor = made(tf.constant(2, tf.int64))
    assert values(experimental.from_variant(tensor, spec)) == [[0], [1]]


def test_datasets_of_lists() -> None:
    dataset = experimental.from_list([{"a": [1, 2], "b": "x"}, {"a": [3], "b": "y"}])
    assert dataset.element_spec["a"] == tf.TensorSpec([None], tf.int32)
    assert [e["a"].tolist() for e in dataset.as_numpy_iterator()] == [[1, 2], [3]]
    for elements, error, words in (
        ([], ValueError, "`elements` should not be empty"),
        (5, ValueError, "`elements` must be a list"),
        ([(1, 2), (3,)], ValueError, "same nested structure"),
        ([1, 2.5], TypeError, "Incompatible dataset elements"),
    ):
        with pytest.raises(error, match=words):
            experimental.from_list(elements)


def test_elements_of_zeros_up_to_a_cardinality() -> None:
    pad = experimental.pad_to_cardinality
    padded = Dataset.from_tensor_slices({"a": [1, 2]}).apply(pad(3))
    rows = [(int(e["a"]), bool(e["valid"])) for e in padded]
    assert rows == [(1, True), (2, True), (0, False)]
    assert int(padded.cardinality()) == 3
    for dataset, words in (
        (Range(1), "requires its input dataset to be a dictionary"),
        (Range(9), "less than the target cardinality"),
        (Range(3).repeat(), "must have a known"),
    ):
        with pytest.raises(ValueError, match=words):
            dataset.apply(pad(3))


def test_tables_of_what_a_dataset_holds() -> None:
    pairs = Dataset.from_tensor_slices((["a", "b"], [1, 2]))
    keys = tf.constant(["b", "c"])
    table = experimental.table_from_dataset(pairs, vocab_size=2)
    assert table.lookup(keys).numpy().tolist() == [2, -1]
    names = Dataset.from_tensor_slices(["x", "b"])
    index = experimental.index_table_from_dataset
    assert index(names, num_oov_buckets=1).lookup(keys).numpy().tolist() == [1, 2]
    numbers = index(Range(100, 103)).lookup(tf.constant([101, 5], tf.int64))
    assert numbers.numpy().tolist() == [1, -1]
    texts = Dataset.from_tensor_slices((["a"], ["A"]))
    table = experimental.table_from_dataset(texts)
    assert table.lookup(keys).numpy().tolist() == [b"", b""]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda t: t(Range(3)), ValueError, "produces 1 components instead of two"),
        (
            lambda t: t(Dataset.zip((Range(3).batch(2), Range(3)))),
            ValueError,
            "non-scalar key Tensors",
        ),
        (lambda t: t(Range(3), num_oov_buckets=-1), ValueError, "or equal to 0, got"),
        (lambda t: t(Range(3), vocab_size=0), ValueError, "must be greater than 0"),
        (
            lambda t: t(Range(3).enumerate()),
            TypeError,
            "expected non-integer but got",
        ),
        (
            lambda t: t(Range(3).enumerate(), vocab_size=9, key_dtype=tf.int64),
            tf.errors.FailedPreconditionError,
            "expected to contain 9 elements but contained only 3",
        ),
    ],
)
def test_datasets_that_make_no_table(
    make: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make(experimental.table_from_dataset)


def test_elements_of_each_key_reduced_to_one() -> None:
    summed = experimental.Reducer(
        lambda key: (key, key), lambda s, x: (s[0] + x, s[1]), lambda a, b: a * b
    )
    by_key = experimental.group_by_reducer(lambda x: x % 2, summed)
    dataset = Range(6).apply(by_key)
    assert values(dataset) == [[0], [10]]
    assert int(dataset.reduce(np.int64(1), lambda a, b: a + b)) == 11
    iterator = iter(dataset)
    next(iterator)
    other = iter(dataset)
    other.restore(iterator.save())
    assert int(next(other)) == 10
    with pytest.raises(StopIteration):
        next(other)
    with pytest.raises(ValueError, match=r"return a scalar tf.int64 tensor"):
        Range(6).apply(experimental.group_by_reducer(lambda _: "a", summed))
    wrong = experimental.Reducer(lambda k: k, lambda *_: "a", lambda s: s)
    with pytest.raises(TypeError, match="The element types for the new state"):
        Range(6).apply(experimental.group_by_reducer(lambda x: x, wrong))


def test_rows_of_a_database(tmp_path: Path) -> None:
    path = str(tmp_path / "people.db")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (id, name, score, data, note)")
        rows = [(1, "Ann", 2.5, b"\x01", None), (-3, "42", -1.5, b"", "x")]
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()

    def asked(query: str, types: Any, driver: str = "sqlite") -> Any:
        return experimental.SqlDataset(driver, path, query, types)

    types = (tf.int32, tf.string, tf.float64, tf.string, tf.string, tf.bool)
    dataset = asked("SELECT *, id FROM people ORDER BY id", types)
    assert list(dataset.as_numpy_iterator()) == [
        (-3, b"42", -1.5, b"", b"x", True),
        (1, b"Ann", 2.5, b"\x01", b"", True),
    ]
    iterator = iter(dataset)
    next(iterator)
    other = iter(dataset)
    other.restore(iterator.save())
    assert int(next(other)[0]) == 1
    numbers = asked("SELECT name, score FROM people", (tf.int32, tf.uint8))
    assert list(numbers.as_numpy_iterator()) == [(0, 2), (42, 255)]
    for make, error, words in (
        (lambda: asked("", tf.string, "mysql"), "InvalidArgument", "is not supported"),
        (lambda: asked("", tf.complex64), "InvalidArgument", "must be one of"),
        (
            lambda: list(asked("SELECT id FROM people", (tf.int32, tf.int32))),
            "InvalidArgument",
            "number of columns in query",
        ),
        (lambda: list(asked("SELECT z FROM people", tf.int32)), "Unknown", "no such"),
    ):
        with pytest.raises(getattr(tf.errors, f"{error}Error"), match=words):
            make()


def example(number: int) -> bytes:
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[number]))
    features = tf.train.Features(feature={"i": feature})
    return tf.train.Example(features=features).SerializeToString()  # type: ignore[no-any-return]


def test_batches_of_the_features_in_files(tmp_path: Path) -> None:
    for number in range(2):
        records = [example(10 * number + i) for i in range(3)]
        writer = experimental.TFRecordWriter(str(tmp_path / f"{number}.example"))
        writer.write(Dataset.from_tensor_slices(records))

    def read(**options: Any) -> Any:
        return experimental.make_batched_features_dataset(
            str(tmp_path / "*.example"),
            4,
            {
                "i": tf.io.FixedLenFeature([], tf.int64),
                "j": tf.io.FixedLenFeature([], tf.int64, 7),
            },
            **options,
        )

    in_order = read(num_epochs=1, shuffle=False, reader_num_threads=2)
    assert [b["i"].tolist() for b in in_order.as_numpy_iterator()] == [
        [0, 10, 1, 11],
        [2, 12],
    ]
    labelled = read(label_key="i", shuffle_seed=1)
    assert labelled.element_spec[1] == tf.TensorSpec([4], tf.int64)
    features, _ = next(iter(labelled))
    assert features["j"].numpy().tolist() == [7] * 4
    pairs = read(
        num_epochs=1,
        shuffle=False,
        reader=lambda name: tf.data.TFRecordDataset(name).map(lambda r: (name, r)),
    )
    assert len(list(pairs)) == 2
    with pytest.raises(ValueError, match="must be one of the `features` keys"):
        read(label_key="z")
    with pytest.raises(tf.errors.InvalidArgumentError, match="No files matched"):
        experimental.make_batched_features_dataset("nowhere*", 4, {})


def test_what_cannot_be_parsed_or_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`features` is required"):
        experimental.parse_example_dataset(None)
    features = {"i": tf.io.FixedLenFeature([], tf.int64)}
    with pytest.raises(TypeError, match="dataset of vectors of strings"):
        Range(3).apply(experimental.parse_example_dataset(features))
    writer = experimental.TFRecordWriter(str(tmp_path / "x"))
    with pytest.raises(TypeError, match=r"Expected a `tf.data.Dataset` object"):
        writer.write("a")
    with pytest.raises(TypeError, match=r"produces scalar `tf.string` elements"):
        writer.write(Range(3))


def test_options_by_their_older_names() -> None:
    options = tf.data.Options()
    options.experimental_threading.private_threadpool_size = 2
    options.experimental_deterministic = False
    assert options.threading.private_threadpool_size == 2
    assert (options.deterministic, options.experimental_deterministic) == (False,) * 2
    with pytest.raises(AttributeError, match="no attribute 'speed'"):
        options.speed  # noqa: B018


def test_pythons_types_as_functions_of_elements() -> None:
    assert [x.dtype for x in Range(1).map(float)] == [tf.float32]
    assert values(Range(-2, 0).map(abs)) == [[2], [1]]
    assert [np.asarray(x).tolist() for x in Range(2).map(int)] == [0, 1]
