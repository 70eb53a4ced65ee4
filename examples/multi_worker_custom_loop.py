"""Train on several workers with a loop of one's own, and go on from checkpoints.

    python examples/multi_worker_custom_loop.py            one worker
    launch -n 2 examples/multi_worker_custom_loop.py       two

Each worker makes its part of the data, takes steps inside one `tf.function`, and saves
a checkpoint after each epoch; started again with the same folder it goes on from there.
"""

import argparse
import tempfile

import numpy as np

import tensor as tf

WORKER_BATCH_SIZE = 32
STEPS_PER_EPOCH = 20


def make_data(context, global_batch_size):
    """Return this worker's batches: noisy points and the value of a function there."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(2048, 2)).astype(np.float32)
    y = np.sin(3 * x[:, 0]) * x[:, 1] + rng.normal(0, 0.01, 2048).astype(np.float32)
    data = tf.data.Dataset.from_tensor_slices((x, y[:, None]))
    data = data.shard(context.num_input_pipelines, context.input_pipeline_id)
    batch_size = context.get_per_replica_batch_size(global_batch_size)
    return data.shuffle(2048, seed=1).repeat().batch(batch_size)


def main():
    """Train, saving as it goes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--folder", help="where checkpoints go, to go on from")
    options = parser.parse_args()

    tf.keras.utils.set_random_seed(1)
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    workers = strategy.num_replicas_in_sync
    global_batch_size = WORKER_BATCH_SIZE * workers
    data = strategy.distribute_datasets_from_function(
        lambda context: make_data(context, global_batch_size)
    )
    with strategy.scope():
        model = tf.keras.Sequential(
            [
                tf.keras.layers.Dense(64, activation="tanh", input_shape=(2,)),
                tf.keras.layers.Dense(64, activation="tanh"),
                tf.keras.layers.Dense(1),
            ]
        )
        optimizer = tf.keras.optimizers.Adam(learning_rate=0.01)
        error = tf.keras.metrics.MeanAbsoluteError(name="error")
        epoch = tf.Variable(0, dtype=tf.int64, name="epoch")

    def step(x, y):
        with tf.GradientTape() as tape:
            predictions = model(x, training=True)
            losses = tf.keras.losses.mean_squared_error(y, predictions)
            loss = tf.nn.compute_average_loss(
                losses, global_batch_size=global_batch_size
            )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        error.update_state(y, predictions)
        return loss

    @tf.function
    def train_step(iterator):
        losses = strategy.run(step, args=next(iterator))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, epoch=epoch)
    manager = tf.train.CheckpointManager(
        checkpoint, options.folder or tempfile.mkdtemp(), max_to_keep=2
    )
    if manager.latest_checkpoint:
        checkpoint.restore(manager.latest_checkpoint)
        print(f"going on after epoch {epoch.numpy()}")

    print(f"workers: {workers}")
    iterator = iter(data)
    while epoch.numpy() < options.epochs:
        total = 0.0
        for _ in range(STEPS_PER_EPOCH):
            total += train_step(iterator)
        epoch.assign_add(1)
        manager.save()
        loss = float(total) / STEPS_PER_EPOCH
        print(f"epoch {epoch.numpy()}: loss {loss:.4f}, error {error.result():.4f}")
        error.reset_state()


if __name__ == "__main__":
    main()
