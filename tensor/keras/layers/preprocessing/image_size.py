"""Resizing and CenterCrop: images of one size."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.engine.layer import Layer

_METHODS = {
    "bilinear": "bilinear",
    "nearest": "nearest",
    "bicubic": "bicubic",
    "area": "area",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
    "gaussian": "gaussian",
    "mitchellcubic": "mitchellcubic",
}


class _ImageSize(Layer):
    """A layer whose images have a given height and width."""

    def __init__(self, height: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height = height
        self.width = width

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape).as_list()
        return tf.TensorShape([*shape[:-3], self.height, self.width, shape[-1]])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}


class Resizing(_ImageSize):
    """Images resized."""

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the size, how to interpolate, and whether to crop, not to distort.

        Raises:
            NotImplementedError: The interpolation is unknown.
        """
        super().__init__(height, width, **kwargs)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self._method = interpolation_method(interpolation)

    def call(self, inputs: Any) -> Any:
        inputs = tf.cast(inputs, self._compute_dtype)
        if self.crop_to_aspect_ratio:
            return resized_without_distortion(
                inputs, self.height, self.width, self._method
            )
        size = [self.height, self.width]
        return tf.cast(
            tf.image.resize(inputs, size, method=self._method), self._compute_dtype
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
        }


class CenterCrop(_ImageSize):
    """The middle of images; smaller images are first enlarged."""

    def call(self, inputs: Any) -> Any:
        inputs = tf.cast(inputs, self._compute_dtype)
        rows, columns = inputs.shape[-3], inputs.shape[-2]
        if None not in (rows, columns):
            if rows >= self.height and columns >= self.width:
                return self._cropped(inputs, rows, columns)
            return self._resized(inputs)
        size = tf.shape(inputs)
        rows, columns = size[-3], size[-2]
        return tf.cond(
            (rows >= self.height) & (columns >= self.width),
            lambda: self._cropped(inputs, rows, columns),
            lambda: self._resized(inputs),
        )

    def _resized(self, inputs: Any) -> Any:
        return resized_without_distortion(inputs, self.height, self.width, "bilinear")

    def _cropped(self, inputs: Any, rows: Any, columns: Any) -> Any:
        top, left = (rows - self.height) // 2, (columns - self.width) // 2
        return _part(inputs, top, left, self.height, self.width)


def interpolation_method(name: str) -> str:
    """Return TensorFlow's name of an interpolation.

    Raises:
        NotImplementedError: It is unknown.
    """
    method = _METHODS.get(name.lower())
    if method is None:
        raise NotImplementedError(
            f"Value not recognized for `interpolation`: {name}. Supported values are: "
            f"{list(_METHODS)}"
        )
    return method


def resized_without_distortion(
    images: Any, height: int, width: int, method: str
) -> Any:
    """Return images cropped to the shape of the target, then resized to it."""
    cropped = cropped_to_proportions(images, height, width)
    resized = tf.image.resize(cropped, [height, width], method=method)
    return tf.cast(resized, images.dtype)


def cropped_to_proportions(images: Any, height: int, width: int) -> Any:
    """Return the largest part of images, in the middle, with a target's proportions."""
    size = tf.shape(images)
    rows, columns = size[-3], size[-2]

    def length(other: Any, wanted: int, given: int) -> Any:
        return tf.cast(
            tf.cast(other * wanted, "float32") / tf.cast(given, "float32"), "int32"
        )

    crop_rows = tf.minimum(rows, length(columns, height, width))
    crop_columns = tf.minimum(columns, length(rows, width, height))

    def start(free: Any) -> Any:
        return tf.cast(tf.cast(free, "float32") / 2, "int32")

    top, left = start(rows - crop_rows), start(columns - crop_columns)
    return _part(images, top, left, crop_rows, crop_columns)


def _part(images: Any, top: Any, left: Any, height: Any, width: Any) -> Any:
    return images[..., top : top + height, left : left + width, :]
