"""tf.lookup: tables from keys to values whose content does not change."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.ops.strings.hashing import fingerprints
from tensor.ops.table_ops import (
    lookup_table_export,
    lookup_table_find,
    lookup_table_size,
)


class Table:
    """What all tables do: find values by keys.

    Attributes:
        key_shape: The shape of one key; keys are numbers and texts, or vectors.
    """

    key_shape: tuple[int, ...] = ()

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Any, name: Any
    ) -> None:
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)
        self._default_value = convert(default_value, self._value_dtype)
        self._name = name
        # The content, by Python values of the keys.
        self._entries: dict[Any, Any] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str | None:
        """The name that was given."""
        return self._name

    @property
    def key_dtype(self) -> dtypes.DType:
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """The dtype of the values."""
        return self._value_dtype

    @property
    def default_value(self) -> Any:
        """What is found for keys that are not there."""
        return self._default_value

    @property
    def value_shape(self) -> tuple[int, ...]:
        """The shape of one value."""
        return self._default_value.static_shape

    # ---- arrays, for the ops

    def keys_in(self, keys: np.ndarray) -> list[Any]:
        """Return keys as Python values."""
        if not self.key_shape:
            return keys.reshape(-1).tolist()
        rows = keys.reshape(-1, *self.key_shape).tolist()
        return [tuple(row) for row in rows]

    def found(self, keys: np.ndarray, defaults: Any = None) -> np.ndarray:
        """Return the values for keys; defaults where there is none."""
        own_shape = self.value_shape
        shape = (*keys.shape[: keys.ndim - len(self.key_shape)], *own_shape)
        wanted = self.keys_in(keys)
        if defaults is None:
            defaults = np.asarray(self._default_value)
        filled = np.broadcast_to(defaults, (len(wanted), *own_shape))
        result = np.array(filled, self._value_dtype.numpy_dtype)
        for i, key in enumerate(wanted):
            value = self._entries.get(key)
            if value is not None:
                result[i] = value
        return result.reshape(shape)

    def count(self) -> int:
        """Return how many keys there are."""
        return len(self._entries)

    def content(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all keys and all values."""
        with self._lock:
            entries = list(self._entries.items())
        keys = np.empty((len(entries), *self.key_shape), self._key_dtype.numpy_dtype)
        values = np.empty(
            (len(entries), *self.value_shape), self._value_dtype.numpy_dtype
        )
        for i, (key, value) in enumerate(entries):
            keys[i], values[i] = key, value
        return keys, values

    # ---- what users call

    def lookup(self, keys: Any, name: Any = None) -> Any:
        """Return the value for each key, the default where there is none.

        Raises:
            TypeError: The keys have another dtype than the table's.
        """
        return find_in(self, keys)

    def find(self, keys: Any, defaults: Any) -> Any:
        """Return the values for a tensor of keys."""
        keys = (
            convert(keys) if hasattr(keys, "dtype") else convert(keys, self._key_dtype)
        )
        if keys.dtype is not self._key_dtype:
            raise TypeError(
                f"Dtype of argument `keys` must be {self._key_dtype!s}, received: "
                f"{keys.dtype!s}"
            )
        return lookup_table_find(keys, *defaults, table=self)

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def size(self, name: Any = None) -> Any:
        """Return how many keys there are."""
        return lookup_table_size.produce(table=self, name=name)

    def export(self, name: Any = None) -> tuple[Any, Any]:
        """Return all keys and all values."""
        keys, values = lookup_table_export.produce(table=self, name=name)
        return keys, values


def find_in(table: Any, keys: Any, *defaults: Any) -> Any:
    """Return what a table has for keys: a tensor, or ragged or sparse ones."""
    return _find(keys, table, defaults)


@takes_composites
def _find(keys: Any, table: Any, defaults: tuple[Any, ...]) -> Any:
    if hasattr(keys, "with_flat_values"):
        return keys.with_flat_values(_find(keys.flat_values, table, defaults))
    if hasattr(keys, "with_values"):
        return keys.with_values(_find(keys.values, table, defaults))
    return table.find(keys, defaults)


@export("lookup.StaticHashTable")
class StaticHashTable(Table):
    """A table whose content does not change."""

    def __init__(
        self,
        initializer: Any,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        """Fill the table.

        Raises:
            FailedPreconditionError: A key has two different values.
            InvalidArgumentError: There are more or fewer values than keys.
        """
        super().__init__(
            initializer.key_dtype, initializer.value_dtype, default_value, name
        )
        keys, values = initializer.content()
        if keys.shape != values.shape:
            raise errors.because(
                errors.InvalidArgumentError,
                f"Expected shape {list(keys.shape)} for value, got "
                f"{list(values.shape)}",
            )
        for key, value in zip(keys.tolist(), values, strict=True):
            if self._entries.setdefault(key, value) != value:
                shown = key.decode() if isinstance(key, bytes) else key
                raise errors.because(
                    errors.FailedPreconditionError,
                    f"HashTable has different value for same key. Key {shown} has "
                    f"{self._entries[key]} and trying to add value {value}",
                )


@export("lookup.StaticVocabularyTable")
class StaticVocabularyTable:
    """A table from strings or integers to ids, with buckets for unknown keys."""

    def __init__(
        self,
        initializer: Any,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        """Fill the table; without an initializer all keys go to buckets.

        Raises:
            ValueError: There is no bucket.
            TypeError: The values are not int64, or the keys neither int64 nor strings.
        """
        if num_oov_buckets <= 0:
            raise ValueError(
                f"`num_oov_buckets` must be > 0; use StaticHashTable. Received: "
                f"{num_oov_buckets}"
            )
        self._table = None
        if initializer is not None:
            if initializer.value_dtype is not dtypes.int64:
                raise TypeError(
                    f"Invalid `value_dtype`, expected {dtypes.int64!s} but got "
                    f"{initializer.value_dtype!s}."
                )
            if initializer.key_dtype not in (dtypes.int64, dtypes.string):
                raise TypeError(
                    "Invalid `key_dtype`, expected one of (tf.int64, tf.string), but "
                    f"got {initializer.key_dtype!s}."
                )
            self._table = StaticHashTable(initializer, -1)
        kind = lookup_key_dtype or (initializer and initializer.key_dtype)
        self._key_dtype = dtypes.as_dtype(kind or dtypes.string)
        self._buckets = int(num_oov_buckets)
        self._name = name

    @property
    def name(self) -> str | None:
        """The name that was given."""
        return self._name

    @property
    def key_dtype(self) -> dtypes.DType:
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """The dtype of the ids: int64."""
        return dtypes.int64

    def size(self, name: Any = None) -> Any:
        """Return the number of ids, buckets among them."""
        known = 0 if self._table is None else self._table.count()
        return constant_tensor(np.int64(known + self._buckets))

    key_shape: tuple[int, ...] = ()
    value_shape: tuple[int, ...] = ()

    def found(self, keys: np.ndarray) -> np.ndarray:
        """Return the ids of keys."""
        texts = keys
        if keys.dtype.kind != "O":
            texts = np.array([str(k).encode() for k in keys.reshape(-1)], object)
            texts = texts.reshape(keys.shape)
        known = 0 if self._table is None else self._table.count()
        buckets = (fingerprints(texts) % np.uint64(self._buckets)).astype(np.int64)
        if self._table is None:
            return buckets
        ids = self._table.found(keys.astype(self._table.key_dtype.numpy_dtype))
        return np.where(ids >= 0, ids, buckets + known)

    def lookup(self, keys: Any, name: Any = None) -> Any:
        """Return the id of each key; unknown keys go to buckets by their hash.

        Raises:
            TypeError: The keys have another dtype than the table's.
        """
        return find_in(self, keys)

    def find(self, keys: Any, defaults: Any) -> Any:
        """Return the ids of a tensor of keys."""
        keys = convert(keys)
        if keys.dtype is not self._key_dtype:
            raise TypeError(
                f"Dtype of argument `keys` must be {self._key_dtype!s}, received: "
                f"{keys.dtype!s}"
            )
        return lookup_table_find(keys, table=self)

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)
