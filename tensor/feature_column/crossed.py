"""Columns of combinations: an id for each way in which features occur together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensor as tf
from tensor.feature_column.categorical import HashedCategoricalColumn
from tensor.feature_column.column import CategoricalColumn


@dataclass(unsafe_hash=True)
class CrossedColumn(CategoricalColumn):
    """Ids by a hash of combined features."""

    keys: tuple[Any, ...]
    hash_bucket_size: int
    hash_key: int | None

    @property
    def name(self) -> str:
        names = (k if isinstance(k, str) else k.name for k in self._leaves())
        return "_X_".join(sorted(names))

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = {}
        for key in self.keys:
            if isinstance(key, str):
                spec[key] = tf.io.VarLenFeature(tf.string)
            else:
                spec.update(key.parse_example_spec)
        return spec

    @property
    def parents(self) -> list[Any]:
        return list(self.keys)

    @property
    def num_buckets(self) -> int:
        return self.hash_bucket_size

    def _leaves(self) -> list[Any]:
        """Return keys and columns, with those of crossed columns in their place."""
        leaves: list[Any] = []
        for key in self.keys:
            leaves += key._leaves() if isinstance(key, CrossedColumn) else [key]
        return leaves

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        features = []
        for key in self._leaves():
            if isinstance(key, str):
                features.append(transformation_cache.get(key, state_manager))
                continue
            ids, weights = key.get_sparse_tensors(transformation_cache, state_manager)
            if weights is not None:
                raise ValueError(
                    "crossed_column does not support weight_tensor, but the given "
                    "column populates weight_tensor. Given column: "
                    f"{key.name}. Cross its categorical_column."
                )
            features.append(ids)
        return tf.sparse.cross_hashed(features, self.hash_bucket_size, self.hash_key)


def crossed_column(
    keys: Any, hash_bucket_size: int, hash_key: int | None = None
) -> CrossedColumn:
    """Return a column of ids by a hash of combined features.

    Args:
        keys: Names of features of strings or integers, and categorical columns.
        hash_bucket_size: The number of ids.
        hash_key: What the hash begins with.

    Raises:
        ValueError: There are fewer than two keys, or one that cannot be crossed.
    """
    if not hash_bucket_size or hash_bucket_size < 1:
        raise ValueError(
            f"hash_bucket_size must be > 1. hash_bucket_size: {hash_bucket_size}"
        )
    if not keys or len(keys) < 2:
        raise ValueError(f"keys must be a list with length > 1. Given: {keys}")
    for key in keys:
        if not isinstance(key, str | CategoricalColumn):
            raise ValueError(
                "Unsupported key type. All keys must be either string, or categorical "
                f"column except HashedCategoricalColumn. Given: {key}"
            )
        if isinstance(key, HashedCategoricalColumn):
            raise ValueError(
                "categorical_column_with_hash_bucket is not supported for crossing: "
                "two hashes collide more often than one. Instead, use the feature name "
                f"as a string. Given: {key}"
            )
    return CrossedColumn(tuple(keys), hash_bucket_size, hash_key)
