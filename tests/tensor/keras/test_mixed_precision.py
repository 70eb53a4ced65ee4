"""Layers that compute in half precision and keep their weights in full."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16"])
def policy(request):
    keras.mixed_precision.set_global_policy(request.param)
    yield keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(None)


def test_weights_are_full_and_outputs_half(policy):
    dense = layers.Dense(2, kernel_initializer="ones")
    y = dense(tf.ones([1, 3]))
    assert dense.kernel.dtype == tf.float32
    assert y.dtype.name == policy.compute_dtype
    assert dense.dtype_policy == policy
    np.testing.assert_array_equal(np.asarray(y, np.float32), [[3.0, 3.0]])


def test_gradients_are_full(policy):
    del policy
    dense = layers.Dense(2, kernel_initializer="ones")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.cast(dense(tf.ones([1, 3])), "float32"))
    kernel, bias = tape.gradient(loss, dense.trainable_variables)
    assert kernel.dtype == bias.dtype == tf.float32
    np.testing.assert_array_equal(kernel, np.ones((3, 2)))


def test_gradients_are_full_in_functions_too(policy):
    del policy
    dense = layers.Dense(2)
    dense.build([None, 3])

    @tf.function
    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.cast(dense(x), "float32"))
        return tape.gradient(loss, dense.trainable_variables)

    assert [g.dtype for g in gradients(tf.ones([4, 3]))] == [tf.float32, tf.float32]


def test_normalization_keeps_its_statistics_in_full_precision(policy):
    layer = layers.BatchNormalization()
    y = layer(tf.constant([[1.0], [3.0]]), training=True)
    assert y.dtype.name == policy.compute_dtype
    np.testing.assert_allclose(layer.moving_mean, [0.02], rtol=1e-5)


def test_a_model_trains(policy):
    del policy
    model = keras.Sequential([layers.Dense(4, input_shape=(1,)), layers.Dense(1)])
    model.add(layers.Activation("linear", dtype="float32"))
    model.compile(keras.optimizers.SGD(0.05), "mse", run_eagerly=True)
    x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(-1, 1)
    losses = model.fit(x, 2 * x, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.2 * losses[0]
    config = layers.serialize(model.layers[0])
    assert layers.deserialize(config).compute_dtype == model.layers[0].compute_dtype


def test_weights_may_stay_as_they_are():
    class Reading(layers.Layer):
        def build(self, _):
            self.kept = self.add_weight("kept", (), experimental_autocast=False)
            self.asked = self.add_weight("asked", (), dtype="float32")
            self.counted = self.add_weight("counted", (), "int32", "zeros")

        def call(self, x):
            read = (self.kept, self.asked, self.counted)
            self.seen = [(variable + 0).dtype.name for variable in read]
            return x

    layer = Reading(dtype="mixed_float16")
    layer(tf.ones([2]))
    assert layer.seen == ["float32", "float16", "int32"]
