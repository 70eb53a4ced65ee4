"""tf.function: when it traces, what it keeps, what it refuses."""

from __future__ import annotations

import functools
import gc
import threading
import time
import weakref
from typing import Any

import numpy as np
import pytest

import tensor as tf


def test_effects_of_python_happen_while_tracing_only() -> None:
    seen: list[Any] = []

    @tf.function
    def f(x: Any) -> Any:
        seen.append(x)
        return x + 1

    assert int(f(tf.constant(1))) == 2
    assert int(f(tf.constant(5))) == 6
    assert len(seen) == 1
    f(tf.constant(1.0))
    f(tf.constant([1]))
    assert len(seen) == 3
    assert f.experimental_get_tracing_count() == 3


def test_python_values_structures_and_objects_choose_the_trace() -> None:
    count: list[Any] = []

    @tf.function
    def f(x: Any, y: Any = None) -> Any:
        count.append((x, y))
        return tf.constant(0)

    class Thing:
        pass

    one, two = Thing(), Thing()
    calls = [
        (1,), (1,), (2,), ("a",), ([1, 2],), ((1, 2),), ({"a": 1},), ({"a": 1},),
        (one,), (one,), (two,), (np.float32(3),), (np.float32(4),), (1, 2), (len,),
    ]  # fmt: skip
    for args in calls:
        f(*args)
    assert len(count) == 11


def test_arguments_by_name_and_by_position_are_one_signature() -> None:
    count: list[int] = []

    @tf.function
    def f(x: Any, y: int = 2, *, z: int = 3) -> Any:
        count.append(1)
        return x * y * z

    x = tf.constant(2.0)
    assert [float(v) for v in (f(x), f(x, 2), f(x, y=2), f(y=2, x=x, z=3))] == [12] * 4
    assert len(count) == 1


def test_a_call_that_does_not_fit_is_refused() -> None:
    f = tf.function(lambda x: x)
    with pytest.raises(TypeError, match="Binding inputs to tf"):
        f()
    with pytest.raises(TypeError, match="too many positional"):
        f(1, 2)


def test_an_input_signature_gives_one_trace() -> None:
    shapes: list[Any] = []

    @tf.function(input_signature=[tf.TensorSpec([None, 2], name="m")])
    def f(m: Any) -> Any:
        shapes.append(m.shape.as_list())
        return m * tf.cast(tf.shape(m)[0], tf.float32)

    for rows in (1, 3, 3, 3, 0):
        assert f(tf.ones([rows, 2])).numpy().tolist() == [[rows] * 2] * rows
    assert shapes == [[None, 2]]
    with pytest.raises(TypeError, match="Can not cast"):
        f(tf.ones([2, 3]))
    with pytest.raises(TypeError, match="Can not cast"):
        f(tf.ones([2, 2], tf.float64))
    with pytest.raises(TypeError, match="unsupported"):
        f(None)


@pytest.mark.parametrize("signature", [5, [5], ["float32"]])
def test_an_input_signature_must_hold_specs(signature: Any) -> None:
    with pytest.raises(TypeError, match="input_signature"):
        tf.function(lambda x: x, input_signature=signature)


def test_tf_function_needs_a_callable() -> None:
    with pytest.raises(TypeError, match="callable"):
        tf.function(5)


def test_many_shapes_share_the_general_program() -> None:
    f = tf.function(lambda x: x + 1.0, input_signature=[tf.TensorSpec([None])])
    for n in range(40):
        for _ in range(2):
            assert f(tf.zeros([n])).shape == [n]
    assert len(f.concrete_functions[0]._runner._by_shapes) == 16


def test_reduce_retracing_traces_for_any_shape_the_second_time() -> None:
    shapes: list[Any] = []

    @tf.function(reduce_retracing=True)
    def f(x: Any) -> Any:
        shapes.append(x.shape.as_list())
        return tf.reduce_sum(x)

    for n in (1, 2, 3, 4):
        assert float(f(tf.ones([n, 2]))) == 2 * n
    assert shapes == [[1, 2], [None, 2]]


def test_retracing_warns_and_names_the_argument(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @tf.function
    def slow(x: Any, rate: float) -> Any:
        return x * rate

    for k in range(10):
        slow(tf.constant(1.0), float(k))
        assert len(caplog.records) == min(max(k - 3, 0), 2)
    assert "5 out of the last 5 calls to" in caplog.text
    assert "Tracing is expensive" in caplog.text
    assert "argument 'rate' changed from 3.0 to 4.0" in caplog.text


def test_the_number_of_traces_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from tensor.graph import function

    monkeypatch.setattr(function, "_MOST_TRACES", 4)
    f = tf.function(lambda k: tf.constant(k))
    for k in range(10):
        assert int(f(k)) == k
    assert len(f.concrete_functions) == 4
    assert int(f(0)) == 0


def test_a_concrete_function_more_general_than_a_call_serves_it() -> None:
    count: list[int] = []

    @tf.function
    def f(x: Any) -> Any:
        count.append(1)
        return x + 1

    f.get_concrete_function(tf.TensorSpec([None]))
    assert f(tf.zeros([7])).shape == [7]
    assert len(count) == 1


def test_a_concrete_function_checks_what_it_is_given() -> None:
    @tf.function
    def f(x: Any, y: Any, k: int = 2) -> Any:
        return {"sum": (x + y) * k, "none": None}

    c = f.get_concrete_function(tf.TensorSpec([2]), tf.TensorSpec([]))
    one = tf.constant([1.0, 2.0])
    assert c(one, tf.constant(1.0))["sum"].numpy().tolist() == [4, 6]
    assert c(x=one, y=tf.constant(1.0))["none"] is None
    with pytest.raises(TypeError, match="missing a required argument: 'y'"):
        c(one)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="expected to be a float tens"
    ):
        c(tf.constant([1, 2]), tf.constant(1.0))
    # As in TensorFlow, shapes are for the kernels to judge; not so inside of graphs.
    assert c(tf.constant([1.0]), tf.constant(1.0))["sum"].numpy().tolist() == [4]
    with pytest.raises(TypeError, match=r"Can not cast TensorSpec\(shape=\(1,\)"):
        tf.function(lambda: c(tf.constant([1.0]), tf.constant(1.0)))()
    assert c.structured_input_signature[0][0] == tf.TensorSpec([2], name="x")
    assert "y: TensorSpec(shape=()" in repr(c)
    assert "k (POSITIONAL_OR_KEYWORD): Literal[2]" in str(c)


def test_methods_have_traces_of_their_own_and_do_not_keep_objects_alive() -> None:
    class Model(tf.Module):
        def __init__(self, scale: float) -> None:
            super().__init__()
            self.v = tf.Variable(scale)
            self.traced = 0

        @tf.function
        def __call__(self, x: Any) -> Any:
            self.traced += 1
            return x * self.v

    a, b = Model(2.0), Model(3.0)
    assert [float(m(tf.constant(1.0))) for m in (a, b, a)] == [2, 3, 2]
    assert (a.traced, b.traced) == (1, 1)
    gone = weakref.ref(a)
    del a
    gc.collect()
    assert gone() is None


def test_partials_and_nested_functions() -> None:
    inner_traces: list[int] = []

    @tf.function
    def inner(x: Any, k: Any) -> Any:
        inner_traces.append(1)
        return x * k

    outer = tf.function(functools.partial(inner, k=3))
    assert float(outer(tf.constant(2.0))) == 6
    assert float(tf.function(lambda x: inner(x, k=3))(tf.constant(2.0))) == 6
    assert len(inner_traces) == 1


def test_functions_run_eagerly_on_request() -> None:
    seen: list[Any] = []
    f = tf.function(lambda x: seen.append(x) or x)
    tf.config.run_functions_eagerly(True)
    try:
        assert tf.config.functions_run_eagerly()
        f(tf.constant(1))
        f(tf.constant(2))
    finally:
        tf.config.run_functions_eagerly(False)
    assert [int(x) for x in seen] == [1, 2]


def test_a_symbolic_tensor_is_of_no_use_outside() -> None:
    leaked: list[Any] = []
    tf.function(lambda x: leaked.append(x + 1))(tf.constant([1.0]))
    tensor = leaked[0]
    assert str(tensor) == 'Tensor("add:0", shape=(1,), dtype=float32)'
    with pytest.raises(TypeError, match="out of scope"):
        tensor + 1
    with pytest.raises(TypeError, match="out of scope"):
        tf.function(lambda: tensor + 1)()
    with pytest.raises(TypeError, match="out of scope"):
        list(tensor)
    with pytest.raises(TypeError, match="unhashable"):
        hash(tensor)
    with pytest.raises(AttributeError, match="no value while"):
        tensor.numpy()
    with pytest.raises(NotImplementedError, match="to a numpy array"):
        np.sin(tensor)
    with pytest.raises(TypeError, match="out of scope"):
        tf.Variable([1.0]).assign(tensor)


def test_python_needs_values_that_symbolic_tensors_do_not_have() -> None:
    for wrong in (lambda x: 1 if x[0] > 0 else 2, lambda x: [v for v in x]):  # noqa: C416
        with pytest.raises(TypeError, match="not allowed"):
            tf.function(wrong, autograph=False)(tf.constant([1.0]))


def test_what_a_function_returns_must_be_tensors() -> None:
    with pytest.raises(TypeError, match="found return value of type object"):
        tf.function(lambda: object())()
    assert tf.function(lambda: None)() is None
    assert int(tf.function(lambda: 5)()) == 5
    assert tf.function(lambda: "text")().numpy() == b"text"


def test_an_error_at_run_time_names_the_users_line() -> None:
    @tf.function
    def f(x: Any, i: Any) -> Any:
        return x[i]  # the line

    with pytest.raises(tf.errors.InvalidArgumentError, match="out of bounds") as caught:
        f(tf.constant([1.0, 2.0]), tf.constant(7))
    assert "return x[i]  # the line" in "".join(caught.value.__notes__)


def test_init_scope_leaves_the_function() -> None:
    seen: list[Any] = []

    @tf.function
    def f(x: Any) -> Any:
        assert not tf.executing_eagerly()
        assert tf.inside_function()
        with tf.init_scope():
            seen.append(tf.constant(2.0) * 3.0)
        return x * seen[0]

    assert float(f(tf.constant(1.0))) == 6
    assert float(seen[0]) == 6


def test_a_function_runs_on_several_threads_and_inside_itself() -> None:
    def again(x: Any) -> Any:
        return f(x - 1.0) if float(x[0, 0]) > 1 else x

    @tf.function
    def f(x: Any) -> Any:
        y = tf.tanh(x) @ tf.transpose(x)
        z = tf.py_function(again, [x], tf.float64)
        return tf.reduce_sum(tf.tanh(x) @ tf.transpose(x) - y) + tf.reduce_sum(z)

    x = tf.constant(np.full((40, 40), 3.0))
    assert float(f(x)) == 1600

    g = tf.function(lambda x: tf.reduce_sum(tf.exp(x * 0.5) @ tf.sin(x)))
    arguments = [tf.constant(np.full((50, 50), k / 10)) for k in range(8)]
    expected = [float(g(a)) for a in arguments]
    found: list[Any] = [None] * 8

    def work(k: int) -> None:
        for _ in range(20):
            found[k] = float(g(arguments[k]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == expected


def test_a_cached_call_is_cheap() -> None:
    f = tf.function(lambda: None)
    f()
    best = 1.0
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(200):
            f()
        best = min(best, (time.perf_counter() - began) / 200)
    assert best < 5e-6


def test_the_report_shows_what_was_fused_and_is_stable() -> None:
    def f(x: Any) -> Any:
        unused = tf.exp(x)  # noqa: F841
        return tf.tanh(2.0 * x + 1.0) * tf.exp(-(x**2)) + (x * 1.0)

    texts = set()
    for _ in range(2):
        traced = tf.function(f)
        traced(tf.ones([64, 64]))
        texts.add(traced.explain())
    (text,) = texts
    assert "trim: " in text
    assert "Fused" in text.partition("as run:")[2]
    assert text.partition("as run:")[2].count("Exp(") == 1


def test_the_graph_of_a_function_tells_what_it_uses_and_returns() -> None:
    v, w = tf.Variable(1.0), tf.Variable(2.0, trainable=False)
    f = tf.function(lambda x: {"sum": x + v, "product": x * w})
    graph = f.get_concrete_function(tf.TensorSpec([])).graph
    assert [u is k for u, k in zip(graph.variables, (v, w), strict=True)] == [True] * 2
    assert len(graph.trainable_variables) == 1
    assert set(graph.structured_outputs) == {"sum", "product"}
