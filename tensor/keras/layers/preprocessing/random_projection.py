"""Random moves, turns, zooms and sizes of images, in training only."""

from __future__ import annotations

import math
from typing import Any

import tensor as tf
from tensor.keras.engine.call_context import calls
from tensor.keras.layers.preprocessing import projection
from tensor.keras.layers.preprocessing.image_augmentation import ImageAugmentation


def _limits(name: str, factor: Any) -> tuple[float, float]:
    """Return the limits that a factor stands for: a pair, or plus and minus.

    Raises:
        ValueError: The upper limit is below the lower one.
    """
    pair = factor if isinstance(factor, list | tuple) else (-factor, factor)
    lower, upper = pair
    if upper < lower:
        raise ValueError(
            f"`{name}` cannot have an upper bound less than the lower bound, got "
            f"{factor}"
        )
    return lower, upper


class RandomProjection(ImageAugmentation):
    """Images transformed by chance, with something for what comes into sight."""

    def __init__(
        self,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        """Take what is outside of images, and how to find values between pixels.

        Raises:
            NotImplementedError: The fill mode or the interpolation is unknown.
        """
        super().__init__(seed, **kwargs)
        if fill_mode not in projection.FILL_MODES:
            raise NotImplementedError(
                f"Unknown `fill_mode` {fill_mode}. Only `reflect`, `wrap`, `constant` "
                "and `nearest` are supported."
            )
        if interpolation not in projection.INTERPOLATIONS:
            raise NotImplementedError(
                f"Unknown `interpolation` {interpolation}. Only `nearest` and "
                "`bilinear` are supported."
            )
        self.fill_mode = fill_mode
        self.interpolation = interpolation
        self.fill_value = fill_value

    def draw_transforms(self, images: Any, height: Any, width: Any) -> Any:
        """Return a transform for each image, given the size of images as floats."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `draw_transforms`."
        )

    def numbers(self, images: Any, limits: tuple[float, float]) -> Any:
        """Return one random number an image, as a vector."""
        return tf.cast(self.draw(images, *limits)[:, 0, 0, 0], "float32")

    def augment(self, images: Any) -> Any:
        height, width = (tf.cast(tf.shape(images)[i], "float32") for i in (1, 2))
        moved = projection.transformed(
            tf.cast(images, "float32"),
            self.draw_transforms(images, height, width),
            self.fill_mode,
            self.fill_value,
            self.interpolation,
        )
        return tf.cast(tf.ensure_shape(moved, images.shape), images.dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "interpolation": self.interpolation,
        }


class RandomRotation(RandomProjection):
    """Images turned about their middle."""

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        """Take the limits as shares of a full turn; positive is counterclockwise."""
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.factor = factor
        lower, upper = _limits("factor", factor)
        self._angles = (lower * 2 * math.pi, upper * 2 * math.pi)

    def draw_transforms(self, images: Any, height: Any, width: Any) -> Any:
        return projection.rotations(self.numbers(images, self._angles), height, width)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class RandomTranslation(RandomProjection):
    """Images moved down and to the right, or up and to the left."""

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        """Take the limits as shares of the height and the width.

        Raises:
            ValueError: A share is outside of [-1, 1].
        """
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = _limits("height_factor", height_factor)
        self._right = _limits("width_factor", width_factor)
        for name, pair in (("height", self._down), ("width", self._right)):
            if any(abs(v) > 1.0 for v in pair):
                raise ValueError(
                    f"`{name}_factor` must have values between [-1, 1], got {pair}"
                )

    def draw_transforms(self, images: Any, height: Any, width: Any) -> Any:
        down = self.numbers(images, self._down) * height
        right = self.numbers(images, self._right) * width
        return projection.translations(tf.stack([right, down], axis=1))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height_factor": self.height_factor,
            "width_factor": self.width_factor,
        }


class RandomZoom(RandomProjection):
    """Images seen from farther (positive factors) or nearer."""

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        """Take the limits of what is added to the height and width that one sees.

        Without a factor for the width, proportions stay.

        Raises:
            ValueError: A share is below -1, or one of the height above 1.
        """
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = _limits("height_factor", height_factor)
        if any(abs(v) > 1.0 for v in self._down):
            raise ValueError(
                "`height_factor` argument must have values between [-1, 1]. Received: "
                f"height_factor={height_factor}"
            )
        self._right = None
        if width_factor is not None:
            self._right = _limits("width_factor", width_factor)
            if min(self._right) < -1.0:
                raise ValueError(
                    "`width_factor` argument must have values larger than -1. "
                    f"Received: width_factor={width_factor}"
                )

    def draw_transforms(self, images: Any, height: Any, width: Any) -> Any:
        down = 1.0 + self.numbers(images, self._down)
        across = (
            down if self._right is None else 1.0 + self.numbers(images, self._right)
        )
        return projection.zooms(tf.stack([across, down], axis=1), height, width)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height_factor": self.height_factor,
            "width_factor": self.width_factor,
        }


class _RandomSize(ImageAugmentation):
    """A batch of images stretched along one axis, all alike.

    Attributes:
        axis: Which, counted from the end.
    """

    axis: int

    def __init__(
        self,
        factor: Any,
        interpolation: str = "bilinear",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the limits of what is added, as shares of the size.

        Raises:
            ValueError: A share is below -1.
        """
        super().__init__(seed, **kwargs)
        self.factor = factor
        self.interpolation = interpolation
        self._limits = _limits("factor", factor)
        if min(self._limits) < -1.0:
            raise ValueError(
                "`factor` argument must have values larger than -1. Received: "
                f"factor={factor}"
            )

    def call(self, inputs: Any, training: Any = True) -> Any:
        images = tf.cast(inputs, self._compute_dtype)
        chosen = calls.training if training is None else training
        if not chosen:
            return images
        lower, upper = self._limits
        share = self._random_generator.random_uniform([], 1.0 + lower, 1.0 + upper)
        size = [tf.shape(images)[-3], tf.shape(images)[-2]]
        place = self.axis + 3
        size[place] = tf.cast(share * tf.cast(size[place], "float32"), "int32")
        resized = tf.image.resize(images, tf.stack(size), method=self.interpolation)
        return tf.ensure_shape(
            tf.cast(resized, images.dtype), self.compute_output_shape(images.shape)
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape).as_list()
        shape[self.axis] = None
        return tf.TensorShape(shape)

    def get_config(self) -> dict[str, Any]:
        own = {"factor": self.factor, "interpolation": self.interpolation}
        return {**super().get_config(), **own}


class RandomHeight(_RandomSize):
    """A batch of images made higher or lower."""

    axis = -3


class RandomWidth(_RandomSize):
    """A batch of images made wider or narrower."""

    axis = -2
