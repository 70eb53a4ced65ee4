"""Columns of ids: integers as they are, hashed strings, and ids with weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensor as tf
from tensor.feature_column.column import (
    CategoricalColumn,
    IdsAndWeights,
    as_sparse,
    check_key,
    check_string_or_integer,
)


class KeyedColumn(CategoricalColumn):
    """A column of ids made of one feature."""

    key: str
    dtype: Any

    @property
    def name(self) -> str:
        return self.key

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        return {self.key: tf.io.VarLenFeature(self.dtype)}

    @property
    def parents(self) -> list[Any]:
        return [self.key]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        x = as_sparse(transformation_cache.get(self.key, state_manager))
        return self._ids(x, state_manager)

    def _ids(self, x: Any, state_manager: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `_ids`.")

    def _check_dtype(self, x: Any) -> None:
        check_string_or_integer(x.dtype, f"column_name: {self.key} input_tensor")
        if self.dtype.is_integer != x.dtype.is_integer:
            raise ValueError(
                "Column dtype and SparseTensors dtype must be compatible. key: "
                f"{self.key}, column dtype: {self.dtype}, tensor dtype: {x.dtype}"
            )


@dataclass(unsafe_hash=True)
class HashedCategoricalColumn(KeyedColumn):
    """Ids by a hash of strings or integers."""

    key: str
    hash_bucket_size: int
    dtype: Any

    @property
    def num_buckets(self) -> int:
        return self.hash_bucket_size

    def _ids(self, x: Any, state_manager: Any) -> Any:
        self._check_dtype(x)
        text = x.values if x.dtype == tf.string else tf.as_string(x.values)
        ids = tf.strings.to_hash_bucket_fast(text, self.hash_bucket_size)
        return x.with_values(ids)


@dataclass(unsafe_hash=True)
class IdentityCategoricalColumn(KeyedColumn):
    """Integers that are ids already."""

    key: str
    number_buckets: int
    default_value: int | None

    dtype = tf.int64

    @property
    def num_buckets(self) -> int:
        return self.number_buckets

    def _ids(self, x: Any, state_manager: Any) -> Any:
        if not x.dtype.is_integer:
            raise ValueError(
                f"Invalid input, not integer. key: {self.key} dtype: {x.dtype}"
            )
        ids = tf.cast(x.values, tf.int64)
        if self.default_value is not None:
            is_outside = (ids < 0) | (ids >= self.number_buckets)
            ids = tf.where(is_outside, tf.cast(self.default_value, tf.int64), ids)
        return x.with_values(ids)


@dataclass(unsafe_hash=True)
class WeightedCategoricalColumn(CategoricalColumn):
    """Ids of a column with weights from a feature."""

    categorical_column: CategoricalColumn
    weight_feature_key: str
    dtype: Any

    @property
    def name(self) -> str:
        return f"{self.categorical_column.name}_weighted_by_{self.weight_feature_key}"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        spec = self.categorical_column.parse_example_spec
        if self.weight_feature_key in spec:
            raise ValueError(
                f"Parse config {spec[self.weight_feature_key]} already exists for "
                f"{self.weight_feature_key}."
            )
        return {**spec, self.weight_feature_key: tf.io.VarLenFeature(self.dtype)}

    @property
    def parents(self) -> list[Any]:
        return [self.categorical_column, self.weight_feature_key]

    @property
    def num_buckets(self) -> int:
        return self.categorical_column.num_buckets

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        weights = transformation_cache.get(self.weight_feature_key, state_manager)
        if self.dtype != weights.dtype:
            raise ValueError(
                f"Bad dtype, expected {self.dtype}, but got {weights.dtype}."
            )
        weights = as_sparse(weights, ignored=0)
        if not weights.dtype.is_floating:
            weights = tf.cast(weights, tf.float32)
        ids = transformation_cache.get(self.categorical_column, state_manager)
        return as_sparse(ids), weights

    def get_sparse_tensors(
        self, transformation_cache: Any, state_manager: Any
    ) -> IdsAndWeights:
        return IdsAndWeights(*transformation_cache.get(self, state_manager))


def categorical_column_with_hash_bucket(
    key: Any, hash_bucket_size: Any, dtype: Any = tf.string
) -> HashedCategoricalColumn:
    """Return a column of ids by a hash of strings or integers.

    Raises:
        ValueError: The number of buckets is not positive, or the dtype another.
    """
    if hash_bucket_size is None:
        raise ValueError(f"hash_bucket_size must be set. key: {key}")
    if hash_bucket_size < 1:
        raise ValueError(
            "hash_bucket_size must be at least 1. hash_bucket_size: "
            f"{hash_bucket_size}, key: {key}"
        )
    check_key(key)
    check_string_or_integer(dtype, f"column_name: {key}")
    return HashedCategoricalColumn(key, hash_bucket_size, dtype)


def categorical_column_with_identity(
    key: Any, num_buckets: int, default_value: int | None = None
) -> IdentityCategoricalColumn:
    """Return a column of integers that are ids already.

    Args:
        key: The feature's name.
        num_buckets: Ids are below this number.
        default_value: The id of numbers outside; none means that they are an error
            or not counted, as what uses the column sees fit.

    Raises:
        ValueError: The number or the default is out of range.
    """
    if num_buckets < 1:
        raise ValueError(f"num_buckets {num_buckets} < 1, column_name {key}")
    if default_value is not None and not 0 <= default_value < num_buckets:
        raise ValueError(
            f"default_value {default_value} not in range [0, {num_buckets}), "
            f"column_name {key}"
        )
    check_key(key)
    return IdentityCategoricalColumn(key, num_buckets, default_value)


def weighted_categorical_column(
    categorical_column: Any, weight_feature_key: str, dtype: Any = tf.float32
) -> WeightedCategoricalColumn:
    """Return a column of ids with weights from another feature.

    Raises:
        ValueError: The weights' dtype is not of numbers.
    """
    if dtype is None or not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype {dtype} is not convertible to float.")
    return WeightedCategoricalColumn(categorical_column, weight_feature_key, dtype)
