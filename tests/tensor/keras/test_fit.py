"""compile, fit, evaluate, predict."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers
X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(-1, 1)
Y = 2 * X + 1


def make_model(**compile_arguments):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [layers.Dense(4, activation="tanh", input_shape=(1,)), layers.Dense(1)]
    )
    arguments = {"optimizer": keras.optimizers.Adam(0.05), "loss": "mse"}
    model.compile(**{**arguments, **compile_arguments})
    return model


def test_eager_and_traced_steps_train_alike():
    runs = []
    for run_eagerly in (True, False):
        model = make_model(metrics=["mae"], run_eagerly=run_eagerly)
        history = model.fit(X, Y, batch_size=5, epochs=3, verbose=0).history
        runs.append((history, model.get_weights()))
    for name, values in runs[0][0].items():
        np.testing.assert_allclose(values, runs[1][0][name], rtol=1e-5)
    for one, other in zip(runs[0][1], runs[1][1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_arrays_datasets_generators_and_sequences_train_alike():
    class Batches(keras.utils.Sequence):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return X[4 * i : 4 * i + 4], Y[4 * i : 4 * i + 4]

    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    generator = ((X[i : i + 4], Y[i : i + 4]) for _ in range(2) for i in (0, 4, 8))
    losses = [
        make_model(run_eagerly=True).fit(*data, epochs=2, verbose=0, **kwargs).history
        for data, kwargs in (
            ((X, Y), {"batch_size": 4, "shuffle": False}),
            ((dataset,), {}),
            ((generator,), {"steps_per_epoch": 3}),
            ((Batches(),), {"shuffle": False}),
        )
    ]
    for other in losses[1:]:
        np.testing.assert_allclose(other["loss"], losses[0]["loss"], rtol=1e-6)


def test_shuffling_is_repeatable_and_differs_from_epoch_to_epoch():
    class Seen(keras.Model):
        def __init__(self):
            super().__init__()
            self.orders = []

        def call(self, x):
            self.orders.append(x.numpy().ravel().tolist())
            return x

    def orders():
        keras.utils.set_random_seed(1)
        model = Seen()
        model.compile(loss="mse", run_eagerly=True)
        model.fit(X, Y, epochs=2, batch_size=12, verbose=0)
        return model.orders

    first = orders()
    assert first == orders()
    assert first[0] != first[1]
    assert sorted(first[0]) == sorted(first[1]) == X.ravel().tolist()


def test_outputs_losses_and_metrics_go_by_name():
    x = keras.Input((1,))
    outputs = {"a": layers.Dense(1, name="p")(x), "b": layers.Dense(1, name="q")(x)}
    model = keras.Model(x, outputs)
    model.compile("sgd", {"a": "mse", "b": "mae"}, metrics={"b": "mse"})
    targets = {"a": Y, "b": Y}
    names = model.evaluate(X, targets, return_dict=True, verbose=0)
    with pytest.raises(ValueError, match="not correspond to any Model output"):
        model.evaluate(X, {"p": Y, "b": Y}, verbose=0)
    with pytest.raises(ValueError, match="not correspond to any Model output"):
        model.fit(X, targets, sample_weight={"unknown": Y}, verbose=0)
    assert sorted(names) == ["loss", "p_loss", "q_loss", "q_mse"]
    model.compile("sgd", {"z": "mse"})
    with pytest.raises(ValueError, match="not correspond to any Model output"):
        model.fit(X, targets, verbose=0)


def test_a_mask_leaves_steps_out_of_loss_and_metrics():
    ids = np.array([[1, 2, 0], [3, 0, 0]])
    model = keras.Sequential(
        [
            layers.Embedding(4, 2, mask_zero=True),
            layers.Dense(1, kernel_initializer="ones"),
        ]
    )
    model.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    targets = np.zeros((2, 3, 1), np.float32)
    loss, mae = model.evaluate(ids, targets, verbose=0)
    predictions = model.predict(ids, verbose=0)[..., 0]
    counted = predictions[ids != 0]
    np.testing.assert_allclose(mae, np.abs(counted).mean(), rtol=1e-5)
    # Keras weighs the mask twice: its mean is over the batch of what counts.
    np.testing.assert_allclose(loss, (counted**2).mean(), rtol=1e-5)


def test_steps_per_epoch_go_on_in_the_data():
    seen = []
    dataset = tf.data.Dataset.range(6).map(
        lambda i: (tf.reshape(tf.cast(i, tf.float32), [1, 1]),) * 2
    )

    class Spy(keras.Model):
        def call(self, x):
            seen.append(float(x[0, 0]))
            return x

    model = Spy()
    model.compile(loss="mse", run_eagerly=True)
    model.fit(dataset, epochs=3, steps_per_epoch=2, verbose=0)
    assert seen == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_data_that_ends_early_is_said(caplog):
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    history = make_model(run_eagerly=True).fit(
        dataset, epochs=4, steps_per_epoch=2, verbose=0
    )
    assert len(history.history["loss"]) == 2
    assert "ran out of data" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": X, "y": Y[:5]}, "cardinality is ambiguous:"),
        ({"x": 3}, "data adapter"),
        ({"x": iter([X]), "y": Y}, "`y` argument is not supported"),
        ({"x": X, "y": Y, "validation_split": 0.99}, "not sufficient to split"),
        ({"x": X, "y": None}, "Target data is missing"),
        ({"x": X[:0], "y": Y[:0]}, "input data to be non-empty"),
        ({"x": np.float32(1)}, "data adapter|one row an example"),
    ],
)
def test_data_that_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_model(run_eagerly=True).fit(**arguments, verbose=0)


def test_class_weights_need_classes_from_zero():
    model = keras.Sequential([layers.Dense(2, activation="softmax", input_shape=(1,))])
    model.compile("sgd", "sparse_categorical_crossentropy")
    labels = np.zeros(12, np.int64)
    with pytest.raises(ValueError, match="class_weight"):
        model.fit(X, labels, class_weight={1: 2.0}, verbose=0)


def test_uncompiled_models_and_unknown_arguments_are_refused():
    model = keras.Sequential([layers.Dense(1)])
    with pytest.raises(RuntimeError, match="must compile"):
        model.fit(X, Y)
    with pytest.raises(TypeError, match="Invalid keyword"):
        model.compile(wrong=1)


def test_validation_data_and_frequency():
    history = make_model().fit(
        X, Y, epochs=4, verbose=0, validation_data=(X, Y), validation_freq=2
    )
    assert len(history.history["val_loss"]) == 2
    history = make_model().fit(
        X, Y, epochs=3, verbose=0, validation_data=(X, Y), validation_freq=[1, 3]
    )
    assert len(history.history["val_loss"]) == 2


def test_predict_keeps_the_structure_of_the_outputs():
    x = keras.Input((1,))
    model = keras.Model(x, {"twice": x * 2.0, "pair": [x, x + 1.0]})
    result = model.predict(X, batch_size=5, verbose=0)
    np.testing.assert_allclose(result["twice"], X * 2)
    np.testing.assert_allclose(result["pair"][1], X + 1)


def test_verbose_two_prints_one_line_an_epoch(capsys):
    make_model().fit(X, Y, epochs=2, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/2"
    assert lines[1].startswith("1/1 - 0s - loss: ")
    assert lines[1].endswith("/step")
    assert len(lines) == 4


def test_moving_averages_replace_the_weights_at_the_end():
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.0)
    make_model(optimizer=optimizer).fit(X, Y, epochs=1, verbose=0)
    assert optimizer.get_config()["use_ema"]


class _Recorder(keras.Model):
    """Notes the structure of what its steps are handed."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def train_step(self, data):
        self.seen.append(tf.nest.map_structure(lambda t: tuple(t.shape), data))
        return {"loss": tf.constant(0.0)}


ROW = np.ones((2, 3), "float32")
DATASET = tf.data.Dataset.from_tensor_slices


# What Keras 2 hands to `train_step`, by what `fit` was given.
@pytest.mark.parametrize(
    ("arguments", "structure"),
    [
        ((ROW,), (2, 3)),
        (([ROW, ROW],), (((2, 3), (2, 3)),)),
        (({"a": ROW},), {"a": (2, 3)}),
        ((ROW, ROW), ((2, 3), (2, 3))),
        ((DATASET(ROW).batch(2),), (2, 3)),
        ((DATASET((ROW,)).batch(2),), ((2, 3),)),
        ((DATASET({"a": ROW}).batch(2),), {"a": (2, 3)}),
        ((iter([(ROW,)]),), (2, 3)),
        ((iter([[ROW, ROW]]),), ((2, 3), (2, 3))),
    ],
)
def test_train_step_gets_inputs_alone_as_they_are(arguments, structure):
    model = _Recorder()
    model.compile(run_eagerly=True)
    model.fit(*arguments, verbose=0)
    assert model.seen == [structure]


def test_train_on_batch_hands_over_a_tuple():
    model = _Recorder()
    model.compile(run_eagerly=True)
    model.train_on_batch(ROW)
    assert model.seen == [((2, 3),)]


def test_numbers_in_lists_are_data():
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    assert len(model.fit([[1.0], [2.0]], [3.0, 4.0], verbose=0).history["loss"]) == 1
