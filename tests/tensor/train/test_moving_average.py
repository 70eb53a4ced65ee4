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
    with pytest.raises(ValueError, match="zero_debias"):
        tf.train.ExponentialMovingAverage(0.9, zero_debias=True)
    with pytest.raises(ValueError, match="Pass the variables"):
        tf.train.ExponentialMovingAverage(0.9).apply()
