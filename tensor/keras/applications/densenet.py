"""DenseNet: every layer sees the results of all before it (Huang, 2016)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tensor.keras import layers
from tensor.keras.applications import imagenet
from tensor.keras.applications.imagenet import (
    BASE,
    Request,
    decode_predictions as decode_predictions,
    network,
    preprocess_for,
)

if TYPE_CHECKING:
    from tensor.keras.engine.model import Model

_GROWTH = 32
preprocess_input = preprocess_for("torch")


def _activated(x: Any, bn_name: str, name: str) -> Any:
    x = imagenet.normalized(x, bn_name, epsilon=1.001e-5)
    return layers.Activation("relu", name=name)(x)


def _layer(x: Any, name: str) -> Any:
    """Return what there was, and what a bottleneck and a convolution make of it."""
    new = _activated(x, f"{name}_0_bn", f"{name}_0_relu")
    new = layers.Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(new)
    new = _activated(new, f"{name}_1_bn", f"{name}_1_relu")
    how: dict[str, Any] = {"padding": "same", "use_bias": False}
    new = layers.Conv2D(_GROWTH, 3, name=f"{name}_2_conv", **how)(new)
    axis = imagenet.channel_axis()
    return layers.Concatenate(axis=axis, name=f"{name}_concat")([x, new])


def _transition(x: Any, name: str) -> Any:
    """Halve the number of channels, and the image."""
    x = _activated(x, f"{name}_bn", f"{name}_relu")
    filters = x.static_shape[imagenet.channel_axis()] // 2
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _densenet(name: str, counts: tuple[int, ...], request: Request) -> Model:
    """Return a network with so many layers in each of its blocks."""
    start = request.begin(default_size=224, min_size=32)
    x = layers.ZeroPadding2D(3)(start)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1/conv")(x)
    x = _activated(x, "conv1/bn", "conv1/relu")
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for block, count in enumerate(counts, 2):
        x = x if block == 2 else _transition(x, f"pool{block - 1}")
        for i in range(1, count + 1):
            x = _layer(x, f"conv{block}_block{i}")
    x = _activated(x, "bn", "relu")
    address = f"{BASE}densenet/{name}_weights_tf_dim_ordering_tf_kernels{{}}.h5"
    return request.end(start, x, name, address)


DenseNet121 = network("DenseNet121", partial(_densenet, "densenet121", (6, 12, 24, 16)))
DenseNet169 = network("DenseNet169", partial(_densenet, "densenet169", (6, 12, 32, 32)))
DenseNet201 = network("DenseNet201", partial(_densenet, "densenet201", (6, 12, 48, 32)))
