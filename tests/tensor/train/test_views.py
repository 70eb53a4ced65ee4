"""Views of checkpoints and programs, state of users' own, callbacks of saving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path


class Pair(tf.Module):
    """Two variables in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [tf.Variable(1.0), tf.Variable(2.0)]


def test_a_view_of_a_checkpoint_finds_the_objects_that_were_saved(
    tmp_path: Path,
) -> None:
    saved = tf.train.Checkpoint(pair=Pair(), step=tf.Variable(3))
    view = tf.train.CheckpointView(saved.write(tmp_path / "saved"))
    assert view.children(0) == {"pair": 1, "step": 2}
    assert view.descendants() == [0, 1, 2, 3, 4, 5]
    other = tf.train.Checkpoint(pair=Pair(), extra=tf.Variable(0))
    matched, only_saved, only_here = view.diff(other)
    assert matched[0] is other
    assert matched[1] is other.pair
    assert matched[4] is other.pair.parts[0]
    assert only_saved == [2]
    assert only_here == [other.extra]
    with pytest.raises(ValueError, match="Expected a Trackable, got 3"):
        view.match(3)


def test_a_view_of_a_program_lists_its_objects() -> None:
    pair = Pair()
    checkpoint = tf.train.Checkpoint(pair=pair)
    view = tf.train.TrackableView(checkpoint)
    assert view.root is checkpoint
    assert view.children(pair) == {"parts": pair.parts}
    assert view.descendants()[:2] == [checkpoint, pair]


class Text(tf.train.experimental.PythonState):  # type: ignore[misc]  # no stubs
    """A text as state."""

    def __init__(self, text: str) -> None:
        self.text = text

    def serialize(self) -> str:
        return self.text

    def deserialize(self, string_value: bytes) -> None:
        self.text = string_value.decode()


def test_state_of_users_own_kind_is_saved_and_restored(tmp_path: Path) -> None:
    text = Text("first")
    checkpoint = tf.train.Checkpoint(text=text)
    path = checkpoint.save(tmp_path / "ckpt")
    names = [name for name, _ in tf.train.list_variables(path)]
    assert "text/.ATTRIBUTES/py_state" in names
    text.text = "second"
    checkpoint.restore(path).assert_consumed()
    assert text.text == "first"
    checkpoint.sync()


def test_functions_are_called_when_a_checkpoint_was_written(tmp_path: Path) -> None:
    calls: list[Any] = []
    options = tf.train.CheckpointOptions(
        experimental_write_callbacks=[calls.append, lambda: calls.append("written")]
    )
    checkpoint = tf.train.Checkpoint(step=tf.Variable(1))
    path = checkpoint.save(tmp_path / "ckpt", options)
    other = checkpoint.write(tmp_path / "other", options)
    assert calls == [path, "written", other, "written"]
    wrong = tf.train.CheckpointOptions(
        experimental_write_callbacks=[lambda a, b: calls.append((a, b))]
    )
    with pytest.raises(AssertionError, match="Invalid callback function"):
        checkpoint.write(tmp_path / "other", wrong)
