"""Event files: what is in them, and when something is written."""

from __future__ import annotations

import io
import wave
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf
from tensor.core.context import context
from tensor.core.replica import Replication
from tensor.io.records import read_records
from tensor.io.tensor_proto import array_of
from tensor.summary.events import Event, Summary, Value
from tensor.summary.values import as_uint8, histogram_rows, png

if TYPE_CHECKING:
    from pathlib import Path


def events(folder: Path) -> list[Event]:
    (path,) = folder.glob("events.out.tfevents.*.v2")
    return [Event.FromString(record) for record in read_records(str(path))]


def values(folder: Path) -> dict[str, Any]:
    """Arrays by tag, of the last step each."""
    return {
        value.tag: array_of(value.tensor)
        for event in events(folder)
        for value in event.summary.value
    }


def test_scalars(tmp_path: Path) -> None:
    writer = tf.summary.create_file_writer(tmp_path)
    with writer.as_default(step=5):
        assert tf.summary.scalar("a/b", 0.5, description="about b")
        with tf.name_scope("scope"):
            assert tf.summary.scalar("x", np.float64(1.5), step=6)
    writer.close()
    first, *others = events(tmp_path)
    assert first.file_version == "brain.Event:2"
    assert [e.step for e in others] == [5, 6]
    assert [e.summary.value[0].tag for e in others] == ["a/b", "scope/x"]
    metadata = others[0].summary.value[0].metadata
    assert metadata.plugin_data.plugin_name == "scalars"
    assert metadata.summary_description == "about b"
    assert values(tmp_path)["scope/x"].dtype == np.float32
    assert "tag: " in str(others[0])


def test_histograms_have_tensorboards_rows(tmp_path: Path) -> None:
    third = 4 / 3
    expected = [[1, 1 + third, 3], [1 + third, 1 + 2 * third, 0], [1 + 2 * third, 5, 1]]
    np.testing.assert_allclose(
        histogram_rows(np.array([1.0, 2.0, 2.0, 5.0]), 3), expected
    )
    assert histogram_rows(np.array([2.0, 2.0]), 3).tolist() == [
        [2, 2, 0],
        [2, 2, 0],
        [2, 2, 2],
    ]
    assert histogram_rows(np.zeros(0), 3).tolist() == [[0, 0, 0]] * 3
    writer = tf.summary.create_file_writer(tmp_path)
    with writer.as_default():
        tf.summary.histogram("h", [1, 2, 3], step=0)
    writer.close()
    assert values(tmp_path)["h"].shape == (30, 3)


def test_images_are_png(tmp_path: Path) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3)
    writer = tf.summary.create_file_writer(tmp_path)
    with writer.as_default(step=0):
        tf.summary.image("image", np.repeat(pixels, 5, axis=0))
    writer.close()
    width, height, *images = values(tmp_path)["image"].tolist()
    assert (width, height, len(images)) == (b"4", b"2", 3)
    assert images[0].startswith(b"\x89PNG\r\n\x1a\n")
    start = images[0].index(b"IDAT") + 4
    rows = np.frombuffer(zlib.decompress(images[0][start:-16]), np.uint8).reshape(2, 13)
    assert rows[:, 0].tolist() == [0, 0]
    assert rows[:, 1:].reshape(2, 4, 3).tolist() == pixels[0].tolist()


def test_pixels_become_bytes_as_in_tensorflow() -> None:
    assert as_uint8(np.array([0.0, 0.5, 1.0, 2.0, -1.0])).tolist() == [
        0,
        127,
        255,
        255,
        0,
    ]
    assert as_uint8(np.array([300, -1, 7])).tolist() == [255, 0, 7]
    with pytest.raises(ValueError, match="1 to 4 channels, got 5"):
        png(np.zeros((1, 1, 5), np.uint8))


def test_text_audio_and_tensors(tmp_path: Path) -> None:
    writer = tf.summary.create_file_writer(tmp_path)
    clips = np.zeros((1, 10, 2), np.float32)
    clips[0, 3] = 1.0, -1.0
    with writer.as_default(step=0):
        tf.summary.text("text", ["a", "b"])
        tf.summary.audio("audio", clips, sample_rate=8000)
        tf.summary.write("tensor", lambda: tf.constant([1.0, 2.0]))
    writer.close()
    found = values(tmp_path)
    assert found["text"].tolist() == [b"a", b"b"]
    assert found["tensor"].tolist() == [1.0, 2.0]
    with wave.open(io.BytesIO(found["audio"][0, 0])) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        samples = np.frombuffer(file.readframes(10), "<i2").reshape(10, 2)
        assert samples[3].tolist() == [32767, -32767]


def test_summaries_in_a_traced_function(tmp_path: Path) -> None:
    writer = tf.summary.create_file_writer(tmp_path)

    @tf.function
    def step(i: Any) -> Any:
        with writer.as_default():
            return tf.summary.scalar("x", tf.cast(i, tf.float32) * 2.0, step=i)

    assert all(bool(step(tf.constant(i, tf.int64))) for i in range(3))
    writer.close()
    assert [e.step for e in events(tmp_path)[1:]] == [0, 1, 2]
    assert float(values(tmp_path)["x"]) == 4.0


def test_the_step_in_force(tmp_path: Path) -> None:
    writer = tf.summary.create_file_writer(tmp_path)
    with writer.as_default(), pytest.raises(ValueError, match="No step set"):
        tf.summary.scalar("x", 1.0)
    step = tf.Variable(3, dtype=tf.int64)
    with writer.as_default(step):
        assert tf.summary.experimental.get_step() is step
        tf.summary.scalar("x", 1.0)
        step.assign_add(1)
        tf.summary.scalar("x", 1.0)
        tf.summary.experimental.set_step(9)
        tf.summary.scalar("x", 1.0)
        with tf.summary.experimental.summary_scope("name") as (tag, scope):
            assert tag == scope == "name"
    assert tf.summary.experimental.get_step() is None
    tf.summary.flush(writer)
    writer.close()
    assert [e.step for e in events(tmp_path)[1:]] == [3, 4, 9]


def test_when_nothing_is_written(tmp_path: Path) -> None:
    assert not tf.summary.scalar("nobody listens", 1.0, step=0)
    assert not tf.summary.should_record_summaries()
    tf.summary.flush()
    with tf.summary.create_noop_writer().as_default():
        assert not tf.summary.scalar("x", 1.0, step=0)
    writer = tf.summary.create_file_writer(tmp_path, max_queue=1, flush_millis=1)
    with writer.as_default(step=0):
        assert tf.summary.should_record_summaries()
        with tf.summary.record_if(False):
            assert not tf.summary.scalar("x", 1.0)
        with tf.summary.record_if(lambda: tf.constant(True)):
            assert tf.summary.scalar("y", 1.0)
    writer.close()
    assert list(values(tmp_path)) == ["y"]
    with pytest.raises(RuntimeError, match="already closed"), writer.as_default():
        pass


def test_raw_summaries(tmp_path: Path) -> None:
    from tensor.io.tensor_proto import tensor_proto

    value = Value(tag="raw", tensor=tensor_proto(np.float32(2.0)))
    writer = tf.summary.create_file_writer(tmp_path)
    writer.set_as_default(step=1)
    try:
        data = Summary(value=[value]).SerializeToString()
        assert tf.summary.experimental.write_raw_pb(data)
    finally:
        tf.summary.create_noop_writer().set_as_default()
        tf.summary.experimental.set_step(None)
    writer.init()
    writer.close()
    assert float(values(tmp_path)["raw"]) == 2.0


def test_only_the_chief_writes(tmp_path: Path, monkeypatch: Any) -> None:
    class Worker(Replication):
        is_chief = False

    monkeypatch.setattr(context, "replica", Worker())
    writer = tf.summary.create_file_writer(tmp_path / "logs")
    with writer.as_default(step=0):
        assert not tf.summary.scalar("x", 1.0)
    writer.flush()
    writer.close()
    assert not (tmp_path / "logs").exists()


def test_traces_are_not_recorded(caplog: Any) -> None:
    tf.summary.trace_on()
    tf.summary.trace_export("name", step=0)
    tf.summary.trace_off()
    assert not tf.summary.graph(None)
    assert len([r for r in caplog.records if "trace_on" in r.getMessage()]) == 1


def test_wrong_values(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="logdir"):
        tf.summary.create_file_writer(None)
    writer = tf.summary.create_file_writer(tmp_path)
    with writer.as_default(step=0):
        with pytest.raises(ValueError, match=r"Expected scalar shape, saw shape: \(2,"):
            tf.summary.scalar("x", [1.0, 2.0])
        with pytest.raises(ValueError, match="Expected images of shape"):
            tf.summary.image("x", [1.0, 2.0])
        with pytest.raises(TypeError, match=r"tf.summary.text takes strings"):
            tf.summary.text("x", 1.0)
        with pytest.raises(ValueError, match="Unknown encoding: 'mp3'"):
            tf.summary.audio("x", [[[0.0]]], 8000, encoding="mp3")
    writer.close()
