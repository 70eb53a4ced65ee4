"""What layers, losses, metrics and the rest refuse, and what they say."""
# ruff: noqa: RUF043  # messages are matched as patterns

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
layers = keras.layers
X = tf.ones([2, 3])

LAYERS = [
    (
        lambda: layers.Add()([tf.ones([2, 3]), tf.ones([4, 3])]),
        "Cannot merge tensors with different batch sizes",
    ),
    (
        lambda: layers.Add()([tf.ones([2, 3]), tf.ones([2, 4])]),
        "Inputs have incompatible shapes",
    ),
    (lambda: layers.TimeDistributed(3), "Please initialize `TimeDistributed` layer"),
    (lambda: layers.TimeDistributed(layers.Dense(1))(X), "at least 3 dimensions"),
    (lambda: layers.Conv2D(1, 2, padding="causal"), "Causal padding is only supported"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), "should have two elements"),
    (lambda: layers.BatchNormalization(axis=5)(X), "Invalid value for `axis` argument"),
    (lambda: layers.Dense(-1), "invalid value for `units`"),
    (lambda: layers.Dense(2, wrong=1), "Keyword argument not understood: 'wrong'"),
    (lambda: layers.Dense(2, trainable="yes"), "`trainable` argument to be a boolean"),
    (lambda: layers.Dense(2)(tf.ones([3])), "expected min_ndim=2, found ndim=1"),
    (lambda: layers.Dense(2, activation="none"), "Unknown activation function: 'none'"),
    (lambda: layers.Dense(2, activation=3), "Could not interpret activation"),
    (lambda: layers.Dense(2, kernel_initializer="no"), "Unknown initializer: 'no'"),
    (lambda: layers.Dense(2, kernel_regularizer="no"), "Unknown regularizer: 'no'"),
    (lambda: layers.Dense(2, kernel_constraint="no"), "Unknown constraint: 'no'"),
    (lambda: layers.Dense(2).build((2, None)), "last dimension .* should be defined"),
    (lambda: layers.Dense(2)(), "first argument to `Layer.call`"),
    (lambda: layers.Conv2D(0, 3), "`filters`. Expected a strictly positive"),
    (lambda: layers.Conv2D(3, 3, groups=2), "evenly divisible by the number of groups"),
    (lambda: layers.Conv2D(2, 0), "does not satisfy the requirement `> 0`"),
    (lambda: layers.Conv2D(2, (1, 2, 3)), "tuple of 2 integers"),
    (lambda: layers.Conv2D(2, 3, padding="x"), "`padding` argument must be"),
    (lambda: layers.Conv2D(2, 3, data_format="x"), "`data_format` argument"),
    (lambda: layers.Conv2D(2, 3, strides=2, dilation_rate=2), "not supported in conj"),
    (
        lambda: layers.Conv2D(4, 1, groups=2)(tf.ones([1, 2, 2, 3])),
        "input channels must",
    ),
    (lambda: layers.Conv2D(2, 3)(X), "expected min_ndim=4, found ndim=2"),
    (lambda: layers.Conv2DTranspose(2, 3, output_padding=1), "greater than output pad"),
    (
        lambda: layers.Reshape((4,))(layers.Input((3,))),
        "total size of new array must be unchanged",
    ),
    (lambda: layers.Permute((1, 3)), "consecutive and start from 1"),
    (lambda: layers.RepeatVector("3"), "Expected an integer value for `n`"),
    (lambda: layers.Dropout(1.5), "expected a value between 0 and 1"),
    (lambda: layers.ReLU(max_value=-1), "cannot be a negative value"),
    (lambda: layers.ReLU(threshold=None), "cannot be a negative value"),
    (lambda: layers.LeakyReLU(None), "cannot be None"),
    (lambda: layers.ELU(None), "cannot be None"),
    (lambda: layers.ThresholdedReLU(-1), "should be >=0. Received: -1"),
    (lambda: layers.ThresholdedReLU(None), "cannot be None, expecting a float"),
    (lambda: layers.ReLU(negative_slope=None), "cannot be a negative value. Received"),
    (lambda: layers.Embedding(0, 2), "should be positive"),
    (lambda: layers.Add()(X), "on a list of"),
    (lambda: layers.Subtract()([X, X, X]), "exactly 2 inputs"),
    (lambda: layers.Concatenate()([X, tf.ones([3, 3])]), "matching shapes except"),
    (lambda: layers.Dot(axes="x"), "should be a list or an int"),
    (lambda: layers.Dot(axes=(1, 2, 3)), "two elements"),
    (lambda: layers.Cropping1D(2)(tf.ones([1, 3, 2])), "smaller than the input shape"),
    (lambda: layers.UpSampling2D(2, interpolation="x"), "not recognized for"),
    (lambda: layers.BatchNormalization(axis="x"), "int or a list/tuple of ints"),
    (lambda: layers.BatchNormalization(virtual_batch_size=2), "is not supported"),
    (lambda: layers.LayerNormalization(axis="x"), "int or a list/tuple of ints"),
    (lambda: layers.LayerNormalization(axis=3)(X), "Invalid value for `axis`"),
    (lambda: layers.GroupNormalization(4)(X), "cannot be more than the number"),
    (lambda: layers.GroupNormalization(2)(X), "must be a multiple of"),
    (lambda: layers.LSTM(0), "expected a positive integer"),
    (lambda: layers.RNN(3), "should have a `call` method"),
    (lambda: layers.StackedRNNCells([3]), "All cells must have"),
    (lambda: layers.LSTM(2).reset_states(), "must be stateful"),
    (lambda: layers.LSTM(2, stateful=True).reset_states(), "needs to know its batch"),
    (lambda: layers.LSTM(2)(tf.ones([1, 2, 3]), initial_state=[X]), "has 2 states but"),
    (lambda: layers.LSTMCell(2).get_initial_state(), "cannot be None while"),
    (
        lambda: layers.Bidirectional(layers.LSTM(2), merge_mode="x"),
        "Invalid merge mode",
    ),
    (lambda: layers.Wrapper(3), "isn't a supported layer type"),
    (lambda: layers.Attention(score_mode="x"), "Acceptable values are"),
    (lambda: layers.Attention()(X), "must be called on a list of inputs"),
    (lambda: layers.Attention()([X]), "inputs list of length 2 or 3"),
    (lambda: layers.Attention()([X, X], mask=X), "mask must be a list, namely"),
    (lambda: layers.Attention()([X, X], mask=[X]), "mask must be a list of length 2"),
    (lambda: layers.LayerNormalization([1, 1])(X), "Duplicate axis"),
    (lambda: layers.UnitNormalization("a"), "expected an int or a list/tuple of ints"),
    (lambda: layers.UnitNormalization(7)(X), "Expected 0 <= axis < inputs.rank"),
    (
        lambda: layers.Embedding(4, 3, input_length=2).compute_output_shape((1, 5)),
        '"input_length" is 2',
    ),
    (
        lambda: layers.LSTM(3, unroll=True)(layers.Input((None, 2))),
        "Unrolling requires a fixed number of timesteps",
    ),
    (lambda: layers.EinsumDense("x", 2)(X), "Invalid einsum equation"),
    (lambda: layers.EinsumDense("ab,cd->ad", 2)(X), "did not have a match"),
    (
        lambda: layers.EinsumDense("ab,bc->ac", 2, bias_axes="z")(X),
        "Bias dimension 'z'",
    ),
    (lambda: layers.Input(), "provide to Input a `shape`"),
    (lambda: layers.InputLayer((2,), batch_input_shape=(1, 2)), "not both"),
    (lambda: layers.InputSpec(axes={"x": 1}), "keys must be integers"),
    (lambda: layers.InputSpec(ndim=2, axes={3: 1}), "greater than the maximum"),
    (lambda: layers.deserialize({"class_name": "No", "config": {}}), "Unknown layer"),
    (lambda: layers.deserialize({"config": {}}), "Improper config format"),
    (lambda: layers.Layer().count_params(), "isn't built"),
    (lambda: layers.Layer().add_loss(1.0, x=2), "Unknown keyword arguments"),
    (lambda: layers.Layer().add_metric(X), "provide a name"),
    (lambda: layers.Layer().add_weight(dtype="string"), "initializer .* is required"),
    (lambda: layers.Layer().input, "not connected, no input"),
    (lambda: layers.Layer().output, "no inbound nodes"),
    (lambda: layers.Layer().get_input_at(0), "no defined input"),
    (lambda: layers.Layer(trainable=1), "`trainable` argument to be a boolean"),
    (lambda: layers.Layer(dynamic=0), "`dynamic` argument to be a boolean"),
    (lambda: layers.Layer(name=0), "`name` argument to be a string"),
    (lambda: layers.Layer().add_weight(foo=1), "Unknown keyword argument: foo"),
    (lambda: layers.Dense(1)(object()), "Inputs to a layer should be tensors"),
    (lambda: layers.Layer().output_shape, "never been called"),
    (lambda: layers.Layer().compute_mask(X, mask=X), "does not support masking"),
]


@pytest.mark.parametrize(("make", "message"), LAYERS)
def test_layers_refuse(make, message):
    errors = (ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError)
    with pytest.raises(errors, match=message):
        make()


def test_weights_that_do_not_fit_are_refused():
    dense = layers.Dense(2)
    dense(X)
    with pytest.raises(ValueError, match="expecting 2 weights"):
        dense.set_weights([np.zeros((3, 2))])
    with pytest.raises(ValueError, match="not compatible with provided weight shape"):
        dense.set_weights([np.zeros((2, 2)), np.zeros(2)])
    with pytest.raises(ValueError, match="ON_READ only for non-trainable"):
        dense.add_weight(
            trainable=True, synchronization=tf.VariableSynchronization.ON_READ
        )


class _Scale(layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor


class _Fixed(layers.Layer):
    def __init__(self, factor=3):  # noqa: ARG002  # only its default matters
        super().__init__()


class _Scaled(keras.Model):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor


def test_plain_arguments_are_the_configuration_by_default():
    config = {"name": "s", "trainable": True, "dtype": "float32", "factor": [1, 2]}
    layer = _Scale([1, 2], name="s")
    assert layer.get_config() == config
    assert _Scale.from_config(layer.get_config()).factor == [1, 2]
    # What the constructor does not take would make `from_config` fail.
    assert _Fixed().get_config() == {}
    assert _Scaled(4).get_config() == {"factor": 4}


def test_arguments_that_are_no_plain_values_must_be_told(caplog):
    with pytest.raises(NotImplementedError, match=r"\['factor'\].*get_config"):
        _Scale(tf.ones(2)).get_config()
    assert _Scaled(tf.ones(2)).get_config() == {}
    assert "Override `get_config()`" in caplog.text


def test_inputs_of_another_size_are_refused():
    dense = layers.Dense(2)
    dense(X)
    with pytest.raises(ValueError, match="expected axis -1 .* to have value 3"):
        dense(tf.ones([2, 4]))


OTHERS = [
    (lambda: keras.losses.MeanSquaredError("x"), "Invalid Reduction Key: x"),
    (lambda: keras.losses.get("no"), "Unknown loss function: 'no'"),
    (lambda: keras.losses.get(3), "Could not interpret loss"),
    (lambda: keras.losses.Loss()(X, X), "Must be implemented in subclasses"),
    (lambda: keras.metrics.get("no"), "Unknown metric function: 'no'"),
    (lambda: keras.metrics.get(3), "Could not interpret metric"),
    (lambda: keras.metrics.Metric().result(), "Must be implemented"),
    (lambda: keras.metrics.Metric(wrong=1), "Keyword argument not understood"),
    (lambda: keras.metrics.AUC(curve="x"), "Invalid AUC curve"),
    (lambda: keras.metrics.AUC(summation_method="x"), "Invalid AUC summation method"),
    (lambda: keras.metrics.AUC(num_thresholds=1), "must be an integer > 1"),
    (lambda: keras.metrics.AUC(num_labels=2), "only when `multi_label`"),
    (lambda: keras.metrics.Precision(thresholds=[2.0]), r"must be in \[0, 1\]"),
    (lambda: keras.metrics.PrecisionAtRecall(2), r"range \[0, 1\]"),
    (lambda: keras.metrics.RecallAtPrecision(0.5, num_thresholds=0), "integer > 0"),
    (lambda: keras.metrics.IoU(2, [3]), "out of range"),
    (lambda: keras.metrics.FBetaScore(average="x"), "Invalid `average`"),
    (lambda: keras.metrics.FBetaScore(beta=0.0), "Invalid `beta`"),
    (lambda: keras.metrics.FBetaScore(threshold=2.0), "Invalid `threshold`"),
    (lambda: keras.metrics.R2Score(class_aggregation="x"), "`class_aggregation`"),
    (lambda: keras.metrics.R2Score(num_regressors=-1), "`num_regressors`"),
    (lambda: keras.metrics.MeanTensor().result(), "does not have any value yet"),
    (lambda: keras.metrics.MeanTensor(shape=(2,))(X), "always have the same shape"),
    (lambda: keras.metrics.Mean().merge_state([keras.metrics.Sum()]), "not compatible"),
    (lambda: keras.optimizers.get("no"), "Unknown optimizer: 'no'"),
    (lambda: keras.optimizers.get(3), "Could not interpret optimizer"),
    (lambda: keras.optimizers.SGD(momentum=2), r"between \[0, 1\]"),
    (lambda: keras.optimizers.SGD(wrong=1), "not a valid argument"),
    (lambda: keras.optimizers.SGD(clipnorm=1, global_clipnorm=1), "At most one of"),
    (lambda: keras.optimizers.SGD(use_ema=True, ema_momentum=2), "`ema_momentum`"),
    (
        lambda: keras.optimizers.SGD(use_ema=True, ema_overwrite_frequency=0.5),
        "integer",
    ),
    (lambda: keras.optimizers.AdamW(weight_decay=None), "must be a float"),
    (lambda: keras.optimizers.Ftrl(learning_rate_power=1.0), "negative or zero"),
    (
        lambda: keras.optimizers.Ftrl(beta=0.0, initial_accumulator_value=-1.0),
        "positive",
    ),
    (lambda: keras.optimizers.Lion(beta_1=0.0), "degenerates to SignSGD"),
    (lambda: keras.optimizers.SGD().set_weights([]), "not yet been built"),
    (lambda: keras.optimizers.SGD().minimize(X, []), "`tape` is required"),
    (
        lambda: keras.optimizers.schedules.PiecewiseConstantDecay([1], [1]),
        "1 less than",
    ),
    (lambda: keras.optimizers.schedules.LearningRateSchedule()(1), "must override"),
    (lambda: keras.initializers.get("no"), "Unknown initializer"),
    (lambda: keras.initializers.get(3), "Could not interpret initializer"),
    (lambda: keras.initializers.Identity()([2]), "only be used for 2D"),
    (lambda: keras.initializers.Orthogonal()([2]), "at least two-dimensional"),
    (lambda: keras.initializers.VarianceScaling(0), "`scale` must be positive"),
    (lambda: keras.initializers.VarianceScaling(mode="x"), "Invalid `mode`"),
    (lambda: keras.initializers.VarianceScaling(distribution="x"), "Invalid `distrib"),
    (lambda: keras.initializers.RandomNormal()([2], dtype="int32"), "Expected float"),
    (lambda: keras.initializers.RandomUniform()([2], dtype="bool"), "float or integer"),
    (lambda: keras.initializers.Zeros()([2], dtype="string"), "numeric or boolean"),
    (lambda: keras.initializers.Zeros()([2], wrong=1), "Unknown keyword"),
    (lambda: keras.initializers.Initializer()([2]), "must implement"),
    (lambda: keras.regularizers.L2("x"), "not a valid regularization"),
    (lambda: keras.regularizers.OrthogonalRegularizer(mode="x"), "argument `mode`"),
    (lambda: keras.regularizers.OrthogonalRegularizer()(tf.ones([2])), "rank 2"),
    (lambda: keras.regularizers.Regularizer().get_config(), "get_config"),
    (lambda: keras.regularizers.get(3), "Could not interpret regularizer"),
    (lambda: keras.constraints.get(3), "Could not interpret constraint"),
    (lambda: keras.constraints.RadialConstraint()(X), "must have rank 4"),
    (lambda: keras.constraints.RadialConstraint()(tf.ones([2, 3, 1, 1])), "square"),
    (lambda: keras.activations.softmax(tf.ones([3])), "1D"),
    (lambda: keras.backend.set_floatx("int32"), "Unknown `floatx`"),
    (lambda: keras.mixed_precision.Policy("x"), "mixed precision Policy"),
    (lambda: keras.mixed_precision.Policy(3), "must be a string"),
    (lambda: keras.utils.set_random_seed("x"), "to be an integer"),
    (lambda: keras.utils.plot_model(None), "pydot"),
    (lambda: keras.applications.MobileNetV2(weights="/no"), "path to the weights"),
    (lambda: keras.applications.MobileNetV2((8, 8, 3), weights=None), "at least 32x32"),
    (lambda: keras.nothing, "tf.keras.nothing is not part of ringflow"),
]


@pytest.mark.parametrize(("make", "message"), OTHERS)
def test_everything_else_refuses(make, message):
    errors = (ValueError, TypeError, AttributeError, ImportError, NotImplementedError)
    with pytest.raises(errors, match=message):
        make()


def test_optimizers_refuse_what_they_cannot_update():
    optimizer = keras.optimizers.SGD(0.1)
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply_gradients([(None, a)])
    optimizer.apply_gradients([(tf.constant(1.0), a)])
    with pytest.raises(KeyError, match="cannot recognize variable"):
        optimizer.apply_gradients([(tf.constant(1.0), b)])
    with pytest.raises(TypeError, match="Unknown keyword"):
        optimizer.apply_gradients([(tf.constant(1.0), a)], wrong=1)
    with pytest.raises(RuntimeError, match="Cannot set `iterations`"):
        optimizer.iterations = b
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay([a])
    with pytest.raises(ValueError, match="not compatible with provided"):
        optimizer.set_weights([np.zeros(2)])
    schedule = keras.optimizers.schedules.InverseTimeDecay(1.0, 1, 1)
    with pytest.raises(TypeError, match="not settable"):
        keras.optimizers.SGD(schedule).learning_rate = 0.1


def test_missing_gradients_are_warned_of():
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    with pytest.warns(UserWarning, match="Gradients do not exist for variables"):
        keras.optimizers.SGD(0.1).apply_gradients([(tf.constant(1.0), a), (None, b)])


def test_an_unseeded_initializer_used_twice_is_warned_of():
    initializer = keras.initializers.GlorotUniform()
    initializer([2])
    with pytest.warns(UserWarning, match="called multiple times"):
        initializer([2])
