"""split_dataset: a dataset, or arrays, as two datasets."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import tensor as tf
from tensor.core import nest
from tensor.data.batch import Batch
from tensor.data.dataset import Dataset
from tensor.data.sources import from_tensor_slices


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """Return the first examples as one dataset and the last ones as another.

    Args:
        dataset: A dataset, an array, or a tuple or list of arrays with one row an
            example. A batched dataset is split by examples, and batched again.
        left_size: How many examples, or what share of them, go to the left.
        right_size: The same for the right; the rest by default.
        shuffle: Whether to mix the examples before.
        seed: What the order of mixing depends on.

    Raises:
        TypeError: The data are of another kind, or a size is no number.
        ValueError: No size is given, or a part would be empty or too large.
    """
    if left_size is None and right_size is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. "
            "Received: left_size=None and right_size=None"
        )
    examples, batch_size = _examples(dataset)
    if shuffle:
        mixing = random.Random(random.randint(0, int(1e6)) if seed is None else seed)
        mixing.shuffle(examples)
    left, right = _sizes(left_size, right_size, len(examples))
    parts = (examples[:left], examples[len(examples) - right :])
    first, second = (_as_dataset(part, batch_size) for part in parts)
    return first, second


def _examples(data: Any) -> tuple[list[Any], int | None]:
    """Return examples as arrays in their structure, and the size of batches if any."""
    if isinstance(data, Dataset):
        if isinstance(data, Batch):
            return list(data.unbatch().as_numpy_iterator()), int(data.batch_size)
        return list(data.as_numpy_iterator()), None
    if not isinstance(data, list | tuple | np.ndarray):
        raise TypeError(
            "The `dataset` argument must be either a `tf.data.Dataset` object or a "
            f"list/tuple of arrays. Received: dataset={data} of type {type(data)}"
        )
    if isinstance(data, tuple):
        return [tuple(rows) for rows in zip(*data, strict=True)], None
    return list(data), None


def _as_dataset(examples: list[Any], batch_size: int | None) -> Any:
    stacked = nest.map_structure(lambda *rows: np.stack(rows), *examples)
    dataset = from_tensor_slices(stacked)
    if batch_size is not None:
        dataset = dataset.batch(batch_size)
    return dataset.prefetch(tf.data.AUTOTUNE)


def _sizes(left: Any, right: Any, total: int) -> tuple[int, int]:
    """Return both sizes as numbers of examples.

    Raises:
        TypeError: One is no number.
        ValueError: They do not fit the number of examples.
    """
    counts = [
        None if size is None else _count(name, size, total)
        for name, size in (("left_size", left), ("right_size", right))
    ]
    first = total - (counts[1] or 0) if counts[0] is None else counts[0]
    second = total - first if counts[1] is None else counts[1]
    if first + second > total:
        raise ValueError(
            "The sum of `left_size` and `right_size` should be smaller than or equal "
            f"to {total}. Received: left_size={left} and right_size={right}"
        )
    if 0 in (first, second):
        raise ValueError(
            f"With `dataset` of length={total}, `left_size`={left} and "
            f"`right_size`={right}, one of the parts will be empty. Adjust any of "
            "the aforementioned parameters"
        )
    return first, second


def _count(name: str, size: Any, total: int) -> int:
    if type(size) not in (int, float):
        raise TypeError(
            f"Invalid `{name}` Type. Expected: int or float or None, Received: "
            f"type({name})={type(size)}"
        )
    if not 0 < size < (total if isinstance(size, int) else 1):
        raise ValueError(
            f"`{name}` should be either a positive integer smaller than {total}, or a "
            f"float within the range `[0, 1]`. Received: {name}={size}"
        )
    return size if isinstance(size, int) else round(size * total)
