"""Boxes in images: choosing among overlapping ones, and drawing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import are_compatible, to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.dtype_kinds import check_attribute

if TYPE_CHECKING:
    from collections.abc import Iterator

# The colours that boxes are drawn in when none are given, in turns.
_COLOURS = np.array(
    [
        [1, 1, 0, 1],
        [0, 0, 1, 1],
        [1, 0, 0, 1],
        [0, 1, 0, 1],
        [0.5, 0, 0.5, 1],
        [0.5, 0.5, 0, 1],
        [0.5, 0, 0, 1],
        [0, 0, 0.5, 1],
        [0, 1, 1, 1],
        [1, 0, 1, 1],
    ],
    np.float32,
)


def overlaps(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return intersection over union of a box with each of `boxes`."""
    low = np.minimum(boxes[:, :2], boxes[:, 2:])
    high = np.maximum(boxes[:, :2], boxes[:, 2:])
    start, end = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    area, areas = np.prod(end - start), np.prod(high - low, axis=1)
    sides = np.maximum(np.minimum(high, end) - np.maximum(low, start), 0)
    common = np.prod(sides, axis=1)
    union = area + areas - common
    valid = (area > 0) & (areas > 0)
    return np.where(valid, common / np.where(valid, union, 1), 0)


class NonMaxSuppression(Op):
    """The indices of boxes, best first, that no better chosen box overlaps too much."""

    type_name = "NonMaxSuppressionV5"
    gradient = NON_DIFFERENTIABLE
    shape_depends_on_values = True

    def kernel(
        self,
        boxes: Any,
        scores: Any,
        max_output_size: Any,
        iou_threshold: Any,
        score_threshold: Any,
        soft_nms_sigma: Any,
    ) -> Any:
        boxes = np.asarray(boxes, np.float32)
        left = np.array(scores, np.float32)
        chosen: list[int] = []
        kept: list[float] = []
        limit, sigma = float(iou_threshold), float(soft_nms_sigma)
        threshold = float(score_threshold)
        alive = left > threshold
        while alive.any() and len(chosen) < int(max_output_size):
            best = int(np.argmax(np.where(alive, left, -np.inf)))
            chosen.append(best)
            kept.append(float(left[best]))
            alive[best] = False
            share = overlaps(boxes[best], boxes)
            if sigma > 0:
                # Scores shrink instead of boxes being dropped.
                left = left * np.exp(-0.5 / sigma * share * share, dtype=np.float32)
                alive &= left > threshold
            else:
                alive &= share <= limit
        return np.array(chosen, np.int32), np.array(kept, np.float32)

    def infer(self, *inputs: Any) -> Any:
        return TensorSpec.of((None,), dtypes.int32), TensorSpec.of(
            (None,), dtypes.float32
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        boxes = rng.uniform(size=(5, 4)).astype(np.float32)
        scores = rng.uniform(size=5).astype(np.float32)
        single = np.float32
        yield Sample(boxes, scores, np.int32(3), single(0.5), single(0.1), single(0))


class DrawBoundingBoxes(Op):
    """Images with the outlines of boxes drawn into them."""

    type_name = "DrawBoundingBoxesV2"
    gradient = NON_DIFFERENTIABLE

    def kernel(self, images: Any, boxes: Any, colors: Any) -> Any:
        result = np.array(images)
        _, height, width, depth = result.shape
        table = np.asarray(colors, np.float32)
        if not table.size:
            table = _COLOURS if depth > 1 else np.ones((1, 4), np.float32)
        for image, rows in zip(result, np.asarray(boxes), strict=True):
            for k, (top, left, bottom, right) in enumerate(rows):
                colour = table[k % len(table)][:depth].astype(result.dtype)
                y0, y1 = int(top * (height - 1)), int(bottom * (height - 1))
                x0, x1 = int(left * (width - 1)), int(right * (width - 1))
                _outline(image, (y0, x0, y1, x1), colour)
        return result

    def infer(
        self, images: TensorSpec, boxes: TensorSpec, colors: TensorSpec
    ) -> TensorSpec:
        return TensorSpec.of(images.dims, images.dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        images = rng.uniform(size=(1, 5, 6, 3)).astype(np.float32)
        boxes = np.array([[[0.1, 0.2, 0.8, 0.9]]], np.float32)
        yield Sample(images, boxes, np.zeros((0, 4), np.float32))


def _outline(image: np.ndarray, box: tuple[int, int, int, int], colour: Any) -> None:
    """Draw a box, as far as it lies inside the image; reversed boxes are left out."""
    height, width = image.shape[:2]
    y0, x0, y1, x1 = box
    if y0 > y1 or x0 > x1 or y0 >= height or y1 < 0 or x0 >= width or x1 < 0:
        return
    rows = slice(max(y0, 0), min(y1, height - 1) + 1)
    columns = slice(max(x0, 0), min(x1, width - 1) + 1)
    if y0 >= 0:
        image[y0, columns] = colour
    if y1 < height:
        image[y1, columns] = colour
    if x0 >= 0:
        image[rows, x0] = colour
    if x1 < width:
        image[rows, x1] = colour


suppress = register(NonMaxSuppression)
draw_boxes = register(DrawBoundingBoxes)


def _suppressed(
    boxes: Any, scores: Any, limit: Any, numbers: tuple[Any, Any, Any], name: Any
) -> Any:
    corners, given = convert(boxes), convert(scores)
    problem = None
    if corners.ndim not in (None, 2):
        problem = (
            f"boxes must be 2-D{to_brackets(corners.static_shape)} (Shape must be rank "
            f"2 but is rank {corners.ndim})"
        )
    elif corners.shape[1] not in (None, 4):
        problem = (
            "boxes must have 4 columns (Dimension must be 4 but is "
            f"{corners.shape[1]}), got shape {corners.shape}"
        )
    elif given.ndim not in (None, 1):
        problem = (
            f"scores must be 1-D{to_brackets(given.static_shape)} (Shape must be rank "
            f"1 but is rank {given.ndim})"
        )
    elif None not in (corners.shape[0], given.shape[0]) and (
        corners.shape[0] != given.shape[0]
    ):
        problem = (
            "scores has incompatible shape (Dimensions must be equal, but are "
            f"{corners.shape[0]} and {given.shape[0]})"
        )
    elif isinstance(numbers[0], float | int) and not 0 <= numbers[0] <= 1:
        problem = f"iou_threshold must be in [0, 1], got {numbers[0]}"
    elif isinstance(limit, int) and limit < 0:
        problem = f"output size must be non-negative, got {limit}"
    if problem:
        raise errors.because(
            errors.InvalidArgumentError, f"{problem} [Op:NonMaxSuppressionV5]"
        )
    count = convert(limit, dtypes.int32)
    shares = [convert(n, None, dtypes.float32) for n in numbers]
    for word, scalar in (("max_output_size", count), ("iou_threshold", shares[0])):
        if scalar.ndim not in (None, 0):
            raise errors.invalid(
                "NonMaxSuppressionV5",
                f"{word} must be 0-D, got shape {to_brackets(scalar.static_shape)} "
                f"(Shape must be rank 0 but is rank {scalar.ndim})",
            )
    return suppress(corners, given, count, *shares, name=name)


@export("image.non_max_suppression")
def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Any:
    """Return the indices of the best boxes that overlap no better one too much.

    Args:
        boxes: Rows (y1, x1, y2, x2); either pair of corners may come first.
        scores: One score for each box.
        max_output_size: The largest number of boxes to choose.
        iou_threshold: Up to which intersection over union boxes may overlap.
        score_threshold: Boxes of lower scores are never chosen.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: Shapes do not go together, or the threshold is no share.
    """
    numbers = (iou_threshold, score_threshold, 0.0)
    return _suppressed(boxes, scores, max_output_size, numbers, name)[0]


@export("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Do what non_max_suppression does; return the scores too.

    With `soft_nms_sigma` above 0 overlapping boxes are not dropped: their scores
    shrink.

    Raises:
        InvalidArgumentError: Shapes do not go together, or the threshold is no share.
    """
    numbers = (iou_threshold, score_threshold, soft_nms_sigma)
    indices, kept = _suppressed(boxes, scores, max_output_size, numbers, name)
    return indices, kept


@export("image.draw_bounding_boxes")
def draw_bounding_boxes(
    images: Any, boxes: Any, colors: Any, name: str | None = None
) -> Any:
    """Draw the outlines of boxes into images.

    Args:
        images: [batch, height, width, channels], floating point.
        boxes: [batch, boxes, (y_min, x_min, y_max, x_max)]; 1 is the image's size.
        colors: Rows of colours to use in turns, or None.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The images have no rank of four, or two channels; or
            there are boxes for more or fewer images.
    """
    x = convert(images, None, dtypes.float32)
    kinds = (dtypes.float32, dtypes.float16)
    check_attribute("DrawBoundingBoxesV2", "T", x.dtype, kinds, "images")
    if x.ndim not in (None, 4):
        raise errors.because(
            errors.InvalidArgumentError,
            f"The rank of the images should be 4, got {x.ndim} "
            "[Op:DrawBoundingBoxesV2]",
        )
    if x.ndim and x.shape[-1] not in (None, 1, 3, 4):
        raise errors.invalid(
            "DrawBoundingBoxesV2",
            "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA), got "
            f"{x.shape[-1]}",
        )
    table = np.zeros((0, 4), np.float32) if colors is None else colors
    corners = convert(boxes, dtypes.float32)
    if x.ndim and corners.ndim and not are_compatible(x.shape[:1], corners.shape[:1]):
        raise errors.invalid(
            "DrawBoundingBoxesV2",
            f"The batch sizes should be the same, got {x.shape[0]} images and boxes "
            f"for {corners.shape[0]}",
        )
    return draw_boxes(
        x,
        corners,
        convert(table, dtypes.float32),
        name=name,
    )
