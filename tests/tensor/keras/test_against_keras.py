"""Layers, losses, metrics and optimizers give the numbers of Keras."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import tensor as tf

_spec = importlib.util.spec_from_file_location(
    "cases", Path(__file__).parent / "cases.py"
)
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)

VALUES = np.load(Path(__file__).parent / "oracle_values" / "keras.npz")
CASES = dict(cases.all_cases(tf))


@pytest.mark.parametrize("key", list(CASES))
def test_gives_the_numbers_of_keras(key):
    results = CASES[key]()
    count = sum(name.startswith(f"{key} #") for name in VALUES.files)
    assert len(results) == count
    for i, result in enumerate(results):
        expected = VALUES[f"{key} #{i}"]
        assert result.shape == expected.shape, f"result {i}"
        np.testing.assert_allclose(
            result, expected, rtol=2e-4, atol=2e-5, err_msg=f"result {i}"
        )
