"""What all ranks do alike, and what the chief does alone."""

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import launcher

pytestmark = pytest.mark.multiprocess


def fit_with_many_callbacks(folder: str) -> dict[str, Any]:
    """Train in a folder of the rank's own, so that one sees who writes."""
    import contextlib
    import io

    import tensor as tf

    strategy = tf.distribute.MirroredStrategy()
    home = os.path.join(folder, str(strategy.extended.process_id))
    os.makedirs(home)
    calls: list[Any] = []

    class Recorder(tf.keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            calls.append(("batch", batch, dict(logs)))

        def on_test_end(self, logs: Any = None) -> None:
            calls.append(("test", dict(logs)))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            calls.append(("epoch", epoch, dict(logs)))

    with strategy.scope():
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(3,))])
        model.compile("sgd", "mse", metrics=["mae"])
    callbacks = tf.keras.callbacks
    x = np.arange(33, dtype=np.float32).reshape(11, 3) / 33
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        history = model.fit(
            x,
            x[:, :1],
            batch_size=4,
            epochs=4,
            shuffle=False,
            validation_data=(x, x[:, :1]),
            callbacks=[
                Recorder(),
                callbacks.EarlyStopping("loss", min_delta=10.0, patience=2),
                callbacks.ReduceLROnPlateau("loss", min_delta=10.0, patience=1),
                callbacks.LearningRateScheduler(lambda _, rate: rate, verbose=1),
                callbacks.CSVLogger(os.path.join(home, "log.csv")),
                callbacks.ModelCheckpoint(os.path.join(home, "weights"), verbose=1),
                callbacks.TensorBoard(os.path.join(home, "board")),
                callbacks.TerminateOnNaN(),
            ],
        )
    return {
        "calls": calls,
        "history": history.history,
        "rate": float(model.optimizer.learning_rate),
        "printed": printed.getvalue(),
        "written": sorted(os.listdir(home)),
    }


def test_callbacks_see_equal_logs_and_the_chief_alone_prints_and_writes(
    tmp_path: Path,
) -> None:
    chief, other = launcher.run(fit_with_many_callbacks, 2, args=(str(tmp_path),))
    for name in ("calls", "history", "rate"):
        assert other[name] == chief[name]
    assert len(chief["history"]["loss"]) == 3  # then all of them stop early
    assert [call[0] for call in chief["calls"]].count("batch") == 9
    assert "Epoch 1/4" in chief["printed"]
    assert chief["written"] == ["board", "log.csv", "weights"]
    assert other["printed"] == ""
    assert other["written"] == []


def shards(policy: str | None) -> tuple[list[int], list[str]]:
    """Return the elements that a rank reads, and what it says about them."""
    import tensor as tf

    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logging.getLogger("tensorflow").addHandler(Keep())
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    data = tf.data.Dataset.range(6).batch(2)
    if policy is not None:
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = getattr(
            tf.data.experimental.AutoShardPolicy, policy
        )
        data = data.with_options(options)
    batches = strategy.experimental_distribute_dataset(data)
    return [int(i) for batch in batches for i in batch], said


@pytest.mark.parametrize(
    ("policy", "first", "second", "told"),
    [
        (None, [0, 2, 4], [1, 3, 5], "DATA (each worker takes its rows"),
        ("DATA", [0, 2, 4], [1, 3, 5], "DATA (each worker takes its rows"),
        ("OFF", [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5], "OFF (every worker"),
    ],
)
def test_one_line_says_who_reads_what(
    policy: str | None, first: list[int], second: list[int], told: str
) -> None:
    (chief, said), (other, silence) = launcher.run(shards, 2, args=(policy,))
    assert (chief, other) == (first, second)
    assert len(said) == 1
    assert told in said[0]
    assert "auto_shard_policy" in said[0]
    assert silence == []
