"""Names of tf.keras that programs use now and then."""

import logging

import numpy as np
import pytest

import tensor as tf

keras = tf.keras
backend = keras.backend
layers = keras.layers


def normalized(layer, x, training):
    spectral = layers.SpectralNormalization(layer, power_iterations=2)
    spectral.build(x.shape)
    spectral.vector_u.assign(tf.fill(spectral.vector_u.shape, 0.5))
    kernel = spectral.kernel
    start = tf.range(tf.size(kernel), dtype=tf.float32) / 7 + 0.1
    kernel.assign(tf.reshape(start, kernel.shape))
    return spectral, spectral(x, training=training)


def test_spectral_normalization_divides_the_kernel_while_training():
    x = tf.reshape(tf.range(12.0), [4, 3]) / 10
    spectral, y = normalized(layers.Dense(2), x, training=True)
    # Values of Keras.
    np.testing.assert_allclose(y[0], [0.1365, 0.1703], atol=1e-4)
    np.testing.assert_allclose(spectral.vector_u.numpy(), [[0.6144, 0.789]], atol=1e-4)
    assert [w.name for w in spectral.weights] == ["kernel:0", "bias:0", "vector_u:0"]
    assert len(spectral.trainable_weights) == 2
    assert spectral.compute_output_shape((4, 3)) == (4, 2)
    copy = layers.SpectralNormalization.from_config(spectral.get_config())
    assert copy.power_iterations == 2
    _, y = normalized(layers.Dense(2), x, training=False)
    np.testing.assert_allclose(y[0], [0.1729, 0.2157], atol=1e-4)


def test_spectral_normalization_refuses():
    with pytest.raises(ValueError, match="should be greater than zero"):
        layers.SpectralNormalization(layers.Dense(2), power_iterations=0)
    with pytest.raises(ValueError, match="no attribute 'kernel' nor 'embeddings'"):
        layers.SpectralNormalization(layers.ReLU())(tf.ones([2, 2]))


def test_a_scope_sets_the_learning_phase():
    with backend.learning_phase_scope(1):
        assert backend.learning_phase() == 1
    assert backend.learning_phase() == 0
    with (
        pytest.raises(ValueError, match="Expected learning phase to be 0 or 1"),
        backend.learning_phase_scope(3),
    ):
        pass


def test_small_functions_of_the_backend():
    assert backend.backend() == "tensorflow"
    with backend.name_scope("outer"):
        assert tf.Variable(1.0, name="v").name == "outer/v:0"
    sparse = tf.sparse.SparseTensor([[0, 1]], [2.0], [1, 2])
    np.testing.assert_array_equal(backend.to_dense(sparse), [[0.0, 2.0]])
    np.testing.assert_array_equal(backend.to_dense(tf.ones(2)), [1.0, 1.0])
    np.testing.assert_array_equal(backend.random_binomial([3], 1.0), np.ones(3))


def test_functions_of_placeholders():
    x = backend.placeholder((None, 3))
    y = layers.Dense(2, kernel_initializer="ones")(x)
    (total,) = backend.function([x], [y])([np.ones((1, 3), np.float32)])
    np.testing.assert_array_equal(total, [[3.0, 3.0]])
    assert backend.placeholder(ndim=2, dtype="int32").shape.as_list() == [None, None]
    with pytest.raises(ValueError, match="needs a `shape`"):
        backend.placeholder()
    with pytest.raises(ValueError, match="both sparse and ragged"):
        backend.placeholder((2,), sparse=True, ragged=True)
    with pytest.raises(ValueError, match="`updates` argument is not supported"):
        backend.function([x], y, updates=[1])


LABELS = np.array([[0, 1, 1, 0], [1, 0, 2, 0]])


def probabilities():
    drawn = np.random.RandomState(0).uniform(0.1, 1, (2, 7, 4)).astype(np.float32)
    return drawn / drawn.sum(-1, keepdims=True)


def test_sequences_of_labels():
    p = probabilities()
    losses = backend.ctc_batch_cost(LABELS, p, [[7], [6]], [[3], [3]])
    np.testing.assert_allclose(losses, [[4.5424], [3.8213]], atol=1e-4)
    (best,), scores = backend.ctc_decode(p, [7, 6])
    assert best.numpy().tolist() == [
        [1, 0, 1, 0, -1, -1, -1],
        [2, 1, 2, -1, -1, -1, -1],
    ]
    np.testing.assert_allclose(scores, [[7.0801], [6.2506]], atol=1e-4)
    paths, scores = backend.ctc_decode(
        p, [7, 6], greedy=False, beam_width=10, top_paths=2
    )
    assert paths[1].numpy()[0].tolist() == [2, 0, 1, -1, -1, -1, -1]
    # A narrow beam: what it leaves out is part of the probabilities.
    np.testing.assert_allclose(scores[0], [-3.8569, -4.0416], atol=2e-2)
    sparse = backend.ctc_label_dense_to_sparse(LABELS, [3, 1])
    assert sparse.values.numpy().tolist() == [0, 1, 1, 1]


def test_progress_may_go_to_the_log(capsys, caplog):
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    keras.utils.disable_interactive_logging()
    try:
        assert not keras.utils.is_interactive_logging_enabled()
        tf.get_logger().addHandler(caplog.handler)
        with caplog.at_level(logging.INFO, "tensorflow"):
            model.fit(np.ones((2, 2)), np.ones((2, 1)))
    finally:
        tf.get_logger().removeHandler(caplog.handler)
        keras.utils.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert "loss" in caplog.text
    assert keras.utils.is_interactive_logging_enabled()
