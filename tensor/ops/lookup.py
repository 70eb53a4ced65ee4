"""tf.lookup: tables from keys to values."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import cast_
from tensor.ops.lookup_content import KeyValueTensorInitializer
from tensor.ops.strings.hashing import fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterator


class LookupTableFind(Op):
    """The values that a table has for keys."""

    type_name = "LookupTableFindV2"
    kind = "stateful"  # some tables change
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, keys: Any, table: Any) -> Any:
        return table._found(np.asarray(keys))

    def infer(self, keys: TensorSpec, table: Any) -> TensorSpec:
        dims = None if keys.dims is None else (*keys.dims, *table._value_shape)
        return TensorSpec.of(dims, table.value_dtype)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        content = KeyValueTensorInitializer(["a", "b"], np.array([3, 5]))
        table = StaticHashTable(content, -1)
        for keys in ([[b"a", b"x"]], []):
            yield Sample(np.array(keys, object), table=table)


lookup_table_find = register(LookupTableFind)


class _Table:
    """What all tables do: find values by keys.

    Attributes:
        _entries: The content, by Python values of the keys.
    """

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Any, name: Any
    ) -> None:
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)
        self._default_value = convert(default_value, self._value_dtype)
        self._name = name
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
    def _value_shape(self) -> tuple[int, ...]:
        return self._default_value.static_shape

    def _found(self, keys: np.ndarray) -> np.ndarray:
        default = np.asarray(self._default_value)
        own_shape = default.shape
        result = np.empty((keys.size, *own_shape), self._value_dtype.numpy_dtype)
        default = default[()]  # a text, not an array that holds one
        for i, key in enumerate(keys.reshape(-1).tolist()):
            result[i] = self._entries.get(key, default)
        return result.reshape((*keys.shape, *own_shape))

    def lookup(self, keys: Any, name: Any = None) -> Any:
        """Return the value for each key, the default where there is none.

        Raises:
            TypeError: The keys have another dtype than the table's.
        """
        return _lookup(keys, table=self)

    def _lookup_tensor(self, keys: Any) -> Any:
        keys = (
            convert(keys) if hasattr(keys, "dtype") else convert(keys, self._key_dtype)
        )
        if keys.dtype is not self._key_dtype:
            raise TypeError(
                f"Dtype of argument `keys` must be {self._key_dtype!s}, received: "
                f"{keys.dtype!s}"
            )
        return lookup_table_find(keys, table=self)

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def size(self, name: Any = None) -> Any:
        """Return how many keys there are."""
        return constant_tensor(np.int64(len(self._entries)))

    def export(self, name: Any = None) -> tuple[Any, Any]:
        """Return all keys and all values."""
        keys = np.empty(len(self._entries), self._key_dtype.numpy_dtype)
        keys[:] = list(self._entries)
        shape = (len(keys), *self._default_value.static_shape)
        values = np.empty(shape, self._value_dtype.numpy_dtype)
        for i, value in enumerate(self._entries.values()):
            values[i] = value
        return constant_tensor(keys), constant_tensor(values)


@takes_composites
def _lookup(keys: Any, table: Any) -> Any:
    if hasattr(keys, "with_flat_values"):
        return keys.with_flat_values(table.lookup(keys.flat_values))
    if hasattr(keys, "with_values"):
        return keys.with_values(table.lookup(keys.values))
    return table._lookup_tensor(keys)


@export("lookup.StaticHashTable")
class StaticHashTable(_Table):
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
        """
        super().__init__(
            initializer.key_dtype, initializer.value_dtype, default_value, name
        )
        keys, values = initializer.content()
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
            TypeError: The values are not int64.
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
                    f"Invalid `value_dtype`, expected int64 but got "
                    f"{initializer.value_dtype!s}."
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
        known = 0 if self._table is None else int(self._table.size())
        return constant_tensor(np.int64(known + self._buckets))

    _value_shape = ()

    def _found(self, keys: np.ndarray) -> np.ndarray:
        texts = keys
        if keys.dtype.kind != "O":
            texts = np.array([str(k).encode() for k in keys.reshape(-1)], object)
            texts = texts.reshape(keys.shape)
        known = 0 if self._table is None else int(self._table.size())
        buckets = (fingerprints(texts) % np.uint64(self._buckets)).astype(np.int64)
        if self._table is None:
            return buckets
        ids = self._table._found(keys.astype(self._table.key_dtype.numpy_dtype))
        return np.where(ids >= 0, ids, buckets + known)

    def lookup(self, keys: Any, name: Any = None) -> Any:
        """Return the id of each key; unknown keys go to buckets by their hash.

        Raises:
            TypeError: The keys have another dtype than the table's.
        """
        return _lookup(keys, table=self)

    def _lookup_tensor(self, keys: Any) -> Any:
        keys = convert(keys)
        if keys.dtype is not self._key_dtype:
            raise TypeError(
                f"Dtype of argument `keys` must be {self._key_dtype!s}, received: "
                f"{keys.dtype!s}"
            )
        return lookup_table_find(keys, table=self)

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)


@export("lookup.experimental.MutableHashTable")
class MutableHashTable(_Table):
    """A table whose content changes."""

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(key_dtype, value_dtype, default_value, name)

    def insert(self, keys: Any, values: Any, name: Any = None) -> None:
        """Put values under keys, in place of what was there."""
        keys = np.ravel(np.asarray(convert(keys, self._key_dtype)))
        values = np.asarray(convert(values, self._value_dtype))
        values = values.reshape((len(keys), *self._default_value.static_shape))
        with self._lock:
            for key, value in zip(keys.tolist(), values, strict=True):
                self._entries[key] = value

    def remove(self, keys: Any, name: Any = None) -> None:
        """Take keys out; those that are not there are ignored."""
        keys = (
            convert(keys, self._key_dtype) if isinstance(keys, list) else convert(keys)
        )
        with self._lock:
            for key in np.ravel(np.asarray(keys)).tolist():
                self._entries.pop(key, None)


@export("lookup.experimental.DenseHashTable")
class DenseHashTable(MutableHashTable):
    """A table whose content changes, with two keys that are set aside."""

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        """Make an empty table.

        Args:
            key_dtype: The dtype of the keys.
            value_dtype: The dtype of the values.
            default_value: What is found for keys that are not there.
            empty_key: A key that must not be used.
            deleted_key: Another one.
            initial_num_buckets: Accepted for compatibility.
            name: A name.
            checkpoint: Accepted for compatibility.
            experimental_is_anonymous: Accepted for compatibility.
        """
        super().__init__(key_dtype, value_dtype, default_value, name)
        self._reserved = [
            np.asarray(convert(k, self._key_dtype)).tolist()
            for k in (empty_key, deleted_key)
        ]

    def insert(self, keys: Any, values: Any, name: Any = None) -> None:
        """Put values under keys, in place of what was there.

        Raises:
            InvalidArgumentError: A key is one of those set aside.
        """
        for key in np.ravel(np.asarray(convert(keys, self._key_dtype))).tolist():
            if key in self._reserved:
                raise errors.because(
                    errors.InvalidArgumentError,
                    "Using the empty_key or deleted_key as a table key is not allowed",
                )
        super().insert(keys, values)

    def erase(self, keys: Any, name: Any = None) -> None:
        """Take keys out; those that are not there are ignored."""
        self.remove(cast_(keys, self._key_dtype))
