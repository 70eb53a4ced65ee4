"""Keras's training on two replicas in one process gives TensorFlow's numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tensor as tf
from tests.strategies.keras_cases import CASES

VALUES = json.loads(
    (Path(__file__).parent / "oracle_values" / "keras.json").read_text()
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_histories_are_tensorflows(case) -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    found = case(tf, strategy)
    expected = VALUES[case.__name__]
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=2e-4, err_msg=name)


def test_rates_in_histories_are_numpy_numbers() -> None:
    from tests.strategies.keras_cases import falling_rate

    rates = falling_rate(tf, tf.distribute.get_strategy())["lr"]
    assert [type(rate) for rate in rates] == [np.float32] * 5
