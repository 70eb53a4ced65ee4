"""Keras under parameter servers, and the flow of TensorFlow's tutorial."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf

DatasetCreator = tf.keras.utils.experimental.DatasetCreator


def data() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).normal(size=(96, 3)).astype(np.float32)
    return x, x @ np.array([[1.0], [-2.0], [0.5]], np.float32)


def compiled(strategy: Any, **options: Any) -> Any:
    with strategy.scope():
        model = tf.keras.Sequential(
            [tf.keras.layers.Dense(1, kernel_initializer="zeros", input_shape=(3,))]
        )
        model.compile(tf.keras.optimizers.SGD(0.1), "mse", metrics=["mae"], **options)
    return model


def batches(_context: Any = None) -> Any:
    return tf.data.Dataset.from_tensor_slices(data()).batch(8).repeat()


def test_fit_trains_on_the_workers(cluster) -> None:
    model = compiled(cluster().strategy(), steps_per_execution=2)
    seen: list[tuple[int, list[str]]] = []
    note = tf.keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs)))
    )
    history = model.fit(
        DatasetCreator(batches),
        epochs=3,
        steps_per_epoch=12,
        callbacks=[note],
        validation_data=data(),
        verbose=0,
    )
    names = ["loss", "mae", "val_loss", "val_mae"]
    assert seen == [(epoch, names) for epoch in range(3)]
    assert history.history["loss"][-1] < 0.1 * history.history["loss"][0]
    assert model.optimizer.iterations.numpy() == 36


def test_fit_on_one_worker_is_fit_alone(cluster) -> None:
    model = compiled(cluster(1, 2).strategy())
    alone = compiled(tf.distribute.get_strategy())
    ours = model.fit(batches(), epochs=2, steps_per_epoch=12, verbose=0)
    theirs = alone.fit(batches(), epochs=2, steps_per_epoch=12, verbose=0)
    np.testing.assert_allclose(ours.history["loss"], theirs.history["loss"], rtol=1e-5)
    np.testing.assert_allclose(
        model.get_weights()[0], alone.get_weights()[0], rtol=1e-5
    )


def test_arrays_and_finite_datasets_are_repeated(cluster) -> None:
    x, y = data()
    model = compiled(cluster().strategy())
    model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    assert model.optimizer.iterations.numpy() == 24
    finite = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    model.fit(finite, epochs=2, steps_per_epoch=20, verbose=0)
    assert model.optimizer.iterations.numpy() == 64


def test_evaluate_by_steps_runs_on_workers_and_otherwise_here(cluster) -> None:
    x, y = data()
    model = compiled(cluster(1, 1).strategy())
    expected = float(np.mean(y**2))
    finite = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    for found in (
        model.evaluate(x, y, verbose=0),
        model.evaluate(finite, verbose=0),
        model.evaluate(finite, steps=12, verbose=0),
        model.evaluate(DatasetCreator(batches), steps=12, verbose=0),
    ):
        assert found[0] == pytest.approx(expected, rel=1e-5)
    assert model.predict(x, verbose=0).shape == (96, 1)


def test_what_needs_a_number_of_steps_says_so(cluster) -> None:
    model = compiled(cluster(1, 1).strategy())
    for data_ in (batches(), DatasetCreator(batches)):
        with pytest.raises(ValueError, match="`steps_per_epoch`"):
            model.fit(data_, verbose=0)


def test_what_is_not_supported_is_refused(cluster) -> None:
    class EveryBatch(tf.keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            raise AssertionError(batch, logs)

    model = compiled(cluster(1, 1).strategy())
    with pytest.raises(ValueError, match="Batch-level `Callback`s are not supported"):
        model.fit(batches(), steps_per_epoch=1, callbacks=[EveryBatch()], verbose=0)
    with pytest.raises(ValueError, match="`class_weight` is not supported"):
        model.fit(batches(), steps_per_epoch=1, class_weight={0: 1.0}, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((3,), "must be a `callable`"), ((batches, 3), "`input_options`")],
)
def test_a_dataset_creator_takes_a_function(arguments, words) -> None:
    with pytest.raises(TypeError, match=words):
        DatasetCreator(*arguments)


def test_a_dataset_creator_makes_datasets() -> None:
    with pytest.raises(TypeError, match="must return a Dataset"):
        DatasetCreator(lambda _: 3)(None)
    assert isinstance(DatasetCreator(batches)(None), tf.data.Dataset)


def test_a_server_takes_the_options_of_tensorflows(cluster) -> None:
    one = cluster(1, 1)
    one.tasks["ps", 0].stop()
    options = tf.compat.v1.ConfigProto(inter_op_parallelism_threads=3)
    options.gpu_options.allow_growth = True
    assert options.inter_op_parallelism_threads == 3
    one.tasks["ps", 0] = tf.distribute.Server(
        tf.train.ClusterSpec(one.spec), "ps", 0, protocol="grpc", config=options
    )
    assert one.strategy().num_replicas_in_sync == 1


def test_the_flow_of_the_tutorial(cluster) -> None:
    """What TensorFlow's parameter-server tutorial does, in words of our own."""
    resolver = cluster(3, 2).resolver
    partitioner = tf.distribute.experimental.partitioners.FixedShardsPartitioner(2)
    strategy = tf.distribute.ParameterServerStrategy(
        resolver, variable_partitioner=partitioner
    )
    words = ["sun", "moon", "rain", "wind", "snow", "fog", "hail"]

    def make_dataset(_: Any) -> Any:
        rng = np.random.default_rng(1)
        chosen = rng.choice(words[:4], (64, 3))
        good = np.where((chosen == "sun").any(1), "yes", "no")
        raw = tf.data.Dataset.from_tensor_slices({"words": chosen, "good": good})
        return (
            raw.shuffle(64)
            .batch(16)
            .map(lambda x: (word_stage(x["words"]), good_lookup(x["good"])))
            .repeat()
        )

    with strategy.scope():
        lookup = tf.keras.layers.StringLookup(vocabulary=words, mask_token=None)
        good_lookup = tf.keras.layers.StringLookup(
            vocabulary=["yes", "no"], num_oov_indices=0, mask_token=None
        )
        raw_input = tf.keras.layers.Input(shape=(3,), dtype=tf.string)
        word_stage = tf.keras.Model(raw_input, lookup(raw_input))
        ids = tf.keras.layers.Input(shape=(3,), dtype=tf.int64)
        embedding = tf.keras.layers.Embedding(len(lookup.get_vocabulary()), 64)
        pooled = tf.reduce_mean(embedding(ids), axis=1)
        dense = tf.keras.layers.Dense(
            1, activation="sigmoid", kernel_regularizer=tf.keras.regularizers.L2(1e-4)
        )
        model = tf.keras.Model(ids, dense(pooled))
        optimizer = tf.keras.optimizers.legacy.RMSprop(learning_rate=0.1)
        accuracy = tf.keras.metrics.Accuracy()
    assert len(embedding.weights) == 2
    assert embedding.weights[0].shape == (4, 64)
    assert embedding.weights[0].device == "/job:ps/replica:0/task:0/device:CPU:0"
    assert embedding.weights[1].device == "/job:ps/replica:0/task:1/device:CPU:0"

    @tf.function
    def step_fn(iterator: Any) -> Any:
        def replica_fn(batch: Any, labels: Any) -> Any:
            with tf.GradientTape() as tape:
                guess = model(batch, training=True)
                per_example = tf.keras.losses.BinaryCrossentropy(
                    reduction=tf.keras.losses.Reduction.NONE
                )(labels[:, None], guess)
                loss = tf.nn.compute_average_loss(per_example)
                loss += tf.nn.scale_regularization_loss(tf.add_n(model.losses))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(
                zip(gradients, model.trainable_variables, strict=True)
            )
            actual = tf.cast(tf.greater(guess[:, 0], 0.5), tf.int64)
            accuracy.update_state(labels, actual)
            return loss

        batch, labels = next(iterator)
        losses = strategy.run(replica_fn, args=(batch, labels))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)

    @tf.function
    def per_worker_dataset_fn() -> Any:
        return strategy.distribute_datasets_from_function(make_dataset)

    iterator = iter(coordinator.create_per_worker_dataset(per_worker_dataset_fn))
    epochs, reached = 0, 0.0
    while reached <= 0.9:
        # Three workers push whenever they are done, so how fast it learns varies.
        assert epochs < 30, "it does not learn"
        epochs += 1
        accuracy.reset_state()
        for _ in range(5):
            coordinator.schedule(step_fn, args=(iterator,))
        coordinator.join()
        reached = float(accuracy.result().numpy())
    assert coordinator.schedule(step_fn, args=(iterator,)).fetch() < 0.6
    assert optimizer.iterations.numpy() == 5 * epochs + 1
    strategy.close()
