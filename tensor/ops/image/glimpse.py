"""Glimpses: windows of one size at given places, which may reach beyond the image."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, static_value
from tensor.ops.array_functions import array_function
from tensor.ops.random.distributions import normal, uniform
from tensor.ops.random.seeds import Stream, stream_for

NOISES = ("uniform", "gaussian", "zero")


def _spec(x: TensorSpec, offsets: TensorSpec, size: Any, **attrs: Any) -> TensorSpec:
    batch, _, _, depth = x.dims or (None,) * 4
    known = static_value(size) or (None, None)
    return TensorSpec.of((batch, *known, depth), dtypes.float32)


@array_function(
    "ExtractGlimpseV2",
    _spec,
    np.arange(24, dtype=np.float32).reshape((2, 3, 4, 1)),
    np.zeros((2, 2), np.float32),
    kind="random",
    size=(2, 5),
    centered=True,
    normalized=True,
    noise="zero",
    stream=Stream(1, 2),
)
def glimpses(
    x: Any,
    offsets: Any,
    size: tuple[int, int],
    centered: bool,
    normalized: bool,
    noise: str,
    stream: Stream,
) -> Any:
    """One window of each image; what lies outside the image is noise."""
    batch, height, width, depth = x.shape
    size = int(size[0]), int(size[1])
    result = _noise((batch, *size, depth), noise, stream)
    sizes = np.array([height, width], np.float32)
    for k in range(batch):
        place = offsets[k].astype(np.float32)
        if normalized:
            place = place * sizes
            if centered:
                place = place / 2 + sizes / 2 - np.array(size, np.float32) / 2
        elif centered:
            place = place + sizes / 2
        top, left = np.trunc(place).astype(np.int64).tolist()
        rows = slice(max(top, 0), min(top + size[0], height))
        columns = slice(max(left, 0), min(left + size[1], width))
        if rows.start < rows.stop and columns.start < columns.stop:
            result[
                k,
                rows.start - top : rows.stop - top,
                columns.start - left : columns.stop - left,
            ] = x[k, rows, columns]
    return result


def _noise(shape: tuple[int, ...], kind: str, stream: Stream) -> np.ndarray:
    if kind == "zero":
        return np.zeros(shape, np.float32)
    draw = uniform if kind == "uniform" else normal
    counter = stream.reserve(int(np.prod(shape)))
    return np.array(draw(stream.key, counter, shape, np.dtype(np.float32)))


@export("image.extract_glimpse")
def extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    noise: str = "uniform",
    name: str | None = None,
) -> Any:
    """Return a window of each image.

    Args:
        input: [batch, height, width, channels] of float32.
        size: Height and width of the window.
        offsets: [batch, (y, x)]: where the windows are.
        centered: Whether (0, 0) is the middle of the image rather than its corner.
        normalized: Whether 1 is the size of the image rather than a pixel. If centered
            too, the offset is that of the window's middle.
        noise: What to fill in outside the image: "uniform", "gaussian" or "zero".
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A shape or the noise is none of these, or a window is
            empty.
    """
    x, places = convert(input, dtypes.float32), convert(offsets, dtypes.float32)
    if noise not in NOISES:
        raise errors.invalid(
            "ExtractGlimpseV2",
            f"The noise could only be uniform, gaussian, or zero, got{noise}",
        )
    problem = None
    window = convert(size, dtypes.int32)
    if x.ndim not in (None, 4):
        problem = (
            "input must be 4-dimensional (batch_size, height, width, depth), got "
            f"{x.shape}"
        )
    elif window.static_shape != (2,):
        problem = (
            "input must be a vector of size 2 (height, width)"
            f"{to_brackets(window.static_shape)}"
        )
    elif places.ndim not in (None, 2) or places.shape[-1] not in (None, 2):
        problem = f"offsets: second dimension should be of size 2, got {places.shape}"
    elif None not in (x.shape[0], places.shape[0]) and x.shape[0] != places.shape[0]:
        problem = (
            f"first dimension should be batch{to_brackets(places.static_shape)}, as "
            f"there are {x.shape[0]} images"
        )
    if problem:
        raise errors.invalid("ExtractGlimpseV2", problem)
    return glimpses(
        x,
        places,
        size=as_static_shape(window),
        centered=bool(centered),
        normalized=bool(normalized),
        noise=noise,
        stream=stream_for("ExtractGlimpseV2", None),
        name=name,
    )
