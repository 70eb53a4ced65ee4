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
    assert Range(1.0, 2.0, 0.25, output_type=tf.float32).count() == 4


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Range(), ValueError, "between 1 and 3"),
        (lambda: Range(1, 2, 0), ValueError, "must not be zero"),
        (
            lambda: tf.data.Dataset.from_tensor_slices(3),
            ValueError,
            "Unbatching a tensor is only supported for rank >= 1",
        ),
        (lambda: tf.data.Dataset.from_tensor_slices(()), ValueError, "not allowed"),
        (
            lambda: tf.data.Dataset.from_tensor_slices(([1], [1, 2])),
            ValueError,
            "Dimensions 1 and 2 are not compatible",
        ),
        (lambda: Range(3).unbatch(), ValueError, "only supported for rank >= 1"),
        (
            lambda: tf.data.Dataset.from_tensors(([1], [1, 2])).unbatch(),
            ValueError,
            "equal first dimension",
        ),
        (lambda: Range(3).batch(0), ValueError, "must be greater than zero"),
        (lambda: Range(3).batch("a"), TypeError, "`batch_size` must be a scalar"),
        (lambda: Range(3).shard(0, 0), ValueError, "must be greater than zero"),
        (lambda: Range(3).shard(2, 2), ValueError, "Index must be between 0 and 1"),
        (lambda: Range(3).concatenate(slices()), TypeError, "Incompatible types of"),
        (lambda: tf.data.Dataset.zip(), TypeError, "at least one dataset"),
        (
            lambda: tf.data.Dataset.zip(Range(1), datasets=Range(1)),
            TypeError,
            "cannot be set",
        ),
        (lambda: tf.data.Dataset.zip([Range(1)]), TypeError, "use a tuple"),
        (lambda: tf.data.Dataset.zip((Range(1), 3)), TypeError, "Invalid input"),
        (lambda: Range(3).map(3), TypeError, "`map_func` must be callable"),
        (lambda: Range(3).map(lambda x: x, 0), ValueError, "num_parallel_calls"),
        (lambda: Range(3).filter(lambda x: x), ValueError, "must return a `tf.bool`"),
        (lambda: Range(3).take_while(lambda x: x), ValueError, "return a `tf.bool`"),
        (lambda: Range(3).flat_map(lambda x: x), TypeError, "must return a `tf.data"),
        (
            lambda: Range(3).interleave(lambda x: Range(x), cycle_length=0),
            ValueError,
            "`cycle_length` must be positive",
        ),
        (lambda: Range(3).window(0), ValueError, "Window size must be greater"),
        (lambda: Range(3).window(2, stride=0), ValueError, "Window stride must be"),
        (
            lambda: Range(3).group_by_window(lambda x: x, lambda _, g: g),
            ValueError,
            "Must pass either",
        ),
        (
            lambda: Range(3).group_by_window(lambda _: 1.0, lambda _, g: g, 2),
            ValueError,
            "Invalid `key_func`",
        ),
        (
            lambda: Range(3).bucket_by_sequence_length(lambda x: x, [1], [1]),
            ValueError,
            "must equal len.bucket_boundaries. . 1",
        ),
        (lambda: Range(3).window(2).padded_batch(2), TypeError, "only supported for"),
        (lambda: Range(3).padded_batch(2, [None]), ValueError, "ranks differ"),
        (
            lambda: slices().padded_batch(2, ([1], [])),
            ValueError,
            "padding does not cut",
        ),
        (
            lambda: Range(3).padded_batch(2, [], "text"),
            TypeError,
            "Mismatched type between padding value",
        ),
        (
            lambda: Range(3).padded_batch(2, [], tf.constant(1.0)),
            TypeError,
            "Mismatched type between padding value",
        ),
        (lambda: Range(3).padded_batch(2, [], [1]), ValueError, "must be scalars"),
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
        (lambda: slices().unique(), TypeError, "only supported for"),
        (
            lambda: tf.data.Dataset.sample_from_datasets([]),
            ValueError,
            "should not be empty",
        ),
        (
            lambda: tf.data.Dataset.sample_from_datasets([Range(1)], [0.5, 0.5]),
            ValueError,
            "shape of `weights`",
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
            "only tensors and ragged tensors stack",
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


def generator(value: Any) -> Any:
    return lambda: iter([value])


@pytest.mark.parametrize(
    ("value", "signature", "error", "message"),
    [
        (1, (Spec([], tf.int64),) * 2, TypeError, "did not match the expected struct"),
        ((1,), (Spec([], tf.int64),) * 2, TypeError, "did not match the expected"),
        ({"b": 1}, {"a": Spec([], tf.int64)}, TypeError, "did not match the expected"),
        ("a", Spec([], tf.int64), TypeError, "could not be converted"),
        ([1], Spec([], tf.int64), ValueError, "where an element of shape"),
        (1, tf.data.DatasetSpec(Spec([], tf.int64)), TypeError, "does not fit"),
    ],
)
def test_what_generators_must_yield(
    value: Any, signature: Any, error: type[Exception], message: str
) -> None:
    dataset = tf.data.Dataset.from_generator(
        generator(value), output_signature=signature
    )
    with pytest.raises(error, match=message):
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
    with pytest.raises(TypeError, match="must be specified"):
        make(generator(1))
    with pytest.raises(TypeError, match="can not be used together"):
        make(generator(1), tf.int64, output_signature=Spec([], tf.int64))
    with pytest.raises(TypeError, match=r"subclass of `tf.TypeSpec`"):
        make(generator(1), output_signature=tf.int64)
    with pytest.raises(TypeError, match=r"supports `iter\(\)`"):
        list(make(lambda: 3, tf.int64))


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
    with pytest.raises(TypeError, match="must be of type bool"):
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


def test_functions_in_debug_mode_run_as_python(monkeypatch: Any) -> None:
    from tensor.data.debug import debug_mode

    calls = []
    monkeypatch.setattr(debug_mode, "enabled", False)
    tf.data.experimental.enable_debug_mode()
    dataset = Range(3).map(lambda x: calls.append(type(x)) or x + 1)
    assert values(dataset) == [[1], [2], [3]]
    assert len(calls) == 4  # once to learn the spec, then for every element


def test_datasets_inside_traced_functions() -> None:
    dataset = Range(4).map(lambda x: x * 2)

    @tf.function
    def total() -> Any:
        return dataset.reduce(np.int64(1), lambda a, b: a + b)

    @tf.function
    def first_two() -> Any:
        iterator = iter(dataset)
        return next(iterator) + 10, iterator.get_next()

    iterator = iter(dataset)

    @tf.function
    def following() -> Any:
        return next(iterator)

    assert int(total()) == 13
    assert [int(x) for x in first_two()] == [10, 2]
    assert [int(following()) for _ in range(4)] == [0, 2, 4, 6]
    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        following()

    @tf.function
    def beyond() -> Any:
        iterator = iter(Range(0))
        return next(iterator)

    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        beyond()
    windows = Range(4).window(2)
    single = windows.map(lambda w: w.batch(2).get_single_element())
    assert values(single) == [[[0, 1]], [[2, 3]]]

    for make in (
        Range,
        tf.data.Dataset.from_tensors,
        lambda n: tf.data.Dataset.from_tensor_slices([n, n]),
        lambda n: Range(5).take(n),
    ):

        @tf.function
        def from_tensors(n: Any, make: Any = make) -> Any:
            return make(n).reduce(np.int64(0), lambda a, _: a)

        with pytest.raises(tf.errors.UnimplementedError, match="outside the tf"):
            from_tensors(tf.constant(3))

    @tf.function
    def not_tensors() -> Any:
        return Range(4).window(2).get_single_element()

    with pytest.raises(tf.errors.UnimplementedError, match="must be tensors"):
        not_tensors()


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
