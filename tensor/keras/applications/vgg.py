"""VGG: stacks of 3 by 3 convolutions, with pooling between them (Simonyan, 2014)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tensor.keras import layers
from tensor.keras.applications.imagenet import (
    BASE,
    Request,
    network,
)

if TYPE_CHECKING:
    from tensor.keras.engine.model import Model

_FILTERS = (64, 128, 256, 512, 512)


def _vgg(name: str, counts: tuple[int, ...], request: Request) -> Model:
    """Return a network with so many convolutions in each block."""
    start = x = request.begin(default_size=224, min_size=32)
    for block, (count, filters) in enumerate(zip(counts, _FILTERS, strict=True), 1):
        for i in range(1, count + 1):
            x = layers.Conv2D(
                filters,
                3,
                activation="relu",
                padding="same",
                name=f"block{block}_conv{i}",
            )(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)

    def head(x: Any) -> Any:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(4096, activation="relu", name="fc1")(x)
        x = layers.Dense(4096, activation="relu", name="fc2")(x)
        activation = request.activation()
        return layers.Dense(request.classes, activation, name="predictions")(x)

    address = f"{BASE}{name}/{name}_weights_tf_dim_ordering_tf_kernels{{}}.h5"
    return request.end(start, x, name, address, head, (None, None))


VGG16 = network("VGG16", partial(_vgg, "vgg16", (2, 2, 3, 3, 3)))
VGG19 = network("VGG19", partial(_vgg, "vgg19", (2, 2, 4, 4, 4)))
