"""DataFrameIterator: endless batches of changed images that a data frame lists."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

import numpy as np

from tensor.keras.preprocessing.file_iterators import FileIterator

# Targets that are no classes.
_NO_CLASSES = ("input", "multi_output", "raw", None)


class DataFrameIterator(FileIterator):
    """Batches of the images that a pandas data frame lists."""

    allowed_class_modes = (
        "binary",
        "categorical",
        "input",
        "multi_output",
        "raw",
        "sparse",
        None,
    )

    def __init__(
        self,
        dataframe: Any,
        directory: Any = None,
        image_data_generator: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str = "channels_last",
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = "float32",
        validate_filenames: bool = True,
    ) -> None:
        """Take the data frame and which of its columns say what.

        Args:
            dataframe: The data frame; it is not changed.
            directory: What the files' names are relative to.
            image_data_generator: What changes the images, or None.
            x_col: The column of the files' names.
            y_col: The column, or list of columns, of the targets.
            weight_col: The column of weights.
            target_size: Height and width to resize to.
            color_mode: "rgb", "rgba" or "grayscale".
            classes: The classes to take, in the order of their numbers.
            class_mode: What the targets are.
            batch_size: The number of images in a batch.
            shuffle: Whether they come in random order.
            seed: What the global random numbers of a batch begin with.
            data_format: Where the channels go.
            save_to_dir: Where to write the changed images.
            save_prefix: What their names begin with.
            save_format: Their format.
            subset: "training" or "validation", if the generator splits.
            interpolation: How to resize.
            keep_aspect_ratio: Whether to cut off what does not fit.
            dtype: The dtype of the batches.
            validate_filenames: Whether to leave out files that are not there.

        Raises:
            TypeError: A column has another type.
            ValueError: A mode is unknown, or not two classes where two are needed.
        """
        self._read_as(
            image_data_generator,
            target_size,
            color_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        frame = dataframe.copy()
        self.directory = directory or ""
        self.class_mode = class_mode
        self.dtype = dtype
        self._check(frame, x_col, y_col, weight_col, classes)
        if validate_filenames:
            frame = self._with_files(frame, x_col)
        has_classes = class_mode not in _NO_CLASSES
        if has_classes:
            frame, names = _of_classes(frame, y_col, classes)
            self.class_indices = {name: i for i, name in enumerate(names)}
        if self.split:
            first, last = (int(share * len(frame)) for share in self.split)
            frame = frame.iloc[first:last, :]
        if has_classes:
            self.classes = [self._numbers(label) for label in frame[y_col]]
        elif class_mode == "multi_output":
            self._targets = [np.array(frame[column].tolist()) for column in y_col]
        elif class_mode == "raw":
            self._targets = frame[y_col].values
        self.filenames = frame[x_col].tolist()
        self._sample_weight = frame[weight_col].values if weight_col else None
        self.samples = len(self.filenames)
        how = "validated" if validate_filenames else "non-validated"
        classes_text = (
            f" belonging to {len(self.class_indices)} classes" if has_classes else ""
        )
        sys.stdout.write(f"Found {self.samples} {how} image filenames{classes_text}.\n")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _numbers(self, label: Any) -> Any:
        if isinstance(label, list | tuple):
            return [self.class_indices[one] for one in label]
        return self.class_indices[label]

    def _with_files(self, frame: Any, x_col: str) -> Any:
        """Return the rows whose files are there, and are images."""

        def is_image(name: str) -> bool:
            path = os.path.join(self.directory, name)
            return path.lower().endswith(self.white_list_formats) and os.path.isfile(
                path
            )

        there = frame[x_col].map(is_image).astype(bool)
        missing = int((~there).sum())
        if missing:
            warnings.warn(
                f'Found {missing} invalid image filename(s) in x_col="{x_col}". These '
                "filename(s) will be ignored.",
                stacklevel=4,
            )
        return frame[there]

    def _check(
        self, frame: Any, x_col: str, y_col: Any, weight_col: Any, classes: Any
    ) -> None:
        mode = self.class_mode
        if mode not in self.allowed_class_modes:
            raise ValueError(
                f"Invalid class_mode: {mode}; expected one of: "
                f"{self.allowed_class_modes}"
            )
        if mode == "multi_output" and not isinstance(y_col, list):
            raise TypeError(
                f'If class_mode="{mode}", y_col must be a list. Received '
                f"{type(y_col).__name__}."
            )
        if not _all_are(frame[x_col], str):
            raise TypeError(f"All values in column x_col={x_col} must be strings.")
        if mode in ("binary", "sparse") and not _all_are(frame[y_col], str):
            raise TypeError(
                f'If class_mode="{mode}", y_col="{y_col}" column values must be '
                "strings."
            )
        if mode == "categorical" and not _all_are(frame[y_col], str | list | tuple):
            raise TypeError(
                f'If class_mode="{mode}", y_col="{y_col}" column values must be type '
                "string, list or tuple."
            )
        if mode == "binary":
            _check_two(frame[y_col], classes)
        if classes and mode in _NO_CLASSES:
            warnings.warn(
                f'`classes` will be ignored given the class_mode="{mode}"', stacklevel=4
            )
        if weight_col and not issubclass(frame[weight_col].dtype.type, np.number):
            raise TypeError(f"Column weight_col={weight_col} must be numeric.")


def _all_are(column: Any, kinds: Any) -> bool:
    return all(isinstance(value, kinds) for value in column)


def _check_two(column: Any, classes: Any) -> None:
    start = 'If class_mode="binary" there must be 2 classes.'
    if classes and len(set(classes)) != 2:
        raise ValueError(f"{start} {len(set(classes))} class/es were given.")
    if not classes and column.nunique() != 2:
        raise ValueError(f"{start} Found {column.nunique()} classes.")


def _of_classes(frame: Any, y_col: str, classes: Any) -> tuple[Any, list[str]]:
    """Return the rows of the classes to take, and these classes."""
    if not classes:
        found: set[str] = set()
        for label in frame[y_col]:
            found.update(label if isinstance(label, list | tuple) else [label])
        return frame.dropna(subset=[y_col]), sorted(found)
    names = list(dict.fromkeys(classes))

    def taken(label: Any) -> Any:
        if isinstance(label, list | tuple):
            return [one for one in label if one in names] or None
        return label if label in names else None

    frame = frame.copy()
    frame[y_col] = frame[y_col].apply(taken)
    return frame.dropna(subset=[y_col]), names
