"""Lookup tables whose content is a dataset of pairs of a key and a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes
from tensor.core.public_api import export
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.data.selection import AssertCardinality
from tensor.ops.lookup import StaticHashTable, StaticVocabularyTable

if TYPE_CHECKING:
    from tensor.data.dataset import Dataset

_FORM = (
    "Datasets used to initialize lookup tables must produce elements in the form "
    "(key, value), where the keys and values are scalar tensors. "
)


@export("data.experimental.DatasetInitializer")
class DatasetInitializer:
    """The content of a table, as a dataset of pairs of a key and a value."""

    def __init__(self, dataset: Dataset) -> None:
        """Check what the dataset's elements are.

        Raises:
            ValueError: They are no pairs of scalars.
        """
        spec = dataset.element_spec
        if not isinstance(spec, tuple) or len(spec) != 2:
            count = len(spec) if isinstance(spec, tuple) else 1
            raise ValueError(
                f"{_FORM}However, the given dataset produces {count} components "
                f"instead of two (key, value) components: {spec!r}."
            )
        for part, what in zip(spec, ("key", "value"), strict=True):
            if not isinstance(part, TensorSpec) or part.dims not in (None, ()):
                raise ValueError(
                    f"{_FORM}However, the given dataset produces non-scalar {what} "
                    f"Tensors, {part!r}."
                )
        self.dataset = dataset
        self._key_dtype: dtypes.DType = spec[0].dtype
        self._value_dtype: dtypes.DType = spec[1].dtype

    @property
    def key_dtype(self) -> dtypes.DType:
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """The dtype of the values."""
        return self._value_dtype

    def content(self) -> tuple[np.ndarray, np.ndarray]:
        """Return keys and values as vectors."""
        stream = self.dataset.open()
        try:
            pairs = [(key[()], value[()]) for key, value in stream]
        finally:
            stream.close()
        keys = np.array([key for key, _ in pairs], self._key_dtype.numpy_dtype)
        values = np.array([value for _, value in pairs], self._value_dtype.numpy_dtype)
        return keys, values


@export("data.experimental.table_from_dataset")
def table_from_dataset(
    dataset: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: Any = None,
    default_value: Any = None,
    hasher_spec: Any = None,
    key_dtype: Any = dtypes.string,
    name: str | None = None,
) -> Any:
    """Return a lookup table of the pairs of a key and a value in a dataset.

    Args:
        dataset: The pairs.
        num_oov_buckets: How many ids, after those of the table, unknown keys share by
            their hash.
        vocab_size: How many pairs there are, checked when they are read.
        default_value: The value of unknown keys if there are no buckets.
        hasher_spec: Accepted for compatibility: keys are hashed by their fingerprint.
        key_dtype: The dtype of the keys.
        name: The table's name.

    Raises:
        ValueError: A number is too small, or elements are no pairs.
        TypeError: The keys have another dtype.
    """
    if num_oov_buckets < 0:
        raise ValueError(
            "`num_oov_buckets` must be greater than or equal to 0, got "
            f"{num_oov_buckets}."
        )
    if vocab_size is not None:
        if not isinstance(vocab_size, Tensor) and vocab_size < 1:
            raise ValueError(f"`vocab_size` must be greater than 0, got {vocab_size}.")
        size = int(vocab_size)
        dataset = dataset.take(size).apply(lambda pairs: AssertCardinality(pairs, size))
    content = DatasetInitializer(dataset)
    expected = dtypes.as_dtype(key_dtype)
    if content.key_dtype is not expected:
        kind = "integer" if expected.is_integer else "non-integer"
        raise TypeError(
            f"Invalid `key dtype`, expected {kind} but got {content.key_dtype!r}: "
            f"`key_dtype` is {expected!r}."
        )
    if num_oov_buckets:
        return StaticVocabularyTable(content, num_oov_buckets, name=name)
    if default_value is None:
        default_value = "" if content.value_dtype is dtypes.string else -1
    return StaticHashTable(content, default_value, name=name)


@export("data.experimental.index_table_from_dataset")
def index_table_from_dataset(
    dataset: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: Any = None,
    default_value: Any = -1,
    hasher_spec: Any = None,
    key_dtype: Any = None,
    name: str | None = None,
) -> Any:
    """Return a lookup table from the elements of a dataset to their numbers.

    See `table_from_dataset` for the arguments.
    """
    return table_from_dataset(
        dataset.enumerate().map(lambda number, key: (key, number)),
        num_oov_buckets,
        vocab_size,
        default_value,
        hasher_spec,
        dataset.element_spec.dtype if key_dtype is None else key_dtype,
        name,
    )
