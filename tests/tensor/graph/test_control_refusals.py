"""What control flow does not take, and second derivatives past its effects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

C = tf.constant


def both(f: Any) -> list[Any]:
    """Return a function as it is and traced."""
    return [f, tf.function(f)]


def test_a_case_without_default_needs_a_true_predicate() -> None:
    def f(x: Any) -> Any:
        return tf.case([(x < 1, lambda: C(1)), (x < 3, lambda: C(2))])

    for g in both(f):
        assert [int(g(C(n))) for n in (0, 2)] == [1, 2]
        with pytest.raises(tf.errors.InvalidArgumentError, match="None of conditions"):
            g(C(5))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tf.case("ab"), TypeError, "must be a list, tuple, or dict"),
        (lambda: tf.case(["ab"]), TypeError, "must be a 2-tuple. Received ab"),
        (
            lambda: tf.switch_case(C(1), {3: lambda: C(1), 1: lambda: C(2)}),
            ValueError,
            r"contiguous range of \[0 to 2\) but found \{1,3\}",
        ),
        (
            lambda: tf.switch_case(C(1.0), [lambda: C(1)]),
            TypeError,
            "'branch_index' must be an integer Tensor",
        ),
        (
            lambda: tf.while_loop(
                lambda i: i < 5, lambda i: [i + 1], [C(0)], maximum_iterations=C([3])
            ),
            ValueError,
            "'maximum_iterations' must be a scalar",
        ),
        (
            lambda: tf.while_loop(
                lambda i, _: i < 3, lambda i, _: (i + 1, None), (C(0), None)
            ),
            ValueError,
            "None",
        ),
        (lambda: tf.map_fn(lambda x: x, C(1)), ValueError, r"1\+ dimensional"),
        (
            lambda: tf.map_fn(lambda x: x, (C([1, 2]), C([1, 2, 3]))),
            ValueError,
            "Dimensions 2 and 3 are not compatible",
        ),
    ],
)
def test_arguments_are_checked_eagerly_and_in_graphs(
    call: Any, error: Any, message: str
) -> None:
    for f in both(call):
        with pytest.raises(error, match=message):
            f()


def test_second_derivatives_pass_random_numbers_in_branches_and_loops() -> None:
    @tf.function
    def branch(x: Any) -> Any:
        noise = lambda: 1.0 + 0.0 * tf.random.uniform([])  # noqa: E731
        return tf.cond(x > 0, lambda: x**3 * noise(), lambda: x)

    @tf.function
    def loop(x: Any) -> Any:
        def step(i: Any, a: Any) -> Any:
            return i + 1, a * x * (1.0 + 0.0 * tf.random.uniform([]))

        return tf.while_loop(lambda i, _: i < 2, step, (0, x))[1]

    for f in (branch, loop):
        x = C(2.0)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            slope = inner.gradient(y, x)
        np.testing.assert_allclose(slope, 12.0)
        np.testing.assert_allclose(outer.gradient(slope, x), 12.0)


def test_effects_in_loops_happen_once_under_two_tapes() -> None:
    v, count = tf.Variable(2.0), tf.Variable(0)

    @tf.function
    def f() -> Any:
        def step(i: Any, a: Any) -> Any:
            count.assign_add(1)
            return i + 1, a * v

        return tf.while_loop(lambda i, _: i < 3, step, (0, C(1.0)))[1]

    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f()
        slope = inner.gradient(y, v)
    np.testing.assert_allclose(outer.gradient(slope, v), 12.0)
    assert count.numpy() == 3
