"""Second derivatives through random numbers and side effects, which happen once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

COUNT = tf.Variable(0)


def noise() -> Any:
    """Return a random number, and count how many were drawn."""
    COUNT.assign_add(1)
    return tf.random.uniform([], 1.0, 2.0)


def in_branch(x: Any) -> tuple[Any, Any]:
    def drawn() -> tuple[Any, Any]:
        r = noise()
        return x * x * x * r, r

    z, r = tf.cond(x > 0, drawn, lambda: (x, x))
    return z, r


def in_loop(x: Any) -> tuple[Any, Any]:
    def body(i: Any, product: Any, scale: Any) -> tuple[Any, Any, Any]:
        r = noise()
        return i + 1, product * x * r, scale * r

    _, z, r = tf.while_loop(lambda i, *_: i < 3, body, (0, x / x, tf.constant(1.0)))
    return z, r


def in_branch_in_loop(x: Any) -> tuple[Any, Any]:
    def drawn(product: Any, scale: Any) -> tuple[Any, Any]:
        r = noise()
        return product * x * r, scale * r

    def body(i: Any, product: Any, scale: Any) -> tuple[Any, Any, Any]:
        z, r = tf.cond(
            i % 2 == 0,
            lambda: drawn(product, scale),
            lambda: (product * x, scale),
        )
        return i + 1, z, r

    _, z, r = tf.while_loop(lambda i, *_: i < 3, body, (0, x / x, tf.constant(1.0)))
    return z, r


def in_loop_in_loop(x: Any) -> tuple[Any, Any]:
    def inner(i: Any, product: Any, scale: Any) -> tuple[Any, Any, Any]:
        r = noise()
        return i + 1, product * r, scale * r

    def outer(i: Any, product: Any, scale: Any) -> tuple[Any, Any, Any]:
        state = (0, product, scale)
        _, z, r = tf.while_loop(lambda j, *_: j <= i, inner, state)
        return i + 1, z * x, r

    _, z, r = tf.while_loop(lambda i, *_: i < 3, outer, (0, x / x, tf.constant(1.0)))
    return z, r


def in_condition(x: Any) -> tuple[Any, Any]:
    def undecided(i: Any, _: Any) -> Any:
        return tf.logical_and(i < 3, noise() > 0)

    _, z = tf.while_loop(undecided, lambda i, y: (i + 1, y * x), (0, x / x))
    return z, tf.ones([])


PROGRAMS = [in_branch, in_loop, in_branch_in_loop, in_loop_in_loop, in_condition]


def both_inside(program: Any) -> Any:
    @tf.function
    def f(x: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                z, r = program(x)
            d = tape.gradient(z, x)
        return z, r, d, outer.gradient(d, x)

    return f


def one_inside(program: Any) -> Any:
    @tf.function
    def derivative(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            z, r = program(x)
        return z, r, tape.gradient(z, x)

    def f(x: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            z, r, d = derivative(x)
        return z, r, d, outer.gradient(d, x)

    return f


def both_outside(program: Any) -> Any:
    traced = tf.function(program)

    def f(x: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                z, r = traced(x)
            d = tape.gradient(z, x)
        return z, r, d, outer.gradient(d, x)

    return f


def persistent(program: Any) -> Any:
    traced = tf.function(program)

    def f(x: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            z, r = traced(x)
            d = tape.gradient(z, x)
        return z, r, d, tape.gradient(d, x)

    return f


@pytest.mark.parametrize("tapes", [both_inside, one_inside, both_outside, persistent])
@pytest.mark.parametrize("program", PROGRAMS)
def test_random_numbers_are_drawn_once_and_used_again(program: Any, tapes: Any) -> None:
    """Each program gives x³ times the product of the numbers it drew, and that."""
    f = tapes(program)
    for x in (1.5, 0.5):
        COUNT.assign(0)
        z, r, first, second = [float(t) for t in f(tf.constant(x))]
        drawn = {in_branch: 1, in_loop: 3, in_branch_in_loop: 2}.get(program)
        assert int(COUNT) == drawn or (drawn is None and int(COUNT) in (4, 6))
        expected = [x**3 * r, 3 * x**2 * r, 6 * x * r]
        np.testing.assert_allclose([z, first, second], expected, rtol=1e-5)


def test_values_of_unknown_shape_are_recorded_too() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None]), tf.TensorSpec([], tf.int32)])
    def f(x: Any, n: Any) -> Any:
        def drawn(y: Any) -> Any:
            return y * x * tf.random.uniform(tf.shape(x), 1.0, 2.0)

        def body(i: Any, y: Any) -> Any:
            return i + 1, tf.cond(i > 0, lambda: drawn(y), lambda: y * x)

        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                z = tf.while_loop(lambda i, _: i < n, body, (0, x))[1]
            d = tape.gradient(z, x)
        return z, d, outer.gradient(d, x)

    x = np.float32([0.5, 2.0])
    for n in (0, 1, 3):
        z, first, second = f(tf.constant(x), n)
        np.testing.assert_allclose(first, (n + 1) * z / x, rtol=1e-5)
        expected = n * (n + 1) * z / x**2
        if n:
            np.testing.assert_allclose(second, expected, rtol=1e-5)


@pytest.mark.parametrize("tapes", [both_outside, persistent])
def test_functions_of_python_are_differentiated_twice(tapes: Any) -> None:
    def program(x: Any) -> Any:
        def cubed() -> Any:
            y = tf.py_function(lambda y: y * y * y, [x], tf.float32)
            y.set_shape([])
            return y * x

        z = tf.cond(x > 0, cubed, lambda: x)
        return z, z

    z, _, first, second = [float(t) for t in tapes(program)(tf.constant(1.5))]
    np.testing.assert_allclose([z, first, second], [1.5**4, 13.5, 27.0], rtol=1e-5)


def test_what_is_printed_and_asserted_in_branches_happens_once(capfd: Any) -> None:
    def program(x: Any) -> Any:
        def told() -> Any:
            tf.print("here")
            tf.debugging.assert_greater(x, 0.0)
            return x * x * x

        z = tf.cond(x > 0, told, lambda: x)
        return z, z

    z, _, first, second = [float(t) for t in both_inside(program)(tf.constant(2.0))]
    assert (z, first, second) == (8, 12, 12)
    assert capfd.readouterr().err == "here\n"


def test_loops_may_return_what_they_took_from_outside() -> None:
    @tf.function
    def f(x: Any) -> Any:
        y = x * x
        z = tf.while_loop(lambda i, _: i < 2, lambda i, _: (i + 1, y), (0, x))[1]
        return z * y

    assert both_inside(lambda x: (f(x), x))(tf.constant(2.0))[3] == 48
    assert both_outside(lambda x: (f(x), x))(tf.constant(2.0))[3] == 48
