"""N replicas train as one does: same global batches, same losses, same weights."""

import functools
import zlib
from typing import Any

import numpy as np
import pytest

import launcher
import tensor as tf

ROWS, STEPS = 12, 4  # rows of a global batch: 1, 2, 3 and 4 replicas divide them

OPTIMIZERS = {
    "SGD": lambda: tf.keras.optimizers.SGD(0.1),
    "momentum": lambda: tf.keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "Adam": lambda: tf.keras.optimizers.Adam(0.01),
}


def dense_model() -> Any:
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Dense(9, activation="tanh", kernel_regularizer="l2"),
            layers.Dense(3),
        ]
    )


def convolutional_model() -> Any:
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Reshape((4, 4, 1)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(synchronized=True, momentum=0.8),
            layers.Activation("relu"),
            layers.MaxPool2D(2),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def embedding_model() -> Any:
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Lambda(lambda x: tf.cast(tf.abs(x) * 4.0, tf.int32)),
            layers.Embedding(20, 5),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3),
        ]
    )


MODELS = {
    "dense": dense_model,
    "convolution": convolutional_model,
    "embedding": embedding_model,
}


def train(strategy: Any, model_name: str, optimizer_name: str) -> dict[str, Any]:
    """Train for some steps; return losses, weights and their digest."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(ROWS * STEPS, 16)).astype(np.float32)
    y = rng.integers(0, 3, ROWS * STEPS)
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(ROWS)
    tf.keras.utils.set_random_seed(3)
    with strategy.scope():
        model = MODELS[model_name]()
        model.build((None, 16))
        optimizer = OPTIMIZERS[optimizer_name]()

    def replica_step(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=labels, logits=model(images, training=True)
            )
            loss = tf.nn.compute_average_loss(losses, global_batch_size=ROWS)
            loss += tf.nn.scale_regularization_loss(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )
        return loss

    @tf.function
    def step(images: Any, labels: Any) -> Any:
        parts = strategy.run(replica_step, args=(images, labels))
        return strategy.reduce("SUM", parts, axis=None)

    losses = [
        float(step(*batch)) for batch in strategy.experimental_distribute_dataset(data)
    ]
    weights = [v.numpy() for v in (*model.variables, *optimizer.variables())]
    digest = zlib.crc32(b"".join(np.ascontiguousarray(w).tobytes() for w in weights))
    return {"losses": losses, "weights": weights, "digest": digest}


PAIRS = [(model, optimizer) for model in MODELS for optimizer in OPTIMIZERS]


@functools.cache
def alone(model_name: str, optimizer_name: str) -> dict[str, Any]:
    return train(tf.distribute.get_strategy(), model_name, optimizer_name)


def assert_trained_alike(result: dict[str, Any], pair: tuple[str, str]) -> None:
    expected = alone(*pair)
    np.testing.assert_allclose(result["losses"], expected["losses"], 1e-5, 1e-5)
    assert len(result["weights"]) == len(expected["weights"])
    for ours, theirs in zip(result["weights"], expected["weights"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_replicas_on_threads_train_as_one(size: int, pair: tuple[str, str]) -> None:
    devices = [f"CPU:{i}" for i in range(size)]
    result = train(tf.distribute.MirroredStrategy(devices), *pair)
    assert_trained_alike(result, pair)


def train_everything() -> list[dict[str, Any]]:
    strategy = tf.distribute.MirroredStrategy()
    return [train(strategy, *pair) for pair in PAIRS]


@pytest.mark.multiprocess
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_replicas_in_processes_train_as_one(size: int) -> None:
    everywhere = launcher.run(train_everything, size)
    for pair, *results in zip(PAIRS, *everywhere, strict=True):
        assert_trained_alike(results[0], pair)
        assert len({result["digest"] for result in results}) == 1, pair
