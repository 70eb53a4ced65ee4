"""What both Keras and ringflow compute: expressions, and how to run them.

`tests/oracle/keras_values.py` runs them with Keras and stores the results;
`test_against_keras.py` runs them with ringflow and compares.
"""

import numpy as np

# Layers: expression, shapes of the inputs ("int:" for integers), keywords of the call.
LAYERS = [
    ("Dense(3, activation='tanh')", [(4, 5)], {}),
    ("Dense(2, use_bias=False)", [(2, 3, 5)], {}),
    ("Activation('softplus')", [(2, 3)], {}),
    ("ReLU(max_value=1.0, negative_slope=0.2, threshold=0.1)", [(3, 4)], {}),
    ("LeakyReLU(0.2)", [(3, 4)], {}),
    ("ELU(0.7)", [(3, 4)], {}),
    ("ThresholdedReLU(0.3)", [(3, 4)], {}),
    ("PReLU(shared_axes=[1])", [(2, 3, 4)], {}),
    ("Softmax(axis=1)", [(2, 3, 4)], {}),
    ("Flatten()", [(2, 3, 4)], {}),
    ("Flatten(data_format='channels_first')", [(2, 3, 4, 2)], {}),
    ("Reshape((4, -1))", [(2, 3, 8)], {}),
    ("Permute((2, 1))", [(2, 3, 4)], {}),
    ("RepeatVector(3)", [(2, 4)], {}),
    ("Masking(0.5)", [(2, 3, 4)], {}),
    ("Embedding(7, 3)", ["int:2,4"], {}),
    ("Add()", [(2, 3), (2, 3), (2, 3)], {}),
    ("Add()", [(2, 4, 3), (2, 3)], {}),
    ("Subtract()", [(2, 3), (2, 3)], {}),
    ("Multiply()", [(2, 3), (2, 3)], {}),
    ("Average()", [(2, 3), (2, 3)], {}),
    ("Maximum()", [(2, 3), (2, 3)], {}),
    ("Minimum()", [(2, 3), (2, 3)], {}),
    ("Concatenate(axis=1)", [(2, 3), (2, 4)], {}),
    ("Dot(axes=1)", [(2, 3), (2, 3)], {}),
    ("Dot(axes=(2, 1), normalize=True)", [(2, 4, 3), (2, 3, 5)], {}),
    ("Conv1D(3, 2, padding='causal', dilation_rate=2)", [(2, 6, 4)], {}),
    ("Conv1D(3, 3, strides=2, padding='same')", [(2, 7, 4)], {}),
    ("Conv2D(3, 3, strides=2, padding='same', activation='relu')", [(2, 7, 6, 2)], {}),
    ("Conv2D(4, (2, 3), groups=2)", [(2, 5, 6, 4)], {}),
    ("Conv2D(3, 2, dilation_rate=2)", [(2, 6, 6, 2)], {}),
    ("Conv3D(2, 2)", [(1, 4, 4, 4, 2)], {}),
    ("Conv1DTranspose(3, 3, strides=2)", [(2, 4, 2)], {}),
    ("Conv2DTranspose(3, 3, strides=2, padding='same')", [(1, 4, 3, 2)], {}),
    ("Conv2DTranspose(2, 3, strides=2, output_padding=1)", [(1, 3, 3, 2)], {}),
    ("Conv3DTranspose(2, 2, strides=2)", [(1, 2, 3, 2, 2)], {}),
    ("DepthwiseConv1D(3, depth_multiplier=2)", [(2, 6, 3)], {}),
    ("DepthwiseConv2D(3, strides=2, padding='same')", [(2, 6, 6, 3)], {}),
    ("SeparableConv1D(4, 3)", [(2, 6, 3)], {}),
    ("SeparableConv2D(4, 3, depth_multiplier=2)", [(2, 6, 6, 3)], {}),
    ("MaxPooling1D(2)", [(2, 6, 3)], {}),
    ("MaxPooling2D(3, strides=2, padding='same')", [(2, 7, 7, 3)], {}),
    ("MaxPooling3D(2)", [(1, 4, 4, 4, 2)], {}),
    ("AveragePooling1D(2, padding='same')", [(2, 5, 3)], {}),
    ("AveragePooling2D((2, 3), padding='same')", [(2, 5, 7, 3)], {}),
    ("AveragePooling3D(2)", [(1, 4, 4, 4, 2)], {}),
    ("GlobalMaxPooling1D()", [(2, 5, 3)], {}),
    ("GlobalMaxPooling2D(keepdims=True)", [(2, 5, 4, 3)], {}),
    ("GlobalAveragePooling1D()", [(2, 5, 3)], {}),
    ("GlobalAveragePooling3D()", [(2, 3, 4, 2, 3)], {}),
    ("ZeroPadding1D((1, 2))", [(2, 3, 2)], {}),
    ("ZeroPadding2D(((1, 0), (2, 1)))", [(2, 3, 3, 2)], {}),
    ("ZeroPadding3D(1)", [(1, 2, 2, 2, 2)], {}),
    ("Cropping1D((1, 2))", [(2, 6, 2)], {}),
    ("Cropping2D(((1, 0), (2, 1)))", [(2, 5, 6, 2)], {}),
    ("Cropping3D(1)", [(1, 4, 4, 4, 2)], {}),
    ("UpSampling1D(3)", [(2, 3, 2)], {}),
    ("UpSampling2D((2, 3))", [(1, 2, 3, 2)], {}),
    ("UpSampling2D(2, interpolation='bilinear')", [(1, 3, 3, 2)], {}),
    ("UpSampling3D(2)", [(1, 2, 2, 2, 1)], {}),
    ("BatchNormalization(momentum=0.8)", [(6, 3)], {"training": True}),
    ("BatchNormalization(momentum=0.8)", [(3, 4, 4, 2)], {"training": True}),
    ("BatchNormalization(axis=1)", [(3, 4, 2)], {"training": True}),
    ("BatchNormalization(axis=[1, 2])", [(5, 3, 2)], {"training": True}),
    ("BatchNormalization()", [(6, 3)], {"training": False}),
    ("BatchNormalization(momentum=0.8)", [(2, 3, 4, 4, 2)], {"training": True}),
    ("LayerNormalization(epsilon=1e-4)", [(4, 5)], {}),
    ("LayerNormalization(axis=[1, 2])", [(2, 3, 4)], {}),
    ("GroupNormalization(2)", [(2, 3, 3, 4)], {}),
    ("UnitNormalization()", [(3, 4)], {}),
    ("SimpleRNN(3)", [(2, 4, 5)], {}),
    ("SimpleRNN(3, return_sequences=True, go_backwards=True)", [(2, 4, 5)], {}),
    ("LSTM(3)", [(2, 4, 5)], {}),
    ("LSTM(3, return_sequences=True, return_state=True)", [(2, 4, 5)], {}),
    (
        "LSTM(3, activation='relu', recurrent_activation='hard_sigmoid')",
        [(2, 4, 5)],
        {},
    ),
    ("GRU(3, return_sequences=True)", [(2, 4, 5)], {}),
    ("GRU(3, reset_after=False)", [(2, 4, 5)], {}),
    ("RNN([LSTMCell(3), GRUCell(2)], return_sequences=True)", [(2, 4, 5)], {}),
    ("Bidirectional(LSTM(3, return_sequences=True))", [(2, 4, 5)], {}),
    ("Bidirectional(GRU(3), merge_mode='ave')", [(2, 4, 5)], {}),
    ("TimeDistributed(Dense(3))", [(2, 4, 5)], {}),
    ("Attention(use_scale=True)", [(2, 3, 4), (2, 5, 4)], {}),
    ("Attention(score_mode='concat')", [(2, 3, 4), (2, 5, 4), (2, 5, 4)], {}),
    ("AdditiveAttention()", [(2, 3, 4), (2, 5, 4)], {}),
    ("MultiHeadAttention(2, 3)", "query, value", {}),
    ("MultiHeadAttention(2, 3, value_dim=2, output_shape=5)", "query, value", {}),
    (
        "EinsumDense('abc,cd->abd', output_shape=(None, 6), bias_axes='d')",
        [(2, 3, 4)],
        {},
    ),
    ("ConvLSTM2D(2, 3, padding='same', return_sequences=True)", [(1, 3, 4, 4, 2)], {}),
    ("ConvLSTM1D(2, 3)", [(1, 3, 6, 2)], {}),
    ("LocallyConnected1D(3, 2)", [(2, 5, 2)], {}),
    ("LocallyConnected2D(3, 2)", [(2, 4, 4, 2)], {}),
    ("Rescaling(0.5, offset=-1.0)", [(2, 3)], {}),
]

_T, _P = "[[0, 1, 0], [0, 0, 1]]", "[[0.1, 0.7, 0.2], [0.3, 0.4, 0.3]]"
_R, _Q = "[[1.0, -2.0], [0.5, 3.0]]", "[[0.5, -1.0], [2.0, 2.5]]"
_B, _C = "[[0.0, 1.0], [1.0, 1.0]]", "[[0.3, 0.6], [0.8, 0.1]]"
_SIGNS = "[[-1.0, 1.0], [1.0, 1.0]]"

# Losses: expression of the loss, targets, predictions.
LOSSES = [
    ("MeanSquaredError()", _R, _Q),
    ("MeanAbsoluteError()", _R, _Q),
    ("MeanAbsolutePercentageError()", _R, _Q),
    ("MeanSquaredLogarithmicError()", _B, _C),
    ("Huber(0.7)", _R, _Q),
    ("LogCosh()", _R, _Q),
    ("CosineSimilarity(axis=0)", _R, _Q),
    ("BinaryCrossentropy(label_smoothing=0.1)", _B, _C),
    ("BinaryCrossentropy(from_logits=True)", _B, _R),
    ("BinaryFocalCrossentropy(apply_class_balancing=True)", _B, _C),
    ("BinaryFocalCrossentropy(gamma=1.5, from_logits=True)", _B, _R),
    ("CategoricalCrossentropy(label_smoothing=0.2)", _T, _P),
    ("CategoricalCrossentropy(from_logits=True)", _T, _P),
    ("CategoricalFocalCrossentropy()", _T, _P),
    ("SparseCategoricalCrossentropy()", "[1, 2]", _P),
    ("SparseCategoricalCrossentropy(from_logits=True)", "[[1], [2]]", _P),
    ("SparseCategoricalCrossentropy(ignore_class=1)", "[1, 2]", _P),
    ("KLDivergence()", _P, _P.replace("0.7", "0.6")),
    ("Poisson()", _B, _C),
    ("Hinge()", _B, _Q),
    ("SquaredHinge()", _SIGNS, _Q),
    ("CategoricalHinge()", _T, _P),
]

# Metrics: expression, batches of (targets, predictions).
METRICS = [
    ("Mean()", [("[1.0, 3.0]",), ("[[5.0]]",)]),
    ("Sum()", [("[1.0, 3.0]",), ("[[5.0]]",)]),
    ("MeanTensor()", [("[1.0, 3.0]",), ("[2.0, 5.0]",)]),
    ("Accuracy()", [("[1, 2, 3]", "[1, 0, 3]")]),
    ("BinaryAccuracy(threshold=0.4)", [(_B, _C)]),
    ("CategoricalAccuracy()", [(_T, _P)]),
    ("SparseCategoricalAccuracy()", [("[1, 2]", _P), ("[[0], [1]]", _P)]),
    ("TopKCategoricalAccuracy(k=2)", [(_T, _P)]),
    ("SparseTopKCategoricalAccuracy(k=2)", [("[0, 1]", _P)]),
    ("MeanSquaredError()", [(_R, _Q), (_Q, _R)]),
    ("RootMeanSquaredError()", [(_R, _Q)]),
    ("MeanAbsoluteError()", [(_R, _Q)]),
    ("MeanAbsolutePercentageError()", [(_R, _Q)]),
    ("MeanSquaredLogarithmicError()", [(_B, _C)]),
    ("MeanRelativeError(normalizer=[1.0, 2.0])", [(_R, _Q)]),
    ("LogCoshError()", [(_R, _Q)]),
    ("CosineSimilarity(axis=1)", [(_R, _Q)]),
    ("R2Score()", [(_R, _Q)]),
    ("R2Score(class_aggregation='variance_weighted_average')", [(_R, _Q)]),
    ("BinaryCrossentropy(label_smoothing=0.1)", [(_B, _C)]),
    ("CategoricalCrossentropy()", [(_T, _P)]),
    ("SparseCategoricalCrossentropy()", [("[1, 2]", _P)]),
    ("KLDivergence()", [(_P, _P.replace("0.7", "0.6"))]),
    ("Poisson()", [(_B, _C)]),
    ("Hinge()", [(_SIGNS, _Q)]),
    ("SquaredHinge()", [(_SIGNS, _Q)]),
    ("CategoricalHinge()", [(_T, _P)]),
    ("TruePositives([0.2, 0.5])", [(_B, _C)]),
    ("FalsePositives()", [(_B, _C)]),
    ("TrueNegatives()", [(_B, _C)]),
    ("FalseNegatives()", [(_B, _C)]),
    ("Precision(thresholds=[0.2, 0.7])", [(_B, _C)]),
    ("Precision(top_k=2)", [(_T, _P)]),
    ("Precision(class_id=1)", [(_T, _P)]),
    ("Recall(top_k=1)", [(_T, _P)]),
    ("AUC(num_thresholds=20)", [(_B, _C)]),
    ("AUC(num_thresholds=20, curve='PR')", [(_B, _C)]),
    ("AUC(num_thresholds=20, summation_method='minoring')", [(_B, _C)]),
    ("AUC(num_thresholds=20, multi_label=True)", [(_T, _P)]),
    ("AUC(num_thresholds=20, from_logits=True)", [(_B, _R)]),
    ("SensitivityAtSpecificity(0.5, num_thresholds=9)", [(_B, _C)]),
    ("SpecificityAtSensitivity(0.5, num_thresholds=9)", [(_B, _C)]),
    ("PrecisionAtRecall(0.6, num_thresholds=9)", [(_B, _C)]),
    ("RecallAtPrecision(0.6, num_thresholds=9)", [(_B, _C)]),
    ("IoU(num_classes=2, target_class_ids=[0])", [("[0, 1, 1]", "[0, 0, 1]")]),
    ("MeanIoU(num_classes=3)", [("[0, 1, 2, 1]", "[0, 1, 1, 1]")]),
    ("OneHotIoU(num_classes=3, target_class_ids=[1, 2])", [(_T, _P)]),
    ("OneHotMeanIoU(num_classes=3)", [(_T, _P)]),
    (
        "BinaryIoU(target_class_ids=[1], threshold=0.4)",
        [("[0, 1, 1]", "[0.5, 0.3, 0.9]")],
    ),
    ("F1Score()", [(_T, _P)]),
    ("FBetaScore(average='macro', beta=2.0, threshold=0.25)", [(_T, _P)]),
    ("F1Score(average='weighted')", [(_T, _P)]),
]

OPTIMIZERS = [
    "SGD(0.1)",
    "SGD(0.1, momentum=0.9)",
    "SGD(0.1, momentum=0.9, nesterov=True)",
    "Adam(0.1)",
    "Adam(0.1, amsgrad=True)",
    "AdamW(0.1, weight_decay=0.01)",
    "Adamax(0.1)",
    "Nadam(0.1)",
    "RMSprop(0.1)",
    "RMSprop(0.1, momentum=0.5, centered=True)",
    "Adagrad(0.1)",
    "Adadelta(0.5)",
    "Ftrl(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.1)",
    "Ftrl(0.1, beta=0.3, l2_shrinkage_regularization_strength=0.05)",
    "Lion(0.1)",
    "Adafactor(0.1)",
    "Adafactor(0.1, relative_step=False, clip_threshold=0.5)",
    "SGD(0.1, clipnorm=0.5)",
    "SGD(0.1, clipvalue=0.2)",
    "SGD(0.1, global_clipnorm=0.5)",
    "SGD(0.1, weight_decay=0.1)",
    "Adam(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)",
]


def arrays_for(shapes, seed=0):
    """Return inputs of the given shapes."""
    rng = np.random.RandomState(seed)
    result = []
    for shape in shapes:
        if isinstance(shape, str):
            dims = [int(d) for d in shape.removeprefix("int:").split(",")]
            result.append(rng.randint(0, 7, dims))
        else:
            result.append(rng.uniform(-1, 1, shape).astype(np.float32))
    return result


def _array(text):
    array = np.array(eval(text))
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def run_layer(tf, expression, shapes, kwargs):
    """Return outputs, gradients and the weights after one call."""
    layer = eval(expression, vars(tf.keras.layers).copy() | {"tf": tf})
    arguments = ()
    if shapes == "query, value":
        inputs = arrays_for([(2, 3, 4), (2, 5, 4)])
        arguments = (tf.constant(inputs[1]),)
        inputs = inputs[:1]
    else:
        inputs = arrays_for(shapes)
    tensors = [tf.constant(x) for x in inputs]
    passed = tensors[0] if len(tensors) == 1 else tensors
    layer(passed, *arguments, **kwargs)
    rng = np.random.RandomState(1)
    weights = []
    for w in layer.weights:
        low = 0.5 if "variance" in w.name else -0.5
        weights.append(rng.uniform(low, 1.0, w.shape.as_list()))
    layer.set_weights(weights)
    with tf.GradientTape() as tape:
        floats = [x for x in tensors if x.dtype.is_floating]
        for x in floats:
            tape.watch(x)
        outputs = layer(passed, *arguments, **kwargs)
        flat = tf.nest.flatten(outputs)
        loss = tf.add_n([tf.reduce_sum(y * tf.cos(y)) for y in flat])
    sources = floats + list(layer.trainable_weights)
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, sources)]
    return [np.asarray(v) for v in [*flat, *gradients, *layer.weights]]


def run_loss(tf, expression, y_true, y_pred):
    """Return the loss, reduced or not, weighted or not, and its gradient."""
    names = vars(tf.keras.losses).copy()
    loss = eval(expression, names)
    config = loss.get_config()
    unreduced = type(loss).from_config({**config, "reduction": "none"})
    total = type(loss).from_config({**config, "reduction": "sum"})
    y_true, y_pred = _array(y_true), tf.constant(eval(y_pred))
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = loss(y_true, y_pred)
    each = unreduced(y_true, y_pred)
    weight = np.linspace(0.5, 2.0, int(np.prod(each.shape)), dtype=np.float32)
    weight = weight.reshape(each.shape)
    return [
        np.asarray(v)
        for v in (
            value,
            tape.gradient(value, y_pred),
            each,
            total(y_true, y_pred),
            loss(y_true, y_pred, sample_weight=weight),
        )
    ]


def run_metric(tf, expression, batches):
    """Return the result after each batch, and with weights."""
    metric = eval(expression, vars(tf.keras.metrics).copy())
    results = []
    for batch in batches:
        metric.update_state(*[_array(v) for v in batch])
        results.append(np.asarray(metric.result()))
    reset = getattr(metric, "reset_state", metric.reset_states)
    reset()
    arguments = [_array(v) for v in batches[0]]
    weight = np.linspace(0.5, 2.0, len(arguments[0]), dtype=np.float32)
    if "MeanTensor" not in expression:
        metric.update_state(*arguments, sample_weight=weight)
        results.append(np.asarray(metric.result()))
    return results


def run_optimizer(tf, expression, sparse):
    """Return the variables after four steps."""
    optimizer = eval(expression, vars(tf.keras.optimizers).copy())
    rng = np.random.RandomState(2)
    a = tf.Variable(rng.uniform(-1, 1, (4, 3)).astype(np.float32))
    b = tf.Variable(rng.uniform(-1, 1, (3,)).astype(np.float32))
    for _ in range(4):
        values = rng.uniform(-1, 1, (3, 3)).astype(np.float32)
        gradient = tf.constant(rng.uniform(-1, 1, (4, 3)).astype(np.float32))
        if sparse:
            gradient = tf.IndexedSlices(
                tf.constant(values), tf.constant([0, 2, 0]), tf.constant([4, 3])
            )
        other = tf.constant(rng.uniform(-1, 1, (3,)).astype(np.float32))
        optimizer.apply_gradients([(gradient, a), (other, b)])
    return [a.numpy(), b.numpy()]


def _filled(layer, seed=1):
    """Give a built layer repeatable weights."""
    rng = np.random.RandomState(seed)
    layer.set_weights(
        [rng.uniform(-0.5, 1.0, w.shape.as_list()) for w in layer.weights]
    )
    return layer


def masked_rnn(tf, expression):
    """Return a recurrent layer's results for a masked sequence."""
    (x,) = arrays_for([(3, 4, 5)])
    mask = tf.constant(np.array([[1, 1, 0, 0], [0, 1, 1, 1], [1, 1, 1, 1]], bool))
    layer = eval(expression, vars(tf.keras.layers).copy())
    layer(x)
    _filled(layer)
    return [np.asarray(y) for y in tf.nest.flatten(layer(x, mask=mask))]


def stateful_rnn(tf, expression):
    """Return what a stateful layer gives for two batches, and after a reset."""
    x, y = arrays_for([(2, 3, 4), (2, 3, 4)])
    layer = eval(expression, vars(tf.keras.layers).copy())
    inputs = tf.keras.Input(batch_shape=(2, 3, 4))
    model = tf.keras.Model(inputs, layer(inputs))
    _filled(model)
    results = [np.asarray(model(tf.constant(v))) for v in (x, y)]
    layer.reset_states()
    return [*results, np.asarray(model(tf.constant(x)))]


def rnn_from_state(tf):
    """Return what layers give from given states, also inside a model."""
    x, h, c = arrays_for([(2, 3, 4), (2, 5), (2, 5)])
    lstm = tf.keras.layers.LSTM(5, return_state=True)
    lstm(x)
    _filled(lstm)
    eager = lstm(tf.constant(x), initial_state=[tf.constant(h), tf.constant(c)])
    inputs = [tf.keras.Input((3, 4)), tf.keras.Input((5,)), tf.keras.Input((5,))]
    model = tf.keras.Model(inputs, lstm(inputs[0], initial_state=inputs[1:]))
    return [np.asarray(v) for v in [*eager, *model([x, h, c])]]


def rnn_of_unknown_length(tf):
    """Return what a traced layer gives where only the data know the length."""
    gru = tf.keras.layers.GRU(3, return_sequences=True, go_backwards=True)
    (x,) = arrays_for([(2, 5, 4)])
    gru(x)
    _filled(gru)
    spec = tf.TensorSpec([None, None, 4], tf.float32)
    return [np.asarray(tf.function(lambda v: gru(v), input_signature=[spec])(x))]


def masked_attention(tf):
    """Return attentions with masks, causal and not, and their scores."""
    query, value = (tf.constant(v) for v in arrays_for([(2, 3, 4), (2, 3, 4)]))
    masks = [
        tf.constant(np.array([[1, 1, 0], [1, 1, 1]], bool)),
        tf.constant(np.array([[1, 0, 1], [1, 1, 0]], bool)),
    ]
    attention = tf.keras.layers.Attention()
    first = attention(
        [query, value], mask=masks, return_attention_scores=True, use_causal_mask=True
    )
    heads = tf.keras.layers.MultiHeadAttention(2, 3)
    heads(query, value)
    _filled(heads)
    second = heads(query, value, return_attention_scores=True, use_causal_mask=True)
    third = heads(query, value, attention_mask=tf.constant(np.eye(3, dtype=bool)[None]))
    return [np.asarray(v) for v in (*first, *second, third)]


def masks_on_their_way(tf):
    """Return the masks that layers hand on."""
    layers = tf.keras.layers
    ids = tf.constant([[1, 2, 0], [3, 0, 0]])
    embedded = layers.Embedding(4, 2, mask_zero=True)(ids)
    dropped = layers.Dropout(0.5)(embedded)
    joined = layers.Concatenate(axis=-1)([dropped, dropped])
    doubled = layers.TimeDistributed(layers.Dense(2))(joined)
    cut = layers.Masking(0.0)(tf.constant([[[1.0, 0.0], [0.0, 0.0]]]))
    return [
        np.asarray(x._keras_mask) for x in (embedded, dropped, joined, doubled, cut)
    ]


def random_layers(tf):
    """Return what layers that draw give after seeding."""
    layers = tf.keras.layers
    x = tf.ones([4, 5])
    results = []
    for expression in (
        "Dropout(0.4)",
        "Dropout(0.4, seed=3)",
        "GaussianNoise(0.5)",
        "GaussianDropout(0.3)",
        "AlphaDropout(0.3)",
        "SpatialDropout1D(0.5)",
    ):
        tf.keras.utils.set_random_seed(11)
        layer = eval(expression, vars(layers).copy())
        shaped = tf.ones([2, 3, 4]) if "Spatial" in expression else x
        results += [np.asarray(layer(shaped, training=True)) for _ in range(2)]
    return results


def initializers(tf):
    """Return first values drawn with a seed."""
    names = vars(tf.keras.initializers)
    expressions = (
        "RandomNormal(seed=1)",
        "RandomUniform(-1.0, 2.0, seed=2)",
        "TruncatedNormal(stddev=0.5, seed=3)",
        "GlorotUniform(seed=4)",
        "GlorotNormal(seed=5)",
        "HeNormal(seed=6)",
        "HeUniform(seed=7)",
        "LecunNormal(seed=8)",
        "LecunUniform(seed=9)",
        "VarianceScaling(2.0, 'fan_out', 'untruncated_normal', seed=10)",
        "Identity(2.0)",
        "Constant(0.5)",
        "Zeros()",
        "Ones()",
    )
    results = [np.asarray(eval(e, dict(names))([4, 3])) for e in expressions]
    orthogonal = np.asarray(tf.keras.initializers.Orthogonal(seed=1)([4, 3]))
    return [*results, np.abs(orthogonal)]


def activations(tf):
    """Return all activations on a grid."""
    x = tf.constant(np.linspace(-4, 7, 23, dtype=np.float32).reshape(1, -1))
    module = tf.keras.activations
    names = [
        "elu",
        "exponential",
        "gelu",
        "hard_sigmoid",
        "linear",
        "mish",
        "relu",
        "selu",
        "sigmoid",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh",
    ]
    results = [np.asarray(getattr(module, name)(x)) for name in names]
    results.append(np.asarray(module.relu(x, alpha=0.2, max_value=3.0, threshold=1.0)))
    results.append(np.asarray(module.gelu(x, approximate=True)))
    results.append(np.asarray(module.elu(x, alpha=0.3)))
    return results


def penalties_and_constraints(tf):
    """Return regularizers' and constraints' values."""
    w = tf.constant(arrays_for([(3, 4)])[0] * 3)
    regularizers, constraints = tf.keras.regularizers, tf.keras.constraints
    functions = [
        regularizers.L1(0.1),
        regularizers.L2(0.2),
        regularizers.L1L2(0.1, 0.2),
        regularizers.OrthogonalRegularizer(0.5),
        regularizers.OrthogonalRegularizer(0.5, mode="columns"),
        constraints.MaxNorm(1.5),
        constraints.MaxNorm(1.5, axis=1),
        constraints.NonNeg(),
        constraints.UnitNorm(axis=1),
        constraints.MinMaxNorm(0.5, 1.0, rate=0.7),
    ]
    kernel = tf.constant(arrays_for([(3, 3, 1, 2)])[0])
    return [
        *[np.asarray(f(w)) for f in functions],
        np.asarray(constraints.RadialConstraint()(kernel)),
    ]


def schedules(tf):
    """Return learning rates at some steps."""
    names = vars(tf.keras.optimizers.schedules)
    results = []
    for expression in (
        "ExponentialDecay(0.1, 7, 0.5)",
        "ExponentialDecay(0.1, 7, 0.5, staircase=True)",
        "PiecewiseConstantDecay([3, 9], [1.0, 0.5, 0.1])",
        "PolynomialDecay(0.1, 10, 0.01, power=2.0)",
        "PolynomialDecay(0.1, 10, 0.01, cycle=True)",
        "InverseTimeDecay(0.1, 5, 0.3, staircase=True)",
        "CosineDecay(0.1, 10, alpha=0.2)",
        "CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=4)",
        "CosineDecayRestarts(0.1, 5, m_mul=0.8, alpha=0.1)",
        "CosineDecayRestarts(0.1, 5, t_mul=1.0)",
    ):
        schedule = eval(expression, dict(names))
        results.append(np.array([float(schedule(i)) for i in range(0, 21, 3)]))
    return results


SCENARIOS = {
    "masked LSTM": lambda tf: masked_rnn(tf, "LSTM(3, return_sequences=True)"),
    "masked GRU": lambda tf: masked_rnn(tf, "GRU(3, return_state=True)"),
    "masked zero output": lambda tf: masked_rnn(
        tf, "SimpleRNN(3, return_sequences=True, zero_output_for_mask=True)"
    ),
    "masked bidirectional": lambda tf: masked_rnn(
        tf, "Bidirectional(LSTM(2, return_sequences=True))"
    ),
    "stateful LSTM": lambda tf: stateful_rnn(tf, "LSTM(3, stateful=True)"),
    "stateful GRU": lambda tf: stateful_rnn(
        tf, "GRU(3, stateful=True, return_sequences=True)"
    ),
    "states": rnn_from_state,
    "unknown length": rnn_of_unknown_length,
    "masked attention": masked_attention,
    "masks": masks_on_their_way,
    "random layers": random_layers,
    "initializers": initializers,
    "activations": activations,
    "penalties and constraints": penalties_and_constraints,
    "schedules": schedules,
}


def all_cases(tf):
    """Yield (key, function) for every case."""
    for i, (expression, shapes, kwargs) in enumerate(LAYERS):
        key = f"layer {i}: {expression} {shapes} {kwargs}"
        yield key, lambda e=expression, s=shapes, k=kwargs: run_layer(tf, e, s, k)
    for expression, y_true, y_pred in LOSSES:
        key = f"loss: {expression}"
        yield key, lambda e=expression, t=y_true, p=y_pred: run_loss(tf, e, t, p)
    for expression, batches in METRICS:
        key = f"metric: {expression}"
        yield key, lambda e=expression, b=batches: run_metric(tf, e, b)
    for name, scenario in SCENARIOS.items():
        yield f"scenario: {name}", lambda s=scenario: s(tf)
    for expression in OPTIMIZERS:
        for sparse in (False, True):
            if sparse and "global_clipnorm" in expression:
                continue
            key = f"optimizer: {expression} {'sparse' if sparse else 'dense'}"
            yield key, lambda e=expression, s=sparse: run_optimizer(tf, e, s)
