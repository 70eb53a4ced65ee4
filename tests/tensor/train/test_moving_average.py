"""tf.train.ExponentialMovingAverage."""

from __future__ import annotations

import pytest

import tensor as tf


def test_averages_follow_slowly() -> None:
    v = tf.Variable(1.0, name="v")
    ema = tf.train.ExponentialMovingAverage(0.9)
    assert ema.average(v) is None
    ema.apply([v])
    assert float(ema.average(v)) == 1.0
    v.assign(2.0)
    ema.apply([v])
    assert float(ema.average(v)) == pytest.approx(1.1)
    assert ema.average(v).name == "v/ExponentialMovingAverage:0"


def test_averages_follow_faster_at_first() -> None:
    v = tf.Variable(0.0)
    step = tf.Variable(0)
    ema = tf.train.ExponentialMovingAverage(0.99, num_updates=step)
    ema.apply([v])
    v.assign(1.0)
    ema.apply([v])
    assert float(ema.average(v)) == pytest.approx(0.9)  # decay 1 / 10


def test_wrong_arguments() -> None:
    ema = tf.train.ExponentialMovingAverage(0.9, zero_debias=True, name="EMA")
    assert ema.name == "EMA"
    with pytest.raises(ValueError, match="Pass the variables"):
        ema.apply()
    with pytest.raises(TypeError, match="does not support non-Variable tensors"):
        ema.apply([tf.constant(1.0)])
    with pytest.raises(TypeError, match="must be half, float, or double: Variable:0"):
        ema.apply([tf.Variable(1)])


def test_averages_are_brought_up_to_date_inside_functions() -> None:
    v, step = tf.Variable(1.0), tf.Variable(0)
    ema = tf.train.ExponentialMovingAverage(0.5, num_updates=step)

    @tf.function
    def update() -> None:
        ema.apply([v])

    update()
    v.assign(2.0)
    step.assign(90)
    update()
    assert float(ema.average(v)) == 1.5
