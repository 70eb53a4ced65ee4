"""AutoGraph: Python's control flow means the same eagerly and in graphs."""

from __future__ import annotations

import traceback
from typing import Any

import numpy as np
import pytest

import tensor as tf


def returns_from_loops(xs: Any, k: Any) -> Any:
    for i in tf.range(tf.size(xs)):
        if xs[i] == k:
            return i * 10
        if xs[i] < 0:
            continue
        for j in tf.range(3):
            if j == xs[i] - 5:
                return -j
    return -100


def jumps(n: Any) -> Any:
    i, s = 0, 0
    while tf.constant(True):
        i += 1
        if i > n:
            break
        if i % 2 == 0:
            continue
        for j in range(3):
            if j == 2:
                break
            s += i * j
    else:
        s = -1
    return s, i


def loop_else(n: Any) -> Any:
    found = -1
    for i in tf.range(n):
        if i * i > 10:
            found = i
            break
    else:
        found = -2
    return found


def expressions(x: Any) -> Any:
    y = 1 if 0 < x < 5 else 2
    double = (lambda q: q * 2 if q > 3 else q)(x)

    def inner(a: Any) -> Any:
        if a > 2:
            return a * 2
        return a

    both = x > 1 and x < 4
    either = x < 1 or x > 3
    return y, double, inner(x), both, either, not both


def grows_a_list(x: Any) -> Any:
    items = []
    for i in range(3):
        v = x * i if x > i else x
        items.append(v)
    return items


def carries_structures(x: Any) -> Any:
    a, b = tf.constant(0), {"k": x, "name": "fixed"}
    while a < 3:
        a += 1
        b = {"k": b["k"] * 2, "name": "fixed"}
        last = b["k"] + 1
    return b["k"], last


def several_at_once(xs: Any, ys: Any) -> Any:
    total = 0
    for i, (a, b) in enumerate(zip(xs, ys)):  # noqa: B905  # as users write it
        total += i * a * b
    return total


def builtins_on_tensors(xs: Any) -> Any:
    n = len(xs)
    return n, max(xs), min(xs), sum(xs), int(xs[0]), float(xs[0]), abs(xs[0])


def grows_in_a_loop(n: Any) -> Any:
    x = tf.constant([1.0])
    for _ in tf.range(n):
        tf.autograph.experimental.set_loop_options(
            shape_invariants=[(x, tf.TensorShape([None]))], maximum_iterations=3
        )
        x = tf.concat([x, x], 0)
    return x


def with_blocks(x: Any) -> Any:
    with tf.name_scope("a"):
        if x > 0:
            return x
    try:
        y = -x
    finally:
        x = 0
    return y


def over_an_array(x: Any) -> Any:
    array = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
    for i in tf.range(x):
        if i % 2 == 0:
            array = array.write(i // 2, i)
    return array.stack()


class Counter:
    """A class whose method changes an attribute."""

    def __init__(self) -> None:
        self.last: Any = 0

    def go(self, x: Any) -> Any:
        if x > 0:
            self.last = x
        else:
            self.last = x - 1
        return self.last


class Child(Counter):
    """Calls its parent's method inside a condition."""

    def go(self, x: Any) -> Any:
        y = x
        if x > 100:
            y = super().go(x)
        return y + 1


ints = tf.constant([1, 2, 9, 7])
CASES: list[tuple[Any, tuple[Any, ...]]] = [
    (returns_from_loops, (ints, 9)),
    (returns_from_loops, (ints, 3)),
    (returns_from_loops, (tf.constant([1, -2, 5]), 3)),
    (jumps, (tf.constant(7),)),
    (loop_else, (tf.constant(3),)),
    (loop_else, (tf.constant(9),)),
    *[(expressions, (tf.constant(k),)) for k in (0, 1, 3, 4, 9)],
    (grows_a_list, (tf.constant(1),)),
    (carries_structures, (tf.constant(1.0),)),
    (with_blocks, (tf.constant(-3),)),
    (with_blocks, (tf.constant(3),)),
    (Counter().go, (tf.constant(3),)),
    (Counter().go, (tf.constant(-3),)),
    (Child().go, (tf.constant(101),)),
]


@pytest.mark.parametrize(("f", "args"), CASES)
def test_control_flow_gives_the_same_in_a_graph(f: Any, args: Any) -> None:
    expected = tf.nest.flatten(f(*args))
    unknown = [tf.TensorSpec(None, a.dtype) for a in args if tf.is_tensor(a)]
    found = [tf.function(f)(*args), tf.autograph.to_graph(f)(*args)]
    if len(unknown) == len(args) and f is not returns_from_loops:
        found.append(tf.function(f, input_signature=unknown)(*args))
    for result in found:
        values = tf.nest.flatten(result)
        assert [np.asarray(v).tolist() for v in values] == [
            np.asarray(v).tolist() for v in expected
        ]


def test_what_only_graphs_can_do() -> None:
    assert int(tf.function(several_at_once)(ints, tf.constant([4, 5, 6]))) == 118
    assert tf.function(grows_in_a_loop)(tf.constant(9)).shape == [8]
    assert tf.function(over_an_array)(tf.constant(5)).numpy().tolist() == [0, 2, 4]
    spec = [tf.TensorSpec([None], tf.int32)]
    found = tf.function(builtins_on_tensors, input_signature=spec)(ints)
    assert [float(v) for v in found] == [4, 9, 1, 19, 1, 1, 1]


def test_datasets_are_loops_in_the_graph() -> None:
    traces: list[int] = []

    @tf.function
    def total(limit: Any) -> Any:
        s = tf.constant(0, tf.int64)
        for i, x in enumerate(tf.data.Dataset.range(10)):
            traces.append(1)
            if i > limit:
                break
            s += x
        return s

    assert int(total(tf.constant(3, tf.int64))) == 6
    assert int(total(tf.constant(99, tf.int64))) == 45
    assert len(traces) <= 2


def test_gradients_flow_through_converted_loops() -> None:
    @tf.function
    def f(x: Any, n: Any) -> Any:
        y = x
        for i in tf.range(n):
            if i % 2 == 0:
                y = y * x
                continue
            y = tf.sin(y)
        return y

    x = tf.constant(0.7)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x, tf.constant(3))
    with tf.GradientTape() as plain:
        plain.watch(x)
        z = tf.sin(x * x) * x
    assert float(y) == pytest.approx(float(z))
    assert float(tape.gradient(y, x)) == pytest.approx(float(plain.gradient(z, x)))


def one_branch_defines(x: Any) -> Any:
    if x > 0:
        y = x
    return y


def one_branch_returns(x: Any) -> Any:  # noqa: RET503  # that is the point
    if x > 0:
        return x


def branches_differ(x: Any) -> Any:
    return x if x > 0 else (x, x)


def dtypes_differ(x: Any) -> Any:
    y = x
    if x > 0:
        y = tf.cast(x, tf.float32)
    return y


def objects_differ(x: Any) -> Any:
    y = object() if x > 0 else tf
    return x, y


def loop_changes_dtype(x: Any) -> Any:
    y = x
    while x > 0:
        x -= 1
        y = tf.cast(y, tf.float32)
    return y


def loop_changes_shape(x: Any) -> Any:
    y = tf.constant([1])
    while x > 0:
        x -= 1
        y = tf.concat([y, y], 0)
    return y


def loop_changes_structure(x: Any) -> Any:
    y: Any = (x, x)
    while x > 0:
        x -= 1
        y = x
    return y


def loop_changes_object(x: Any) -> Any:
    mode = object()
    while x > 0:
        x -= 1
        mode = object()
    return x, mode


def python_loop_breaks(x: Any) -> Any:
    for i in [1, 2, 3]:
        if x > i:
            break
    return x


def reads_too_early(x: Any) -> Any:
    if x is None:
        y = 1
    return y + x


@pytest.mark.parametrize(
    ("f", "error", "text"),
    [
        (one_branch_defines, ValueError, "'y' must also be initialized in the else"),
        (one_branch_returns, ValueError, "else branch must also have a return"),
        (branches_differ, TypeError, "same nested structure in the main and else"),
        (dtypes_differ, TypeError, "'y' has dtype float32 in the main branch, but"),
        (objects_differ, TypeError, "Only tensors and numbers may differ"),
        (loop_changes_dtype, TypeError, "dtype int32 before the loop, but dtype float"),
        (loop_changes_shape, ValueError, "set_loop_options"),
        (loop_changes_structure, TypeError, "same nested structure after one"),
        (loop_changes_object, TypeError, "'mode' changes from <obj"),
        (python_loop_breaks, NotImplementedError, "not supported in Python for"),
        (reads_too_early, UnboundLocalError, "'y'"),
        (lambda x: [v for v in x], TypeError, "Iterating over a symbolic"),  # noqa: C416
    ],
)
def test_what_graphs_cannot_express_is_refused(f: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        tf.function(f)(tf.constant(1))


def test_assertions_are_checked_when_the_graph_runs() -> None:
    @tf.function
    def f(x: Any) -> Any:
        assert x != 77, "bad luck"
        return x + 1

    assert int(f(tf.constant(1))) == 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="bad luck"):
        f(tf.constant(77))


def test_errors_point_at_the_users_line() -> None:
    @tf.function
    def f(x: Any) -> Any:
        if x > 0:
            raise RuntimeError("here")  # the line
        return x

    with pytest.raises(RuntimeError, match="here") as caught:
        f(tf.constant(1))
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert frame.line == 'raise RuntimeError("here")  # the line'


def test_functions_that_are_not_to_be_converted_are_not() -> None:
    @tf.autograph.experimental.do_not_convert
    def plain(x: Any) -> Any:
        return 1 if x > 0 else 2

    with pytest.raises(TypeError, match="Python `bool`"):
        tf.function(lambda x: plain(x))(tf.constant(1))


def test_code_without_source_runs_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    scope: dict[str, Any] = {}
    exec("def f(x):\n    return x + 1", scope)
    assert int(tf.function(scope["f"])(tf.constant(1))) == 2
    for wrong in (scope["f"], len):
        with pytest.raises(ValueError, match="could not be converted"):
            tf.autograph.to_graph(wrong)
    with pytest.raises(ValueError, match="could not be converted"):
        tf.autograph.to_code(scope["f"])

    def generator(x: Any) -> Any:
        yield x

    assert int(tf.function(lambda x: next(generator(x)))(tf.constant(5))) == 5
    assert "generator or coroutine" in caplog.text


def test_the_converted_code_can_be_read() -> None:
    text = tf.autograph.to_code(returns_from_loops)
    assert "def returns_from_loops(xs" in text
    assert "ag__.for_(" in text
    compile(text, "converted", "exec")


def test_a_class_with_a_call_method_is_converted() -> None:
    class Step:
        def __call__(self, x: Any) -> Any:
            if x > 0:
                return x
            return -x

    step = Step()
    assert int(tf.function(lambda x: step(x))(tf.constant(-3))) == 3
    assert int(tf.function(step)(tf.constant(-3))) == 3
