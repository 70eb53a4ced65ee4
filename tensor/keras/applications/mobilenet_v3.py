"""MobileNetV3: inverted residual blocks that weigh their channels (Howard, 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensor.keras import layers
from tensor.keras.applications import imagenet
from tensor.keras.applications.imagenet import (
    BASE,
    Request,
    decode_predictions as decode_predictions,
    preprocess_nothing as preprocess_input,  # noqa: F401  # a public name
)

if TYPE_CHECKING:
    from tensor.keras.engine.model import Model

# Of each block: expansion, filters, kernel (None: the network's), stride, whether it
# weighs its channels, and whether its activation is the network's or a ReLU.
_SMALL = (
    (1, 16, 3, 2, True, False),
    (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False),
    (4, 40, None, 2, True, True),
    (6, 40, None, 1, True, True),
    (6, 40, None, 1, True, True),
    (3, 48, None, 1, True, True),
    (3, 48, None, 1, True, True),
    (6, 96, None, 2, True, True),
    (6, 96, None, 1, True, True),
    (6, 96, None, 1, True, True),
)
_LARGE = (
    (1, 16, 3, 1, False, False),
    (4, 24, 3, 2, False, False),
    (3, 24, 3, 1, False, False),
    (3, 40, None, 2, True, False),
    (3, 40, None, 1, True, False),
    (3, 40, None, 1, True, False),
    (6, 80, 3, 2, False, True),
    (2.5, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (6, 112, 3, 1, True, True),
    (6, 112, 3, 1, True, True),
    (6, 160, None, 2, True, True),
    (6, 160, None, 1, True, True),
    (6, 160, None, 1, True, True),
)


def MobileNetV3Small(  # noqa: N802  # Keras's name
    input_shape: Any = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    classes: int = 1000,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: Any = "softmax",
    include_preprocessing: bool = True,
) -> Model:
    """Return the small MobileNetV3.

    Args:
        input_shape: The images' shape.
        alpha: What the numbers of filters are multiplied by.
        minimalistic: Whether to do without weighing, h-swish and kernels of 5.
        include_top: Whether to end in a classifier.
        weights: None, "imagenet", or a file with weights.
        input_tensor: A Keras tensor to begin with.
        classes: The number of classes.
        pooling: Without a classifier: None, "avg" or "max".
        dropout_rate: The share that is dropped before the classifier.
        classifier_activation: The classifier's activation.
        include_preprocessing: Whether the network scales pixels itself.

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
    how = (alpha, minimalistic, dropout_rate, include_preprocessing)
    return _mobilenet("Small", _SMALL, 1024, request, *how)


def MobileNetV3Large(  # noqa: N802  # Keras's name
    input_shape: Any = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    classes: int = 1000,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: Any = "softmax",
    include_preprocessing: bool = True,
) -> Model:
    """Return the large MobileNetV3; its arguments are those of the small one."""
    request = Request(
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
    )
    how = (alpha, minimalistic, dropout_rate, include_preprocessing)
    return _mobilenet("Large", _LARGE, 1280, request, *how)


def _mobilenet(
    kind: str,
    blocks: tuple[Any, ...],
    last: int,
    request: Request,
    alpha: float,
    minimalistic: bool,
    dropout_rate: float,
    include_preprocessing: bool,
) -> Model:
    activated = _relu if minimalistic else _hard_swish
    start = x = request.begin(None, min_size=32)
    if include_preprocessing:
        x = layers.Rescaling(scale=1 / 127.5, offset=-1.0)(x)
    x = _convolved(x, 16, "Conv", 3, strides=2)
    x = activated(_normalized(x, "Conv/BatchNorm"))
    for i, (expansion, filters, size, stride, weighs, has_own) in enumerate(blocks):
        x = _block(
            x,
            i,
            expansion,
            imagenet.divisible(filters * alpha),
            size or (3 if minimalistic else 5),
            stride,
            weighs and not minimalistic,
            activated if has_own else _relu,
        )
    channels = x.static_shape[imagenet.channel_axis()]
    x = _convolved(x, imagenet.divisible(channels * 6), "Conv_1")
    x = activated(_normalized(x, "Conv_1/BatchNorm"))
    last = imagenet.divisible(last * alpha) if alpha > 1.0 else last

    def head(x: Any) -> Any:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = activated(_convolved(x, last, "Conv_2", use_bias=True))
        x = layers.Dropout(dropout_rate)(x) if dropout_rate > 0 else x
        x = _convolved(x, request.classes, "Logits", use_bias=True)
        x = layers.Flatten()(x)
        return layers.Activation(request.activation(), name="Predictions")(x)

    style = "_minimalistic" if minimalistic else ""
    file = f"weights_mobilenet_v3_{kind.lower()}{style}_224_{alpha}_float"
    ending = "" if request.include_top else "_no_top_v2"
    address = f"{BASE}mobilenet_v3/{file}{ending}.h5"
    return request.end(start, x, f"MobilenetV3{kind.lower()}", address, head)


def _convolved(x: Any, filters: int, name: str, size: int = 1, **how: Any) -> Any:
    how = {"padding": "same", "use_bias": False, **how}
    return layers.Conv2D(filters, size, name=name, **how)(x)


def _normalized(x: Any, name: str) -> Any:
    return imagenet.normalized(x, name, epsilon=1e-3, momentum=0.999)


def _relu(x: Any) -> Any:
    return layers.ReLU()(x)


def _hard_sigmoid(x: Any) -> Any:
    return layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)


def _hard_swish(x: Any) -> Any:
    return layers.Multiply()([x, _hard_sigmoid(x)])


def _weighted(x: Any, filters: int, prefix: str) -> Any:
    """Weigh the channels by what they all mean together."""
    prefix = f"{prefix}squeeze_excite/"
    weights = layers.GlobalAveragePooling2D(keepdims=True, name=f"{prefix}AvgPool")(x)
    few = imagenet.divisible(filters * 0.25)
    weights = _convolved(weights, few, f"{prefix}Conv", use_bias=True)
    weights = layers.ReLU(name=f"{prefix}Relu")(weights)
    weights = _convolved(weights, filters, f"{prefix}Conv_1", use_bias=True)
    return layers.Multiply(name=f"{prefix}Mul")([x, _hard_sigmoid(weights)])


def _block(
    x: Any,
    number: int,
    expansion: float,
    filters: int,
    size: int,
    stride: int,
    weighs: bool,
    activated: Any,
) -> Any:
    """Expand the channels, convolve and weigh each by itself, and project back."""
    inputs = x
    channels = x.static_shape[imagenet.channel_axis()]
    expanded = imagenet.divisible(channels * expansion)
    prefix = f"expanded_conv_{number}/" if number else "expanded_conv/"
    if number:
        x = _convolved(x, expanded, f"{prefix}expand")
        x = activated(_normalized(x, f"{prefix}expand/BatchNorm"))
    if stride == 2:
        padding = imagenet.centered_padding(x, size)
        x = layers.ZeroPadding2D(padding, name=f"{prefix}depthwise/pad")(x)
    x = layers.DepthwiseConv2D(
        size,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        name=f"{prefix}depthwise",
    )(x)
    x = activated(_normalized(x, f"{prefix}depthwise/BatchNorm"))
    x = _weighted(x, expanded, prefix) if weighs else x
    x = _convolved(x, filters, f"{prefix}project")
    x = _normalized(x, f"{prefix}project/BatchNorm")
    if stride == 1 and channels == filters:
        return layers.Add(name=f"{prefix}Add")([inputs, x])
    return x
