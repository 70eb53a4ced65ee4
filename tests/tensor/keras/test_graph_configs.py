"""Configurations of functional models: calls in Keras's form, losses, inputs."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers


def calls_of(model):
    return model.get_config()["layers"][-1]["inbound_nodes"]


def again(model, **custom):
    twin = keras.Model.from_config(model.get_config(), custom_objects=custom)
    twin.set_weights(model.get_weights())
    return twin


class Mixes(layers.Layer):
    def call(self, first, second=None, scale=1.0):
        return (first["x"] + first["more"][0] + first["more"][1] + second) * scale


def test_calls_are_written_as_keras_writes_them():
    x, h = keras.Input((3, 4), name="x"), keras.Input((5,), name="h")
    query = layers.MultiHeadAttention(2, 2)(x, x, return_attention_scores=True)
    assert calls_of(keras.Model(x, query)) == [
        [["x", 0, 0, {"value": ["x", 0, 0], "return_attention_scores": True}]]
    ]
    states = layers.GRU(5)(x, initial_state=h)
    assert calls_of(keras.Model([x, h], states)) == [[["x", 0, 0, {}], ["h", 0, 0, {}]]]


def test_calls_of_nested_arguments_come_back():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    mixed = Mixes()({"x": a, "more": [b, 1.0]}, second=a, scale=2.0)
    model = keras.Model([a, b], mixed)
    kwargs = {"second": ["a", 0, 0], "scale": 2.0}
    assert calls_of(model) == [
        {
            "x": ["a", 0, 0, kwargs],
            "more": [["b", 0, 0, kwargs], ["_CONSTANT_VALUE", -1, 1.0, kwargs]],
        }
    ]
    ones = [np.ones((2, 3)), np.ones((2, 3))]
    np.testing.assert_array_equal(again(model, Mixes=Mixes)(ones), np.full((2, 3), 8.0))


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
def test_states_and_constants_are_inputs_of_recurrent_layers(kind):
    x, h = keras.Input((3, 4), name="x"), keras.Input((5,), name="h")
    layer = kind(5)
    states = [h, h] if kind is layers.LSTM else [h]
    model = keras.Model([x, h], layer(x, initial_state=states))
    assert len(layer.input) == 1 + len(states)
    rng = np.random.default_rng(0)
    data = [rng.random((2, 3, 4)), rng.random((2, 5))]
    np.testing.assert_allclose(again(model)(data), model(data), rtol=1e-5)
    with pytest.raises(ValueError, match="mix of Keras tensors and non-Keras"):
        layers.LSTM(5)(x, initial_state=[h, tf.zeros((1, 5))])


class AddConstant(layers.Layer):
    state_size = output_size = 4

    def call(self, inputs, states, constants):
        total = inputs + states[0] + constants[0]
        return total, [total]


def test_constants_of_cells_come_back():
    x, c = keras.Input((3, 4), name="x"), keras.Input((4,), name="c")
    model = keras.Model([x, c], layers.RNN(AddConstant())(x, constants=c))
    data = [np.ones((2, 3, 4)), np.ones((2, 4))]
    twin = again(model, AddConstant=AddConstant)
    np.testing.assert_array_equal(twin(data), np.full((2, 4), 6.0))


def test_arguments_that_json_cannot_hold_are_refused():
    class Takes(layers.Layer):
        def call(self, x, what=None):
            return x if what else -x

    x = keras.Input((3,))
    model = keras.Model(x, Takes()(x, what=object()))
    with pytest.raises(TypeError, match="non-JSON-serializable arguments"):
        model.get_config()


def test_losses_and_metrics_of_functional_models_are_layers():
    x = keras.Input((3,))
    y = layers.Dense(1, kernel_initializer="ones")(x)
    model = keras.Model(x, y)
    model.add_loss(tf.reduce_mean(y))
    model.add_metric(tf.reduce_sum(y), name="total", aggregation="mean")
    assert len(model.losses) == 1
    for each in (model, again(model), keras.models.clone_model(model)):
        each.compile("sgd")
        found = each.evaluate(np.ones((4, 3)), verbose=0, return_dict=True)
        assert set(found) == {"loss", "total"}
        assert found["total"] == pytest.approx(4 * found["loss"], rel=1e-5)
    with pytest.raises(ValueError, match="functional models only"):
        layers.Layer().add_metric(y, name="y")


def test_arguments_by_name_give_layers_their_order():
    class Several(layers.Layer):
        def call(self, a, b, c):
            return a + b + c

    p, q, r = (keras.Input((1,), name=n) for n in "pqr")
    model = keras.Model([p, q, r], Several()(p, c=q, b=r))
    assert [layer.name for layer in model.layers[:3]] == ["p", "q", "r"]


def test_specs_to_save_with():
    a, b = keras.Input((1,), name="a"), keras.Input((1,), 5, name="b", dtype="int32")
    args, kwargs = keras.Model({"x": a, "y": b}, a).save_spec()
    assert kwargs == {}
    assert args[0]["x"] == tf.TensorSpec((None, 1), name="a")
    assert args[0]["y"] == tf.TensorSpec((5, 1), "int32", name="b")

    class Plain(keras.Model):
        def call(self, x):
            return x

    model = Plain()
    assert model.save_spec() is None
    model(tf.ones((2, 3)))
    assert model.save_spec()[0][0].shape.as_list() == [None, 3]
    assert model.save_spec(dynamic_batch=False)[0][0].shape.as_list() == [2, 3]


def test_inputs_of_graphs():
    x, y = keras.Input((1,)), keras.Input((1,))
    total = layers.Add()([x, y])
    sources = keras.utils.get_source_inputs(total + x)
    assert [s is t for s, t in zip(sources, (x, y), strict=True)] == [True, True]
    with pytest.raises(ValueError, match="same input multiple times"):
        keras.Model([x, x], total)
    with pytest.raises(ValueError, match=r"Only provide the `shape` OR"):
        keras.Input((1,), batch_shape=(2, 1))
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        keras.Input((1,), foo=1)
    with pytest.raises(TypeError, match="Keyword argument not understood"):
        keras.Model(x, x, dtype="float32")


def test_weights_of_models_with_a_build_of_their_own():
    class Builds(keras.Model):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=input_shape[-1:])

        def call(self, x):
            return x * self.scale

    model = Builds()
    with pytest.raises(ValueError, match="have not yet been created"):
        _ = model.weights
    model(tf.ones((2, 3)))
    assert len(model.weights) == 1


def op_row(kind, name, function, inbound):
    config = {"name": name, "trainable": True, "dtype": "float32", "function": function}
    return {"class_name": kind, "config": config, "inbound_nodes": inbound}


def test_ops_that_keras_has_written_are_read():
    spec = [{"start": None, "stop": None, "step": None}, {"class_name": "__ellipsis__"}]
    y = ["tf.__operators__.getitem", 0, 0]
    start = {"name": "a", "batch_input_shape": [None, 2]}
    rows = [
        {"class_name": "InputLayer", "config": start},
        op_row(
            "SlicingOpLambda",
            "tf.__operators__.getitem",
            "__operators__.getitem",
            [["a", 0, 0, {"slice_spec": spec}]],
        ),
        op_row(
            "TFOpLambda",
            "tf.math.truediv",
            "math.truediv",
            [["_CONSTANT_VALUE", -1, 2.0, {"y": y, "name": None}]],
        ),
        op_row(
            "TFOpLambda",
            "tf.concat",
            "concat",
            [[["a", 0, 0, {"axis": 1}], ["tf.math.truediv", 0, 0, {"axis": 1}]]],
        ),
        op_row(
            "TFOpLambda",
            "tf.compat.v1.transpose",
            "compat.v1.transpose",
            [["tf.concat", 0, 0, {"perm": [1, 0], "name": "t", "conjugate": False}]],
        ),
    ]
    config = {
        "name": "model",
        "layers": rows,
        "input_layers": [["a", 0, 0]],
        "output_layers": [["tf.compat.v1.transpose", 0, 0]],
    }
    model = keras.Model.from_config(config)
    expected = [[1.0], [4.0], [2.0], [0.5]]
    np.testing.assert_allclose(model(np.array([[1.0, 4.0]])), expected)
    again = keras.Model.from_config(model.get_config())
    np.testing.assert_allclose(again(np.array([[1.0, 4.0]])), expected)


def test_ops_have_the_names_of_public_functions():
    x = keras.Input((4,))
    made = [tf.one_hot(tf.cast(x, "int32"), 3), tf.expand_dims(x, 1), x[:, 0], x // 2]
    layers_made = [y._keras_history.layer for y in made]
    assert [layer.name.rstrip("_0123456789") for layer in layers_made] == [
        "tf.one_hot",
        "tf.expand_dims",
        "tf.__operators__.getitem",
        "tf.compat.v1.floor_div",
    ]
    assert type(layers_made[2]).__name__ == "SlicingOpLambda"
    node = made[1].node
    assert node.keras_inputs == node.inputs
    assert node.parent_nodes == [x.node]
    assert [row[1:3] for row in node.iterate_inbound()] == [(0, 0)]
    assert (node.call_args[0], node.call_kwargs) == (x, node.kwargs)
