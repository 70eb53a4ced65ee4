"""Train a Keras model with `fit` on several workers, each reading its part of the data.

    python examples/multi_worker_keras.py              one worker
    launch -n 2 examples/multi_worker_keras.py         two

A worker that is started again goes on after the last complete epoch: the callback
`BackupAndRestore` sees to it. All workers save the model to one path; the chief writes.
"""

import argparse
import pathlib
import tempfile

import numpy as np

import tensor as tf

WORKER_BATCH_SIZE = 32


def make_data(global_batch_size):
    """Return batches of points in the plane, labelled by the spiral arm they lie on."""
    rng = np.random.default_rng(0)
    arms = rng.integers(0, 3, 1920)
    radii = rng.uniform(0.1, 1.0, arms.size)
    angles = 2.1 * arms + 4.0 * radii + rng.normal(0, 0.1, arms.size)
    points = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    data = tf.data.Dataset.from_tensor_slices((points.astype(np.float32), arms))
    return data.shuffle(arms.size, seed=1).batch(global_batch_size)


def make_model():
    """Build and compile the network."""
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Dense(48, activation="relu", input_shape=(2,)),
            layers.Dense(48, activation="relu"),
            layers.Dense(3),
        ]
    )
    model.compile(
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=tf.keras.optimizers.Adam(learning_rate=0.01),
        metrics=["accuracy"],
    )
    return model


def main():
    """Train with backups, save, and look at what was saved."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--folder", help="where backups and the model go")
    options = parser.parse_args()
    # Without a folder each worker has its own, and only the chief's is used.
    folder = pathlib.Path(options.folder or tempfile.mkdtemp())

    tf.keras.utils.set_random_seed(1)
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    workers = strategy.num_replicas_in_sync
    data = make_data(WORKER_BATCH_SIZE * workers)
    with strategy.scope():
        model = make_model()
    print(f"workers: {workers}")
    model.fit(
        data,
        epochs=options.epochs,
        callbacks=[tf.keras.callbacks.BackupAndRestore(str(folder / "backup"))],
        verbose=2,
    )
    loss, accuracy = model.evaluate(data, verbose=0)
    print(f"loss {loss:.4f}, accuracy {accuracy:.4f}")

    model.save(folder / "model.keras")
    if (folder / "model.keras").exists():
        restored = tf.keras.models.load_model(folder / "model.keras")
        print(f"saved {restored.count_params()} weights")


if __name__ == "__main__":
    main()
