"""Train with parameter servers, step by step.

    launch -n 2 --ps 1 examples/parameter_server.py

Which visitors of a shop buy something, told by the three things that they looked at?
The words are turned into numbers by a preprocessing model; an embedding, which lives on
the parameter servers in shards, turns these into vectors. Workers fetch the rows that a
batch needs and send back the gradients of these rows only.

This script runs in every process of the job. Workers and servers leave it where the
strategy is made: they serve until the coordinator, which goes on, has ended.
"""

import argparse
import random

import tensor as tf

THINGS = ["apple", "book", "chair", "drum", "easel", "flute", "globe", "hammock"]
BOUGHT_WITH = {"book", "flute", "globe"}
EXAMPLES, BATCH = 600, 32

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--epochs", type=int, default=6)
parser.add_argument("--steps", type=int, default=60, help="steps an epoch")
parser.add_argument("--checkpoints", help="a folder; training goes on from the latest")
parser.add_argument(
    "--updates", choices=("asynchronous", "synchronous"), default="asynchronous"
)
options = parser.parse_args()

strategy = tf.distribute.ParameterServerStrategy(
    tf.distribute.cluster_resolver.TFConfigClusterResolver(),
    variable_partitioner=tf.distribute.experimental.partitioners.MinSizePartitioner(
        min_shard_bytes=256, max_shards=2
    ),
    updates=options.updates,
)
coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)

# ---- the data: words and answers, made here and prepared on the workers

chance = random.Random(3)
looked_at = [chance.sample(THINGS, 3) for _ in range(EXAMPLES)]
answers = ["yes" if len(BOUGHT_WITH & set(seen)) >= 2 else "no" for seen in looked_at]

number_of_thing = tf.keras.layers.StringLookup(vocabulary=THINGS, mask_token=None)
number_of_answer = tf.keras.layers.StringLookup(
    vocabulary=["no", "yes"], num_oov_indices=0, mask_token=None
)
things = tf.keras.layers.Input(shape=(3,), dtype=tf.string, name="things")
preprocessing = tf.keras.Model(things, number_of_thing(things))
answer = tf.keras.layers.Input(shape=(1,), dtype=tf.string, name="answer")
label_preprocessing = tf.keras.Model(
    answer, tf.cast(number_of_answer(answer), tf.float32)
)


def make_dataset(context):
    """Make a worker's dataset; each worker has its own, shuffled its own way."""
    raw = tf.data.Dataset.from_tensor_slices((looked_at, [[a] for a in answers]))
    batch = context.get_per_replica_batch_size(BATCH)
    return (
        raw.shuffle(EXAMPLES)
        .batch(batch)
        .map(lambda seen, answer: (preprocessing(seen), label_preprocessing(answer)))
        .repeat()
    )


# ---- the model: its variables and the optimizer's are on the servers

with strategy.scope():
    ids = tf.keras.layers.Input(shape=(3,), dtype=tf.int64, name="ids")
    vectors = tf.keras.layers.Embedding(len(THINGS) + 1, 16)(ids)
    pooled = tf.keras.layers.GlobalAveragePooling1D()(vectors)
    hidden = tf.keras.layers.Dense(16, activation="relu")(pooled)
    model = tf.keras.Model(ids, tf.keras.layers.Dense(1, activation="sigmoid")(hidden))
    optimizer = tf.keras.optimizers.Adam(0.01)
    accuracy = tf.keras.metrics.BinaryAccuracy()
    epochs_done = tf.Variable(0, trainable=False)


@tf.function
def train_step(iterator):
    """Train on one batch of the worker that this runs on."""

    def step(seen, bought):
        with tf.GradientTape() as tape:
            guess = model(seen, training=True)
            losses = tf.keras.losses.binary_crossentropy(bought, guess)
            loss = tf.nn.compute_average_loss(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        accuracy.update_state(bought, guess)
        return loss

    losses = strategy.run(step, args=next(iterator))
    return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)


@tf.function
def make_worker_dataset():
    """Make what each worker iterates over."""
    return strategy.distribute_datasets_from_function(make_dataset)


iterator = iter(coordinator.create_per_worker_dataset(make_worker_dataset))
checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, done=epochs_done)
manager = None
if options.checkpoints:
    manager = tf.train.CheckpointManager(checkpoint, options.checkpoints, max_to_keep=2)
    if manager.latest_checkpoint:
        checkpoint.restore(manager.latest_checkpoint)
        print(f"going on after epoch {epochs_done.numpy()}")

for epoch in range(int(epochs_done.numpy()), options.epochs):
    accuracy.reset_state()
    losses = [
        coordinator.schedule(train_step, args=(iterator,)) for _ in range(options.steps)
    ]
    coordinator.join()
    print(
        f"epoch {epoch + 1}: loss {losses[-1].fetch():.4f}, "
        f"accuracy {accuracy.result().numpy():.4f}"
    )
    epochs_done.assign(epoch + 1)
    if manager is not None:
        manager.save()

print(f"the embedding lives on {[w.device for w in model.layers[1].weights]}")
print(f"{optimizer.iterations.numpy()} steps, accuracy {accuracy.result().numpy():.3f}")
