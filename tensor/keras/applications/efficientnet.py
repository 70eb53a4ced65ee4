"""EfficientNet: one network in eight sizes (Tan and Le, 2019)."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import tensor as tf
from tensor.keras import layers
from tensor.keras.applications import imagenet
from tensor.keras.applications.imagenet import (
    Request,
    decode_predictions as decode_predictions,
    network,
    preprocess_nothing as preprocess_input,  # noqa: F401  # a public name
)

if TYPE_CHECKING:
    from tensor.keras.engine.model import Model

# Of each stage: kernel, repeats, filters before and after, expansion, stride.
_STAGES = (
    (3, 1, 32, 16, 1, 1),
    (3, 2, 16, 24, 6, 2),
    (5, 2, 24, 40, 6, 2),
    (3, 3, 40, 80, 6, 2),
    (5, 3, 80, 112, 6, 1),
    (5, 4, 112, 192, 6, 2),
    (3, 1, 192, 320, 6, 1),
)
# Of each size: width, depth, height of images, dropout.
_SIZES = (
    (1.0, 1.0, 224, 0.2),
    (1.0, 1.1, 240, 0.2),
    (1.1, 1.2, 260, 0.3),
    (1.2, 1.4, 300, 0.3),
    (1.4, 1.8, 380, 0.4),
    (1.6, 2.2, 456, 0.4),
    (1.8, 2.6, 528, 0.5),
    (2.0, 3.1, 600, 0.5),
)
_DROPPED_BLOCKS = 0.2


def _initializer() -> dict[str, Any]:
    config = {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"}
    return {"class_name": "VarianceScaling", "config": config}


def _convolved(x: Any, filters: int, name: str, size: int = 1, **how: Any) -> Any:
    how = {"padding": "same", "use_bias": False, **how}
    how["kernel_initializer"] = _initializer()
    return layers.Conv2D(filters, size, name=name, **how)(x)


def _activated(x: Any, bn_name: str, name: str) -> Any:
    x = imagenet.normalized(x, bn_name)
    return layers.Activation("swish", name=name)(x)


def _weighted(x: Any, filters: int, few: int, name: str) -> Any:
    """Weigh the channels by what they all mean together."""
    shape = (filters, 1, 1) if imagenet.channel_axis() == 1 else (1, 1, filters)
    weights = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    weights = layers.Reshape(shape, name=f"{name}se_reshape")(weights)
    how = {"use_bias": True}
    weights = _convolved(weights, few, f"{name}se_reduce", activation="swish", **how)
    weights = _convolved(
        weights, filters, f"{name}se_expand", activation="sigmoid", **how
    )
    return layers.multiply([x, weights], name=f"{name}se_excite")


def _block(
    inputs: Any,
    name: str,
    dropped: float,
    size: int,
    before: int,
    after: int,
    expansion: int,
    stride: int,
) -> Any:
    """Expand the channels, convolve and weigh each by itself, and project back."""
    filters = before * expansion
    x = inputs
    if expansion != 1:
        x = _convolved(x, filters, f"{name}expand_conv")
        x = _activated(x, f"{name}expand_bn", f"{name}expand_activation")
    if stride == 2:
        padding = imagenet.centered_padding(x, size)
        x = layers.ZeroPadding2D(padding, name=f"{name}dwconv_pad")(x)
    x = layers.DepthwiseConv2D(
        size,
        strides=stride,
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        depthwise_initializer=_initializer(),
        name=f"{name}dwconv",
    )(x)
    x = _activated(x, f"{name}bn", f"{name}activation")
    x = _weighted(x, filters, max(1, before // 4), name)
    x = imagenet.normalized(
        _convolved(x, after, f"{name}project_conv"), f"{name}project_bn"
    )
    if stride != 1 or before != after:
        return x
    if dropped > 0:
        noise = (None, 1, 1, 1)
        x = layers.Dropout(dropped, noise_shape=noise, name=f"{name}drop")(x)
    return layers.add([x, inputs], name=f"{name}add")


def _efficientnet(number: int, request: Request) -> Model:
    """Return the network of a size."""
    width, depth, height, dropout = _SIZES[number]

    def scaled(filters: int) -> int:
        return imagenet.divisible(filters * width)

    repeats = [math.ceil(depth * stage[1]) for stage in _STAGES]
    start = request.begin(height, min_size=32)
    x = layers.Rescaling(1 / 255)(start)
    x = layers.Normalization(axis=imagenet.channel_axis())(x)
    if request.weights == "imagenet":
        # The weights were trained with this scale.
        scale = tf.constant([1 / math.sqrt(s) for s in (0.229, 0.224, 0.225)])
        x = x * (
            tf.reshape(scale, [3, 1, 1]) if imagenet.channel_axis() == 1 else scale
        )
    padding = imagenet.centered_padding(x, 3)
    x = layers.ZeroPadding2D(padding, name="stem_conv_pad")(x)
    x = _convolved(x, scaled(32), "stem_conv", 3, strides=2, padding="valid")
    x = _activated(x, "stem_bn", "stem_activation")
    done = 0
    for i, (size, _, before, after, expansion, stride) in enumerate(_STAGES):
        for j in range(repeats[i]):
            x = _block(
                x,
                f"block{i + 1}{chr(ord('a') + j)}_",
                _DROPPED_BLOCKS * done / sum(repeats),
                size,
                scaled(after if j else before),
                scaled(after),
                expansion,
                1 if j else stride,
            )
            done += 1
    x = _convolved(x, scaled(1280), "top_conv")
    x = _activated(x, "top_bn", "top_activation")
    config = {"scale": 1 / 3, "mode": "fan_out", "distribution": "uniform"}
    initializer = {"class_name": "VarianceScaling", "config": config}

    def head(x: Any) -> Any:
        return request.classified(x, dropout, kernel_initializer=initializer)

    name = f"efficientnetb{number}"
    address = f"https://storage.googleapis.com/keras-applications/{name}{{}}.h5"
    return request.end(start, x, name, address, head)


EfficientNetB0 = network("EfficientNetB0", partial(_efficientnet, 0))
EfficientNetB1 = network("EfficientNetB1", partial(_efficientnet, 1))
EfficientNetB2 = network("EfficientNetB2", partial(_efficientnet, 2))
EfficientNetB3 = network("EfficientNetB3", partial(_efficientnet, 3))
EfficientNetB4 = network("EfficientNetB4", partial(_efficientnet, 4))
EfficientNetB5 = network("EfficientNetB5", partial(_efficientnet, 5))
EfficientNetB6 = network("EfficientNetB6", partial(_efficientnet, 6))
EfficientNetB7 = network("EfficientNetB7", partial(_efficientnet, 7))
