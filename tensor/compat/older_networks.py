"""TF1's `nn` functions that TF2 has under no name, or that do something else there."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.compat.older_table import older_function, one_of


@older_function("nn.dropout")
def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: Any = None,
    name: str | None = None,
    rate: Any = None,
) -> Any:
    """Drop elements at random; `keep_prob` is 1 - `rate`.

    Raises:
        ValueError: Neither or both of the two are given.
    """
    if keep_prob is not None:
        rate = one_of("keep_prob", 1 - keep_prob, "rate", rate)
    if rate is None:
        raise ValueError(f"`rate` must be provided. Received: rate={rate}")
    return tf.nn.dropout(x, rate, noise_shape, seed, name)


@older_function("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Any:
    """Return the cross entropy of labels and logits; no gradient reaches the labels."""
    axis = dim if axis is None else axis
    labels = tf.stop_gradient(labels)
    return tf.nn.softmax_cross_entropy_with_logits(labels, logits, axis, name)


@older_function("nn.ctc_loss")
def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Any:
    """Return the CTC loss of sparse labels; the blank is the last class.

    Raises:
        NotImplementedError: Repeats are to count in another way than by default.
        ValueError: Both or neither of `inputs` and `logits` are given.
    """
    if preprocess_collapse_repeated or not ctc_merge_repeated:
        raise NotImplementedError(
            "tf.compat.v1.nn.ctc_loss merges repeats in paths and keeps those of "
            "labels. Use tf.nn.collapse_repeated on the labels before."
        )
    inputs = one_of("inputs", inputs, "logits", logits)
    return tf.nn.ctc_loss(
        labels,
        inputs,
        label_length=None,
        logit_length=sequence_length,
        logits_time_major=time_major,
        blank_index=-1,
    )


@older_function("nn.xw_plus_b")
def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """Return the product of x and `weights`, plus `biases`."""
    return tf.nn.bias_add(tf.matmul(x, weights), biases, name=name)


@older_function("nn.relu_layer")
def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """Return what is positive of the product of x and `weights`, plus `biases`."""
    return tf.nn.relu(xw_plus_b(x, weights, biases), name=name)


@older_function("nn.fused_batch_norm")
def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> tuple[Any, Any, Any]:
    """Normalize channels: by the batch's moments in training, else by those given.

    Returns:
        The result, and the mean and variance: the given ones, moved by
        `exponential_avg_factor` towards the batch's in training.

    Raises:
        ValueError: Moments are missing outside of training, or without need of them
            in it.
    """
    needs = not is_training or exponential_avg_factor != 1.0
    if needs and (mean is None or variance is None):
        raise ValueError(
            "Both `mean` and `variance` must be a 1D tensor when `is_training` is "
            "False or `exponential_avg_factor` != 1.0. Received: "
            f"`mean` {mean!r} and `variance` {variance!r}"
        )
    x = tf.convert_to_tensor(x)
    wide = tf.cast(x, tf.float32) if x.dtype.size == 2 else x
    channel = 1 if data_format.startswith("NC") else x.ndim - 1
    axes = [axis for axis in range(x.ndim) if axis != channel]
    shape = [-1 if axis == channel else 1 for axis in range(x.ndim)]
    used_mean, used_variance = mean, variance
    if is_training:
        used_mean, used_variance = tf.nn.moments(wide, axes)
        count = tf.cast(tf.size(wide) // tf.shape(wide)[channel], wide.dtype)
        unbiased = used_variance * (count / tf.maximum(count - 1.0, 1.0))
        share = exponential_avg_factor
        mean = _moved(mean, used_mean, share)
        variance = _moved(variance, unbiased, share)
    y = tf.nn.batch_normalization(
        wide,
        *(tf.reshape(v, shape) for v in (used_mean, used_variance, offset, scale)),
        epsilon,
        name,
    )
    return (
        tf.cast(y, x.dtype),
        tf.convert_to_tensor(mean),
        tf.convert_to_tensor(variance),
    )


def _moved(old: Any, new: Any, share: float) -> Any:
    if share == 1.0:
        return new
    return (1.0 - share) * tf.convert_to_tensor(old) + share * new
