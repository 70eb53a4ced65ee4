"""MobileNetV2: inverted residual blocks of depthwise convolutions (Sandler, 2018)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.keras import layers, settings
from tensor.keras.applications import imagenet
from tensor.keras.engine.model import Model

# Filters, stride and expansion of each block.
_BLOCKS = (
    (16, 1, 1),
    (24, 2, 6),
    (24, 1, 6),
    (32, 2, 6),
    (32, 1, 6),
    (32, 1, 6),
    (64, 2, 6),
    (64, 1, 6),
    (64, 1, 6),
    (64, 1, 6),
    (96, 1, 6),
    (96, 1, 6),
    (96, 1, 6),
    (160, 2, 6),
    (160, 1, 6),
    (160, 1, 6),
    (320, 1, 6),
)


def MobileNetV2(  # noqa: N802  # Keras's name
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = None,
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
) -> Model:
    """Return a MobileNetV2.

    Args:
        input_shape: The images' shape, [224, 224, 3] by default.
        alpha: What the numbers of filters are multiplied by.
        include_top: Whether to end in a classifier.
        weights: None, or a file with weights.
        input_tensor: A Keras tensor to begin with.
        pooling: Without a classifier: None, "avg" or "max".
        classes: The number of classes.
        classifier_activation: The classifier's activation.

    Raises:
        ValueError: An argument is none of the allowed values.
    """
    imagenet.check_weights(weights, include_top, classes)
    shape = imagenet.checked_input_shape(input_shape, 224, 32, include_top)
    inputs = layers.Input(shape=shape) if input_tensor is None else input_tensor
    first = settings.image_data_format() == "channels_first"
    x = _convolved(inputs, _divisible(32 * alpha), 3, 2, "Conv1", "bn_Conv1")
    x = layers.ReLU(6.0, name="Conv1_relu")(x)
    for number, (filters, stride, expansion) in enumerate(_BLOCKS):
        x = _block(x, number, filters, stride, expansion, alpha)
    last = _divisible(1280 * alpha) if alpha > 1.0 else 1280
    x = _convolved(x, last, 1, 1, "Conv_1", "Conv_1_bn", padding="valid")
    x = layers.ReLU(6.0, name="out_relu")(x)
    if include_top:
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(classes, activation=classifier_activation, name="predictions")(
            x
        )
    elif pooling == "avg":
        x = layers.GlobalAveragePooling2D()(x)
    elif pooling == "max":
        x = layers.GlobalMaxPooling2D()(x)
    rows = shape[1] if first else shape[0]
    model = Model(inputs, x, name=f"mobilenetv2_{alpha:0.2f}_{rows}")
    if weights is not None:
        model.load_weights(weights)
    return model


def _divisible(value: float, divisor: int = 8) -> int:
    """Return the nearest multiple of `divisor`, no more than a tenth smaller."""
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def _channel_axis() -> int:
    return 1 if settings.image_data_format() == "channels_first" else -1


def _normalized(x: Any, name: str) -> Any:
    return layers.BatchNormalization(
        axis=_channel_axis(), epsilon=1e-3, momentum=0.999, name=name
    )(x)


def _convolved(
    x: Any,
    filters: int,
    size: int,
    stride: int,
    name: str,
    norm_name: str,
    padding: str = "same",
) -> Any:
    """Return a convolution without bias, normalized."""
    x = layers.Conv2D(
        filters, size, strides=stride, padding=padding, use_bias=False, name=name
    )(x)
    return _normalized(x, norm_name)


def _block(
    x: Any, number: int, filters: int, stride: int, expansion: int, alpha: float
) -> Any:
    """Expand the channels, convolve each by itself, and project back."""
    inputs = x
    axis = _channel_axis()
    channels = x.shape[axis]
    outputs = _divisible(int(filters * alpha))
    prefix = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = _convolved(
            x, expansion * channels, 1, 1, f"{prefix}expand", f"{prefix}expand_BN"
        )
        x = layers.ReLU(6.0, name=f"{prefix}expand_relu")(x)
    if stride == 2:
        x = layers.ZeroPadding2D(_centered_padding(x), name=f"{prefix}pad")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides=stride,
        use_bias=False,
        padding="same" if stride == 1 else "valid",
        name=f"{prefix}depthwise",
    )(x)
    x = _normalized(x, f"{prefix}depthwise_BN")
    x = layers.ReLU(6.0, name=f"{prefix}depthwise_relu")(x)
    x = _convolved(x, outputs, 1, 1, f"{prefix}project", f"{prefix}project_BN")
    if channels == outputs and stride == 1:
        return layers.Add(name=f"{prefix}add")([inputs, x])
    return x


def _centered_padding(x: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the padding that centers a kernel of 3 with stride 2."""
    first = settings.image_data_format() == "channels_first"
    rows, columns = x.shape.as_list()[2:4] if first else x.shape.as_list()[1:3]
    before = [0 if side is None else side % 2 for side in (rows, columns)]
    return (before[0], 1), (before[1], 1)


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Return pixels from [0, 255] in [-1, 1]."""
    return imagenet.preprocess_to_unit_range(x)


def decode_predictions(preds: Any, top: int = 5) -> Any:
    """Raise: the names of ImageNet's classes would have to be downloaded.

    Raises:
        NotImplementedError: Always.
    """
    best = np.argsort(np.asarray(preds))[:, -top:][:, ::-1]
    raise NotImplementedError(
        "decode_predictions needs the names of ImageNet's classes, which ringflow does "
        f"not download. The best classes by number are {best.tolist()}."
    )
