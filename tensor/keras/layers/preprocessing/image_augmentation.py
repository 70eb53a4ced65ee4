"""Random changes of images, in training only: flips, contrast, brightness, crops."""

from __future__ import annotations

from typing import Any

import tensor as tf
from tensor.keras.engine.call_context import calls
from tensor.keras.engine.layer import Layer
from tensor.keras.layers.preprocessing.image_size import resized_without_distortion
from tensor.keras.random_generator import RandomGenerator


class ImageAugmentation(Layer):
    """Changes each image of a batch by chance, in training; else leaves it alone."""

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        self.rng_type = kwargs.pop(
            "rng_type", "stateful"
        )  # part of Keras's configurations
        super().__init__(**kwargs)
        self.seed = seed
        self._random_generator = RandomGenerator(seed)

    def augment(self, images: Any) -> Any:
        """Return a batch of images, each changed by chance."""
        raise NotImplementedError(f"{type(self).__name__} must define `augment`.")

    def leave(self, images: Any) -> Any:
        """Return the batch outside of training."""
        return images

    def call(self, inputs: Any, training: Any = True) -> Any:
        images = tf.cast(inputs, self._compute_dtype)
        single = images.shape.rank == 3
        batch = tf.expand_dims(images, 0) if single else images
        if isinstance(training, tf.Tensor):
            batch = tf.cond(
                training, lambda: self.augment(batch), lambda: self.leave(batch)
            )
        else:
            chosen = calls.training if training is None else training
            batch = self.augment(batch) if chosen else self.leave(batch)
        return batch[0] if single else batch

    def draw(self, images: Any, low: float = 0.0, high: float = 1.0) -> Any:
        """Return one random number an image, in a shape that broadcasts."""
        shape = [tf.shape(images)[0], 1, 1, 1]
        return self._random_generator.random_uniform(shape, low, high, images.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        own = {"seed": self.seed, "rng_type": self.rng_type}
        return {**super().get_config(), **own}


class RandomFlip(ImageAugmentation):
    """Images mirrored, each with probability 1/2 a direction."""

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Take "horizontal", "vertical" or "horizontal_and_vertical".

        Raises:
            ValueError: The mode is none of these.
        """
        super().__init__(seed, **kwargs)
        if mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ValueError(
                f"RandomFlip layer {self.name} received an unknown mode argument {mode}"
            )
        self.mode = mode

    def augment(self, images: Any) -> Any:
        for word, axis in (("horizontal", 2), ("vertical", 1)):
            if word in self.mode:
                flipped = tf.reverse(images, [axis])
                images = tf.where(self.draw(images) < 0.5, flipped, images)
        return images

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}


class RandomContrast(ImageAugmentation):
    """Images with more or less contrast: pixels moved from or to their mean."""

    def __init__(self, factor: Any, seed: int | None = None, **kwargs: Any) -> None:
        """Take how much less and more contrast there may be, or one number for both.

        Raises:
            ValueError: One is negative, or there could be no contrast left.
        """
        super().__init__(seed, **kwargs)
        self.factor = factor
        pair = factor if isinstance(factor, list | tuple) else (factor, factor)
        self.lower, self.upper = pair
        if self.lower < 0.0 or self.upper < 0.0 or self.lower > 1.0:
            raise ValueError(
                "`factor` argument cannot have negative values or values greater than "
                f"1.Received: factor={factor}"
            )

    def augment(self, images: Any) -> Any:
        share = self.draw(images, 1.0 - self.lower, 1.0 + self.upper)
        mean = tf.reduce_mean(images, axis=[1, 2], keepdims=True)
        return tf.clip_by_value((images - mean) * share + mean, 0.0, 255.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class RandomBrightness(ImageAugmentation):
    """Images made brighter or darker."""

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the share of the range to add: up to +-factor, or a pair of limits.

        Raises:
            ValueError: The share is outside of [-1, 1], or the range is no pair.
        """
        super().__init__(seed, **kwargs)
        limits = factor if isinstance(factor, list | tuple) else (-factor, factor)
        if len(limits) != 2 or any(not -1.0 <= v <= 1.0 for v in limits):
            raise ValueError(
                "The `factor` argument should be a number (or a list of two numbers) "
                f"in the range [-1.0, 1.0]. Got {factor}"
            )
        if not isinstance(value_range, list | tuple) or len(value_range) != 2:
            raise ValueError(
                "The `value_range` argument should be a list of two numbers. Got "
                f"{value_range}"
            )
        self.factor = sorted(limits)
        self.value_range = sorted(value_range)

    def augment(self, images: Any) -> Any:
        low, high = self.value_range
        added = self.draw(images, *self.factor) * (high - low)
        return tf.clip_by_value(images + added, low, high)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "factor": self.factor,
            "value_range": self.value_range,
        }


class RandomCrop(ImageAugmentation):
    """A random part of each image; outside of training, the middle."""

    def __init__(
        self, height: int, width: int, seed: int | None = None, **kwargs: Any
    ) -> None:
        """Take the size of the part."""
        super().__init__(seed, **kwargs)
        self.height = height
        self.width = width

    def augment(self, images: Any) -> Any:
        rows, columns = images.shape[1], images.shape[2]
        if rows < self.height or columns < self.width:
            return self.leave(images)
        tops = self._starts(images, rows - self.height)
        lefts = self._starts(images, columns - self.width)
        row_numbers = tops[:, None] + tf.range(self.height)[None]
        column_numbers = lefts[:, None] + tf.range(self.width)[None]
        images = tf.gather(images, row_numbers, axis=1, batch_dims=1)
        images = tf.gather(images, column_numbers, axis=2, batch_dims=1)
        return tf.reshape(images, [-1, self.height, self.width, images.shape[-1]])

    def _starts(self, images: Any, free: int) -> Any:
        drawn = self.draw(images, 0.0, free + 1.0)[:, 0, 0, 0]
        return tf.minimum(tf.cast(drawn, "int32"), free)

    def leave(self, images: Any) -> Any:
        return resized_without_distortion(images, self.height, self.width, "bilinear")

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = tf.TensorShape(input_shape).as_list()
        return tf.TensorShape([*shape[:-3], self.height, self.width, shape[-1]])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}
