"""CTC: sequences of labels from sequences of probabilities, the last class a blank."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras import settings


def ctc_label_dense_to_sparse(labels: Any, label_lengths: Any) -> Any:
    """Return a matrix of labels, of which each row has its own length, as sparse."""
    labels = tf.convert_to_tensor(labels)
    lengths = tf.reshape(tf.cast(label_lengths, tf.int64), [-1, 1])
    counts = tf.range(tf.shape(labels, out_type=tf.int64)[1]) < lengths
    return tf.sparse.SparseTensor(
        tf.where(counts),
        tf.boolean_mask(labels, counts),
        tf.shape(labels, out_type=tf.int64),
    )


def ctc_batch_cost(
    y_true: Any, y_pred: Any, input_length: Any, label_length: Any
) -> Any:
    """Return the CTC loss of each row.

    Args:
        y_true: The labels, [batch, most labels].
        y_pred: Probabilities, [batch, steps, classes].
        input_length: How many steps each row has, [batch, 1].
        label_length: How many labels each row has, [batch, 1].
    """
    losses = tf.nn.ctc_loss(
        labels=tf.cast(y_true, tf.int32),
        logits=_log_probabilities(y_pred),
        label_length=tf.cast(tf.squeeze(label_length, axis=-1), tf.int32),
        logit_length=tf.cast(tf.squeeze(input_length, axis=-1), tf.int32),
        blank_index=-1,
    )
    return tf.expand_dims(losses, 1)


def ctc_decode(
    y_pred: Any,
    input_length: Any,
    greedy: bool = True,
    beam_width: int = 100,
    top_paths: int = 1,
) -> tuple[list[Any], Any]:
    """Return the most probable labels, filled up with -1, and their log probabilities.

    Args:
        y_pred: Probabilities, [batch, steps, classes].
        input_length: How many steps each row has, [batch].
        greedy: Whether to take the best class of each step, or to search.
        beam_width: How many prefixes the search keeps.
        top_paths: How many results the search gives.
    """
    shape = tf.shape(y_pred, out_type=tf.int64)
    inputs = _log_probabilities(y_pred)
    lengths = tf.cast(input_length, tf.int32)
    if greedy:
        decoded, scores = tf.nn.ctc_greedy_decoder(inputs, lengths)
    else:
        decoded, scores = tf.nn.ctc_beam_search_decoder(
            inputs, lengths, beam_width=beam_width, top_paths=top_paths
        )
    dense = [
        tf.sparse.to_dense(
            tf.sparse.SparseTensor(x.indices, x.values, shape[:2]), default_value=-1
        )
        for x in decoded
    ]
    return dense, scores


def _log_probabilities(y_pred: Any) -> Any:
    """Return the logarithms with steps first."""
    y_pred = tf.transpose(y_pred, [1, 0, 2])
    return tf.math.log(y_pred + settings.epsilon())
