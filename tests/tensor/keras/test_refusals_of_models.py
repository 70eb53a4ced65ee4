"""What models, their training and their files refuse, and how they say it."""
# ruff: noqa: RUF043  # messages are matched as patterns

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.keras.random_generator import RandomGenerator

keras = tf.keras
layers = keras.layers
X = tf.ones([2, 3])
Y = tf.ones([2, 1])
ROWS = tf.data.Dataset.from_tensors((X, Y))
OPTIMIZER = keras.optimizers.SGD()
EMPTY = ROWS.filter(lambda *_: tf.constant(False))  # of unknown size


class Subclassed(keras.Model):
    """A model whose structure is in its code."""

    def __init__(self, units: int = 1) -> None:
        super().__init__()
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs)


class Numbers(Subclassed):
    """A model whose step returns a number."""

    def train_step(self, _: Any) -> Any:
        return 3.0


class Optimizing:
    """No optimizer: it has no learning rate."""


def dense() -> Any:
    model = keras.Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    return model


def two_outputs(**how: Any) -> Any:
    x = layers.Input((3,))
    outputs = [layers.Dense(1, name=name)(x) for name in "ab"]
    model = keras.Model(x, outputs)
    model.compile("sgd", **{"loss": "mse", **how})
    return model


def fit_two(targets: int = 2, class_weight: Any = None, **how: Any) -> Any:
    model = two_outputs(**how)
    return model.fit(X, [Y] * targets, class_weight=class_weight, verbose=0)


def set_rate_of_nothing() -> None:
    model = dense()
    model.optimizer = Optimizing()
    callback = keras.callbacks.LearningRateScheduler(lambda _: 0.1)
    callback.set_model(model)
    callback.on_epoch_begin(0)


def disconnected() -> Any:
    x = layers.Input((3,))
    config = keras.Model(x, layers.Dense(1)(x)).get_config()
    config["layers"][1]["inbound_nodes"] = [[["nowhere", 0, 0, {}]]]
    return keras.Model.from_config(config)


def step_without_names() -> Any:
    model = Numbers()
    model.compile("sgd", "mse")
    return model.fit(X, Y, verbose=0)


def sparse_of_unknown_rank() -> Any:
    def loss(p: Any) -> Any:
        return keras.losses.sparse_categorical_crossentropy([0], p, axis=1)

    return tf.function(loss).get_concrete_function(tf.TensorSpec(None))


CREATOR = keras.utils.experimental.DatasetCreator

REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "a scheduler": (
        set_rate_of_nothing,
        ValueError,
        'Optimizer must have a "lr" attribute',
    ),
    "a way to count": (
        lambda: keras.callbacks.ProgbarLogger("rounds"),
        ValueError,
        "Unknown `count_mode`: rounds",
    ),
    "cloning layers of a subclassed model": (
        lambda: keras.models.clone_model(Subclassed(), clone_function=lambda x: x),
        ValueError,
        "only supported for Sequential .* Received model of type 'Subclassed'",
    ),
    "a call of nothing": (disconnected, ValueError, "calls whose inputs never come"),
    "more inputs than there are": (
        lambda: dense()._layer_graph.run([X, X]),
        ValueError,
        r"This model has 1 input\(s\), named .* but 2 were passed",
    ),
    "arguments of a model": (
        lambda: type("Mine", (keras.Model,), {})(1),
        TypeError,
        r"Mine: positional arguments \(1,\) are not understood",
    ),
    "building without a shape": (
        lambda: keras.Sequential([layers.Dense(1)]).build(),
        ValueError,
        "You must provide an `input_shape`",
    ),
    "the input of a model without inputs": (
        lambda: keras.Sequential([layers.Dense(1)]).input_shape,
        AttributeError,
        "has never been called",
    ),
    "half a range of a summary": (
        lambda: dense().summary(layer_range=["a"], print_fn=lambda *_: None),
        ValueError,
        r"must be a list or tuple of length 2. .*\['a'\] of length 1",
    ),
    "layers of a summary": (
        lambda: dense().summary(layer_range=["a", "b"], print_fn=lambda *_: None),
        ValueError,
        "Passed layer_names do not match the layer names in the model",
    ),
    "classes along an axis of unknown rank": (
        sparse_of_unknown_rank,
        ValueError,
        "with `axis=1` on an output tensor with unknown rank",
    ),
    "an optimizer's private attribute": (
        lambda: keras.mixed_precision.LossScaleOptimizer(OPTIMIZER).__nothing__,
        AttributeError,
        "'LossScaleOptimizer' object has no attribute '__nothing__'",
    ),
    "too many arguments of an optimizer": (
        lambda: keras.optimizers.legacy.SGD(*range(9)),
        TypeError,
        "positional arguments",
    ),
    "numbers of an unknown kind": (
        lambda: RandomGenerator(rng_type="lucky"),
        ValueError,
        "Got: lucky",
    ),
    "a list of layers as a model": (
        lambda: keras.models.model_from_config([]),
        TypeError,
        r"Did you meant to use `Sequential.from_config\(config\)`",
    ),
    "an object without configuration": (
        lambda: keras.utils.serialize_keras_object(Optimizing()),
        TypeError,
        "a class must implement the `get_config",
    ),
    "batches of four": (
        lambda: keras.utils.unpack_x_y_sample_weight((1, 2, 3, 4)),
        ValueError,
        "Data is expected to be in format",
    ),
    "class weights of two outputs": (
        lambda: fit_two(class_weight={0: 1.0}),
        ValueError,
        "only supported for Models with a single output",
    ),
    "validation from a dataset": (
        lambda: dense().fit(ROWS, validation_split=0.5, verbose=0),
        ValueError,
        "`validation_split` is only supported for Tensors or NumPy arrays",
    ),
    "one loss in a list": (
        lambda: fit_two(loss=["mse"]),
        ValueError,
        "`loss` has 1 entries, but the model has 2 outputs",
    ),
    "three lists of metrics": (
        lambda: fit_two(metrics=[["mae"]] * 3),
        ValueError,
        "it should have one entry per model output",
    ),
    "metrics of no output": (
        lambda: fit_two(metrics={"c": "mae"}),
        ValueError,
        r"Found unexpected .*\['c'\]",
    ),
    "three targets": (
        lambda: fit_two(targets=3),
        ValueError,
        "2 outputs, .* but 3 targets were given",
    ),
    "nothing to train on": (
        lambda: dense().fit([], [], verbose=0),
        ValueError,
        "Expected input data to be non-empty",
    ),
    "no rows": (
        lambda: dense().fit(np.ones((0, 3)), np.ones((0, 1)), verbose=0),
        ValueError,
        "Expected input data to be non-empty",
    ),
    "a keyword of evaluate": (
        lambda: dense().evaluate(X, Y, wrong=1),
        TypeError,
        r"Invalid keyword arguments: \['wrong'\]",
    ),
    "epochs without end": (
        lambda: dense().fit(ROWS.repeat(), verbose=0),
        ValueError,
        "infinite dataset, you must specify the number of steps",
    ),
    "targets beside a dataset": (
        lambda: dense().fit(ROWS, Y, verbose=0),
        ValueError,
        "`y` argument is not supported when using",
    ),
    "no batch to train on": (
        lambda: dense().fit(EMPTY, verbose=0),
        ValueError,
        r"Unexpected result of `train_function` \(Empty [lL]ogs\)",
    ),
    "no batch to predict": (
        lambda: dense().predict(EMPTY, verbose=0),
        ValueError,
        "There were no batches to predict",
    ),
    "a step's number": (
        step_without_names,
        ValueError,
        "expected a dictionary of metrics by name",
    ),
    "a dataset's maker": (
        lambda: CREATOR(3),
        TypeError,
        "must be a `callable`. Received: 3",
    ),
    "a dataset's options": (
        lambda: CREATOR(lambda _: ROWS, input_options=3),
        TypeError,
        "must be a `tf.distribute.InputOptions`. Received: 3",
    ),
    "what is no dataset": (lambda: CREATOR(lambda x: x)(3), TypeError, "3"),
    "a schedule's configuration": (
        lambda: keras.optimizers.schedules.LearningRateSchedule().get_config(),
        NotImplementedError,
        r"must override `get_config\(\)` in order to be serializable",
    ),
    "a namespace": (
        lambda: keras.nothing,
        AttributeError,
        "tf.keras.nothing is not part of ringflow",
    ),
}


@pytest.mark.parametrize(
    ("call", "error", "words"), REFUSED.values(), ids=REFUSED.keys()
)
def test_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_weights_of_other_layers_and_existing_files(tmp_path: Any) -> None:
    pytest.importorskip("h5py")
    path = tmp_path / "w.h5"
    model = dense()
    model.save_weights(path)
    with pytest.raises(FileExistsError, match="or pass overwrite=True"):
        model.save_weights(path, overwrite=False)
    layer = layers.Dense(1, use_bias=False, input_shape=(3,), name=model.layers[0].name)
    with pytest.raises(ValueError, match="Layer expects 1 weight.s.. Received 2"):
        keras.Sequential([layer]).load_weights(path, by_name=True)


@pytest.mark.parametrize(
    ("module", "extra", "use"),
    [
        ("h5py", "h5", lambda path: dense().save(f"{path}/m.h5")),
        ("PIL", "image", lambda path: keras.utils.load_img(f"{path}/a.png")),
    ],
)
def test_what_a_format_needs_is_named_with_its_extra(
    module: str, extra: str, use: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"ringflow\[{extra}\]"):
        use(tmp_path)


def test_a_subclassed_model_is_cloned_by_its_configuration() -> None:
    clone = keras.models.clone_model(Subclassed(3))
    assert type(clone) is Subclassed
    assert clone.units == 3


def test_a_dataset_has_batches_of_its_own_size() -> None:
    model = dense()
    assert model.predict(ROWS, batch_size=7, verbose=0).shape == (2, 1)
    assert model.fit(ROWS, batch_size=7, verbose=0).epoch == [0]


@pytest.mark.parametrize(
    ("predictions", "precision", "auc"), [([2.0, 0.5], 0.0, 0.0), ([-2.0, 0.6], 1, 1)]
)
def test_predictions_outside_of_the_unit_interval_count_as_its_ends(
    predictions: list[float], precision: float, auc: float
) -> None:
    assert float(keras.metrics.Precision()([0, 1], predictions)) == precision
    assert float(keras.metrics.AUC()([0, 1], predictions)) == auc
