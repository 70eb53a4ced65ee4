"""Names of Keras that few scripts use: what they give, beside Keras's values."""

import json
import random

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
sequence = keras.preprocessing.sequence
K = keras.backend


def test_sampling_tables():
    table = sequence.make_sampling_table(5)
    expected = [0.00315225, 0.00315225, 0.00547597, 0.00741556, 0.00912817]
    np.testing.assert_allclose(table, expected, rtol=1e-5)


def test_pairs_of_words():
    random.seed(3)
    couples, labels = sequence.skipgrams(
        [1, 2, 0, 3, 1], 5, window_size=1, negative_samples=0, shuffle=False
    )
    assert couples == [[1, 2], [2, 1], [3, 1], [1, 3]]
    assert labels == [1, 1, 1, 1]
    couples, labels = sequence.skipgrams(
        np.arange(5), 5, window_size=2, categorical=True, seed=1
    )
    assert sorted(map(tuple, labels)) == [(0, 1)] * 10 + [(1, 0)] * 10
    assert all(0 < a < 5 and 0 < b < 5 for a, b in couples)
    never = np.zeros(5)
    assert sequence.skipgrams(np.arange(5), 5, sampling_table=never) == ([], [])


def test_windows_over_series():
    data = np.arange(50)[:, None]
    windows = sequence.TimeseriesGenerator(
        data, data, length=10, sampling_rate=2, stride=3, start_index=5, end_index=40,
        reverse=True, batch_size=2,
    )  # fmt: skip
    assert len(windows) == 5
    samples, targets = windows[1]
    assert samples[:, :, 0].tolist() == [[19, 17, 15, 13, 11], [22, 20, 18, 16, 14]]
    assert targets[:, 0].tolist() == [21, 24]
    described = json.loads(windows.to_json())
    assert described["class_name"] == "TimeseriesGenerator"
    assert described["config"]["stride"] == 3
    shuffled = sequence.TimeseriesGenerator(data, data, 10, shuffle=True, batch_size=3)
    assert shuffled[0][0].shape == (3, 10, 1)


def test_windows_that_do_not_fit_are_refused():
    data = np.arange(5)
    with pytest.raises(ValueError, match="Data and targets have to be of same length"):
        sequence.TimeseriesGenerator(data, data[:3], 2)
    with pytest.raises(ValueError, match="is disallowed, as no part"):
        sequence.TimeseriesGenerator(data, data, 5)
    odd = sequence.TimeseriesGenerator([{1}] * 5, data, 2)
    with pytest.raises(TypeError, match="not JSON Serializable"):
        odd.get_config()


class Doubling(keras.utils.Sequence):
    def __init__(self):
        self.factor = 1

    def __len__(self):
        return 3

    def __getitem__(self, index):
        if self.factor > 2:
            raise IndexError("no such batch")
        return self.factor * (index + 1)

    def on_epoch_end(self):
        self.factor *= 2


def test_batches_made_ahead_keep_their_order():
    ahead = keras.utils.OrderedEnqueuer(Doubling())
    with pytest.raises(RuntimeError, match="Call `start` before `get`"):
        next(ahead.get())
    ahead.start(workers=2, max_queue_size=2)
    assert ahead.is_running()
    batches = ahead.get()
    assert [next(batches) for _ in range(6)] == [1, 2, 3, 2, 4, 6]
    with pytest.raises(IndexError, match="no such batch"):
        next(batches)
    assert not ahead.is_running()
    shuffled = keras.utils.OrderedEnqueuer(Doubling(), shuffle=True)
    shuffled.start()
    batches = shuffled.get()
    assert sorted(next(batches) for _ in range(3)) == [1, 2, 3]
    shuffled.stop()
    generated = keras.utils.GeneratorEnqueuer(iter(range(7)))
    generated.start(workers=3)
    assert list(generated.get()) == list(range(7))
    plain = keras.utils.SequenceEnqueuer(Doubling())
    with pytest.raises(NotImplementedError, match="must define `_made`"):
        plain.start()


def test_focal_crossentropies():
    target, output = [[0.0, 1.0], [1.0, 0.0]], [[0.2, 0.8], [0.6, 0.4]]
    np.testing.assert_allclose(
        K.binary_focal_crossentropy(target, output),
        [[0.00893, 0.00893], [0.08173, 0.08173]],
        atol=1e-5,
    )
    np.testing.assert_allclose(
        K.categorical_focal_crossentropy(target, output), [0.00223, 0.02043], atol=1e-5
    )


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_convolutions_with_kernels_of_their_own(data_format):
    x = tf.random.uniform((2, 4, 4, 2))
    kernel = tf.random.uniform((4, 8, 3))
    places = [(0, 0), (0, 2), (2, 0), (2, 2)]
    windows = [tf.reshape(x[:, i : i + 2, j : j + 2], (2, 8)) for i, j in places]
    expected = tf.stack([w @ k for w, k in zip(windows, kernel, strict=True)], axis=1)
    expected = tf.reshape(expected, (2, 2, 2, 3))
    if data_format == "channels_first":
        # Windows are flattened with the channels first, too.
        x = tf.transpose(x, (0, 3, 1, 2))
        kernel = tf.reshape(kernel, (4, 2, 2, 2, 3))
        kernel = tf.reshape(tf.transpose(kernel, (0, 3, 1, 2, 4)), (4, 8, 3))
        expected = tf.transpose(expected, (0, 3, 1, 2))
    result = K.local_conv2d(x, kernel, (2, 2), (2, 2), (2, 2), data_format)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_kernels_of_their_own_along_a_sequence():
    x = tf.reshape(tf.range(6.0), (1, 3, 2))
    kernel = tf.ones((2, 4, 1)) * [[[1.0]], [[2.0]]]
    result = K.local_conv1d(x, kernel, (2,), (1,))
    np.testing.assert_array_equal(result[0, :, 0], [6.0, 28.0])


def test_normalization_with_the_moments_of_the_batch():
    x = tf.constant([[1.0, 2.0], [3.0, 6.0]])
    normed, mean, variance = K.normalize_batch_in_training(x, [2.0, 1.0], None, [0])
    np.testing.assert_allclose(mean, [2.0, 4.0])
    np.testing.assert_allclose(variance, [1.0, 4.0])
    np.testing.assert_allclose(normed, [[-2.0, -1.0], [2.0, 1.0]], rtol=2e-3)
    images = tf.reshape(tf.range(8.0), (2, 2, 2, 1))
    variance = K.normalize_batch_in_training(images, None, None, [0, 1, 2])[2]
    np.testing.assert_allclose(variance, [np.var(np.arange(8), ddof=1)], rtol=1e-6)


X = np.linspace(-1, 1, 20).reshape(10, 2).astype("float32")
Y = X.sum(1, keepdims=True) * 0.3 + 0.1


def losses_of(model, **arguments):
    return model.fit(X, Y, shuffle=False, verbose=0, **arguments).history["loss"]


def test_linear_models():
    model = keras.experimental.LinearModel()
    model.compile("sgd", "mse")
    np.testing.assert_allclose(
        losses_of(model, epochs=3), [0.14163, 0.13741, 0.13332], atol=1e-5
    )
    several = keras.experimental.LinearModel(units=2, use_bias=False)
    assert several([tf.ones((2, 3)), tf.ones((2, 4))]).shape == (2, 2)
    assert len(several.weights) == 2
    named = keras.experimental.LinearModel.from_config(several.get_config())
    assert named({"a": X, "b": X}).shape == (10, 2)


def wide_and_deep():
    deep = keras.layers.Dense(1, kernel_initializer="zeros", input_dim=2)
    return keras.experimental.LinearModel(), keras.Sequential([deep])


def test_wide_and_deep_models_with_two_optimizers():
    model = keras.experimental.WideDeepModel(*wide_and_deep())
    model.compile(["sgd", "adam"], "mse")
    np.testing.assert_allclose(
        losses_of(model, epochs=3), [0.1416, 0.1364, 0.1313], atol=1e-4
    )
    model = keras.experimental.WideDeepModel(*wide_and_deep())
    model.compile("sgd", "mse")
    assert losses_of(model) == pytest.approx([0.1416], abs=1e-4)
    assert model([X, X]).shape == (10, 1)


@pytest.mark.parametrize(
    ("splits", "losses"), [(None, [0.8034, 0.7789]), (2, [0.8382, 0.7868])]
)
def test_sharpness_aware_minimization(splits, losses):
    dense = keras.layers.Dense(1, kernel_initializer="ones", input_dim=2)
    model = keras.models.experimental.SharpnessAwareMinimization(
        keras.Sequential([dense]), rho=0.1, num_batch_splits=splits
    )
    model.compile("sgd", "mse")
    found = losses_of(model, epochs=2, batch_size=10)
    np.testing.assert_allclose(found, losses, atol=1e-4)
    twin = type(model).from_config(model.get_config())
    assert (twin.rho, twin.num_batch_splits) == (0.1, splits)


def test_names_that_only_say_something():
    assert len(keras.datasets.reuters.get_label_names()) == 46
    with pytest.raises(RuntimeError, match="removed due to security risk"):
        keras.models.model_from_yaml("a: 1")
    assert keras.utils.legacy.serialize_keras_object(keras.losses.mse)
    assert keras.experimental.CosineDecay is keras.optimizers.schedules.CosineDecay
