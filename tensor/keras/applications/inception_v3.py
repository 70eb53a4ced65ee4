"""InceptionV3: convolutions of several sizes side by side (Szegedy, 2015)."""

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

# A convolution is (filters, rows, columns), with "v" if it halves the image; a branch
# is a row of them.
Convolution = tuple[Any, ...]
Branch = tuple[Convolution, ...]


def _sevens(width: int) -> tuple[Branch, ...]:
    """Return the branches of a module whose windows are 7 long."""
    return (
        ((192, 1, 1),),
        ((width, 1, 1), (width, 1, 7), (192, 7, 1)),
        ((width, 1, 1), (width, 7, 1), (width, 1, 7), (width, 7, 1), (192, 1, 7)),
    )


_FIVES: tuple[Branch, ...] = (
    ((64, 1, 1),),
    ((48, 1, 1), (64, 5, 5)),
    ((64, 1, 1), (96, 3, 3), (96, 3, 3)),
)
# Name, branches, and the filters after the pooling beside them; those without halve.
_MODULES: tuple[tuple[str, tuple[Branch, ...], int | None], ...] = (
    ("mixed0", _FIVES, 32),
    ("mixed1", _FIVES, 64),
    ("mixed2", _FIVES, 64),
    (
        "mixed3",
        (((384, 3, 3, "v"),), ((64, 1, 1), (96, 3, 3), (96, 3, 3, "v"))),
        None,
    ),
    ("mixed4", _sevens(128), 192),
    ("mixed5", _sevens(160), 192),
    ("mixed6", _sevens(160), 192),
    ("mixed7", _sevens(192), 192),
    (
        "mixed8",
        (
            ((192, 1, 1), (320, 3, 3, "v")),
            ((192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3, "v")),
        ),
        None,
    ),
)


def _convolved(
    x: Any,
    filters: int,
    rows: int,
    columns: int,
    halves: str = "",
    padding: str = "same",
) -> Any:
    stride, padding = (2, "valid") if halves else (1, padding)
    how: dict[str, Any] = {"strides": stride, "padding": padding, "use_bias": False}
    x = layers.Conv2D(filters, (rows, columns), **how)(x)
    return layers.Activation("relu")(imagenet.normalized(x, scale=False))


def _joined(parts: list[Any], name: str | None = None) -> Any:
    return layers.concatenate(parts, axis=imagenet.channel_axis(), name=name)


def _pooled(x: Any, filters: int) -> Any:
    x = layers.AveragePooling2D(3, strides=1, padding="same")(x)
    return _convolved(x, filters, 1, 1)


def _module(x: Any, name: str, branches: tuple[Branch, ...], pooled: int | None) -> Any:
    """Return the branches' results side by side, and what pooling gives."""
    parts = []
    for branch in branches:
        y = x
        for convolution in branch:
            y = _convolved(y, *convolution)
        parts.append(y)
    if pooled is None:
        parts.append(layers.MaxPooling2D(3, strides=2)(x))
    else:
        parts.append(_pooled(x, pooled))
    return _joined(parts, name)


def _fork(x: Any, name: str | None = None) -> Any:
    """Return what a row and a column of three see, side by side."""
    return _joined([_convolved(x, 384, 1, 3), _convolved(x, 384, 3, 1)], name)


def _inception(request: Request) -> Model:
    start = request.begin(default_size=299, min_size=75)
    x = _convolved(start, 32, 3, 3, "v")
    x = _convolved(x, 32, 3, 3, padding="valid")
    x = _convolved(x, 64, 3, 3)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = _convolved(x, 80, 1, 1, padding="valid")
    x = _convolved(x, 192, 3, 3, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)
    for module in _MODULES:
        x = _module(x, *module)
    for i in range(2):
        ones = _convolved(x, 320, 1, 1)
        threes = _fork(_convolved(x, 384, 1, 1), f"mixed9_{i}")
        twice = _fork(_convolved(_convolved(x, 448, 1, 1), 384, 3, 3))
        x = _joined([ones, threes, twice, _pooled(x, 192)], f"mixed{9 + i}")
    address = BASE + "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels{}.h5"
    return request.end(start, x, "inception_v3", address, pool_names=(None, None))


InceptionV3 = network("InceptionV3", _inception)
