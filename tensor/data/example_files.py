"""Files of serialized examples: batches of their features; datasets written as such."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.public_api import export
from tensor.core.tensor_spec import TensorSpec
from tensor.data.dataset import Dataset
from tensor.data.files import STRING, TFRecordDataset
from tensor.io import gfile, records
from tensor.io.example_parsing import parse_example

AUTOTUNE = -1
MANY = 2


@export("data.experimental.parse_example_dataset")
def parse_example_dataset(
    features: Any, num_parallel_calls: Any = 1, deterministic: bool | None = None
) -> Any:
    """Return a transformation of batches of serialized examples into their features.

    Raises:
        ValueError: `features` is None.
    """
    if features is None:
        raise ValueError("Argument `features` is required, but not specified.")

    def parsed(dataset: Any) -> Any:
        if not TensorSpec([None], dtypes.string).is_compatible_with(
            dataset.element_spec
        ):
            raise TypeError(
                "Input dataset should be a dataset of vectors of strings. Instead it "
                f"is {dataset.element_spec!r}."
            )
        return dataset.map(
            lambda batch: parse_example(batch, features), num_parallel_calls
        )

    return parsed


@export("data.experimental.make_batched_features_dataset")
def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: Any,
    features: Any,
    reader: Any = None,
    label_key: str | None = None,
    reader_args: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    reader_num_threads: int | None = None,
    parser_num_threads: int | None = None,
    sloppy_ordering: bool = False,
    drop_final_batch: bool = False,
) -> Any:
    """Read files of serialized examples into batches: dictionaries of features.

    Args:
        file_pattern: A pattern or a list of them.
        batch_size: How many examples a batch holds.
        features: What to parse; see `tf.io.parse_example`.
        reader: Makes a dataset of serialized examples of a file's name; TFRecord files
            by default.
        label_key: A feature to be returned beside the dictionary, as the label.
        reader_args: Further arguments of `reader`.
        num_epochs: How often to go over the files; without end by default.
        shuffle: Whether to shuffle files and examples.
        shuffle_buffer_size: How many examples to choose among.
        shuffle_seed: The seed of the order.
        prefetch_buffer_size: How many batches to make ahead.
        reader_num_threads: From how many files to take examples in turn.
        parser_num_threads: How many batches to parse at once.
        sloppy_ordering: Accepted for compatibility: the order is always kept.
        drop_final_batch: Whether to leave out a last batch that is smaller.

    Raises:
        ValueError: `label_key` is no feature.
        InvalidArgumentError: No file fits.
    """
    names = _files(file_pattern)
    dataset: Any = Dataset.from_tensor_slices(names)  # type: ignore[attr-defined]
    if shuffle:
        dataset = dataset.shuffle(len(names), shuffle_seed)
    read = TFRecordDataset if reader is None else reader
    dataset = dataset.interleave(
        lambda name: read(name, *(reader_args or [])),
        1 if reader_num_threads is None else reader_num_threads,
    )
    if dataset.element_spec == (STRING, STRING):
        dataset = dataset.map(lambda _, value: value)
    if shuffle:
        dataset = dataset.shuffle(shuffle_buffer_size, shuffle_seed)
    if num_epochs != 1:
        dataset = dataset.repeat(num_epochs)
    dataset = dataset.batch(batch_size, drop_final_batch or num_epochs is None)
    calls = MANY if parser_num_threads is None else parser_num_threads
    dataset = parse_example_dataset(features, calls)(dataset)
    if label_key is not None:
        if label_key not in features:
            raise ValueError(
                f"The `label_key` provided ({label_key!r}) must be one of the "
                f"`features` keys: {list(features)}."
            )
        dataset = dataset.map(lambda parsed: (parsed, parsed.pop(label_key)))
    return dataset.prefetch(
        AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size
    )


def _files(file_pattern: Any) -> np.ndarray:
    given = file_pattern if isinstance(file_pattern, list | tuple) else [file_pattern]
    found = [name for pattern in given for name in sorted(gfile.glob(pattern))]
    if not found:
        raise errors.because(
            errors.InvalidArgumentError, f"No files matched pattern: {file_pattern}"
        )
    return np.array([os.fsencode(name) for name in found], object)


@export("data.experimental.TFRecordWriter")
class TFRecordWriter:
    """Writes a dataset of strings to a TFRecord file."""

    def __init__(self, filename: Any, compression_type: Any = None) -> None:
        self._filename = filename
        self._compression_type = compression_type

    def write(self, dataset: Any) -> None:
        """Write the elements, one record each.

        Raises:
            TypeError: `dataset` is no dataset, or not one of strings.
        """
        if not isinstance(dataset, Dataset):
            raise TypeError(
                f"Invalid `dataset.` Expected a `tf.data.Dataset` object but got "
                f"{type(dataset)}."
            )
        if dataset.element_spec != STRING:
            raise TypeError(
                "Invalid `dataset`. Expected a `dataset` that produces scalar "
                "`tf.string` elements, but got a dataset which produces elements with "
                f"{dataset.element_spec!r}."
            )
        name = np.asarray(self._filename).item()
        with records.TFRecordWriter(os.fsdecode(name), self._compression_type) as file:
            for record in dataset:
                file.write(record.numpy())
