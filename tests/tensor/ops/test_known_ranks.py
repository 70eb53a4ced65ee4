"""Functions that must know ranks, in graphs that do not: gradients, saving, unused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RNG = np.random.default_rng(5)
X = RNG.normal(size=(2, 3, 3))

CASES: dict[str, Callable[..., Any]] = {
    "einsum": lambda x: tf.einsum("...ij,...jk->...ik", x, x),
    "sort": lambda x: tf.sort(x, axis=0) ** 3,
    "norm": lambda x: tf.norm(x, 2, axis=(0, 1)),
    "linspace": lambda x: tf.linspace(x, x * x, 3, axis=1),
    "embedding_lookup": lambda x: tf.nn.embedding_lookup(x, [1], max_norm=0.5),
    "softmax_cross_entropy": lambda x: tf.nn.softmax_cross_entropy_with_logits(
        x * x, x, axis=1
    ),
    "lstsq": lambda x: tf.linalg.lstsq(x, x[..., :2] ** 2, l2_regularizer=0.1),
    "lu": lambda x: tf.linalg.lu_matrix_inverse(*tf.linalg.lu(x)),
    "banded_triangular_solve": lambda x: tf.linalg.banded_triangular_solve(
        x[..., :2, :] + 3, x
    ),
    "diag": lambda x: tf.linalg.diag(x, k=1) ** 3,
    "bias_add": lambda x: tf.nn.bias_add(x * x, x[0, :, 0], "NCW") ** 2,
    "pinv": tf.linalg.pinv,
    "expm": tf.linalg.expm,
    "matvec": lambda x: tf.linalg.matvec(x, x[0, 0]) ** 2,
    "reduce_prod": tf.reduce_prod,
    "gather": lambda x: tf.gather(x, [[2, 0], [1, 1]], axis=-1) ** 2,
    "segment_prod": lambda x: tf.math.segment_prod(x, [0, 0]),
    "unsorted_segment_max": lambda x: (
        tf.math.unsorted_segment_max(x, [[0, 1, -1], [1, 0, 0]], 2) ** 2
    ),
    "unsorted_segment_sqrt_n": lambda x: (
        tf.math.unsorted_segment_sqrt_n(x, [[0, 1, -1], [1, 0, 0]], 2) ** 2
    ),
    "toeplitz": lambda x: (
        tf.linalg.LinearOperatorToeplitz(x[:, 0], x[:, :, 0]).to_dense() ** 2
    ),
}


def twice(f: Callable[..., Any]) -> Callable[..., Any]:
    def slopes(x: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            first = tf.convert_to_tensor(inner.gradient(y, x))
            total = tf.reduce_sum(first * first)
        return first, tf.convert_to_tensor(outer.gradient(total, x))

    return slopes


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dims", [None, [None] * 3], ids=["rank", "sizes"])
def test_gradients_of_first_and_second_order(case: str, dims: Any) -> None:
    slopes = twice(CASES[case])
    traced = tf.function(slopes, input_signature=[tf.TensorSpec(dims, tf.float64)])
    for found, wanted in zip(traced(X), slopes(tf.constant(X)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8)


def test_rounding_passes_gradients_on_whatever_the_rank() -> None:
    def slope(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.quantization.quantize_and_dequantize_v2(x, -1.0, 1.0, True, 8, True)
        return tape.gradient(y, x)

    traced = tf.function(slope, input_signature=[tf.TensorSpec(None)])
    np.testing.assert_array_equal(traced([[-2.0, 0.5]]), [[0.0, 1.0]])


def test_a_graph_with_such_a_function_is_saved(tmp_path: Path) -> None:
    module = tf.Module()
    spec = tf.TensorSpec(None, tf.float64)
    module.trace = tf.function(
        lambda x: tf.einsum("...ii->...", x), input_signature=[spec]
    )
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(loaded.trace(X), np.trace(X, axis1=1, axis2=2))


def test_class_numbers_are_checked_when_the_graph_runs() -> None:
    count = tf.function(lambda x: tf.math.confusion_matrix(x, x, num_classes=2))
    with pytest.raises(tf.errors.InvalidArgumentError, match="out of bound"):
        count(tf.constant([0, 2]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="negative values"):
        count(tf.constant([0, -2]))
