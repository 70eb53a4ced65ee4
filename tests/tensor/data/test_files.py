"""Datasets of what files hold, and datasets kept in files."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tests.tensor.data.test_every_pipeline import values

Range = tf.data.Dataset.range


def texts(dataset: Any) -> list[bytes]:
    return [x.numpy() for x in dataset]


def test_lines_of_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\r\ntwo\n\nlast")
    (tmp_path / "b").write_bytes(b"more\n")
    paths = [str(tmp_path / "a"), str(tmp_path / "b")]
    dataset = tf.data.TextLineDataset(paths)
    assert texts(dataset) == [b"one", b"two", b"", b"last", b"more"]
    iterator = iter(dataset)
    next(iterator)
    state = iterator.save()
    again = iter(tf.data.TextLineDataset(paths))
    again.restore(state)
    assert values(again) == [[b"two"], [b""], [b"last"], [b"more"]]
    names = tf.data.Dataset.from_tensor_slices(paths)
    assert texts(tf.data.TextLineDataset(names)) == texts(dataset)
    in_turn = tf.data.TextLineDataset(paths, num_parallel_reads=2)
    assert texts(in_turn) == [b"one", b"more", b"two", b"", b"last"]
    nested = names.flat_map(tf.data.TextLineDataset)
    assert texts(nested) == texts(dataset)
    assert texts(tf.data.TextLineDataset(tmp_path / "b")) == [b"more"]


def test_compressed_lines(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one\ntwo\n"))
    (tmp_path / "lines.z").write_bytes(zlib.compress(b"one\ntwo\n"))
    for name, kind in (("a.gz", "GZIP"), ("lines.z", "ZLIB")):
        dataset = tf.data.TextLineDataset(str(tmp_path / name), kind)
        assert texts(dataset) == [b"one", b"two"]
    (tmp_path / "a.z").write_bytes(zlib.compress(b"\1\2\3\4"))
    pieces = tf.data.FixedLengthRecordDataset(
        str(tmp_path / "a.z"), 2, compression_type="ZLIB"
    )
    assert texts(pieces) == [b"\1\2", b"\3\4"]


def test_records(tmp_path: Path) -> None:
    path = str(tmp_path / "records")
    with tf.io.TFRecordWriter(path) as writer:
        for i in range(5):
            writer.write(b"%d" % i)
    dataset = tf.data.TFRecordDataset(path)
    assert texts(dataset.shuffle(5, seed=1)) != texts(dataset)
    iterator = iter(dataset)
    next(iterator)
    state = iterator.save()
    again = iter(dataset)
    again.restore(state)
    assert values(again) == [[b"1"], [b"2"], [b"3"], [b"4"]]
    assert dataset.with_filenames([path, path]).filenames == [path, path]
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        list(tf.data.TFRecordDataset(path + "x"))
    with pytest.raises(TypeError, match=r"must contain `tf.string` elements"):
        tf.data.TFRecordDataset(3)


def test_pieces_of_one_length(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"hhabcdeff")
    dataset = tf.data.FixedLengthRecordDataset(str(path), 2, 2, 1)
    assert texts(dataset) == [b"ab", b"cd", b"ef"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Excluding the header"):
        list(tf.data.FixedLengthRecordDataset(str(path), 2))


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b,c\n1,2.5,x\n3,,y\n")
    dataset = tf.data.experimental.CsvDataset(
        str(path), [tf.int32, [0.5], tf.string], header=True
    )
    assert values(dataset) == [[1, 2.5, b"x"], [3, 0.5, b"y"]]
    chosen = tf.data.experimental.CsvDataset(
        str(path), [tf.string], header=True, select_cols=[2]
    )
    assert values(chosen) == [[b"x"], [b"y"]]
    rest = tf.data.experimental.CsvDataset(
        str(path), [tf.int32, tf.string], header=True, exclude_cols=[1]
    )
    iterator = iter(rest)
    next(iterator)
    again = iter(rest)
    again.restore(iterator.save())
    assert values(again) == [[3, b"y"]]


def test_batches_of_csv_columns(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b,c,d\n1,2.5,x,9\n3,,y,30000000000\n5,1,z,7\n")
    make = tf.data.experimental.make_csv_dataset
    dataset = make(str(path), 2, label_name="a", num_epochs=1, shuffle=False)
    features, label = next(iter(dataset))
    assert list(features) == ["b", "c", "d"]
    assert label.numpy().tolist() == [1, 3]
    assert label.dtype == tf.int32
    assert features["b"].numpy().tolist() == [2.5, 0.0]
    assert features["c"].numpy().tolist() == [b"x", b"y"]
    assert features["d"].dtype == tf.int64
    chosen = make(str(path), 3, select_columns=["c", 0], shuffle=True, shuffle_seed=1)
    first = next(iter(chosen))
    assert list(first) == ["a", "c"]
    assert sorted(first["a"].numpy().tolist()) == [1, 3, 5]
    assert chosen.count() == tf.data.INFINITE_CARDINALITY
    path.write_text("1,x\n?,y\nbad\n")
    unnamed = make(
        str(path),
        2,
        column_names=["n", "s"],
        column_defaults=[7, tf.string],
        na_value="?",
        header=False,
        num_epochs=1,
        shuffle=False,
        ignore_errors=True,
        prefetch_buffer_size=1,
    )
    assert values(unnamed) == [[[1, 7], [b"x", b"y"]]]
    with pytest.raises(ValueError, match="No files match"):
        make(str(tmp_path / "nothing"), 2)
    with pytest.raises(ValueError, match="must be one of the columns"):
        make(str(path), 2, label_name="q", column_names=["n", "s"])
    with pytest.raises(ValueError, match="must be of one of the columns"):
        make(str(path), 2, select_columns=["q"], column_names=["n", "s"])


def test_names_of_files(tmp_path: Path) -> None:
    for name in "cab":
        (tmp_path / f"{name}.txt").touch()
    pattern = str(tmp_path / "*.txt")
    names = texts(tf.data.Dataset.list_files(pattern, shuffle=False))
    assert [Path(n.decode()).name for n in names] == ["a.txt", "b.txt", "c.txt"]
    shuffled = tf.data.Dataset.list_files([pattern, pattern], seed=2)
    assert sorted(texts(shuffled)) == names
    files = tf.data.Dataset.list_files(pattern, shuffle=False)
    assert [n.decode() for n in texts(files)] == files.filenames
    assert texts(files.with_filenames(["x"])) == [b"x"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="No files matched"):
        tf.data.Dataset.list_files(str(tmp_path / "*.csv"))


def test_saved_datasets_come_back(tmp_path: Path) -> None:
    elements = {"a": np.arange(6).reshape(3, 2), "b": (np.array([b"x", b"", b"yz"]),)}
    dataset = tf.data.Dataset.from_tensor_slices(elements)
    path = str(tmp_path / "saved")
    dataset.save(path)
    loaded = tf.data.Dataset.load(path)
    assert loaded.element_spec == dataset.element_spec
    assert len(loaded) == 3
    assert values(loaded) == values(dataset)
    by_shard = str(tmp_path / "shards")
    Range(6).save(by_shard, compression="GZIP", shard_func=lambda x: x % 2)
    assert values(tf.data.Dataset.load(by_shard)) == [[0], [2], [4], [1], [3], [5]]
    mixed = tf.data.Dataset.load(
        by_shard, reader_func=lambda shards: shards.interleave(lambda x: x, 2)
    )
    assert values(mixed) == [[i] for i in range(6)]
    with pytest.raises(tf.errors.NotFoundError, match="Could not find metadata file"):
        tf.data.Dataset.load(str(tmp_path))
    with pytest.raises(NotImplementedError, match="wait"):
        tf.data.Dataset.load(path, wait=True)
    with pytest.raises(NotImplementedError, match="checkpoint_args"):
        dataset.save(path, checkpoint_args={})
    with pytest.raises(TypeError, match="Only datasets of tensors"):
        Range(3).window(2).save(path)


def test_a_cache_in_files_is_read_by_the_next_program(tmp_path: Path) -> None:
    made = []

    def generate() -> Any:
        made.append(1)
        yield from range(4)

    spec = tf.TensorSpec([], tf.int64)
    source = tf.data.Dataset.from_generator(generate, output_signature=spec)
    path = str(tmp_path / "cache")
    for _ in range(2):
        dataset = source.cache(tf.constant(path))
        assert values(dataset) == [[0], [1], [2], [3]]
        iterator = iter(dataset)
        next(iterator)
        again = iter(dataset)
        again.restore(iterator.save())
        assert values(again) == [[1], [2], [3]]
    assert values(source.snapshot(str(tmp_path / "snap"))) == [[0], [1], [2], [3]]
    assert len(made) == 2


def test_elements_that_are_no_tensors_cannot_be_checkpointed(tmp_path: Path) -> None:
    iterator = iter(Range(6).window(2).shuffle(3))
    next(iterator)
    checkpoint = tf.train.Checkpoint(iterator=iterator)
    with pytest.raises(TypeError, match="cannot be saved: the state of a pipeline"):
        checkpoint.write(tmp_path / "ckpt")


def test_csv_records_may_go_on_in_the_next_line(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('"a""b",1\n"x\ny",2\n')
    dataset = tf.data.experimental.CsvDataset(str(path), [tf.string, tf.int32])
    assert list(dataset.as_numpy_iterator()) == [(b'a"b', 1), (b"x\ny", 2)]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ('1,"2\n', {}, "end of file without closing quoted field in record"),
        ("1,2,3\n", {}, "Expect 2 fields but have more in record"),
        ("1\n", {}, "Expect 2 fields but have 1 in record"),
        (",2\n", {}, "Field 0 is required but missing in record!"),
        ("x,2\n", {}, "Field 0 in record is not a valid int32: x"),
        ("1|2\n", {"field_delim": "||"}, "field_delim should be only 1 char"),
        ("1,2\n", {"select_cols": [1, 0]}, "strictly increasing indices"),
        ("1,2\n", {"select_cols": [-1, 0]}, "non-negative indices"),
    ],
)
def test_csv_that_does_not_fit(
    tmp_path: Path, text: str, options: Any, message: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        list(
            tf.data.experimental.CsvDataset(str(path), [tf.int32, tf.string], **options)
        )


def test_columns_of_csv_that_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,a\n1,2\n")
    make = tf.data.experimental.make_csv_dataset
    with pytest.raises(ValueError, match="duplicate column names"):
        make(str(path), 2)
    with pytest.raises(ValueError, match="must be as many as the columns"):
        make(str(path), 2, column_names=["a", "b"], column_defaults=[1])


def test_what_cannot_be_read_is_left_out_with_the_rest_of_its_file(
    tmp_path: Path,
) -> None:
    path, other = tmp_path / "one", tmp_path / "other"
    for name in (path, other):
        with tf.io.TFRecordWriter(str(name)) as writer:
            writer.write(b"first")
            writer.write(b"second")
    path.write_bytes(path.read_bytes()[:-3])
    records = tf.data.TFRecordDataset([str(path), str(other)]).ignore_errors()
    assert texts(records) == [b"first", b"first", b"second"]
    with pytest.raises(tf.errors.DataLossError, match="inflate"):
        list(tf.data.TextLineDataset(str(path), "GZIP"))
    missing = tf.data.TextLineDataset([str(tmp_path / "none"), str(other)])
    assert len(list(missing.ignore_errors().take(1))) == 1
    lines = tmp_path / "lines.csv"
    lines.write_text("1\nx\n3\n")
    numbers = tf.data.experimental.CsvDataset(str(lines), [tf.int32]).ignore_errors()
    assert values(numbers) == [[1], [3]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="`record_bytes` must be"):
        tf.data.FixedLengthRecordDataset(str(lines), 0)


def test_ragged_sparse_and_missing_elements_are_saved(tmp_path: Path) -> None:
    dataset = tf.data.Dataset.range(2).map(
        lambda x: {
            "ragged": tf.ragged.range([x, 2]),
            "sparse": tf.SparseTensor([[0]], [x], [2]),
            "nothing": None,
        }
    )
    dataset.save(str(tmp_path / "saved"))
    loaded = tf.data.Dataset.load(str(tmp_path / "saved"))
    assert loaded.element_spec == dataset.element_spec
    _, last = list(loaded)
    assert last["ragged"].to_list() == [[0], [0, 1]]
    assert last["sparse"].values.numpy().tolist() == [1]
    assert last["nothing"] is None
    kept = dataset.snapshot(
        str(tmp_path / "kept"), reader_func=lambda files: files.flat_map(lambda f: f)
    )
    assert len(list(kept)) == len(list(kept)) == 2
    with pytest.raises(ValueError, match="`reader_func`"):
        dataset.snapshot(str(tmp_path / "kept"), reader_func="q")
