"""Details that Keras's own tests look at: shapes, configurations, messages."""

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers


def test_squeezes_a_last_axis_between_tensors_only():
    loss = keras.losses.MeanSquaredLogarithmicError()
    true, predicted = np.float32([1.0, 0.0, 1.0]), np.float32([[0.6], [0.4], [0.2]])
    np.testing.assert_allclose(loss(true, predicted), 0.1381, atol=1e-4)
    both = tf.constant(true), tf.constant(predicted)
    np.testing.assert_allclose(loss(*both), 0.1413, atol=1e-4)


def test_losses_of_integers_are_integers():
    loss = keras.losses.MeanSquaredError(reduction="none")
    assert loss([[0, 2]], tf.constant([[1, 4]])).dtype == tf.int32


def test_crossentropies_refuse_other_shapes():
    for loss in (
        keras.losses.categorical_crossentropy,
        keras.losses.categorical_focal_crossentropy,
    ):
        with pytest.raises(ValueError, match=r"Shapes .* are incompatible"):
            loss(np.zeros((2, 3)), np.zeros((2, 4)))


def test_loss_functions_have_configurations():
    config = keras.losses.serialize(keras.losses.mse)
    assert config["class_name"] == "function"
    assert config["config"] == "mean_squared_error"
    assert keras.losses.deserialize(config) is keras.losses.mean_squared_error


@pytest.mark.parametrize(
    "name", ["RandomNormal", "RandomUniform", "TruncatedNormal", "HeNormal", "Zeros"]
)
def test_initializers_give_parts_of_variables(name):
    make = getattr(keras.initializers, name)
    initializer = make() if name == "Zeros" else make(seed=1)
    first, second = (
        initializer((4, 2), partition_shape=(2, 2), partition_offset=(i, 0))
        for i in (0, 2)
    )
    assert first.shape == (2, 2)
    assert np.array_equal(first, second) == (name == "Zeros")


@pytest.mark.parametrize("name", ["Orthogonal", "Identity"])
def test_initializers_of_wholes_refuse_parts(name):
    with pytest.raises(ValueError, match="doesn't support partition-related arg"):
        getattr(keras.initializers, name)()((4, 4), partition_shape=(2, 4))


def test_orthogonal_matrices_in_half_precision():
    value = keras.initializers.Orthogonal(seed=1)((3, 4), dtype="float16")
    assert value.dtype == tf.float16
    np.testing.assert_allclose(value @ tf.transpose(value), np.eye(3), atol=3e-3)


def test_metrics_count_masked_examples_by_weight():
    metric = keras.metrics.SparseCategoricalCrossentropy(ignore_class=1)
    predicted = np.float32([[0.5, 0.25, 0.25], [0.2, 0.6, 0.2]])
    metric.update_state([0, 1], predicted, sample_weight=[0.5, 3.0])
    np.testing.assert_allclose(metric.result(), np.log(2), rtol=1e-5)


def test_binary_accuracy_counts_elements():
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state([[1.0, 0.0], [1.0, 1.0]], [[0.9, 0.1], [0.2, 0.8]])
    assert [float(v) for v in metric.variables] == [3.0, 4.0]


METRICS = [
    (lambda: keras.metrics.AUC()([[1.0]] * 3, [[0.5]] * 3, [1.0, 2.0]), "broadcast"),
    (lambda: keras.metrics.R2Score()([1.0], [1.0]), "expects 2D inputs"),
    (lambda: keras.metrics.F1Score()([1.0], [1.0]), "expects 2D inputs"),
    (lambda: keras.metrics.F1Score(threshold="a"), "should be a Python float"),
    (lambda: keras.metrics.AUC(multi_label=True)([1.0], [1.0]), "must have rank 2"),
    (lambda: keras.metrics.MeanIoU(2)([1], [1], 0.5), "are incompatible"),
    (lambda: keras.metrics.Accuracy()([1, 2], [[1, 2, 3]]), "are incompatible"),
    (
        lambda: keras.metrics.MeanRelativeError([1.0])([[1.0, 2.0]], [[1.0, 2.0, 3.0]]),
        "are incompatible",
    ),
    (lambda: keras.regularizers.L1(wrong=1), "Argument"),
    (lambda: keras.regularizers.l1_l2([1.0], 2), "expected an int or float"),
    (lambda: keras.regularizers.L2(float("nan")), "infinite number or NaN are not"),
    (lambda: keras.activations.get("none"), "cannot be deserialized"),
    (lambda: keras.optimizers.SGD(decay=0.1), "decay is deprecated"),
]


@pytest.mark.parametrize(("call", "message"), METRICS)
def test_says_what_keras_says(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


SPECS = [
    ("LSTM(3)", (2, 4, 5), "[InputSpec(shape=(None, None, 5), ndim=3)]"),
    ("Bidirectional(layers.GRU(3))", (2, 4, 5), "[InputSpec(ndim=3)]"),
    ("Conv2DTranspose(2, 3)", (2, 5, 5, 3), "InputSpec(ndim=4, axes={-1: 3})"),
    ("SeparableConv1D(2, 3)", (2, 5, 3), "InputSpec(ndim=3, axes={-1: 3})"),
    ("LocallyConnected1D(2, 3)", (2, 5, 3), "InputSpec(ndim=3, axes={-1: 3})"),
    ("PReLU()", (2, 4, 5), "InputSpec(ndim=3)"),
    ("PReLU(shared_axes=[1])", (2, 4, 5), "InputSpec(ndim=3, axes={2: 5})"),
]


@pytest.mark.parametrize(("expression", "shape", "spec"), SPECS)
def test_expects_inputs_like_the_first(expression, shape, spec):
    layer = eval(f"layers.{expression}", {"layers": layers})
    layer(tf.ones(shape))
    assert repr(layer.input_spec) == spec


def test_convolutions_end_masks():
    masked = layers.Masking()(tf.ones([2, 5, 3]))
    assert not layers.Conv1D(2, 2).supports_masking
    assert not hasattr(layers.Conv1D(2, 2)(masked), "_keras_mask")


def test_convolutional_lstms_take_channels_first():
    first = layers.ConvLSTM2D(2, 3, data_format="channels_first", return_sequences=True)
    last = layers.ConvLSTM2D(2, 3, return_sequences=True)
    x = tf.random.stateless_normal([2, 3, 5, 6, 4], seed=[1, 2])
    expected = last(x)
    first.build((2, 3, 4, 5, 6))
    first.set_weights(last.get_weights())
    y = first(tf.transpose(x, [0, 1, 4, 2, 3]))
    assert y.shape == (2, 3, 2, 3, 4)
    np.testing.assert_allclose(tf.transpose(y, [0, 1, 3, 4, 2]), expected, atol=1e-5)


CONFIGS = [
    ("ConvLSTM2D(2, 3)", {"time_major": False, "activity_regularizer": None}),
    ("GRU(2, recurrent_dropout=0.5)", {"implementation": 1}),
    ("DepthwiseConv2D(3)", {"groups": 1}),
    ("RandomFlip()", {"rng_type": "stateful"}),
    ("Conv2DTranspose(2, 3)", {"groups": 1, "dilation_rate": (1, 1)}),
    ("Conv3DTranspose(2, 3)", {"groups": 1}),
    ("SeparableConv2D(2, 3)", {"kernel_regularizer": None}),
    ("ReLU(max_value=10)", {"max_value": 10.0, "negative_slope": 0.0}),
    ("LSTM(2, implementation=1)", {"implementation": 1}),
]


@pytest.mark.parametrize(("expression", "expected"), CONFIGS)
def test_configurations_say_what_those_of_keras_say(expression, expected):
    layer = eval(f"layers.{expression}", {"layers": layers})
    config = layer.get_config()
    assert {k: config[k] for k in expected} == expected
    assert type(layer).from_config(config).get_config() == config


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("SGD()", ["m/a", "m/b"]),
        ("Adamax()", ["m/a", "u/a", "m/b", "u/b"]),
        (
            "Adam(amsgrad=True)",
            ["m/a", "v/a", "m/b", "v/b", "vhat/a", "vhat/b"],
        ),
    ],
)
def test_optimizers_make_the_slots_of_keras(expression, names):
    optimizer = eval(f"keras.optimizers.{expression}", {"keras": keras})
    optimizer.build([tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b")])
    assert [v.name for v in optimizer.variables] == [
        "iteration:0",
        *[f"{name}:0" for name in names],
    ]


def test_weighted_metrics_say_so_beside_others_of_their_name():
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"])
    history = model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0).history
    assert list(history) == ["loss", "mae", "weighted_mae"]


def test_functional_models_refuse():
    x = layers.Input((2,))
    y = layers.Dense(2, name="twice")(layers.Dense(2, name="twice")(x))
    with pytest.raises(ValueError, match='"twice" is used 2 times in the model'):
        keras.Model(x, y)
    with pytest.raises(ValueError, match="must be the output of a TensorFlow `Layer`"):
        keras.Model(x, 3)
    with pytest.raises(ValueError, match="Found unexpected instance while processing"):
        keras.Model([3], y)


def test_optimizers_are_experimental_too():
    assert keras.optimizers.experimental.Adam is keras.optimizers.Adam
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    config = keras.optimizers.SGD(schedule).get_config()
    assert config["learning_rate"]["module"] == "keras.optimizers.schedules"


@pytest.mark.parametrize(
    ("method", "area"),
    [("interpolation", 0.92593), ("minoring", 0.85185), ("majoring", 1.0)],
)
def test_areas_under_gains(method, area):
    metric = keras.metrics.AUC(5, curve="PR_GAIN", summation_method=method)
    metric.update_state([0, 0, 1, 1, 1, 0, 1], [0.1, 0.5, 0.3, 0.9, 0.7, 0.2, 0.65])
    np.testing.assert_allclose(metric.result(), area, atol=1e-5)
    assert metric.get_config()["curve"] == "PR_GAIN"


def test_weights_of_labels_are_as_many_as_labels():
    metric = keras.metrics.AUC(multi_label=True, label_weights=[0.5, 0.5])
    with pytest.raises(ValueError, match="Number of labels is not consistent"):
        metric(np.zeros((2, 3)), np.zeros((2, 3)))
