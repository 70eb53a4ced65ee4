"""Files and folders by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path

gfile = tf.io.gfile


def test_ops_on_files(tmp_path: Path) -> None:
    path = str(tmp_path / "folder" / "a.txt")
    tf.io.write_file(path, "hello")
    assert tf.io.read_file(path).numpy() == b"hello"
    found = tf.io.matching_files([str(tmp_path / "*" / "*.txt")])
    assert found.numpy().tolist() == [path.encode()]
    with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
        tf.io.read_file(path + "x")


def test_files_are_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with gfile.GFile(path, "w") as file:
        file.write("one\ntwo\n")
        file.flush()
    with gfile.GFile(f"file://{path}") as file:
        assert file.name == f"file://{path}"
        assert file.mode == "r"
        assert file.size() == 8
        assert file.readline() == "one\n"
        assert list(file) == ["two\n"]
        assert file.seekable()
        file.seek(0)
        assert file.tell() == 0
        assert file.readlines() == ["one\n", "two\n"]
        with pytest.raises(tf.errors.PermissionDeniedError, match="open for writing"):
            file.write("x")
    with (
        gfile.GFile(path, "ab") as file,
        pytest.raises(tf.errors.PermissionDeniedError, match="open for reading"),
    ):
        file.read()
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        gfile.GFile(tmp_path / "nothing").read()


def test_folders(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    gfile.makedirs(folder)
    gfile.makedirs(folder)
    assert gfile.exists(folder)
    assert gfile.isdir(folder)
    gfile.mkdir(folder)
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        gfile.mkdir(folder / "missing" / "below")
    (folder / "x").write_text("1")
    assert gfile.listdir(folder) == ["x"]
    gfile.copy(folder / "x", folder / "y")
    with pytest.raises(tf.errors.AlreadyExistsError, match="already exists"):
        gfile.copy(folder / "x", folder / "y")
    gfile.rename(folder / "x", folder / "y", overwrite=True)
    assert gfile.glob([str(folder / "*")]) == [str(folder / "y")]
    assert gfile.stat(folder / "y").length == 1
    assert list(gfile.walk(folder)) == [(str(folder), [], ["y"])]
    gfile.remove(folder / "y")
    gfile.rmtree(tmp_path / "a")
    assert not gfile.exists(folder)
    with pytest.raises(tf.errors.NotFoundError, match="Could not find directory"):
        gfile.listdir(folder)
    assert gfile.join("a", "b") == "a/b"
    assert "file" in gfile.get_registered_schemes()


def test_places_in_text_files_are_those_of_bytes(tmp_path: Path) -> None:
    with gfile.GFile(tmp_path / "x.txt", "w+") as file:
        file.write("h\u00e9llo\r\nworld")
        file.seek(0)
        assert file.readline() == "h\u00e9llo\r\n"
        assert file.tell() == 8
        file.seek(-5, 2)
        assert file.read(3) == "wor"
        with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid whence"):
            file.seek(0, 9)
    with pytest.raises(tf.errors.InvalidArgumentError, match="mode is not 'r' or 'w'"):
        gfile.GFile(tmp_path / "x.txt", "x")
    with gfile.GFile(tmp_path / "x.txt", "rb") as file:
        assert file.readlines() == [b"h\xc3\xa9llo\r\n", b"world"]
