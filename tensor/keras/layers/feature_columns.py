"""DenseFeatures and SequenceFeatures: raw features transformed by their columns."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import Any

import tensor as tf
from tensor.core.dtypes import DType
from tensor.feature_column import (
    categorical,
    crossed,
    dense,
    numeric,
    sequence,
    vocabulary,
)
from tensor.feature_column.column import (
    DenseColumn,
    FeatureColumn,
    FeatureTransformationCache,
    SequenceDenseColumn,
    in_mode,
)
from tensor.keras import initializers, registration, serialization
from tensor.keras.engine.layer import Layer

_COLUMNS = {
    name: value
    for module in (categorical, crossed, dense, numeric, sequence, vocabulary)
    for name, value in vars(module).items()
    if isinstance(value, type) and dataclasses.is_dataclass(value)
}


class ColumnState:
    """Where the columns of a layer keep weights and tables, by column and name."""

    def __init__(self, layer: Layer) -> None:
        """Take the layer that owns the weights."""
        self._layer = layer
        self._variables: dict[Any, dict[str, Any]] = defaultdict(dict)
        self._resources: dict[Any, dict[str, Any]] = defaultdict(dict)

    def create_variable(
        self,
        feature_column: FeatureColumn,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool = True,
        initializer: Any = None,
    ) -> Any:
        """Make a weight of a column.

        Raises:
            ValueError: The column has one of that name.
        """
        if name in self._variables[feature_column]:
            raise ValueError(
                f"Variable already exists: {name} of column {feature_column.name}."
            )
        variable = self._layer.add_weight(
            name=name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=self._layer.trainable and trainable,
        )
        self._variables[feature_column][name] = variable
        return variable

    def get_variable(self, feature_column: FeatureColumn, name: str) -> Any:
        """Return a weight of a column.

        Raises:
            ValueError: It has none of that name.
        """
        if name not in self._variables[feature_column]:
            raise ValueError(
                f"Variable does not exist: {name} of column {feature_column.name}."
            )
        return self._variables[feature_column][name]

    def add_resource(
        self, feature_column: FeatureColumn, name: str, value: Any
    ) -> None:
        """Keep a table of a column."""
        self._resources[feature_column][name] = value

    def has_resource(self, feature_column: FeatureColumn, name: str) -> bool:
        """Return whether a column has a table of that name."""
        return name in self._resources[feature_column]

    def get_resource(self, feature_column: FeatureColumn, name: str) -> Any:
        """Return a table of a column."""
        return self._resources[feature_column][name]


class _Features(Layer):
    """What the layers that apply columns have in common."""

    _column_type: type[FeatureColumn]

    def __init__(
        self,
        feature_columns: Any,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the columns; their results stand side by side in order of their names.

        Raises:
            ValueError: There are none, two have one name, or one is of another type.
        """
        super().__init__(name=name, trainable=trainable, **kwargs)
        self._feature_columns = _checked_columns(feature_columns)
        self._state_manager = ColumnState(self)
        for column in self._feature_columns:
            if not isinstance(column, self._column_type):
                raise ValueError(
                    f"Items of feature_columns must be a {self._column_type}. You can "
                    "wrap a categorical column with an embedding_column or "
                    f"indicator_column. Given: {column}"
                )

    def build(self, input_shape: Any) -> None:
        for column in self._feature_columns:
            with tf.name_scope(column.name):
                column.create_state(self._state_manager)
        super().build(None)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._target_shape(input_shape, sum(map(_width, self._feature_columns)))

    def _target_shape(self, lead: Any, width: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define `_target_shape`.")

    def _beside(self, tensors: list[Any]) -> Any:
        """Return the columns' results side by side."""
        self._check_batches(tensors)
        return tf.concat(
            [
                tf.reshape(x, self._target_shape(tf.shape(x), _width(column)))
                for column, x in zip(self._feature_columns, tensors, strict=True)
            ],
            axis=-1,
        )

    def _check_batches(self, tensors: list[Any]) -> None:
        known = [
            (column.name, x.shape[0])
            for column, x in zip(self._feature_columns, tensors, strict=True)
            if x.shape.rank and x.shape[0] is not None
        ]
        for name, size in known[1:]:
            if size != known[0][1]:
                raise ValueError(
                    "Batch size (first dimension) of each feature must be same. Batch "
                    f"size of columns ({known[0][0]}, {name}): ({known[0][1]}, {size})"
                )

    def get_config(self) -> dict[str, Any]:
        columns = [column_config(c) for c in self._feature_columns]
        return {**super().get_config(), "feature_columns": columns, "partitioner": None}

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        config = dict(config)
        config.pop("partitioner", None)
        with registration.custom_object_scope(custom_objects or {}):
            columns = list(map(column_from_config, config.pop("feature_columns")))
        return cls(columns, **config)


class DenseFeatures(_Features):
    """Returns the numbers of columns side by side: [batch, width]."""

    _column_type = DenseColumn

    def call(
        self, features: Any, cols_to_output_tensors: Any = None, training: Any = None
    ) -> Any:
        """Transform a batch.

        Args:
            features: A dictionary from keys to tensors or sparse tensors.
            cols_to_output_tensors: A dictionary to put each column's numbers in.
            training: Passed on to columns that ask for it.

        Raises:
            ValueError: The features are no dictionary, or differ in number.
        """
        cache = _cache(features)
        state = self._state_manager
        tensors = [
            in_mode(column.get_dense_tensor, cache, state, training)
            for column in self._feature_columns
        ]
        if cols_to_output_tensors is not None:
            for column, x in zip(self._feature_columns, tensors, strict=True):
                shape = self._target_shape(tf.shape(x), _width(column))
                cols_to_output_tensors[column] = tf.reshape(x, shape)
        return self._beside(tensors)

    def _target_shape(self, lead: Any, width: int) -> Any:
        return lead[0], width


class SequenceFeatures(_Features):
    """Returns the numbers of columns of sequences side by side, and their lengths."""

    _column_type = SequenceDenseColumn

    def call(self, features: Any, training: Any = None) -> Any:
        """Transform a batch: [batch, steps, width] and [batch].

        Raises:
            InvalidArgumentError: The columns' sequences differ in length.
            ValueError: The features are no dictionary, or differ in number.
        """
        cache = _cache(features)
        state = self._state_manager
        pairs = [
            in_mode(column.get_sequence_dense_tensor, cache, state, training)
            for column in self._feature_columns
        ]
        numbers, lengths = (list(parts) for parts in zip(*pairs, strict=True))
        self._check_batches(lengths)
        checks = [tf.debugging.assert_equal(lengths[0], x) for x in lengths[1:]]
        with tf.control_dependencies([c for c in checks if c is not None]):
            length = tf.identity(lengths[0])
        return self._beside(numbers), length

    def _target_shape(self, lead: Any, width: int) -> Any:
        return lead[0], lead[1], width


def _width(column: Any) -> int:
    return int(column.variable_shape.num_elements())


def _cache(features: Any) -> FeatureTransformationCache:
    if not isinstance(features, dict):
        raise ValueError(f"We expected a dictionary here. Instead we got: {features}")
    return FeatureTransformationCache(features)


def _checked_columns(columns: Any) -> list[Any]:
    """Return columns as a list in order of their names."""
    if isinstance(columns, dict):
        raise ValueError("Expected feature_columns to be iterable, found dict.")
    columns = [columns] if isinstance(columns, FeatureColumn) else list(columns)
    if not columns:
        raise ValueError("feature_columns must not be empty.")
    by_name: dict[str, Any] = {}
    for column in columns:
        if not isinstance(column, FeatureColumn):
            raise ValueError(
                "Items of feature_columns must be a FeatureColumn. Given (type "
                f"{type(column)}): {column}."
            )
        if column.name in by_name:
            raise ValueError(
                f"Duplicate feature column name found for columns: {column} and "
                f"{by_name[column.name]}. Leave one out, or give a copy of the feature "
                "another name in the dictionary of features."
            )
        by_name[column.name] = column
    return [by_name[name] for name in sorted(by_name)]


def column_config(column: Any) -> Any:
    """Return a column as its class and fields; a feature's name as it is."""
    if not isinstance(column, FeatureColumn):
        return column
    fields = dataclasses.fields(column)  # type: ignore[arg-type]  # all columns are
    config = {field.name: _plain(getattr(column, field.name)) for field in fields}
    return {"class_name": type(column).__name__, "config": config}


def _plain(value: Any) -> Any:
    if isinstance(value, FeatureColumn):
        return column_config(value)
    if isinstance(value, DType):
        return value.name
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return serialization.serialize_keras_object(value)


def column_from_config(config: Any) -> Any:
    """Return a column made of its class and fields."""
    if not isinstance(config, dict):
        return config
    fields = {name: _made(name, v) for name, v in config["config"].items()}
    return _COLUMNS[config["class_name"]](**fields)


def _made(name: str, value: Any) -> Any:
    if name == "dtype":
        return tf.as_dtype(value)
    if name in ("source_column", "categorical_column"):
        return column_from_config(value)
    if name == "keys":
        return tuple(map(column_from_config, value))
    if name == "initializer":
        return initializers.get(value)
    if name == "normalizer_fn" and value is not None:
        return serialization.deserialize_keras_object(value)
    return tuple(value) if isinstance(value, list) else value
