"""Random crops that cover enough of an object: sample_distorted_bounding_box.

Crops of a random shape at a random place are tried until one covers enough of one of
the objects; if none does, it is the whole image. The numbers drawn are TensorFlow's.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import are_compatible
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array_functions import array_function, like
from tensor.ops.random import philox
from tensor.ops.random.seeds import Stream, stream_for
from tensor.ops.random.stateless import from_seed

Box = tuple[int, int, int, int]
# Blocks of random words made at a time.
_BLOCKS = 16
_ROUNDING = np.float32(0.0000001)


class SampleDistortedBoundingBox(NamedTuple):
    """A crop: where it begins, how large it is, and as a box to draw."""

    begin: Any
    size: Any
    bboxes: Any


class StatelessSampleDistortedBoundingBox(NamedTuple):
    """The same, drawn from a seed."""

    begin: Any
    size: Any
    bboxes: Any


class Words:
    """Random words of a Philox generator, one after the other."""

    def __init__(self, key: int, counter: int) -> None:
        numbers = itertools.count(counter, _BLOCKS)
        self._words = (
            word
            for start in numbers
            for word in philox.blocks(key, start, _BLOCKS).reshape(-1).tolist()
        )

    def fraction(self) -> np.float32:
        """Return a number in [0, 1)."""
        bits = np.uint32(127 << 23 | next(self._words) & 0x7FFFFF)
        return bits.view(np.float32) - np.float32(1)

    def below(self, limit: int) -> int:
        """Return a whole number in [0, limit)."""
        if limit & (limit - 1) == 0:
            return next(self._words) & (limit - 1)
        uneven = (0xFFFFFFFF % limit) + 1
        while True:
            word = next(self._words)
            if word >= uneven:
                return word % limit


def _rounded(value: Any) -> int:
    return int(np.rint(np.float32(value)))


def random_crop(
    size: tuple[int, int], area: tuple[Any, Any], ratio: np.float32, words: Words
) -> Box | None:
    """Return a crop of an area in a range and of a ratio of sides, None if none fits.

    Args:
        size: Height and width of the image.
        area: The smallest and largest part of the image's area.
        ratio: Width over height.
        words: What to draw from.
    """
    rows, columns = size
    least, most = (np.float32(a) * np.float32(rows * columns) for a in area)
    height = _rounded(np.sqrt(least / ratio))
    highest = _rounded(np.sqrt(most / ratio))
    if _rounded(highest * ratio) > columns:
        highest = int((np.float32(columns) + np.float32(0.5) - _ROUNDING) / ratio)
        if _rounded(highest * ratio) > columns:
            highest -= 1
    highest = min(highest, rows)
    height = min(height, highest)
    if height < highest:
        height += words.below(highest - height + 1)
    width = _rounded(height * ratio)
    # Rounding may have left the range of areas: one row more or less may do.
    if width * height < least:
        height += 1
        width = _rounded(height * ratio)
    if width * height > most:
        height -= 1
        width = _rounded(height * ratio)
    fits = 0 < width <= columns and 0 < height <= rows
    if not fits or not least <= width * height <= most:
        return None
    top = words.below(rows - height) if height < rows else 0
    left = words.below(columns - width) if width < columns else 0
    return top, left, top + height, left + width


def _area(box: Box) -> int:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def covers_enough(crop: Box, share: Any, objects: list[Box]) -> bool:
    """Return whether a crop covers at least such a share of one of the objects."""
    if _area(crop) < 1:
        return False
    for box in objects:
        common: Any = (*map(max, crop[:2], box[:2]), *map(min, crop[2:], box[2:]))
        if _area(box) >= 1 and (
            np.float32(_area(common)) / np.float32(_area(box)) >= np.float32(share)
        ):
            return True
    return False


def _spec(size: TensorSpec, *rest: Any, **attrs: Any) -> Any:
    part = like(size, 3)
    return part, part, TensorSpec.of((1, 1, 4), dtypes.float32)


@array_function(
    "StatelessSampleDistortedBoundingBox",
    _spec,
    np.array([50, 60, 3], np.int32),
    np.array([[[0.1, 0.2, 0.5, 0.7]]], np.float32),
    np.float32(0.1),
    np.array([1], np.uint64),
    np.array([1, 2], np.uint64),
    ratios=(0.75, 1.33),
    areas=(0.05, 1.0),
    attempts=100,
    whole=False,
)
def sampled_box(
    size: Any, boxes: Any, share: Any, key: Any, counter: Any, **attrs: Any
) -> Any:
    """A crop drawn from a key and a counter."""
    low, high = counter.tolist()
    words = Words(int(key[0]), low | high << 64)
    return _sampled(size, boxes, share, words, **attrs)


@array_function(
    "SampleDistortedBoundingBoxV2",
    _spec,
    np.array([50, 60, 3], np.int32),
    np.array([[[0.1, 0.2, 0.5, 0.7]]], np.float32),
    np.float32(0.1),
    kind="random",
    stream=Stream(1, 2),
    ratios=(1.0, 1.0),
    areas=(1.0, 1.0),
    attempts=1,
    whole=False,
)
def drawn_box(size: Any, boxes: Any, share: Any, stream: Stream, **attrs: Any) -> Any:
    """A crop drawn from a stream that moves on."""
    words = Words(stream.key, stream.reserve_blocks(attrs["attempts"]))
    return _sampled(size, boxes, share, words, **attrs)


def _sampled(
    size: Any,
    boxes: Any,
    share: Any,
    words: Words,
    ratios: tuple[float, float],
    areas: tuple[float, float],
    attempts: int,
    whole: bool,
) -> Any:
    rows, columns = int(size[0]), int(size[1])
    if boxes.size and not (boxes.min() >= 0 and boxes.max() <= 1):
        raise errors.invalid(
            "SampleDistortedBoundingBox",
            "All bounding box coordinates must be in [0.0, 1.0]: "
            f"{boxes.max() if boxes.max() > 1 else boxes.min():g}",
        )
    scale = np.array([rows, columns, rows, columns], np.float32)
    objects = [
        tuple(box) for box in (boxes.reshape(-1, 4) * scale).astype(int).tolist()
    ]
    image = (0, 0, rows, columns)
    if not objects:
        if not whole:
            raise errors.invalid(
                "SampleDistortedBoundingBox",
                "No bounding boxes provided as input. One must enable "
                "use_image_if_no_bounding_boxes if you wish to not provide any "
                "bounding boxes.",
            )
        objects = [image]
    low, high = np.float32(ratios[0]), np.float32(ratios[1])
    found: Box = image
    for _ in range(attempts):
        ratio = words.fraction() * (high - low) + low
        crop = random_crop((rows, columns), areas, ratio, words)
        if crop is not None and covers_enough(crop, share, objects):
            found = crop
            break
    top, left, bottom, right = found
    begin = np.array([top, left, 0], size.dtype)
    extent = np.array([bottom - top, right - left, -1], size.dtype)
    corners = np.array(found, np.float32) / scale
    return begin, extent, corners.reshape(1, 1, 4)


def _arguments(
    image_size: Any, bounding_boxes: Any, min_object_covered: Any
) -> tuple[Any, Any, Any]:
    size, boxes = convert(image_size), convert(bounding_boxes, dtypes.float32)
    problem = None
    if not are_compatible(size.static_shape, (3,)):
        problem = f"image_size must contain 3 elements, got shape {size.shape}"
    elif not are_compatible(boxes.static_shape, (None, None, 4)):
        problem = (
            "bounding boxes must be [batch, num_boxes, coords] of 4 coordinates, got "
            f"shape {boxes.shape}"
        )
    elif isinstance(min_object_covered, float | int) and min_object_covered < 0:
        problem = f"Min object covered must be non-negative: {min_object_covered}"
    if problem:
        raise errors.invalid("SampleDistortedBoundingBox", problem)
    return size, boxes, convert(min_object_covered, dtypes.float32)


def _text(numbers: Any) -> str:
    return f"[{', '.join(f'{n:g}' for n in numbers)}]"


def _ranges(ratios: Any, areas: Any, attempts: Any, whole: Any) -> dict[str, Any]:
    sides = (0.75, 1.33) if ratios is None else tuple(map(float, ratios))
    parts = (0.05, 1.0) if areas is None else tuple(map(float, areas))
    problem = None
    if len(parts) != 2 or len(sides) != 2:
        problem = "Area range and aspect ratio range field must have 2 numbers"
    elif min(parts) <= 0:
        problem = f"Area range must be non-negative: {_text(parts)}"
    elif max(parts) > 1:
        problem = f"Area range must be less then or equal to 1.0: {_text(parts)}"
    elif min(sides) <= 0:
        problem = f"Aspect ratio range must be non-negative: {_text(sides)}"
    if problem:
        raise errors.invalid("SampleDistortedBoundingBox", problem)
    return {
        "ratios": sides,
        "areas": parts,
        "attempts": 100 if attempts is None else int(attempts),
        "whole": bool(whole),
    }


@export("image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int = 0,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> SampleDistortedBoundingBox:
    """Draw a crop of an image that covers enough of an object.

    Args:
        image_size: Height, width and channels.
        bounding_boxes: [batch, boxes, (y_min, x_min, y_max, x_max)]; 1 is the image's
            size.
        seed: The op's seed; 0 for none.
        min_object_covered: The least part of one of the boxes that the crop covers.
        aspect_ratio_range: The least and greatest width over height; (0.75, 1.33).
        area_range: The least and greatest part of the image; (0.05, 1).
        max_attempts: After how many tries the crop is the whole image; 100.
        use_image_if_no_bounding_boxes: Whether the image is the object without any.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: There are no boxes, or a shape is none of these.
    """
    values = _arguments(image_size, bounding_boxes, min_object_covered)
    attrs = _ranges(
        aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes
    )
    stream = stream_for("SampleDistortedBoundingBoxV2", seed or None)
    parts = drawn_box(*values, stream=stream, name=name, **attrs)
    return SampleDistortedBoundingBox(*parts)


@export("image.stateless_sample_distorted_bounding_box")
def stateless_sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: Any,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> StatelessSampleDistortedBoundingBox:
    """Draw a crop as a function of a seed of two integers.

    See `tf.image.sample_distorted_bounding_box` for the other arguments.

    Raises:
        InvalidArgumentError: There are no boxes, or a shape is none of these.
    """
    values = _arguments(image_size, bounding_boxes, min_object_covered)
    attrs = _ranges(
        aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes
    )
    parts = sampled_box(*values, *from_seed(seed, "auto_select"), name=name, **attrs)
    return StatelessSampleDistortedBoundingBox(*parts)
