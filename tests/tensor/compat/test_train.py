"""tf.compat.v1.train: event files and checkpoints by their paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path

train = tf.compat.v1.train


def test_events_are_read_back(tmp_path: Path) -> None:
    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default():
        tf.summary.write("pair", tf.constant([1, 2]), step=7)
    writer.close()
    (path,) = tmp_path.iterdir()
    first, event = train.summary_iterator(path)
    assert isinstance(event, tf.compat.v1.Event)
    assert (first.WhichOneof("what"), first.file_version) == (
        "file_version",
        "brain.Event:2",
    )
    assert (event.step, event.WhichOneof("what")) == (7, "summary")
    (value,) = event.summary.value
    assert (value.tag, value.WhichOneof("value")) == ("pair", "tensor")
    assert tf.make_ndarray(value.tensor).tolist() == [1, 2]
    older = tf.compat.v1.Summary()
    older.value.add(tag="loss", simple_value=0.5)
    again = tf.compat.v1.Summary.FromString(older.SerializeToString())
    assert again.value[0].simple_value == 0.5


def test_checkpoints_by_their_paths(tmp_path: Path) -> None:
    path = tf.train.Checkpoint(v=tf.Variable(1.0)).write(tmp_path / "ckpt")
    assert train.checkpoint_exists(path)
    assert not train.checkpoint_exists(f"{path}x")
    assert len(train.get_checkpoint_mtimes([path, f"{path}x"])) == 1
    reader = train.NewCheckpointReader(path)
    assert reader.has_tensor("v/.ATTRIBUTES/VARIABLE_VALUE")
    state = train.generate_checkpoint_state_proto(tmp_path, path)
    assert list(state.all_model_checkpoint_paths) == [path]
    train.update_checkpoint_state(tmp_path, path)
    assert train.latest_checkpoint(tmp_path) == path
    train.remove_checkpoint(path)
    assert not train.checkpoint_exists(path)
