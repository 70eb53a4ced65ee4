"""Models in files: what comes back is what went in."""

import json
import zipfile

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers
h5py = pytest.importorskip("h5py")
X = np.random.RandomState(0).normal(size=(8, 3)).astype(np.float32)
Y = X.sum(1, keepdims=True)


def make_model():
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            layers.Dense(4, activation="relu", input_shape=(3,)),
            layers.BatchNormalization(),
            layers.Dense(1, name="out"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"], run_eagerly=True)
    model.fit(X, Y, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "folder"])
def test_a_loaded_model_trains_on_exactly_where_the_saved_one_would(tmp_path, name):
    model = make_model()
    model.save(tmp_path / name)
    again = keras.models.load_model(tmp_path / name)
    again.run_eagerly = True
    for m in (model, again):
        m.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    assert int(again.optimizer.iterations) == 4


def test_a_keras_file_has_the_layout_of_keras(tmp_path):
    make_model().save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert archive.namelist() == [
            "metadata.json",
            "config.json",
            "model.weights.h5",
        ]
        config = json.loads(archive.read("config.json"))
        (tmp_path / "w.h5").write_bytes(archive.read("model.weights.h5"))
    assert config["module"] == "keras"
    assert config["class_name"] == "Sequential"
    assert config["compile_config"]["metrics"] == ["mae"]
    with h5py.File(tmp_path / "w.h5") as file:
        assert file["layers/dense/vars/0"].shape == (3, 4)
        assert file["layers/dense_1/vars/1"].shape == (1,)
        assert file["layers/batch_normalization/vars/3"].shape == (4,)
        assert file["optimizer/vars/0"].shape == ()
        assert file["metrics/mean/vars/1"].shape == ()


@pytest.mark.parametrize("name", ["w.h5", "w.weights.h5", "checkpoint"])
def test_weights_come_back(tmp_path, name):
    model = make_model()
    model.save_weights(tmp_path / name)
    other = keras.models.clone_model(model)
    other.load_weights(tmp_path / name)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_h5_files_can_go_by_name(tmp_path):
    make_model().save_weights(tmp_path / "w.h5")
    other = keras.Sequential([layers.Dense(1, name="out", input_shape=(4,))])
    other.load_weights(tmp_path / "w.h5", by_name=True)
    np.testing.assert_array_equal(
        other.get_weights()[0], make_model().layers[-1].kernel
    )
    wrong = keras.Sequential([layers.Dense(2, name="out", input_shape=(4,))])
    with pytest.raises(ValueError, match="Shape mismatch"):
        wrong.load_weights(tmp_path / "w.h5", by_name=True)
    wrong.load_weights(tmp_path / "w.h5", by_name=True, skip_mismatch=True)
    with pytest.raises(ValueError, match="Layer count mismatch"):
        other.load_weights(tmp_path / "w.h5")


def test_weights_that_do_not_fit_are_refused(tmp_path):
    make_model().save_weights(tmp_path / "w.weights.h5")
    other = keras.Sequential([layers.Dense(4, use_bias=False, input_shape=(3,))])
    with pytest.raises(ValueError, match="do not fit the model at 'layers/dense'"):
        other.load_weights(tmp_path / "w.weights.h5")


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = layers.Dense(2)

    def call(self, x):
        return self.a(x)


def test_an_unbuilt_model_gets_its_weights_when_it_is_built(tmp_path):
    net = Net()
    expected = net(X)
    net.save_weights(tmp_path / "w")
    other = Net()
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(other(X), expected)
    net.save_weights(tmp_path / "w.h5")
    with pytest.raises(ValueError, match="not created its variables"):
        Net().load_weights(tmp_path / "w.h5")
    with pytest.raises(NotImplementedError, match="Functional model or a Sequential"):
        net.save(tmp_path / "net.h5")


def test_unknown_objects_are_named_and_can_be_given(tmp_path):
    def twice(x):
        return x * 2

    class Plus(layers.Layer):
        def call(self, x):
            return x + 1

    model = keras.Sequential(
        [layers.Dense(1, activation=twice, input_shape=(3,)), Plus()]
    )
    model.save(tmp_path / "m.keras")
    with pytest.raises(TypeError, match=r"Unknown .*(twice|Plus)"):
        keras.models.load_model(tmp_path / "m.keras")
    objects = {"twice": twice, "Plus": Plus}
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects=objects)
    np.testing.assert_array_equal(again(X), model(X))
    with keras.utils.custom_object_scope(objects):
        keras.models.load_model(tmp_path / "m.keras")


def test_lambdas_are_not_run_from_files_unless_it_is_asked_for(tmp_path):
    model = keras.Sequential([layers.Lambda(lambda x: x + 1, input_shape=(3,))])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="arbitrary code execution"):
        keras.models.load_model(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", safe_mode=False)
    np.testing.assert_array_equal(again(X), X + 1)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(OSError, match="No file or directory found"):
        keras.models.load_model(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(OSError, match="holds no model"):
        keras.models.load_model(tmp_path / "empty")
    model = make_model()
    model.save_weights(tmp_path / "w.h5")
    with pytest.raises(ValueError, match="No model config"):
        keras.models.load_model(tmp_path / "w.h5")
    with pytest.raises(FileExistsError, match="exists already"):
        model.save(tmp_path / "w.h5", overwrite=False)
    with pytest.raises(RuntimeError, match="to_json"):
        model.to_yaml()


def test_registered_classes_are_found_by_name():
    @keras.utils.register_keras_serializable("Tests")
    class Known(layers.Layer):
        pass

    assert keras.utils.get_registered_object("Tests>Known") is Known
    assert keras.utils.get_registered_name(Known) == "Tests>Known"
    config = layers.serialize(Known(name="k"))
    assert isinstance(layers.deserialize(config), Known)
    with pytest.raises(ValueError, match="get_config"):
        keras.utils.register_keras_serializable()(type("Bare", (), {}))


def test_every_layer_comes_back_from_its_configuration():
    for layer in (
        layers.Conv2D(3, 2, kernel_regularizer="l2", activation=tf.nn.relu),
        layers.LSTM(3, return_sequences=True, dropout=0.1),
        layers.Bidirectional(layers.GRU(2), merge_mode="sum"),
        layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)]),
        layers.TimeDistributed(layers.Dense(2)),
        layers.MultiHeadAttention(2, 3),
        layers.PReLU(shared_axes=[1]),
        layers.Embedding(3, 2, mask_zero=True),
        layers.Lambda(lambda x: x * 3),
        layers.ZeroPadding1D(2),
        layers.Cropping2D(1),
        layers.ConvLSTM2D(2, 3),
        layers.SeparableConv2D(2, 3),
        layers.DepthwiseConv2D(3),
        layers.Conv2DTranspose(2, 3, output_padding=0, strides=2),
        layers.EinsumDense("ab,bc->ac", 3, bias_axes="c"),
    ):
        config = json.loads(json.dumps(layers.serialize(layer)))
        again = layers.deserialize(config)
        assert type(again) is type(layer)
        assert again.name == layer.name


class _Pair(keras.Model):
    """A subclassed model with two results and a mode."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)
        self.normalize = layers.BatchNormalization()

    def call(self, x, training=False):
        return {"o": self.normalize(self.dense(x), training=training), "p": x}

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def project(self, x):
        return self.dense(x)


def _named_specs(signature):
    given = signature.structured_input_signature[1]
    return (
        {k: (s.shape.as_list(), s.name) for k, s in given.items()},
        {k: s.shape.as_list() for k, s in signature.structured_outputs.items()},
    )


def test_saved_model_of_a_functional_model_has_a_signature_with_its_names(tmp_path):
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = layers.Concatenate()([a, b])
    outputs = [layers.Dense(1, name="u")(joined), layers.Dense(2, name="w")(joined)]
    model = keras.Model({"a": a, "b": b}, outputs)
    tf.saved_model.save(model, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    assert _named_specs(loaded.signatures["serving_default"]) == (
        {"a": ([None, 3], "a"), "b": ([None, 2], "b")},
        {"u": [None, 1], "w": [None, 2]},
    )
    x = {"a": tf.ones((4, 3)), "b": tf.ones((4, 2))}
    np.testing.assert_allclose(loaded(x)[1], model(x)[1], rtol=1e-6)
    assert len(loaded.trainable_variables) == 4


def test_saved_model_of_a_subclassed_model_keeps_modes_and_functions(tmp_path):
    model = _Pair()
    x = tf.constant([[1.0, 2.0, 3.0], [0.0, 1.0, 5.0]])
    model(x)
    tf.saved_model.save(model, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    assert _named_specs(loaded.signatures["serving_default"]) == (
        {"input_1": ([None, 3], "input_1")},
        {"o": [None, 2], "p": [None, 3]},
    )
    np.testing.assert_allclose(loaded.project(x), model.project(x), rtol=1e-6)
    for training in (False, True):
        np.testing.assert_allclose(
            loaded(x, training=training)["o"], model(x, training=training)["o"], 1e-5
        )


def test_a_subclassed_model_comes_back_as_a_model_that_can_be_trained(tmp_path):
    model = keras.Sequential([layers.Dense(2)], name="inner")

    class Outer(keras.Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, x):
            return self.inner(x)

    outer = Outer(model)
    x = np.ones((4, 3), "float32")
    before = outer.predict(x, verbose=0)
    outer.save(tmp_path / "outer")
    loaded = keras.models.load_model(tmp_path / "outer")
    assert isinstance(loaded, keras.Model)
    assert type(loaded).__name__ == "Outer"
    np.testing.assert_allclose(loaded.predict(x, verbose=0), before, rtol=1e-6)
    assert len(loaded.trainable_variables) == 2
    loaded.compile("sgd", "mse")
    losses = loaded.fit(x, np.zeros((4, 2)), epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0]


def test_export_writes_inference_alone(tmp_path):
    model = _Pair()
    x = tf.ones((2, 3))
    model(x)
    model.export(tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    np.testing.assert_allclose(loaded.serve(x)["o"], model(x)["o"], rtol=1e-6)
    assert not callable(loaded)


def test_a_model_that_nobody_called_cannot_be_saved_as_a_folder(tmp_path):
    with pytest.raises(ValueError, match="input shape is not available"):
        _Pair().save(tmp_path / "unbuilt")


def test_metrics_given_to_compile_are_no_weights_of_the_model():
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", metrics=[keras.metrics.MeanAbsoluteError()])
    assert len(model.weights) == 2


def test_an_unknown_class_in_a_keras_file_is_named(tmp_path):
    class Mine(layers.Layer):
        def call(self, x):
            return x

    model = keras.Sequential([keras.Input((2,)), Mine()])
    model.save(tmp_path / "mine.keras")
    with pytest.raises(TypeError, match="Could not locate class 'Mine'"):
        keras.models.load_model(tmp_path / "mine.keras")
