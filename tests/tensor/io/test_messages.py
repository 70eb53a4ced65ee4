"""Protocol buffers: bytes as TensorFlow writes them, and the surface of messages."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import tensor as tf
from tensor.io.field import Field
from tensor.io.message import Message
from tensor.io.wire import DecodeError, read_packed_varints

ORACLE = Path(__file__).parent / "oracle_values"


def example() -> tf.train.Example:
    feature = {
        "floats": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5, -1.25])),
        "ints": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -2, 2**40])),
        "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x", ""])),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature))


def test_an_example_has_tensorflows_bytes() -> None:
    assert example().SerializeToString() == (ORACLE / "example.bin").read_bytes()
    read = tf.train.Example.FromString((ORACLE / "example.bin").read_bytes())
    assert read == example()
    assert read.features.feature["ints"].int64_list.value == [1, -2, 2**40]
    assert read.features.feature["text"].WhichOneof("kind") == "bytes_list"


def test_a_sequence_example_has_tensorflows_bytes() -> None:
    data = (ORACLE / "sequence_example.bin").read_bytes()
    read = tf.train.SequenceExample.FromString(data)
    assert read.context.feature["n"].int64_list.value == [7]
    steps = read.feature_lists.feature_list["steps"].feature
    assert [list(s.int64_list.value) for s in steps] == [[3, 4], [5, 6]]
    assert read.SerializeToString() == data


def test_messages_fill_by_attribute() -> None:
    message = tf.train.Example()
    assert not message.HasField("features")
    message.features.feature["a"].int64_list.value.append(3)
    message.features.feature["b"].float_list.value.extend(np.float32([1, 2]))
    assert message.HasField("features")
    assert message.ByteSize() == len(message.SerializeToString())
    copy = tf.train.Example()
    copy.CopyFrom(message)
    assert copy == message
    copy.MergeFrom(example())
    assert set(copy.features.feature) == {"a", "b", "floats", "ints", "text"}
    assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301  # our own
    copy.Clear()
    assert copy == tf.train.Example()
    assert "feature {" in str(message)
    assert "value: 3" in str(message)


def test_setting_one_of_a_group_unsets_the_others() -> None:
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[1]))
    feature.float_list = tf.train.FloatList()
    assert feature.WhichOneof("kind") == "float_list"
    assert tf.train.Feature().WhichOneof("kind") is None


class Every(Message):
    fields = (
        Field(1, "number", "int32"),
        Field(2, "text", "string"),
        Field(3, "flag", "bool"),
        Field(4, "fixed", "fixed32"),
        Field(5, "doubles", "double", repeated=True),
        Field(6, "flags", "bool", repeated=True, packed=False),
        Field(7, "children", tf.train.Feature, repeated=True),
        Field(8, "unsigned", "uint64"),
        Field(9, "real", "double"),
    )


def test_every_kind_of_field_survives() -> None:
    message = Every(number=-5, text="é", flag=True, fixed=7, doubles=[1.5, -2.0])
    message.flags.extend([True, False])
    message.children.add().int64_list.value.append(1)
    message.unsigned = 2**64 - 1
    message.real = 0.25
    assert Every.FromString(message.SerializeToString()) == message
    assert 'text: "é"' in str(message)
    assert "flag: true" in str(message)


def test_unknown_fields_are_skipped() -> None:
    assert (
        tf.train.Int64List.FromString(Every(text="x").SerializeToString()).value == []
    )


def test_wrong_values() -> None:
    with pytest.raises(ValueError, match='has no "nothing" field'):
        tf.train.Example(nothing=1)
    with pytest.raises(AttributeError, match="has no field 'nothing'"):
        _ = tf.train.Example().nothing
    with pytest.raises(AttributeError, match="Assignment not allowed"):
        tf.train.Int64List().value = [1]
    with pytest.raises(TypeError, match="has type str, but the field 'value'"):
        tf.train.FloatList(value=["a"])
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        tf.train.Int64List(value=["a"])
    with pytest.raises(TypeError, match="takes Features"):
        tf.train.Example(features=3)


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05ab", b"\x0b", b"\x0d\x01"])
def test_bytes_that_are_no_message(data: bytes) -> None:
    with pytest.raises(DecodeError, match="Error parsing message"):
        tf.train.Example.FromString(data)


def test_packed_numbers() -> None:
    numbers = [0, 1, 127, 128, 300, 2**62, -1, -(2**63)]
    packed = tf.train.Int64List(value=numbers).SerializeToString()[2:]
    assert read_packed_varints(packed).tolist() == numbers
    with pytest.raises(DecodeError, match="ends in a number"):
        read_packed_varints(b"\x80")


def test_serialized_tensors_have_tensorflows_bytes() -> None:
    stored = json.loads((ORACLE / "serialized_tensors.json").read_text())
    for name, text in stored.items():
        data = bytes.fromhex(text)
        tensor = tf.io.parse_tensor(data, tf.as_dtype(name))
        assert tf.io.serialize_tensor(tensor).numpy() == data
    assert tf.io.parse_tensor(bytes.fromhex(stored["float32"]), tf.float32).shape == (
        1,
        2,
    )
