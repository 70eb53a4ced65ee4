"""Models: how they are put together, what they track, what they print."""

import io

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers


@pytest.fixture(autouse=True)
def fresh_names():
    keras.backend.clear_session()


def shapes_of(model):
    return [(w.name, tuple(w.shape)) for w in model.weights]


# ---- Sequential


def test_sequential_builds_at_the_first_call_and_names_weights_as_keras():
    model = keras.Sequential([layers.Dense(2), layers.Dense(1)])
    with pytest.raises(ValueError, match="have not yet been created"):
        _ = model.weights
    model(np.ones((4, 3)))
    assert [w.name for w in model.weights] == [
        "dense/kernel:0",
        "dense/bias:0",
        "dense_1/kernel:0",
        "dense_1/bias:0",
    ]


def test_sequential_refuses_what_is_no_layer_and_names_that_are_taken():
    model = keras.Sequential([layers.Dense(2, name="a")])
    with pytest.raises(TypeError, match="must be an instance of class Layer"):
        model.add(3)
    with pytest.raises(ValueError, match="unique names"):
        model.add(layers.Dense(1, name="a"))


def test_sequential_cannot_pop_from_nothing():
    with pytest.raises(TypeError, match="no layers"):
        keras.Sequential().pop()


def test_a_sequential_model_takes_batches_of_any_size_after_the_first():
    model = keras.Sequential([layers.Flatten(), layers.Dense(2)])
    assert model(np.ones((4, 3, 2))).shape == (4, 2)
    assert model(np.ones((7, 3, 2))).shape == (7, 2)


# ---- functional models


def test_inputs_may_be_passed_by_name_and_in_a_dictionary():
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    total = layers.Concatenate()([a, b])
    model = keras.Model({"a": a, "b": b}, {"out": total})
    result = model({"b": tf.ones([1, 3]), "a": tf.zeros([1, 2])})
    np.testing.assert_array_equal(result["out"], [[0, 0, 1, 1, 1]])


def test_a_shared_layer_has_one_set_of_weights_and_several_nodes():
    x, y = keras.Input((2,)), keras.Input((2,))
    dense = layers.Dense(3)
    model = keras.Model([x, y], dense(x) + dense(y))
    assert len(model.weights) == 2
    assert len(dense.inbound_nodes) == 2
    assert dense.input is x
    dense(keras.Input((5, 2)))
    with pytest.raises(AttributeError, match="multiple inbound nodes, with different"):
        _ = dense.output_shape
    with pytest.raises(ValueError, match="has only 3 inbound nodes"):
        dense.get_output_at(3)
    assert dense.get_output_at(1).shape.as_list() == [None, 3]


def test_a_missing_input_is_named():
    x, y = keras.Input((2,), name="x"), keras.Input((2,), name="y")
    with pytest.raises(ValueError, match=r"Graph disconnected.*created by layer 'y'"):
        keras.Model(x, layers.Add()([x, y]))


def test_keras_tensors_refuse_python_and_numpy():
    x = keras.Input((2,))
    with pytest.raises(TypeError, match="boolean"):
        bool(x)
    with pytest.raises(TypeError, match="NumPy"):
        np.asarray(x)
    with pytest.raises(TypeError, match="first dimension is unknown"):
        iter(x)


def test_ops_on_keras_tensors_become_layers():
    x = keras.Input((4,))
    y = tf.reduce_mean(tf.nn.relu(x) * 2.0, axis=-1)
    model = keras.Model(x, y)
    assert [type(layer).__name__ for layer in model.layers][1:] == ["TFOpLambda"] * 3
    np.testing.assert_allclose(model(tf.constant([[1.0, -1.0, 2.0, 0.0]])), [1.5])


def test_dynamic_shapes_reach_a_reshape():
    x = keras.Input((None, 6))
    y = tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], 2, 3])
    model = keras.Model(x, y)
    assert model(tf.zeros([2, 5, 6])).shape == (2, 5, 2, 3)


def test_a_functional_model_inside_a_model_keeps_its_layers_apart():
    inner_in = keras.Input((3,))
    inner = keras.Model(inner_in, layers.Dense(2)(inner_in), name="inner")
    x = keras.Input((3,))
    outer = keras.Model(x, layers.Dense(1)(inner(x)))
    assert [layer.name for layer in outer.layers][1] == "inner"
    assert len(outer.trainable_weights) == 4


def test_model_configs_rebuild_models_with_several_inputs_and_ops():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(2, name="shared")
    y = layers.Add()([shared(a), shared(b)]) * 2.0 + tf.constant([1.0, 2.0])
    model = keras.Model([a, b], [y, y[:, :1]])
    again = keras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    inputs = [tf.ones([2, 3]), tf.zeros([2, 3])]
    for one, other in zip(model(inputs), again(inputs), strict=True):
        np.testing.assert_allclose(one, other)
    copy = keras.models.clone_model(model)
    assert shapes_of(copy) == shapes_of(model)
    text = keras.models.model_from_json(model.to_json())
    assert shapes_of(text) == shapes_of(model)


def test_a_symbolic_loss_of_a_functional_model_is_trained_on():
    x = keras.Input((1,))
    y = layers.Dense(1, kernel_initializer="ones")(x)
    model = keras.Model(x, y)
    model.add_loss(tf.reduce_mean(tf.abs(y)))
    model.compile(keras.optimizers.SGD(0.0))
    history = model.fit(np.full((4, 1), 3.0), verbose=0)
    np.testing.assert_allclose(history.history["loss"], [3.0])


# ---- subclassed models


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(3)
        self.rest = [layers.Dense(2)]
        self.scale = tf.Variable(2.0)

    def call(self, x):
        for layer in self.rest:
            x = layer(self.first(x))
        return x * self.scale


def test_a_subclassed_model_tracks_layers_lists_and_variables():
    net = Net()
    net(np.ones((2, 4)))
    assert [w.name for w in net.weights] == [
        "net/dense/kernel:0",
        "net/dense/bias:0",
        "net/dense_1/kernel:0",
        "net/dense_1/bias:0",
        "Variable:0",
    ]
    net.rest.append(layers.Dense(2))
    assert len(net.layers) == 3
    net.first = layers.Dense(5)
    assert net.layers[0].name == "dense_1"


def test_what_was_forgotten_is_said():
    class Forgetful(keras.Model):
        def __init__(self):
            self.dense = layers.Dense(1)

    with pytest.raises(RuntimeError, match=r"super\(\).__init__\(\)"):
        Forgetful()
    with pytest.raises(NotImplementedError, match="overridden `call"):
        keras.Model()(tf.ones([1, 1]))


def test_freezing_a_model_freezes_everything_inside():
    net = Net()
    net(np.ones((2, 4)))
    net.trainable = False
    assert net.trainable_weights == []
    assert len(net.non_trainable_weights) == 5
    assert not net.first.trainable


def test_build_makes_the_weights_of_a_subclassed_model():
    net = Net()
    net.build((None, 4))
    assert net.first.kernel.shape == (4, 3)
    with pytest.raises(ValueError, match="must be defined"):
        Net().build(None)


def test_get_layer_says_what_there_is():
    net = Net()
    assert net.get_layer("dense") is net.first
    with pytest.raises(ValueError, match=r"No such layer: x.*'dense', 'dense_1'"):
        net.get_layer("x")
    with pytest.raises(ValueError, match="index 7"):
        net.get_layer(index=7)
    with pytest.raises(ValueError, match="only a layer name or"):
        net.get_layer("x", index=1)
    with pytest.raises(ValueError, match="either a layer name"):
        net.get_layer()


# ---- what is printed

SEQUENTIAL_SUMMARY = """\
Model: "sequential"
_________________________________________________________________
 Layer (type)                Output Shape              Param #   
=================================================================
 dense (Dense)               (None, 2)                 8         
                                                                 
 dense_1 (Dense)             (None, 1)                 3         
                                                                 
=================================================================
Total params: 11 (44.00 Byte)
Trainable params: 11 (44.00 Byte)
Non-trainable params: 0 (0.00 Byte)
_________________________________________________________________
"""  # noqa: W291, W293  # as Keras prints it


def test_summary_prints_what_keras_prints(capsys):
    model = keras.Sequential([layers.Dense(2, input_shape=(3,)), layers.Dense(1)])
    model.summary()
    assert capsys.readouterr().out == SEQUENTIAL_SUMMARY


def test_summary_of_a_graph_names_the_connections():
    x = keras.Input((3,))
    a, b = layers.Dense(2)(x), layers.Dense(2)(x)
    lines = []
    keras.Model(x, layers.Add()([a, b])).summary(print_fn=lines.append)
    assert len(lines[1]) == 98
    assert "Connected to" in lines[2]
    assert any("['input_1[0][0]']" in line for line in lines)
    with pytest.raises(ValueError, match="not yet been built"):
        Net().summary()


def test_the_progress_bar_prints_what_keras_prints(monkeypatch):
    bar = keras.utils.Progbar(3, stateful_metrics=["acc"])
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    bar.update(1, [("loss", 2.0), ("acc", 0.5)])
    bar.update(3, [("loss", 1.0), ("acc", 0.25)])
    first, rest = out.getvalue().split("\b", 1)
    assert first == (
        "\r1/3 [=========>....................] - ETA: 0s - loss: 2.0000 - acc: 0.5000"
    )
    assert rest.lstrip("\b").startswith("\r3/3 [==============================] - 0s ")
    assert rest.endswith("/step - loss: 1.3333 - acc: 0.2500\n")
