"""How far images differ: PSNR, SSIM; and how steep they are: Sobel, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import get_op
from tensor.core.shapes import are_compatible
from tensor.ops.array import as_static_shape, cast, shape, zeros_like
from tensor.ops.families import FLOATING, check_kind, shape_of
from tensor.ops.image.color import convert_image_dtype
from tensor.ops.image.shapes import is_known, size_of
from tensor.ops.math import log, maximum, square
from tensor.ops.nn.depthwise import depthwise_op
from tensor.ops.nn.pool import avg_pool_op
from tensor.ops.nn.windows import Windows
from tensor.ops.padding import pad_
from tensor.ops.reduce import reduce_mean
from tensor.ops.repetition import tile_

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def _pair(img1: Any, img2: Any) -> tuple[Any, Any]:
    """Return two batches of images as tensors.

    Raises:
        ValueError: Their shapes differ, or they have fewer than three dimensions.
    """
    a, b = convert(img1), convert(img2)
    for x in (a, b):
        if (x.ndim or 3) < 3:
            raise ValueError(
                f"Shape {x.shape} must have rank at least 3: images have height, width "
                "and channels."
            )
    if not are_compatible((shape_of(a) or ())[-3:], (shape_of(b) or ())[-3:]):
        raise ValueError(
            f"Shapes {a.shape[-3:]} and {b.shape[-3:]} are incompatible: images are "
            "compared with images of their size."
        )
    return a, b


@export("image.psnr")
def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Any:
    """Return the peak signal-to-noise ratio of image pairs, in decibels.

    Args:
        a: The first images.
        b: The second images, of the same shape.
        max_val: The distance of the largest possible value from the smallest.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The shapes differ.
    """
    x, y = convert(a), convert(b)
    top = _peak(max_val, x.dtype)
    x, y = (convert_image_dtype(v, dtypes.float32) for v in (x, y))
    error = reduce_mean.public(square(x - y), (-3, -2, -1))
    return log(top) * (20 / np.log(10)) - log(error) * np.float32(10 / np.log(10))


def _peak(max_val: Any, dtype: Any) -> Any:
    value = convert(max_val)
    value = cast(value, dtype=dtype if dtype.is_floating else dtypes.float64)
    if dtype.is_integer:
        value = value * (1.0 / dtype.max)
    return cast(value, dtype=dtypes.float32)


def _ssim_maps(
    x: Any, y: Any, top: Any, options: tuple[int, float, float, float]
) -> tuple[Any, Any]:
    """Return SSIM and the contrast-structure part, by window and channel."""
    size, sigma, k1, k2 = options
    c1, c2 = square(top * k1), square(top * k2)
    places = np.arange(size, dtype=np.float32) - np.float32(size - 1) / 2
    powers = np.square(places) * np.float32(-0.5 / sigma**2)
    window = powers[:, None] + powers[None, :]
    window = np.exp(window - window.max())
    window = (window / window.sum()).astype(np.float32)
    kernel = _for_channels(window[:, :, None, None], x)

    def smooth(image: Any) -> Any:
        lead, inner = _split_shape(image)
        flat = get_op("Reshape")(image, shape=_joined((-1,), inner))
        z = depthwise_op(
            flat, kernel, strides=(1, 1), dilations=(1, 1), padding="VALID"
        )
        return get_op("Reshape")(z, shape=_joined(lead, shape(z)[1:]))

    mean_x, mean_y = smooth(x), smooth(y)
    product = mean_x * mean_y * 2.0
    squares = square(mean_x) + square(mean_y)
    luminance = (product + c1) / (squares + c1)
    both = smooth(x * y) * 2.0
    each = smooth(square(x) + square(y))
    structure = (both - product + c2) / (each - squares + c2)
    return luminance * structure, structure


def _for_channels(kernel: np.ndarray, x: Any) -> Any:
    """Return a depthwise filter repeated for each channel of x."""
    channels = (shape_of(x) or (None,))[-1]
    if channels is not None:
        return constant_tensor(np.repeat(kernel, channels, axis=2))
    return tile_(constant_tensor(kernel), [1, 1, shape(x)[-1], 1])


def _split_shape(x: Any) -> tuple[Any, Any]:
    """Return the shapes of the batch and of one image: tuples, or symbolic."""
    dims = shape_of(x)
    if dims is not None and None not in dims:
        return dims[:-3], dims[-3:]
    return shape(x)[:-3], shape(x)[-3:]


def _joined(first: Any, second: Any) -> Any:
    """Return two parts of a shape as one."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        return (*first, *second)
    parts = [
        cast(
            convert(list(p) if isinstance(p, tuple) else p, None, dtypes.int32),
            dtype=dtypes.int32,
        )
        for p in (first, second)
    ]
    return as_static_shape(get_op("ConcatV2")(*parts, axis=0))


def _over_pixels(maps: Any) -> Any:
    return reduce_mean.public(maps, (-3, -2))


def _check_window(x: Any, size: int) -> None:
    dims = shape_of(x) or (None, None, None)
    if any(d is not None and d < size for d in dims[-3:-1]):
        raise errors.because(
            errors.InvalidArgumentError,
            f"Expected images no smaller than the filter of size {size}, got shape "
            f"{list(dims)}.",
        )


@export("image.ssim")
def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Any:
    """Return the structural similarity of image pairs, in (-1, 1].

    Args:
        img1: The first images.
        img2: The second images, of the same shape.
        max_val: The distance of the largest possible value from the smallest.
        filter_size: The size of the Gaussian window.
        filter_sigma: Its width.
        k1: Keeps the luminance from dividing by 0.
        k2: Keeps the structure from dividing by 0.
        return_index_map: Return the similarity by window instead of its mean.

    Raises:
        ValueError: The shapes differ.
        InvalidArgumentError: The images are smaller than the window.
    """
    x, y = _pair(img1, img2)
    top = _peak(max_val, x.dtype)
    x, y = (convert_image_dtype(v, dtypes.float32) for v in (x, y))
    _check_window(x, filter_size)
    maps, _ = _ssim_maps(x, y, top, (filter_size, filter_sigma, k1, k2))
    if return_index_map:
        return reduce_mean.public(maps, -1)
    return reduce_mean.public(_over_pixels(maps), -1)


@export("image.ssim_multiscale")
def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = _WEIGHTS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """Return the structural similarity of image pairs over several scales.

    Args:
        img1: The first images.
        img2: The second images, of the same shape.
        max_val: The distance of the largest possible value from the smallest.
        power_factors: The exponent of each scale, the finest first.
        filter_size: The size of the Gaussian window.
        filter_sigma: Its width.
        k1: Keeps the luminance from dividing by 0.
        k2: Keeps the structure from dividing by 0.

    Raises:
        ValueError: The shapes differ.
        InvalidArgumentError: At some scale the images are smaller than the window.
    """
    x, y = _pair(img1, img2)
    top = _peak(max_val, x.dtype)
    x, y = (convert_image_dtype(v, dtypes.float32) for v in (x, y))
    halves = Windows((2, 2), (2, 2), (1, 1), "VALID")
    parts = []
    for scale, _ in enumerate(power_factors):
        if scale:
            x, y = (_halved(v, halves) for v in (x, y))
        _check_window(x, filter_size)
        maps, structure = _ssim_maps(x, y, top, (filter_size, filter_sigma, k1, k2))
        is_last = scale == len(power_factors) - 1
        part = _over_pixels(maps if is_last else structure)
        parts.append(maximum(part, zeros_like(part)))
    total = None
    for part, power in zip(parts, power_factors, strict=True):
        term = part**power
        total = term if total is None else total * term
    return reduce_mean.public(total, -1)


def _halved(x: Any, halves: Windows) -> Any:
    """Return images of half the size; an odd row or column is repeated first."""
    lead, inner = _split_shape(x)
    flat = get_op("Reshape")(x, shape=_joined((-1,), inner))
    odd = [d % 2 for d in size_of(x)]
    if not is_known(*odd):
        pairs = convert([0, 0, 0, odd[0], 0, odd[1], 0, 0], dtypes.int32)
        pairs = get_op("Reshape")(pairs, shape=(4, 2))
        flat = pad_(flat, pairs, mode="SYMMETRIC")
    elif any(odd):
        flat = pad_(flat, [[0, 0], [0, odd[0]], [0, odd[1]], [0, 0]], mode="SYMMETRIC")
    z = avg_pool_op(flat, windows=halves)
    return get_op("Reshape")(z, shape=_joined(lead, shape(z)[1:]))


@export("image.sobel_edges")
def sobel_edges(image: Any) -> Any:
    """Return the slopes of images by Sobel's filters: [..., channels, (dy, dx)]."""
    x = convert(image)
    check_kind(depthwise_op, x, FLOATING)
    down = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float32)
    filters = np.stack([down, down.T], axis=-1)[:, :, None, :]
    kernel = _for_channels(filters.astype(x.dtype.numpy_dtype), x)
    around = pad_(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    z = depthwise_op(
        around,
        kernel,
        strides=(1, 1),
        dilations=(1, 1),
        padding="VALID",
    )
    dims = shape_of(x)
    known = dims is not None and None not in dims
    return get_op("Reshape")(z, shape=_joined(dims if known else shape(x), (2,)))


@export("image.image_gradients")
def image_gradients(image: Any) -> tuple[Any, Any]:
    """Return how each pixel differs from the one below and the one to the right.

    Raises:
        ValueError: The image is not a batch of rank four.
    """
    x = convert(image)
    if x.ndim != 4:
        raise ValueError(
            f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {x.shape}."
        )
    rows, columns = x[:, 1:] - x[:, :-1], x[:, :, 1:] - x[:, :, :-1]
    concat = get_op("ConcatV2")
    return (
        concat(rows, zeros_like(x[:, :1]), axis=1),
        concat(columns, zeros_like(x[:, :, :1]), axis=2),
    )
