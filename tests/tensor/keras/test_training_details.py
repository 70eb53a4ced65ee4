"""What compile, fit and evaluate check, name and keep, beside the numbers."""

import logging

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers
metrics = keras.metrics
X = np.ones((4, 1), "float32")


def dense_model(**compiled):
    model = keras.Sequential([layers.Dense(1, kernel_initializer="ones")])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return model


def two_outputs(**compiled):
    x = keras.Input((1,))
    model = keras.Model(x, [layers.Dense(1, name=n)(x) for n in "pq"])
    model.compile("sgd", "mse", **compiled)
    return model


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (lambda: ["mse", metrics.MeanSquaredError()], ["mse", "mean_squared_error"]),
        (lambda: "mae", ["mae"]),
    ],
)
def test_a_list_of_metrics_is_for_every_output(given, names):
    model = two_outputs(metrics=given(), weighted_metrics=given())
    logs = model.evaluate(X, [X, X], return_dict=True, verbose=0)
    weighted = [f"weighted_{name}" for name in names]
    expected = [f"{out}_{n}" for out in "pq" for n in [*names, *weighted]]
    assert list(logs) == ["loss", "p_loss", "q_loss", *expected]


def test_lists_of_lists_of_metrics_are_for_one_output_each():
    model = two_outputs(metrics=[["mse"], ["mae", "mape"]])
    logs = model.evaluate(X, [X, X], return_dict=True, verbose=0)
    assert list(logs)[3:] == ["p_mse", "q_mae", "q_mape"]


def test_metrics_need_names_of_their_own():
    with pytest.raises(ValueError, match="Found two metrics with the same name: mse"):
        dense_model(metrics=["mse", "mse"]).fit(X, X, verbose=0)
    same = metrics.MeanSquaredError()
    with pytest.raises(ValueError, match="Found duplicated metrics object"):
        dense_model(metrics=[same], weighted_metrics=[same])


def test_compiling_again_with_the_same_metric_keeps_its_name():
    metric = metrics.MeanSquaredError(name="m")
    for _ in range(2):
        model = two_outputs(metrics={"p": metric})
        assert list(model.evaluate(X, [X, X], return_dict=True, verbose=0))[3:] == [
            "p_m"
        ]


@pytest.mark.parametrize(
    "method",
    [
        "fit",
        "evaluate",
        "predict",
        "train_on_batch",
        "test_on_batch",
        "predict_on_batch",
    ],
)
def test_methods_with_functions_of_their_own_refuse_to_be_traced(method):
    model = dense_model()

    @tf.function
    def inside():
        getattr(model, method)(X)

    with pytest.raises(RuntimeError, match=r"inside a `tf.function`"):
        inside()


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_empty_arrays_are_refused(method):
    nothing = np.zeros((0, 1))
    arguments = (nothing,) if method == "predict" else (nothing, nothing)
    with pytest.raises(ValueError, match="Expected input data to be non-empty"):
        getattr(dense_model(), method)(*arguments, verbose=0)


def test_arrays_of_different_lengths_are_told_by_role():
    with pytest.raises(ValueError, match=r"ambiguous:\n  x sizes: 4\n  y sizes: 3\n"):
        dense_model().train_on_batch(X, X[:3])


def test_training_needs_a_loss():
    model = dense_model(loss=None)
    with pytest.raises(ValueError, match="No loss found"):
        model.fit(X, X, verbose=0)
    assert model.compute_loss(X, X, model(X), None) is None
    assert model.evaluate(X, X, verbose=0) == 0.0


def test_validation_frequency_is_a_number_or_a_list():
    with pytest.raises(ValueError, match="Expected `validation_freq` to be a list or"):
        dense_model().fit(
            X, X, validation_data=(X, X), validation_freq="two", verbose=0
        )


def test_weights_without_weighted_metrics_are_worth_a_warning(caplog):
    weights = np.ones(4)
    with caplog.at_level(logging.WARNING):
        dense_model(weighted_metrics=[]).evaluate(X, X, 4, 0, weights)
        assert "received a value for `sample_weight`" not in caplog.text
        dense_model().evaluate(X, X, 4, 0, weights)
    assert "received a value for `sample_weight`" in caplog.text


def test_what_was_trainable_at_compile_counts():
    shared = layers.Dense(1)
    model = keras.Sequential([keras.Input((1,)), shared, layers.Dense(1)])
    shared.trainable = False
    model.compile("sgd", "mse")
    shared.trainable = True
    before = shared.get_weights()
    model.train_on_batch(X, X)
    model.fit(X, X, verbose=0)
    np.testing.assert_array_equal(shared.get_weights()[0], before[0])
    assert shared.trainable
    model.compile("sgd", "mse")
    model.fit(X, X, verbose=0)
    assert (shared.get_weights()[0] != before[0]).all()


def test_settings_of_compile_can_be_read():
    model = dense_model(jit_compile=True, steps_per_execution=5)
    assert model.jit_compile
    assert model.steps_per_execution.numpy() == 5
    model.jit_compile = None
    assert model.jit_compile is None
    model(X)
    assert len(model.weights) == 2
    with pytest.raises(ValueError, match="`run_eagerly` and `jit_compile`"):
        dense_model(jit_compile=True, run_eagerly=True)


def test_callbacks_may_leave_out_the_constructor():
    class Counts(keras.callbacks.Callback):
        def __init__(self):
            self.count = 0

        def on_epoch_end(self, *_, **__):
            self.count += 1

    counts = Counts()
    dense_model().fit(X, X, epochs=3, callbacks=[counts], verbose=0)
    assert counts.count == 3


def test_class_weights_of_pixels_meet_weights_of_images():
    model = keras.Sequential([layers.Conv2D(2, 1, kernel_initializer="ones")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = tf.ones((2, 3, 3, 1))
    y = tf.zeros((2, 3, 3), "int32")
    weights = np.array([1.0, 3.0])
    logs = model.fit(
        x, y, class_weight={0: 2.0, 1: 1.0}, sample_weight=weights, verbose=0
    )
    plain = model.evaluate(x, y, verbose=0)
    assert logs.history["loss"][0] == pytest.approx(plain * 4, rel=1e-3)


class Counter(layers.Layer):
    def build(self, _):
        self.count = self.add_weight(
            "count", (), "int32", initializer="zeros", trainable=False
        )

    def call(self, inputs):
        self.add_update(lambda: self.count.assign_add(1))
        self.add_update([None, self.count])
        return inputs


def test_updates_run_once_a_step_unless_the_layer_is_frozen():
    counter = Counter()
    model = keras.Sequential([keras.Input((1,)), counter, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X, batch_size=2, verbose=0)
    assert counter.count.numpy() == 2
    model.trainable = False
    model(X)
    assert counter.count.numpy() == 2


def test_metrics_called_on_keras_tensors_only_say_what_they_are():
    y = keras.Input((1,))
    mean = metrics.Mean()
    result = mean(y)
    assert result == 0.0
    with pytest.raises(ValueError, match="Expected a symbolic Tensor for the metric"):
        keras.Model(y, y).add_metric(result, name="late")


class Reports(keras.Model):
    def __init__(self, *means):
        super().__init__()
        self.means = means

    def call(self, x):
        self.add_metric(self.means[0](x), name="m")
        return x


def test_metrics_of_layers_need_different_names():
    model = Reports(metrics.Mean(name="m"), metrics.Mean(name="m"))
    with pytest.raises(ValueError, match='We found 2 metrics with the name: "m"'):
        model(X)
    model = Reports(metrics.Mean(name="m"))
    model(X)
    assert [m.name for m in model.metrics] == ["m"]


def test_metrics_with_several_results_can_be_added_in_calls():
    class Both(metrics.Metric):
        def __init__(self):
            super().__init__()
            self.total = self.add_weight("total", initializer="zeros")

        def update_state(self, values):
            self.total.assign_add(tf.reduce_sum(values))

        def result(self):
            return {"total": self.total, "double": 2 * self.total}

    model = Reports(Both())
    model.compile("sgd", "mse")
    logs = model.evaluate(X, X, return_dict=True, verbose=0)
    assert (logs["total"], logs["double"]) == (4.0, 8.0)


def test_paths_to_weights():
    class Pair(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.rest = layers.Dense(1), [layers.Dense(1)]

        def call(self, x):
            return self.rest[0](self.first(x))

    pair = Pair()
    assert pair.get_weight_paths() == {}
    pair(X)
    assert sorted(pair.get_weight_paths()) == [
        "first.bias",
        "first.kernel",
        "rest.0.bias",
        "rest.0.kernel",
    ]
    stack = keras.Sequential([layers.Dense(1, input_shape=(1,), name="d")])
    assert list(stack.get_weight_paths()) == ["d.kernel", "d.bias"]


def test_dense_layers_take_integers():
    assert layers.Dense(1)(np.ones((2, 3), "int64")).dtype == tf.float32


def test_sequential_models_know_their_stack_alone():
    model = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    model.extra = layers.Dense(4)
    model.extra.build((None, 2))
    assert len(model.weights) == 2
    model.pop()
    assert model.outputs is None
    empty = keras.Sequential()
    empty.build((None, 3))
    assert empty.built


def test_modules_stand_in_for_layers():
    class Doubles(tf.Module):
        def __init__(self):
            self.factor = tf.Variable(2.0)

        def call(self, x, training=None):
            assert training is not None
            return self.factor * x

    model = keras.Sequential([Doubles()])
    model.compile("sgd", "mse")
    model.fit(X, X, verbose=0)
    assert len(model.trainable_variables) == 1
    with pytest.raises(ValueError, match="is not defined on object"):
        keras.Sequential([tf.Module()])


def test_stacks_take_dictionaries_of_any_size():
    model = keras.Sequential([layers.Layer()])
    model.compile(loss="mse")
    model.fit({"a": X, "b": X}, {"a": X, "b": X}, verbose=0)
    assert model.inputs is None
    model.fit({"a": X}, {"a": X}, verbose=0)


def test_recurrent_states_are_part_of_the_configuration():
    cell = layers.RNN(layers.SimpleRNNCell(2))
    assert "num_constants" not in cell.get_config()


def test_infinite_datasets_need_a_number_of_steps():
    data = tf.data.Dataset.from_tensors((X, X)).repeat()
    model = dense_model()
    for method in (model.fit, model.evaluate, model.predict):
        with pytest.raises(ValueError, match="providing an infinite dataset"):
            method(data, verbose=0)
    assert model.predict(data, steps=2, verbose=0).shape == (8, 1)


class Batches(keras.utils.Sequence):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return X, X


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (tf.data.Dataset.from_tensors((X, X)), "dataset"),
        (Batches(), "`keras.utils.Sequence`"),
        (iter([(X, X)]), "python generator"),
    ],
)
def test_data_that_bring_targets_are_given_no_others(data, kind):
    with pytest.raises(ValueError, match=f"`y` argument is not .* using {kind} as"):
        dense_model().fit(data, X, verbose=0)


def test_data_that_end_with_an_epoch_end_the_training():
    data = tf.data.Dataset.from_tensors((X, X)).repeat(2).filter(lambda *_: True)
    model = dense_model()
    losses = model.fit(data, epochs=3, steps_per_epoch=2, verbose=0).history["loss"]
    assert len(losses) == 2
    assert losses[0] == losses[1]


def test_metrics_added_in_calls_may_be_numbers():
    class Reports(layers.Layer):
        def call(self, x, training=None):
            self.add_metric(2.0 if training else 1.0, name="mode")
            return x

    model = keras.Sequential([Reports()])
    model.compile("sgd", "mse")
    assert model.test_on_batch(X, X)[1] == 1.0


def test_clones_on_given_inputs_begin_with_their_layers():
    model = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    start = keras.Input((3,), name="start")
    assert keras.models.clone_model(model, start).input_names == ["start"]
    with pytest.raises(ValueError, match="argument to be a callable"):
        keras.models.clone_model(model, clone_function=3)


@pytest.mark.parametrize(
    ("predictors", "words"),
    [(5, "More independent predictors than datapoints"), (2, "Division by zero in")],
)
def test_too_many_predictors_do_not_count(predictors, words):
    metric = metrics.R2Score(num_regressors=predictors)
    metric.update_state([[1.0], [2.0], [3.0]], [[1.0], [2.0], [4.0]])
    with pytest.warns(UserWarning, match=words):
        assert metric.result().numpy() == 0.5
