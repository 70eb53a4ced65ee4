"""tf.autodiff.ForwardAccumulator: products with a direction, of any order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
import tensor.ops.distances  # with all families that load on first use
from tensor.core.registry import Op, all_ops
from tests.support.op_checks import is_differentiable, samples_of, scalar_function

Accumulator = tf.autodiff.ForwardAccumulator


def test_products_come_beside_the_values() -> None:
    x = tf.constant([2.0, 3.0])
    with Accumulator(x, tf.constant([1.0, 0.0])) as acc:
        y = x * x + tf.sin(x)
        z = tf.reduce_sum(x * x)
    np.testing.assert_allclose(acc.jvp(y), [4 + np.cos(2.0), 0.0], rtol=1e-6)
    assert [float(t) for t in acc.jvp([z, z])] == [4.0, 4.0]
    assert acc.jvp(x).numpy().tolist() == [1.0, 0.0]


def test_what_does_not_depend_has_none_or_zeros() -> None:
    x = tf.constant(1.0)
    with Accumulator(x, tf.constant(1.0)) as acc:
        y = tf.constant([3.0]) * 2.0
        z = tf.stop_gradient(x)
    assert acc.jvp(y) is None
    assert acc.jvp(z) is None
    assert acc.jvp(y, unconnected_gradients="zero").numpy().tolist() == [0.0]


def test_variables_can_be_primals() -> None:
    v = tf.Variable([1.0, 2.0])
    w = tf.Variable(3.0, trainable=False)
    with Accumulator([v, w], [tf.constant([1.0, 1.0]), tf.constant(1.0)]) as acc:
        y = v * v * w
    assert acc.jvp(y).numpy().tolist() == [7.0, 16.0]


def test_forward_over_reverse_gives_a_row_of_the_hessian() -> None:
    v = tf.Variable([1.0, 2.0])
    with Accumulator(v, tf.constant([1.0, 0.0])) as acc:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v * v * v)
        g = tape.gradient(y, v)
    assert g.numpy().tolist() == [3.0, 12.0]
    assert acc.jvp(g).numpy().tolist() == [6.0, 0.0]


def test_reverse_over_forward_gives_a_row_of_the_hessian() -> None:
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        with Accumulator(v, tf.constant([1.0, 0.0])) as acc:
            y = tf.reduce_sum(v * v * v)
        slope = acc.jvp(y)
    assert float(slope) == 3.0
    assert tape.gradient(slope, v).numpy().tolist() == [6.0, 0.0]


def test_forward_over_forward() -> None:
    x = tf.constant([2.0, 3.0])
    direction = tf.constant([1.0, 0.0])
    with Accumulator(x, direction) as outer:
        with Accumulator(x, direction) as inner:
            y = x**3
        slope = inner.jvp(y)
    assert outer.jvp(slope).numpy().tolist() == [12.0, 0.0]
    assert outer.jvp(y).numpy().tolist() == [12.0, 0.0]


def test_calls_of_traced_functions_have_products_too() -> None:
    x = tf.constant([2.0, 3.0])
    with Accumulator(x, tf.constant([1.0, 0.0])) as acc:
        y = tf.function(lambda x: x * x)(x)
    assert acc.jvp(y).numpy().tolist() == [4.0, 0.0]


def test_an_exception_leaves_no_accumulator_behind() -> None:
    from tensor.core.context import context

    x = tf.constant(1.0)
    with pytest.raises(tf.errors.InvalidArgumentError), Accumulator(x, x):
        tf.gather(x[None], [3])
    assert context.tapes == []


def test_wrong_arguments_are_named() -> None:
    x = tf.constant([1.0])
    with pytest.raises(ValueError, match="multiple times"):
        Accumulator([x, x], [x, x])
    with pytest.raises(ValueError, match="same nested structure"):
        Accumulator([x], [x, x])
    with pytest.raises(ValueError, match="Expected shape"):
        Accumulator(x, tf.constant([1.0, 2.0]))
    with pytest.raises(ValueError, match="is not a tensor or variable"):
        Accumulator(1.0, 1.0)
    acc = Accumulator(x, x)
    with acc, pytest.raises(ValueError, match="already recording"):
        acc.__enter__()


OPS = [op for op in all_ops() if is_differentiable(op)]


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.type_name)
def test_every_op_agrees_with_reverse_mode(op: Op) -> None:
    for sample in list(samples_of(op))[:2]:
        f, values = scalar_function(op, sample)
        if not values:
            continue
        rng = np.random.default_rng(0)
        tensors = [tf.constant(v) for v in values]
        directions: list[Any] = [tf.constant(rng.normal(size=v.shape)) for v in values]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            z = f(*tensors)
        expected = 0.0
        for g, u in zip(tape.gradient(z, tensors), directions, strict=True):
            if g is not None:
                expected += float(tf.reduce_sum(tf.convert_to_tensor(g) * u))
        with Accumulator(tensors, directions) as acc:
            z = f(*tensors)
        found = acc.jvp(z, unconnected_gradients="zero")
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
