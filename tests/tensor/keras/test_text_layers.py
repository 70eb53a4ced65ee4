"""Layers for texts and categories give what Keras gives, and can be saved."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import tensor as tf

FOLDER = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("text_cases", FOLDER / "text_cases.py")
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
VALUES = json.loads((FOLDER / "oracle_values" / "text.json").read_text())
L = tf.keras.layers


@pytest.mark.parametrize("expression", cases.EXPRESSIONS)
def test_gives_what_keras_gives(expression):
    assert cases.outcome(expression, tf) == _approximately(VALUES[expression])


def _approximately(value):
    if isinstance(value, list):
        return [_approximately(v) for v in value]
    return pytest.approx(value, abs=2e-5) if isinstance(value, float) else value


def text_model():
    layer = L.TextVectorization(output_sequence_length=4)
    layer.adapt(["foo bar bar"])
    return tf.keras.Sequential(
        [
            tf.keras.Input((1,), dtype=tf.string),
            layer,
            L.Embedding(5, 2),
            L.GlobalAveragePooling1D(),
        ]
    )


@pytest.mark.parametrize("name", ["m.keras", "folder"])
def test_a_learned_vocabulary_comes_back_with_the_model(tmp_path, name):
    pytest.importorskip("h5py")
    model = text_model()
    x = np.array([["foo baz"], ["bar"]])
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / name)
    loaded = tf.keras.models.load_model(tmp_path / name)
    assert loaded.layers[0].get_vocabulary() == ["", "[UNK]", "bar", "foo"]
    np.testing.assert_allclose(loaded.predict(x, verbose=0), expected)


def test_h5_files_have_no_place_for_a_learned_vocabulary(tmp_path):
    pytest.importorskip("h5py")
    with pytest.raises(NotImplementedError, match="has learned a vocabulary"):
        text_model().save(tmp_path / "m.h5")


def test_checkpoints_keep_a_learned_vocabulary(tmp_path):
    layer = L.StringLookup(output_mode="tf_idf")
    layer.adapt(np.array([["a", "b"], ["a", "c"]]))
    path = tf.train.Checkpoint(layer=layer).write(tmp_path / "c")
    other = L.StringLookup(output_mode="tf_idf")
    tf.train.Checkpoint(layer=other).read(path).assert_consumed()
    assert other.get_vocabulary() == layer.get_vocabulary()
    x = tf.constant([["a", "q"]])
    np.testing.assert_allclose(other(x), layer(x))


def test_datasets_and_models_look_tokens_up():
    model = text_model()
    data = tf.data.Dataset.from_tensor_slices(["foo x", "bar"]).batch(2)
    rows = next(iter(data.map(model.layers[0])))
    assert rows.numpy().tolist() == [[3, 1, 0, 0], [2, 0, 0, 0]]
    x = tf.keras.Input((1,), dtype="string")
    y = L.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(x)
    assert tf.keras.Model(x, y).output_shape == (None, 3)


def test_the_length_of_vectors_stays():
    layer = L.StringLookup(vocabulary=["a"], output_mode="count")
    layer(tf.constant([["a"]]))
    with pytest.raises(RuntimeError, match="vocabulary size cannot be changed"):
        layer.set_vocabulary(["a", "b"])


def test_a_vocabulary_may_be_a_file(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("earth\nwind\n")
    layer = L.StringLookup(vocabulary=str(file))
    assert layer.get_vocabulary() == ["[UNK]", "earth", "wind"]
    again = L.StringLookup.from_config(layer.get_config())
    assert again(tf.constant(["wind"])).numpy().tolist() == [2]


@pytest.mark.parametrize("layer", [L.StringLookup, L.Hashing])
def test_sparse_vectors_are_refused_by_name(layer):
    with pytest.raises(ValueError, match="sparse=True"):
        layer(3, sparse=True, output_mode="count")


def test_only_utf_8_is_read():
    with pytest.raises(ValueError, match="not in latin-1"):
        L.StringLookup(encoding="latin-1")
