"""Numbers made of ids: counts, and vectors that are learnt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import tensor as tf
from tensor.feature_column.categorical import WeightedCategoricalColumn
from tensor.feature_column.column import (
    CategoricalColumn,
    DenseColumn,
    IdsAndWeights,
    SequenceDenseColumn,
    SequenceLengthPair,
)
from tensor.feature_column.sequence import SequenceCategoricalColumn, sequence_lengths


class _OfCategories(DenseColumn, SequenceDenseColumn):
    """What columns made of a categorical column have in common."""

    categorical_column: CategoricalColumn
    _kind: str

    @property
    def name(self) -> str:
        return f"{self.categorical_column.name}_{self._kind}"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        return self.categorical_column.parse_example_spec

    @property
    def parents(self) -> list[Any]:
        return [self.categorical_column]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        return transformation_cache.get(self.categorical_column, state_manager)

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        if isinstance(self.categorical_column, SequenceCategoricalColumn):
            raise ValueError(
                f"In {self._maker}: {self.name}. categorical_column must not be of "
                "type SequenceCategoricalColumn. Suggested fix A: If you wish to use "
                "DenseFeatures, use a non-sequence categorical_column_with_*. "
                "Suggested fix B: If you wish to create sequence input, use "
                "SequenceFeatures instead of DenseFeatures. Given (type "
                f"{type(self.categorical_column)}): {self.categorical_column}"
            )
        return self._numbers(transformation_cache, state_manager)

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> SequenceLengthPair:
        if not isinstance(self.categorical_column, SequenceCategoricalColumn):
            raise ValueError(
                f"In {self._maker}: {self.name}. categorical_column must be of type "
                "SequenceCategoricalColumn to use SequenceFeatures. Suggested fix: Use "
                "one of sequence_categorical_column_with_*. Given (type "
                f"{type(self.categorical_column)}): {self.categorical_column}"
            )
        ids = self._pair(transformation_cache, state_manager).id_tensor
        numbers = self._numbers(transformation_cache, state_manager)
        return SequenceLengthPair(numbers, sequence_lengths(ids))

    @property
    def _maker(self) -> str:
        return f"{self._kind.removeprefix('shared_')}_column"

    def _pair(self, transformation_cache: Any, state_manager: Any) -> IdsAndWeights:
        return self.categorical_column.get_sparse_tensors(
            transformation_cache, state_manager
        )

    def _numbers(self, transformation_cache: Any, state_manager: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `_numbers`.")


@dataclass(unsafe_hash=True)
class IndicatorColumn(_OfCategories):
    """How often each id occurs, or the sum of its weights."""

    categorical_column: CategoricalColumn

    _kind = "indicator"

    @property
    def variable_shape(self) -> Any:
        return tf.TensorShape([1, self.categorical_column.num_buckets])

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        ids, weights = self._pair(transformation_cache, state_manager)
        size = self.categorical_column.num_buckets
        if weights is None:
            dense = tf.sparse.to_dense(ids, default_value=tf.cast(-1, ids.dtype))
            return tf.reduce_sum(tf.one_hot(dense, size), axis=-2)
        rows, columns = ids.indices[:, 0], tf.cast(ids.values, tf.int64)
        is_known = columns < size
        places = tf.boolean_mask(tf.stack([rows, columns], axis=1), is_known)
        shape = tf.stack([ids.dense_shape[0], tf.cast(size, tf.int64)])
        return tf.scatter_nd(places, tf.boolean_mask(weights.values, is_known), shape)

    def _numbers(self, transformation_cache: Any, state_manager: Any) -> Any:
        return transformation_cache.get(self, state_manager)


@dataclass(unsafe_hash=True)
class EmbeddingColumn(_OfCategories):
    """A learnt vector for each id; those of an example are combined."""

    categorical_column: CategoricalColumn
    dimension: int
    combiner: str
    initializer: Any
    ckpt_to_load_from: str | None
    tensor_name_in_ckpt: str | None
    max_norm: float | None
    trainable: bool
    use_safe_embedding_lookup: bool = True

    _kind = "embedding"

    @property
    def variable_shape(self) -> Any:
        return tf.TensorShape([self.dimension])

    def create_state(self, state_manager: Any) -> None:
        weights = state_manager.create_variable(
            self,
            "embedding_weights",
            (self.categorical_column.num_buckets, self.dimension),
            dtype=tf.float32,
            trainable=self.trainable,
            initializer=self.initializer,
        )
        if self.ckpt_to_load_from is not None:
            weights.assign(
                tf.train.load_variable(self.ckpt_to_load_from, self.tensor_name_in_ckpt)
            )

    def _numbers(self, transformation_cache: Any, state_manager: Any) -> Any:
        weights = state_manager.get_variable(self, "embedding_weights")
        pair = self._pair(transformation_cache, state_manager)
        return _combined(weights, pair, self)


class SharedEmbedding:
    """The vectors that several columns share."""

    def __init__(
        self,
        dimension: int,
        num_buckets: int,
        initializer: Any,
        trainable: bool,
        name: str,
    ) -> None:
        """Take the table's size; it is made when it is first used."""
        self.dimension = dimension
        self._num_buckets = num_buckets
        self._initializer = initializer
        self._trainable = trainable
        self._name = name
        self._weights: Any = None

    @property
    def embedding_weights(self) -> Any:
        """The table."""
        if self._weights is None:
            with tf.init_scope():
                self._weights = tf.Variable(
                    self._initializer((self._num_buckets, self.dimension), tf.float32),
                    trainable=self._trainable,
                    name=self._name,
                )
        return self._weights


@dataclass(unsafe_hash=True)
class SharedEmbeddingColumn(_OfCategories):
    """A vector for each id from a table that other columns use as well."""

    categorical_column: CategoricalColumn
    shared_embedding_column_creator: SharedEmbedding
    combiner: str
    max_norm: float | None
    use_safe_embedding_lookup: bool = True

    _kind = "shared_embedding"

    @property
    def variable_shape(self) -> Any:
        return tf.TensorShape([self.shared_embedding_column_creator.dimension])

    def _numbers(self, transformation_cache: Any, state_manager: Any) -> Any:
        weights = self.shared_embedding_column_creator.embedding_weights
        pair = self._pair(transformation_cache, state_manager)
        return _combined(weights, pair, self)


def _combined(table: Any, pair: IdsAndWeights, column: Any) -> Any:
    """Return the rows of a table that each example has, combined."""
    ids, weights = pair
    lookup = tf.nn.safe_embedding_lookup_sparse
    if not column.use_safe_embedding_lookup and (ids.shape.rank or 2) <= 2:
        lookup = tf.nn.embedding_lookup_sparse
    return lookup(
        table, ids, weights, combiner=column.combiner, max_norm=column.max_norm
    )


def indicator_column(categorical_column: Any) -> IndicatorColumn:
    """Return a column that counts how often each id occurs.

    Raises:
        ValueError: The column is not categorical.
    """
    if not isinstance(categorical_column, CategoricalColumn):
        raise ValueError(
            "Unsupported input type. Input must be a CategoricalColumn. Given: "
            f"{categorical_column}"
        )
    return IndicatorColumn(categorical_column)


def embedding_column(
    categorical_column: Any,
    dimension: Any,
    combiner: str = "mean",
    initializer: Any = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> EmbeddingColumn:
    """Return a column of learnt vectors, one for each id.

    Args:
        categorical_column: Where the ids come from.
        dimension: The length of a vector.
        combiner: How the vectors of an example are combined: "mean", "sum", "sqrtn".
        initializer: What the vectors begin with; normal by default, cut off at two
            standard deviations of 1 / sqrt(dimension).
        ckpt_to_load_from: A checkpoint with the vectors.
        tensor_name_in_ckpt: Their name in it.
        max_norm: How long a vector may be.
        trainable: Whether the vectors are learnt.
        use_safe_embedding_lookup: Whether ids may be missing or negative.

    Raises:
        ValueError: An argument is out of range, or goes with another.
    """
    if (ckpt_to_load_from is None) != (tensor_name_in_ckpt is None):
        raise ValueError(
            "Must specify both `ckpt_to_load_from` and `tensor_name_in_ckpt` or none "
            "of them."
        )
    if initializer is not None and not callable(initializer):
        raise ValueError(
            "initializer must be callable if specified. Embedding of column_name: "
            f"{categorical_column.name}"
        )
    return EmbeddingColumn(
        categorical_column,
        dimension,
        combiner,
        _initializer(dimension, initializer),
        ckpt_to_load_from,
        tensor_name_in_ckpt,
        max_norm,
        trainable,
        use_safe_embedding_lookup,
    )


def shared_embeddings(
    categorical_columns: Any,
    dimension: Any,
    combiner: str = "mean",
    initializer: Any = None,
    shared_embedding_collection_name: str | None = None,
    ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> list[SharedEmbeddingColumn]:
    """Return columns of learnt vectors from one table; only for use in a `tf.Graph`.

    Raises:
        RuntimeError: Not in a graph.
        ValueError: The columns differ in type or number of ids, or an argument is out
            of range.
    """
    if tf.executing_eagerly():
        raise RuntimeError(
            "shared_embedding_columns are not supported when eager execution is "
            "enabled. Use one embedding_column, or a tf.keras.layers.Embedding."
        )
    if ckpt_to_load_from is not None or tensor_name_in_ckpt is not None:
        raise ValueError(
            "shared_embeddings: vectors from a checkpoint are not supported. Assign "
            "them to `shared_embedding_column_creator.embedding_weights`."
        )
    initializer = _initializer(dimension, initializer)
    ordered = sorted(categorical_columns, key=lambda column: column.name)
    first = _plain(ordered[0])
    for column in map(_plain, ordered[1:]):
        if not isinstance(column, type(first)):
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the "
                "same type, or be weighted_categorical_column or sequence column of "
                f"the same type. Given column: {first} of type: {type(first)} does not "
                f"match given column: {column} of type: {type(column)}"
            )
        if column.num_buckets != first.num_buckets:
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the "
                f"same number of buckets. Given column: {first} with buckets: "
                f"{first.num_buckets} does  not match column: {column} with buckets: "
                f"{column.num_buckets}"
            )
    names = "_".join(column.name for column in ordered)
    name = shared_embedding_collection_name or f"{names}_shared_embedding"
    shared = SharedEmbedding(dimension, first.num_buckets, initializer, trainable, name)
    return [
        SharedEmbeddingColumn(c, shared, combiner, max_norm, use_safe_embedding_lookup)
        for c in categorical_columns
    ]


def _plain(column: Any) -> Any:
    """Return the column under weights and sequences."""
    while isinstance(column, WeightedCategoricalColumn | SequenceCategoricalColumn):
        column = column.categorical_column
    return column


def _initializer(dimension: Any, initializer: Any) -> Any:
    if dimension is None or dimension < 1:
        raise ValueError(f"Invalid dimension {dimension}. It must be at least 1.")
    if initializer is not None:
        return initializer
    return tf.keras.initializers.TruncatedNormal(stddev=1 / math.sqrt(dimension))
