"""Callbacks: when they act, and what they leave behind."""
# ruff: noqa: ARG002, ARG005  # callbacks have Keras's signatures

import csv
import shutil

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
callbacks = keras.callbacks
X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(-1, 1)
Y = 2 * X + 1


def make_model(rate=0.05):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,))])
    model.compile(keras.optimizers.Adam(rate), "mse", run_eagerly=True)
    return model


def fit(model, *given, epochs=3, **kwargs):
    return model.fit(X, Y, epochs=epochs, verbose=0, callbacks=list(given), **kwargs)


def give(values, name="loss"):
    """Return a callback that sets a metric to a value of one's own each epoch."""

    class Give(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs[name] = values[epoch]

    return Give()


@pytest.mark.parametrize(
    ("values", "arguments", "epochs"),
    [
        ([3, 2, 2, 2, 2], {"patience": 2}, 4),
        ([3, 2, 1.95, 1.9, 1.85], {"patience": 2, "min_delta": 0.5}, 4),
        ([1, 2, 3, 3, 3], {"patience": 1, "mode": "max"}, 4),
        ([3, 3, 3, 2, 2], {"patience": 1, "start_from_epoch": 2}, 5),
        ([3, 2, 1, 0.5, 0.4], {"patience": 2, "baseline": 0.1}, 5),
    ],
)
def test_early_stopping_stops_when_keras_does(values, arguments, epochs):
    stopping = callbacks.EarlyStopping(monitor="loss", **arguments)
    history = fit(make_model(), give(values), stopping, epochs=5)
    assert len(history.epoch) == epochs


def test_early_stopping_restores_the_best_weights(capsys):
    model = make_model()
    weights = []

    class Keep(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            weights.append(self.model.get_weights())

    stopping = callbacks.EarlyStopping(
        "loss", patience=2, restore_best_weights=True, verbose=1
    )
    fit(model, give([3, 1, 2, 2, 2]), Keep(), stopping, epochs=5)
    np.testing.assert_array_equal(model.get_weights()[0], weights[1][0])
    out = capsys.readouterr().out
    assert "Restoring model weights from the end of the best epoch: 2." in out
    assert "Epoch 4: early stopping" in out


def test_a_metric_that_is_not_there_is_warned_of(caplog):
    fit(make_model(), callbacks.EarlyStopping(monitor="nothing"))
    assert (
        "`nothing` which is not available. Available metrics are: loss" in caplog.text
    )


def test_checkpoints_are_named_by_epoch_and_metric(tmp_path):
    path = str(tmp_path / "w-{epoch:02d}-{loss:.1f}.weights.h5")
    checkpoint = callbacks.ModelCheckpoint(path, save_weights_only=True)
    fit(make_model(), give([3.0, 2.0, 1.0]), checkpoint)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == [f"w-0{i}-{4 - i}.0.weights.h5" for i in (1, 2, 3)]
    with pytest.raises(KeyError, match="Known here are"):
        fit(make_model(), callbacks.ModelCheckpoint(str(tmp_path / "{missing}")))


def test_only_better_models_are_saved(tmp_path, capsys):
    path = tmp_path / "best.keras"
    saved = []

    class Watch(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            saved.append(path.stat().st_mtime_ns)

    checkpoint = callbacks.ModelCheckpoint(
        path, monitor="loss", save_best_only=True, verbose=1
    )
    fit(make_model(), give([3, 4, 2]), checkpoint, Watch())
    assert saved[0] == saved[1] != saved[2]
    out = capsys.readouterr().out
    assert f"Epoch 1: loss improved from inf to 3.00000, saving model to {path}" in out
    assert "Epoch 2: loss did not improve from 3.00000" in out


def test_checkpoints_can_be_saved_by_batch(tmp_path):
    path = str(tmp_path / "{epoch}-{batch}.weights.h5")
    checkpoint = callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=2)
    fit(make_model(), checkpoint, epochs=2, batch_size=4)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "1-2.weights.h5",
        "2-1.weights.h5",
        "2-3.weights.h5",
    ]
    with pytest.raises(ValueError, match="Unrecognized save_freq"):
        callbacks.ModelCheckpoint(path, save_freq="day")
    with pytest.raises(TypeError, match="Invalid keyword"):
        callbacks.ModelCheckpoint(path, wrong=1)


def test_the_learning_rate_follows_a_schedule(capsys):
    scheduler = callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1), 1)
    history = fit(make_model(), scheduler)
    np.testing.assert_allclose(history.history["lr"], [0.1, 0.05, 0.1 / 3], rtol=1e-6)
    assert "Epoch 2: LearningRateScheduler setting learning rate to 0.05." in (
        capsys.readouterr().out
    )
    with pytest.raises(ValueError, match="should be float"):
        fit(make_model(), callbacks.LearningRateScheduler(lambda epoch, lr: "x"))


def test_the_learning_rate_falls_on_a_plateau():
    plateau = callbacks.ReduceLROnPlateau(
        "loss", factor=0.5, patience=2, cooldown=1, min_lr=0.1
    )
    history = fit(make_model(0.4), give([1.0] * 9), plateau, epochs=9)
    np.testing.assert_allclose(
        history.history["lr"], [0.4] * 3 + [0.2] * 2 + [0.1] * 4, rtol=1e-6
    )
    with pytest.raises(ValueError, match="factor >= 1"):
        callbacks.ReduceLROnPlateau(factor=1.0)


def test_logs_go_into_a_csv_file(tmp_path):
    path = tmp_path / "log.csv"
    fit(make_model(), callbacks.CSVLogger(path), epochs=2)
    fit(make_model(), callbacks.CSVLogger(path, append=True), epochs=1)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1", "0"]
    assert all(float(row["loss"]) > 0 for row in rows)


def test_a_loss_that_is_no_number_ends_the_training(capsys):
    model = make_model()
    model.set_weights([np.full((1, 1), np.nan), np.zeros(1)])
    history = fit(model, callbacks.TerminateOnNaN(), epochs=5)
    assert len(history.epoch) == 1
    assert "Batch 0: Invalid loss, terminating training" in capsys.readouterr().out


def test_callbacks_see_every_moment_in_order():
    seen = []

    class Log(callbacks.Callback):
        pass

    def logger(name):
        return lambda self, *args, **kwargs: seen.append(name.removeprefix("on_"))

    names = [
        n for n in dir(callbacks.Callback) if n.startswith("on_") and "predict" not in n
    ]
    for name in names:
        if name not in ("on_batch_begin", "on_batch_end"):
            setattr(Log, name, logger(name))
    fit(make_model(), Log(), epochs=1, validation_data=(X, Y), batch_size=12)
    assert seen == [
        "train_begin",
        "epoch_begin",
        "train_batch_begin",
        "train_batch_end",
        "test_begin",
        "test_batch_begin",
        "test_batch_end",
        "test_end",
        "epoch_end",
        "train_end",
    ]


def test_remote_monitor_says_what_to_use_instead():
    with pytest.raises(NotImplementedError, match="CSVLogger"):
        callbacks.RemoteMonitor()


class Interrupt(callbacks.Callback):
    """Stops the program after some batches."""

    def __init__(self, batches):
        super().__init__()
        self.left = batches

    def on_train_batch_end(self, batch, logs=None):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1


@pytest.mark.parametrize("save_freq", ["epoch", 2])
def test_an_interrupted_training_ends_with_the_weights_of_an_undisturbed_one(
    tmp_path, save_freq
):
    whole = make_model()
    fit(whole, epochs=4, batch_size=4)
    backup = tmp_path / "backup"

    def saver():
        return callbacks.BackupAndRestore(backup, save_freq=save_freq)

    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), saver(), Interrupt(7), epochs=4, batch_size=4)
    again = make_model()
    history = fit(again, saver(), epochs=4, batch_size=4)
    assert history.epoch == [2, 3]
    assert not list(backup.iterdir())
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    shutil.rmtree(backup, ignore_errors=True)


def test_an_interruption_between_the_last_batch_and_the_end_of_its_epoch(tmp_path):
    batches = len(X) // 2

    class InterruptAtTheEnd(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            if (self.epoch, batch) == (1, batches - 1):
                raise KeyboardInterrupt

    def saver():
        return callbacks.BackupAndRestore(tmp_path / "backup", save_freq=batches)

    whole = make_model()
    fit(whole, batch_size=2)
    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), saver(), InterruptAtTheEnd(), batch_size=2)
    again = make_model()
    history = fit(again, saver(), batch_size=2)
    assert history.epoch == [1, 2]  # the rest of the second epoch is only its end
    assert len(history.history["loss"]) == 1
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_dataset_shuffles_on_as_if_there_had_been_no_interruption(tmp_path, caplog):
    x = np.arange(8, dtype=np.float32)[:, None]

    def train(name, **interrupted):
        class Interrupt(callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == interrupted.get("at"):
                    raise KeyboardInterrupt

        tf.keras.utils.set_random_seed(4)
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(1,))])
        model.compile(tf.keras.optimizers.Adam(0.1), "mse")
        data = tf.data.Dataset.from_tensor_slices((x, np.sin(x))).shuffle(8, seed=2)
        backup = callbacks.BackupAndRestore(tmp_path / name)
        model.fit(data.batch(3), epochs=5, verbose=0, callbacks=[backup, Interrupt()])
        return model.get_weights()

    whole = train("whole")
    with pytest.raises(KeyboardInterrupt):
        train("interrupted", at=3)
    for one, other in zip(whole, train("interrupted"), strict=True):
        np.testing.assert_array_equal(one, other)
    assert "Inconsistent references" not in caplog.text


def test_backups_need_a_folder_and_a_frequency(tmp_path):
    with pytest.raises(ValueError, match="Empty `backup_dir`"):
        callbacks.BackupAndRestore("")
    with pytest.raises(ValueError, match="save_freq"):
        callbacks.BackupAndRestore(tmp_path, save_freq="day")
