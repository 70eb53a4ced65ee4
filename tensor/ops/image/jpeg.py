"""JPEG files and the losses of their quality, on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import shape_op
from tensor.ops.array_functions import array_function
from tensor.ops.image.codecs import decode_jpeg, encode
from tensor.ops.image.color import convert_image_dtype
from tensor.ops.random.stateful import uniform
from tensor.ops.random.stateless import stateless_uniform

if TYPE_CHECKING:
    from collections.abc import Iterator


class IsJpeg(Op):
    """Whether a string starts as JPEG files do."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, contents: Any) -> Any:
        data = contents if isinstance(contents, bytes) else bytes(contents[()])
        return np.bool_(data[:3] == b"\xff\xd8\xff")

    def infer(self, contents: TensorSpec) -> TensorSpec:
        return TensorSpec.of((), dtypes.bool_)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array(b"\xff\xd8\xff\xe0", object))


is_jpeg_op = register(IsJpeg)


@export("image.is_jpeg", "io.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Any:
    """Return whether a string starts as JPEG files do."""
    return is_jpeg_op(convert(contents, dtypes.string), name=name)


@export("image.extract_jpeg_shape", "io.extract_jpeg_shape")
def extract_jpeg_shape(
    contents: Any, output_type: Any = dtypes.int32, name: str | None = None
) -> Any:
    """Return height, width and channels of a JPEG file.

    Raises:
        InvalidArgumentError: The bytes are no such file.
    """
    return shape_op(decode_jpeg(contents), out_type=dtypes.as_dtype(output_type))


@export("image.decode_and_crop_jpeg", "io.decode_and_crop_jpeg")
def decode_and_crop_jpeg(
    contents: Any, crop_window: Any, channels: int = 0, name: str | None = None
) -> Any:
    """Decode a part of a JPEG file: [y, x, height, width] of `crop_window`.

    Raises:
        InvalidArgumentError: The bytes are no such file, or the window lies outside.
    """
    window = convert(crop_window, dtypes.int32)
    return _cropped(decode_jpeg(contents, channels=channels), window, name=name)


@array_function(
    "CropWindow",
    lambda x, _: TensorSpec.of((None, None, (x.dims or (None,))[-1]), x.dtype),
    np.zeros((4, 4, 3), np.uint8),
    np.array([1, 1, 2, 2], np.int32),
)
def _cropped(pixels: Any, window: Any) -> Any:
    """A part of an image: [y, x, height, width]."""
    top, left, height, width = (int(n) for n in window)
    rows, columns = pixels.shape[:2]
    fits = 0 <= top < top + height <= rows and 0 <= left < left + width <= columns
    if not fits:
        raise errors.invalid(
            "DecodeAndCropJpeg",
            "jpeg::Uncompress failed. Invalid JPEG data or crop window. The window "
            f"{window.tolist()} must lie within {rows} rows and {columns} columns.",
        )
    return pixels[top : top + height, left : left + width]


@export("image.adjust_jpeg_quality")
def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: Any = None) -> Any:
    """Return an image with the losses of a JPEG file of this quality, 0 to 100.

    Raises:
        InvalidArgumentError: The quality is outside that range.
    """
    x = convert(image)
    plain = convert_image_dtype(x, dtypes.uint8, saturate=True)
    contents = _encoded(plain, convert(jpeg_quality, dtypes.int32))
    channels = int((x.static_shape or (0, 0, 3))[-1] or 0)
    z = decode_jpeg(contents, channels)
    return convert_image_dtype(z, x.dtype, saturate=True)


@array_function(
    "EncodeJpegVariableQuality",
    lambda *_: TensorSpec.of((), dtypes.string),
    np.zeros((4, 4, 3), np.uint8),
    np.int32(50),
)
def _encoded(image: Any, quality: Any) -> Any:
    """The bytes of a JPEG file of this quality."""
    if not 0 <= int(quality) <= 100:
        raise errors.invalid(
            "EncodeJpegVariableQuality",
            f"quality must be in [0,100], got {int(quality)}",
        )
    options = (("quality", int(quality)), ("subsampling", 2))
    return encode(image, format="JPEG", options=options)


def _check(low: int, high: int) -> None:
    if low < 0 or high < 0 or low > 100 or high > 100:
        raise ValueError(
            f"jpeg encoding range must be between 0 and 100. Got {low} and {high}."
        )
    if low >= high:
        raise ValueError(
            f"`min_jpeg_quality` must be less than `max_jpeg_quality`. Got {low} and "
            f"{high}."
        )


@export("image.random_jpeg_quality")
def random_jpeg_quality(
    image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None
) -> Any:
    """Return an image with the losses of a JPEG file of random quality.

    Raises:
        ValueError: The range is empty or goes beyond 0 to 100.
    """
    _check(min_jpeg_quality, max_jpeg_quality)
    quality = uniform(
        (), min_jpeg_quality, max_jpeg_quality, dtype=dtypes.int32, seed=seed
    )
    return adjust_jpeg_quality(image, quality)


@export("image.stateless_random_jpeg_quality")
def stateless_random_jpeg_quality(
    image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: Any
) -> Any:
    """Return an image with the losses of a JPEG file, its quality from a seed.

    Raises:
        ValueError: The range is empty or goes beyond 0 to 100.
    """
    _check(min_jpeg_quality, max_jpeg_quality)
    quality = stateless_uniform(
        (), seed, min_jpeg_quality, max_jpeg_quality, dtype=dtypes.int32
    )
    return adjust_jpeg_quality(image, quality)
