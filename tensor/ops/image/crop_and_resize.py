"""Boxes cut out of images and brought to one size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, register
from tensor.core.shapes import are_compatible, to_brackets
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, cast, shape_for, static_value
from tensor.ops.array_functions import array_function
from tensor.ops.families import REAL, check_kind, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class CropAndResize(Op):
    """Boxes cut out of images and brought to one size."""

    keeps_inputs = True

    def kernel(
        self,
        images: Any,
        boxes: Any,
        indices: Any,
        size: tuple[int, int],
        method: str,
        fill: float,
    ) -> Any:
        images = np.asarray(images).astype(np.float32, copy=False)
        _, height, width, channels = images.shape
        size = int(size[0]), int(size[1])
        result = np.full((len(boxes), *size, channels), fill, np.float32)
        for i, (box, index) in enumerate(zip(np.asarray(boxes), indices, strict=True)):
            ys = _along_box(box[0], box[2], size[0], height)
            xs = _along_box(box[1], box[3], size[1], width)
            inside = np.ix_(
                (ys >= 0) & (ys <= height - 1), (xs >= 0) & (xs <= width - 1)
            )
            sampled = _sample(
                images[index],
                np.clip(ys, 0, height - 1),
                np.clip(xs, 0, width - 1),
                method,
            )
            result[i][inside] = sampled[inside]
        return result

    def infer(
        self,
        images: TensorSpec,
        boxes: TensorSpec,
        indices: TensorSpec,
        size: tuple[int, int],
        method: str,
        fill: float,
    ) -> TensorSpec:
        count = None if boxes.dims is None else boxes.dims[0]
        channels = None if images.dims is None else images.dims[3]
        known = static_value(size) or (None, None)
        return TensorSpec.of((count, *known, channels), dtypes.float32)

    def gradient(self, call: Any, dz: Any) -> Any:
        images, boxes, indices = call.inputs
        method = call.attrs["method"]
        to_images = to_boxes = None
        if call.wants[0]:
            dtype = images.dtype
            if not isinstance(dtype, dtypes.DType):
                dtype = dtypes.from_numpy(dtype)
            pixels = image_gradient(
                dz, boxes, indices, shape=shape_for(images), method=method
            )
            to_images = cast(pixels, dtype=dtype)
        if call.wants[1] and method == "bilinear":
            to_boxes = box_gradient(dz, images, boxes, indices)
        return to_images, to_boxes, None

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        boxes = np.array([[0, 0, 1, 1], [0.2, -0.5, 1.5, 0.7]], np.float32)
        yield Sample(
            rng.normal(size=(2, 5, 4, 2)).astype(np.float32),
            boxes,
            np.array([0, 1], np.int32),
            size=(3, 2),
            method="bilinear",
            fill=0.0,
        )


def _along_box(start: Any, end: Any, count: int, size: int) -> np.ndarray:
    """Return where the samples of a box lie along an axis of `size` elements."""
    if count > 1:
        step = (end - start) * np.float32(size - 1) / np.float32(count - 1)
        return start * np.float32(size - 1) + np.arange(count, dtype=np.float32) * step
    return np.array([0.5 * (start + end) * (size - 1)], np.float32)


def _sample(image: np.ndarray, ys: np.ndarray, xs: np.ndarray, method: str) -> Any:
    if method == "nearest":
        rows = np.floor(ys + np.float32(0.5)).astype(np.int64)
        columns = np.floor(xs + np.float32(0.5)).astype(np.int64)
        return image[rows][:, columns]
    top, left = np.floor(ys).astype(np.int64), np.floor(xs).astype(np.int64)
    bottom, right = np.ceil(ys).astype(np.int64), np.ceil(xs).astype(np.int64)
    dy, dx = (ys - top)[:, None, None], (xs - left)[None, :, None]
    upper = image[top][:, left] + (image[top][:, right] - image[top][:, left]) * dx
    lower = (
        image[bottom][:, left] + (image[bottom][:, right] - image[bottom][:, left]) * dx
    )
    return (upper + (lower - upper) * dy).astype(np.float32)


class Corners:
    """The four pixels around each sample of a box, and how near it is to them.

    Attributes:
        inside: Which rows and columns of samples lie in the image.
        rows: The pixels' rows above and below each sample.
        columns: The pixels' columns left and right of each sample.
        dy: How far below the upper row.
        dx: How far right of the left column.
    """

    def __init__(self, box: Any, size: Any, image: Any, method: str) -> None:
        height, width = image
        ys = _along_box(box[0], box[2], size[0], height)
        xs = _along_box(box[1], box[3], size[1], width)
        self.inside = np.ix_(
            (ys >= 0) & (ys <= height - 1), (xs >= 0) & (xs <= width - 1)
        )
        ys = ys[self.inside[0].ravel()]
        xs = xs[self.inside[1].ravel()]
        if method == "nearest":
            ys, xs = np.floor(ys + np.float32(0.5)), np.floor(xs + np.float32(0.5))
        self.rows = np.floor(ys).astype(np.int64), np.ceil(ys).astype(np.int64)
        self.columns = np.floor(xs).astype(np.int64), np.ceil(xs).astype(np.int64)
        self.dy = (ys - self.rows[0])[:, None, None]
        self.dx = (xs - self.columns[0])[None, :, None]


def _image_spec(dz: TensorSpec, *rest: Any, shape: Any, method: str) -> TensorSpec:
    return TensorSpec.of(static_value(shape) or (None,) * 4, dtypes.float32)


@array_function(
    "CropAndResizeGradImage",
    _image_spec,
    np.ones((1, 2, 2, 1), np.float32),
    np.array([[0.1, 0.2, 0.7, 0.9]], np.float32),
    np.array([0], np.int32),
    shape=(1, 4, 4, 1),
    method="bilinear",
)
def image_gradient(dz: Any, boxes: Any, indices: Any, shape: Any, method: str) -> Any:
    """What samples give back to the pixels around them."""
    result = np.zeros(tuple(int(n) for n in shape), np.float32)
    for given, box, index in zip(dz, boxes, indices, strict=True):
        at = Corners(box, given.shape[:2], result.shape[1:3], method)
        part = given[at.inside]
        for row, y_share in zip(at.rows, (1 - at.dy, at.dy), strict=True):
            for column, x_share in zip(at.columns, (1 - at.dx, at.dx), strict=True):
                np.add.at(result[index], np.ix_(row, column), part * y_share * x_share)
    return result


def _box_spec(dz: TensorSpec, images: Any, boxes: TensorSpec, *rest: Any) -> TensorSpec:
    return TensorSpec.of(boxes.dims, dtypes.float32)


@array_function(
    "CropAndResizeGradBoxes",
    _box_spec,
    np.ones((1, 2, 2, 1), np.float32),
    np.arange(16, dtype=np.float32).reshape((1, 4, 4, 1)),
    np.array([[0.1, 0.2, 0.7, 0.9]], np.float32),
    np.array([0], np.int32),
)
def box_gradient(dz: Any, images: Any, boxes: Any, indices: Any) -> Any:
    """What samples give back to the sides of their boxes: they move the samples."""
    result = np.zeros(boxes.shape, np.float32)
    for k, (given, box, index) in enumerate(zip(dz, boxes, indices, strict=True)):
        image = images[index].astype(np.float32, copy=False)
        at = Corners(box, given.shape[:2], image.shape[:2], "bilinear")
        part = given[at.inside]
        (a, b), (c, d) = (
            [image[np.ix_(row, column)] for column in at.columns] for row in at.rows
        )
        down = ((c - a) * (1 - at.dx) + (d - b) * at.dx) * part
        right = ((b - a) * (1 - at.dy) + (d - c) * at.dy) * part
        for axis, slope in enumerate((down, right)):
            totals = slope.sum(axis=(1 - axis, 2)) * (image.shape[axis] - 1)
            if given.shape[axis] > 1:
                ends = np.arange(given.shape[axis]) / (given.shape[axis] - 1)
                ends = ends[at.inside[axis].ravel()]
            else:
                ends = np.float32(0.5)
            result[k, axis] = (totals * (1 - ends)).sum()
            result[k, axis + 2] = (totals * ends).sum()
    return result


crop_and_resize_op = register(CropAndResize)


@export("image.crop_and_resize")
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
    name: str | None = None,
) -> Any:
    """Cut boxes out of images and bring each to one size.

    Args:
        image: [batch, height, width, channels].
        boxes: Rows (y1, x1, y2, x2), where 0 and 1 are the borders of the image; a
            reversed pair flips.
        box_indices: Which image each box is cut from.
        crop_size: Height and width of the results.
        method: "bilinear" or "nearest".
        extrapolation_value: What lies outside an image.
        name: A name for the node, in a graph.

    Raises:
        ValueError: The method is another one.
        InvalidArgumentError: A shape is wrong.
        OutOfRangeError: There is no such image.
    """
    if method not in ("bilinear", "nearest"):
        raise errors.because(
            errors.InvalidArgumentError,
            f"Value for attr 'method' of \"{method}\" is not in the list of allowed "
            'values: "bilinear", "nearest" [Op:CropAndResize]',
        )
    x, corners = convert(image), convert(boxes, dtypes.float32)
    check_kind(crop_and_resize_op, x, REAL, "image")
    which = convert(box_indices, dtypes.int32)
    size = as_static_shape(crop_size)
    _check_shapes(shape_of(x), shape_of(corners), shape_of(which), size)
    if isinstance(which, EagerTensor) and isinstance(x, EagerTensor):
        numbers = np.asarray(which)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(x):
            raise errors.because(
                errors.OutOfRangeError,
                f"box_index has values outside [0, batch_size) = [0, {len(x)}) "
                "[Op:CropAndResize]",
            )
    return crop_and_resize_op(
        x,
        corners,
        which,
        size=size,
        method=method,
        fill=float(extrapolation_value),
        name=name,
    )


def _check_shapes(image: Any, boxes: Any, indices: Any, size: Any) -> None:
    """Check shapes, as far as they are known.

    Raises:
        InvalidArgumentError: They do not go together.
    """
    problem = None
    if image is not None and len(image) != 4:
        problem = f"input image must be 4-D{to_brackets(image)}"
    elif boxes is not None and len(boxes) != 2:
        problem = f"boxes must be 2-D{to_brackets(boxes)}"
    elif boxes is not None and boxes[-1] not in (None, 4):
        problem = f"boxes must have 4 columns, got shape {to_brackets(boxes)}"
    elif boxes is not None and not are_compatible(indices, boxes[:1]):
        problem = (
            f"box_index has incompatible shape {to_brackets(indices)}: there are "
            f"{boxes[0]} boxes"
        )
    elif isinstance(size, tuple) and min(size) < 1:
        problem = f"crop dimensions must be positive, got {size}"
    if problem:
        raise errors.invalid("CropAndResize", problem)
