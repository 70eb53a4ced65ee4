"""MobileNetV2: inverted residual blocks of depthwise convolutions (Sandler, 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.keras import layers
from tensor.keras.applications import imagenet
from tensor.keras.applications.imagenet import (
    BASE,
    Request,
    decode_predictions as decode_predictions,
    preprocess_for,
)

if TYPE_CHECKING:
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
preprocess_input = preprocess_for("tf")


def MobileNetV2(  # noqa: N802  # Keras's name
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
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
        weights: None, "imagenet", or a file with weights.
        input_tensor: A Keras tensor to begin with.
        pooling: Without a classifier: None, "avg" or "max".
        classes: The number of classes.
        classifier_activation: The classifier's activation.

    Raises:
        ValueError: An argument is none of the allowed values.
    """
    request = Request(
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
    )
    known = imagenet.known_size(input_shape, (96, 128, 160, 192, 224))
    start = request.begin(known, min_size=32)
    x = _convolved(start, imagenet.divisible(32 * alpha), 3, 2, "Conv1", "bn_Conv1")
    x = layers.ReLU(6.0, name="Conv1_relu")(x)
    for number, (filters, stride, expansion) in enumerate(_BLOCKS):
        x = _block(x, number, filters, stride, expansion, alpha)
    last = imagenet.divisible(1280 * alpha) if alpha > 1.0 else 1280
    x = _convolved(x, last, 1, 1, "Conv_1", "Conv_1_bn", padding="valid")
    x = layers.ReLU(6.0, name="out_relu")(x)

    def head(x: Any) -> Any:
        x = layers.GlobalAveragePooling2D()(x)
        activation = request.activation()
        return layers.Dense(classes, activation, name="predictions")(x)

    rows = imagenet.size_of(start)[0]
    ending = "" if include_top else "_no_top"
    file = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{known}{ending}.h5"
    name = f"mobilenetv2_{alpha:0.2f}_{rows}"
    address = f"{BASE}mobilenet_v2/{file}"
    return request.end(start, x, name, address, head, (None, None))


def _normalized(x: Any, name: str) -> Any:
    return imagenet.normalized(x, name, epsilon=1e-3, momentum=0.999)


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
    channels = x.static_shape[imagenet.channel_axis()]
    outputs = imagenet.divisible(int(filters * alpha))
    prefix = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = _convolved(
            x, expansion * channels, 1, 1, f"{prefix}expand", f"{prefix}expand_BN"
        )
        x = layers.ReLU(6.0, name=f"{prefix}expand_relu")(x)
    if stride == 2:
        x = layers.ZeroPadding2D(imagenet.centered_padding(x, 3), name=f"{prefix}pad")(
            x
        )
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
