"""Partitioners: the numbers of shards are TensorFlow's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tensor as tf
from strategies.parameter_server.partitioners import shard_sizes

partitioners = tf.distribute.experimental.partitioners
VALUES = Path(__file__).parents[2] / "oracle" / "partitioners.json"


@pytest.mark.parametrize(
    "case", json.loads(VALUES.read_text()), ids=lambda case: case["call"]
)
def test_the_number_of_shards_is_tensorflows(case) -> None:
    name, _, arguments = case["call"].rstrip(")").partition("(")
    partitioner = getattr(partitioners, name)(*json.loads(f"[{arguments}]"))
    for shape, dtype, expected in case["found"]:
        found = partitioner(shape=tf.TensorShape(shape), dtype=tf.as_dtype(dtype))
        assert found == expected, (shape, dtype)


def test_rows_are_dealt_out_evenly() -> None:
    assert shard_sizes(13, 5) == [3, 3, 3, 2, 2]
    assert shard_sizes(10, 4) == [3, 3, 2, 2]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("MinSizePartitioner", {"min_shard_bytes": 0}, "`min_shard_bytes` must be"),
        ("MinSizePartitioner", {"max_shards": 0}, "`max_shards` must be positive"),
        ("MinSizePartitioner", {"bytes_per_string": 0}, "`bytes_per_string` must be"),
        ("MaxSizePartitioner", {"max_shard_bytes": 0}, "`max_shard_bytes` must be"),
        (
            "MaxSizePartitioner",
            {"max_shard_bytes": 1, "max_shards": 0},
            "`max_shards` must",
        ),
        (
            "MaxSizePartitioner",
            {"max_shard_bytes": 1, "bytes_per_string": 0},
            "`bytes_per_string` must",
        ),
    ],
)
def test_sizes_and_numbers_are_positive(name, arguments, words) -> None:
    with pytest.raises(ValueError, match=words):
        getattr(partitioners, name)(**arguments)


def test_the_base_does_not_partition() -> None:
    with pytest.raises(NotImplementedError):
        partitioners.Partitioner()(tf.TensorShape([2]), tf.float32)
