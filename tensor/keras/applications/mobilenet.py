"""MobileNet: convolutions of places and of channels, in turns (Howard, 2017)."""

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

# Filters and stride of each block.
_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
)
preprocess_input = preprocess_for("tf")


def MobileNet(  # noqa: N802  # Keras's name
    input_shape: Any = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
) -> Model:
    """Return a MobileNet.

    Args:
        input_shape: The images' shape, [224, 224, 3] by default.
        alpha: What the numbers of filters are multiplied by.
        depth_multiplier: How many results each channel has.
        dropout: The share that is dropped before the classifier.
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
    if weights == "imagenet":
        _check_pretrained(alpha, depth_multiplier)
    known = imagenet.known_size(input_shape, (128, 160, 192, 224))
    start = request.begin(known, min_size=32)
    x = _convolved(start, int(32 * alpha), 3, 2, "conv1")
    for i, (filters, stride) in enumerate(_BLOCKS, 1):
        if stride == 2:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{i}")(x)
        x = layers.DepthwiseConv2D(
            3,
            strides=stride,
            padding="valid" if stride == 2 else "same",
            depth_multiplier=depth_multiplier,
            use_bias=False,
            name=f"conv_dw_{i}",
        )(x)
        x = _activated(x, f"conv_dw_{i}")
        x = _convolved(x, int(filters * alpha), 1, 1, f"conv_pw_{i}")

    def head(x: Any) -> Any:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Conv2D(classes, 1, padding="same", name="conv_preds")(x)
        x = layers.Reshape((classes,), name="reshape_2")(x)
        return layers.Activation(request.activation(), name="predictions")(x)

    rows = imagenet.size_of(start)[0]
    text = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0"}.get(alpha, "2_5")
    address = f"{BASE}mobilenet/mobilenet_{text}_{known}_tf{{}}.h5"
    if not include_top:
        address = address.replace("{}", "_no_top")
    name = f"mobilenet_{alpha:0.2f}_{rows}"
    return request.end(start, x, name, address, head, (None, None))


def _check_pretrained(alpha: float, depth_multiplier: int) -> None:
    if depth_multiplier != 1:
        raise ValueError(
            "If imagenet weights are being loaded, depth multiplier must be 1.  "
            f"Received depth_multiplier={depth_multiplier}"
        )
    if alpha not in (0.25, 0.5, 0.75, 1.0):
        raise ValueError(
            "If imagenet weights are being loaded, alpha can be one of `0.25`, `0.50`, "
            f"`0.75` or `1.0` only.  Received alpha={alpha}"
        )


def _convolved(x: Any, filters: int, size: int, stride: int, name: str) -> Any:
    how: dict[str, Any] = {"padding": "same", "use_bias": False, "name": name}
    return _activated(layers.Conv2D(filters, size, strides=stride, **how)(x), name)


def _activated(x: Any, name: str) -> Any:
    x = imagenet.normalized(x, f"{name}_bn")
    return layers.ReLU(6.0, name=f"{name}_relu")(x)
