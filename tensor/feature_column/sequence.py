"""Columns of sequences, for `tf.keras.experimental.SequenceFeatures`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensor as tf
from tensor.feature_column.categorical import (
    categorical_column_with_hash_bucket,
    categorical_column_with_identity,
)
from tensor.feature_column.column import (
    CategoricalColumn,
    IdsAndWeights,
    SequenceDenseColumn,
    SequenceLengthPair,
)
from tensor.feature_column.numeric import checked_numbers
from tensor.feature_column.vocabulary import (
    categorical_column_with_vocabulary_file,
    categorical_column_with_vocabulary_list,
)


@dataclass(unsafe_hash=True)
class SequenceCategoricalColumn(CategoricalColumn):
    """Sequences of ids: the second axis is that of the steps."""

    categorical_column: CategoricalColumn

    @property
    def name(self) -> str:
        return self.categorical_column.name

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        return self.categorical_column.parse_example_spec

    @property
    def parents(self) -> list[Any]:
        return [self.categorical_column]

    @property
    def num_buckets(self) -> int:
        return self.categorical_column.num_buckets

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        return self.categorical_column.transform_feature(
            transformation_cache, state_manager
        )

    def get_sparse_tensors(
        self, transformation_cache: Any, state_manager: Any
    ) -> IdsAndWeights:
        """Return the ids with three axes: examples, steps, ids of a step."""
        pair = self.categorical_column.get_sparse_tensors(
            transformation_cache, state_manager
        )
        shape = pair.id_tensor.dense_shape
        shape = tf.stack([shape[0], shape[1], tf.reduce_prod(shape[2:])])
        return IdsAndWeights(
            *(None if x is None else tf.sparse.reshape(x, shape) for x in pair)
        )


@dataclass(unsafe_hash=True)
class SequenceNumericColumn(SequenceDenseColumn):
    """Sequences of numbers."""

    key: str
    shape: tuple[int, ...]
    default_value: float
    dtype: Any
    normalizer_fn: Any

    @property
    def name(self) -> str:
        return self.key

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        return {self.key: tf.io.VarLenFeature(self.dtype)}

    @property
    def parents(self) -> list[Any]:
        return [self.key]

    @property
    def variable_shape(self) -> Any:
        return tf.TensorShape(self.shape)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        x = transformation_cache.get(self.key, state_manager)
        return x if self.normalizer_fn is None else self.normalizer_fn(x)

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> SequenceLengthPair:
        x = transformation_cache.get(self, state_manager)
        default = tf.cast(self.default_value, x.dtype)
        dense = tf.sparse.to_dense(x, default_value=default)
        dense = tf.reshape(dense, tf.concat([tf.shape(dense)[:1], [-1], self.shape], 0))
        # With two axes, the numbers of a step stand one after the other.
        is_flat = x.shape.rank == 2
        width = self.variable_shape.num_elements() if is_flat else 1
        return SequenceLengthPair(dense, sequence_lengths(x, width))


def sequence_lengths(x: Any, width: int = 1) -> Any:
    """Return the number of steps in each row of a sparse tensor.

    Args:
        x: A sparse tensor; the second axis is that of the steps.
        width: How many columns make a step.
    """
    ends = tf.math.unsorted_segment_max(
        x.indices[:, 1] + 1, x.indices[:, 0], x.dense_shape[0]
    )
    return -(-tf.maximum(ends, 0) // width)


def sequence_categorical_column_with_identity(
    key: Any, num_buckets: int, default_value: int | None = None
) -> SequenceCategoricalColumn:
    """Return a column of sequences of ids."""
    column = categorical_column_with_identity(key, num_buckets, default_value)
    return SequenceCategoricalColumn(column)


def sequence_categorical_column_with_hash_bucket(
    key: Any, hash_bucket_size: int, dtype: Any = tf.string
) -> SequenceCategoricalColumn:
    """Return a column of sequences of ids by a hash."""
    column = categorical_column_with_hash_bucket(key, hash_bucket_size, dtype)
    return SequenceCategoricalColumn(column)


def sequence_categorical_column_with_vocabulary_file(
    key: Any,
    vocabulary_file: Any,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = tf.string,
) -> SequenceCategoricalColumn:
    """Return a column of sequences of ids by the line in a file."""
    column = categorical_column_with_vocabulary_file(
        key, vocabulary_file, vocabulary_size, dtype, default_value, num_oov_buckets
    )
    return SequenceCategoricalColumn(column)


def sequence_categorical_column_with_vocabulary_list(
    key: Any,
    vocabulary_list: Any,
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> SequenceCategoricalColumn:
    """Return a column of sequences of ids by the place in a list."""
    column = categorical_column_with_vocabulary_list(
        key, vocabulary_list, dtype, default_value, num_oov_buckets
    )
    return SequenceCategoricalColumn(column)


def sequence_numeric_column(
    key: Any,
    shape: Any = (1,),
    default_value: float = 0.0,
    dtype: Any = tf.float32,
    normalizer_fn: Any = None,
) -> SequenceNumericColumn:
    """Return a column of sequences of numbers.

    Args:
        key: The feature's name.
        shape: The shape of one step.
        default_value: What short sequences are padded with.
        dtype: The feature's dtype.
        normalizer_fn: What is applied to the feature, a sparse tensor.

    Raises:
        TypeError: A dimension or the function is none.
        ValueError: A dimension is not positive, or the dtype not of numbers.
    """
    shape, _ = checked_numbers(key, shape, dtype, None, normalizer_fn)
    return SequenceNumericColumn(key, shape, default_value, dtype, normalizer_fn)
