"""Tests that every registered op gets from its declaration alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
import tensor.image
import tensor.ops.distances  # with all families that load on first use
import tensor.signal
from tensor.core.registry import Op, all_ops, no_gradient
from tensor.graph.executor.buffers import makes_fresh_arrays
from tests.support.op_checks import (
    check_gradient,
    check_infer,
    check_traced,
    is_differentiable,
    samples_of,
)

OPS = all_ops()


def _name(op: Op) -> str:
    return op.type_name


@pytest.mark.parametrize("op", OPS, ids=_name)
def test_declares_a_docstring_and_samples(op: Op) -> None:
    assert type(op).__doc__
    assert samples_of(op)


@pytest.mark.parametrize("op", OPS, ids=_name)
def test_shape_rule_agrees_with_the_kernel(op: Op) -> None:
    for sample in samples_of(op):
        check_infer(op, sample)


@pytest.mark.parametrize("op", [op for op in OPS if is_differentiable(op)], ids=_name)
def test_gradient_agrees_with_the_central_difference(op: Op) -> None:
    for sample in samples_of(op):
        check_gradient(op, sample)


@pytest.mark.parametrize("op", [op for op in OPS if op.kind != "random"], ids=_name)
def test_traced_is_eager(op: Op) -> None:
    for sample in samples_of(op):
        check_traced(op, sample)


@pytest.mark.parametrize("op", [op for op in OPS if makes_fresh_arrays(op)], ids=_name)
def test_results_that_pass_for_fresh_share_no_memory_with_inputs(op: Op) -> None:
    for sample in samples_of(op) if op.kind != "random" else ():
        with np.errstate(all="ignore"):
            results = op.kernel(*sample.inputs, **sample.attrs)
        for z in results if type(results) is tuple else (results,):
            for x in sample.inputs:
                assert not np.shares_memory(np.asarray(z), np.asarray(x))


@pytest.mark.parametrize("op", OPS, ids=_name)
def test_op_says_whether_it_is_differentiable(op: Op) -> None:
    assert type(op).gradient is not no_gradient


class _WrongGradient(type(tf.exp.op)):  # type: ignore[misc]
    """An exponential whose gradient has the wrong sign."""

    def gradient(self, call: Any, dz: Any) -> Any:
        return -dz * call.output


class _WrongInfer(type(tf.reduce_sum.op)):  # type: ignore[misc]
    """A sum that forgets about keepdims."""

    def infer(self, x: Any, axis: Any, keepdims: bool) -> Any:  # noqa: ARG002
        return super().infer(x, axis, False)


def test_a_wrong_gradient_is_caught() -> None:
    op = _WrongGradient()
    with pytest.raises(AssertionError, match="first order gradient"):
        check_gradient(op, samples_of(op)[0])


def test_a_wrong_shape_rule_is_caught() -> None:
    op = _WrongInfer()
    keeps = next(s for s in samples_of(op) if s.attrs["keepdims"])
    with pytest.raises(AssertionError, match="the kernel gives"):
        check_infer(op, keeps)


def test_a_gradient_that_reads_what_it_does_not_keep_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Letting go of inputs must not depend on their size alone."""
    from tensor.core import call

    monkeypatch.setattr(call, "SMALL_BYTES", -1)
    for op in OPS:
        if is_differentiable(op):
            for sample in samples_of(op)[:1]:
                check_gradient(op, sample, order=1)


def test_plain_arrays_give_plain_arrays() -> None:
    z = tf.multiply.op(np.ones(3), np.ones(3))
    assert type(z) is np.ndarray
