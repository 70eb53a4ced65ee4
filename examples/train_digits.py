"""Train a small network on real handwritten digits, in one process or in many.

    python examples/train_digits.py                       one process
    launch -n 4 examples/train_digits.py                  four, with the same losses
    launch -n 4 examples/train_digits.py --fit            the same through model.fit
    python examples/train_digits.py --plot digits.png     with a picture at the end

The images are scikit-learn's 1,797 digits of 8 by 8 pixels; nothing is downloaded.
However many processes there are, a step sees the same global batch: each process
takes its share of the images, and their gradients are summed before the update.
"""

import argparse
import importlib.util
import zlib

import numpy as np

import tensor as tf

MISSING = "train_digits needs {}. Install it with: pip install 'ringflow[examples]'"

try:
    from sklearn.datasets import load_digits
except ImportError as error:
    raise ImportError(MISSING.format("scikit-learn")) from error


def load_data():
    """Split the digits, always alike: 1,437 to train on, 360 to test with."""
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)
    labels = digits.target.astype(np.int32)
    train, test = np.split(np.random.default_rng(0).permutation(len(images)), [1437])
    return (images[train], labels[train]), (images[test], labels[test])


def make_model():
    """Build the network: from 64 pixels to a score for each of the ten digits."""
    return tf.keras.Sequential(
        [
            tf.keras.layers.Flatten(input_shape=(8, 8)),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dense(64, activation="relu"),
            tf.keras.layers.Dense(10),
        ]
    )


def train(strategy, train_data, test_data, options, chief):
    """Train with a loop of our own; return the model, its curves and its accuracy."""
    with strategy.scope():
        model = make_model()
        optimizer = tf.keras.optimizers.Adam(learning_rate=0.001)
        cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="none"
        )
        loss = tf.keras.metrics.Mean()
        accuracy = tf.keras.metrics.SparseCategoricalAccuracy()

    def train_step(images, labels):
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            losses = cross_entropy(labels, logits)
            # This replica's part of the mean over the whole batch.
            share = tf.nn.compute_average_loss(
                losses, global_batch_size=options.batch_size
            )
        gradients = tape.gradient(share, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        loss.update_state(losses)
        accuracy.update_state(labels, logits)
        return tf.size(losses)

    def test_step(images, labels):
        accuracy.update_state(labels, model(images, training=False))

    curves = {"loss": [], "accuracy": []}
    train_batches = strategy.experimental_distribute_dataset(train_data)
    for epoch in range(1, options.epochs + 1):
        loss.reset_state()
        accuracy.reset_state()
        seen = 0
        for batch in train_batches:
            sizes = strategy.run(train_step, args=batch)
            seen += int(strategy.reduce("SUM", sizes, axis=None))
        # A result is the sum over all replicas, so every process has to ask for it.
        curves["loss"].append(float(loss.result()))
        curves["accuracy"].append(float(accuracy.result()))
        if chief:
            print(
                f"epoch {epoch:2}/{options.epochs}: {seen} images, "
                f"loss {curves['loss'][-1]:.6f}, accuracy {curves['accuracy'][-1]:.4f}"
            )

    accuracy.reset_state()
    for batch in strategy.experimental_distribute_dataset(test_data):
        strategy.run(test_step, args=batch)
    return model, curves, float(accuracy.result())


def fit(strategy, train_data, test_data, options, chief):
    """Do the same as `train`, in Keras's words."""
    with strategy.scope():
        model = make_model()
        model.compile(
            optimizer=tf.keras.optimizers.Adam(learning_rate=0.001),
            loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
    history = model.fit(train_data, epochs=options.epochs, verbose=int(chief))
    _, accuracy = model.evaluate(test_data, verbose=0)
    return model, history.history, accuracy


def is_chief(strategy):
    """Whether this process holds the first replica; it speaks for all."""
    ids = strategy.run(
        lambda: tf.distribute.get_replica_context().replica_id_in_sync_group
    )
    return 0 in [int(i) for i in strategy.experimental_local_results(ids)]


def weight_digests(strategy, model):
    """Gather from every replica a checksum of the weights as it has them."""

    def digest():
        arrays = [weight.read_value().numpy() for weight in model.weights]
        checksum = zlib.crc32(b"".join(array.tobytes() for array in arrays))
        return tf.constant([checksum], dtype=tf.int64)

    return strategy.gather(strategy.run(digest), axis=0).numpy()


def plot(path, curves, images, labels, predictions):
    """Draw both curves over a grid of test images; wrong predictions are red."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 9), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, 2])
    for axes, name in zip(above.subplots(1, 2), ("loss", "accuracy")):
        axes.plot(range(1, len(curves[name]) + 1), curves[name])
        axes.set(title=f"training {name}", xlabel="epoch")
    for axes, image, label, predicted in zip(
        below.subplots(6, 8).flat, images, labels, predictions
    ):
        axes.imshow(image, cmap="gray_r")
        axes.set_title(predicted, color="black" if predicted == label else "red")
        axes.set_axis_off()
    figure.savefig(path)


def main():
    """Train as the command line says, then report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fit", action="store_true", help="train through model.fit")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=64, help="of all processes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", metavar="FILE.png", help="draw curves, predictions")
    options = parser.parse_args()
    if options.plot and not importlib.util.find_spec("matplotlib"):
        raise ImportError(MISSING.format("matplotlib"))

    tf.keras.utils.set_random_seed(options.seed)
    strategy = tf.distribute.MirroredStrategy()
    chief = is_chief(strategy)

    (images, labels), (test_images, test_labels) = load_data()
    train_data = tf.data.Dataset.from_tensor_slices((images, labels))
    train_data = train_data.shuffle(len(images), seed=options.seed)
    train_data = train_data.batch(options.batch_size)
    test_data = tf.data.Dataset.from_tensor_slices((test_images, test_labels))
    test_data = test_data.batch(options.batch_size)

    how = fit if options.fit else train
    model, curves, accuracy = how(strategy, train_data, test_data, options, chief)
    digests = weight_digests(strategy, model)
    if chief:
        if options.plot:
            predictions = np.argmax(model(test_images).numpy(), axis=1)
            plot(options.plot, curves, test_images, test_labels, predictions)
        print(f"test accuracy: {accuracy:.2f}")
        for rank, digest in enumerate(digests):
            print(f"weights of rank {rank}: {digest:08x}")


if __name__ == "__main__":
    main()
