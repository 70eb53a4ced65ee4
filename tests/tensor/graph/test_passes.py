"""Passes and executor: what becomes of a program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.core import errors
from tensor.graph.executor import blocks, compile_program
from tensor.graph.passes import PASSES, optimize
from tensor.graph.passes.common import attribute_key
from tensor.graph.passes.verify import verify
from tensor.graph.program import Node, Program, Value


def traced(f: Any, *specs: Any) -> Program:
    """Return the program that a function is traced to."""
    return tf.function(f).get_concrete_function(*specs).program  # type: ignore[no-any-return]


def ops_of(program: Program) -> list[str]:
    """Return the types of a program's nodes, those inside groups included."""
    names = [node.op.type_name for node in program.all_nodes()]
    return [n for n in names if n not in ("Const", "Fused")]


MATRIX = tf.TensorSpec([64, 64])


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: (tf.exp(x), tf.sin(x))[0], ["Exp"]),
        (lambda x: tf.exp(x) * tf.exp(x), ["Exp", "Mul"]),
        (lambda x: tf.identity(x) * 1.0 + 0.0, []),
        (lambda x: tf.negative(tf.negative(x)), []),
        (lambda x: tf.cast(tf.reshape(x, [64, 64]), tf.float32), []),
        (lambda x: tf.transpose(x) @ tf.transpose(x), ["MatMul"]),
        (lambda x: x * (tf.constant(2.0) * 3.0 - 1.0), ["Mul"]),
        (lambda x: x * tf.cast(tf.shape(x)[0], tf.float32), ["Mul"]),
        (lambda x: x + tf.zeros_like(x), []),
    ],
)
def test_programs_become_smaller(f: Any, expected: list[str]) -> None:
    program = optimize(traced(f, MATRIX))
    assert ops_of(program) == expected
    x = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    (found,) = compile_program(program).run([x])
    np.testing.assert_allclose(found, f(tf.constant(x)), rtol=1e-5, atol=1e-5)


def test_objects_that_print_alike_are_not_the_same() -> None:
    class Silent:
        def __repr__(self) -> str:
            return "silent"

    one, other = Silent(), Silent()
    assert attribute_key(one) == attribute_key(one) != attribute_key(other)
    assert attribute_key((1, "a")) == attribute_key((1, "a"))


def test_every_pass_leaves_a_program_that_verifies() -> None:
    def f(x: Any) -> Any:
        y = tf.while_loop(
            lambda i, _: i < 3, lambda i, a: (i + 1, tf.tanh(a @ x) * 2.0), (0, x)
        )[1]
        return tf.cond(tf.reduce_sum(y) > 0, lambda: y * y, lambda: tf.exp(-y))

    program = traced(f, MATRIX)
    for run in PASSES:
        program = run(program)
        verify(program, run.__name__)


def test_a_broken_program_is_found() -> None:
    program = traced(lambda x: tf.exp(x) + 1.0, MATRIX)
    first, second = program.nodes[0], program.nodes[-1]
    swapped = Program(program.inputs, (second, first), program.outputs)
    with pytest.raises(errors.InternalError, match="too early"):
        verify(swapped)
    missing = Program(program.inputs, (), program.outputs)
    with pytest.raises(errors.InternalError, match="not computed"):
        verify(missing, "a test")
    wrong = Node(first.op, first.inputs, {}, {}, "wrong")
    wrong.outputs = (Value((3,), tf.float64, "wrong:0", wrong),)
    with pytest.raises(errors.InternalError, match="gives"):
        verify(Program(program.inputs, (wrong,), wrong.outputs))


def test_writes_become_one_assignment_a_variable() -> None:
    v = tf.Variable(np.ones((64, 64), np.float32))

    def f(x: Any) -> Any:
        v.assign_add(x)
        v.assign(v * 2.0)
        v.assign_sub(x)
        return v + 0.0

    program = optimize(traced(f, MATRIX))
    names = [n.op.type_name for n in program.nodes]
    assert names.count("ReadVariableOp") == names.count("AssignVariableOp") == 1
    x = np.full((64, 64), 3.0, np.float32)
    assert compile_program(program).run([x])[0][0, 0] == 5
    assert float(v[0, 0]) == 5


def test_variables_are_written_in_place_unless_someone_holds_their_array() -> None:
    v = tf.Variable(np.ones((100, 100), np.float32))
    step = tf.function(lambda: v.assign_sub(0.5 * v))
    step()
    array = v.read_array()
    address = array.ctypes.data
    del array
    step()
    assert v.read_array().ctypes.data == address
    held = v.read_value()
    step()
    assert v.read_array().ctypes.data != address
    assert float(held[0, 0]) == 0.25
    assert float(v[0, 0]) == 0.125


def test_large_groups_run_in_blocks_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    monkeypatch.setattr(blocks, "WORTH_THREADS", 10_000)

    def f(x: Any, row: Any, column: Any) -> Any:
        y = tf.tanh(x * 2.0 + row) * tf.exp(-x) - column
        z = tf.where(y > x, tf.cast(tf.cast(y, tf.float64), tf.float32), x)
        return y, z, tf.nn.relu(z)

    rng = np.random.default_rng(0)
    for shape in ((7001,), (130, 77), (3, 4001), (20, 30, 11)):
        x = rng.normal(size=shape).astype(np.float32)
        row = rng.normal(size=shape[-1:]).astype(np.float32)
        column = rng.normal(size=(shape[0],) + (1,) * (len(shape) - 1))
        column = column.astype(np.float32) if len(shape) > 1 else np.float32(0.5)
        arguments = [tf.constant(a) for a in (x, row, column)]
        traced_results = tf.function(f)(*arguments)
        for e, t in zip(f(*arguments), traced_results, strict=True):
            np.testing.assert_allclose(t, e, rtol=1e-6, atol=1e-6)


def test_an_array_that_is_not_contiguous_is_no_obstacle() -> None:
    f = tf.function(lambda x: tf.tanh(tf.transpose(x) * 2.0) + 1.0)
    x = tf.constant(np.random.default_rng(0).normal(size=(300, 200)))
    np.testing.assert_allclose(f(x), np.tanh(x.numpy().T * 2) + 1)


def test_memory_is_shared_by_results_that_do_not_meet() -> None:
    def f(x: Any) -> Any:
        for _ in range(20):
            x = tf.tanh(x @ x)
        return tf.reduce_sum(x)

    compiled = compile_program(optimize(traced(f, MATRIX)))
    assert len(compiled._generated.plan.slot) > 20
    assert len(compiled._generated.plan.sizes) <= 4
