"""ResNet: blocks that add to what they are given (He, 2015 and 2016)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tensor.keras import layers
from tensor.keras.applications import imagenet
from tensor.keras.applications.imagenet import BASE, Request, network

if TYPE_CHECKING:
    from tensor.keras.engine.model import Model

_EPSILON = 1.001e-5


def _normalized(x: Any, name: str) -> Any:
    x = imagenet.normalized(x, f"{name}_bn", epsilon=_EPSILON)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def _block(x: Any, filters: int, stride: int, is_first: bool, name: str) -> Any:
    """Normalize after each convolution, and again after the sum."""
    shortcut = x
    if is_first:
        shortcut = layers.Conv2D(4 * filters, 1, stride, name=f"{name}_0_conv")(x)
        shortcut = imagenet.normalized(shortcut, f"{name}_0_bn", epsilon=_EPSILON)
    x = layers.Conv2D(filters, 1, stride, name=f"{name}_1_conv")(x)
    x = _normalized(x, f"{name}_1")
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = _normalized(x, f"{name}_2")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    x = imagenet.normalized(x, f"{name}_3_bn", epsilon=_EPSILON)
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def _block_v2(x: Any, filters: int, stride: int, is_first: bool, name: str) -> Any:
    """Normalize before each convolution."""
    ready = _normalized(x, f"{name}_preact")
    if is_first:
        shortcut = layers.Conv2D(4 * filters, 1, stride, name=f"{name}_0_conv")(ready)
    else:
        shortcut = layers.MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(ready)
    x = _normalized(x, f"{name}_1")
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, stride, use_bias=False, name=f"{name}_2_conv")(x)
    x = _normalized(x, f"{name}_2")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([shortcut, x])


def _resnet(
    name: str, counts: tuple[int, int, int, int], is_v2: bool, request: Request
) -> Model:
    """Return a network with so many blocks in each of its four stacks."""
    start = request.begin(default_size=224, min_size=32)
    x = layers.ZeroPadding2D(3, name="conv1_pad")(start)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = x if is_v2 else _normalized(x, "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for i, count in enumerate(counts):
        # The first version halves the image at the beginning of a stack, but for the
        # first; the second version at the end of one, but for the last.
        halved = (count if i < 3 else 0) if is_v2 else (1 if i else 0)
        for number in range(1, count + 1):
            block = _block_v2 if is_v2 else _block
            stride = 2 if number == halved else 1
            block_name = f"conv{i + 2}_block{number}"
            x = block(x, 64 * 2**i, stride, number == 1, block_name)
    x = _normalized(x, "post") if is_v2 else x
    address = f"{BASE}resnet/{name}_weights_tf_dim_ordering_tf_kernels{{}}.h5"
    return request.end(start, x, name, address)


_50, _101, _152 = (3, 4, 6, 3), (3, 4, 23, 3), (3, 8, 36, 3)

ResNet50 = network("ResNet50", partial(_resnet, "resnet50", _50, False))
ResNet101 = network("ResNet101", partial(_resnet, "resnet101", _101, False))
ResNet152 = network("ResNet152", partial(_resnet, "resnet152", _152, False))
ResNet50V2 = network("ResNet50V2", partial(_resnet, "resnet50v2", _50, True))
ResNet101V2 = network("ResNet101V2", partial(_resnet, "resnet101v2", _101, True))
ResNet152V2 = network("ResNet152V2", partial(_resnet, "resnet152v2", _152, True))
