"""tf.raw_ops: every name has TensorFlow's arguments, which are given by keyword."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

import tensor as tf

SIGNATURES = json.loads(
    (Path(__file__).parent / "oracle_values/raw_ops.json").read_text()
)


def test_raw_ops_have_the_arguments_of_tensorflows() -> None:
    ours = {
        name: list(inspect.signature(getattr(tf.raw_ops, name)).parameters)
        for name in dir(tf.raw_ops)
    }
    assert ours == SIGNATURES


def test_arguments_are_given_by_keyword_and_in_full() -> None:
    add = tf.raw_ops.AddV2
    assert repr(add) == "<raw op AddV2(*, x, y, name=None)>"
    with pytest.raises(TypeError, match="AddV2 only takes keyword args"):
        add(1, 2)
    with pytest.raises(TypeError, match="missing a required argument: 'y'"):
        add(x=1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        add(x=1, y=2, z=3)


def test_singular_vectors_that_are_not_asked_for_are_none() -> None:
    found = tf.raw_ops.Svd(input=[[2.0, 0.0], [0.0, 1.0]], compute_uv=False)
    assert found.s.numpy().tolist() == [2, 1]
    assert found.u is found.v is None


def test_a_raw_op_that_is_not_here_says_so() -> None:
    with pytest.raises(AttributeError, match=r"tf\.raw_ops\.NoSuchOp is not part"):
        _ = tf.raw_ops.NoSuchOp


def test_raw_ops_run_in_traced_functions_and_have_gradients() -> None:
    square = tf.function(lambda x: tf.raw_ops.Mul(x=x, y=x))
    x = tf.constant([3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = square(x)
    assert tape.gradient(y, x).numpy().tolist() == [6]
