"""Image files: decoding and encoding through Pillow, an optional dependency."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.dtype_kinds import check_attribute
from tensor.ops.image.color import convert_image_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_JPEG_CHANNELS = {"": (1, 3), "grayscale": (1,), "rgb": (3,)}
_CHANNELS = {"L": 1, "1": 1, "I;16": 1, "I": 1, "LA": 2, "P": 3, "RGB": 3, "RGBA": 4}


def _pillow() -> Any:
    """Return Pillow's Image module.

    Raises:
        ImportError: It is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Image files are decoded and encoded by Pillow, which is not installed. "
            "Run `pip install ringflow[image]`."
        ) from error
    return Image


class DecodeImage(Op):
    """The pixels of an image file: [height, width, channels] of uint8 or uint16."""

    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True

    def kernel(
        self,
        contents: Any,
        channels: int,
        dtype: Any,
        formats: tuple[str, ...],
        frames: bool,
    ) -> Any:
        data = contents if isinstance(contents, bytes) else bytes(contents[()])
        image = _open(data, formats, self.type_name)
        count = getattr(image, "n_frames", 1)
        if image.format == "WEBP" and channels not in (0, _CHANNELS[image.mode]):
            raise errors.invalid(
                "DecodeWebP",
                f"Number of channels requested does not match input: {channels} and "
                f"{_CHANNELS[image.mode]}. Use 0 for those of the file.",
            )
        if image.format in ("GIF", "WEBP") and frames:
            pixels = []
            for k in range(count):
                image.seek(k)
                pixels.append(_pixels(image, 3 if image.format == "GIF" else 0))
            return np.stack(pixels)
        whole = _pixels(image, channels)
        if dtype is dtypes.uint16 and whole.dtype == np.uint8:
            return whole * np.uint16(257)  # white stays white
        if dtype is dtypes.uint8 and whole.dtype == np.uint16:
            return (whole >> 8).astype(np.uint8)
        return whole.astype(dtype.numpy_dtype)

    def infer(
        self,
        contents: TensorSpec,
        channels: int,
        dtype: Any,
        formats: tuple[str, ...],
        frames: bool,
    ) -> TensorSpec:
        if formats == ("GIF",):
            return TensorSpec.of((None, None, None, 3), dtype)
        if formats == ("WEBP",):
            return TensorSpec.of((None, None, None, channels or None), dtype)
        if frames and "GIF" in formats:
            return TensorSpec.of(None, dtype)
        return TensorSpec.of((None, None, channels or None), dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        # The smallest bitmap: one blue pixel, 24 bits.
        header = (
            b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0"
        )
        data = header + b"\0" * 4 + b"\x04\0\0\0" + b"\0" * 16 + b"\xff\0\0\0"
        yield Sample(
            np.array(data, object),
            channels=3,
            dtype=dtypes.uint8,
            formats=("BMP",),
            frames=False,
        )


def _open(data: bytes, formats: tuple[str, ...], op_name: str) -> Any:
    pillow = _pillow()
    if not data:
        raise errors.invalid(op_name, "Input is empty.")
    try:
        image = pillow.open(io.BytesIO(data), formats=formats or None)
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise errors.because(
            errors.InvalidArgumentError,
            "Unknown image file format. One of "
            f"{', '.join(formats) or 'JPEG, PNG, GIF, BMP'} required. The file has "
            f"{len(data)} bytes: {error}. [Op:{op_name}]",
        ) from error
    return image


def _pixels(image: Any, channels: int) -> np.ndarray:
    """Return an image's pixels with a number of channels, 0 for its own."""
    if image.mode.startswith("I"):
        return np.asarray(image, np.uint16)[:, :, None]
    has_alpha = image.mode == "P" and "transparency" in image.info
    own = 4 if has_alpha else _CHANNELS.get(image.mode, 3)
    if channels == 1 and own >= 3 and image.format == "PNG":
        return _grey(np.asarray(image.convert("RGB")))
    array = np.asarray(image.convert(_MODES[channels or own]))
    return array[:, :, None] if array.ndim == 2 else array


def _grey(pixels: np.ndarray) -> np.ndarray:
    """Return the brightness of RGB pixels, rounded down as libpng does."""
    weights = np.array([9798, 19235, 3735])  # of 2**15
    return ((pixels @ weights) >> 15).astype(np.uint8)[:, :, None]


class EncodeImage(Op):
    """The bytes of an image file."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, image: Any, format: str, options: tuple[Any, ...]) -> Any:
        array = np.asarray(image)
        plain = array[:, :, 0] if array.shape[2] == 1 else array
        buffer = io.BytesIO()
        _pillow().fromarray(np.ascontiguousarray(plain)).save(
            buffer, format=format, **dict(options)
        )
        result = np.empty((), object)
        result[()] = buffer.getvalue()
        return result

    def infer(
        self, image: TensorSpec, format: str, options: tuple[Any, ...]
    ) -> TensorSpec:
        return TensorSpec.of((), dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.zeros((2, 2, 3), np.uint8), format="PNG", options=())


decode = register(DecodeImage)
encode = register(EncodeImage)


def _decoded(
    contents: Any,
    channels: int,
    dtype: Any,
    formats: tuple[str, ...],
    frames: bool = False,
) -> Any:
    if channels not in (0, 1, 3, 4):
        raise errors.because(
            errors.InvalidArgumentError,
            f"`channels` must be 0, 1, 3 or 4 but got {channels} [Op:DecodeImage]",
        )
    x = convert(contents, dtypes.string)
    return decode(x, channels=channels, dtype=dtype, formats=formats, frames=frames)


@export("image.decode_png", "io.decode_png")
def decode_png(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: Any = None
) -> Any:
    """Decode a PNG file to [height, width, channels] of uint8 or uint16.

    Args:
        contents: The bytes of the file.
        channels: How many channels to have; 0 for as many as the file has.
        dtype: uint8 or uint16.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The bytes are no such file, or the dtype is another.
        ImportError: Pillow is not installed.
    """
    wanted = dtypes.as_dtype(dtype)
    if wanted not in (dtypes.uint8, dtypes.uint16):
        raise errors.invalid(
            "DecodePng",
            f"Value for attr 'dtype' of {dtypes.short_name(wanted)} is not in the list "
            "of allowed values: uint8, uint16",
        )
    return _decoded(contents, channels, wanted, ())


@export("image.decode_jpeg", "io.decode_jpeg")
def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Any:
    """Decode a JPEG file to [height, width, channels] of uint8.

    `ratio` shrinks the image by 1, 2, 4 or 8; the other options are Pillow's to choose.

    Raises:
        InvalidArgumentError: The bytes are no such file.
        ImportError: Pillow is not installed.
    """
    z = _decoded(contents, channels, dtypes.uint8, ())
    return z[::ratio, ::ratio] if ratio > 1 else z


@export("image.decode_bmp", "io.decode_bmp")
def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Any:
    """Decode a BMP file to [height, width, channels] of uint8.

    Raises:
        InvalidArgumentError: The bytes are no such file.
        ImportError: Pillow is not installed.
    """
    return _decoded(contents, channels, dtypes.uint8, ("BMP",))


@export("image.decode_gif", "io.decode_gif")
def decode_gif(contents: Any, name: str | None = None) -> Any:
    """Decode a GIF file to [frames, height, width, 3] of uint8.

    Raises:
        InvalidArgumentError: The bytes are no such file.
        ImportError: Pillow is not installed.
    """
    return _decoded(contents, 3, dtypes.uint8, ("GIF",), frames=True)


@export("image.decode_webp", "io.decode_webp")
def decode_webp(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: Any = None
) -> Any:
    """Decode a WebP file to [frames, height, width, channels] of uint8.

    Raises:
        InvalidArgumentError: The bytes are no such file, or the file has another number
            of channels; or the dtype is another one.
        ImportError: Pillow is not installed.
    """
    wanted = dtypes.as_dtype(dtype)
    check_attribute("DecodeWebP", "dtype", wanted, (dtypes.uint8,))
    if channels == 1:
        raise errors.invalid("DecodeWebP", "WebP only supports 3 or 4 channels")
    return _decoded(contents, channels, wanted, ("WEBP",), frames=True)


@export("image.decode_image", "io.decode_image")
def decode_image(
    contents: Any,
    channels: Any = None,
    dtype: Any = dtypes.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """Decode an image file of any kind: [height, width, channels].

    Args:
        contents: The bytes of a BMP, GIF, JPEG, PNG or WebP file.
        channels: How many channels to have; 0 for as many as the file has.
        dtype: The dtype of the result; values are scaled to its range.
        name: A name for the node, in a graph.
        expand_animations: Give all frames of a GIF or WebP file: [frames, height,
            width, channels].

    Raises:
        InvalidArgumentError: The bytes are no such file.
        ImportError: Pillow is not installed.
    """
    formats = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
    z = _decoded(contents, channels or 0, dtypes.uint8, formats, expand_animations)
    return convert_image_dtype(z, dtype)


@export("image.encode_png", "io.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Any:
    """Encode an image of uint8 or uint16 as a PNG file: a scalar string.

    Raises:
        InvalidArgumentError: The image has another dtype, rank or number of channels,
            or `compression` is out of range.
        ImportError: Pillow is not installed.
    """
    x = _checked(image, (dtypes.uint8, dtypes.uint16))
    problem = None
    if x.ndim and x.shape[2] not in (None, *_MODES):
        problem = f"image must have 1, 2, 3, or 4 channels, got {x.shape[2]}"
    elif not -1 <= compression <= 9:
        problem = f"compression should be in [-1,9], got {compression}"
    if problem:
        raise errors.invalid("EncodePng", problem)
    options = (("compress_level", compression),) if compression >= 0 else ()
    return encode(x, format="PNG", options=options, name=name)


@export("image.encode_jpeg", "io.encode_jpeg")
def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Any:
    """Encode an image of uint8 as a JPEG file: a scalar string.

    Raises:
        InvalidArgumentError: The image has another dtype, rank or number of channels;
            or an option is not one of the allowed.
        ImportError: Pillow is not installed.
    """
    x = _checked(image, (dtypes.uint8,))
    problem = None
    if not 0 <= quality <= 100:
        problem = f"quality must be in [0,100], got {quality}"
    elif format not in _JPEG_CHANNELS:
        problem = (
            f"Value for attr 'format' of \"{format}\" is not in the list of allowed "
            'values: "", "grayscale", "rgb"'
        )
    elif x.ndim and x.shape[2] not in (None, *_JPEG_CHANNELS[format]):
        wanted = " or ".join(str(n) for n in _JPEG_CHANNELS[format])
        dims = to_brackets(x.static_shape)
        what = f"format {format} expects" if format else "image must have"
        problem = f"{what} {wanted} channels, got {dims}"
    if problem:
        raise errors.invalid("EncodeJpeg", problem)
    options = (
        ("quality", quality),
        ("progressive", progressive),
        ("optimize", optimize_size),
        ("subsampling", 2 if chroma_downsampling else 0),
        ("dpi", (x_density, y_density)),
    )
    return encode(x, format="JPEG", options=options, name=name)


def _checked(image: Any, allowed: tuple[Any, ...]) -> Any:
    x = convert(image, None if hasattr(image, "dtype") else dtypes.uint8)
    problem = None
    if x.dtype not in allowed:
        problem = (
            f"Value for attr 'T' of {dtypes.short_name(x.dtype)} is not in the list of "
            f"allowed values: {', '.join(d.name for d in allowed)}"
        )
    elif x.ndim not in (None, 3):
        problem = (
            f"image must be 3-dimensional{to_brackets(x.static_shape)}: [height, "
            "width, channels]"
        )
    if problem:
        raise errors.invalid("EncodeImage", problem)
    return x
