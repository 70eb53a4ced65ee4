"""What datasets say about arguments, specs and options."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tests.tensor.data.pipelines import plain, slices
from tests.tensor.data.test_every_pipeline import values

Range = tf.data.Dataset.range
Spec = tf.TensorSpec
Pair = collections.namedtuple("Pair", "x y")


def test_elements_keep_their_containers() -> None:
    nested = {"b": Pair([1, 2], (np.zeros((2, 3)),)), "a": [5, 6]}
    dataset = tf.data.Dataset.from_tensor_slices(nested)
    element = next(iter(dataset))
    assert list(element) == ["b", "a"]
    assert isinstance(element["b"], Pair)
    assert element["b"].y[0].shape == (3,)
    ordered = collections.OrderedDict(z=1, a=2)
    element = next(iter(tf.data.Dataset.from_tensors(ordered)))
    assert type(element) is collections.OrderedDict
    assert list(element) == ["z", "a"]
    default = collections.defaultdict(list, a=1)
    assert type(next(iter(tf.data.Dataset.from_tensors(default)))) is type(default)


def test_what_datasets_print() -> None:
    assert repr(Range(3).batch(2)) == (
        "<_BatchDataset element_spec=TensorSpec(shape=(None,), dtype=tf.int64, "
        "name=None)>"
    )
    assert repr(tf.data.DatasetSpec(Spec([], tf.int64))) == (
        "DatasetSpec(TensorSpec(shape=(), dtype=tf.int64, name=None), TensorShape([]))"
    )


def test_lengths() -> None:
    with pytest.raises(TypeError, match="The dataset is infinite"):
        len(Range(3).repeat())
    with pytest.raises(TypeError, match="The dataset length is unknown"):
        len(plain(Range(3)))
    assert bool(Range(0))
    assert int(Range(3).repeat().cardinality()) == tf.data.INFINITE_CARDINALITY
    assert Range(0).repeat().count() == 0
    assert values(Range(0).repeat()) == []
    assert Range(10).take(0).count() == Range(3).repeat(0).count() == 0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Range(3).prefetch(-5), ValueError, "buffer_size must be >= 0"),
        (lambda: Range(), ValueError, "between 1 and 3"),
        (lambda: Range(1, 2, 0), ValueError, "step must be a non-zero integer"),
        (
            lambda: tf.data.Dataset.from_tensor_slices(3),
            ValueError,
            "Unbatching a tensor is only supported for rank >= 1",
        ),
        (lambda: tf.data.Dataset.from_tensor_slices(()), ValueError, "not be empty"),
        (
            lambda: tf.data.Dataset.from_tensor_slices(([1], [1, 2])),
            ValueError,
            "Dimensions 1 and 2 are not compatible",
        ),
        (lambda: Range(3).unbatch(), ValueError, "with scalar components"),
        (
            lambda: tf.data.Dataset.from_tensors(([1], [1, 2])).unbatch(),
            ValueError,
            "matching leading dimension",
        ),
        (lambda: Range(3).batch(0), ValueError, "must be greater than zero"),
        (lambda: Range(3).batch("a"), TypeError, "`batch_size` must be a scalar"),
        (lambda: Range(3).shard(0, 0), ValueError, "must be greater than zero"),
        (lambda: Range(3).shard(2, 2), ValueError, "Index must be between 0 and 1"),
        (
            lambda: Range(3).concatenate(slices()),
            TypeError,
            "Incompatible dataset elements",
        ),
        (lambda: tf.data.Dataset.zip(), TypeError, "at least one dataset"),
        (
            lambda: tf.data.Dataset.zip(Range(1), datasets=Range(1)),
            TypeError,
            "cannot be set",
        ),
        (lambda: tf.data.Dataset.zip([Range(1)]), TypeError, "use a tuple"),
        (lambda: tf.data.Dataset.zip((Range(1), 3)), TypeError, "Invalid input"),
        (lambda: Range(3).map(3), ValueError, "must be a callable. Received func=3"),
        (lambda: Range(3).map(lambda x: x, 0), ValueError, "num_parallel_calls"),
        (lambda: Range(3).filter(lambda x: x), ValueError, "must return a `tf.bool`"),
        (lambda: Range(3).take_while(lambda x: x), ValueError, "return a `tf.bool`"),
        (lambda: Range(3).flat_map(lambda x: x), TypeError, "must return a `Dataset`"),
        (
            lambda: Range(3).interleave(lambda x: Range(x), cycle_length=0),
            ValueError,
            "cycle_length must be greater than zero",
        ),
        (lambda: Range(3).window(0), ValueError, "Window size must be greater"),
        (lambda: Range(3).window(2, stride=0), ValueError, "Window stride must be"),
        (
            lambda: Range(3).group_by_window(lambda x: x, lambda _, g: g),
            ValueError,
            "must be specified, and not both",
        ),
        (
            lambda: Range(3).group_by_window(lambda _: 1.0, lambda _, g: g, 2),
            ValueError,
            "Invalid `key_func`",
        ),
        (
            lambda: Range(3).bucket_by_sequence_length(lambda x: x, [1], [1]),
            ValueError,
            "must equal .len.bucket_boundaries. . 1",
        ),
        (lambda: Range(3).window(2).padded_batch(2), TypeError, "only supported for"),
        (
            lambda: Range(3).padded_batch(2, [None]),
            ValueError,
            "is not compatible with the shape",
        ),
        (
            lambda: slices().padded_batch(2, ([1], [])),
            ValueError,
            "padding does not cut",
        ),
        (
            lambda: Range(3).padded_batch(2, [], "text"),
            TypeError,
            "Invalid `padding_values`",
        ),
        (
            lambda: Range(3).padded_batch(2, [], tf.constant(1.0)),
            TypeError,
            "Invalid `padding_values`",
        ),
        (
            lambda: Range(3).padded_batch(2, [], np.int64([1])),
            ValueError,
            "be scalars",
        ),
        (
            lambda: (
                Range(3)
                .map(lambda x: tf.numpy_function(abs, [x], tf.int64))
                .padded_batch(2)
            ),
            ValueError,
            "unknown rank",
        ),
        (lambda: Range(3).apply(lambda _: 3), TypeError, "must return a `tf.data.D"),
        (lambda: slices().unique(), TypeError, "does not support type"),
        (
            lambda: tf.data.Dataset.sample_from_datasets([]),
            ValueError,
            "should not be empty",
        ),
        (
            lambda: tf.data.Dataset.sample_from_datasets([Range(1)], [0.5, 0.5]),
            ValueError,
            "same length as `datasets`",
        ),
        (
            lambda: tf.data.Dataset.choose_from_datasets([], Range(1)),
            ValueError,
            "should not be empty",
        ),
        (
            lambda: tf.data.Dataset.choose_from_datasets([Range(1)], 3),
            TypeError,
            "should be a `tf.data.Dataset`",
        ),
        (
            lambda: tf.data.Dataset.choose_from_datasets([Range(1)], slices()),
            TypeError,
            "must be scalar `tf.int64` tensors",
        ),
        (
            lambda: Range(3).reduce(0.0, lambda _, x: x),
            TypeError,
            "element types for the new state",
        ),
        (
            lambda: Range(3).reduce(0, lambda s, _: (s, s)),
            TypeError,
            "structure of the state",
        ),
        (lambda: Range(3).scan(0, lambda s, _: s), TypeError, "Invalid `scan_func`"),
        (lambda: Range(0).get_single_element(), ValueError, "Dataset was empty"),
        (lambda: Range(2).get_single_element(), ValueError, "more than one element"),
        (
            lambda: Range(3).batch(tf.constant(2)),
            ValueError,
            "requested dtype int64 for Tensor with dtype int32",
        ),
        (lambda: Range(3).take([1]), tf.errors.InvalidArgumentError, "be a scalar"),
        (
            lambda: Range(4).batch(2).rebatch([2, -1]),
            tf.errors.InvalidArgumentError,
            "Batch size must be greater than zero",
        ),
        (lambda: Range(3).padded_batch(2, [-2]), ValueError, "must be >= 0"),
        (lambda: Range(1.0), TypeError, "`stop` must be a scalar integer"),
        (
            lambda: Range(2, output_type=tf.string),
            tf.errors.InvalidArgumentError,
            "Unsupported data type: string",
        ),
        (
            lambda: tf.data.Dataset.from_tensors({"a": 1}).concatenate(
                tf.data.Dataset.from_tensors({"b": 1})
            ),
            TypeError,
            "Incompatible dataset elements",
        ),
        (
            lambda: list(tf.data.Dataset.from_generator(lambda: iter([1.5]), tf.int32)),
            tf.errors.InvalidArgumentError,
            "could not be converted to the expected type",
        ),
    ],
)
def test_wrong_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: (
                Range(1, 4, output_type=tf.int32)
                .map(lambda x: tf.fill([x], x))
                .batch(2)
            ),
            tf.errors.InvalidArgumentError,
            "Cannot batch tensors with different shapes in component 0. First element "
            r"had shape \[1\] and element 1 had shape \[2\]",
        ),
        (
            lambda: Range(3).window(2).batch(2),
            TypeError,
            "do not stack",
        ),
        (
            lambda: (
                tf.data.Dataset.from_tensors(([1], [1, 2]))
                .map(lambda a, b: (tf.boolean_mask(a, a > 0), b))
                .unbatch()
            ),
            tf.errors.InvalidArgumentError,
            "same batch size in each component",
        ),
        (
            lambda: (
                Range(1, 4, output_type=tf.int32)
                .map(lambda x: tf.fill([x], x))
                .padded_batch(3, [2])
            ),
            tf.errors.DataLossError,
            "pad to a smaller size",
        ),
        (
            lambda: Range(5).group_by_window(
                lambda x: x, lambda _, g: g, window_size_func=lambda k: k
            ),
            tf.errors.InvalidArgumentError,
            "Window size must be greater than zero, but got 0",
        ),
        (
            lambda: tf.data.Dataset.choose_from_datasets([Range(1)], Range(2)),
            tf.errors.InvalidArgumentError,
            "Selector index out of range: 1 >= 1",
        ),
        (
            lambda: Range(5).apply(tf.data.experimental.assert_cardinality(6)),
            tf.errors.FailedPreconditionError,
            "expected to contain 6 elements but contained only 5 elements",
        ),
        (
            lambda: Range(5).apply(tf.data.experimental.assert_cardinality(1)),
            tf.errors.FailedPreconditionError,
            "expected to contain 1 element but contained at least 2 elements",
        ),
        (
            lambda: Range(9).apply(
                lambda d: d.bucket_by_sequence_length(
                    lambda x: x, [3], [1, 1], pad_to_bucket_boundary=True
                )
            ),
            tf.errors.InvalidArgumentError,
            "elements must have length",
        ),
    ],
)
def test_elements_that_cannot_be_made(
    make: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        list(make())


def test_batches_of_several_sizes_of_which_some_are_zero() -> None:
    batches = Range(8).batch(4).rebatch([2, 0, 3])
    assert [b.tolist() for b in batches.as_numpy_iterator()] == [
        [0, 1],
        [],
        [2, 3, 4],
        [5, 6],
        [],
        [7],
    ]
    whole = Range(8).batch(4, drop_remainder=True)
    assert whole.rebatch(2).element_spec.shape == [2]
    assert whole.rebatch(3).element_spec.shape == [None]
    ragged = Range(3).map(lambda x: tf.ragged.range([x])).batch(2).rebatch(3)
    (batch,) = list(ragged)
    assert batch.to_list() == [[[]], [[0]], [[0, 1]]]


def test_cardinalities_as_tensorflow_tells_them() -> None:
    endless = Range(3).repeat()
    for dataset, size in (
        (tf.data.Dataset.sample_from_datasets([Range(2), endless]), -1),
        (tf.data.Dataset.sample_from_datasets([Range(2), Range(3)], [0.0, 1.0]), 3),
        (Range(0).batch(2).unbatch(), -2),
    ):
        assert int(dataset.cardinality()) == size


def test_counting_in_fractions() -> None:
    counter = tf.data.Dataset.counter(0.5, 0.25, dtype=tf.float32)
    assert list(counter.take(2).as_numpy_iterator()) == [0.5, 0.75]


def test_options_of_a_dataset_are_read_only() -> None:
    options = Range(1).with_options(tf.data.Options()).options()
    with pytest.raises(ValueError, match="has no effect"):
        options.deterministic = True
    with pytest.raises(ValueError, match="has no effect"):
        options.threading.private_threadpool_size = 1
