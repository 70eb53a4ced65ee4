"""What feature columns do apart from their values, which tests/tensor/keras records."""

import numpy as np
import pytest

import tensor as tf
from tensor.feature_column.column import FeatureColumn, FeatureTransformationCache
from tensor.keras.layers.feature_columns import ColumnState

fc = tf.feature_column


def counting(shape, dtype):
    assert dtype == tf.float32
    return np.arange(np.prod(shape)).reshape(shape).astype("float32")


def test_shared_embeddings_look_up_in_one_table():
    with tf.Graph().as_default():
        columns = [fc.categorical_column_with_identity(key, 3) for key in "ba"]
        shared = fc.shared_embeddings(columns, 2, initializer=counting)
        assert [c.name for c in shared] == ["b_shared_embedding", "a_shared_embedding"]
        features = {"a": tf.constant([[0], [1]]), "b": tf.constant([[2], [1]])}
        numbers = tf.keras.layers.DenseFeatures(shared)(features)
        with tf.compat.v1.Session() as session:
            session.run(tf.compat.v1.global_variables_initializer())
            result = session.run(numbers)
    assert result.tolist() == [[0, 1, 4, 5], [2, 3, 2, 3]]


OTHERS = [
    (fc.categorical_column_with_identity("c", 4), {}, "the same number of buckets"),
    (fc.categorical_column_with_hash_bucket("c", 3), {}, "must have the same type"),
    (
        fc.weighted_categorical_column(
            fc.categorical_column_with_identity("c", 3), "w"
        ),
        {"ckpt_to_load_from": "x", "tensor_name_in_ckpt": "y"},
        "from a checkpoint are not supported",
    ),
]


@pytest.mark.parametrize(("other", "options", "message"), OTHERS)
def test_columns_that_share_must_be_alike(other, options, message):
    column = fc.categorical_column_with_identity("a", 3)
    with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
        fc.shared_embeddings([column, other], 2, **options)


def test_embeddings_may_begin_with_those_of_a_checkpoint(tmp_path):
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    path = tf.train.Checkpoint(table=table).write(str(tmp_path / "table"))
    column = fc.embedding_column(
        fc.categorical_column_with_identity("id", 2),
        2,
        ckpt_to_load_from=path,
        tensor_name_in_ckpt="table/.ATTRIBUTES/VARIABLE_VALUE",
    )
    layer = tf.keras.layers.DenseFeatures(column)
    assert layer({"id": [[1]]}).numpy().tolist() == [[3.0, 4.0]]


def test_columns_that_take_training_are_told():
    column = fc.numeric_column("x")

    def transform_feature(cache, state_manager, training=None):
        return cache.get("x", state_manager) * (10.0 if training else 20.0)

    column.transform_feature = transform_feature
    column.get_dense_tensor = lambda cache, state, training=None: cache.get(
        column, state, training=training
    )
    layer = tf.keras.layers.DenseFeatures(column)
    assert layer({"x": [[1.0]]}, training=True).numpy() == 10.0
    assert layer({"x": [[1.0]]}, training=False).numpy() == 20.0


def test_the_cache_knows_features_and_columns_only():
    cache = FeatureTransformationCache({"x": [1.0, 2.0]})
    assert cache.get("x", None) is cache.get("x", None)
    assert cache.get("x", None).shape == (2, 1)
    with pytest.raises(ValueError, match=r"Feature y is not in .*: \['x'\]"):
        cache.get("y", None)
    with pytest.raises(TypeError, match='must be either a "str" or "FeatureColumn"'):
        cache.get(3, None)


def test_columns_that_make_nothing_are_refused():
    class Nothing(FeatureColumn):
        name = "nothing"

        def transform_feature(self, *_):
            return None

    with pytest.raises(ValueError, match="Column nothing is not supported"):
        FeatureTransformationCache({}).get(Nothing(), None)


def test_weights_of_columns_have_different_names():
    state = ColumnState(tf.keras.layers.Layer())
    column = fc.numeric_column("x")
    weight = state.create_variable(column, "weight", (2,))
    assert state.get_variable(column, "weight") is weight
    with pytest.raises(ValueError, match="Variable already exists: weight"):
        state.create_variable(column, "weight", (2,))
    with pytest.raises(ValueError, match="Variable does not exist: bias"):
        state.get_variable(column, "bias")


def test_models_with_columns_are_saved(tmp_path):
    colors = fc.categorical_column_with_vocabulary_list("color", ["R", "G"])
    inputs = {"color": tf.keras.Input((1,), dtype=tf.string, name="color")}
    columns = [fc.embedding_column(colors, 2), fc.indicator_column(colors)]
    model = tf.keras.Model(inputs, tf.keras.layers.DenseFeatures(columns)(inputs))
    features = {"color": tf.constant([["R"], ["G"], ["B"]])}
    for name in ("model", "model.h5", "model.keras"):
        model.save(tmp_path / name)
        loaded = tf.keras.models.load_model(tmp_path / name)
        np.testing.assert_array_equal(loaded(features), model(features))
