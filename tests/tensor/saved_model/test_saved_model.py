"""Saved models: what comes back, in this process and in one without the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.core.context import context
from tensor.core.replica import Replication
from tests.support.program import run_program


class Model(tf.Module):
    """A bit of everything."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable([2.0, 3.0], name="weight")
        self.steps = tf.Variable(0, trainable=False)
        self.parts = [tf.Variable(1.0), {"k": tf.Variable(2.0)}]
        self.inner = tf.Module()
        self.inner.same = self.weight
        self.table = tf.constant([10.0, 20.0, 30.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def __call__(self, x: Any) -> Any:
        return {"product": x * self.weight, "sum": (tf.reduce_sum(x), None)}

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def count(self, limit: Any) -> Any:
        total = tf.constant(0)
        while total < limit:
            total += 2
            self.steps.assign_add(1)
        return total

    @tf.function
    def scaled(self, x: Any, factor: float = 2.0, *, negate: bool = False) -> Any:
        result = x * factor
        return -result if negate else result

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def look_up(self, i: Any) -> Any:
        if i > 2:
            return self.table[0]
        return self.table[i] + self.table[..., -1]

    @tf.function(input_signature=[])
    def noise(self) -> Any:
        return tf.random.uniform([3], seed=5)


@pytest.fixture
def saved(tmp_path: Path) -> str:
    model = Model()
    model.scaled(tf.constant([1.0]))
    model.scaled(tf.constant([1.0]), 3.0, negate=True)
    path = str(tmp_path / "model")
    tf.saved_model.save(model, path)
    return path


def test_variables_and_parts_come_back(saved: str) -> None:
    loaded = tf.saved_model.load(saved)
    assert tf.saved_model.contains_saved_model(saved)
    assert loaded.weight.numpy().tolist() == [2.0, 3.0]
    assert loaded.weight.name == "weight:0"
    assert not loaded.steps.trainable
    assert float(loaded.parts[1]["k"]) == 2.0
    assert loaded.inner.same is loaded.weight
    assert len(loaded.variables) == 4
    names = [n for n, _ in tf.train.list_variables(f"{saved}/variables/variables")]
    assert "weight/.ATTRIBUTES/VARIABLE_VALUE" in names


def test_functions_work_on_the_loaded_variables(saved: str) -> None:
    loaded = tf.saved_model.load(saved)
    x = tf.constant([[1.0, 1.0], [2.0, 0.0]])
    result = loaded(x)
    assert result["product"].numpy().tolist() == [[2.0, 3.0], [4.0, 0.0]]
    assert float(result["sum"][0]) == 4.0
    assert result["sum"][1] is None
    loaded.weight.assign([0.0, 1.0])
    assert loaded(x=x)["product"].numpy().tolist() == [[0.0, 1.0], [0.0, 0.0]]


def test_control_flow_and_state(saved: str) -> None:
    loaded = tf.saved_model.load(saved)
    assert int(loaded.count(tf.constant(5))) == 6
    assert int(loaded.steps) == 3
    assert float(loaded.look_up(1)) == 50.0
    assert float(loaded.look_up(5)) == 10.0


def test_random_functions_draw(saved: str) -> None:
    first, second = (tf.saved_model.load(saved).noise() for _ in range(2))
    assert first.shape == (3,)
    assert first.numpy().tolist() == second.numpy().tolist()  # the seed was saved


def test_gradients_flow_to_loaded_variables(saved: str) -> None:
    loaded = tf.saved_model.load(saved)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(loaded(tf.constant([[3.0, 4.0]]))["product"])
    assert tape.gradient(y, loaded.weight).numpy().tolist() == [3.0, 4.0]


def test_loaded_functions_are_chosen_by_their_arguments(saved: str) -> None:
    loaded = tf.saved_model.load(saved)
    x = tf.constant([4.0])
    assert loaded.scaled(x).numpy().tolist() == [8.0]
    assert loaded.scaled(x, 3.0, negate=True).numpy().tolist() == [-12.0]
    assert loaded.scaled.get_concrete_function(x).structured_outputs.shape == [1]
    for wrong in (tf.constant(1.0), tf.constant([1, 2]), "text"):
        with pytest.raises(ValueError, match="Could not find matching concrete"):
            loaded.scaled(wrong)
    with pytest.raises(ValueError, match="Could not find matching concrete"):
        loaded.scaled(x, 5.0)
    with pytest.raises(ValueError, match="Could not find matching concrete"):
        loaded.scaled.get_concrete_function(tf.constant(1))
    with pytest.raises(tf.errors.InvalidArgumentError, match="to be a float tensor"):
        loaded.scaled.concrete_functions[0](tf.constant(1))
    assert "2 traces" in repr(loaded.scaled)


def test_signatures_go_by_name(tmp_path: Path) -> None:
    class Add(tf.Module):
        @tf.function(
            input_signature=[tf.TensorSpec([], tf.float32, name=n) for n in "ab"]
        )
        def add(self, a: Any, b: Any) -> Any:
            return {"total": a + b}

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32, name="a")])
        def pair(self, a: Any) -> Any:
            return a, -a

    module = Add()
    signatures = {"add": module.add, "pair": module.pair.get_concrete_function()}
    tf.saved_model.save(module, tmp_path, signatures)
    loaded = tf.saved_model.load(tmp_path)
    assert set(loaded.signatures) == {"add", "pair"}
    add, pair = loaded.signatures["add"], loaded.signatures["pair"]
    assert float(add(a=tf.constant(1.0), b=tf.constant(2.0))["total"]) == 3.0
    assert {k: float(v) for k, v in pair(tf.constant(1.0)).items()} == {
        "output_0": 1.0,
        "output_1": -1.0,
    }
    assert set(add.structured_input_signature[1]) == {"a", "b"}
    assert add.structured_outputs["total"].dtype == tf.float32
    with pytest.raises(TypeError, match=r"expects the arguments \['a', 'b'\] by name"):
        add(tf.constant(1.0))


def test_a_process_without_the_code_can_use_it(saved: str) -> None:
    code = f"""
import tensor as tf
loaded = tf.saved_model.load({saved!r})
print(loaded(tf.constant([[1.0, 1.0]]))["product"].numpy().tolist())
print(int(loaded.count(tf.constant(3))))
"""
    result = run_program("-c", code)
    assert result.stdout.split("\n")[:2] == ["[[2.0, 3.0]]", "4"]


def test_a_loaded_model_can_be_saved_again(saved: str, tmp_path: Path) -> None:
    loaded = tf.saved_model.load(saved)
    del loaded.signatures
    tf.saved_model.save(loaded, tmp_path / "again")
    again = tf.saved_model.load(tmp_path / "again")
    x = tf.constant([[1.0, 1.0]])
    assert again(x)["product"].numpy().tolist() == [[2.0, 3.0]]


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    outside = tf.Variable(1.0)
    module = tf.Module()
    module.uses_outside = tf.function(lambda: outside + 1.0, input_signature=[])
    with pytest.raises(ValueError, match="not an attribute of the object being saved"):
        tf.saved_model.save(module, tmp_path / "a")
    module = tf.Module()
    module.f = tf.function(lambda x: x)
    with pytest.raises(ValueError, match="needs a function with one trace"):
        tf.saved_model.save(module, tmp_path / "b", signatures=module.f)
    with pytest.raises(ValueError, match="Expected a TensorFlow function"):
        tf.saved_model.save(module, tmp_path / "c", signatures=lambda x: x)
    module.g = tf.function(lambda: {"a": {"b": 1}}, input_signature=[])
    module.h = tf.function(lambda: (1, (2,)), input_signature=[])
    with pytest.raises(ValueError, match="flat sequence of tensors"):
        tf.saved_model.save(module, tmp_path / "d", signatures=module.h)
    assert not (tmp_path / "a").exists()


def test_python_code_in_a_function_is_named(tmp_path: Path) -> None:
    dataset = tf.data.Dataset.range(3)
    module = tf.Module()
    module.f = tf.function(
        lambda: dataset.reduce(np.int64(0), lambda a, b: a + b), input_signature=[]
    )
    with pytest.raises(ValueError, match="cannot be saved: its node"):
        tf.saved_model.save(module, tmp_path / "model")


def test_what_cannot_be_loaded(tmp_path: Path, saved: str) -> None:
    with pytest.raises(OSError, match="SavedModel file does not exist at"):
        tf.saved_model.load(tmp_path / "nothing")
    path = Path(saved) / "saved_model.json"
    document = json.loads(path.read_text())

    def rewrite(old: str, new: str) -> None:
        path.write_text(json.dumps(document).replace(old, new))

    path.write_text(json.dumps({**document, "format": 99}))
    with pytest.raises(ValueError, match="format 99"):
        tf.saved_model.load(saved)
    rewrite("tensor.ops.math.arithmetic:", "os:")
    with pytest.raises(ValueError, match="which is no op of ours"):
        tf.saved_model.load(saved)
    rewrite("tensor.ops.math.arithmetic:", "tensor.io.records:")
    with pytest.raises(ValueError, match="does not have"):
        tf.saved_model.load(saved)


def test_only_the_chief_writes(tmp_path: Path, monkeypatch: Any) -> None:
    class Worker(Replication):
        is_chief = False

    monkeypatch.setattr(context, "replica", Worker())
    tf.saved_model.save(tf.Module(), tmp_path / "model", options=None)
    assert not (tmp_path / "model").exists()
    tf.saved_model.SaveOptions(experimental_io_device="x")
    tf.saved_model.LoadOptions(allow_partial_checkpoint=True)


class _WithOwnGradients(tf.Module):
    def __init__(self):
        super().__init__()
        self.factor = tf.Variable(3.0)

    @tf.function(input_signature=[tf.TensorSpec(None)])
    def halved(self, x):
        return _halved_gradient(x) * 2.0

    @tf.function(input_signature=[tf.TensorSpec([2])])
    def scaled(self, x):
        @tf.custom_gradient
        def scale(y):
            def gradient(dy, variables):
                assert len(variables) == 1
                return 10.0 * dy, [tf.constant(7.0)]

            return y * self.factor, gradient

        return scale(x)


@tf.custom_gradient
def _halved_gradient(y):
    def gradient(dy):
        return dy * 0.5

    return y * y, gradient


def test_gradients_of_ones_own_are_saved(tmp_path):
    tf.saved_model.save(_WithOwnGradients(), tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = loaded.halved(x * 1.0)
    assert float(y) == 18.0
    assert float(tape.gradient(y, x)) == 1.0
    v = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(v)
        y = loaded.scaled(v)
    of_v, of_factor = tape.gradient(y, [v, loaded.factor])
    assert (y.numpy().tolist(), of_v.numpy().tolist()) == ([3.0, 6.0], [10.0, 10.0])
    assert float(of_factor) == 7.0
    # Saved again, it is the same.
    tf.saved_model.save(loaded, tmp_path / "again")
    again = tf.saved_model.load(tmp_path / "again")
    with tf.GradientTape() as tape:
        tape.watch(v)
        y = again.scaled(v)
    assert tape.gradient(y, v).numpy().tolist() == [10.0, 10.0]
