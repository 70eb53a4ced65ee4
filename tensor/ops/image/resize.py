"""Bringing images to another size, by every method; crop_and_resize."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, get_op, register
from tensor.core.tensor import EagerTensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, cast, shape_for, static_value
from tensor.ops.families import REAL, check_kind, shape_of
from tensor.ops.image.geometry import pad_to_bounding_box
from tensor.ops.image.shapes import (
    as_batch,
    check_that,
    is_known,
    number,
    size_of,
    undo_batch,
)
from tensor.ops.image.taps import KERNELS, taps_for
from tensor.ops.layout import expand_dims_

if TYPE_CHECKING:
    from collections.abc import Iterator

Size = Any


@export("image.ResizeMethod")
class ResizeMethod:
    """The methods of tf.image.resize, by name."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


_METHODS = frozenset((*KERNELS, "nearest", "area"))


class Resize(Op):
    """Images resampled to another size; a linear map along rows and along columns."""

    keeps_inputs = False

    def kernel(self, x: Any, size: Size, method: str, antialias: bool) -> Any:
        height, width = (int(n) for n in size)
        rows = taps_for(method, x.shape[1], height, antialias)
        columns = taps_for(method, x.shape[2], width, antialias)
        if method == "nearest":
            return x[:, rows.indices[:, 0]][:, :, columns.indices[:, 0]]
        wide = x if x.dtype in (np.float32, np.float64) else x.astype(np.float32)
        return columns.apply(rows.apply(wide, 1), 2)

    def infer(
        self, x: TensorSpec, size: Size, method: str, antialias: bool
    ) -> TensorSpec:
        dims = x.dims or (None,) * 4
        target = static_value(size) or (None, None)
        keeps = method == "nearest" or x.dtype is dtypes.float64
        dtype = x.dtype if keeps else dtypes.float32
        return TensorSpec.of((dims[0], *target, dims[3]), dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        attrs = {k: call.attrs[k] for k in ("method", "antialias")}
        grad = resize_grad(dz, shape=shape_for(x), **attrs)
        dtype = x.dtype
        if not isinstance(dtype, dtypes.DType):
            dtype = dtypes.from_numpy(dtype)
        return cast(grad, dtype=dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 5, 4, 2))
        for method in sorted(_METHODS):
            yield Sample(x, size=(3, 7), method=method, antialias=False)
        yield Sample(x, size=(2, 3), method="bilinear", antialias=True)


class ResizeGrad(Op):
    """What resized images give back to the originals."""

    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, method: str, antialias: bool) -> Any:
        _, height, width, _ = (int(n) for n in shape)
        rows = taps_for(method, height, dz.shape[1], antialias).reversed(height)
        columns = taps_for(method, width, dz.shape[2], antialias).reversed(width)
        return columns.apply(rows.apply(dz, 1), 2)

    def infer(
        self, dz: TensorSpec, shape: Any, method: str, antialias: bool
    ) -> TensorSpec:
        return TensorSpec.of(static_value(shape) or (None,) * 4, dz.dtype)

    def gradient(self, call: Any, ddx: Any) -> Any:
        size = shape_for(call.inputs[0])
        size = size[1:3]
        attrs = {k: call.attrs[k] for k in ("method", "antialias")}
        return resize_op(ddx, size=size, **attrs)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        dz = rng.normal(size=(2, 3, 7, 2))
        for method in sorted(_METHODS):
            yield Sample(dz, shape=(2, 5, 4, 2), method=method, antialias=False)


resize_op = register(Resize)
resize_grad = register(ResizeGrad)


@export("image.resize")
def resize(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Any:
    """Resize images.

    Args:
        images: [batch, height, width, channels] or one image without the batch.
        size: The new height and width.
        method: One of `tf.image.ResizeMethod`.
        preserve_aspect_ratio: Take the largest size within `size` that keeps the ratio.
        antialias: Widen the kernel when an image shrinks.
        name: A name for the node, in a graph.

    Returns:
        float32; for "nearest" the dtype of `images`.

    Raises:
        ValueError: The rank, the size or the method is wrong.
    """
    x = convert(images)
    if x.ndim is None:
        raise ValueError("'images' contains no shape.")
    was_one = x.ndim == 3
    if x.ndim not in (3, 4):
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    check_kind(resize_op, x, REAL)
    if was_one:
        x = expand_dims_(x, 0)
    target = _target_size(size)
    if preserve_aspect_ratio:
        target = _within(size_of(x), target)
    how = getattr(method, "value", method) if isinstance(method, enum.Enum) else method
    if how not in _METHODS:
        raise ValueError(
            f"Resize method is not implemented: {method}. Expected one of "
            f"{', '.join(sorted(_METHODS))}."
        )
    if x.dtype is dtypes.float64 and how != "nearest":
        x = cast(x, dtype=dtypes.float32)
    anti = bool(antialias) and how not in ("nearest", "area")
    z = resize_op(x, size=target, method=how, antialias=anti, name=name)
    return undo_batch(z, was_one)


def _target_size(size: Any) -> Any:
    """Return a size argument as two integers or a symbolic vector.

    Raises:
        ValueError: It is something else, or not positive.
    """
    given = size if hasattr(size, "dtype") else None
    if isinstance(size, list | tuple) and any(isinstance(v, float) for v in size):
        raise ValueError("'size' must be a 1-D int32 Tensor")
    if given is not None and not dtypes.as_dtype(given.dtype).is_integer:
        raise ValueError("'size' must be a 1-D int32 Tensor")
    if isinstance(size, EagerTensor) and size.ndim != 1:
        raise ValueError(
            "'size' must be a 1-D Tensor of 2 elements: new_height, new_width"
        )
    target = as_static_shape(size)
    if isinstance(target, tuple):
        if len(target) != 2:
            raise ValueError(
                "'size' must be a 1-D Tensor of 2 elements: new_height, new_width"
            )
        if min(target) < 1:
            raise errors.because(
                errors.InvalidArgumentError,
                f"output dimensions must be positive, got {target} [Op:Resize]",
            )
    return target


def _within(have: tuple[Any, Any], want: Any) -> Any:
    """Return the largest size within `want` that has the ratio of `have`."""
    if is_known(*have) and isinstance(want, tuple):
        single = np.float32
        scale = min(single(w) / single(h) for w, h in zip(want, have, strict=True))
        return tuple(int(np.rint(scale * single(n))) for n in have)
    sizes = cast(convert(list(have), dtypes.int32), dtype=dtypes.float32)
    target = cast(convert(want, dtypes.int32), dtype=dtypes.float32)
    factor = get_op("Min")(target / sizes, axis=None, keepdims=False)
    return cast(get_op("Round")(factor * sizes), dtype=dtypes.int32)


@export("image.resize_with_pad")
def resize_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    antialias: bool = False,
) -> Any:
    """Resize an image to fit a size without changing its ratio; pad the rest by zeros.

    Raises:
        ValueError: A target is not positive, or the rank is wrong.
    """
    x, was_one = as_batch(image)
    rows, columns = number(target_height), number(target_width)
    check_that(columns > 0, "target_width must be > 0.")
    check_that(rows > 0, "target_height must be > 0.")
    height, width = size_of(x)
    if is_known(rows, columns, height, width):
        ratio = max(height / rows, width / columns)
        size: Any = max(int(height / ratio), 1), max(int(width / ratio), 1)
        top = max(int((rows - height / ratio) / 2), 0)
        left = max(int((columns - width / ratio) / 2), 0)
    else:
        have, want = (
            cast(convert(v, dtypes.int32), dtype=dtypes.float64)
            for v in ([height, width], [rows, columns])
        )
        ratio = get_op("Max")(have / want, axis=None, keepdims=False)
        exact = have / ratio
        size = cast(exact, dtype=dtypes.int32)
        margins = cast((want - exact) / 2.0, dtype=dtypes.int32)
        top, left = margins[0], margins[1]
    z = resize(x, size, method, antialias=antialias)
    return undo_batch(pad_to_bounding_box(z, top, left, rows, columns), was_one)


class CropAndResize(Op):
    """Boxes cut out of images and brought to one size."""

    gradient = NON_DIFFERENTIABLE

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
    which = convert(box_indices, dtypes.int32)
    problem = None
    if x.ndim not in (None, 4):
        problem = "input image must be 4-D"
    elif corners.ndim not in (None, 2) or (shape_of(corners) or (0, 4))[-1] != 4:
        problem = f"boxes must be 2-D with 4 columns, got shape {corners.shape}"
    elif isinstance(which, EagerTensor) and isinstance(x, EagerTensor):
        numbers = np.asarray(which)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(x):
            raise errors.because(
                errors.OutOfRangeError,
                f"box_index has values outside [0, batch_size) = [0, {len(x)}) "
                "[Op:CropAndResize]",
            )
    if problem:
        raise errors.because(
            errors.InvalidArgumentError, f"{problem} [Op:CropAndResize]"
        )
    size = as_static_shape(crop_size)
    return crop_and_resize_op(
        x,
        corners,
        which,
        size=size,
        method=method,
        fill=float(extrapolation_value),
        name=name,
    )
