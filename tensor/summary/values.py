"""Summaries that TensorBoard shows: scalars, histograms, images, text, audio."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import to_text
from tensor.io.tensor_proto import TensorProto, tensor_proto
from tensor.ops.array import cast_
from tensor.summary.events import PluginData, SummaryMetadata
from tensor.summary.writers import in_scope, record_value

# TensorBoard's numbers for kinds of data.
_SCALAR, _TENSOR, _BLOBS = 1, 2, 3
_WAV = b"\x10\x0b"  # the audio plugin's message that says: encoding WAV


def _metadata(
    plugin: str, kind: int, description: str | None, content: bytes = b""
) -> SummaryMetadata:
    return SummaryMetadata(
        plugin_data=PluginData(plugin_name=plugin, content=content),
        summary_description=description,
        data_class=kind,
    )


def _check_rank(value: Any, rank: int, what: str) -> None:
    if value.ndim not in (rank, None):
        raise ValueError(f"Expected {what}, saw shape: {to_text(value.static_shape)}.")


@export("summary.scalar")
def scalar(name: str, data: Any, step: Any = None, description: Any = None) -> Any:
    """Write one number.

    Returns:
        Whether it was written, as a boolean tensor.

    Raises:
        ValueError: `data` is no scalar, or there is no step.
    """
    value = convert(data)
    _check_rank(value, 0, "scalar shape")
    value = cast_(value, dtypes.float32)
    metadata = _metadata("scalars", _SCALAR, description)
    return record_value(in_scope(name), value, step, metadata, tensor_proto)


@export("summary.histogram")
def histogram(
    name: str,
    data: Any,
    step: Any = None,
    buckets: int | None = None,
    description: str | None = None,
) -> Any:
    """Write how numbers are distributed, in `buckets` (30 by default) equal ranges."""
    value = cast_(convert(data), dtypes.float64)
    count = 30 if buckets is None else int(buckets)

    def encode(array: Any) -> TensorProto:
        return tensor_proto(histogram_rows(np.ravel(array), count))

    metadata = _metadata("histograms", _TENSOR, description)
    return record_value(in_scope(name), value, step, metadata, encode)


def histogram_rows(values: np.ndarray, buckets: int) -> np.ndarray:
    """Return a row (left end, right end, count) for each bucket."""
    if buckets == 0 or values.size == 0:
        return np.zeros((buckets, 3))
    low, high = values.min(), values.max()
    counts = np.zeros(buckets)
    if low == high:
        counts[-1] = values.size
        return np.stack([np.full(buckets, low), np.full(buckets, high), counts], axis=1)
    width = (high - low) / buckets
    places = np.minimum((values - low) // width, buckets - 1).astype(np.int64)
    counts += np.bincount(places, minlength=buckets)
    edges = np.linspace(low, high, buckets + 1)
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


@export("summary.text")
def text(name: str, data: Any, step: Any = None, description: Any = None) -> Any:
    """Write strings; TensorBoard shows them as Markdown.

    Raises:
        TypeError: `data` is not of strings.
    """
    value = convert(data)
    if value.dtype is not dtypes.string:
        raise TypeError(
            f"tf.summary.text takes strings, got a tensor of dtype {value.dtype.name}."
        )
    metadata = _metadata("text", _TENSOR, description)
    return record_value(in_scope(name), value, step, metadata, tensor_proto)


@export("summary.image")
def image(
    name: str,
    data: Any,
    step: Any = None,
    max_outputs: int = 3,
    description: str | None = None,
) -> Any:
    """Write the first `max_outputs` of a batch of images, as PNG.

    Args:
        name: The tag, inside the open name scopes.
        data: Images [k, height, width, channels] of 1 to 4 channels: floats in [0, 1],
            or uint8.
        step: The step, or None for the one in force.
        max_outputs: How many images to write.
        description: A text that TensorBoard shows.

    Raises:
        ValueError: `data` has another rank.
    """
    value = convert(data)
    _check_rank(value, 4, "images of shape [k, height, width, channels]")

    def encode(array: Any) -> TensorProto:
        pixels = as_uint8(array)
        size = [str(array.shape[2]).encode(), str(array.shape[1]).encode()]
        images = [png(one) for one in pixels[:max_outputs]]
        return tensor_proto(np.array([*size, *images], object))

    metadata = _metadata("images", _BLOBS, description)
    return record_value(in_scope(name), value, step, metadata, encode)


def as_uint8(pixels: np.ndarray) -> Any:
    """Return pixels as bytes; floats from 0 to 1 become 0 to 255."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind in "iu":
        return np.clip(pixels, 0, 255).astype(np.uint8)
    # Half a step more than 255, and cut off: as tf.image.convert_image_dtype has it.
    return np.clip(pixels.astype(np.float32) * 255.5, 0, 255).astype(np.uint8)


_PNG_COLOR = {1: 0, 2: 4, 3: 2, 4: 6}  # grey, grey + alpha, RGB, RGB + alpha


def png(pixels: np.ndarray) -> bytes:
    """Return an image [height, width, channels] of uint8 as a PNG file.

    Writing this one kind of PNG takes few lines; reading any is for an image library.

    Raises:
        ValueError: There are more than four channels.
    """
    height, width, channels = pixels.shape
    if channels not in _PNG_COLOR:
        raise ValueError(f"An image has 1 to 4 channels, got {channels}.")
    header = struct.pack(">IIBBBBB", width, height, 8, _PNG_COLOR[channels], 0, 0, 0)
    unfiltered = np.zeros((height, 1), np.uint8)  # each row names its filter: none
    rows = np.concatenate([unfiltered, pixels.reshape(height, -1)], axis=1)
    parts = [
        _chunk(b"IHDR", header),
        _chunk(b"IDAT", zlib.compress(rows.tobytes())),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


@export("summary.audio")
def audio(
    name: str,
    data: Any,
    sample_rate: Any,
    step: Any = None,
    max_outputs: int = 3,
    encoding: str | None = None,
    description: str | None = None,
) -> Any:
    """Write the first `max_outputs` clips [k, time, channels], floats in [-1, 1].

    Raises:
        ValueError: `data` has another rank, or `encoding` is not "wav".
    """
    if encoding not in (None, "wav"):
        raise ValueError(f"Unknown encoding: {encoding!r}. Expected 'wav'.")
    value = convert(data)
    _check_rank(value, 3, "audio of shape [k, time, channels]")

    def encode(array: Any) -> TensorProto:
        clips = [wav(clip, int(sample_rate)) for clip in array[:max_outputs]]
        rows = np.empty((len(clips), 2), object)
        rows[:, 0], rows[:, 1] = clips, b""
        return tensor_proto(rows)

    metadata = _metadata("audio", _BLOBS, description, _WAV)
    return record_value(in_scope(name), value, step, metadata, encode)


def wav(samples: np.ndarray, sample_rate: int) -> bytes:
    """Return samples [time, channels] in [-1, 1] as a WAV file of 16 bits."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(samples.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        scaled = np.rint(np.clip(samples, -1, 1) * 32767)
        writer.writeframes(scaled.astype("<i2").tobytes())
    return file.getvalue()
