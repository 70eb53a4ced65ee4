"""Raw ops of neural networks."""

# ruff: noqa: A006  # the names of arguments are TensorFlow's
from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.core.registry import get_op


def convolution(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    use_cudnn_on_gpu: bool = True,
    explicit_paddings: Any = (),
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
) -> Any:
    """Return the convolution of images."""
    border = _border(padding, explicit_paddings)
    return tf.nn.conv2d(input, filter, strides, border, data_format, dilations)


def depthwise_convolution(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    explicit_paddings: Any = (),
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
) -> Any:
    """Return the convolution of images, channel by channel."""
    border = _border(padding, explicit_paddings)
    space = dilations[1:3] if data_format == "NHWC" else dilations[2:4]
    return tf.nn.depthwise_conv2d(input, filter, strides, border, data_format, space)


def _border(padding: str, explicit: Any) -> Any:
    """Return a padding's name, or the pairs of numbers for EXPLICIT."""
    if padding != "EXPLICIT":
        return padding
    return [
        [int(a), int(b)] for a, b in zip(explicit[::2], explicit[1::2], strict=True)
    ]


def _slope(factor: Any) -> Any:
    """Return the raw op that multiplies gradients by a factor of what went in."""
    return lambda gradients, features: (
        tf.convert_to_tensor(gradients) * factor(tf.convert_to_tensor(features))
    )


FORMS: dict[str, Any] = {
    "AvgPool": lambda value, ksize, strides, padding, data_format="NHWC": (
        tf.nn.avg_pool(value, ksize, strides, padding, data_format)
    ),
    "AvgPool3D": lambda input, ksize, strides, padding, data_format="NDHWC": (
        tf.nn.avg_pool3d(input, ksize, strides, padding, data_format)
    ),
    "BiasAdd": lambda value, bias, data_format="NHWC": tf.nn.bias_add(
        value, bias, data_format
    ),
    "Conv2D": convolution,
    "DepthwiseConv2dNative": depthwise_convolution,
    "EluGrad": lambda gradients, outputs: (
        tf.convert_to_tensor(gradients)
        * tf.where(tf.less(outputs, 0), tf.add(outputs, 1), tf.ones_like(outputs))
    ),
    "InTopK": lambda predictions, targets, k: tf.math.in_top_k(targets, predictions, k),
    "InTopKV2": lambda predictions, targets, k: tf.math.in_top_k(
        targets, predictions, k
    ),
    "L2Loss": lambda t: tf.nn.l2_loss(t),
    "LRN": lambda input, depth_radius=5, bias=1, alpha=1, beta=0.5: tf.nn.lrn(
        input, depth_radius, bias, alpha, beta
    ),
    "LeakyRelu": lambda features, alpha=0.2: tf.nn.leaky_relu(features, alpha),
    "LogSoftmax": lambda logits: tf.nn.log_softmax(logits),
    "MaxPool": lambda input, ksize, strides, padding, explicit_paddings=(), data_format="NHWC": (  # noqa: E501
        tf.nn.max_pool(
            input, ksize, strides, _border(padding, explicit_paddings), data_format
        )
    ),
    "MaxPool3D": lambda input, ksize, strides, padding, data_format="NDHWC": (
        tf.nn.max_pool3d(input, ksize, strides, padding, data_format)
    ),
    "Relu6Grad": _slope(
        lambda x: tf.cast(tf.logical_and(tf.greater(x, 0), tf.less(x, 6)), x.dtype)
    ),
    "ReluGrad": lambda gradients, features: get_op("ReluGrad")(
        tf.convert_to_tensor(gradients), tf.convert_to_tensor(features)
    ),
    "Softmax": lambda logits: tf.nn.softmax(logits),
    "SoftplusGrad": _slope(lambda x: tf.sigmoid(x)),
    "SoftsignGrad": _slope(lambda x: 1 / tf.square(1 + tf.abs(x))),
}
