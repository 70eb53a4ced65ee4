"""Collectives start early and are waited for late, in one order on all ranks."""

# ruff: noqa: ARG002  # ops have the signatures that the executor calls
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.core import errors
from tensor.core.registry import Op
from tensor.graph.executor import compile_program
from tensor.graph.passes import optimize
from tensor.graph.passes.schedule_collectives import schedule_collectives
from tensor.graph.passes.verify import verify
from tensor.graph.program import Program

events: list[str] = []


class Double(Op):
    """A collective of two equal ranks: its sum is twice the value."""

    kind = "collective"
    type_name = "TestDouble"

    def kernel(self, x: Any, tag: str) -> Any:
        return self.finish(self.start(x, tag), ())

    def infer(self, x: Any, tag: str) -> Any:
        return x

    def start(self, x: Any, tag: str) -> Any:
        events.append(f"start {tag}")
        return np.array(x), tag

    def finish(self, receipt: Any, specs: Any) -> Any:
        array, tag = receipt
        events.append(f"wait {tag}")
        return array * 2

    def gradient(self, call: Any, dz: Any) -> Any:
        return double(dz, tag=f"d{call.attrs['tag']}")


class DoubleBoth(Double):
    """A collective of two arrays."""

    type_name = "TestDoubleBoth"

    def infer(self, *xs: Any, tag: str) -> Any:
        return xs

    def start(self, *xs: Any, tag: str) -> Any:
        events.append(f"start {tag}")
        return xs, tag

    def finish(self, receipt: Any, specs: Any) -> Any:
        arrays, tag = receipt
        events.append(f"wait {tag}")
        return tuple([x * 2 for x in arrays])


class DoubleNow(Op):
    """A collective that cannot be started and left to itself."""

    kind = "collective"
    type_name = "TestDoubleNow"

    def kernel(self, x: Any, tag: str) -> Any:
        events.append(f"now {tag}")
        return x * 2

    def infer(self, x: Any, tag: str) -> Any:
        return x


class Note(Op):
    """A computation that leaves a mark when it runs, and has no effects as such."""

    type_name = "TestNote"

    def kernel(self, x: Any, tag: str) -> Any:
        events.append(tag)
        return x + 1

    def infer(self, x: Any, tag: str) -> Any:
        return x


double, double_both, double_now, note = Double(), DoubleBoth(), DoubleNow(), Note()


@pytest.fixture(autouse=True)
def _no_events() -> None:
    events.clear()


def run(f: Any, *arrays: Any) -> list[str]:
    """Return what happens, in order, when the traced function runs."""
    specs = [tf.TensorSpec(a.shape) for a in arrays]
    program = tf.function(f).get_concrete_function(*specs).program
    compile_program(optimize(program)).run(arrays)
    return list(events)


X = np.arange(4, dtype=np.float32)


def test_a_collective_runs_while_independent_work_is_done() -> None:
    def f(x: Any) -> Any:
        total = double(note(x, tag="gradient"), tag="a")
        used = note(total, tag="update")
        return used, note(x * 3.0, tag="metric")

    assert run(f, X) == ["gradient", "start a", "metric", "wait a", "update"]


def test_each_starts_behind_its_own_inputs_and_what_needs_the_first_runs_first() -> (
    None
):
    def f(x: Any) -> Any:
        first, second = note(x, tag="first"), note(x * 2.0, tag="second")
        a, b = double(first, tag="first"), double(second, tag="second")
        return note(b, tag="use second"), note(a, tag="use first")

    assert run(f, X) == [
        "first",
        "start first",
        "second",
        "start second",
        "wait first",
        "use first",
        "wait second",
        "use second",
    ]


def test_collectives_keep_the_order_of_the_program() -> None:
    def f(x: Any) -> Any:
        first = double(note(x, tag="slow"), tag="1")
        second = double(x, tag="2")
        third = double_now(x, tag="3")
        return first + second + third, double(x * 5.0, tag="4")

    happened = run(f, X)
    assert [e for e in happened if e[-1].isdigit() and not e.startswith("wait")] == [
        "start 1",
        "start 2",
        "now 3",
        "start 4",
    ]


def test_what_depends_on_a_sum_may_start_the_next() -> None:
    def f(x: Any) -> Any:
        y = double(double(x, tag="1"), tag="2")
        return y, note(x, tag="meanwhile")

    assert run(f, X) == ["start 1", "meanwhile", "wait 1", "start 2", "wait 2"]


def test_writes_of_one_variable_keep_their_order_and_prints_theirs() -> None:
    v = tf.Variable(X)
    w = tf.Variable(X)

    @tf.function
    def f(x: Any) -> Any:
        v.assign(double(x, tag="a"))
        w.assign(x * 2.0)
        seen = v + 1.0
        v.assign(x * 7.0)
        return seen

    np.testing.assert_array_equal(f(tf.constant(X)), 2 * X + 1)
    np.testing.assert_array_equal(v, 7 * X)
    np.testing.assert_array_equal(w, 2 * X)


def test_python_functions_stay_between_the_collectives_around_them() -> None:
    def f(x: Any) -> Any:
        a = double(x, tag="a")
        tf.py_function(lambda: events.append("python"), [], [])
        return a, double(x * 2.0, tag="b")

    happened = run(f, X)
    assert happened.index("start a") < happened.index("python")
    assert happened.index("python") < happened.index("start b")


def test_a_conditional_that_holds_a_collective_keeps_its_place_among_them() -> None:
    def f(x: Any) -> Any:
        a = double(x, tag="a")
        b = tf.cond(
            tf.reduce_sum(x) > 0,
            lambda: double(x * 2.0, tag="inside"),
            lambda: x,
        )
        return a, b, double(x * 3.0, tag="c")

    happened = [e for e in run(f, X) if e.startswith("start")]
    assert happened == ["start a", "start inside", "start c"]


def test_collectives_of_several_arrays_are_split_too() -> None:
    def f(x: Any) -> Any:
        a, b = double_both(x, x * 3.0, tag="both")
        return a + b, note(x, tag="meanwhile")

    assert run(f, X) == ["start both", "meanwhile", "wait both"]
    g = tf.function(lambda x: double_both(x, x * 3.0, tag="both"))
    a, b = g(tf.constant(X))
    np.testing.assert_array_equal(a, 2 * X)
    np.testing.assert_array_equal(b, 6 * X)


def test_gradients_pass_through_scheduled_collectives() -> None:
    v = tf.Variable(X)

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(double(v * x, tag="a") ** 2)
        return tape.gradient(y, v)

    # The op's gradient is the same collective of the gradients: 2 · 2·(2vx)·x.
    np.testing.assert_allclose(step(tf.constant(X)), 8 * X**3)


def test_the_pass_leaves_the_program_it_is_given_as_it_was() -> None:
    def f(x: Any) -> Any:
        return double(note(x, tag="n"), tag="a") + note(x, tag="m")

    program = tf.function(f).get_concrete_function(tf.TensorSpec([4])).program
    before = [(n.name, n.op.type_name, n.outputs) for n in program.nodes]
    once, again = schedule_collectives(program), schedule_collectives(program)
    assert [(n.name, n.op.type_name, n.outputs) for n in program.nodes] == before
    names = [n.op.type_name for n in once.nodes]
    assert names == [n.op.type_name for n in again.nodes]
    assert names == [
        "TestNote",
        "TestDoubleStart",
        "TestNote",
        "TestDoubleWait",
        "AddV2",
    ]
    verify(once, "schedule_collectives")


def test_programs_without_collectives_are_left_alone() -> None:
    program = Program((), (), ())
    assert schedule_collectives(program) is program


def test_an_error_of_a_collective_keeps_its_words() -> None:
    class Lost(Double):
        """A collective that fails."""

        type_name = "TestLost"

        def finish(self, receipt: Any, specs: Any) -> Any:
            raise errors.because(errors.UnavailableError, "rank 1 is gone")

    f = tf.function(lambda x: Lost()(x, tag="a") + 1.0)
    with pytest.raises(errors.UnavailableError, match="rank 1 is gone"):
        f(tf.constant(X))
