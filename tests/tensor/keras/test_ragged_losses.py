"""Losses of ragged targets and predictions, as Keras has them."""

import numpy as np
import pytest

import tensor as tf

losses = tf.keras.losses
# Two rows: of two vectors, and of one.
TRUE = [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0]]]
PREDICTED = [[[0.3, 0.7], [0.6, 0.4]], [[0.9, 0.1]]]


def ragged(rows):
    return tf.ragged.constant(rows, ragged_rank=1)


def test_rows_of_vectors_have_a_loss_for_each_vector():
    each = losses.MeanSquaredError(reduction="none")(ragged(TRUE), ragged(PREDICTED))
    assert isinstance(each, tf.RaggedTensor)
    np.testing.assert_allclose(each.flat_values, [0.49, 0.36, 0.01], rtol=1e-5)
    assert each.row_lengths().numpy().tolist() == [2, 1]
    mean = losses.MeanSquaredError()(ragged(TRUE), ragged(PREDICTED))
    np.testing.assert_allclose(mean, 0.86 / 3, rtol=1e-5)


@pytest.mark.parametrize("in_function", [False, True])
def test_rows_of_numbers_have_one_loss_each(in_function):
    loss = losses.MeanAbsoluteError(reduction="none")
    call = tf.function(loss) if in_function else loss
    true = tf.ragged.constant([[1.0, 1.0, 0.0], [1.0, 0.0]])
    predicted = tf.ragged.constant([[0.1, 0.9, 0.3], [0.8, 0.2]])
    np.testing.assert_allclose(call(true, predicted), [0.43333, 0.2], rtol=1e-4)


def test_classes_by_number_have_ragged_rows():
    true = tf.ragged.constant([[0, 1], [2]])
    predicted = ragged(
        [[[0.9, 0.05, 0.05], [0.5, 0.89, 0.6]], [[0.05, 0.01, 0.94]]],
    )
    loss = losses.SparseCategoricalCrossentropy()
    np.testing.assert_allclose(loss(true, predicted), 0.32397, rtol=1e-4)


def test_refuses_other_rows():
    loss = losses.MeanSquaredError()
    with pytest.raises(ValueError, match="the targets are not"):
        loss(tf.ones([2, 2]), ragged(PREDICTED))
    with pytest.raises(ValueError, match="ragged in different ways"):
        loss(ragged([[[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]]), ragged(PREDICTED))
