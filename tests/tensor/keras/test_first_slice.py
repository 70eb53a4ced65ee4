"""Sequential, Dense, SGD, Adam and fit: the numbers are Keras's, weights included."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras

# From tf_keras 2.21.
LOSSES = [0.8522756099700928, 0.29330974817276, 0.17596589028835297]
ACCURACIES = [0.8333333134651184, 0.8333333134651184, 1.0]
BIAS = [-0.43835315108299255, 0.43835312128067017]


def make_data():
    rng = np.random.RandomState(0)
    x = rng.normal(size=(12, 3)).astype(np.float32)
    return x, (x[:, 0] + x[:, 1] > 0).astype(np.int64)


def make_model(optimizer, run_eagerly):
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.layers.Dense(4, activation="relu", input_shape=(3,)),
            keras.layers.Dense(2),
        ]
    )
    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        run_eagerly=run_eagerly,
    )
    return model


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_fit_gives_the_losses_of_keras(run_eagerly):
    x, y = make_data()
    model = make_model(keras.optimizers.Adam(0.1), run_eagerly)
    history = model.fit(
        x, y, batch_size=5, epochs=3, shuffle=False, verbose=0, validation_data=(x, y)
    ).history
    np.testing.assert_allclose(history["loss"], LOSSES, rtol=1e-5)
    np.testing.assert_allclose(history["val_accuracy"], ACCURACIES, rtol=1e-6)
    np.testing.assert_allclose(model.layers[1].bias, BIAS, rtol=1e-4)


def test_seeded_initial_weights_are_those_of_keras():
    keras.utils.set_random_seed(5)
    layer = keras.layers.Dense(2)
    layer(np.ones((1, 2)))
    np.testing.assert_allclose(
        layer.kernel, [[0.590649, 0.5160302], [-0.3307287, 0.7316704]], rtol=1e-6
    )
