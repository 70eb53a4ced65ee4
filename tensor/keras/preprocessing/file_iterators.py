"""DirectoryIterator: endless batches of changed images from files."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.keras import settings
from tensor.keras.preprocessing.image_iterators import Iterator, save_batch
from tensor.keras.utils.images import img_to_array, load_img

if TYPE_CHECKING:
    from collections.abc import Iterator as PythonIterator

_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}


class FileIterator(Iterator):
    """What iterators over image files have in common.

    Subclasses set `class_mode`, `dtype`, `filenames`, and what targets are made of:
    `classes` and `class_indices`, or `_targets`.
    """

    class_mode: Any
    class_indices: dict[str, int]
    classes: Any
    directory: Any
    dtype: Any
    filenames: list[str]
    _sample_weight: Any = None
    _targets: Any = None

    def _read_as(
        self,
        image_data_generator: Any,
        target_size: Any,
        color_mode: str,
        data_format: str,
        save_to_dir: str | None,
        save_prefix: str,
        save_format: str,
        subset: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
    ) -> None:
        """Take how images are read, changed and kept.

        Raises:
            ValueError: The color mode or the subset is unknown.
        """
        if color_mode not in _CHANNELS:
            raise ValueError(
                f"Invalid color mode: {color_mode}; expected "
                '"rgb", "rgba", or "grayscale".'
            )
        self.image_data_generator = image_data_generator
        self.target_size = tuple(target_size)
        self.keep_aspect_ratio = keep_aspect_ratio
        self.color_mode = color_mode
        self.data_format = data_format
        channels = _CHANNELS[color_mode]
        is_last = data_format == "channels_last"
        size = self.target_size
        self.image_shape = (*size, channels) if is_last else (channels, *size)
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        self.interpolation = interpolation
        self.subset = subset
        self.split = None
        if subset is not None:
            share = getattr(image_data_generator, "_validation_split", 0.0)
            splits = {"validation": (0, share), "training": (share, 1)}
            if subset not in splits:
                raise ValueError(
                    f'Invalid subset name: {subset};expected "training" or "validation"'
                )
            self.split = splits[subset]

    @property
    def filepaths(self) -> list[str]:
        """Where the files are."""
        return [os.path.join(self.directory, name) for name in self.filenames]

    @property
    def labels(self) -> Any:
        """The targets: classes, or what a data frame says."""
        return self.classes if self._targets is None else self._targets

    @property
    def sample_weight(self) -> Any:
        """A weight for each image, or None."""
        return self._sample_weight

    def _get_batches_of_transformed_samples(self, index_array: Any) -> Any:
        paths = self.filepaths
        shape = (len(index_array), *self.image_shape)
        images = np.zeros(shape, dtype=self.dtype)
        for i, j in enumerate(index_array):
            images[i] = self._image(paths[j])
        if self.save_to_dir:
            how = (self.save_to_dir, self.save_prefix, self.save_format)
            save_batch(images, index_array, self.data_format, *how, numbers=10_000_000)
        if self.class_mode is None:
            return images
        targets = self._targets_of(index_array, images)
        if self._sample_weight is None:
            return images, targets
        return images, targets, self._sample_weight[index_array]

    def _image(self, path: str) -> Any:
        img = load_img(
            path,
            color_mode=self.color_mode,
            target_size=self.target_size,
            interpolation=self.interpolation,
            keep_aspect_ratio=self.keep_aspect_ratio,
        )
        image = img_to_array(img, data_format=self.data_format)
        img.close()
        generator = self.image_data_generator
        if generator is None:
            return image
        params = generator.get_random_transform(image.shape)
        return generator.standardize(generator.apply_transform(image, params))

    def _targets_of(self, index_array: Any, images: Any) -> Any:
        mode = self.class_mode
        if mode == "input":
            return images.copy()
        if mode == "multi_output":
            return [output[index_array] for output in self._targets]
        if mode == "raw":
            return self._targets[index_array]
        classes = [self.classes[j] for j in index_array]
        if mode in ("binary", "sparse"):
            return np.array(classes, dtype=self.dtype)
        targets = np.zeros((len(classes), len(self.class_indices)), dtype=self.dtype)
        for i, own in enumerate(classes):
            targets[i, own] = 1.0
        return targets


class DirectoryIterator(FileIterator):
    """Batches of images from a directory with one folder for each class."""

    allowed_class_modes = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        """Find the images.

        Args:
            directory: A folder with a folder for each class.
            image_data_generator: What changes the images, or None.
            target_size: Height and width to resize to.
            color_mode: "rgb", "rgba" or "grayscale".
            classes: The folders to take, in the order of their numbers; all by default.
            class_mode: The targets: "categorical", "binary", "sparse", "input" or None.
            batch_size: The number of images in a batch.
            shuffle: Whether they come in random order.
            seed: What the global random numbers of a batch begin with.
            data_format: Where the channels go.
            save_to_dir: Where to write the changed images.
            save_prefix: What their names begin with.
            save_format: Their format.
            follow_links: Whether to look into folders behind links.
            subset: "training" or "validation", if the generator splits.
            interpolation: How to resize.
            keep_aspect_ratio: Whether to cut off what does not fit.
            dtype: The dtype of the batches.

        Raises:
            ValueError: A mode or the subset is unknown.
        """
        self._read_as(
            image_data_generator,
            target_size,
            color_mode,
            data_format or settings.image_data_format(),
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        if class_mode not in self.allowed_class_modes:
            raise ValueError(
                f"Invalid class_mode: {class_mode}; expected one of: "
                f"{self.allowed_class_modes}"
            )
        self.directory = directory
        self.class_mode = class_mode
        self.dtype = dtype or settings.floatx()
        names = list(classes or _folders(directory))
        self.num_classes = len(names)
        self.class_indices = {name: i for i, name in enumerate(names)}
        self.filenames = []
        numbers: list[int] = []
        for i, name in enumerate(names):
            found = self._files_of(name, follow_links)
            self.filenames += found
            numbers += [i] * len(found)
        self.samples = len(self.filenames)
        self.classes = np.array(numbers, dtype="int32")
        sys.stdout.write(
            f"Found {self.samples} images belonging to {self.num_classes} classes.\n"
        )
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _files_of(self, name: str, follow_links: bool) -> list[str]:
        """Return the images of a class, relative to the directory, in order."""
        root = os.path.join(self.directory, name)
        paths = list(_images_under(root, self.white_list_formats, follow_links))
        if self.split:
            first, last = (int(share * len(paths)) for share in self.split)
            paths = paths[first:last]
        return [os.path.join(name, os.path.relpath(path, root)) for path in paths]


def _folders(directory: Any) -> list[str]:
    return sorted(
        name
        for name in os.listdir(directory)
        if os.path.isdir(os.path.join(directory, name))
    )


def _images_under(
    root: str, endings: tuple[str, ...], follow_links: bool
) -> PythonIterator[str]:
    for folder, _, files in sorted(os.walk(root, followlinks=follow_links)):
        for name in sorted(files):
            if name.lower().endswith(".tiff"):
                warnings.warn(
                    'Using ".tiff" files with multiple bands will cause distortion. '
                    "Please verify your output.",
                    stacklevel=2,
                )
            if name.lower().endswith(endings):
                yield os.path.join(folder, name)
