"""Choosing boxes in batches, by given overlaps, and for several classes at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import are_compatible
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, concat, reshape, shape
from tensor.ops.array_functions import array_function, vector
from tensor.ops.image.boxes import overlaps as overlaps_of
from tensor.ops.image.shapes import as_int


@array_function(
    "NonMaxSuppressionWithOverlaps",
    lambda *inputs: vector(dtypes.int32),  # noqa: ARG005
    np.eye(3, dtype=np.float32),
    np.array([0.1, 0.9, 0.5], np.float32),
    np.int32(2),
    np.float32(0.5),
    np.float32(0),
)
def chosen_by_overlaps(
    table: Any, scores: Any, count: Any, limit: Any, threshold: Any
) -> Any:
    """The numbers of the best that overlap no better chosen one too much."""
    chosen: list[int] = []
    for i in np.argsort(-scores, kind="stable").tolist():
        if len(chosen) >= count or scores[i] <= threshold:
            break
        if not (table[i, chosen] > limit).any():
            chosen.append(i)
    return np.array(chosen, np.int32)


@export("image.non_max_suppression_overlaps")
def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Any:
    """Return the numbers of the best that overlap no better one too much.

    Args:
        overlaps: A square matrix: how much each overlaps each.
        scores: One score for each.
        max_output_size: The largest number to choose.
        overlap_threshold: Up to which overlap both may be chosen.
        score_threshold: Those of lower scores are never chosen.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The overlaps are no square matrix, or there are more or
            fewer scores.
    """
    table = convert(overlaps, dtypes.float32)
    dims = table.static_shape
    if dims is not None and (len(dims) != 2 or dims[0] != dims[1]):
        raise errors.invalid(
            "NonMaxSuppressionWithOverlaps",
            f"overlaps must be square, got shape {table.shape}",
        )
    given = convert(scores, dtypes.float32)
    if None not in (dims, given.static_shape) and not are_compatible(
        dims[:1], given.static_shape
    ):
        raise errors.invalid(
            "NonMaxSuppressionWithOverlaps",
            "scores has incompatible shape (Dimensions must be equal, but are "
            f"{dims[0]} and {given.shape.num_elements()})",
        )
    return chosen_by_overlaps(
        table,
        given,
        convert(max_output_size, dtypes.int32),
        convert(overlap_threshold, dtypes.float32),
        convert(score_threshold, dtypes.float32),
        name=name,
    )


def _padded_spec(
    boxes: TensorSpec, scores: TensorSpec, *rest: Any, **attrs: Any
) -> Any:
    rows = None if boxes.dims is None else boxes.dims[0]
    return (
        TensorSpec.of((rows, attrs["count"]), dtypes.int32),
        TensorSpec.of((rows,), dtypes.int32),
    )


@array_function(
    "NonMaxSuppressionPadded",
    _padded_spec,
    np.array([[[0, 0, 1, 1], [0, 0, 1, 1.1], [2, 2, 3, 3]]], np.float32),
    np.array([[0.1, 0.9, 0.5]], np.float32),
    np.float32(0.5),
    np.float32(-np.inf),
    count=3,
    is_sorted=False,
)
def chosen_in_batches(
    boxes: Any, scores: Any, limit: Any, threshold: Any, count: int, is_sorted: bool
) -> Any:
    """The numbers of the boxes chosen for each image, filled up by 0, and how many."""
    result = np.zeros((len(boxes), count), np.int32)
    sizes = np.zeros(len(boxes), np.int32)
    for k, (corners, given) in enumerate(zip(boxes, scores, strict=True)):
        chosen: list[int] = []
        order = np.argsort(-given, kind="stable")
        for i in range(len(given)) if is_sorted else order.tolist():
            if len(chosen) >= count or not given[i] > threshold:
                break
            share = overlaps_of(corners[i], corners[chosen]) if chosen else np.zeros(0)
            if not (share >= limit).any() and (corners[i] > 0).any():
                chosen.append(i)
        result[k, : len(chosen)], sizes[k] = chosen, len(chosen)
    return result, sizes


@export("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> tuple[Any, Any]:
    """Return the numbers of the boxes chosen for each image, and how many they are.

    Args:
        boxes: [..., boxes, (y1, x1, y2, x2)].
        scores: [..., boxes].
        max_output_size: The largest number of boxes to choose for an image.
        iou_threshold: From which intersection over union on a box is dropped.
        score_threshold: Boxes of lower scores are never chosen.
        pad_to_max_output_size: Whether to fill the numbers up by zeros.
        name: A name for the node, in a graph.
        sorted_input: Whether the boxes come by falling score already.
        canonicalized_coordinates: Accepted for compatibility.
        tile_size: Accepted for compatibility.

    Raises:
        ValueError: There is more than one image, and no padding.
    """
    corners = convert(boxes, dtypes.float32)
    given = convert(scores, dtypes.float32)
    if not pad_to_max_output_size and (corners.ndim or 2) > 2:
        raise ValueError(
            f"'pad_to_max_output_size' (value {pad_to_max_output_size}) must be True "
            "for batched input"
        )
    lead = shape(corners)[:-2]
    count = as_int(max_output_size)
    rows = shape(corners)[-2:]
    flat = reshape(corners, shape=as_static_shape(concat(convert([-1]), rows, axis=0)))
    flat_scores = reshape(
        given, shape=as_static_shape(concat(convert([-1]), rows[:1], axis=0))
    )
    numbers, sizes = chosen_in_batches(
        flat,
        flat_scores,
        convert(iou_threshold, dtypes.float32),
        convert(score_threshold, dtypes.float32),
        count=count,
        is_sorted=bool(sorted_input),
    )
    sizes = reshape(sizes, shape=as_static_shape(lead))
    if not pad_to_max_output_size:
        return numbers[0, :sizes], sizes
    wanted = concat(lead, convert([count]), axis=0)
    return reshape(numbers, shape=as_static_shape(wanted)), sizes


class CombinedNonMaxSuppression(NamedTuple):
    """The boxes chosen for each image of a batch, over all classes."""

    nmsed_boxes: Any
    nmsed_scores: Any
    nmsed_classes: Any
    valid_detections: Any


def _combined_spec(boxes: TensorSpec, *rest: Any, total: int, **attrs: Any) -> Any:
    batch = None if boxes.dims is None else boxes.dims[0]
    return (
        TensorSpec.of((batch, total, 4), dtypes.float32),
        TensorSpec.of((batch, total), dtypes.float32),
        TensorSpec.of((batch, total), dtypes.float32),
        TensorSpec.of((batch,), dtypes.int32),
    )


@array_function(
    "CombinedNonMaxSuppression",
    _combined_spec,
    np.array([[[[0, 0, 1, 1]], [[0, 0, 1, 1.1]], [[2, 2, 3, 3]]]], np.float32),
    np.array([[[0.1, 0.2], [0.9, 0.3], [0.5, 0.1]]], np.float32),
    np.float32(0.5),
    np.float32(0.0),
    per_class=2,
    total=3,
    clip=True,
)
def chosen_over_classes(
    boxes: Any,
    scores: Any,
    limit: Any,
    threshold: Any,
    per_class: int,
    total: int,
    clip: bool,
) -> Any:
    """The best boxes of all classes, those of one class without much overlap."""
    batch, _, classes = scores.shape
    found = np.zeros((batch, total, 4), np.float32)
    kept = np.zeros((batch, total), np.float32)
    labels = np.zeros((batch, total), np.float32)
    counts = np.zeros(batch, np.int32)
    for image in range(batch):
        results: list[tuple[float, int, int]] = []
        for label in range(classes):
            own = label if boxes.shape[2] > 1 else 0
            corners, given = boxes[image, :, own], scores[image, :, label]
            chosen: list[int] = []
            for i in np.argsort(-given, kind="stable").tolist():
                if len(chosen) >= per_class or not given[i] > threshold:
                    break
                share = overlaps_of(corners[i], corners[chosen])
                if not (share > limit).any():
                    chosen.append(i)
            results += [(float(given[i]), label, i) for i in chosen]
        results.sort(key=lambda result: -result[0])
        counts[image] = min(len(results), total)
        for k, (score, label, i) in enumerate(results[:total]):
            own = label if boxes.shape[2] > 1 else 0
            box = boxes[image, i, own]
            found[image, k] = np.clip(box, 0, 1) if clip else box
            kept[image, k], labels[image, k] = score, label
    return found, kept, labels, counts


@export("image.combined_non_max_suppression")
def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> CombinedNonMaxSuppression:
    """Choose boxes class by class, then the best of all classes.

    Args:
        boxes: [batch, boxes, classes or 1, (y1, x1, y2, x2)].
        scores: [batch, boxes, classes].
        max_output_size_per_class: The largest number of boxes for a class.
        max_total_size: The largest number of boxes for an image.
        iou_threshold: Up to which intersection over union boxes may overlap.
        score_threshold: Boxes of lower scores are never chosen.
        pad_per_class: Whether results have no more places than the classes can fill.
        clip_boxes: Whether to cut boxes to [0, 1].
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: Shapes or sizes do not go together.
    """
    corners = convert(boxes, dtypes.float32)
    given = convert(scores, dtypes.float32)
    per_class, total = as_int(max_output_size_per_class), as_int(max_total_size)
    _check_combined(corners, given, per_class, total)
    if isinstance(iou_threshold, float | int) and not 0 <= iou_threshold <= 1:
        raise errors.invalid(
            "CombinedNonMaxSuppression",
            f"iou_threshold must be in [0, 1], got {iou_threshold}",
        )
    if pad_per_class:
        total = min(total, per_class * given.static_shape[2])
    parts = chosen_over_classes(
        corners,
        given,
        convert(iou_threshold, dtypes.float32),
        convert(score_threshold, dtypes.float32),
        per_class=per_class,
        total=total,
        clip=bool(clip_boxes),
        name=name,
    )
    return CombinedNonMaxSuppression(*parts)


def _check_combined(boxes: Any, scores: Any, per_class: int, total: int) -> None:
    problem = None
    if None not in (boxes.shape[0], scores.shape[0]) and (
        boxes.shape[0] != scores.shape[0]
    ):
        problem = "boxes and scores must have same batch size"
    elif boxes.ndim != 4 or boxes.static_shape[3] != 4:
        problem = f"boxes must be 4-D, of 4 coordinates, got shape {boxes.shape}"
    elif scores.ndim != 3:
        problem = f"scores must be 3-D, got shape {scores.shape}"
    elif boxes.static_shape[2] not in (1, scores.static_shape[2]):
        problem = (
            "third dimension of boxes must be either 1 or equal to the third dimension "
            f"of scores, got {boxes.shape} and {scores.shape}"
        )
    elif per_class <= 0:
        problem = f"max_size_per_class must be positive, got {per_class}"
    elif total <= 0:
        problem = f"max_total_size must be > 0, got {total}"
    if problem:
        raise errors.invalid("CombinedNonMaxSuppression", problem)
