"""Datasets of the images or texts in a folder, with a subfolder for each class."""

from __future__ import annotations

import os
import random
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tensor.keras.utils.images import smart_resize

if TYPE_CHECKING:
    from collections.abc import Callable

_IMAGES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_TEXTS = (".txt",)
_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
) -> Any:
    """Return a dataset of batches of images with the labels of their classes.

    Args:
        directory: The folder; with inferred labels, each subfolder is a class.
        labels: "inferred", None, or a label for each file in order of names.
        label_mode: "int", "categorical" for one-hot vectors, "binary" for 0.0 and 1.0,
            or None.
        class_names: The names of subfolders in the order of their labels.
        color_mode: "grayscale", "rgb" or "rgba".
        batch_size: How many images a batch has; None for images alone.
        image_size: Height and width that images are resized to.
        shuffle: Whether files come in a mixed order; else in that of names.
        seed: What that order depends on.
        validation_split: What share of files is for validation.
        subset: "training", "validation", or "both" for a list of two datasets.
        interpolation: As for `tf.image.resize`.
        follow_links: Whether to look into linked folders.
        crop_to_aspect_ratio: Whether to cut off what does not fit, instead of
            distorting.

    Returns:
        The dataset, with attributes `class_names` and `file_paths`.

    Raises:
        ValueError: Arguments contradict each other, or there are no images.
    """
    if color_mode not in _CHANNELS:
        raise ValueError(
            '`color_mode` must be one of {"rgb", "rgba", "grayscale"}. Received: '
            f"color_mode={color_mode}"
        )
    channels = _CHANNELS[color_mode]

    def load(path: Any) -> Any:
        image = tf.image.decode_image(
            tf.io.read_file(path), channels=channels, expand_animations=False
        )
        if crop_to_aspect_ratio:
            image = smart_resize(image, image_size, interpolation)
        else:
            image = tf.image.resize(image, image_size, method=interpolation)
        return tf.ensure_shape(image, (*image_size, channels))

    files = _Files(directory, labels, label_mode, class_names, follow_links, _IMAGES)
    return files.datasets(load, batch_size, shuffle, seed, validation_split, subset)


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
) -> Any:
    """Return a dataset of batches of texts with the labels of their classes.

    Args:
        directory: The folder; with inferred labels, each subfolder is a class.
        labels: As for `image_dataset_from_directory`, like all others but these:
        label_mode: "int", "categorical", "binary" or None.
        class_names: The names of subfolders in the order of their labels.
        batch_size: How many texts a batch has; None for texts alone.
        max_length: How many bytes of a text to keep.
        shuffle: Whether files come in a mixed order.
        seed: What that order depends on.
        validation_split: What share of files is for validation.
        subset: "training", "validation" or "both".
        follow_links: Whether to look into linked folders.

    Raises:
        ValueError: Arguments contradict each other, or there are no texts.
    """

    def load(path: Any) -> Any:
        text = tf.io.read_file(path)
        return text if max_length is None else tf.strings.substr(text, 0, max_length)

    files = _Files(directory, labels, label_mode, class_names, follow_links, _TEXTS)
    return files.datasets(load, batch_size, shuffle, seed, validation_split, subset)


@dataclass
class _Files:
    """The files of a folder that are examples, and how they are labelled."""

    directory: Any
    labels: Any
    label_mode: str | None
    class_names: Any
    follow_links: bool
    endings: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.label_mode not in ("int", "categorical", "binary", None):
            raise ValueError(
                '`label_mode` argument must be one of "int", "categorical", "binary", '
                f"or None. Received: label_mode={self.label_mode}"
            )
        if not isinstance(self.labels, list | tuple | None) and (
            self.labels != "inferred"
        ):
            raise ValueError(
                "`labels` argument should be a list/tuple of integer labels, of the "
                "same size as the number of files in the target directory, "
                '`"inferred"` or None. Received: labels='
                f"{self.labels}"
            )
        if self.class_names and isinstance(self.labels, list | tuple):
            raise ValueError(
                'You can only pass `class_names` if `labels="inferred"`. Received: '
                f"labels={self.labels}, and class_names={self.class_names}"
            )
        self.directory = os.fspath(self.directory)
        if self.label_mode is None:
            self.labels = None

    def datasets(
        self,
        load: Callable[[Any], Any],
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
        validation_split: float | None,
        subset: str | None,
    ) -> Any:
        """Return the dataset, or the two of subset "both"."""
        _check_split(validation_split, subset, shuffle, seed)
        if seed is None:
            seed = random.randrange(10**6)
        paths, labels, names = self._found()
        if shuffle:
            order = np.arange(len(paths))
            np.random.RandomState(seed).shuffle(order)
            paths, labels = [paths[i] for i in order], labels[order]
        made = []
        for part in ("training", "validation") if subset == "both" else (subset,):
            chosen = _part(len(paths), validation_split, part)
            if not paths[chosen]:
                raise ValueError(
                    f"No {part or ''} files found in directory {self.directory}. "
                    f"Allowed formats: {self.endings}"
                )
            dataset = tf.data.Dataset.from_tensor_slices(paths[chosen]).map(
                load, num_parallel_calls=tf.data.AUTOTUNE
            )
            if self.labels is not None:
                targets = self._targets(labels[chosen], len(names))
                dataset = tf.data.Dataset.zip((dataset, targets))
            if shuffle and (subset, part) != ("both", "validation"):
                buffer = 1024 if batch_size is None else batch_size * 8
                dataset = dataset.shuffle(buffer, seed=seed)
            if batch_size is not None:
                dataset = dataset.batch(batch_size)
            dataset = dataset.prefetch(tf.data.AUTOTUNE)
            dataset.class_names = names
            dataset.file_paths = paths[chosen]
            made.append(dataset)
        return made if subset == "both" else made[0]

    def _found(self) -> tuple[list[str], np.ndarray, list[Any]]:
        """Return paths, labels and names of classes; paths in the order of names."""
        if self.labels != "inferred":
            paths = self._files_in(self.directory)
            given = self.labels if self.labels is not None else [0] * len(paths)
            if len(given) != len(paths):
                raise ValueError(
                    "Expected the lengths of `labels` to match the number of files in "
                    f"the target directory. len(labels) is {len(given)} while we found "
                    f"{len(paths)} files in directory {self.directory}."
                )
            names: list[Any] = sorted(set(given)) if self.labels is not None else [""]
            labels = np.array(given, np.int32)
        else:
            names = self._classes()
            paths, numbers = [], []
            for folder in sorted(names):
                inside = self._files_in(os.path.join(self.directory, folder))
                paths += inside
                numbers += [names.index(folder)] * len(inside)
            labels = np.array(numbers, np.int32)
        sys.stdout.write(
            f"Found {len(paths)} files belonging to {len(names)} classes.\n"
        )
        is_binary = self.label_mode == "binary" and self.labels is not None
        if is_binary and len(names) != 2:
            raise ValueError(
                'When passing `label_mode="binary"`, there must be exactly 2 '
                f"class_names. Received: class_names={names}"
            )
        return paths, labels, names

    def _classes(self) -> list[str]:
        folders = sorted(
            entry.name
            for entry in os.scandir(self.directory)
            if entry.is_dir() and not entry.name.startswith(".")
        )
        if self.class_names and set(self.class_names) != set(folders):
            raise ValueError(
                "The `class_names` passed did not match the names of the "
                f"subdirectories of the target directory. Expected: {folders}, but "
                f"received: {self.class_names}"
            )
        return list(self.class_names or folders)

    def _files_in(self, folder: str) -> list[str]:
        walk = sorted(os.walk(folder, followlinks=self.follow_links))
        return [
            os.path.join(root, name)
            for root, _, names in walk
            for name in sorted(names)
            if name.lower().endswith(self.endings)
        ]

    def _targets(self, labels: np.ndarray, classes: int) -> Any:
        if self.label_mode == "binary":
            return tf.data.Dataset.from_tensor_slices(
                labels.astype(np.float32)[:, np.newaxis]
            )
        if self.label_mode == "categorical":
            rows = np.eye(classes, dtype=np.float32)[labels]
            return tf.data.Dataset.from_tensor_slices(rows)
        return tf.data.Dataset.from_tensor_slices(labels)


def _part(count: int, validation_split: float | None, part: str | None) -> slice:
    """Return which of so many files belong to a part: validation takes the last."""
    if not validation_split:
        return slice(None)
    held_out = int(validation_split * count)
    used = held_out if part == "validation" else count - held_out
    sys.stdout.write(f"Using {used} files for {part}.\n")
    if part == "validation":
        return slice(count - held_out, None)
    return slice(0, count - held_out)


def _check_split(
    validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None
) -> None:
    """Check the arguments that divide files.

    Raises:
        ValueError: They do not go together.
    """
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(
            f"`validation_split` must be between 0 and 1, received: {validation_split}"
        )
    if bool(validation_split) != bool(subset):
        raise ValueError(
            "If `subset` is set, `validation_split` must be set, and inversely. Got "
            f"{subset!r} and {validation_split!r}."
        )
    if subset not in ("training", "validation", "both", None):
        raise ValueError(
            '`subset` must be either "training", "validation" or "both", received: '
            f"{subset}"
        )
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a "
            "`seed` argument, to make sure that there is no overlap between the "
            "training and validation subset."
        )
