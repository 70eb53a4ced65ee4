"""Functions that were loaded: which trace a call gets, and what goes in and out."""

from __future__ import annotations

import collections
import copy
import functools
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path

Pair = collections.namedtuple("Pair", ["x", "y"])
SCALAR = tf.TensorSpec([], tf.float32)


def cycle(module: Any, times: int = 1, signatures: Any = None) -> Any:
    """Save and load, several times if asked to."""
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            tf.saved_model.save(module, folder, signatures)
            module = tf.saved_model.load(folder)
        signatures = module.signatures
    return module


def with_function(function: Any, *calls: Any, **options: Any) -> Any:
    """Return a module with a tf.function, called with several arguments."""
    module = tf.Module()
    module.f = tf.function(function, **options)
    for args, kwargs in calls:
        module.f(*args, **kwargs)
    return module


def test_defaults_and_names_choose_a_trace() -> None:
    def scaled(x: Any, training: Any = False, dtype: Any = tf.float32):
        return tf.cast(x, dtype) * (2.0 if training else 3.0)

    one = tf.constant(1)
    module = with_function(scaled, ((one,), {}), ((one, True), {}))
    loaded = cycle(module, times=2)
    assert loaded.f(one).numpy() == 3
    assert loaded.f(training=True, x=one).numpy() == 2
    assert loaded.f(one, dtype=tf.float32).numpy() == 3
    spec = tf.TensorSpec([], tf.int32)
    assert loaded.f.get_concrete_function(x=spec, training=True)(one).numpy() == 2
    with pytest.raises(ValueError, match="Could not find matching concrete function"):
        loaded.f(one, tf.constant(True))
    with pytest.raises(ValueError, match="Could not find matching concrete function"):
        loaded.f(one, unknown=3)


def test_keyword_only_and_open_parameters() -> None:
    one = tf.constant(1.0)

    def scaled(x: Any, *more: Any, scale: float = 2.0, **others: Any) -> Any:
        return x * scale + sum(more) + others.get("b", 0.0)

    calls = ((one,), {}), ((one, one), {"scale": 3.0}), ((one,), {"b": one})
    loaded = cycle(with_function(scaled, *calls))
    assert loaded.f(one).numpy() == 2
    assert loaded.f(one, one, scale=3.0).numpy() == 4
    assert loaded.f(one, b=tf.constant(4.0)).numpy() == 6


def test_defaults_of_partial_functions_may_be_tensors() -> None:
    add = functools.partial(lambda x, y: x + y, x=tf.zeros([1]), y=tf.ones([1]))
    assert cycle(with_function(add, ((), {}))).f().numpy().tolist() == [1]


def test_structures_keep_their_kinds() -> None:
    x = tf.constant(1)

    def sums(p: Any) -> Any:
        return {"sum": p[0] + p[1], "all": [p, (p[0],)], "none": None}

    loaded = cycle(with_function(sums, ((Pair(x, x),), {}), (([x, x],), {})))
    found = loaded.f(Pair(x, x))
    assert (type(found["all"][0]).__name__, found["all"][0].y.numpy()) == ("Pair", 1)
    assert found["none"] is None
    assert isinstance(loaded.f([x, x])["all"][0], list)
    with pytest.raises(ValueError, match="Could not find matching"):
        loaded.f((x, x))


def test_composite_tensors_go_in_and_come_out() -> None:
    rows = tf.ragged.constant([[1], [2, 3]])
    sparse = tf.sparse.from_dense([[0, 1]])

    def both(r: Any, s: Any) -> Any:
        return r * 2, s, tf.IndexedSlices(r.values, tf.range(3))

    loaded = cycle(with_function(both, ((rows, sparse), {})), times=2)
    doubled, same, slices = loaded.f(rows, sparse)
    assert doubled.to_list() == [[2], [4, 6]]
    assert tf.sparse.to_dense(same).numpy().tolist() == [[0, 1]]
    assert slices.indices.numpy().tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="Could not find matching"):
        loaded.f(sparse, rows)


def test_python_values_are_converted_where_no_tensor_fits() -> None:
    loaded = cycle(with_function(lambda x: 2 * x, ((tf.constant(1),), {})))
    assert loaded.f(4).numpy() == 8
    assert loaded.f(tf.Variable(4)).numpy() == 8


def test_functions_without_traces_say_so() -> None:
    loaded = cycle(with_function(lambda x: x))
    with pytest.raises(ValueError, match="Found zero restored functions for caller"):
        loaded.f(1)


def test_concrete_functions_come_back_as_such() -> None:
    module = tf.Module()
    traced = tf.function(lambda x, y: x - y)
    module.f = traced.get_concrete_function(SCALAR, SCALAR)
    loaded = cycle(module)
    assert isinstance(loaded.f, type(module.f))
    one, two = tf.constant(1.0), tf.constant(2.0)
    assert loaded.f(one, two).numpy() == loaded.f(y=two, x=one).numpy() == -1


def test_loaded_functions_are_traced_into_others_and_saved_with_them() -> None:
    inner = tf.Module()
    inner.v = tf.Variable(2.0)
    inner.f = tf.function(lambda x: x * inner.v, input_signature=[SCALAR])
    outer = tf.Module()
    outer.inner = cycle(inner)
    outer.g = tf.function(lambda x: outer.inner.f(x) + 1, input_signature=[SCALAR])
    loaded = cycle(outer)
    with tf.GradientTape() as tape:
        y = loaded.g(tf.constant(3.0))
    assert (y.numpy(), tape.gradient(y, loaded.inner.v).numpy()) == (7, 3)
    assert loaded.g.get_concrete_function().variables == (loaded.inner.v,)


def test_signatures_are_saved_again() -> None:
    module = with_function(lambda x: (x, x + 1), input_signature=[SCALAR])
    loaded = cycle(module, times=3, signatures={"pair": module.f})
    pair = loaded.signatures["pair"]
    assert sorted(pair(x=tf.constant(1.0))) == ["output_0", "output_1"]
    assert [i.name for i in pair.inputs] == ["x:0"]
    with pytest.raises(TypeError, match="by name, got 2 positional"):
        pair(1.0, 2.0)


def test_what_is_saved_can_be_restored_as_a_checkpoint(tmp_path: Path) -> None:
    module = tf.Module()
    module.v = tf.Variable(5.0)
    tf.saved_model.save(module, tmp_path)
    other = tf.Variable(0.0)
    status = tf.train.Checkpoint(v=other).restore(tmp_path / "variables" / "variables")
    status.expect_partial()
    assert other.numpy() == 5


def test_values_of_call_time_are_not_saved(tmp_path: Path) -> None:
    def f() -> Any:
        graph = tf.compat.v1.get_default_graph()
        return graph.capture_call_time_value(lambda: 1.0, SCALAR)

    with pytest.raises(ValueError, match="from closures that are not saved"):
        tf.saved_model.save(with_function(f, input_signature=[]), tmp_path)


def test_a_function_with_a_variable_of_nobody_is_refused(tmp_path: Path) -> None:
    v = tf.Variable(1.0)
    with pytest.raises(AssertionError, match="'untracked' resource"):
        tf.saved_model.save(with_function(lambda: v + 1, input_signature=[]), tmp_path)


def test_a_signature_returns_tensors(tmp_path: Path) -> None:
    for result in ({"a": {"b": 1.0}}, {3: 1.0}, [1.0, [2.0]]):
        module = with_function(lambda r=result: r, ((), {}))
        with pytest.raises(ValueError, match="Got non-flat outputs or a non-Tensor"):
            tf.saved_model.save(module, tmp_path, module.f)


def test_tables_that_change_come_back_with_their_content(tmp_path: Path) -> None:
    experimental = tf.lookup.experimental
    module = tf.Module()
    module.table = experimental.MutableHashTable(tf.string, tf.int64, -1)
    module.dense = experimental.DenseHashTable(tf.int64, tf.float32, 0.0, -1, -2)
    module.table.insert(["a"], [5])
    module.dense.insert([3], [1.5])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def count(words: Any) -> Any:
        module.table.insert(words, module.table.lookup(words) + 1)
        return module.table.lookup(words), module.dense.lookup(
            tf.constant([3], "int64")
        )

    module.count = count
    loaded = cycle(module, times=2)
    words = tf.constant(["a", "b"])
    assert [v.numpy().tolist() for v in loaded.count(words)] == [[6, 0], [1.5]]
    assert loaded.table.lookup(words).numpy().tolist() == [6, 0]
    assert module.table.lookup(words).numpy().tolist() == [5, -1]
    del module.dense
    with pytest.raises(ValueError, match="a DenseHashTable that is not an attribute"):
        tf.saved_model.save(module, tmp_path)


def test_functions_in_lists_and_dictionaries_are_saved() -> None:
    def adding(number: float) -> Any:
        return tf.function(lambda x: x + number, input_signature=[SCALAR])

    module = tf.Module()
    module.mixed = [adding(1.0), tf.Variable(2.0), {"deep": adding(3.0)}]
    module.by_name = {"f": adding(4.0).get_concrete_function()}
    loaded = cycle(module, times=2)
    zero = tf.constant(0.0)
    found = [loaded.mixed[0], loaded.mixed[2]["deep"], loaded.by_name["f"]]
    assert [f(zero).numpy() for f in found] == [1, 3, 4]
    assert loaded.mixed[1].numpy() == 2


def test_signatures_can_be_copied() -> None:
    module = with_function(lambda x: x + 1, input_signature=[SCALAR])
    copied = copy.copy(cycle(module).signatures["serving_default"])
    assert copied(tf.constant(1.0))["output_0"].numpy() == 2


def test_restored_programs_may_pool_factorize_and_sort() -> None:
    def program(x: Any) -> Any:
        pooled = tf.nn.max_pool2d(x, 2, 2, "VALID") + tf.nn.avg_pool2d(x, 2, 2, "SAME")
        return pooled, tf.linalg.qr(x[0, :, :, 0])[1], tf.math.top_k(x[0, 0, :, 0])[0]

    spec = tf.TensorSpec([None, 4, 4, 1])
    module = with_function(program, input_signature=[spec])
    x = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
    loaded = cycle(module, times=2)
    for found, expected in zip(loaded.f(x), program(x), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)
    names = set(loaded.signatures["serving_default"](x))
    assert names == {"output_0", "output_1", "output_2"}


def test_what_becomes_no_tensor_fits_no_trace() -> None:
    module = tf.Module()
    module.f = tf.function(lambda x: x + 1.0, input_signature=[SCALAR])
    with pytest.raises(ValueError, match="Could not find matching concrete function"):
        cycle(module).f(object())
