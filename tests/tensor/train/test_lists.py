"""Lists of a Checkpoint that are filled after it was restored; missing files."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path


def test_items_appended_after_a_restore_get_their_values(tmp_path: Path) -> None:
    saved = tf.train.Checkpoint()
    saved.parts = [tf.Variable(1.0)]
    saved.parts.append(tf.Variable(2.0))
    saved.parts += [tf.Variable(3.0), tf.Variable(4.0)]
    path = saved.save(str(tmp_path / "ckpt"))
    fresh = tf.train.Checkpoint()
    status = fresh.restore(path)
    fresh.parts = []
    assert repr(fresh.parts) == "ListWrapper([])"
    fresh.parts.append(tf.Variable(0.0))
    assert fresh.parts[0] == 1.0
    fresh.parts.extend([tf.Variable(0.0), tf.Variable(0.0)])
    fresh.parts.insert(3, tf.Variable(0.0))
    assert [float(v) for v in fresh.parts] == [1.0, 2.0, 3.0, 4.0]
    fresh.parts[0] = fresh.parts[0]
    status.assert_consumed()
    assert type(copy.deepcopy(fresh.parts)) is list


def test_a_checkpoint_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "none")
    words = f"Error when restoring from checkpoint or SavedModel at {path}: Unsucc"
    with pytest.raises(tf.errors.NotFoundError, match=words):
        tf.train.Checkpoint(v=tf.Variable(1)).restore(path)
