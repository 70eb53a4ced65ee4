"""Random programs give the same traced as eagerly, gradients included."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st

import tensor as tf

Step = tuple[int, int, int]


def _loop(x: Any, y: Any) -> Any:
    return tf.while_loop(
        lambda i, _: i < 3, lambda i, a: (i + 1, tf.tanh(a * y) + x), (0, x)
    )[1]


def _nested(x: Any, y: Any) -> Any:
    def body(i: Any, a: Any) -> Any:
        inner = tf.while_loop(
            lambda j, _: j < i, lambda j, b: (j + 1, tf.sin(b) * y), (0, a)
        )
        return i + 1, inner[1]

    return tf.while_loop(lambda i, _: i < 3, body, (0, x))[1]


def _branch(x: Any, y: Any) -> Any:
    return tf.cond(
        tf.reduce_sum(x) > tf.reduce_sum(y), lambda: x * y, lambda: tf.sin(x) - y
    )


def _rows(x: Any, y: Any) -> Any:
    return tf.map_fn(lambda row: row * tf.reduce_sum(y) + row[0], x)


# Each takes and gives float64 matrices of shape (2, 3).
BINARY = [
    lambda x, y: x + y,
    lambda x, y: x * y,
    lambda x, y: x - 2.0 * y,
    lambda x, y: x / (1.5 + tf.sin(y)),
    lambda x, y: tf.where(x > y, x, tf.tanh(y)),
    lambda x, y: tf.matmul(x, tf.matmul(y, x, transpose_a=True)),
    lambda x, y: tf.matmul(tf.matmul(x, tf.transpose(y)), x),
    lambda x, y: x + tf.reduce_sum(y, axis=0),
    lambda x, y: x * tf.reduce_mean(y, axis=1, keepdims=True),
    lambda x, y: tf.concat([x[:, 1:], y[:, :1]], 1),
    lambda x, y: tf.stack([x[0], y[1]]),
    lambda x, y: tf.maximum(x, y) + tf.minimum(x, 0.1),
    lambda x, y: x + 0.0 * y + 1.0 * x,
    _loop,
    _nested,
    _branch,
    _rows,
]
UNARY = [
    tf.sin,
    tf.tanh,
    lambda x: tf.exp(tf.minimum(x, 1.0)),
    lambda x: tf.negative(-x),
    lambda x: tf.reshape(tf.transpose(x), [2, 3]),
    lambda x: tf.reverse(x, [0])[:, ::-1],
    lambda x: tf.square(tf.sqrt(tf.abs(x) + 0.5)),
    lambda x: x + tf.cast(tf.shape(x)[1], x.dtype),
    lambda x: tf.stop_gradient(x) * x,
    lambda x: tf.nn.relu(x) + tf.sigmoid(x),
    lambda x: tf.broadcast_to(tf.reduce_max(x, axis=0), [2, 3]),
    lambda x: tf.identity(x) * tf.ones_like(x),
]

steps = st.tuples(
    st.integers(0, len(BINARY) + len(UNARY) - 1), st.integers(0, 50), st.integers(0, 50)
)


def _run(program: list[Step], writes: bool, x: Any, y: Any, v: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        values = [x, y, v * 1.0]
        for op, i, j in program:
            a, b = values[i % len(values)], values[j % len(values)]
            if op < len(BINARY):
                values.append(BINARY[op](a, b))
            else:
                values.append(UNARY[op - len(BINARY)](a))
        target = tf.reduce_sum(tf.tanh(values[-1])) + tf.reduce_mean(values[-2])
    grads = tape.gradient(target, [x, y, v], unconnected_gradients="zero")
    if writes:
        v.assign_add(0.1 * grads[2])
        v.assign(v - grads[0])
    return [target, values[-1], *grads, v + 0.0]


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(steps, min_size=1, max_size=8), st.booleans(), st.integers(0, 2**31))
def test_a_random_program_gives_the_same_traced(
    program: list[Step], writes: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y, start = rng.uniform(-1, 1, size=(3, 2, 3))
    x, y = tf.constant(x), tf.constant(y)
    variables = [tf.Variable(start), tf.Variable(start)]
    expected = _run(program, writes, x, y, variables[0])
    traced = tf.function(
        lambda a, b: _run(program, writes, a, b, variables[1]), autograph=False
    )
    found = traced(x, y)
    for e, t in zip(expected, found, strict=True):
        assert e.dtype is t.dtype
        assert e.shape == t.shape
        np.testing.assert_allclose(t, e, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(*variables, rtol=1e-9, atol=1e-9)
    if writes:
        return
    # Once more from outside: the tape sees one call.
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        z = traced(x, y)[1]
    with tf.GradientTape() as eager:
        eager.watch([x, y])
        w = _run(program, writes, x, y, variables[0])[1]
    for e, t in zip(
        eager.gradient(w, [x, y], unconnected_gradients="zero"),
        tape.gradient(z, [x, y], unconnected_gradients="zero"),
        strict=True,
    ):
        np.testing.assert_allclose(t, e, rtol=1e-8, atol=1e-8)
