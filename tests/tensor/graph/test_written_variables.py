"""Gradients where a branch or a loop both writes to a variable and reads it.

No gradient flows through an assignment, but every read is one of the variable. The
values are those of TensorFlow 2.21.
"""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf


def written_then_read(v: Any, x: Any, b: Any) -> Any:
    def branch() -> Any:
        v.assign_add(x)
        return v * v

    return tf.cond(b, branch, lambda: x * 1.0)


def read_written_read(v: Any, x: Any, b: Any) -> Any:
    def branch() -> Any:
        y = v * x
        v.assign(x * 2.0)
        return y + v * v * v

    return tf.cond(b, branch, lambda: x * v)


def written_by_one_branch(v: Any, x: Any, b: Any) -> Any:
    def branch() -> Any:
        v.assign_add(x)
        return tf.constant(1.0)

    return tf.cond(b, branch, lambda: x * 1.0) * v * v


def written_in_a_nested_branch(v: Any, x: Any, b: Any) -> Any:
    def inner() -> Any:
        v.assign_add(1.0)
        return v * v * x

    def outer() -> Any:
        z = v * 3.0
        v.assign_add(x)
        return tf.cond(x > 0.0, inner, lambda: x) + z * v

    return tf.cond(b, outer, lambda: x)


def read_written_read_in_a_loop(v: Any, x: Any, _: Any) -> Any:
    def step(i: Any, y: Any) -> Any:
        y = y + v * x
        v.assign(v * 2.0)
        return i + 1, y * v

    return tf.while_loop(lambda i, _: i < 3, step, [0, 1.0])[1]


def read_by_the_condition(v: Any, x: Any, _: Any) -> Any:
    def step(y: Any) -> Any:
        v.assign_add(1.0)
        return y * v

    return tf.while_loop(lambda _: v < 6.0, step, [x])[0]


def branch_in_a_loop(v: Any, x: Any, _: Any) -> Any:
    y = x
    for i in tf.range(4):
        if i % 2 == 0:
            v.assign_add(x)
            y = y + v * v
        else:
            y = y * v
    return y


def loop_in_a_branch(v: Any, x: Any, b: Any) -> Any:
    y = x
    if b:
        v.assign_add(x)
        for _i in tf.range(3):
            y = y * v
            v.assign_sub(1.0)
        y = y * v
    return y


@tf.function
def square_after(v: Any, x: Any) -> Any:
    v.assign_add(x)
    return v * v


def function_in_a_loop(v: Any, x: Any, _: Any) -> Any:
    y = x
    for _i in tf.range(2):
        y = y * square_after(v, x)
    return y


def tape_in_a_branch(v: Any, x: Any, b: Any) -> Any:
    def branch() -> Any:
        v.assign_add(x)
        a = v * 2.0
        with tf.GradientTape() as tape:
            y = v * v * v * a
        return tape.gradient(y, v)

    return tf.cond(b, branch, lambda: x)


def tape_in_a_loop(v: Any, x: Any, _: Any) -> Any:
    y = x
    for _i in tf.range(3):
        with tf.GradientTape() as tape:
            z = (v - x) ** 2
        v.assign_sub(0.1 * tape.gradient(z, v))
        y = z
    return y + v


def value_from_before(v: Any, x: Any, _: Any) -> Any:
    before = tf.convert_to_tensor(v)
    y = x
    for _i in tf.range(3):
        y = y + before * v
        v.assign_add(1.0)
        y = y + before * v * v
    return y


# For x = 2, v = 3, if the condition holds and if not (None: it is not used): the result
# and its derivatives by v and x; then, of the derivative by v plus twice that by x, the
# derivatives by v and x.
CASES: list[tuple[Any, Any, Any]] = [
    (written_then_read, (25, 10, 0, 2, 0), (2, 0, 1, 0, 0)),
    (read_written_read, (70, 50, 3, 26, 1), (6, 2, 3, 2, 1)),
    (written_by_one_branch, (25, 10, 0, 2, 0), (18, 12, 9, 16, 6)),
    (written_in_a_nested_branch, (126, 51, 36, 34, 12), (2, 0, 1, 0, 0)),
    (read_written_read_in_a_loop, (16128, 8064, 7200, 10336, 3780), None),
    (read_by_the_condition, (240, 148, 120, 208, 74), None),
    (branch_in_a_loop, (1288, 821, 35, 430, 12), None),
    (loop_in_a_branch, (240, 308, 120, 592, 154), (2, 0, 1, 0, 0)),
    (function_in_a_loop, (2450, 1680, 1225, 2536, 840), None),
    (tape_in_a_branch, (750, 450, 0, 180, 0), (2, 0, 1, 0, 0)),
    (tape_in_a_loop, (2.9215996, 2.28, -1.28, -2, 2), None),
    (value_from_before, (269, 188, 1, 84, 0), None),
]


def derivatives(run: Any, v: Any, x: Any, b: Any) -> list[Any]:
    """Return a program's result with its first and second derivatives."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = run(v, x, b)
        first = tape.gradient(y, [v, x], unconnected_gradients="zero")
        total = first[0] + 2.0 * first[1]
    return [y, *first, *outer.gradient(total, [v, x])]


@pytest.mark.parametrize("program", CASES, ids=lambda case: case[0].__name__)
def test_gradients_of_variables_that_branches_and_loops_write_to(program: Any) -> None:
    run, *expected = program
    inside = tf.function(lambda v, x, b: derivatives(run, v, x, b))
    traced = tf.function(run)
    outside = lambda v, x, b: derivatives(traced, v, x, b)  # noqa: E731
    for truth, values in zip((True, False), expected, strict=True):
        for way in (inside, outside):
            if values is not None:
                v = tf.Variable(3.0)
                found = way(v, tf.constant(2.0), tf.constant(truth))
                assert [float(g) for g in found] == pytest.approx(values)


def test_a_read_for_gradients_only_is_not_made() -> None:
    v = tf.Variable(tf.zeros([4]))

    @tf.function
    def count(n: Any) -> Any:
        for _i in tf.range(n):
            v.assign_add(tf.ones([4]))
        return tf.reduce_sum(v)

    text = count.get_concrete_function(tf.constant(3)).explain()
    after = text.partition("as run:")[2]
    assert float(count(tf.constant(3))) == 12
    assert after.index("While") < after.index("ReadVariableOp")
