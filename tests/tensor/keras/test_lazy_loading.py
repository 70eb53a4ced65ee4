"""Keras loads when it is used, and part by part."""

import subprocess
import sys

import pytest

COUNT = (
    "import sys; print(sorted(m for m in sys.modules if m.startswith('tensor.keras')))"
)


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("import tensor", "[]"),
        ("import tensor.keras", "['tensor.keras']"),
        ("import tensor; tensor.keras", "['tensor.keras']"),
    ],
)
def test_an_import_loads_no_more_than_it_needs(statement, loaded):
    result = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{COUNT}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == loaded


def test_initializers_of_the_top_level_are_those_of_keras():
    import tensor as tf

    assert tf.zeros_initializer is tf.keras.initializers.Zeros
    assert tf.losses is tf.keras.losses
    assert tf.metrics is tf.keras.metrics
    assert tf.optimizers is tf.keras.optimizers
    assert "zeros_initializer" in dir(tf)
    assert "layers" in dir(tf.keras)
