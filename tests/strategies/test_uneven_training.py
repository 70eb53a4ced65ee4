"""Training goes on, alike on all replicas, whatever only some of them have.

A replica without examples at the end of an epoch, without a gradient, or with a
callback that wants to stop: nobody waits for ever, nothing becomes NaN, all go on
together.
"""

from typing import Any

import numpy as np
import pytest

import launcher
from dist import CollectiveMismatchError

pytestmark = pytest.mark.multiprocess

LAYERS = ("dense", "images", "words")


def fit_with_a_short_last_batch(kind: str, layers: str) -> dict[str, Any]:
    """Thirteen examples in batches of six: the last one has an example for one."""
    import tensor as tf

    tf.keras.utils.set_random_seed(3)
    tk = tf.keras.layers
    rng = np.random.default_rng(0)
    data, stack = {
        "dense": (
            rng.normal(size=(13, 3)),
            [tk.Dense(4), tk.BatchNormalization(momentum=0.5), tk.Dropout(0.2)],
        ),
        "images": (
            rng.normal(size=(13, 6, 6, 1)),
            [
                tk.Conv2D(2, 3),
                tk.BatchNormalization(momentum=0.5),
                tk.MaxPooling2D(),
                tk.Flatten(),
            ],
        ),
        "words": (
            rng.integers(0, 9, size=(13, 4)),
            [tk.Embedding(9, 3), tk.LSTM(2), tk.LayerNormalization()],
        ),
    }[layers]
    if data.dtype == np.float64:
        data = data.astype(np.float32)
    strategy = getattr(tf.distribute, kind)()
    with strategy.scope():
        model = tf.keras.Sequential([*stack, tk.Dense(1)])
        model.compile(tf.keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    y = np.linspace(0, 1, 13, dtype=np.float32)[:, None]
    batches = tf.data.Dataset.from_tensor_slices((data, y)).batch(6)
    history = model.fit(batches, epochs=2, verbose=0).history
    return {
        "logs": history,
        "evaluated": model.evaluate(batches, verbose=0),
        "weights": [weight.numpy() for weight in model.weights],
    }


@pytest.mark.parametrize(
    ("kind", "layers"),
    [("MirroredStrategy", layers) for layers in LAYERS]
    + [("MultiWorkerMirroredStrategy", "dense")],
)
def test_replicas_without_examples_do_no_harm(kind: str, layers: str) -> None:
    first, *others = launcher.run(fit_with_a_short_last_batch, 3, args=(kind, layers))
    for values in (*first["logs"].values(), first["evaluated"], *first["weights"]):
        assert np.isfinite(values).all()
    for other in others:
        assert other["logs"] == first["logs"]
        assert other["evaluated"] == first["evaluated"]
        for weight, same in zip(other["weights"], first["weights"], strict=True):
            np.testing.assert_array_equal(weight, same)


def stop_on_one_rank() -> list[tuple[int, float]]:
    import tensor as tf

    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(3,))])
        model.compile("sgd", "mse")
    seen = []

    class StopOnOne(tf.keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append((epoch, logs["loss"]))
            if epoch == 1 and strategy.extended.process_id == 1:
                self.model.stop_training = True

    x = np.arange(36, dtype=np.float32).reshape(12, 3) / 36
    model.fit(x, x[:, :1], batch_size=6, epochs=5, verbose=0, callbacks=[StopOnOne()])
    return seen


def test_one_rank_that_stops_stops_all_after_equal_logs() -> None:
    first, second = launcher.run(stop_on_one_rank, 2)
    assert [epoch for epoch, _ in first] == [0, 1]
    assert second == first


def report_another_metric_on_one_rank() -> None:
    import dist
    import tensor as tf

    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        means = [tf.keras.metrics.Mean(name=name) for name in ("a", "b")]
    if dist.init().rank == 0:
        means[0].result()
    dist.init().barrier(timeout=20)


def test_a_metric_that_only_one_rank_asks_for_is_an_error_that_shows_both() -> None:
    with pytest.raises(CollectiveMismatchError) as caught:
        launcher.run(report_another_metric_on_one_rank, 2)
    assert "called all_reduce(" in str(caught.value)
    assert "called barrier" in str(caught.value)


def leave_out_a_variable() -> tuple[list[list[float]], int]:
    import logging

    import tensor as tf

    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    tf.get_logger().addHandler(handler)
    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        used, unused, ours = (tf.Variable([1.0], name=n) for n in ("u", "nobodys", "o"))
        optimizer = tf.keras.optimizers.SGD(0.5)

    def step() -> None:
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(used)
            if int(replica) == 0:
                loss += tf.reduce_sum(ours)
        variables = [used, unused, ours]
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    for _ in range(3):
        strategy.run(step)
    values = [v.numpy().tolist() for v in (used, unused, ours)]
    return values, sum("nobodys" in text for text in said)


def test_missing_gradients_count_as_zeros_and_are_named_once_where_nobody_has_one():
    for values, warnings in launcher.run(leave_out_a_variable, 2):
        assert values == [[-2.0], [1.0], [-0.5]]
        assert warnings == 1
