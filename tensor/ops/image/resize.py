"""Bringing images to another size, by every method."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, Sample, get_op, register
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, cast, shape_for, static_value
from tensor.ops.families import REAL, check_kind
from tensor.ops.image.geometry import pad_to_bounding_box
from tensor.ops.image.resampling import resample
from tensor.ops.image.shapes import (
    as_batch,
    check_that,
    is_known,
    number,
    size_of,
    undo_batch,
)
from tensor.ops.image.taps import KERNELS, taps_back, taps_for
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
        keeps = method.startswith("nearest") or x.dtype == np.float64
        return resample(x, rows, columns, x.dtype if keeps else np.float32)

    def infer(
        self, x: TensorSpec, size: Size, method: str, antialias: bool
    ) -> TensorSpec:
        dims = x.dims or (None,) * 4
        target = static_value(size) or (None, None)
        keeps = method.startswith("nearest") or x.dtype is dtypes.float64
        dtype = x.dtype if keeps else dtypes.float32
        return TensorSpec.of((dims[0], *target, dims[3]), dtype)

    def gradient(self, call: Any, dz: Any) -> Any:
        x = call.inputs[0]
        if call.attrs["method"].startswith("area"):
            raise LookupError(
                "gradient registry has no entry for: ResizeArea. Use method "
                "'bilinear' with antialias=True, or tf.stop_gradient on the result."
            )
        attrs = {k: call.attrs[k] for k in ("method", "antialias")}
        grad = resize_grad(dz, shape=shape_for(x), **attrs)
        dtype = x.dtype
        if not isinstance(dtype, dtypes.DType):
            dtype = dtypes.from_numpy(dtype)
        return cast(grad, dtype=dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = rng.normal(size=(2, 5, 4, 2))
        yield Sample(x.astype(np.float32), size=(3, 7), method="area", antialias=False)
        for method in sorted(_METHODS - {"area"}):
            yield Sample(x, size=(3, 7), method=method, antialias=False)
        for method in ("bilinear:edges", "bicubic:corners", "nearest:corners"):
            yield Sample(x, size=(3, 7), method=method, antialias=False)
        yield Sample(x, size=(2, 3), method="bilinear", antialias=True)


class ResizeGrad(Op):
    """What resized images give back to the originals."""

    keeps_inputs = False

    def kernel(self, dz: Any, shape: Any, method: str, antialias: bool) -> Any:
        _, height, width, _ = (int(n) for n in shape)
        rows = taps_back(method, height, dz.shape[1], antialias)
        columns = taps_back(method, width, dz.shape[2], antialias)
        return resample(dz, rows, columns, dz.dtype)

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
        for method in sorted(_METHODS - {"area"}):
            yield Sample(dz, shape=(2, 5, 4, 2), method=method, antialias=False)


resize_op = register(Resize)
resize_grad = register(ResizeGrad)


@export("image.resize")
@takes_composites
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
        InvalidArgumentError: The images are empty, or would become so.
    """
    x = convert(images)
    if x.ndim is None:
        raise ValueError(
            "'images' contains no shape. Give them one by tf.ensure_shape."
        )
    was_one = x.ndim == 3
    if x.ndim not in (3, 4):
        raise ValueError(
            f"'images' must have either 3 or 4 dimensions. Got shape {x.shape}."
        )
    check_kind(resize_op, x, REAL)
    if was_one:
        x = expand_dims_(x, 0)
    _check_content(x)
    target = resize_target(x, size, preserve_aspect_ratio)
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


def resize_target(x: Any, size: Any, preserve_aspect_ratio: bool) -> Any:
    """Return the size that a batch of images is brought to.

    Raises:
        ValueError: `size` is no pair of integers.
        InvalidArgumentError: One is not positive.
    """
    target = _target_size(size)
    return _within(size_of(x), target) if preserve_aspect_ratio else target


def _check_content(x: Any) -> None:
    """Check that images hold something, as far as is known.

    Raises:
        InvalidArgumentError: They do not.
    """
    _, *size, channels = x.shape.as_list() if x.ndim else (None,) * 4
    if channels == 0:
        raise errors.invalid(
            "Resize", f"image must have at least one channel, got shape {x.shape}"
        )
    if 0 in size:
        raise errors.invalid(
            "Resize", f"input image must be of non-zero size, got shape {x.shape}"
        )


def _target_size(size: Any) -> Any:
    """Return a size argument as two integers or a symbolic vector.

    Raises:
        ValueError: It is something else, or not positive.
    """
    given = size if hasattr(size, "dtype") else None
    if isinstance(size, list | tuple) and any(isinstance(v, float | str) for v in size):
        raise ValueError(f"'size' must be a 1-D int32 Tensor, got {size!r}")
    if (
        given is not None
        and dtypes.as_dtype(given.dtype) is not dtypes.int32
        and (isinstance(size, Tensor) or not dtypes.as_dtype(given.dtype).is_integer)
    ):
        raise ValueError(f"'size' must be a 1-D int32 Tensor, got {size!r}")
    if not _may_be_pair(size):
        raise ValueError(
            "'size' must be a 1-D Tensor of 2 elements: new_height, new_width. Got "
            f"{size!r}."
        )
    target = as_static_shape(size)
    if isinstance(target, tuple) and min(target) < 1:
        raise errors.because(
            errors.InvalidArgumentError,
            f"output dimensions must be positive, got {target} [Op:Resize]",
        )
    return target


def _may_be_pair(size: Any) -> bool:
    if isinstance(size, list | tuple):
        return len(size) == 2 and not any(isinstance(v, list | tuple) for v in size)
    if isinstance(size, Tensor):
        return size.static_shape in (None, (None,), (2,))
    return np.shape(size) == (2,)


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
