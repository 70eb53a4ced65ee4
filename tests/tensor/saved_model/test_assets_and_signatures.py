"""Files that go with a saved model, and the functions that it offers by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path

VECTOR = tf.TensorSpec([None], tf.float32)


def test_an_asset_is_read_where_the_model_is_loaded(tmp_path: Path) -> None:
    source = tmp_path / "words.txt"
    source.write_text("hello")

    class Reader(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = tf.saved_model.Asset(source)

        @tf.function(input_signature=[])
        def read(self) -> Any:
            return tf.io.read_file(self.words.asset_path)

    tf.saved_model.save(Reader(), str(tmp_path / "model"))
    source.unlink()
    (tmp_path / "model").rename(tmp_path / "moved")
    loaded = tf.saved_model.load(str(tmp_path / "moved"))
    assert loaded.read().numpy() == b"hello"
    assert loaded.words.local_path == str(tmp_path / "moved" / "assets" / "words.txt")


class Lone(tf.Module):
    """Has one function that can be offered, and others that cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(2.0)

    @tf.function(input_signature=[VECTOR])
    def serve(self, x: Any) -> Any:
        return {"out": x * self.weight}

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def mutate(self, value: Any) -> None:
        self.weight.assign(value)

    @tf.function
    def unsigned(self, x: Any) -> Any:
        return x


class Pair(Lone):
    @tf.function(input_signature=[VECTOR])
    def also(self, x: Any) -> Any:
        return x, x


def test_the_one_function_with_a_signature_is_offered(tmp_path: Path) -> None:
    tf.saved_model.save(Lone(), str(tmp_path))
    signatures = tf.saved_model.load(str(tmp_path)).signatures
    assert list(signatures) == ["serving_default"]
    result = signatures["serving_default"](tf.constant([1.0]))
    assert result["out"].numpy().tolist() == [2.0]
    spec = "TensorSpec(shape=(None,), dtype=tf.float32, name="
    assert repr(signatures).startswith(
        "_SignatureMap({'serving_default': <ConcreteFunction (*, x: "
        f"{spec}'x')) -> Dict[['out', {spec}'out')]] at 0x"
    )


def test_of_two_functions_with_signatures_none_is_offered(tmp_path: Path) -> None:
    tf.saved_model.save(Pair(), str(tmp_path))
    assert not tf.saved_model.load(str(tmp_path)).signatures


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected an object of type `Trackable`"):
        tf.saved_model.save(3, str(tmp_path))
    tf.saved_model.save(Lone(), str(tmp_path))
    with pytest.raises(ValueError, match="incompatible argument to `tags`: train"):
        tf.saved_model.load(str(tmp_path), tags="train")
    assert tf.saved_model.load(str(tmp_path), tags=["serve"]).weight == 2.0
