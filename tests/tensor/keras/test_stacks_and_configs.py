"""Stacks that learn their input at a call; what configurations and clones refuse."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers


class Pairs(layers.Layer):
    """Gives two tensors."""

    def call(self, x):
        return x, x


class Small(keras.Model):
    """A subclassed model with one argument."""

    def __init__(self, units=2):
        super().__init__()
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x)


def test_a_stack_that_was_called_is_saved_with_its_input():
    model = keras.Sequential([layers.Dense(2), layers.Dropout(0.5)])
    model(np.ones((2, 3), "float32"))
    first = model.get_config()["layers"][0]
    assert first["class_name"] == "InputLayer"
    assert first["config"]["batch_input_shape"] == (2, 3)
    twin = keras.models.model_from_json(model.to_json())
    assert (twin.built, twin.input_shape) == (True, (2, 3))
    assert model.input_spec is None  # batches of other sizes may follow
    model(np.ones((4, 3), "float32"))
    assert model.input_shape == (None, 3)


def test_a_stack_of_an_input_alone():
    model = keras.Sequential([keras.Input((3,))])
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 3))
    model.add(layers.Dense(2))
    model.pop()
    assert (model.built, model.inputs, model.outputs) == (False, None, None)


REFUSED = {
    "two outputs, found at a call": (
        lambda: keras.Sequential([Pairs(), layers.Dense(1)])(np.ones((1, 3))),
        ValueError,
        "should have a single output tensor",
    ),
    "an argument that a layer does not take": (
        lambda: layers.Dense.from_config({"units": 1, "foo": 1}),
        TypeError,
        "Error when deserializing class 'Dense' using config=",
    ),
    "an argument that a metric does not take": (
        lambda: keras.metrics.Mean.from_config({"foo": 1}),
        TypeError,
        "Error when deserializing class 'Mean'",
    ),
    "an argument that a model does not take": (
        lambda: Small.from_config({"z": 3}),
        TypeError,
        "Unable to revive model from config. When overriding the `get_config",
    ),
    "nothing": (
        lambda: layers.deserialize({}),
        ValueError,
        "Cannot deserialize empty config",
    ),
    "a shape that is a number": (
        lambda: Small().build(3),
        ValueError,
        "Specified input shape is not one of the valid types",
    ),
    "a clone on two inputs": (
        lambda: keras.models.clone_model(
            keras.Sequential([layers.Dense(1)]), [keras.Input((1,)), keras.Input((1,))]
        ),
        ValueError,
        "expect at most one tensor as part of `input_tensors`",
    ),
    "a clone on a number": (
        lambda: keras.models.clone_model(keras.Sequential([layers.Dense(1)]), 3),
        ValueError,
        "Unexpectedly found an instance of type",
    ),
    "an unbuilt stack in HDF5": (
        lambda: keras.Sequential([layers.Dense(1)]).save("never.h5"),
        ValueError,
        "have not yet been created",
    ),
    "an unbuilt stack in a folder": (
        lambda: keras.Sequential([layers.Dense(1)]).save("never"),
        ValueError,
        "cannot be saved because the input shape is not available. Please specify an",
    ),
    "a specification that is none": (
        lambda: setattr(layers.Dense(1), "input_spec", 3),
        TypeError,
        "Layer input_spec must be an instance of InputSpec. Got: 3",
    ),
    "axes that are a number": (
        lambda: layers.InputSpec(axes=3),
        TypeError,
        "must be a dict with integer keys",
    ),
    "a penalty that cannot change": (
        lambda: layers.Layer().add_loss(tf.constant(1.0)),
        ValueError,
        "Please wrap your loss computation in a zero argument `lambda`",
    ),
    "an attribute that can only be read": (
        lambda: setattr(layers.Layer(), "name", "x"),
        AttributeError,
        'Can\'t set the attribute "name", likely because it conflicts',
    ),
    "an argument that files do not take": (
        lambda: keras.Sequential([keras.Input((1,))]).save("never.keras", foo=1),
        ValueError,
        r"not supported with the native TF-Keras format: \['foo'\]",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_an_empty_folder_holds_no_model(tmp_path):
    with pytest.raises(OSError, match="SavedModel file does not exist at"):
        keras.models.load_model(tmp_path)


def test_weights_that_do_not_fit_are_skipped_by_name_only(tmp_path, caplog):
    small = keras.Sequential([layers.Dense(1, input_shape=(3,), name="d")])
    small.save_weights(tmp_path / "w.h5")
    large = keras.Sequential([layers.Dense(2, input_shape=(3,), name="d")])
    with pytest.raises(ValueError, match="only be set to True when by_name is True"):
        large.load_weights(tmp_path / "w.h5", skip_mismatch=True)
    with pytest.raises(ValueError, match=r"layer #0 \(named d\) for weight d/kernel"):
        large.load_weights(tmp_path / "w.h5", by_name=True)
    large.load_weights(tmp_path / "w.h5", by_name=True, skip_mismatch=True)
    assert "Skipping loading of weights" in caplog.text


def test_layers_made_in_a_call_are_named_anew_in_each_trace():
    class Making(layers.Layer):
        def build(self, input_shape):
            self.inner = layers.Dense(2)
            super().build(input_shape)

        def call(self, x):
            return self.inner(x)

    keras.backend.clear_session()
    assert layers.Dense(1).name == "dense"
    traced, eager = Making(), Making()
    traced(keras.Input((3,)))
    eager(np.ones((1, 3)))
    assert traced.inner.name == "dense"
    assert eager.inner.name == "dense_1"
    in_function = Making()
    tf.function(in_function)(tf.ones((1, 3)))
    assert in_function.inner.name == "dense"
