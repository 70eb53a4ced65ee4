"""Train with parameter servers and Keras's `fit`.

    launch -n 2 --ps 1 examples/parameter_server_fit.py

Steps run on whichever worker is free, callbacks and progress in the coordinator.
"""

import argparse

import numpy as np

import tensor as tf

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--backup", help="a folder; training goes on from it")
options = parser.parse_args()

# Workers and servers serve here until the coordinator has ended.
strategy = tf.distribute.ParameterServerStrategy(
    tf.distribute.cluster_resolver.TFConfigClusterResolver()
)

# Points of a plane, and whether they lie inside a ring.
points = np.random.default_rng(0).uniform(-1, 1, (2000, 2)).astype("float32")
inside = (np.abs(np.hypot(*points.T) - 0.6) < 0.2).astype("float32")


def make_dataset(context):
    """Make a worker's dataset: shuffled its own way, without an end."""
    batch = context.get_per_replica_batch_size(50)
    dataset = tf.data.Dataset.from_tensor_slices((points, inside[:, None]))
    return dataset.shuffle(len(points)).batch(batch).repeat()


with strategy.scope():
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(32, activation="relu", input_shape=(2,)),
            tf.keras.layers.Dense(32, activation="relu"),
            tf.keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer=tf.keras.optimizers.Adam(0.01),
        loss="binary_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=10,
    )

callbacks = []
if options.backup:
    callbacks.append(tf.keras.callbacks.BackupAndRestore(options.backup))

history = model.fit(
    tf.keras.utils.experimental.DatasetCreator(make_dataset),
    epochs=options.epochs,
    steps_per_epoch=40,
    callbacks=callbacks,
    verbose=2,
)
loss, accuracy = model.evaluate(points, inside[:, None], verbose=0)
print(f"{int(model.optimizer.iterations.numpy())} steps, accuracy {accuracy:.3f}")
