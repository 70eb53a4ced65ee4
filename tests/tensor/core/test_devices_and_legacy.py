"""Names that TF1 left behind say what to use instead; order among ops."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import tensor as tf


def test_gradient_registration_says_what_to_use() -> None:
    with pytest.raises(NotImplementedError, match=r"tf\.custom_gradient"):
        tf.RegisterGradient("MyOp")
    with pytest.raises(NotImplementedError, match=r"tf\.stop_gradient"):
        tf.no_gradient("MyOp")
    with pytest.raises(RuntimeError, match="GradientTape"):
        tf.hessians(1.0, 2.0)
    with pytest.raises(RuntimeError, match="GradientTape"):
        tf.gradients(1.0, 2.0)


def test_group_takes_only_a_name() -> None:
    assert tf.group(tf.constant(1), name="g") is None
    with pytest.raises(ValueError, match="Unknown keyword"):
        tf.group(tf.constant(1), colour=2)


def test_control_dependencies_call_functions_eagerly() -> None:
    v = tf.Variable(1.0)
    with tf.control_dependencies([lambda: v.assign_add(1.0), tf.constant(1)]):
        assert float(v) == 2.0


def test_a_critical_section_lets_one_thread_in() -> None:
    section = tf.CriticalSection(name="s")
    inside: list[int] = []

    def work() -> None:
        def body() -> Any:
            inside.append(1)
            assert len(inside) == 1
            inside.pop()

        for _ in range(50):
            section.execute(body)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert section.name == "s"


def test_small_functions_name_their_wrong_arguments() -> None:
    with pytest.raises(TypeError, match="Expected a SparseTensor"):
        tf.edit_distance([1], [1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unsupported fingerprint"):
        tf.fingerprint(["a"], method="md5")
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be a vector"):
        tf.fingerprint([["a"]])
    with pytest.raises(TypeError, match="Could not build a TypeSpec"):
        tf.type_spec_from_value(object())
