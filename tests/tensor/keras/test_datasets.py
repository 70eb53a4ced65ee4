"""Data sets are read from the cache, and told where to find when they are not there."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import zipfile

import numpy as np
import pytest

import tensor as tf
from tensor.keras.datasets.arrays_only import load_arrays

get_file = tf.keras.utils.get_file
TEXTS = [[5, 1, 9], [2, 2], [7, 3, 1, 4], [1]]


def objects(texts):
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".keras" / "datasets").mkdir(parents=True)
    return tmp_path / ".keras" / "datasets"


def test_mnist_is_read_from_a_path(tmp_path):
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=images, y_train=[3, 4], x_test=images[:1], y_test=[3])
    (x, y), (x_test, y_test) = tf.keras.datasets.mnist.load_data(str(path))
    np.testing.assert_array_equal(x, images)
    assert y.tolist() == [3, 4]
    assert x_test.shape == (1, 28, 28)
    assert y_test.tolist() == [3]


def test_fashion_mnist_is_read_from_the_cache(home):
    folder = home / "fashion-mnist"
    folder.mkdir()
    for part in ("train", "t10k"):
        header = struct.pack(">IIII", 2051, 2, 28, 28)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(
            gzip.compress(header + bytes(2 * 784))
        )
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(
            gzip.compress(struct.pack(">II", 2049, 2) + bytes([7, 9]))
        )
    (x, y), _ = tf.keras.datasets.fashion_mnist.load_data()
    assert x.shape == (2, 28, 28)
    assert y.tolist() == [7, 9]


def archive_of_cifar(path, folder, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, labels in files.items():
            count = len(next(iter(labels.values())))
            pixels = np.arange(count * 3072).astype(np.uint8).reshape(count, 3072)
            content = pickle.dumps({b"data": pixels, **labels}, protocol=2)
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def without_checksum(monkeypatch, module):
    monkeypatch.setattr(module, "_CHECKSUM", None)


def test_cifar10_is_unpacked_in_the_cache(home, monkeypatch):
    without_checksum(monkeypatch, tf.keras.datasets.cifar10)
    names = [f"data_batch_{i}" for i in range(1, 6)]
    archive_of_cifar(
        home / "cifar-10-batches-py.tar.gz",
        "cifar-10-batches-py",
        {name: {b"labels": [1, 2]} for name in [*names, "test_batch"]},
    )
    (x, y), (x_test, y_test) = tf.keras.datasets.cifar10.load_data()
    assert x.shape == (10, 32, 32, 3)
    assert x[0, 0, 1, 2] == 2049 % 256  # channels last: blue of the second pixel
    assert (y.shape, y.dtype) == ((10, 1), np.uint8)
    assert (x_test.shape, y_test.dtype) == ((2, 32, 32, 3), np.uint8)


def test_cifar100_has_fine_and_coarse_labels(home, monkeypatch):
    without_checksum(monkeypatch, tf.keras.datasets.cifar100)
    labels = {b"fine_labels": [10, 20], b"coarse_labels": [1, 2]}
    archive_of_cifar(
        home / "cifar-100-python.tar.gz",
        "cifar-100-python",
        {"train": labels, "test": labels},
    )
    (_, y), _ = tf.keras.datasets.cifar100.load_data("coarse")
    assert y.tolist() == [[1], [2]]
    assert y.dtype == np.int64
    (_, y), _ = tf.keras.datasets.cifar100.load_data()
    assert y.tolist() == [[10], [20]]
    with pytest.raises(ValueError, match="label_mode"):
        tf.keras.datasets.cifar100.load_data("medium")


def test_a_file_of_a_data_set_cannot_run_code():
    with pytest.raises(pickle.UnpicklingError, match="arrays, lists and numbers"):
        load_arrays(io.BytesIO(pickle.dumps(print)))


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "imdb.npz"
    np.savez(
        path,
        x_train=objects(TEXTS),
        y_train=[0, 1, 0, 1],
        x_test=objects(TEXTS[:2]),
        y_test=[1, 0],
    )
    return str(path)


def test_imdb_marks_beginnings_and_rare_words(reviews):
    (x, y), (x_test, _) = tf.keras.datasets.imdb.load_data(reviews, num_words=8)
    assert x.tolist() == [[1, 4], [1, 2, 6, 4, 7], [1, 2, 4, 2], [1, 5, 5]]  # Keras's
    assert y.tolist() == [1, 0, 0, 1]
    assert x_test.tolist() == [[1, 5, 5], [1, 2, 4, 2]]


def test_imdb_leaves_long_reviews_out(reviews):
    imdb = tf.keras.datasets.imdb
    (x, _), _ = imdb.load_data(reviews, maxlen=4, start_char=None, index_from=0)
    assert sorted(map(len, x)) == [1, 2, 3]
    (x, _), _ = imdb.load_data(reviews, num_words=6, oov_char=None, start_char=None)
    assert max(max(t, default=0) for t in x) < 6
    with pytest.raises(ValueError, match="no sequence was kept"):
        imdb.load_data(reviews, maxlen=1)
    with pytest.raises(TypeError, match="Unrecognized keyword"):
        imdb.load_data(reviews, words=3)


def test_reuters_is_split(tmp_path):
    path = tmp_path / "reuters.npz"
    np.savez(path, x=objects(TEXTS), y=[0, 1, 2, 3])
    reuters = tf.keras.datasets.reuters
    (x, y), (x_test, y_test) = reuters.load_data(str(path), test_split=0.25)
    assert (len(x), len(y), len(x_test), len(y_test)) == (3, 3, 1, 1)
    with pytest.raises(TypeError, match="Unrecognized keyword"):
        reuters.load_data(str(path), words=3)


def test_the_numbers_of_words_are_read(tmp_path):
    path = tmp_path / "words.json"
    path.write_text('{"film": 1, "the": 2}')
    assert tf.keras.datasets.imdb.get_word_index(str(path)) == {"film": 1, "the": 2}
    assert tf.keras.datasets.reuters.get_word_index(str(path))["the"] == 2


def test_prices_of_houses_are_split_in_a_fixed_order(tmp_path):
    path = str(tmp_path / "houses.npz")
    np.savez(path, x=np.arange(20.0).reshape(10, 2), y=np.arange(10.0))
    (x, y), (x_test, y_test) = tf.keras.datasets.boston_housing.load_data(path)
    assert (x.shape, x_test.shape) == ((8, 2), (2, 2))
    order = np.arange(10)
    np.random.RandomState(113).shuffle(order)
    assert [*y, *y_test] == order.tolist()
    california = tf.keras.datasets.california_housing
    assert len(california.load_data(path=path, version="small")[0][0]) == 8
    with pytest.raises(ValueError, match="version"):
        california.load_data("huge", path)
    with pytest.raises(ValueError, match="test_split"):
        tf.keras.datasets.boston_housing.load_data(path, test_split=2)


# ---- get_file


def address(path):
    return path.as_uri()


def test_a_file_is_fetched_once(tmp_path, capsys):
    source = tmp_path / "source.txt"
    source.write_text("hello")
    path = get_file(origin=address(source), cache_dir=tmp_path / "cache")
    assert path == str(tmp_path / "cache" / "datasets" / "source.txt")
    source.unlink()
    assert get_file(origin=address(source), cache_dir=tmp_path / "cache") == path
    assert capsys.readouterr().out.count("Downloading data from") == 1


def test_a_file_with_another_checksum_is_refused(tmp_path):
    source = tmp_path / "source.txt"
    source.write_text("hello")
    good = hashlib.sha256(b"hello").hexdigest()
    cache = tmp_path / "cache"
    get_file("a", address(source), cache_dir=cache, file_hash=good)
    get_file(
        "b",
        address(source),
        cache_dir=cache,
        md5_hash="5d41402abc4b2a76b9719d911017c592",
    )
    with pytest.raises(ValueError, match="does not match"):
        get_file("c", address(source), cache_dir=cache, file_hash="0" * 64)


def test_archives_are_unpacked(tmp_path):
    source = tmp_path / "things.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("things/one.txt", "1")
    cache = tmp_path / "cache"
    get_file("things.zip", address(source), extract=True, cache_dir=cache)
    assert (cache / "datasets" / "things" / "one.txt").read_text() == "1"
    archive_of_cifar(tmp_path / "more.tar.gz", "more", {"one": {b"labels": [1]}})
    path = get_file(
        "more", address(tmp_path / "more.tar.gz"), untar=True, cache_dir=cache
    )
    assert path == str(cache / "datasets" / "more")
    assert (cache / "datasets" / "more" / "one").exists()


def test_without_a_network_the_error_says_where_to_put_the_file(tmp_path):
    with pytest.raises(OSError, match=r"put the file at .*gone\.txt yourself"):
        get_file(origin=address(tmp_path / "gone.txt"), cache_dir=tmp_path / "cache")
    assert not list((tmp_path / "cache" / "datasets").iterdir())


def test_get_file_needs_an_address_and_a_name(tmp_path):
    with pytest.raises(ValueError, match='"origin" argument'):
        get_file("a.txt")
    with pytest.raises(ValueError, match="Can't parse the file name"):
        get_file(origin="https://example.com/", cache_dir=tmp_path)
