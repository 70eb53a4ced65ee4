"""One pipeline of every kind, for the tests that all of them must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable

Range = tf.data.Dataset.range


def slices() -> Any:
    """Pairs of a row and a label, as training data come."""
    x = np.arange(22, dtype=np.float32).reshape(11, 2)
    y = np.arange(11)
    return tf.data.Dataset.from_tensor_slices((x, y))


def plain(dataset: Any) -> Any:
    """The same elements, but not as a table: the general paths run."""
    return dataset.filter(lambda *_: True)


PIPELINES: dict[str, Callable[[], Any]] = {
    "slices": slices,
    "range": lambda: Range(3, 20, 4),
    "tensors": lambda: tf.data.Dataset.from_tensors({"a": [1.0, 2.0], "b": 3}),
    "strings": lambda: tf.data.Dataset.from_tensor_slices([b"a", b"bc", b""]),
    "batch": lambda: slices().batch(4),
    "batch of elements": lambda: plain(slices()).batch(4),
    "batch without remainder": lambda: plain(slices()).batch(4, drop_remainder=True),
    "unbatch": lambda: slices().batch(4).unbatch(),
    "take": lambda: plain(Range(10)).take(4),
    "take of a table": lambda: Range(10).take(4),
    "take all": lambda: plain(Range(5)).take(-1),
    "skip": lambda: plain(Range(10)).skip(4),
    "skip of a table": lambda: Range(10).skip(4),
    "skip all": lambda: plain(Range(10)).skip(-1),
    "shard": lambda: plain(Range(11)).shard(3, 1),
    "shard of a table": lambda: Range(11).shard(3, 2),
    "batches of a shard": lambda: slices().shard(2, 1).batch(2),
    "repeat": lambda: slices().repeat(3),
    "repeat of elements": lambda: plain(slices()).repeat(2),
    "batches over epochs": lambda: slices().repeat(3).batch(4),
    "concatenate": lambda: Range(3).concatenate(plain(Range(5, 9))),
    "zip": lambda: tf.data.Dataset.zip((plain(Range(4)), slices())),
    "zip of tables": lambda: tf.data.Dataset.zip({"a": Range(4), "b": slices()}),
    "enumerate": lambda: plain(Range(5)).enumerate(start=7),
    "enumerate a table": lambda: slices().enumerate(),
    "shuffle a table": lambda: slices().shuffle(11, seed=4),
    "shuffle a table a little": lambda: slices().shuffle(3, seed=4),
    "shuffle elements": lambda: plain(slices()).shuffle(11, seed=4),
    "shuffle elements a little": lambda: plain(slices()).shuffle(3, seed=4),
    "shuffled batches over epochs": lambda: (
        slices().shuffle(11, seed=4).repeat(3).batch(4)
    ),
    "shuffle over epochs": lambda: plain(slices()).repeat(3).shuffle(5, seed=1),
    "prefetch": lambda: slices().shuffle(5, seed=3).batch(3).prefetch(2),
    "cache": lambda: plain(slices()).cache(),
    "map": lambda: slices().map(lambda x, y: (x * 2.0, y)),
    "map on threads": lambda: slices().map(lambda x, y: (x * 2.0, y), 3),
    "map, measured": lambda: slices().map(lambda x, y: (x + 1.0, y), -1),
    "take while": lambda: Range(10).take_while(lambda x: x < 6),
    "flat map": lambda: Range(4).flat_map(lambda x: Range(x)),
    "interleave": lambda: Range(5).interleave(
        lambda x: Range(x, x + 4), cycle_length=2, block_length=3
    ),
    "windows": lambda: (
        Range(9).window(3, shift=2, stride=2).flat_map(lambda w: w.batch(3))
    ),
    "groups": lambda: plain(Range(11)).group_by_window(
        lambda x: x % 3, lambda _, group: group.batch(2), window_size=3
    ),
    "buckets": lambda: (
        Range(1, 9, output_type=tf.int32)
        .map(lambda x: tf.fill([x], x))
        .bucket_by_sequence_length(lambda x: tf.shape(x)[0], [3, 5], [2, 2, 2])
    ),
    "padded batch": lambda: (
        Range(1, 8, output_type=tf.int32)
        .map(lambda x: tf.fill([x], x))
        .padded_batch(3, [None])
    ),
    "scan": lambda: Range(6).scan(np.int64(0), lambda s, x: (s + x, s + x)),
    "generator": lambda: tf.data.Dataset.from_generator(
        lambda: ((i, [float(i)] * 2) for i in range(6)),
        output_signature=(
            tf.TensorSpec([], tf.int32),
            tf.TensorSpec([2], tf.float32),
        ),
    ),
    "random": lambda: tf.data.Dataset.random(seed=3).take(7),
    "sample": lambda: tf.data.Dataset.sample_from_datasets(
        [Range(5), Range(10, 15)], weights=[0.3, 0.7], seed=1
    ),
    "choose": lambda: tf.data.Dataset.choose_from_datasets(
        [Range(3), Range(10, 13)], Range(2).repeat(4)
    ),
    "resample": lambda: Range(30).rejection_resample(
        lambda x: tf.cast(x % 2, tf.int32), [0.2, 0.8], seed=1
    ),
    "unique": lambda: Range(9).map(lambda x: x % 4).unique(),
    "ignore errors": lambda: Range(5).ignore_errors(),
    "rebatch": lambda: slices().batch(4).rebatch(3),
    "counter": lambda: tf.data.Dataset.counter(start=2, step=3).take(5),
    "options": lambda: slices().with_options(tf.data.Options()),
    "counted": lambda: plain(Range(5)).apply(
        tf.data.experimental.assert_cardinality(5)
    ),
    "filter": lambda: Range(10).filter(lambda x: x % 3 == 0),
}
