"""What TensorFlow's guides show of Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf
from tensor import keras

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.8, 1, 0.5)


class Nameless(keras.layers.Layer):
    """A layer as in the guides: its configuration has no name."""

    def __init__(self, units: int = 2) -> None:
        super().__init__()
        self.units = units

    def build(self, shape: Any) -> None:
        self.w = self.add_weight("w", (shape[-1], self.units), initializer="ones")

    def call(self, x: Any) -> Any:
        return x @ self.w

    def get_config(self) -> dict[str, Any]:
        return {"units": self.units}


def test_layers_without_a_name_in_their_configuration_are_made_again() -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, Nameless(3)(inputs))
    known = {"Nameless": Nameless}
    again = keras.Model.from_config(model.get_config(), custom_objects=known)
    assert again.layers[1].units == 3
    assert again.layers[1].name.startswith("nameless")


def test_a_model_folder_with_unknown_layers_is_revived(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, Nameless(3)(inputs))
    model.save(str(tmp_path))
    revived = keras.models.load_model(str(tmp_path))
    np.testing.assert_array_equal(revived(tf.ones([1, 4])), [[4.0, 4.0, 4.0]])
    known = keras.models.load_model(str(tmp_path), {"Nameless": Nameless})
    assert type(known.layers[1]) is Nameless


def test_metrics_of_a_layer_keep_their_variables_and_those_of_a_model_do_not() -> None:
    class Endpoint(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.accuracy = keras.metrics.BinaryAccuracy()

    class Endmodel(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.mean = keras.metrics.Mean()
            self.endpoint = Endpoint()

    assert Endpoint().weights == []
    assert [v.name for v in Endmodel().weights] == ["total:0", "count:0"]
    assert len(Endmodel().metrics) == 2


@pytest.mark.parametrize("traced", [False, True])
def test_an_optimizer_with_a_schedule_shows_the_last_steps_rate(traced: bool) -> None:
    optimizer = keras.optimizers.SGD(SCHEDULE)
    weight = tf.Variable(1.0)
    optimizer.build([weight])

    def step() -> None:
        optimizer.apply_gradients([(tf.constant(1.0), weight)])

    step = tf.function(step) if traced else step
    assert optimizer.learning_rate.name == "current_learning_rate:0"
    rates = []
    for _ in range(3):
        step()
        rates.append(float(optimizer.lr))
    np.testing.assert_allclose(rates, [0.8, 0.4, 0.2])
    np.testing.assert_allclose(weight, 1.0 - 1.4, rtol=1e-6)
    with pytest.raises(TypeError, match="not settable"):
        optimizer.lr = 0.1


def test_a_schedule_may_replace_a_number() -> None:
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.learning_rate = SCHEDULE
    assert optimizer.learning_rate.name == "current_learning_rate:0"
    optimizer = keras.optimizers.legacy.SGD(SCHEDULE)
    assert optimizer.lr is SCHEDULE
    optimizer = keras.optimizers.legacy.SGD(0.5)
    optimizer.learning_rate = 0.25
    assert optimizer.lr == 0.25


def test_nested_models_in_a_summary_are_not_followed_by_a_blank_line() -> None:
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    outer = keras.Sequential([keras.Input((2,)), inner])
    lines: list[str] = []
    outer.summary(expand_nested=True, print_fn=lines.append)
    last = max(i for i, line in enumerate(lines) if line.startswith("¯"))
    assert lines[last + 1].startswith("===")


class Stack(keras.Model):
    """A subclassed model as in the guide to saving."""

    def __init__(self, units: list[int]) -> None:
        super().__init__()
        self.units = units
        self.inner = [keras.layers.Dense(u, kernel_initializer="ones") for u in units]

    def call(self, x: Any) -> Any:
        for layer in self.inner:
            x = layer(x)
        return x

    def get_config(self) -> dict[str, Any]:
        return {"units": self.units}


def test_a_subclassed_model_comes_back_from_files(tmp_path: Path) -> None:
    model = Stack([4, 2])
    model(np.ones((1, 3)))  # float64, cast to the model's float32
    path = str(tmp_path / "model.keras")
    model.save(path)
    again = keras.models.load_model(path, {"Stack": Stack})
    assert again(np.ones((1, 3))).numpy().tolist() == [[12.0, 12.0]]
    model.save(str(tmp_path / "folder"))
    revived = keras.models.load_model(str(tmp_path / "folder"))
    assert revived(tf.ones([2, 3]))[0].numpy().tolist() == [12.0, 12.0]


@keras.saving.register_keras_serializable("test_guides", "plus")
def plus_two(x: Any) -> Any:
    return x + 2.0


def plus_one(x: Any) -> Any:
    return x + 1.0


def test_activations_of_users_are_found_by_their_registered_names() -> None:
    layer = keras.layers.Dense(1, activation=plus_two, kernel_initializer="ones")
    config = layer.get_config()
    assert config["activation"] == {
        "module": "builtins",
        "class_name": "function",
        "config": "test_guides>plus",
        "registered_name": "function",
    }
    assert keras.layers.Dense.from_config(config)(tf.ones([1, 1])) == 3.0
    config = keras.layers.Dense(1, plus_one, kernel_initializer="ones").get_config()
    with keras.utils.custom_object_scope({"plus_one": plus_one}):
        assert keras.layers.Dense.from_config(config)(tf.ones([1, 1])) == 2.0
    with pytest.raises(TypeError, match="'plus_one' cannot be deserialized"):
        keras.layers.Dense.from_config(config)
    assert keras.activations.serialize(tf.nn.relu) == "relu"


class Split(keras.layers.Layer):
    """Splits steps in two, and their mask."""

    def call(self, x: Any) -> Any:
        return tf.split(x, 2, axis=1)

    def compute_mask(self, _: Any, mask: Any = None) -> Any:
        return None if mask is None else tf.split(mask, 2, axis=1)


class Softmax(keras.layers.Layer):
    """Uses a mask, and hands on none."""

    def call(self, x: Any, mask: Any = None) -> Any:
        return x * tf.cast(mask, "float32")[..., None]


def test_masks_are_made_by_overridden_rules_and_end_where_there_is_none() -> None:
    embedding = keras.layers.Embedding(5, 1, "ones", mask_zero=True)
    steps = np.array([[1, 2, 0, 0], [1, 0, 0, 0]])
    first, second = Split()(embedding(steps))
    assert first._keras_mask.numpy().tolist() == [[True, True], [True, False]]
    assert not tf.reduce_any(second._keras_mask)
    inputs = keras.Input((4,))
    x = keras.layers.Dense(1, kernel_initializer="ones")(embedding(inputs))
    model = keras.Model(inputs, Softmax()(x))
    assert model.layers[-1].supports_masking is False
    outputs = model(steps)
    assert hasattr(outputs, "_keras_mask") is False
    assert outputs.shape == (2, 4, 1)


def test_a_learning_rate_is_a_number() -> None:
    with pytest.raises(TypeError, match="'a'"):
        keras.optimizers.SGD(learning_rate="a")
