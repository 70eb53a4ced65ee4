"""Linear operators where TensorFlow's answer is an error, or depends on rounding.

The rest is in expressions/linear_operators.txt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable

L = tf.linalg
M = tf.constant([[4.0, 1.0], [1.0, 3.0]])
FULL = L.LinearOperatorFullMatrix(M)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: L.LinearOperatorZeros(2, is_positive_definite=True),
            ValueError,
            "never positive-definite",
        ),
        (
            lambda: L.LinearOperatorToeplitz([1.0], [1.0], is_square=False),
            ValueError,
            "Only square Toeplitz",
        ),
        (
            lambda: L.LinearOperatorPermutation(0),
            ValueError,
            "at least 1 dimension",
        ),
        (
            lambda: L.LinearOperatorInversion(L.LinearOperatorZeros(2)),
            ValueError,
            "must be square and non-singular",
        ),
        (
            lambda: L.LinearOperatorAdjoint(
                L.LinearOperatorDiag([1.0]), is_self_adjoint=False
            ),
            ValueError,
            "is_self_adjoint is False",
        ),
        (
            lambda: (
                L.LinearOperatorComposition([FULL, L.LinearOperatorIdentity(3)]).shape
            ),
            ValueError,
            "cannot be applied to what",
        ),
        (
            lambda: L.LinearOperatorComposition(
                [FULL, L.LinearOperatorIdentity(2, dtype=tf.float64)]
            ),
            TypeError,
            "to have the same dtype",
        ),
        (lambda: L.LinearOperatorKronecker([]), ValueError, "non-empty list"),
        (
            lambda: FULL.matmul(L.LinearOperatorIdentity(3)),
            ValueError,
            "Expected `x` to have dimension 2",
        ),
        (
            lambda: L.LinearOperatorFullMatrix(tf.ones([2, 2])).assert_non_singular(),
            tf.errors.InvalidArgumentError,
            "Singular matrix up to precision",
        ),
        (
            lambda: L.LinearOperatorDiag([1.0, -1.0]).assert_positive_definite(),
            tf.errors.InvalidArgumentError,
            "non-positive real part",
        ),
        (
            lambda: L.LinearOperatorCirculant(
                [1.0, 2.0, 3.0]
            ).assert_hermitian_spectrum(),
            tf.errors.InvalidArgumentError,
            "not Hermitian",
        ),
        (lambda: L.LinearOperator(tf.float32).shape, NotImplementedError, "_shape"),
        (
            lambda: L.LinearOperator(tf.float32, is_square=True).trace(),
            NotImplementedError,
            "is not implemented",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    make: Callable[[], Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()


def test_an_operator_of_ones_own_needs_a_shape_and_a_product() -> None:
    class Twice(L.LinearOperator):  # type: ignore[misc, name-defined]
        def _shape(self) -> Any:
            return tf.TensorShape([2, 2])

        def _matmul(self, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:  # noqa: ARG002  # its own adjoint
            return 2 * (tf.linalg.adjoint(x) if adjoint_arg else x)

    twice = Twice(tf.float32)
    np.testing.assert_allclose(twice.to_dense(), 2 * np.eye(2))
    np.testing.assert_allclose(twice.solvevec([4.0, 6.0]), [2, 3])
    assert twice.determinant() == 4


def test_solutions_of_a_definite_operator() -> None:
    spd = L.LinearOperatorFullMatrix(M, is_positive_definite=True, is_self_adjoint=True)
    expected = np.linalg.solve(M, np.eye(2))
    np.testing.assert_allclose(spd.solve(tf.eye(2)), expected, atol=1e-6)
    found = L.experimental.conjugate_gradient(
        spd,
        tf.eye(2),
        preconditioner=L.LinearOperatorDiag([0.25, 0.3], None, True, True),
    )
    np.testing.assert_allclose(found.x, expected, atol=1e-5)


def test_variables_inside_operators_are_trained() -> None:
    v = tf.Variable([1.0, 2.0])
    operator = L.LinearOperatorDiag(v)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(operator.matvec([3.0, 4.0]))
    assert operator.trainable_variables == (v,)
    assert tape.gradient(y, v).numpy().tolist() == [3, 4]
