"""Xception: convolutions of channels and of places, apart (Chollet, 2016)."""

from __future__ import annotations

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

preprocess_input = preprocess_for("tf")


def _relu(x: Any, name: str) -> Any:
    return layers.Activation("relu", name=name)(x)


def _separable(x: Any, filters: int, name: str) -> Any:
    how: dict[str, Any] = {"padding": "same", "use_bias": False, "name": name}
    return imagenet.normalized(
        layers.SeparableConv2D(filters, 3, **how)(x), f"{name}_bn"
    )


def _halving(x: Any, name: str, filters: tuple[int, int]) -> Any:
    """Two separable convolutions and a pooling, beside a convolution."""
    beside = layers.Conv2D(filters[1], 1, strides=2, padding="same", use_bias=False)(x)
    beside = imagenet.normalized(beside)
    # The first block is given what is activated already.
    x = x if name == "block2" else _relu(x, f"{name}_sepconv1_act")
    x = _separable(x, filters[0], f"{name}_sepconv1")
    x = _relu(x, f"{name}_sepconv2_act")
    x = _separable(x, filters[1], f"{name}_sepconv2")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return layers.add([x, beside])


def _xception(request: Request) -> Model:
    start = x = request.begin(default_size=299, min_size=71)
    for i, (filters, stride) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{i}"
        x = layers.Conv2D(filters, 3, stride, use_bias=False, name=name)(x)
        x = _relu(imagenet.normalized(x, f"{name}_bn"), f"{name}_act")
    for block, width in ((2, 128), (3, 256), (4, 728)):
        x = _halving(x, f"block{block}", (width, width))
    for block in range(5, 13):
        before = x
        for i in range(1, 4):
            name = f"block{block}_sepconv{i}"
            x = _separable(_relu(x, f"{name}_act"), 728, name)
        x = layers.add([x, before])
    x = _halving(x, "block13", (728, 1024))
    for i, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{i}"
        x = _relu(_separable(x, filters, name), f"{name}_act")
    address = BASE + "xception/xception_weights_tf_dim_ordering_tf_kernels{}.h5"
    return request.end(start, x, "xception", address, pool_names=(None, None))


Xception = network("Xception", _xception)
