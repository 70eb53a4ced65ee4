"""tf.lookup.experimental: tables whose content changes, inside functions too."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.ops.lookup import Table, find_in
from tensor.ops.table_ops import lookup_table_insert, lookup_table_remove


@export("lookup.experimental.MutableHashTable")
class MutableHashTable(Table):
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

    def lookup(
        self, keys: Any, dynamic_default_values: Any = None, name: Any = None
    ) -> Any:
        """Return the value for each key, or a default where there is none.

        Args:
            keys: Keys of the table's dtype.
            dynamic_default_values: What stands in for the table's default: one value,
                or one for each key.
            name: A name for the node.

        Raises:
            ValueError: The keys have another dtype than the table's.
        """
        if dynamic_default_values is None:
            return find_in(self, keys)
        return find_in(self, keys, convert(dynamic_default_values, self._value_dtype))

    def find(self, keys: Any, defaults: Any) -> Any:
        """Return the values for a tensor of keys."""
        return super().find(convert(keys, self._key_dtype), defaults)

    def insert(self, keys: Any, values: Any, name: Any = None) -> Any:
        """Put values under keys, in place of what was there.

        Raises:
            InvalidArgumentError: The values have not the shape of the keys, followed by
                that of the default.
        """
        keys = convert(keys, self._key_dtype)
        values = convert(values, self._value_dtype)
        return lookup_table_insert(keys, values, table=self, name=name) or None

    def remove(self, keys: Any, name: Any = None) -> Any:
        """Take keys out; those that are not there are ignored.

        Raises:
            TypeError: The keys have another dtype than the table's.
        """
        keys = convert(keys, hint=self._key_dtype)
        if keys.dtype is not self._key_dtype:
            raise TypeError(
                f"Dtype of argument `keys` must be {self._key_dtype!s}, received: "
                f"{keys.dtype!s}"
            )
        return lookup_table_remove(keys, table=self, name=name) or None

    # ---- arrays, for the ops

    def put(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Put values under keys."""
        given = keys.shape[: keys.ndim - len(self.key_shape)]
        if values.shape != (*given, *self.value_shape):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Expected shape {_text((*given, *self.value_shape))} for value, got "
                f"{_text(values.shape)}",
            )
        wanted = self.keys_in(keys)
        rows = values.reshape(len(wanted), *self.value_shape)
        with self._lock:
            self._entries.update(zip(wanted, rows, strict=True))

    def take_out(self, keys: np.ndarray) -> None:
        """Take keys out."""
        wanted = self.keys_in(keys)
        with self._lock:
            for key in wanted:
                self._entries.pop(key, None)

    # ---- checkpoints

    def _checkpoint_values(self) -> dict[str, Any]:
        keys, values = self.content()
        return {"table": {"-keys": keys, "-values": values}}

    def _restore_checkpoint_value(self, name: str, value: Any) -> None:
        keys, values = value["-keys"], value["-values"]
        self._entries.clear()
        self.put(keys, values.reshape(len(keys), *self.value_shape))


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


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
            empty_key: A key that must not be used; a vector if keys are.
            deleted_key: Another one.
            initial_num_buckets: Checked for compatibility.
            name: A name.
            checkpoint: Accepted for compatibility.
            experimental_is_anonymous: Accepted for compatibility.

        Raises:
            InvalidArgumentError: The two keys are equal, or the number of buckets is no
                power of two.
        """
        super().__init__(key_dtype, value_dtype, default_value, name)
        self.key_shape = np.shape(np.asarray(convert(empty_key, self._key_dtype)))
        self._reserved: dict[Any, str] = {}
        for key, use in ((empty_key, "empty_key"), (deleted_key, "deleted_key")):
            array = np.asarray(convert(key, self._key_dtype))
            self._reserved.setdefault(super().keys_in(array)[0], use)
        if len(self._reserved) < 2:
            raise errors.because(
                errors.InvalidArgumentError, "Empty and deleted keys cannot be equal"
            )
        count = initial_num_buckets
        if count is not None and (count < 4 or count & (count - 1)):
            raise errors.because(
                errors.InvalidArgumentError,
                f"Number of buckets must be at least 4 and a power of 2, got: {count}",
            )

    def keys_in(self, keys: np.ndarray) -> list[Any]:
        """Return keys as Python values.

        Raises:
            InvalidArgumentError: One is among those that are set aside.
        """
        wanted = super().keys_in(keys)
        for reserved, use in self._reserved.items():
            if reserved in wanted:
                raise errors.because(
                    errors.InvalidArgumentError,
                    f"Using the {use} as a table key is not allowed: {reserved!r}.",
                )
        return wanted

    def _restore_checkpoint_value(self, name: str, value: Any) -> None:
        keys = value["-keys"].reshape(-1, *self.key_shape)
        # TensorFlow saves the buckets that are empty, too.
        used = [key not in self._reserved for key in super().keys_in(keys)]
        parts = {"-keys": keys[used], "-values": value["-values"][used]}
        super()._restore_checkpoint_value(name, parts)

    def erase(self, keys: Any, name: Any = None) -> Any:
        """Take keys out; those that are not there are ignored."""
        return self.remove(keys, name)
