"""Feature columns: how raw features become what a model computes with.

A column names the features that it reads (its keys) and says how they are transformed.
A *dense* column gives numbers; a *categorical* column gives ids, which an indicator or
an embedding makes numbers of. Columns are values: equal if all that they say is equal.
"""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import tensor as tf


class FeatureColumn:
    """One feature, as a model wants it."""

    @property
    def name(self) -> str:
        """What weights and errors call it."""
        raise NotImplementedError(f"{type(self).__name__} must define `name`.")

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How `tf.io.parse_example` reads the features that it needs."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `parse_example_spec`."
        )

    @property
    def parents(self) -> list[Any]:
        """The keys and columns that it reads."""
        raise NotImplementedError(f"{type(self).__name__} must define `parents`.")

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return its tensor, made of those that the cache has."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `transform_feature`."
        )

    def create_state(self, state_manager: Any) -> None:
        """Make its weights; most columns have none."""


class DenseColumn(FeatureColumn):
    """A column of numbers."""

    @property
    def variable_shape(self) -> Any:
        """The shape of one example."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `variable_shape`."
        )

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """Return the numbers of a batch."""
        return transformation_cache.get(self, state_manager)


class SequenceLengthPair(NamedTuple):
    """Numbers of sequences, padded, and how long each of them is."""

    dense_tensor: Any
    sequence_length: Any


class SequenceDenseColumn(FeatureColumn):
    """A column of sequences of numbers."""

    TensorSequenceLengthPair = SequenceLengthPair

    @property
    def variable_shape(self) -> Any:
        """The shape of one step of one example."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `variable_shape`."
        )

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> SequenceLengthPair:
        """Return the numbers of a batch of sequences, and their lengths."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `get_sequence_dense_tensor`."
        )


class IdsAndWeights(NamedTuple):
    """Ids as a sparse tensor, and a weight for each or None."""

    id_tensor: Any
    weight_tensor: Any


class CategoricalColumn(FeatureColumn):
    """A column of ids, any number of them for an example."""

    IdWeightPair = IdsAndWeights

    @property
    def num_buckets(self) -> int:
        """How many ids there are."""
        raise NotImplementedError(f"{type(self).__name__} must define `num_buckets`.")

    def get_sparse_tensors(
        self, transformation_cache: Any, state_manager: Any
    ) -> IdsAndWeights:
        """Return the ids of a batch."""
        return IdsAndWeights(transformation_cache.get(self, state_manager), None)


class FeatureTransformationCache:
    """The features of a batch, and what columns have made of them."""

    def __init__(self, features: Any) -> None:
        """Take a dictionary from keys to tensors or sparse tensors."""
        self._features = dict(features)
        self._made: dict[Any, Any] = {}

    def get(self, key: Any, state_manager: Any, training: Any = None) -> Any:
        """Return a feature, or what a column makes of features.

        Args:
            key: The name of a feature, or a column.
            state_manager: Where columns keep weights and tables.
            training: Passed on to columns that ask for it.

        Raises:
            TypeError: The key is neither.
            ValueError: There is no such feature.
        """
        if key in self._made:
            return self._made[key]
        if key in self._features:
            made = _with_two_axes(key, self._features[key])
        elif isinstance(key, str):
            raise ValueError(
                f"Feature {key} is not in features dictionary. There are: "
                f"{sorted(map(str, self._features))}."
            )
        elif not isinstance(key, FeatureColumn):
            raise TypeError(
                f'"key" must be either a "str" or "FeatureColumn". Provided: {key}'
            )
        else:
            made = in_mode(key.transform_feature, self, state_manager, training)
            if made is None:
                raise ValueError(f"Column {key.name} is not supported.")
        self._made[key] = made
        return made


def in_mode(method: Any, cache: Any, state_manager: Any, training: Any) -> Any:
    """Call a column's method, with `training` if it takes that."""
    if "training" in inspect.signature(method).parameters:
        return method(cache, state_manager, training=training)
    return method(cache, state_manager)


def _with_two_axes(key: Any, value: Any) -> Any:
    """Return a feature as a tensor with a batch and at least one more axis."""
    x = value
    if not isinstance(x, tf.SparseTensor):
        x = tf.convert_to_tensor(x)
    rank = x.shape.rank
    if rank == 0:
        raise ValueError(f"Feature (key: {key}) cannot have rank 0. Given: {x}")
    if rank != 1:
        return x
    if isinstance(x, tf.SparseTensor):
        return tf.sparse.reshape(x, [x.dense_shape[0], 1])
    return tf.expand_dims(x, -1)


def as_sparse(x: Any, ignored: Any = None) -> Any:
    """Return a dense tensor's elements that say something, as a sparse tensor.

    Left out are empty strings, the integer -1, and the number 0.
    """
    if isinstance(x, tf.SparseTensor):
        return x
    if ignored is None:
        ignored = "" if x.dtype == tf.string else -1 if x.dtype.is_integer else 0
    indices = tf.where(tf.not_equal(x, tf.cast(ignored, x.dtype)))
    shape = tf.shape(x, out_type=tf.int64)
    return tf.SparseTensor(indices, tf.gather_nd(x, indices), shape)


def check_key(key: Any) -> None:
    """Check that a key is a string.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(key, str):
        raise ValueError(
            f"key must be a string. Got: type {type(key)}. Given key: {key}."
        )


def check_string_or_integer(dtype: Any, what: str) -> None:
    """Check the dtype of ids.

    Raises:
        ValueError: It is neither string nor integer.
    """
    if dtype != tf.string and not dtype.is_integer:
        raise ValueError(f"{what} dtype must be string or integer. dtype: {dtype}.")
