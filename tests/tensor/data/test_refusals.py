"""Elements that functions cannot be traced for, and elements that are nothing."""

from __future__ import annotations

import pytest

import tensor as tf
from tensor.data.dataset import Dataset


class Handles(tf.TypeSpec):
    """Describes objects that are no tensors and have no stand-in."""


def test_functions_of_unknown_kinds_of_elements_are_refused_by_their_spec() -> None:
    with pytest.raises(tf.errors.UnimplementedError, match="cannot be traced for"):
        Dataset(Handles()).map(lambda x: x)


def test_a_dataset_that_says_nothing_about_its_elements_is_named() -> None:
    with pytest.raises(NotImplementedError, match="Dataset must define `open`"):
        list(Dataset(tf.TensorSpec([])))


def test_functions_take_elements_that_are_nothing() -> None:
    pairs = tf.data.Dataset.from_tensors((1, None))
    ((number, nothing),) = list(pairs.map(lambda a, b: (a + 1, b)))
    assert (int(number), nothing) == (2, None)
    assert len(list(pairs.filter(lambda _, b: b is None))) == 1
    ((numbers, nothing),) = list(pairs.repeat(2).batch(2))
    assert (numbers.numpy().tolist(), nothing) == ([1, 1], None)
    assert pairs.batch(2).unbatch().element_spec == pairs.element_spec
    assert [b for _, b in pairs.batch(2).unbatch()] == [None]


def test_a_shard_may_be_empty() -> None:
    assert list(tf.data.Dataset.range(2).shard(3, 2).batch(2)) == []


def test_a_count_of_zero_batches_is_told_before_training() -> None:
    keras = tf.keras
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    none = tf.data.Dataset.from_tensors((tf.ones([1, 1]), tf.ones([1, 1]))).take(0)
    with pytest.raises(ValueError, match="Expected input data to be non-empty"):
        model.fit(none, verbose=0)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (tf.TensorSpec([]), "No TypeSpec is compatible with both"),
        (tf.data.DatasetSpec({"a": tf.TensorSpec([])}), "same nested structure"),
    ],
)
def test_specs_that_no_dataset_fits_both_of_are_refused(
    other: tf.TypeSpec, words: str
) -> None:
    spec = tf.data.DatasetSpec((tf.TensorSpec([]),))
    with pytest.raises(ValueError, match=words):
        spec.most_specific_compatible_type(other)
