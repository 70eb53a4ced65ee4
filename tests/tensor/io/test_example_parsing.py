"""parse_example and its kind; texts and values as TensorFlow 2.21 gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

Fixed = tf.io.FixedLenFeature
Sequence = tf.io.FixedLenSequenceFeature


def example(**features: Any) -> bytes:
    return tf.train.Example(
        features=tf.train.Features(feature={k: feature(v) for k, v in features.items()})
    ).SerializeToString()


def feature(values: list[Any]) -> Any:
    if isinstance(values[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if isinstance(values[0], float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


FIRST = example(a=[1, 2], b=[1.5], c=[b"x"])
SECOND = example(a=[5, 6], b=[2.5], c=[b"yz"])


def test_dense_features_of_one_example() -> None:
    spec = {
        "a": Fixed([2], tf.int64),
        "b": Fixed([], tf.float32),
        "c": Fixed([], tf.string),
        "d": Fixed([2], tf.int64, default_value=[7, 8]),
    }
    parsed = tf.io.parse_single_example(FIRST, spec)
    assert parsed["a"].numpy().tolist() == [1, 2]
    assert parsed["b"].dtype == tf.float32
    assert float(parsed["b"]) == 1.5
    assert parsed["c"].numpy() == b"x"
    assert parsed["d"].numpy().tolist() == [7, 8]


def test_dense_features_of_a_batch() -> None:
    spec = {"a": Fixed([2, 1], tf.int64), "c": Fixed([], tf.string)}
    parsed = tf.io.parse_example([FIRST, SECOND], spec)
    assert parsed["a"].numpy().tolist() == [[[1], [2]], [[5], [6]]]
    assert parsed["c"].numpy().tolist() == [b"x", b"yz"]


def test_sequences_are_padded() -> None:
    longer = example(a=[5, 6, 7, 8])
    spec = {"a": Sequence([], tf.int64, allow_missing=True, default_value=9)}
    parsed = tf.io.parse_example([FIRST, longer, example(b=[1.0])], spec)
    assert parsed["a"].numpy().tolist() == [[1, 2, 9, 9], [5, 6, 7, 8], [9] * 4]
    spec = {"a": Sequence([2], tf.int64, allow_missing=True)}
    parsed = tf.io.parse_example([FIRST, longer], spec)
    assert parsed["a"].numpy().tolist() == [[[1, 2], [0, 0]], [[5, 6], [7, 8]]]
    assert tf.io.parse_single_example(FIRST, spec)["a"].numpy().tolist() == [[1, 2]]


def test_sparse_and_ragged_features() -> None:
    records = [FIRST, example(a=[5]), example(b=[1.0])]
    sparse = tf.io.parse_example(records, {"a": tf.io.VarLenFeature(tf.int64)})["a"]
    assert sparse.indices.numpy().tolist() == [[0, 0], [0, 1], [1, 0]]
    assert sparse.values.numpy().tolist() == [1, 2, 5]
    assert sparse.dense_shape.numpy().tolist() == [3, 2]
    one = tf.io.parse_single_example(FIRST, {"a": tf.io.VarLenFeature(tf.int64)})["a"]
    assert one.indices.numpy().tolist() == [[0], [1]]
    ragged = tf.io.parse_example(records, {"r": tf.io.RaggedFeature(tf.int64, "a")})
    assert ragged["r"].to_list() == [[1, 2], [5], []]
    assert ragged["r"].row_splits.dtype == tf.int32
    alone = tf.io.parse_single_example(FIRST, {"a": tf.io.RaggedFeature(tf.int64)})
    assert alone["a"].numpy().tolist() == [1, 2]


def test_features_of_indices_and_values() -> None:
    spec = {"s": tf.io.SparseFeature("i", "v", tf.float32, 10)}
    record = example(i=[3, 1], v=[1.0, 2.0])
    sparse = tf.io.parse_single_example(record, spec)["s"]
    assert sparse.indices.numpy().tolist() == [[1], [3]]
    assert sparse.values.numpy().tolist() == [2.0, 1.0]
    assert sparse.dense_shape.numpy().tolist() == [10]
    as_is = {"s": tf.io.SparseFeature(["i"], "v", tf.float32, [10], True)}
    batch = tf.io.parse_example([record, example(a=[1])], as_is)["s"]
    assert batch.indices.numpy().tolist() == [[0, 3], [0, 1]]
    assert batch.dense_shape.numpy().tolist() == [2, 10]
    with pytest.raises(tf.errors.InvalidArgumentError, match="equally many values"):
        tf.io.parse_single_example(example(i=[3, 1], v=[1.0]), spec)


def test_sparse_and_ragged_steps() -> None:
    serialized = [sequence_example([[1, 2], [3]]), sequence_example([])]
    for spec, check in (
        (tf.io.VarLenFeature(tf.int64), lambda s: s.indices.numpy().tolist()),
        (tf.io.RaggedFeature(tf.int64), lambda r: r.to_list()),
    ):
        _, many, _ = tf.io.parse_sequence_example(
            serialized, sequence_features={"x": spec}
        )
        _, one = tf.io.parse_single_sequence_example(
            serialized[0], sequence_features={"x": spec}
        )
        expected = (
            ([[0, 0, 0], [0, 0, 1], [0, 1, 0]], [[0, 0], [0, 1], [1, 0]])
            if isinstance(spec, tf.io.VarLenFeature)
            else ([[[1, 2], [3]], []], [[1, 2], [3]])
        )
        assert (check(many["x"]), check(one["x"])) == expected


def test_lists_that_are_not_packed_are_read() -> None:
    one_by_one = b"\x08\x01\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
    feature = tf.train.Feature.FromString(b"\x1a\x0d" + one_by_one)
    assert feature.int64_list.value == [1, -1]
    entry = b"\x0a\x01a\x12\x0f\x1a\x0d" + one_by_one
    features = b"\x0a" + bytes([len(entry)]) + entry
    data = b"\x0a" + bytes([len(features)]) + features
    parsed = tf.io.parse_single_example(data, {"a": Fixed([2], tf.int64)})
    assert parsed["a"].numpy().tolist() == [1, -1]


def sequence_example(steps: list[list[Any]]) -> bytes:
    lists = {"x": tf.train.FeatureList(feature=[feature(s) for s in steps])}
    return tf.train.SequenceExample(
        context=tf.train.Features(feature={"n": feature([3])}),
        feature_lists=tf.train.FeatureLists(feature_list=lists),
    ).SerializeToString()


def test_sequence_examples() -> None:
    context, sequence = {"n": Fixed([], tf.int64)}, {"x": Sequence([], tf.int64)}
    parsed = tf.io.parse_single_sequence_example(
        sequence_example([[1], [2]]), context, sequence
    )
    assert int(parsed[0]["n"]) == 3
    assert parsed[1]["x"].numpy().tolist() == [1, 2]
    serialized = [sequence_example([[1], [2]]), sequence_example([[3]])]
    parsed = tf.io.parse_sequence_example(serialized, context, sequence)
    assert parsed[0]["n"].numpy().tolist() == [3, 3]
    assert parsed[1]["x"].numpy().tolist() == [[1, 2], [3, 0]]
    assert parsed[2]["x"].numpy().tolist() == [2, 1]


@pytest.mark.parametrize(
    ("serialized", "spec", "message"),
    [
        (FIRST, Fixed([], tf.int64), "Feature: z .data type: int64. is required but"),
        ([FIRST], Fixed([], tf.int64), "Name: <unknown>, Feature: z"),
        (b"\xff", Fixed([], tf.int64), "Could not parse example input"),
    ],
)
def test_a_missing_feature(serialized: Any, spec: Any, message: str) -> None:
    parse = (
        tf.io.parse_example
        if isinstance(serialized, list)
        else (tf.io.parse_single_example)
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        parse(serialized, {"z": spec})


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (Fixed([2], tf.float32), "types don't match. Data type: int64 but expected"),
        (Fixed([3], tf.int64), "Values size: 2 but output shape: .3."),
        (Fixed([2], tf.int32), "not in the list of allowed values"),
        (Fixed([2], tf.int64, default_value=1), "requested shape has 2"),
        (Sequence([3], tf.int64, allow_missing=True), "not a multiple of stride"),
    ],
)
def test_a_feature_that_does_not_fit(spec: Any, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        tf.io.parse_example([FIRST], {"a": spec})


def test_specs_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="cannot be None or falsy"):
        tf.io.parse_single_example(FIRST, {})
    with pytest.raises(ValueError, match="requires allow_missing to be True"):
        tf.io.parse_single_example(FIRST, {"a": Sequence([], tf.int64)})
    with pytest.raises(ValueError, match="dimension of shape for feature unknown"):
        tf.io.parse_single_example(FIRST, {"a": Fixed([None], tf.int64)})
    with pytest.raises(ValueError, match="Unsupported int 3 for key 'a'"):
        tf.io.parse_single_example(FIRST, {"a": 3})
    with pytest.raises(ValueError, match="at least one should have values"):
        tf.io.parse_single_sequence_example(b"")
    with pytest.raises(TypeError, match="cannot be cast to any of the partition"):
        tf.io.RaggedFeature(tf.int64, partitions=[1])
    with pytest.raises(TypeError, match="must be a list"):
        tf.io.RaggedFeature(tf.int64, partitions=1)
    with pytest.raises(ValueError, match="must be a scalar"):
        tf.io.parse_single_example([FIRST], {"a": Fixed([], tf.int64)})
    with pytest.raises(tf.errors.InvalidArgumentError, match="'x' is required"):
        tf.io.parse_single_sequence_example(
            b"", sequence_features={"x": Sequence([], tf.int64)}
        )
    with pytest.raises(tf.errors.InvalidArgumentError, match="values size: 2"):
        tf.io.parse_single_sequence_example(
            sequence_example([[1, 2]]), sequence_features={"x": Sequence([], tf.int64)}
        )
    with pytest.raises(TypeError, match="no kind of sequence feature"):
        tf.io.parse_single_sequence_example(
            sequence_example([[1]]), sequence_features={"x": Fixed([], tf.int64)}
        )


def test_bytes_to_numbers() -> None:
    two = tf.constant([b"\x01\x00\x02\x00", b"\x03\x00\x04\x00"])
    assert tf.io.decode_raw(two, tf.int16).numpy().tolist() == [[1, 2], [3, 4]]
    big = tf.io.decode_raw(b"\x01\x00\x02\x00", tf.int16, little_endian=False)
    assert big.numpy().tolist() == [256, 512]
    fixed = tf.io.decode_raw([b"\x01\x02", b"\x03"], tf.uint8, fixed_length=3)
    assert fixed.numpy().tolist() == [[1, 2, 0], [3, 0, 0]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="not a multiple of 2"):
        tf.io.decode_raw([b"abc"], tf.int16)
    with pytest.raises(tf.errors.InvalidArgumentError, match="all be the same size"):
        tf.io.decode_raw([b"abc", b"a"], tf.uint8)
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match="multiple of the size of out",
    ):
        tf.io.decode_raw([b"abc"], tf.int16, fixed_length=3)


def test_serialized_tensors_that_do_not_fit() -> None:
    data = tf.io.serialize_tensor([1.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Type mismatch between"):
        tf.io.parse_tensor(data, tf.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse"):
        tf.io.parse_tensor(b"\x08\x01\x12\x04\x12\x02\x08\x05\x22\x01a", tf.float32)


def test_base64() -> None:
    coded = tf.io.encode_base64([b"hello", b"\xff\xfe"])
    assert coded.numpy().tolist() == [b"aGVsbG8", b"__4"]
    assert tf.io.decode_base64(coded).numpy().tolist() == [b"hello", b"\xff\xfe"]
    assert tf.io.encode_base64(b"hello", pad=True).numpy() == b"aGVsbG8="
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid character"):
        tf.io.decode_base64(b"a*b")
    with pytest.raises(tf.errors.InvalidArgumentError, match="cannot be 1 modulo 4"):
        tf.io.decode_base64(b"a")


def test_what_must_be_one_string_is_refused_as_a_vector() -> None:
    for function in (
        lambda: tf.io.parse_tensor([b"x"], tf.int32),
        lambda: tf.io.read_file(["x"]),
        lambda: tf.io.parse_example(
            [[b"x"]], {"i": tf.io.FixedLenFeature([], tf.int64)}
        ),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"shape: \[1(,1)?\]"):
            function()


def test_csv() -> None:
    lines = ["1,2.5,abc", '3,,"x,""y"']
    a, b, c = tf.io.decode_csv(lines, [[0], [9.0], ["d"]])
    assert a.dtype == tf.int32
    np.testing.assert_array_equal(b, [2.5, 9.0])
    assert c.numpy().tolist() == [b"abc", b'x,"y']
    one, other = tf.io.decode_csv(
        "1;NA;c", [[0], ["d"]], field_delim=";", na_value="NA", select_cols=[0, 2]
    )
    assert int(one) == 1
    assert other.numpy() == b"c"


@pytest.mark.parametrize(
    ("line", "defaults", "message"),
    [
        ("1,2", [[0], [0], [0]], "Expect 3 fields but have 2 in record 0"),
        ("a,2", [[0], [0]], "Field 0 in record 0 is not a valid int32: a"),
        (",2", [tf.int32, [0]], "Field 0 is required but missing in record 0!"),
        ("", [[0]], "Expect 1 fields but have 0 in record 0"),
        ("99999999999", [[0]], "Field 0 in record 0 is not a valid int32: 99999999999"),
        ("1_0", [[0]], "is not a valid int32: 1_0"),
        ('1,a"b', [[0], [""]], "Unquoted fields cannot have quotes/CRLFs inside"),
        ("1,2\n", [[0], [""]], "Unquoted fields cannot have quotes/CRLFs inside"),
        ('1,"a"b', [[0], [""]], "has to be escaped by another quote"),
        ('1,"a', [[0], [""]], "Quoted field has to end with quote"),
        ("1", [[1, 2]], "only be 1 default per field but field 0 has 2"),
        ("1", [[[1]]], "record default should be at most rank 1"),
        ("1", [[True]], "bool is not in the list of allowed values"),
    ],
)
def test_csv_that_does_not_fit(line: str, defaults: Any, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        tf.io.decode_csv([line], defaults)


def test_csv_columns_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="not strictly increasing"):
        tf.io.decode_csv(["1,2"], [[0], [0]], select_cols=[1, 0])
    with pytest.raises(ValueError, match="do not match"):
        tf.io.decode_csv(["1,2"], [[0], [0]], select_cols=[1])
    with pytest.raises(ValueError, match="contains negative values"):
        tf.io.decode_csv(["1,2"], [[0], [0]], select_cols=[-1, 1])
