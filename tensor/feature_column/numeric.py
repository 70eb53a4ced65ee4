"""Columns of real numbers, as they are or by the bucket that they fall into."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import tensor as tf
from tensor.core import nest
from tensor.feature_column.column import (
    CategoricalColumn,
    DenseColumn,
    IdsAndWeights,
    check_key,
)


@dataclass(unsafe_hash=True)
class NumericColumn(DenseColumn):
    """Numbers as they are, or as a function makes them."""

    key: str
    shape: tuple[int, ...]
    default_value: Any
    dtype: Any
    normalizer_fn: Any

    @property
    def name(self) -> str:
        return self.key

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        feature = tf.io.FixedLenFeature(self.shape, self.dtype, self.default_value)
        return {self.key: feature}

    @property
    def parents(self) -> list[Any]:
        return [self.key]

    @property
    def variable_shape(self) -> Any:
        return tf.TensorShape(self.shape)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        x = transformation_cache.get(self.key, state_manager)
        if isinstance(x, tf.SparseTensor):
            raise ValueError(
                "The corresponding Tensor of numerical column must be a Tensor. "
                f"SparseTensor is not supported. key: {self.key}"
            )
        if self.normalizer_fn is not None:
            x = self.normalizer_fn(x)
        return tf.cast(x, tf.float32)


@dataclass(unsafe_hash=True)
class BucketizedColumn(DenseColumn, CategoricalColumn):
    """The bucket that a number falls into, as a vector with a one or as an id."""

    source_column: NumericColumn
    boundaries: tuple[float, ...]

    @property
    def name(self) -> str:
        return f"{self.source_column.name}_bucketized"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        return self.source_column.parse_example_spec

    @property
    def parents(self) -> list[Any]:
        return [self.source_column]

    @property
    def _buckets(self) -> int:
        return len(self.boundaries) + 1

    @property
    def variable_shape(self) -> Any:
        return tf.TensorShape((*self.source_column.shape, self._buckets))

    @property
    def num_buckets(self) -> int:
        return self._buckets * self.source_column.shape[0]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        x = transformation_cache.get(self.source_column, state_manager)
        boundaries = tf.constant(self.boundaries, tf.float32)
        places = tf.searchsorted(boundaries, tf.reshape(x, [-1]), side="right")
        return tf.reshape(places, tf.shape(x))

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        places = transformation_cache.get(self, state_manager)
        return tf.one_hot(tf.cast(places, tf.int64), self._buckets)

    def get_sparse_tensors(
        self, transformation_cache: Any, state_manager: Any
    ) -> IdsAndWeights:
        """Return one id for each number; each place in the vector has its own ids."""
        places = transformation_cache.get(self, state_manager)
        batch, width = tf.shape(places)[0], self.source_column.shape[0]
        rows = tf.repeat(tf.range(batch), width)
        columns = tf.tile(tf.range(width), [batch])
        ids = tf.reshape(places, [-1]) + self._buckets * columns
        indices = tf.cast(tf.stack([rows, columns], axis=1), tf.int64)
        shape = tf.cast(tf.stack([batch, width]), tf.int64)
        return IdsAndWeights(tf.SparseTensor(indices, ids, shape), None)


def numeric_column(
    key: Any,
    shape: Any = (1,),
    default_value: Any = None,
    dtype: Any = tf.float32,
    normalizer_fn: Any = None,
) -> NumericColumn:
    """Return a column of real numbers.

    Args:
        key: The feature's name.
        shape: The shape of one example.
        default_value: What stands for a feature that an `Example` lacks.
        dtype: The feature's dtype; the column's numbers are float32.
        normalizer_fn: What is applied to the feature.

    Raises:
        TypeError: A dimension, the default or the function is none.
        ValueError: A dimension is not positive, or the dtype not of numbers.
    """
    shape, default = checked_numbers(key, shape, dtype, default_value, normalizer_fn)
    check_key(key)
    return NumericColumn(key, shape, default, dtype, normalizer_fn)


def bucketized_column(source_column: Any, boundaries: Any) -> BucketizedColumn:
    """Return a column of the buckets that numbers fall into.

    Args:
        source_column: A numeric column of one axis.
        boundaries: Where each bucket but the first begins, in ascending order.

    Raises:
        ValueError: The column is another, or the boundaries are not in order.
    """
    if not isinstance(source_column, NumericColumn):
        raise ValueError(
            "source_column must be a column generated with numeric_column(). Given: "
            f"{source_column}"
        )
    if len(source_column.shape) > 1:
        raise ValueError(
            f"source_column must be one-dimensional column. Given: {source_column}"
        )
    if not boundaries:
        raise ValueError("boundaries must not be empty.")
    is_list = isinstance(boundaries, list | tuple)
    if not is_list or any(low >= high for low, high in pairwise(boundaries)):
        raise ValueError(f"boundaries must be a sorted list. Given: {boundaries}")
    return BucketizedColumn(source_column, tuple(boundaries))


def checked_numbers(
    key: Any, shape: Any, dtype: Any, default_value: Any, normalizer_fn: Any
) -> tuple[tuple[int, ...], Any]:
    """Return shape and default value of numbers as tuples, once they are checked."""
    shape = tuple(shape) if nest.is_nested(shape) else (shape,)
    for dimension in shape:
        if not isinstance(dimension, int):
            raise TypeError(
                f"shape dimensions must be integer. shape: {shape}, key: {key}"
            )
        if dimension < 1:
            raise ValueError(
                f"shape dimensions must be greater than 0. shape: {shape}, key: {key}"
            )
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(
            f"dtype must be convertible to float. dtype: {dtype}, key: {key}"
        )
    default = _checked_default(shape, default_value, dtype, key)
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise TypeError(f"normalizer_fn must be a callable. Given: {normalizer_fn}")
    return shape, default


def _checked_default(shape: Any, value: Any, dtype: Any, key: str) -> Any:
    if value is None:
        return None
    if hasattr(value, "tolist"):
        value = value.tolist()
    kinds = int | float if dtype.is_floating else int
    if not all(isinstance(v, kinds) for v in nest.flatten(value)):
        raise TypeError(
            f"default_value must be compatible with dtype. default_value: {value}, "
            f"dtype: {dtype}, key: {key}"
        )
    if not nest.is_nested(value):
        return _filled(shape, value)
    if not _fits(value, shape):
        raise ValueError(
            "The shape of default_value must be equal to given shape. default_value: "
            f"{value}, shape: {shape}, key: {key}"
        )
    return _as_tuples(value)


def _filled(shape: Any, value: Any) -> Any:
    if not shape:
        return value
    return (_filled(shape[1:], value),) * shape[0]


def _fits(value: Any, shape: Any) -> bool:
    if not shape or not nest.is_nested(value):
        return not shape and not nest.is_nested(value)
    return len(value) == shape[0] and all(_fits(v, shape[1:]) for v in value)


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if nest.is_nested(value) else value
