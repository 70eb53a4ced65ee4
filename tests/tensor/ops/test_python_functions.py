"""tf.py_function and tf.numpy_function, eager and traced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf


def both(f: Any) -> list[Any]:
    return [f, tf.function(f)]


@pytest.mark.parametrize("i", [0, 1])
def test_a_python_function_gets_eager_tensors_and_has_gradients(i: int) -> None:
    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.py_function(lambda a: a * float(a.numpy()), [x], tf.float32)
        return y, tape.gradient(y, x)

    y, g = both(f)[i](tf.constant(3.0))
    assert (float(y), float(g)) == (9.0, 3.0)


@pytest.mark.parametrize("i", [0, 1])
def test_several_results_or_none(i: int) -> None:
    def f(x: Any) -> Any:
        a, b = tf.py_function(lambda v: [v * 2, 5], [x], [tf.float32, tf.int32])
        assert tf.py_function(lambda: None, [], []) == []
        return a, b

    a, b = both(f)[i](tf.constant(3.0))
    assert (float(a), int(b)) == (6.0, 5)


@pytest.mark.parametrize("i", [0, 1])
def test_a_numpy_function_gets_arrays(i: int) -> None:
    def f(x: Any) -> Any:
        return tf.numpy_function(np.cumsum, [x], tf.float32)

    y = both(f)[i](tf.constant([1.0, 2.0]))
    assert y.numpy().tolist() == [1.0, 3.0]


def test_its_shape_is_unknown_in_a_graph_unless_a_spec_says_it() -> None:
    @tf.function
    def f(x: Any) -> Any:
        y = tf.numpy_function(np.cumsum, [x], tf.float32)
        z = tf.py_function(lambda a: a, [x], tf.TensorSpec([2], tf.float32))
        assert y.shape.rank is None
        assert z.shape == [2]
        return y

    f(tf.constant([1.0, 2.0]))


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (ZeroDivisionError, tf.errors.UnknownError),
        (TypeError, tf.errors.InvalidArgumentError),
        (ValueError, tf.errors.InvalidArgumentError),
        (MemoryError, tf.errors.ResourceExhaustedError),
        (NotImplementedError, tf.errors.UnimplementedError),
        (StopIteration, tf.errors.OutOfRangeError),
    ],
)
def test_exceptions_become_tensorflows(error: Any, ours: Any) -> None:
    def bad(_: Any) -> Any:
        raise error("oh")

    for f in both(lambda x: tf.py_function(bad, [x], tf.float32)):
        with pytest.raises(ours, match=f"{error.__name__}: oh"):
            f(tf.constant(1.0))


def test_an_op_error_of_the_function_passes() -> None:
    def bad(_: Any) -> Any:
        return tf.gather([1.0], [3])

    with pytest.raises(tf.errors.InvalidArgumentError, match="is not in"):
        tf.py_function(bad, [1.0], tf.float32)


def test_wrong_dtypes_and_numbers_of_results_are_named() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="requested dtype int32"):
        tf.py_function(lambda x: x, [1.0], tf.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="returned 1 values"):
        tf.py_function(lambda x: x, [1.0], [tf.float32, tf.float32])

    @tf.function
    def f(x: Any) -> Any:
        return tf.numpy_function(lambda a: a, [x], tf.float64)

    with pytest.raises(tf.errors.InvalidArgumentError, match="but expects float64"):
        f(tf.constant(1.0))


@pytest.mark.parametrize("make", [tf.py_function, tf.numpy_function])
def test_without_a_function_it_is_a_decorator(make):
    @make(Tout=[tf.float32, tf.int32])
    def halves(x):
        return np.float32(x) / 2, np.int32(x)

    @tf.function
    def traced(x):
        return halves(x)

    for call in (halves, traced):
        half, whole = call(tf.constant(5.0))
        assert (float(half), int(whole)) == (2.5, 5)
    assert halves.__name__ == "halves"
