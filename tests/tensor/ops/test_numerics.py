"""tf.debugging.enable_check_numerics: which op is named, eagerly and in functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _checks() -> Iterator[None]:
    tf.debugging.enable_check_numerics()
    try:
        yield
    finally:
        tf.debugging.disable_check_numerics()


def _message_of(call: Any) -> str:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        call()
    return caught.value.message


def test_an_eager_op_is_named_with_its_inputs_and_what_it_gave() -> None:
    x = tf.constant([1.0, -1.0, 0.0, 1.0])
    message = _message_of(lambda: x / tf.constant([0.0, 0.0, 0.0, 1.0]))
    assert (
        'Detected Infinity or NaN in output 0 of eagerly-executing op "RealDiv" '
        "(# of outputs: 1) !!!\n  dtype: <dtype: 'float32'>\n  shape: (4,)\n"
        "  # of -Inf elements: 1\n  # of +Inf elements: 1\n  # of +NaN elements: 1\n\n"
        "  Input tensors (2):\n"
        "         0: tf.Tensor([ 1. -1.  0.  1.], shape=(4,), dtype=float32)\n"
    ) in message
    assert "Tensor had -Inf, +Inf, and NaN values" in message


@pytest.mark.parametrize(
    ("call", "op"),
    [
        (lambda: tf.math.log(tf.constant(0.0, tf.float64)), "Log"),
        (lambda: tf.sqrt(tf.constant([-1.0, 1.0])), "Sqrt"),
        (lambda: tf.constant(1.0, tf.bfloat16) / 0.0, "RealDiv"),
        (lambda: tf.fill([1 << 16], 3e38) * 2.0, "Mul"),
        (lambda: tf.reduce_sum(tf.fill([4], 3e38)), "Sum"),
    ],
)
def test_ops_of_every_path_are_checked(call: Any, op: str) -> None:
    message = _message_of(call)
    assert f'eagerly-executing op "{op}"' in message


def test_what_hands_numbers_on_is_not_checked() -> None:
    inf = tf.constant([1.0, np.inf])
    assert tf.unstack(tf.concat([inf, inf], 0))[1] == np.inf
    assert tf.constant(1) + 1 == 2


def test_gradients_are_checked() -> None:
    v = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        y = tf.sqrt(v)
    assert "eagerly-executing op" in _message_of(lambda: tape.gradient(y, v))


def test_an_op_in_a_function_is_named_with_where_it_was_made() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, 1])])
    def f(x: Any) -> Any:
        unused = tf.math.log(x)  # noqa: F841  # checked though nobody reads it
        return x

    assert f(tf.ones([2, 1])).shape == (2, 1)
    message = _message_of(lambda: f(tf.zeros([2, 1])))
    assert 'in output 0 of graph op "Log" (# of outputs: 1) !!!' in message
    assert "  shape: (None, 1)\n" in message
    assert '  Input tensor: Tensor("x:0", shape=(None, 1), dtype=float32)' in message
    assert 'Graph name: "f"' in message
    assert "Stack trace of op's creation" in message
    assert " -> |   unused = tf.math.log(x)" in message
    assert "(Omitted" in message
    assert "Tensor had -Inf values" in message


def test_branches_and_loops_are_checked() -> None:
    @tf.function
    def f(n: Any) -> Any:
        s = tf.constant(1.0)
        for _ in tf.range(n):
            s = s * 1e30 if s > 1.0 else s + 1e15
        return s

    assert f(1) == 1e15 + 1
    assert 'graph op "Mul"' in _message_of(lambda: f(tf.constant(4)))


def test_functions_are_traced_anew_with_checks_and_without() -> None:
    tf.debugging.disable_check_numerics()
    tf.debugging.disable_check_numerics()
    f = tf.function(tf.math.log)
    assert np.isneginf(f(tf.constant(0.0)))
    tf.debugging.enable_check_numerics(stack_height_limit=None, path_length_limit=None)
    message = _message_of(lambda: f(tf.constant(0.0)))
    assert "(Omitted" not in message
    assert f"    + {__file__} (L" in message
    tf.debugging.disable_check_numerics()
    assert np.isneginf(f(tf.constant(0.0)))
    assert np.isneginf(tf.math.log(tf.constant(0.0)))
