"""Calls of `tf.keras.backend` (K) that Keras and ringflow must answer equally.

`tests/oracle/keras_backend_values.py` stores what Keras answers.
"""

import numpy as np

EXPRESSIONS = [
    "K.cast_to_floatx([1, 2])",
    "K.int_shape(K.variable([[1, 2], [3, 4]]))",
    "K.ndim(K.ones((2, 3)))",
    "K.eye(3)",
    "K.mean(K.constant([True, False], dtype='bool'))",
    "K.var(a, axis=1)",
    "K.std(a, axis=0, keepdims=True)",
    "K.any(a, axis=0)",
    "K.all(a, axis=1)",
    "K.argmax(a)",
    "K.argmin(a, axis=0)",
    "K.cumsum(a, axis=1)",
    "K.cumprod(a)",
    "K.sqrt(a)",
    "K.round(a * 2)",
    "K.clip(a, -0.5, None)",
    "K.clip(a, 0.5, 0.1)",
    "K.dot(a, K.transpose(a))",
    "K.dot(b, c)",
    "K.batch_dot(b, c)",
    "K.batch_dot(b, c, axes=(2, 1))",
    "K.batch_dot(b[:, 0], b[:, 1])",
    "K.batch_dot(b, b[:, 0], axes=[2, 1])",
    "K.batch_dot(b, b, axes=2)",
    "K.batch_flatten(b)",
    "K.permute_dimensions(b, (2, 0, 1))",
    "K.concatenate([a, a])",
    "K.repeat_elements(a, 2, 0)",
    "K.repeat(a, 2)",
    "K.arange(2, 9, 3)",
    "K.tile(a, (1, 2))",
    "K.one_hot(K.constant([0, 2], dtype='int32'), 3)",
    "K.reverse(a, 0)",
    "K.temporal_padding(b, (1, 2))",
    "K.spatial_2d_padding(image, ((1, 0), (0, 2)))",
    "K.resize_images(image, 2, 3, 'channels_last')",
    "K.relu(a, alpha=0.1, max_value=0.5)",
    "K.elu(a, 0.5)",
    "K.hard_sigmoid(a)",
    "K.softmax(a)",
    "K.l2_normalize(a, axis=1)",
    "K.binary_crossentropy(target, probabilities)",
    "K.categorical_crossentropy(target, probabilities)",
    "K.in_top_k(a, [0, 1, 1], 2)",
    "K.bias_add(image, K.constant([1.0, 2.0]))",
    "K.bias_add(b, K.constant([1.0, 2, 3]), 'channels_first')",
    "K.conv1d(b, K.ones((2, 4, 3)), padding='causal')",
    "K.conv2d(image, K.ones((2, 2, 2, 3)), padding='same')",
    "K.depthwise_conv2d(image, K.ones((2, 2, 2, 1)))",
    "K.pool2d(image, (2, 2), pool_mode='avg', padding='same')",
    "K.switch(K.constant([True, False, True], dtype='bool'), a, -a)",
    "K.switch(K.constant(True, dtype='bool'), lambda: a, lambda: -a)",
    "K.in_train_phase(a, -a, training=1)",
    "K.in_test_phase(a, -a)",
    "K.map_fn(lambda row: row * 2, a)",
    "K.foldl(lambda total, row: total * 2 + row, a)",
    "K.foldr(lambda total, row: total * 2 + row, a)",
    "K.count_params(K.zeros((2, 5)))",
    "K.moving_average_update(K.variable([1.0, 2.0]), [3.0, 3.0], 0.9)",
    "K.rnn(lambda x, s: (x + s[0], [x * s[0]]), b, [b[:, 0]])[1]",
    "K.rnn(lambda x, s: (x + s[0], [x * s[0]]), b, [b[:, 0]], go_backwards=True)[0]",
    "K.rnn(lambda x, s: (x + s[0], [x]), b, [b[:, 0]], mask=K.constant("
    "[[True, False, True], [False, True, False]], dtype='bool'))[1]",
]


def answers(tf):
    """Return each expression's value as an array."""
    rng = np.random.default_rng(5)
    names = {
        "K": tf.keras.backend,
        "np": np,
        "a": tf.constant(rng.normal(size=(3, 3)).astype("float32")),
        "b": tf.constant(rng.normal(size=(2, 3, 4)).astype("float32")),
        "c": tf.constant(rng.normal(size=(2, 4, 5)).astype("float32")),
        "image": tf.constant(rng.normal(size=(1, 3, 4, 2)).astype("float32")),
        "probabilities": tf.constant([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0]]),
        "target": tf.constant([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    }
    for expression in EXPRESSIONS:
        yield expression, np.asarray(eval(expression, names))
