"""Generators, options, optionals, specs, iterators, older names."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf
from tests.tensor.data.pipelines import slices
from tests.tensor.data.test_every_pipeline import values

Range = tf.data.Dataset.range
Spec = tf.TensorSpec


def generator(value: Any) -> Any:
    return lambda: iter([value])


@pytest.mark.parametrize(
    ("value", "signature", "message"),
    [
        (1, (Spec([], tf.int64),) * 2, "did not match the expected structure"),
        ((1,), (Spec([], tf.int64),) * 2, "did not match the expected"),
        ({"b": 1}, {"a": Spec([], tf.int64)}, "did not match the expected"),
        ("a", Spec([], tf.int64), "could not be converted"),
        ([1], Spec([], tf.int64), "where an element of shape"),
        (1, tf.data.DatasetSpec(Spec([], tf.int64)), "does not fit"),
    ],
)
def test_what_generators_must_yield(value: Any, signature: Any, message: str) -> None:
    dataset = tf.data.Dataset.from_generator(
        generator(value), output_signature=signature
    )
    error = tf.errors.InvalidArgumentError
    with pytest.raises(error, match=f"TypeError: `generator` yielded .*{message}"):
        list(dataset)


def test_how_generators_are_described() -> None:
    make = tf.data.Dataset.from_generator
    old = make(generator((1, [2.0])), (tf.int64, tf.float32), ((), (None,)))
    assert values(old) == [[1, [2.0]]]
    assert old.element_spec == (Spec([], tf.int64), Spec([None], tf.float32))
    with_args = make(lambda n: range(n), tf.int64, args=[3])
    assert values(with_args) == [[0], [1], [2]]
    with pytest.raises(TypeError, match="must be a Python callable"):
        make(3, tf.int64)
    with pytest.raises(TypeError, match="you need to provide either"):
        make(generator(1))
    with pytest.raises(TypeError, match="can not be used together"):
        make(generator(1), tf.int64, output_signature=Spec([], tf.int64))
    with pytest.raises(TypeError, match=r"subclass of `tf.TypeSpec`"):
        make(generator(1), output_signature=tf.int64)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"supports `iter\(\)`"):
        list(make(lambda: 3, tf.int64))
    with pytest.raises(tf.errors.UnknownError, match="ZeroDivisionError: division"):
        list(make(lambda: (1 / n for n in [1, 0]), tf.float32))


def test_generators_are_closed_with_their_iterators() -> None:
    closed = []

    def generate() -> Any:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    dataset = tf.data.Dataset.from_generator(generate, tf.int64)
    assert len(list(dataset.take(3))) == 3
    assert closed == [True]


def test_options() -> None:
    options = tf.data.Options()
    assert options.deterministic is None
    options.deterministic = False
    policy = tf.data.experimental.AutoShardPolicy
    options.experimental_distribute.auto_shard_policy = policy.OFF
    dataset = Range(3).with_options(options).batch(2)
    assert dataset.options().deterministic is False
    assert dataset.options().experimental_distribute.auto_shard_policy == policy.OFF
    more = tf.data.Options()
    more.experimental_deterministic = True
    assert dataset.with_options(more).options().deterministic is True
    assert options.merge(more).deterministic is True
    assert options != more
    assert more == more.merge(tf.data.Options())
    options.threading.private_threadpool_size = 3
    options.experimental_distribute.auto_shard_policy = 2
    assert options.experimental_distribute.auto_shard_policy is policy.DATA
    assert "private_threadpool_size" in repr(options.threading)
    with pytest.raises(AttributeError, match="Cannot set the property nothing"):
        options.nothing = 1
    with pytest.raises(TypeError, match="must be of type <class 'bool'>"):
        options.deterministic = "no"


def test_optionals() -> None:
    iterator = iter(Range(1))
    first, second = iterator.get_next_as_optional(), iterator.get_next_as_optional()
    assert bool(first.has_value())
    assert int(first.get_value()) == 0
    assert not second.has_value()
    assert "empty" in repr(second)
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not have a value"):
        second.get_value()
    spec = tf.OptionalSpec.from_value(first)
    assert spec.is_compatible_with(second)
    assert spec == tf.OptionalSpec(Spec([], tf.int64))
    assert hash(spec) == hash(tf.OptionalSpec(None))
    assert "OptionalSpec" in repr(spec)
    assert spec.value_type is tf.data.experimental.Optional


def test_specs_of_datasets_and_iterators() -> None:
    spec = tf.data.DatasetSpec.from_value(Range(3))
    assert spec.is_compatible_with(Range(5))
    assert not spec.is_compatible_with(slices())
    assert hash(spec) == hash(tf.data.DatasetSpec(None))
    iterator = iter(Range(3))
    kind = tf.data.IteratorSpec.from_value(iterator)
    assert kind.is_compatible_with(iterator)
    assert kind == tf.data.IteratorSpec(Spec([], tf.int64))
    assert hash(kind) == hash(tf.data.IteratorSpec(None))
    assert "IteratorSpec" in repr(kind)
    assert iter(iterator) is iterator


def test_numpy_iterators() -> None:
    assert [v.tolist() for v in Range(3).batch(2).as_numpy_iterator()] == [[0, 1], [2]]
    with pytest.raises(TypeError, match="not supported for datasets that produce"):
        Range(3).window(2).as_numpy_iterator()

    @tf.function
    def traced() -> None:
        Range(3).as_numpy_iterator()

    with pytest.raises(RuntimeError, match="only supported in eager mode"):
        traced()


def test_older_names() -> None:
    experimental = tf.data.experimental
    assert values(Range(4).batch(2).apply(experimental.unbatch())) == values(Range(4))
    both = experimental.map_and_batch(lambda x: x + 1, 2)
    assert values(Range(4).apply(both)) == [[[1, 2]], [[3, 4]]]
    mixed = Range(4).apply(experimental.shuffle_and_repeat(4, 2, seed=1))
    assert sorted(values(mixed)) == sorted(values(Range(4).repeat(2)))
    interleaved = experimental.parallel_interleave(lambda x: Range(x), 2)
    assert values(Range(3).apply(interleaved)) == [[0], [0], [1]]
    assert values(experimental.Counter().take(2)) == [[0], [1]]
    assert int(experimental.get_single_element(Range(1))) == 0
    assert int(experimental.cardinality(Range(3))) == 3
    assert experimental.get_structure(Range(3)) == Spec([], tf.int64)
    assert experimental.get_next_as_optional(iter(Range(1))).has_value()
    assert values(Range(2).apply(experimental.prefetch_to_device("/cpu:0"))) == [
        [0],
        [1],
    ]
    sampled = experimental.sample_from_datasets([Range(2)], seed=1)
    assert values(sampled) == [[0], [1]]
    chosen = experimental.choose_from_datasets([Range(2)], Range(1).repeat(2))
    assert values(chosen) == [[0], [1]]
    assert len(values(experimental.RandomDataset(seed=1).take(2))) == 2
