"""What network, image, signal and quantization ops refuse where TensorFlow aborts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable

Invalid = tf.errors.InvalidArgumentError
QUANT, SIGNAL = tf.quantization, tf.signal
ANY = tf.TensorSpec(None, tf.float32)
X = tf.ones([1, 4, 4, 2])


def traced(function: Callable[..., Any], *specs: Any) -> Callable[[], Any]:
    """Return what traces the function with arguments of these specs."""
    return lambda: tf.function(function).get_concrete_function(*(specs or (ANY,)))


def sparse(values: list[int]) -> tf.SparseTensor:
    places = [[0, k] for k in range(len(values))]
    return tf.SparseTensor(places, values, [1, len(values)])


CASES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "strides with dilations": (
        lambda: tf.nn.pool(X, [2, 2], "MAX", strides=[2, 1], dilations=[1, 2]),
        ValueError,
        "not supported in conjunction",
    ),
    "codes of too many bits": (
        lambda: QUANT.quantize_and_dequantize_v2([1.0], 0.0, 1.0, num_bits=64),
        Invalid,
        "num_bits is out of range: 64",
    ),
    "a negative axis of unknown rank": (
        traced(lambda x: QUANT.quantize_and_dequantize_v2(x, 0.0, 1.0, axis=-1)),
        ValueError,
        "should have known rank",
    ),
    "a range that is no vector": (
        lambda: QUANT.quantize_and_dequantize_v2(
            [[1.0]], 0.0, 1.0, range_given=True, axis=0
        ),
        Invalid,
        "rank 1 for input_min",
    ),
    "codes that are no integers": (
        lambda: QUANT.dequantize([1.0], 0.0, 1.0),
        Invalid,
        "attr 'T' of float",
    ),
    "gradients of another shape": (
        lambda: QUANT.fake_quant_with_min_max_vars_gradient([1.0], [1.0, 2.0], 0, 1),
        Invalid,
        "must be the same size",
    ),
    "a cosine transform of a number": (lambda: SIGNAL.dct(3.0), IndexError, "scalar"),
    "a frame of an axis of unknown rank": (
        traced(lambda x: SIGNAL.frame(x, 2, 1, axis=0)),
        ValueError,
        "must have rank at least 1",
    ),
    "an overlap that does not advance": (
        lambda: SIGNAL.overlap_and_add([[1.0, 2.0]], 0),
        Invalid,
        "frame_step must be above 0",
    ),
    "mel bins of a number not known": (
        traced(
            lambda n: SIGNAL.linear_to_mel_weight_matrix(n), tf.TensorSpec([], tf.int32)
        ),
        ValueError,
        "known when tracing",
    ),
    "mel of fewer than no frequencies": (
        lambda: SIGNAL.linear_to_mel_weight_matrix(4, -1),
        ValueError,
        "must not be negative",
    ),
    "mel in integers": (
        lambda: SIGNAL.linear_to_mel_weight_matrix(dtype=tf.int32),
        ValueError,
        "floating point type",
    ),
    "cosine transforms of half precision": (
        lambda: SIGNAL.dct(tf.ones([4], tf.float16)),
        TypeError,
        "cannot convert float16",
    ),
    "an axis beyond the logits": (
        lambda: tf.nn.softmax_cross_entropy_with_logits([[1.0]], [[1.0]], axis=2),
        Invalid,
        "axis 2 is out of range",
    ),
    "places of a maximum in nothing": (
        lambda: tf.nn.max_pool_with_argmax(tf.zeros([0, 2, 2, 1]), 2, 2, "VALID"),
        Invalid,
        "must not be empty",
    ),
    "places of a maximum in a volume": (
        lambda: tf.nn.max_pool_with_argmax(tf.zeros([1, 2, 2, 2, 1]), 2, 2, "VALID"),
        Invalid,
        "must be 4-dimensional",
    ),
    "a mean along channels": (
        lambda: tf.nn.avg_pool2d(X, [1, 1, 1, 2], [1, 1, 1, 2], "VALID"),
        tf.errors.UnimplementedError,
        "Non-spatial pooling",
    ),
    "a dilation of nothing": (
        lambda: tf.nn.dilation2d(
            X, tf.ones([1, 1, 2]), [1] * 4, "SAME", "NHWC", [1, 0, 1, 1]
        ),
        Invalid,
        "Rate must be > 0",
    ),
    "labels below 0": (
        lambda: tf.nn.ctc_loss(
            sparse([0, 1]), np.zeros([3, 1, 3], "f"), None, [3], blank_index=0
        ),
        Invalid,
        "nonnegative integers",
    ),
    "logits of a single row": (
        lambda: tf.nn.ctc_loss([[1]], np.zeros([3, 3], "f"), [1], [3]),
        Invalid,
        "not a 3-Tensor",
    ),
    "images without channels": (
        lambda: tf.image.resize(tf.zeros([2, 2, 0]), [3, 3]),
        Invalid,
        "at least one channel",
    ),
    "jpegs of no quality": (
        lambda: tf.image.adjust_jpeg_quality(tf.zeros([8, 8, 3]), -1),
        Invalid,
        "quality must be in",
    ),
    "an unknown noise": (
        lambda: tf.image.extract_glimpse(X, [2, 2], [[0.0, 0.0]], noise="loud"),
        Invalid,
        "noise could only",
    ),
    "images of two channels in YUV": (
        lambda: tf.image.rgb_to_yuv(X),
        Invalid,
        "Matrix size-incompatible",
    ),
    "dropping integers at a rate of another dtype": (
        lambda: tf.nn.dropout([1.0], tf.constant(0.5, tf.float64)),
        ValueError,
        "must be compatible with `rate.dtype`",
    ),
}


@pytest.mark.parametrize(("call", "error", "words"), CASES.values(), ids=CASES)
def test_refused(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
