"""Crossentropies of probabilities start with the logits behind them, as in Keras."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers
losses = keras.losses
X = np.array([[-120.0, 0.0, 30.0], [5.0, 200.0, -3.0]], "float32")
ONE_HOT = np.array([[1, 0, 0], [0, 0, 1]], "float32")
CLASSES = np.array([0, 2])
# Recorded from Keras 2.
BINARY = [50.23105, 69.35177]
CATEGORICAL = [150.0, 203.0]
BINARY_FOCAL = {"sigmoid": [50.05776, 69.2354], "softmax": [50.0, 67.68286]}

MAKERS = {
    "sigmoid": keras.activations.sigmoid,
    "backend's sigmoid": keras.backend.sigmoid,
    "a layer of sigmoids": layers.Activation("sigmoid"),
    "softmax": keras.activations.softmax,
    "backend's softmax": keras.backend.softmax,
    "a layer of softmax": layers.Softmax(),
}


@pytest.mark.parametrize("is_traced", [False, True])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_saturated_probabilities(make, is_traced, request):
    def compute(x):
        p = make(x)
        return (
            losses.binary_crossentropy(ONE_HOT, p),
            losses.categorical_crossentropy(ONE_HOT, p),
            losses.sparse_categorical_crossentropy(CLASSES, p),
            losses.binary_focal_crossentropy(ONE_HOT, p),
            losses.categorical_focal_crossentropy(ONE_HOT, p),
        )

    found = (tf.function(compute) if is_traced else compute)(tf.constant(X))
    kind = "softmax" if "softmax" in request.node.name else "sigmoid"
    focal = BINARY_FOCAL[kind]
    expected = BINARY, CATEGORICAL, CATEGORICAL, focal, [4.02952] * 2
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_probabilities_of_other_makers_are_taken_as_they_are():
    p = tf.nn.sigmoid(tf.constant(X))
    found = losses.binary_crossentropy(ONE_HOT, p)
    np.testing.assert_allclose(found, [10.48378, 7.79618], rtol=1e-5)
    # In a graph it shows which op made them.
    traced = tf.function(lambda x: losses.binary_crossentropy(ONE_HOT, tf.sigmoid(x)))
    np.testing.assert_allclose(traced(tf.constant(X)), BINARY, rtol=1e-5)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_training_leaves_saturation(run_eagerly):
    model = keras.Sequential(
        [layers.Dense(1, "sigmoid", kernel_initializer="ones", input_shape=(3,))]
    )
    model.compile("sgd", "binary_crossentropy", run_eagerly=run_eagerly)
    history = model.fit(3 * X, np.array([[1.0], [0.0]]), epochs=2, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [438.0, 0.0], atol=1e-5)


def test_probabilities_that_are_said_to_be_logits():
    p = keras.activations.sigmoid(tf.constant(X))
    with pytest.warns(UserWarning, match="received `from_logits=True`, but the"):
        losses.binary_crossentropy(ONE_HOT, p, from_logits=True)


def test_targets_of_another_shape_are_refused():
    model = keras.Sequential([layers.Dense(2, "sigmoid", input_shape=(3,))])
    model.compile("sgd", "binary_crossentropy")
    with pytest.raises(ValueError, match="`logits` and `labels` must have the same"):
        model.fit(X, np.zeros((2, 1)), verbose=0)


@pytest.mark.parametrize(
    ("labels", "logits", "shape"),
    [
        ((4, 1), (4, 2), (4,)),
        ((2, 3, 1), (2, 3, 4), (2, 3)),
        ((6,), (2, 3, 4), (2, 3)),
        ((2, 1, 1), (2, 3), (2,)),
        ((), (3,), ()),
    ],
)
def test_class_numbers_in_any_order_of_dimensions(labels, logits, shape):
    targets, p = np.zeros(labels, int), tf.fill(logits, 0.25)
    found = losses.sparse_categorical_crossentropy(targets, p)
    assert found.shape == shape
    found = losses.sparse_categorical_crossentropy(targets, p, ignore_class=0)
    np.testing.assert_array_equal(found, np.zeros(shape))
    assert found._keras_mask.shape == shape


def test_too_many_class_numbers():
    p = tf.fill((4, 2), 0.5)
    with pytest.raises(ValueError, match="except for the last dimension"):
        losses.sparse_categorical_crossentropy(np.zeros((4, 2), int), p)
