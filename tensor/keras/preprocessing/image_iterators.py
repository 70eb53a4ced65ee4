"""Iterator and NumpyArrayIterator: endless batches of changed images."""

from __future__ import annotations

import os
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.keras import settings
from tensor.keras.preprocessing.affine import GLOBAL_RANDOM
from tensor.keras.utils.images import array_to_img
from tensor.keras.utils.sequence import Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator as PythonIterator


class Iterator(Sequence):
    """Batches of images by number, as a `Sequence`, or one after the other for ever."""

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: Any) -> None:
        """Take how many images there are, and in which order they come."""
        self.n = n
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.batch_index = 0
        self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array: Any = None
        self.index_generator = self._flow_index()

    def _set_index_array(self) -> None:
        order = GLOBAL_RANDOM.permutation(self.n) if self.shuffle else np.arange(self.n)
        self.index_array = order

    def _seed_batch(self) -> None:
        if self.seed is not None:
            GLOBAL_RANDOM.seed(self.seed + self.total_batches_seen)

    def __getitem__(self, idx: int) -> Any:
        if idx >= len(self):
            raise ValueError(
                f"Asked to retrieve element {idx}, but the Sequence has length "
                f"{len(self)}"
            )
        self._seed_batch()
        self.total_batches_seen += 1
        if self.index_array is None:
            self._set_index_array()
        first = self.batch_size * idx
        rows = self.index_array[first : first + self.batch_size]
        return self._get_batches_of_transformed_samples(rows)

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def on_epoch_end(self) -> None:
        """Draw a new order."""
        self._set_index_array()

    def reset(self) -> None:
        """Begin at the first batch again."""
        self.batch_index = 0

    def _flow_index(self) -> PythonIterator[Any]:
        """Yield the numbers of the images of each batch, for ever."""
        self.reset()
        while True:
            self._seed_batch()
            if self.batch_index == 0:
                self._set_index_array()
            first = self.batch_index * self.batch_size % self.n if self.n else 0
            is_last = first + self.batch_size >= self.n
            self.batch_index = 0 if is_last else self.batch_index + 1
            self.total_batches_seen += 1
            yield self.index_array[first : first + self.batch_size]

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        return self.next()

    def next(self) -> Any:
        """Return the next batch."""
        with self.lock:
            rows = next(self.index_generator)
        return self._get_batches_of_transformed_samples(rows)

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        """Return the batch of these images.

        Raises:
            NotImplementedError: The subclass does not say how.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `_get_batches_of_transformed_samples`."
        )


def save_batch(
    images: Any,
    index_array: Any,
    data_format: str,
    directory: str,
    prefix: str,
    file_format: str,
    numbers: int,
) -> None:
    """Write images to a directory, to look at; names end with random numbers."""
    for image, index in zip(images, index_array, strict=True):
        number = GLOBAL_RANDOM.randint(numbers)
        name = f"{prefix}_{index}_{number}.{file_format}"
        img = array_to_img(image, data_format, scale=True)
        img.save(os.path.join(directory, name))


class NumpyArrayIterator(Iterator):
    """Batches of images from an array; `ImageDataGenerator.flow`."""

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        """Take the images, and what comes with them.

        Args:
            x: The images, or a pair of them and what else is input.
            y: The targets, or None.
            image_data_generator: What changes the images.
            batch_size: The number of images in a batch.
            shuffle: Whether they come in random order.
            sample_weight: A weight for each image.
            seed: What the global random numbers of a batch begin with.
            data_format: Where the channels are.
            save_to_dir: Where to write the changed images.
            save_prefix: What their names begin with.
            save_format: Their format.
            subset: "training" or "validation", if the generator splits.
            ignore_class_split: Whether both parts may have different classes.
            dtype: The dtype of the batches.

        Raises:
            ValueError: Arrays differ in length, are no images, or cannot be split.
        """
        self.data_format = data_format or settings.image_data_format()
        self.dtype = dtype or settings.floatx()
        more: list[Any] = []
        if isinstance(x, tuple | list):
            more = x[1] if isinstance(x[1], list) else [x[1]]
            x, more = x[0], [np.asarray(a) for a in more]
        _check_lengths(x, y, sample_weight, more)
        if subset is not None:
            at = int(len(x) * image_data_generator._validation_split)
            part = _part(subset, at)
            if y is not None and not ignore_class_split:
                _check_classes(y, at)
            x, more = x[part], [a[part] for a in more]
            y = None if y is None else y[part]
            sample_weight = None if sample_weight is None else sample_weight[part]
        self.x = np.asarray(x, dtype=self.dtype)
        self.x_misc = more
        _check_images(self.x, self.data_format)
        self.y = None if y is None else np.asarray(y)
        self.sample_weight = (
            None if sample_weight is None else np.asarray(sample_weight)
        )
        self.image_data_generator = image_data_generator
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        generator = self.image_data_generator
        images = np.zeros((len(index_array), *self.x.shape[1:]), dtype=self.dtype)
        for i, j in enumerate(index_array):
            params = generator.get_random_transform(self.x[j].shape)
            image = generator.apply_transform(self.x[j].astype(self.dtype), params)
            images[i] = generator.standardize(image)
        if self.save_to_dir:
            how = (self.save_to_dir, self.save_prefix, self.save_format)
            save_batch(images, index_array, self.data_format, *how, numbers=10_000)
        more = [a[index_array] for a in self.x_misc]
        inputs = [images, *more] if more else images
        if self.y is None:
            return inputs
        if self.sample_weight is None:
            return inputs, self.y[index_array]
        return inputs, self.y[index_array], self.sample_weight[index_array]


def _check_lengths(x: Any, y: Any, sample_weight: Any, more: list[Any]) -> None:
    for a in more:
        if len(a) != len(x):
            raise ValueError(
                "All of the arrays in `x` should have the same length. Found a pair "
                f"with: len(x[0]) = {len(x)}, len(x[?]) = {len(a)}"
            )
    for name, a in (("y` (labels)", y), ("sample_weight`", sample_weight)):
        if a is not None and len(a) != len(x):
            raise ValueError(
                f"`x` (images tensor) and `{name} should have the same length. Found: "
                f"x.shape = {np.shape(x)}, {name.split('`')[0]}.shape = {np.shape(a)}"
            )


def _part(subset: str, at: int) -> slice:
    if subset not in ("training", "validation"):
        raise ValueError(
            f'Invalid subset name: {subset}; expected "training" or "validation".'
        )
    return slice(at) if subset == "validation" else slice(at, None)


def _check_classes(y: Any, at: int) -> None:
    if not np.array_equal(np.unique(y[:at]), np.unique(y[at:])):
        raise ValueError(
            "Training and validation subsets have different number of classes after "
            "the split. If your numpy arrays are sorted by the label, you might want "
            "to shuffle them."
        )


def _check_images(x: Any, data_format: str) -> None:
    if x.ndim != 4:
        raise ValueError(
            "Input data in `NumpyArrayIterator` should have rank 4. You passed an "
            f"array with shape {x.shape}"
        )
    warn_of_channels("NumpyArrayIterator is set to use", x, data_format)


def warn_of_channels(what: str, x: Any, data_format: str) -> None:
    """Warn if images have a number of channels that is not usual."""
    axis = 3 if data_format == "channels_last" else 1
    if x.shape[axis] not in (1, 3, 4):
        warnings.warn(
            f'{what} the data format convention "{data_format}" (channels on axis '
            f"{axis}), i.e. expected either 1, 3, or 4 channels on axis {axis}. "
            f"However, it was passed an array with shape {x.shape} ({x.shape[axis]} "
            "channels).",
            stacklevel=4,
        )
