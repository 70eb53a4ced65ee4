"""Conditionals, loops and arrays of tensors, eagerly and in graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf


def both(f: Any, *args: Any) -> list[Any]:
    """Return what a function gives eagerly and traced."""
    return [f(*args), tf.function(f)(*args)]


def test_cond_runs_one_branch() -> None:
    v = tf.Variable(0)

    def f(x: Any) -> Any:
        return tf.cond(x > 0, lambda: v.assign_add(1) + 0, lambda: v.assign_sub(10) + 0)

    assert int(tf.function(f)(tf.constant(1))) == 1
    assert int(tf.function(f)(tf.constant(-1))) == -9
    assert int(f(tf.constant(1))) == -8
    assert int(tf.cond(True, lambda: tf.constant(1), lambda: tf.constant(2))) == 1
    number = tf.function(lambda x: tf.cond(x, lambda: 1, lambda: 2))
    assert [int(number(tf.constant(k))) for k in (0, 5)] == [2, 1]


def test_cond_refuses_branches_that_do_not_match() -> None:
    @tf.function
    def structures(x: Any) -> Any:
        return tf.cond(x > 0, lambda: (x, x), lambda: x)

    with pytest.raises(TypeError, match="overall structure"):
        structures(tf.constant(1))

    @tf.function
    def kinds(x: Any) -> Any:
        return tf.cond(x > 0, lambda: x, lambda: 1.0)

    with pytest.raises(TypeError, match="must have the same"):
        kinds(tf.constant(1))
    with pytest.raises(TypeError, match="true_fn"):
        tf.cond(True, 1, lambda: 2)
    with pytest.raises(TypeError, match="false_fn"):
        tf.cond(True, lambda: 1, 2)


def test_switch_case_takes_the_default_out_of_range() -> None:
    @tf.function
    def f(i: Any) -> Any:
        return tf.switch_case(i, {1: lambda: 20, 0: lambda: 10}, default=lambda: -1)

    assert [int(f(tf.constant(k))) for k in (0, 1, 5, -3)] == [10, 20, -1, -1]
    last = tf.function(lambda i: tf.switch_case(i, [lambda: 1, lambda: 2]))
    assert [int(last(tf.constant(k))) for k in (0, 1, 9)] == [1, 2, 2]
    assert int(tf.switch_case(tf.constant(7), [lambda: 1, lambda: 2])) == 2


@pytest.mark.parametrize(
    ("branches", "error", "text"),
    [
        ([], ValueError, "at least one item"),
        ([(0, len), (0, len)], ValueError, "found {0,0}"),
        ([(0, len), (2, len)], ValueError, "contiguous"),
        ([1], TypeError, "2-tuple"),
    ],
)
def test_switch_case_checks_its_branches(branches: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        tf.switch_case(tf.constant(0), branches)
    with pytest.raises(TypeError, match="integer Tensor, got <dtype: 'float32'>"):
        tf.switch_case(tf.constant(0.0), [lambda: 1])


def test_case_takes_the_first_true_predicate() -> None:
    def f(x: Any) -> Any:
        pairs = [(x > 5, lambda: 1), (x > 2, lambda: 2)]
        return tf.case(pairs, default=lambda: 3)

    for value, expected in ((7, 1), (3, 2), (0, 3)):
        assert [int(r) for r in both(f, tf.constant(value))] == [expected] * 2


@pytest.mark.parametrize(
    ("pairs", "error", "text"),
    [
        ([], ValueError, "non-empty"),
        ([1], TypeError, "2-tuple"),
        ([(True, 1)], TypeError, "must be callable"),
        ([(False, lambda: 1)], tf.errors.InvalidArgumentError, "None of conditions"),
    ],
)
def test_case_checks_its_pairs(pairs: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        tf.case(pairs)
    with pytest.raises(TypeError, match="default"):
        tf.case([(True, lambda: 1)], default=1)
    true = tf.constant(True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than 1 cond"):
        tf.case([(true, lambda: 1), (true, lambda: 2)], exclusive=True)


def test_symbolic_predicates_of_case_are_checked_when_the_graph_runs() -> None:
    @tf.function
    def f(x: Any) -> Any:
        pairs = [(x > 0, lambda: 1), (x > 1, lambda: 2)]
        return tf.case(pairs, exclusive=True)

    assert int(f(tf.constant(1))) == 1
    refused = pytest.raises(tf.errors.InvalidArgumentError, match="exclusive=True: mor")
    with refused:
        f(tf.constant(2))
    with pytest.raises(tf.errors.InvalidArgumentError, match="None of conditions"):
        f(tf.constant(0))


def absolute(x: Any) -> Any:
    if x < 0:
        x = -x
    return x


def test_functions_given_to_map_fn_are_converted() -> None:
    f = tf.function(lambda x: tf.map_fn(absolute, x))
    assert f(tf.constant([1, -2])).numpy().tolist() == [1, 2]


def test_functions_over_elements_return_the_structure_they_promise() -> None:
    x = tf.constant([1.0, 2.0])
    for function in (
        lambda: tf.map_fn(lambda v: (v, v), x, dtype=[tf.float32, tf.float32]),
        lambda: tf.scan(lambda a, v: (a[0], v), x, initializer=[1.0, 2.0]),
    ):
        for run in (function, tf.function(function)):
            with pytest.raises(TypeError, match="have the same nested structure"):
                run()


def test_while_loop_counts_and_carries_structures() -> None:
    def f(n: Any) -> Any:
        return tf.while_loop(
            lambda i, _: i < n,
            lambda i, s: (i + 1, {"sum": s["sum"] + i, "all": [*s["all"][1:], i]}),
            (0, {"sum": 0, "all": [tf.constant(-1), tf.constant(-1)]}),
        )

    for result in both(f, tf.constant(4)):
        i, s = result
        assert (int(i), int(s["sum"]), [int(v) for v in s["all"]]) == (4, 6, [2, 3])


def test_while_loop_ends_after_maximum_iterations() -> None:
    def f(x: Any) -> Any:
        return tf.while_loop(
            lambda _: True, lambda v: (v * 2,), (x,), maximum_iterations=5
        )[0]

    assert [int(r) for r in both(f, tf.constant(1))] == [32, 32]


def test_while_loop_keeps_shape_invariants() -> None:
    def f(x: Any) -> Any:
        return tf.while_loop(
            lambda i, _: i < 3,
            lambda i, v: (i + 1, tf.concat([v, v], 0)),
            (0, x),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None])),
        )[1]

    assert [r.shape.as_list() for r in both(f, tf.ones([2]))] == [[16], [16]]


def test_while_loop_refuses_variables_that_change_their_kind() -> None:
    def loop(step: Any, shape: Any = None) -> Any:
        return tf.function(
            lambda x: tf.while_loop(lambda _: True, step, (x,), shape_invariants=shape)
        )(tf.ones([2]))

    with pytest.raises(TypeError, match="enters the loop with type"):
        loop(lambda x: (tf.cast(x, tf.int32),))
    with pytest.raises(ValueError, match="shape_invariants"):
        loop(lambda x: (tf.concat([x, x], 0),))
    with pytest.raises(ValueError, match="shape invariant specified"):
        loop(lambda x: (x,), (tf.TensorShape([3]),))
    with pytest.raises(TypeError, match="'cond'"):
        tf.while_loop(1, lambda: (), [0])
    with pytest.raises(TypeError, match="'body'"):
        tf.while_loop(lambda: True, 1, [0])
    with pytest.raises(ValueError, match="No loop variables"):
        tf.while_loop(lambda: True, lambda: (), [])


def test_no_gradient_flows_without_back_prop() -> None:
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.while_loop(
            lambda i, _: i < 2,
            lambda i, a: (i + 1, a * x),
            (0, x),
            back_prop=False,
        )[1]
    assert tape.gradient(y, x) is None


def test_a_loop_sees_what_its_last_round_wrote() -> None:
    v = tf.Variable(1.0)

    @tf.function
    def f(n: Any) -> Any:
        def body(i: Any) -> Any:
            v.assign(v * 2.0)
            return (i + 1,)

        tf.while_loop(lambda i: tf.logical_and(i < n, v < 100.0), body, (0,))
        return v + 0.0

    assert float(f(tf.constant(3))) == 8
    assert float(f(tf.constant(99))) == 128


def test_gradients_of_nested_loops_and_branches_to_second_order() -> None:
    v = tf.Variable(0.7)

    def program(x: Any, n: Any) -> Any:
        def body(i: Any, a: Any, b: Any) -> Any:
            inner = tf.while_loop(
                lambda j, _: j < i, lambda j, c: (j + 1, tf.sin(c * v) + b), (0, a)
            )[1]
            factor = tf.cond(inner > 0, lambda: inner * x, lambda: tf.exp(inner))
            return i + 1, inner, b * factor

        return tf.while_loop(lambda i, *_: i < n, body, (0, x, x * x))

    def derivatives(x: Any, n: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                _, a, b = program(x, n)
                z = a * 3.0 + b
            first = tape.gradient(z, [x, v], unconnected_gradients="zero")
            total = first[0] * 2.0 + first[1]
        second = outer.gradient(total, [x, v], unconnected_gradients="zero")
        return [z, *first, *second]

    traced = tf.function(derivatives)
    for n in (0, 1, 2, 4):
        x, count = tf.constant(0.6, tf.float64), tf.constant(n)
        x = tf.cast(x, tf.float32)
        expected = [float(t) for t in derivatives(x, count)]
        np.testing.assert_allclose(
            [float(t) for t in traced(x, count)], expected, rtol=1e-5, atol=1e-6
        )


def test_outer_tapes_see_through_functions_with_loops_and_arrays() -> None:
    def f(x: Any) -> Any:
        def body(i: Any, array: Any) -> Any:
            return i + 1, array.write(i, x * x * tf.cast(i + 1, tf.float32))

        array = tf.TensorArray(tf.float32, size=3)
        array = tf.while_loop(lambda i, _: i < 3, body, (0, array))[1]
        mapped = tf.map_fn(lambda row: row * row[0], array.stack())
        inner = array.read(1) * array.concat()[:2]
        return tf.reduce_sum(mapped) + tf.reduce_sum(inner)

    x = tf.constant([0.5, 2.0])
    found = []
    for g in (f, tf.function(f)):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = g(x)
            d = tape.gradient(y, x)
        found.append([float(y), *d.numpy(), *outer.gradient(d, x).numpy()])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)


def test_tensor_array_in_and_out_of_graphs() -> None:
    def f(x: Any) -> Any:
        array = tf.TensorArray(tf.float32, 0, True, clear_after_read=False)
        array = tf.while_loop(
            lambda i, _: i < 4,
            lambda i, a: (i + 1, a.write(i, x * tf.cast(i, tf.float32))),
            (0, array),
        )[1]
        parts = array.stack(), array.gather([1, 3]), array.read(2), array.concat()
        return (*parts, array.size())

    x = tf.constant([1.0, 2.0])
    eager, traced = both(f, x)
    for e, t in zip(eager, traced, strict=True):
        np.testing.assert_array_equal(e, t)
    grads = []
    for g in (f, tf.function(f)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            stacked, gathered, one, joined, _ = g(x)
            z = tf.reduce_sum(stacked * stacked) + tf.reduce_sum(gathered) + one[0]
            z += tf.reduce_sum(joined[3:5])
        grads.append(tape.gradient(z, x).numpy().tolist())
    assert grads[0] == grads[1] == [36, 61]


def test_tensor_array_refuses_what_does_not_fit() -> None:
    array = tf.TensorArray(tf.float32, size=2, clear_after_read=True)
    with pytest.raises(tf.errors.OutOfRangeError, match="not resizeable"):
        array.write(2, 1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="trying to write dtype"):
        array.write(0, tf.constant(1))
    array = array.write(0, 1.0)
    with pytest.raises(ValueError, match="Incompatible shape"):
        array.write(1, [1.0])
    assert float(array.read(0)) == 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="twice"):
        array.read(0)
    with pytest.raises(tf.errors.OutOfRangeError, match="array size is: 2"):
        array.read(5)
    assert float(array.read(1)) == 0
    with pytest.raises(tf.errors.InvalidArgumentError, match="not fully defined"):
        tf.TensorArray(tf.float32, size=1).read(0)
    with pytest.raises(NotImplementedError, match="not supported in TF2"):
        array.grad("x")
    graph = tf.function(lambda i: tf.TensorArray(tf.int32, 1).write(i, 5).stack())
    assert graph(tf.constant(0)).numpy().tolist() == [5]
    with pytest.raises(tf.errors.InvalidArgumentError, match="with 1 elements"):
        graph(tf.constant(3))


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: tf.map_fn(lambda e: e * e, x), [1, 4, 9]),
        (lambda x: tf.scan(lambda a, e: a + e, x), [1, 3, 6]),
        (lambda x: tf.scan(lambda a, e: a + e, x, 10.0, reverse=True), [16, 15, 13]),
        (lambda x: tf.foldl(lambda a, e: a - e, x), -4),
        (lambda x: tf.foldr(lambda a, e: a - e, x), 0),
        (lambda x: tf.vectorized_map(lambda e: e + 1.0, x), [2, 3, 4]),
        (
            lambda x: tf.map_fn(
                lambda e: e > 1.5, x, fn_output_signature=tf.TensorSpec([], tf.bool)
            ),
            [False, True, True],
        ),
    ],
)
def test_functions_over_elements(f: Any, expected: Any) -> None:
    x = tf.constant([1.0, 2.0, 3.0])
    for result in both(f, x):
        assert result.numpy().tolist() == expected
    unknown = tf.function(f, input_signature=[tf.TensorSpec([None])])
    assert unknown(x).numpy().tolist() == expected


def test_functions_over_elements_need_elements() -> None:
    with pytest.raises(ValueError, match="must be 1\\+ dimensional"):
        tf.map_fn(lambda e: e, tf.constant(1.0))
    with pytest.raises(ValueError, match="elems must be a Tensor or"):
        tf.map_fn(lambda e: e, [])
    for wrong in (tf.map_fn, tf.scan, tf.foldl):
        with pytest.raises(TypeError, match="callable"):
            wrong(1, tf.constant([1.0]))
