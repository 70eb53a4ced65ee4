"""LossScaleOptimizer: losses scaled up, gradients down, and steps left out."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
LossScaleOptimizer = keras.mixed_precision.LossScaleOptimizer


def test_a_scaled_loss_gives_the_same_step():
    optimizer = LossScaleOptimizer(keras.optimizers.SGD(1.0))
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(v * v)
        scaled = optimizer.get_scaled_loss(loss)
    np.testing.assert_allclose(scaled, 5 * 2.0**15)
    gradients = optimizer.get_unscaled_gradients([*tape.gradient(scaled, [v]), None])
    np.testing.assert_allclose(gradients[0], [2.0, 4.0])
    assert gradients[1] is None
    optimizer.apply_gradients([(gradients[0], v)])
    np.testing.assert_allclose(v, [-1.0, -2.0])
    optimizer.minimize(lambda: tf.reduce_sum(v * v), [v])
    np.testing.assert_allclose(v, [1.0, 2.0])


def test_gradients_that_are_not_finite_halve_the_scale_and_change_nothing():
    optimizer = LossScaleOptimizer(keras.optimizers.SGD(1.0), initial_scale=4)
    v = tf.Variable([1.0])
    optimizer.apply_gradients([(tf.constant([np.inf]), v)])
    np.testing.assert_array_equal(v, [1.0])
    assert float(optimizer.loss_scale) == 2.0
    assert int(optimizer.iterations) == 1


def test_the_scale_doubles_after_enough_finite_steps():
    optimizer = LossScaleOptimizer(
        keras.optimizers.SGD(0.0), initial_scale=4.0, dynamic_growth_steps=2
    )
    v = tf.Variable([1.0])
    scales = []
    for _ in range(4):
        optimizer.apply_gradients([(tf.constant([1.0]), v)])
        scales.append(float(optimizer.loss_scale))
    assert scales == [4.0, 8.0, 8.0, 16.0]
    assert int(optimizer.dynamic_counter) == 0


def test_a_fixed_scale_stays():
    optimizer = LossScaleOptimizer(
        keras.optimizers.SGD(1.0), dynamic=False, initial_scale=8.0
    )
    v = tf.Variable([1.0])
    optimizer.apply_gradients([(tf.constant([1.0]), v)])
    assert float(optimizer.loss_scale) == 8.0
    assert optimizer.dynamic_growth_steps is None
    assert optimizer.dynamic_counter is None


def test_its_settings_are_those_of_the_inner_optimizer():
    optimizer = LossScaleOptimizer(keras.optimizers.SGD(0.5, momentum=0.9))
    optimizer.learning_rate = 0.25
    assert float(optimizer.inner_optimizer.lr) == 0.25
    assert optimizer.momentum == 0.9
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert isinstance(copy, LossScaleOptimizer)
    assert copy.get_config() == optimizer.get_config()
    assert optimizer.get_config()["dynamic_growth_steps"] == 2000


def test_fit_scales_under_the_policy_of_half_precision():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        dense = keras.layers.Dense(2, kernel_initializer="ones", input_shape=(3,))
        model = keras.Sequential([dense])
        model.compile("sgd", "mse")
    finally:
        keras.mixed_precision.set_global_policy("float32")
    history = model.fit(np.ones((4, 3)), np.zeros((4, 2)), epochs=2, verbose=0).history
    assert isinstance(model.optimizer, LossScaleOptimizer)
    # As Keras: the first gradients overflow, and that halves the scale.
    assert history["loss"] == [9.0, 9.0]
    np.testing.assert_allclose(model.get_weights()[0], np.full((3, 2), 0.97))
    assert float(model.optimizer.loss_scale) == 2.0**14


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3,), TypeError, "must be an instance of `tf.keras.optimizers.Optimizer`"),
        (("inner", 1), TypeError, '"dynamic" argument .* must be a bool'),
        (("inner", False), ValueError, '"initial_scale" must be specified'),
        (("inner", False, 2.0, 3), ValueError, '"dynamic_growth_steps" must be None'),
        (("wrapped",), TypeError, "cannot wrap another LossScaleOptimizer"),
    ],
)
def test_refuses(arguments, error, message):
    inner = keras.optimizers.SGD()
    given = {"inner": inner, "wrapped": LossScaleOptimizer(inner)}
    with pytest.raises(error, match=message):
        LossScaleOptimizer(*[given.get(a, a) for a in arguments])


def test_refuses_steps_without_gradients():
    optimizer = LossScaleOptimizer(keras.optimizers.SGD())
    with pytest.raises(ValueError, match="No gradients provided"):
        optimizer.apply_gradients([(None, tf.Variable(1.0))])
    with pytest.raises(TypeError, match="Unknown keyword"):
        optimizer.apply_gradients([], wrong=1)
    with pytest.raises(AttributeError, match="no attribute 'wrong'"):
        _ = keras.mixed_precision.wrong
    with pytest.raises(AttributeError, match="wrong"):
        _ = optimizer.wrong
