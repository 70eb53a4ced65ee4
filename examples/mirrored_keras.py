"""Train a Keras model with `fit` on every replica of one machine.

    python examples/mirrored_keras.py                  one replica
    python examples/mirrored_keras.py --devices 2      two replicas in this process
    launch -n 2 examples/mirrored_keras.py             one in each of two processes

The images show one bright quarter, hidden in noise; the model says which. All three
commands print the same accuracy: the replicas share each batch and sum their gradients.
"""

import argparse
import tempfile

import numpy as np

import tensor as tf

BATCH_SIZE = 64


def make_images(count, seed):
    """Draw images of 12 by 12 pixels, and which quarter of each is bright."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    images = rng.normal(size=(count, 12, 12, 1))
    for image, label in zip(images, labels):
        row, column = 6 * (label // 2), 6 * (label % 2)
        image[row : row + 6, column : column + 6] += 0.7
    return images.astype(np.float32), labels


def make_model():
    """Build a small convolutional network."""
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Conv2D(8, 3, activation="relu", input_shape=(12, 12, 1)),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(4),
        ]
    )


def learning_rate(epoch):
    """Return a rate that falls after the first epochs."""
    return 3e-3 if epoch < 3 else 1e-3


def main():
    """Train, save, load outside of the strategy, and evaluate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=1, help="replicas a process")
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()

    tf.keras.utils.set_random_seed(1)
    devices = [f"CPU:{i}" for i in range(options.devices)]
    strategy = tf.distribute.MirroredStrategy(devices if options.devices > 1 else None)
    print(f"replicas: {strategy.num_replicas_in_sync}")

    train = tf.data.Dataset.from_tensor_slices(make_images(1600, seed=0))
    train = train.shuffle(1600, seed=1).batch(BATCH_SIZE)
    test = tf.data.Dataset.from_tensor_slices(make_images(400, seed=1))
    test = test.batch(BATCH_SIZE)

    with strategy.scope():
        model = make_model()
        model.compile(
            loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            optimizer=tf.keras.optimizers.Adam(),
            metrics=["accuracy"],
        )

    with tempfile.TemporaryDirectory() as folder:
        callbacks = [
            tf.keras.callbacks.ModelCheckpoint(
                f"{folder}/ckpt_{{epoch}}", save_weights_only=True
            ),
            tf.keras.callbacks.LearningRateScheduler(learning_rate),
        ]
        model.fit(train, epochs=options.epochs, callbacks=callbacks, verbose=2)

    loss, accuracy = model.evaluate(test, verbose=0)
    print(f"test loss {loss:.4f}, accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
