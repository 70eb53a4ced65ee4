"""Columns of ids by a vocabulary, given as a list or in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import tensor as tf
from tensor.feature_column.categorical import KeyedColumn
from tensor.feature_column.column import check_key, check_string_or_integer


class VocabularyColumn(KeyedColumn):
    """What columns with a vocabulary have in common: the table."""

    default_value: int
    num_oov_buckets: int

    def _ids(self, x: Any, state_manager: Any) -> Any:
        self._check_dtype(x)
        dtype = tf.int64 if x.dtype.is_integer else tf.string
        ids = self._table(state_manager, dtype).lookup(tf.cast(x.values, dtype))
        return x.with_values(ids)

    def _table(self, state_manager: Any, dtype: Any) -> Any:
        """Return the table, which is made once for a layer."""
        name = f"{self.key}_lookup"
        if state_manager is not None and state_manager.has_resource(self, name):
            return state_manager.get_resource(self, name)
        with tf.init_scope():
            entries = self._entries(dtype)
            if self.num_oov_buckets:
                table = tf.lookup.StaticVocabularyTable(entries, self.num_oov_buckets)
            else:
                table = tf.lookup.StaticHashTable(entries, self.default_value)
        if state_manager is not None:
            state_manager.add_resource(self, name, table)
        return table

    def _entries(self, dtype: Any) -> Any:
        """Return an initializer of the table."""
        raise NotImplementedError(f"{type(self).__name__} must define `_entries`.")


@dataclass(unsafe_hash=True)
class VocabularyListCategoricalColumn(VocabularyColumn):
    """Ids by the place in a list."""

    key: str
    vocabulary_list: tuple[Any, ...]
    dtype: Any
    default_value: int
    num_oov_buckets: int

    @property
    def num_buckets(self) -> int:
        return len(self.vocabulary_list) + self.num_oov_buckets

    def _entries(self, dtype: Any) -> Any:
        keys = tf.constant(self.vocabulary_list, dtype)
        values = tf.range(len(self.vocabulary_list), dtype=tf.int64)
        return tf.lookup.KeyValueTensorInitializer(keys, values)


@dataclass(unsafe_hash=True)
class VocabularyFileCategoricalColumn(VocabularyColumn):
    """Ids by the line in a file."""

    key: str
    vocabulary_file: str
    vocabulary_size: int
    num_oov_buckets: int
    dtype: Any
    default_value: int
    file_format: str | None

    @property
    def num_buckets(self) -> int:
        return self.vocabulary_size + self.num_oov_buckets

    def _entries(self, dtype: Any) -> Any:
        lines = _lines(self.vocabulary_file, self.file_format)
        if len(lines) < self.vocabulary_size:
            raise tf.errors.InvalidArgumentError(
                None,
                None,
                f"Invalid vocab_size in {self.vocabulary_file}: expected "
                f"{self.vocabulary_size} but got {len(lines)}. Pass the number of its "
                "lines, or none.",
            )
        words: Any = lines[: self.vocabulary_size]
        keys = tf.constant([int(w) for w in words] if dtype == tf.int64 else words)
        values = tf.range(self.vocabulary_size, dtype=tf.int64)
        return tf.lookup.KeyValueTensorInitializer(tf.cast(keys, dtype), values)


def categorical_column_with_vocabulary_list(
    key: Any,
    vocabulary_list: Any,
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> VocabularyListCategoricalColumn:
    """Return a column of ids by the place in a list.

    Args:
        key: The feature's name.
        vocabulary_list: Strings or integers, none twice.
        dtype: The feature's dtype; by default that of the list.
        default_value: The id of what is not in the list; -1 means that it is left out.
        num_oov_buckets: How many ids, by a hash, there are for what is not in the list.

    Raises:
        ValueError: The list is empty, says something twice or has another dtype; or
            both ways for what is not in it are given.
    """
    if vocabulary_list is None or len(vocabulary_list) < 1:
        raise ValueError(
            f"vocabulary_list {vocabulary_list} must be non-empty, column_name: {key}"
        )
    if len(set(vocabulary_list)) != len(vocabulary_list):
        raise ValueError(
            f"Duplicate keys in vocabulary_list {vocabulary_list}, column_name: {key}"
        )
    own = tf.as_dtype(np.array(vocabulary_list).dtype)
    _check_oov(key, num_oov_buckets, default_value != -1)
    check_string_or_integer(own, f"column_name: {key} vocabulary")
    if dtype is not None and dtype.is_integer != own.is_integer:
        raise ValueError(
            f"dtype {dtype} and vocabulary dtype {own} do not match, column_name: {key}"
        )
    dtype = dtype or own
    check_string_or_integer(dtype, f"column_name: {key}")
    check_key(key)
    return VocabularyListCategoricalColumn(
        key, tuple(vocabulary_list), dtype, default_value, num_oov_buckets
    )


def categorical_column_with_vocabulary_file(
    key: Any,
    vocabulary_file: Any,
    vocabulary_size: int | None = None,
    dtype: Any = tf.string,
    default_value: int | None = None,
    num_oov_buckets: int = 0,
    file_format: str | None = None,
) -> VocabularyFileCategoricalColumn:
    """Return a column of ids by the line in a file.

    Args:
        key: The feature's name.
        vocabulary_file: The file, one entry a line.
        vocabulary_size: How many lines count; all by default.
        dtype: The feature's dtype, string or integer.
        default_value: The id of what is not in the file; -1, the default, means that
            it is left out.
        num_oov_buckets: How many ids, by a hash, there are for what is not in the file.
        file_format: None for text, "tfrecord_gzip" for compressed records.

    Raises:
        ValueError: There is no file, or an argument is out of range.
    """
    if not vocabulary_file:
        raise ValueError(f"Missing vocabulary_file in {key}.")
    if file_format is None and vocabulary_file.endswith("tfrecord.gz"):
        file_format = "tfrecord_gzip"
    if vocabulary_size is None:
        if not tf.io.gfile.exists(vocabulary_file):
            raise ValueError(
                f"vocabulary_file in {key} does not exist. Given: {vocabulary_file}"
            )
        vocabulary_size = len(_lines(vocabulary_file, file_format))
    if vocabulary_size < 1:
        raise ValueError(f"Invalid vocabulary_size in {key}.")
    _check_oov(key, num_oov_buckets, default_value is not None)
    check_string_or_integer(dtype, f"column_name: {key}")
    check_key(key)
    return VocabularyFileCategoricalColumn(
        key,
        vocabulary_file,
        vocabulary_size,
        num_oov_buckets or 0,
        dtype,
        -1 if default_value is None else default_value,
        file_format,
    )


def _check_oov(key: str, num_oov_buckets: int, has_default: bool) -> None:
    if num_oov_buckets and has_default:
        raise ValueError(
            f"Can't specify both num_oov_buckets and default_value in {key}."
        )
    if num_oov_buckets and num_oov_buckets < 0:
        raise ValueError(f"Invalid num_oov_buckets {num_oov_buckets} in {key}.")


def _lines(path: str, file_format: str | None) -> list[bytes]:
    if file_format == "tfrecord_gzip":
        records = tf.data.TFRecordDataset(path, compression_type="GZIP")
        return [record.numpy() for record in records]
    with tf.io.gfile.GFile(path, "rb") as file:
        return list(file.read().splitlines())
