"""What callbacks see, how lists of them sort themselves, and what they refuse."""

import csv
import os
import types

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
callbacks = keras.callbacks
X = np.ones((4, 1), "float32")


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    return model


def test_methods_set_on_a_callback_count_as_its_own():
    seen = []
    callback = callbacks.Callback()
    callback.on_test_batch_end = lambda batch, _logs=None: seen.append(batch)
    both = callbacks.CallbackList([callback])
    both.on_test_batch_end(3)
    both.on_predict_batch_end(4)
    assert seen == [3]
    assert both._should_call_test_batch_hooks
    assert not both._should_call_train_batch_hooks
    assert not both._should_call_predict_batch_hooks
    assert not both._batch_hooks_support_tf_logs


def test_lists_have_history_and_progress_at_the_end(model):
    own = callbacks.Callback()
    every = callbacks.CallbackList(
        [own], add_history=True, add_progbar=True, model=model, verbose=0, epochs=1,
        steps=1,
    )  # fmt: skip
    kinds = [callbacks.Callback, callbacks.History, callbacks.ProgbarLogger]
    assert [type(c) for c in every] == kinds


def test_means_over_an_epoch():
    logger = callbacks.BaseLogger(stateful_metrics=["last"])
    logger.set_params({"metrics": ["loss", "last", "other"]})
    logger.on_epoch_begin(0)
    logger.on_batch_end(0, {"size": 2, "loss": 1.0, "last": 3.0})
    logger.on_batch_end(1, {"size": 1, "loss": 4.0, "last": 5.0})
    logs = {}
    logger.on_epoch_end(0, logs)
    assert logs == {"loss": 2.0, "last": 5.0}


def test_slow_callbacks_are_told_once(caplog):
    from tensor.keras.callbacks import batch_times

    clock = iter(range(1000))
    times = batch_times.BatchTimes()
    original = batch_times.time
    batch_times.time = types.SimpleNamespace(perf_counter=lambda: next(clock) ** 2)
    try:
        going_on = []
        while not going_on or going_on[-1]:
            times.begin()
            times.computed()
            going_on.append(times.end())
    finally:
        batch_times.time = original
    assert going_on == [True] * 5 + [False]
    assert "is slow compared to the batch" in caplog.text


@pytest.mark.parametrize("losses", [[3.0, 2.0, 2.5, 2.6, 2.7], [3.0, 2.0, 2.5]])
def test_the_best_weights_come_back_also_at_the_end(losses):
    stopping = callbacks.EarlyStopping(
        "loss", patience=2, restore_best_weights=True, verbose=1
    )
    weights = []
    stopping.model = types.SimpleNamespace(
        get_weights=lambda: len(weights), set_weights=weights.append
    )
    stopping.on_train_begin()
    for epoch, loss in enumerate(losses):
        weights.append(None)
        stopping.on_epoch_end(epoch, {"loss": loss})
    stopping.on_train_end()
    assert weights[-1] == 2


def test_validation_that_comes_later_has_its_columns(model, tmp_path):
    path = tmp_path / "log.csv"
    model.fit(
        X, X, epochs=3, validation_data=(X, X), validation_freq=2, verbose=0,
        callbacks=[callbacks.CSVLogger(path)],
    )  # fmt: skip
    with open(path, encoding="utf-8") as file:
        rows = [row["val_loss"] for row in csv.DictReader(file)]
    assert [row == "NA" for row in rows] == [True, False, True]


def test_rates_of_optimizers_that_only_have_lr():
    reduce = callbacks.ReduceLROnPlateau(monitor="loss", patience=1)
    rate = tf.Variable(1.0)
    reduce.model = types.SimpleNamespace(optimizer=types.SimpleNamespace(lr=rate))
    for epoch in range(3):
        reduce.on_epoch_end(epoch, {"loss": 1.0})
    assert rate.numpy() == pytest.approx(0.01)


def test_old_names_of_arguments_are_told(caplog):
    assert callbacks.ReduceLROnPlateau(epsilon=0.5).min_delta == 0.5
    assert "`epsilon` argument is deprecated" in caplog.text


def test_checkpoints_check_their_options(tmp_path):
    saves, trains = tf.saved_model.SaveOptions(), tf.train.CheckpointOptions()
    path = os.fspath(tmp_path / "c")
    callbacks.ModelCheckpoint(path, options=saves)
    callbacks.ModelCheckpoint(path, save_weights_only=True, options=trains)
    with pytest.raises(TypeError, match=r"or a tf.train.CheckpointOptions"):
        callbacks.ModelCheckpoint(path, save_weights_only=True, options=saves)
    with pytest.raises(TypeError, match=r"or a tf.saved_model.SaveOptions"):
        callbacks.ModelCheckpoint(path, options=trains)
    with pytest.raises(ValueError, match="The native TF-Keras format does not support"):
        callbacks.ModelCheckpoint(f"{path}.keras", options=saves)


def test_checkpoints_find_the_newest_file(model, tmp_path):
    pattern = os.fspath(tmp_path / "w{epoch:02d}.h5")
    saving = callbacks.ModelCheckpoint(pattern, save_weights_only=True)
    model.fit(X, X, epochs=2, verbose=0, callbacks=[saving])
    newest = saving._get_most_recently_modified_file_matching_pattern(pattern)
    assert newest == os.fspath(tmp_path / "w02.h5")
    before = model.get_weights()
    model.fit(X, X, verbose=0)
    again = callbacks.ModelCheckpoint(
        pattern, save_weights_only=True, load_weights_on_restart=True
    )
    again.set_model(model)
    again.on_train_begin()
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    (tmp_path / "x.h5").mkdir()
    with pytest.raises(OSError, match="specify a non-directory filepath"):
        model.fit(
            X, X, callbacks=[callbacks.ModelCheckpoint(tmp_path / "x.h5")], verbose=0
        )


def test_speed_is_written_where_it_is_asked_for(model, tmp_path):
    board = callbacks.TensorBoard(tmp_path, write_steps_per_second=True)
    tags = []
    board._write = lambda _, values, __: tags.extend(values)
    model.fit(X, X, verbose=0, callbacks=[board])
    assert tags == [
        "batch_steps_per_second",
        "epoch_loss",
        "epoch_learning_rate",
        "epoch_steps_per_second",
    ]
    with pytest.raises(ValueError, match="Unrecognized arguments in `TensorBoard`"):
        callbacks.TensorBoard(tmp_path, write_nothing=True)


@pytest.mark.parametrize("frequency", [0, None, False])
def test_backups_need_an_occasion(frequency, tmp_path):
    with pytest.raises(ValueError, match="Either `save_freq` or `save_before"):
        callbacks.BackupAndRestore(tmp_path, save_freq=frequency)


def test_formats_of_files(model, tmp_path):
    path = os.fspath(tmp_path / "m")
    with pytest.raises(ValueError, match=r"expected a `\.keras` extension"):
        model.save(path, save_format="keras")
    with pytest.raises(ValueError, match="Unknown `save_format` argument"):
        model.save(path, save_format="foo")
    with pytest.raises(ValueError, match=r"not supported .*'include_optimizer'"):
        model.save(f"{path}.keras", include_optimizer=False)
    with pytest.raises(ValueError, match="Unknown format"):
        model.save_weights(path, save_format="foo")
    model.save_weights(path)
    with pytest.raises(NotImplementedError, match="based on topology"):
        model.load_weights(path, by_name=True)
    with pytest.raises(ValueError, match="skip_mismatch can only be set to True"):
        model.load_weights(path, skip_mismatch=True)


def test_users_say_what_early_stopping_looks_at():
    class Sum(callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            return logs["loss"] + 1.0

    stopping = Sum(monitor="val_auc", min_delta=0.5)
    assert stopping.monitor_op is np.greater
    stopping.on_train_begin()
    stopping.on_epoch_end(0, {"loss": 1.0})
    assert (stopping.best, stopping.wait) == (2.0, 0)
    assert callbacks.EarlyStopping(min_delta=0.5).min_delta == -0.5
    assert callbacks.ModelCheckpoint("x", mode="max").monitor_op is np.greater
