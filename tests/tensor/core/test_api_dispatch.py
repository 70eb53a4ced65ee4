"""Users' functions that stand in for TensorFlow's where arguments are of some types."""

# ruff: noqa: A002, ARG001, ARG005  # parameters are those of TensorFlow

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tensor as tf


class Masked(tf.experimental.ExtensionType):
    values: tf.Tensor
    mask: tf.Tensor

    __add__ = tf.add


class Other(tf.experimental.ExtensionType):
    value: tf.Tensor


X = Masked([1.0, -2.0], [True, False])
TensorLike = tf.types.experimental.TensorLike


@pytest.fixture
def registered() -> Iterator[Callable[..., Any]]:
    """Return a function that decorates, and forgets when the test ends."""
    made = []

    def register(decorator: Any, function: Any) -> Any:
        made.append(function)
        return decorator(function)

    yield register
    for function in made:
        tf.experimental.unregister_dispatch_for(function)


def test_without_a_target_values_are_refused() -> None:
    for function in (tf.abs, tf.reduce_sum, tf.shape, tf.linalg.matvec):
        with pytest.raises(ValueError, match=r"unsupported type .*Masked"):
            function(X) if function is not tf.linalg.matvec else function(X, [1.0])


def test_elementwise_handlers_stand_in_for_all_such_functions(
    registered: Callable[..., Any],
) -> None:
    experimental = tf.experimental
    registered(
        experimental.dispatch_for_unary_elementwise_apis(Masked),
        lambda api, x: Masked(api(x.values), x.mask),
    )
    registered(
        experimental.dispatch_for_binary_elementwise_apis(Masked, Masked),
        lambda api, x, y: Masked(api(x.values, y.values), x.mask & y.mask),
    )
    registered(
        experimental.dispatch_for_binary_elementwise_apis(Masked, TensorLike),
        lambda api, x, y: Masked(api(x.values, y), x.mask),
    )
    registered(
        experimental.dispatch_for_binary_elementwise_assert_apis(Masked, Masked),
        lambda api, x, y: api(x.values, y.values),
    )

    def values(x: Masked) -> list[float]:
        return x.values.numpy().tolist()

    assert values(tf.abs(X)) == [1, 2]
    assert values(tf.nn.relu(X)) == [1, 0]
    assert values(tf.round(X)) == [1, -2]
    assert tf.cast(dtype=tf.int32, x=X).values.dtype is tf.int32
    assert values(tf.clip_by_value(X, 0.0, 0.5)) == [0.5, 0]
    assert values(X + X) == [2, -4]
    assert values(tf.pow(X, 2.0)) == [1, 4]
    assert values(tf.function(lambda x: tf.abs(x) + x)(X)) == [2, 0]
    tf.debugging.assert_equal(X, X)
    with pytest.raises(tf.errors.InvalidArgumentError, match="x < y did not hold"):
        tf.debugging.assert_less(X, X)
    with pytest.raises(ValueError, match="has already been registered for <class"):
        experimental.dispatch_for_unary_elementwise_apis(Masked)(lambda api, x: x)
    with pytest.raises(ValueError, match=r"has already been registered for \(<class"):
        experimental.dispatch_for_binary_elementwise_apis(Masked, Masked)(min)


def test_a_target_stands_in_for_one_function(registered: Callable[..., Any]) -> None:
    api = tf.experimental.dispatch_for_api

    def concat(values: list[Masked], axis: int, name: str = "concat") -> Masked:
        return Masked(
            tf.concat([v.values for v in values], axis),
            tf.concat([v.mask for v in values], axis),
        )

    def shape(input: Masked, out_type: tf.DType = tf.int32) -> tf.Tensor:
        return tf.shape(input.values, out_type)

    registered(api(tf.concat, {"values": list[Masked]}), concat)
    registered(api(tf.shape, {0: Masked}), shape)
    assert tf.concat([X, X], axis=0).values.shape == [4]
    assert tf.shape(X, name="here").numpy().tolist() == [2]
    with pytest.raises(ValueError, match="unsupported type"):
        tf.concat([X, tf.constant([1.0])], 0)

    def matmul(*args: Any, **kwargs: Any) -> str:
        return "product"

    registered(api(tf.matmul, {"a": Masked}, {"b": Masked | Other}), matmul)
    assert tf.matmul(X, [[1.0]]) == tf.matmul([[1.0]], Other(1)) == "product"


def test_ragged_arguments_have_targets_too(registered: Callable[..., Any]) -> None:
    def sort(*args: Any, **kwargs: Any) -> str:
        return "sorted rows"

    api = tf.experimental.dispatch_for_api(tf.sort, {"values": tf.RaggedTensor})
    registered(api, sort)
    assert tf.sort(tf.ragged.constant([[2, 1]])) == "sorted rows"
    assert tf.sort([2, 1]).numpy().tolist() == [1, 2]


def test_two_targets_that_match_are_refused(registered: Callable[..., Any]) -> None:
    def first(x: Any, y: Any, name: Any = None) -> str:
        return "first"

    def second(x: Any, y: Any, name: Any = None) -> str:
        return "second"

    api = tf.experimental.dispatch_for_api
    registered(api(tf.add, {"x": Other}), first)
    registered(api(tf.add, {"y": Other}), second)
    assert tf.add(Other(1), 1) == "first"
    with pytest.raises(ValueError, match=r"Multiple dispatch .* to add"):
        tf.add(Other(1), Other(1))


def _unary(x: Any, name: Any = None) -> Any:
    return x


@pytest.mark.parametrize(
    ("function", "signature", "error", "words"),
    [
        (tf.executing_eagerly, {"x": Other}, ValueError, "does not support dispatch"),
        (tf.abs, {"y": Other}, ValueError, "annotation for unknown parameter 'y'"),
        (tf.abs, {5: Other}, ValueError, "annotation for unknown parameter 5"),
        (tf.abs, {"x": dict[str, Other]}, ValueError, "not currently supported"),
        (tf.add, {"x": Other}, ValueError, "does not match API's signature"),
        (tf.abs, [Other], TypeError, "signatures must be dictionaries"),
    ],
)
def test_targets_that_cannot_be_are_refused(
    function: Any, signature: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        tf.experimental.dispatch_for_api(function, signature)(_unary)


def test_forgetting_what_was_not_registered_is_refused() -> None:
    with pytest.raises(ValueError, match="was not registered using a"):
        tf.experimental.unregister_dispatch_for(_unary)
    with pytest.raises(ValueError, match="annotation 3 is not currently supported"):
        tf.experimental.dispatch_for_unary_elementwise_apis(3)
