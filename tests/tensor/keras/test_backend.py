"""tf.keras.backend answers as Keras does."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import tensor as tf

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("cases", HERE / "backend_cases.py")
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)

K = tf.keras.backend
ANSWERS = np.load(HERE / "oracle_values" / "backend.npz")


def test_all_functions_give_the_numbers_of_keras():
    for expression, answer in cases.answers(tf):
        expected = ANSWERS[expression]
        assert answer.dtype == expected.dtype, expression
        np.testing.assert_allclose(
            answer, expected, rtol=1e-5, atol=1e-6, err_msg=expression
        )


def test_variables_are_read_and_set():
    x = K.variable([1, 2], name="x")
    assert x.dtype == tf.float32
    K.update_add(x, [1.0, 1.0])
    K.update_sub(x, [0.0, 1.0])
    np.testing.assert_array_equal(K.get_value(x), [2, 2])
    K.batch_set_value([(x, [5, 6])])
    np.testing.assert_array_equal(K.eval(x), [5, 6])
    assert K.batch_get_value([x])[0].tolist() == [5, 6]
    assert K.get_value(3) == 3
    K.set_value(x, K.get_value(x) * 2)
    assert x.numpy().tolist() == [10, 12]


def test_a_tensor_of_layers_is_told_from_a_plain_one():
    assert K.is_keras_tensor(tf.keras.Input((2,)))
    assert not K.is_keras_tensor(tf.constant(1))
    assert not K.is_sparse(tf.constant(1))
    with pytest.raises(ValueError, match="Unexpectedly found an instance"):
        K.is_keras_tensor(np.zeros(2))


def test_functions_build_models_too():
    x = tf.keras.Input((4,))
    model = tf.keras.Model(x, K.sum(K.square(x), axis=1, keepdims=True))
    assert model.output_shape == (None, 1)
    assert model(tf.ones((2, 4))).numpy().tolist() == [[4], [4]]


def test_random_numbers_follow_the_seed():
    tf.random.set_seed(1)
    uniform = K.random_uniform((50,), 2, 5, seed=1)
    assert float(tf.reduce_min(uniform)) >= 2
    assert float(tf.reduce_max(uniform)) < 5
    draws = K.random_bernoulli((1000,), p=0.2, seed=3)
    assert 130 < float(tf.reduce_sum(draws)) < 270
    assert K.random_normal_variable((2, 3), 0, 1).shape == (2, 3)


def test_gradients_point_to_the_tape():
    with pytest.raises(RuntimeError, match="GradientTape"):
        K.gradients(None, [])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: K.batch_dot(np.ones(2), np.ones(2)), "rank < 2"),
        (lambda: K.batch_dot(np.ones((2, 2)), np.ones((2, 2)), axes=0), "axis 0"),
        (lambda: K.batch_dot(np.ones((2, 3)), np.ones((2, 2))), r"3 != 2"),
        (
            lambda: K.bias_add(tf.ones((1, 2, 2, 3)), np.ones((2, 2))),
            "Unexpected bias dimensions",
        ),
        (
            lambda: K.pool2d(tf.ones((1, 4, 4, 1)), (2, 2), pool_mode="min"),
            "Invalid pooling mode",
        ),
        (
            lambda: K.switch(tf.ones((2, 2, 1)), tf.ones(2), tf.ones(2)),
            "Rank of `condition`",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
