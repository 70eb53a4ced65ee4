"""tf.feature_column: raw features made ready for a model, column by column.

`column.py` has what columns are and the cache that transforms a batch; `numeric.py`,
`categorical.py`, `vocabulary.py` and `crossed.py` those that read features; `dense.py`
those that make numbers of ids; `sequence.py` those of sequences. The layers
`tf.keras.layers.DenseFeatures` and `tf.keras.experimental.SequenceFeatures` apply them.
"""

from typing import Any

from tensor.feature_column.categorical import (
    categorical_column_with_hash_bucket as categorical_column_with_hash_bucket,
    categorical_column_with_identity as categorical_column_with_identity,
    weighted_categorical_column as weighted_categorical_column,
)
from tensor.feature_column.column import FeatureColumn as _FeatureColumn
from tensor.feature_column.crossed import crossed_column as crossed_column
from tensor.feature_column.dense import (
    embedding_column as embedding_column,
    indicator_column as indicator_column,
    shared_embeddings as shared_embeddings,
)
from tensor.feature_column.numeric import (
    bucketized_column as bucketized_column,
    numeric_column as numeric_column,
)
from tensor.feature_column.sequence import (
    sequence_categorical_column_with_hash_bucket as sequence_categorical_column_with_hash_bucket,  # noqa: E501
    sequence_categorical_column_with_identity as sequence_categorical_column_with_identity,  # noqa: E501
    sequence_categorical_column_with_vocabulary_file as sequence_categorical_column_with_vocabulary_file,  # noqa: E501
    sequence_categorical_column_with_vocabulary_list as sequence_categorical_column_with_vocabulary_list,  # noqa: E501
    sequence_numeric_column as sequence_numeric_column,
)
from tensor.feature_column.vocabulary import (
    categorical_column_with_vocabulary_file as categorical_column_with_vocabulary_file,
    categorical_column_with_vocabulary_list as categorical_column_with_vocabulary_list,
)


def make_parse_example_spec(feature_columns: Any) -> dict[str, Any]:
    """Return how `tf.io.parse_example` reads the features that columns need.

    Raises:
        ValueError: One is no column, or two want to read a feature in different ways.
    """
    spec: dict[str, Any] = {}
    for column in feature_columns:
        if not isinstance(column, _FeatureColumn):
            raise ValueError(
                f"All feature_columns must be FeatureColumn instances. Given: {column}"
            )
        for key, value in column.parse_example_spec.items():
            if key in spec and spec[key] != value:
                raise ValueError(
                    "feature_columns contain different parse_spec for key "
                    f"{key}. Given {value} and {spec[key]}"
                )
            spec[key] = value
    return spec
