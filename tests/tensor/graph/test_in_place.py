"""Groups of elementwise ops write over what they read, where nobody else needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf
from tensor.graph.executor.codegen import generate
from tensor.graph.passes import optimize

if TYPE_CHECKING:
    from tensor.graph.program import Program

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 64)).astype(np.float32)
B = RNG.normal(size=64).astype(np.float32)


def planned(f: Any, *arrays: Any) -> tuple[Program, Any]:
    """Return the optimised program of a function and its memory plan."""
    specs = [tf.TensorSpec(a.shape) for a in arrays]
    program = optimize(tf.function(f).get_concrete_function(*specs).program)
    return program, generate(program).plan


def test_bias_and_activation_are_computed_in_the_product() -> None:
    def f(x: Any, b: Any) -> Any:
        hidden = tf.nn.relu(tf.nn.bias_add(x @ x, b))
        return tf.reduce_sum(hidden) + hidden[0, 0]

    program, plan = planned(f, X, B)
    group = next(n for n in program.nodes if n.op.type_name == "Fused")
    names = [n.op.type_name for n in group.attrs["program"].nodes]
    assert names == ["AddV2", "Relu"]
    product = group.inputs[0]
    assert product.node.op.type_name == "MatMul"
    assert plan.slot[product] == plan.slot[group.outputs[0]]
    want = f(tf.constant(X), tf.constant(B))
    got = tf.function(f)(tf.constant(X), tf.constant(B))
    np.testing.assert_allclose(got, want, rtol=1e-5)


def test_bias_and_activation_are_computed_in_the_convolution() -> None:
    images = RNG.normal(size=(2, 8, 8, 3)).astype(np.float32)
    filters = RNG.normal(size=(3, 3, 3, 8)).astype(np.float32)

    def f(x: Any, w: Any, b: Any) -> Any:
        z = tf.nn.conv2d(x, w, 1, "SAME")
        return tf.reduce_sum(tf.nn.relu(tf.nn.bias_add(z, b)), axis=[1, 2])

    arrays = (images, filters, B[:8])
    program, plan = planned(f, *arrays)
    group = next(n for n in program.nodes if n.op.type_name == "Fused")
    assert group.inputs[0].node.op.type_name == "Conv2D"
    assert plan.slot[group.inputs[0]] == plan.slot[group.outputs[0]]
    tensors = [tf.constant(a) for a in arrays]
    np.testing.assert_allclose(tf.function(f)(*tensors), f(*tensors), rtol=1e-5)


@pytest.mark.parametrize(
    "f",
    [
        # Read again after the group.
        lambda x, b: (tf.nn.relu(x @ x + b) @ x) @ (x @ x),
        # A view of it is read by the group as well.
        lambda x, b: ((x @ x) * tf.reshape(tf.reshape(x @ x, [-1]), [64, 64]) + b) @ x,
        # The group needs it once more after its first result.
        lambda x, b: tf.reduce_sum(tf.exp(x @ x) @ x) + tf.reduce_sum((x @ x) * b),
        # Softmax-like: a step that is no plain ufunc comes between.
        lambda x, b: tf.nn.softplus(x @ x - b) @ x,
        lambda x, b: tf.where(x @ x > 0, x @ x, b * 2.0) @ x,
        lambda x, b: tf.nn.leaky_relu(tf.nn.elu(x @ x) + b) @ x,
    ],
)
def test_what_is_needed_later_is_not_written_over(f: Any) -> None:
    x, b = tf.constant(X), tf.constant(B)
    np.testing.assert_allclose(tf.function(f)(x, b), f(x, b), rtol=2e-4, atol=1e-3)


def test_gradients_of_biased_activations_agree() -> None:
    x, b = tf.constant(X), tf.constant(B)

    def f(x: Any, b: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, b])
            y = tf.nn.relu(tf.nn.bias_add(x @ x, b))
            y = tf.reduce_sum(tf.nn.relu(tf.nn.bias_add(y @ x, b)))
        return tape.gradient(y, [x, b])

    for got, want in zip(tf.function(f)(x, b), f(x, b), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-3)


def test_a_bias_of_another_layout_stays_what_it_is() -> None:
    def f(x: Any, b: Any) -> Any:
        return tf.nn.bias_add(x, b, data_format="NCHW")

    x = tf.constant(RNG.normal(size=(2, 3, 4, 5)).astype(np.float32))
    b = tf.constant([1.0, 2.0, 3.0])
    np.testing.assert_allclose(tf.function(f)(x, b), f(x, b))


@pytest.mark.parametrize("size", [1, 64])
def test_what_is_returned_is_not_written_over(size: int) -> None:
    v = tf.Variable(tf.ones([size]))

    @tf.function
    def f() -> Any:
        first = v.read_value()
        v.assign_add(tf.ones([size]))
        second = v.read_value()
        v.assign(v * 2.0)
        return first, second, v.read_value()

    assert [float(t[0]) for t in f()] == [1, 2, 4]
    assert [float(t[0]) for t in f()] == [4, 5, 10]


def test_the_larger_and_the_smaller_are_written_to_given_memory() -> None:
    x = tf.range(40.0)
    f = tf.function(lambda x: tf.minimum(tf.maximum(x * 2.0, 9.0), x + 9.0))
    expected = np.minimum(np.maximum(x.numpy() * 2, 9), x.numpy() + 9)
    np.testing.assert_array_equal(f(x), expected)
