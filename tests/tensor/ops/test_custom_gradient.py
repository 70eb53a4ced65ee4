"""tf.custom_gradient, recompute_grad and grad_pass_through, eager and traced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf


@tf.custom_gradient
def log1pexp(x: Any) -> Any:
    e = tf.exp(x)

    def grad(upstream: Any) -> Any:
        return upstream * (1 - 1 / (1 + e))

    return tf.math.log(1 + e), grad


def slope(f: Any, x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


@pytest.mark.parametrize("traced", [False, True])
def test_the_written_gradient_is_used_to_any_order(traced: bool) -> None:
    def second(x: Any) -> Any:
        return slope(lambda v: slope(log1pexp, v), x)

    first = tf.function(lambda x: slope(log1pexp, x)) if traced else None
    x = tf.constant(100.0)
    assert float(first(x) if first else slope(log1pexp, x)) == 1.0
    second = tf.function(second) if traced else second
    assert float(second(tf.constant(0.0))) == pytest.approx(0.25)


@pytest.mark.parametrize("traced", [False, True])
def test_variables_get_their_gradients(traced: bool) -> None:
    v = tf.Variable(3.0)

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        def grad(dy: Any, variables: Any = None) -> Any:
            assert variables == [v]
            return dy * 5.0, [dy * 7.0]

        return x * v, grad

    def both(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = scaled(x)
        return tape.gradient(y, [x, v])

    found = (tf.function(both) if traced else both)(tf.constant(2.0))
    assert [float(g) for g in found] == [5.0, 7.0]


def test_a_gradient_function_must_take_variables_and_return_them() -> None:
    v = tf.Variable(1.0)
    without = tf.custom_gradient(lambda x: (x * v, lambda dy: dy))
    with pytest.raises(TypeError, match="must accept keyword argument 'variables'"):
        without(tf.constant(1.0))
    empty = tf.custom_gradient(
        lambda x: (x * v, lambda dy, variables: (dy, variables[1:]))
    )
    with pytest.raises(ValueError, match="Must return gradient for each variable"):
        slope(empty, tf.constant(1.0))


def test_the_number_of_gradients_is_checked() -> None:
    f = tf.custom_gradient(lambda x, y: (x * y, lambda dy: dy))
    x = tf.constant(2.0)
    with pytest.raises(ValueError, match="expected to return 2 gradients"):
        slope(lambda v: f(v, v), x)


def test_keyword_arguments_are_for_eager_calls() -> None:
    f = tf.custom_gradient(lambda x, k=1.0: (x * k, lambda dy: dy))
    assert float(f(tf.constant(2.0), k=3.0)) == 6.0
    with pytest.raises(ValueError, match="only when eager execution is enabled"):
        tf.function(lambda x: f(x, k=3.0))(tf.constant(2.0))


def test_structures_of_arguments_and_results() -> None:
    @tf.custom_gradient
    def f(pair: Any) -> Any:
        a, b = pair
        return {"sum": a + b, "product": a * b}, lambda dp, ds: [dp * 10, ds * 100]

    a, b = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = f([a, b])
    assert {k: float(v) for k, v in y.items()} == {"sum": 5.0, "product": 6.0}
    assert [float(g) for g in tape.gradient(y, [a, b])] == [10.0, 100.0]


def test_recompute_grad_runs_the_function_again() -> None:
    runs: list[int] = []
    v = tf.Variable(2.0)

    @tf.recompute_grad
    def f(x: Any) -> Any:
        runs.append(1)
        return x * x * v

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert [float(g) for g in tape.gradient(y, [x, v])] == [12.0, 9.0]
    assert len(runs) == 2


def test_grad_pass_through_is_the_straight_through_estimator() -> None:
    rounded = tf.grad_pass_through(tf.round)
    assert float(slope(lambda x: rounded(x) * 2.0, tf.constant(3.3))) == 2.0


def test_a_function_without_arguments_keeps_the_gradient_of_what_it_computes() -> None:
    x = tf.constant(3.0)

    @tf.custom_gradient
    def square() -> Any:
        return x * x, lambda dy: dy * 7.0

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = square()
    assert float(tape.gradient(y, x)) == 6.0


def test_a_method_gives_no_gradient_for_its_object() -> None:
    class Scale:
        factor = 2.0

        @tf.custom_gradient
        def __call__(self, x: Any) -> Any:
            return x * self.factor, lambda dy: dy * 9.0

    assert float(slope(Scale(), tf.constant(1.0))) == 9.0
    assert callable(Scale.__call__)


def test_jacobians_go_through_gradients_of_users() -> None:
    x = tf.constant([1.0, 2.0])

    @tf.custom_gradient
    def square(x: Any) -> Any:
        return x * x, lambda dy: dy * 5.0 * x

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = square(x)
    assert tape.jacobian(y, x).numpy().tolist() == [[5, 0], [0, 10]]


# ---- inside traced functions


def scaled(x: Any, w: Any) -> Any:
    """Return x · tanh(w), with a gradient that uses what its closure holds."""
    h = tf.tanh(w)

    @tf.custom_gradient
    def product(a: Any) -> Any:
        b = a * h
        return b, lambda dy: dy * w * h * b

    return product(x)


X, W = tf.constant([1.0, 2.0]), tf.constant([3.0, 5.0])
WAYS = {
    "a function": tf.function(scaled),
    "a function in another": tf.function(lambda x, w: tf.function(scaled)(x, w)),
    "a branch": tf.function(
        lambda x, w: tf.cond(w[0] > 0, lambda: scaled(x, w), lambda: x)
    ),
    "a loop": tf.function(
        lambda x, w: tf.while_loop(
            lambda i, _: i < 1, lambda i, a: (i + 1, scaled(a, w)), [0, x]
        )[1]
    ),
}


@pytest.mark.parametrize("f", WAYS.values(), ids=WAYS.keys())
def test_a_gradient_may_use_what_the_function_around_it_computed(f) -> None:
    with tf.GradientTape() as outer:
        outer.watch(X)
        with tf.GradientTape() as tape:
            tape.watch(X)
            y = f(X, W)
        slope = tape.gradient(y, X)
    np.testing.assert_allclose(slope, W * tf.tanh(W) * X * tf.tanh(W), rtol=1e-6)
    second = [2.9704018, 4.999092]  # the user's gradient, twice, as in TensorFlow
    np.testing.assert_allclose(outer.gradient(slope, X), second, rtol=1e-6)


def test_a_gradient_may_be_made_of_the_function_itself() -> None:
    @tf.custom_gradient
    def exponential(x: Any) -> Any:
        return tf.exp(x), lambda dy: dy * exponential(x)

    @tf.function
    def f(x: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = exponential(2.0 * x)
            slope = tape.gradient(y, x)
        return slope, outer.gradient(slope, x)

    slope, second = f(tf.constant(0.5))
    np.testing.assert_allclose([slope, second], [2 * np.e, 4 * np.e], rtol=1e-6)


def test_what_a_gradient_raises_is_raised_when_it_is_asked_for() -> None:
    @tf.custom_gradient
    def one_way(x: Any) -> Any:
        def gradient(dy: Any) -> Any:
            raise NotImplementedError("there is no way back")

        return x + 1, gradient

    f = tf.function(one_way)
    assert float(f(tf.constant(1.0))) == 2

    def differentiated() -> None:
        with tf.GradientTape() as tape:
            tape.watch(X)
            f(X)  # under a tape, the gradient is made with the call

    with pytest.raises(NotImplementedError, match="there is no way back"):
        differentiated()


def test_gradients_by_slices_stay_slices_in_functions() -> None:
    table = tf.constant([[1.0], [2.0], [3.0]])

    @tf.custom_gradient
    def row(t: Any) -> Any:
        return t[1], lambda dy: tf.IndexedSlices(dy[None] * 7, [1], [3, 1])

    @tf.function
    def f(t: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(t)
            y = row(t)
        return tf.convert_to_tensor(tape.gradient(y, t))

    np.testing.assert_array_equal(f(table), [[0], [7], [0]])


def test_saved_functions_keep_gradients_with_closures(tmp_path) -> None:
    module = tf.Module()
    spec = tf.TensorSpec([2])
    module.f = tf.function(scaled, input_signature=[spec, spec])
    tf.saved_model.save(module, str(tmp_path))
    restored = tf.saved_model.load(str(tmp_path))
    with tf.GradientTape() as tape:
        tape.watch(X)
        y = restored.f(X, W)
    expected = W * tf.tanh(W) * X * tf.tanh(W)
    np.testing.assert_allclose(tape.gradient(y, X), expected, rtol=1e-6)
