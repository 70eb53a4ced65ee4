"""Inverses, decompositions and functions of matrices."""

import numpy as np
import pytest

import tensor as tf
from tests.support.composed_gradients import check_composed

InvalidArgument = tf.errors.InvalidArgumentError
RNG = np.random.default_rng(3)
SQUARE = RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
TALL = RNG.normal(size=(2, 4, 3))
POSITIVE = TALL.swapaxes(1, 2) @ TALL + np.eye(3)
COMPLEX = RNG.normal(size=(2, 3, 3)) + 1j * RNG.normal(size=(2, 3, 3))
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


def close(found, expected):
    np.testing.assert_allclose(found, expected, **CLOSE)


# --- inverses and systems -------------------------------------------------------------


def test_inverse_determinant_and_systems_agree_with_numpy():
    b = TALL[:, :3, :2]
    close(tf.linalg.inv(COMPLEX), np.linalg.inv(COMPLEX))
    close(
        tf.linalg.inv(COMPLEX, adjoint=True),
        np.linalg.inv(COMPLEX).conj().swapaxes(1, 2),
    )
    close(tf.linalg.det(COMPLEX), np.linalg.det(COMPLEX))
    close(tf.linalg.slogdet(SQUARE), np.linalg.slogdet(SQUARE))
    close(tf.linalg.logdet(POSITIVE), np.log(np.linalg.det(POSITIVE)))
    close(tf.linalg.solve(SQUARE, b), np.linalg.solve(SQUARE, b))
    close(
        tf.linalg.solve(SQUARE, b, adjoint=True),
        np.linalg.solve(SQUARE.swapaxes(1, 2), b),
    )
    close(tf.linalg.inv(tf.zeros([0, 0])), np.zeros((0, 0)))
    assert float(tf.linalg.det(tf.zeros([0, 0]))) == 1
    assert tf.linalg.slogdet(tf.zeros([2, 2])).log_abs_determinant.numpy() == -np.inf


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_triangular_solve_reads_one_triangle(lower, adjoint):
    triangle = np.tril(SQUARE) if lower else np.triu(SQUARE)
    triangle = triangle.swapaxes(1, 2) if adjoint else triangle
    b = TALL[0, :3, :2]
    found = tf.linalg.triangular_solve(SQUARE, b, lower=lower, adjoint=adjoint)
    close(found, np.linalg.solve(triangle, np.broadcast_to(b, (2, 3, 2))))


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_triangular_solve_of_a_singular_matrix_gives_infinities(lower, adjoint):
    found = tf.linalg.triangular_solve(
        np.diag([1.0, 0, 2]), np.ones((3, 1)), lower, adjoint
    )
    assert not np.all(np.isfinite(found))
    assert found.numpy()[0, 0] == 1 or found.numpy()[2, 0] == 0.5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tf.linalg.inv(tf.zeros([2, 2])), "Input is not invertible"),
        (lambda: tf.linalg.inv(tf.ones([2, 3])), "Input matrix must be square"),
        (lambda: tf.linalg.inv(tf.ones([2])), "must have rank >= 2, got 1"),
        (lambda: tf.linalg.solve(tf.zeros([2, 2]), tf.ones([2, 1])), "not invertible"),
        (lambda: tf.linalg.solve(tf.ones([2, 2]), tf.ones([3, 1])), "incompatible"),
        (lambda: tf.linalg.solve(tf.ones([2, 3]), tf.ones([3, 1])), "must be a square"),
        (lambda: tf.linalg.solve(tf.ones([3, 3]), tf.ones([3])), "the same rank"),
        (
            lambda: tf.linalg.triangular_solve(SQUARE, SQUARE[0, 0]),
            "ndims must be >= 2",
        ),
        (lambda: tf.linalg.lu(tf.zeros([2, 2])), "Input is not invertible"),
        (lambda: tf.linalg.svd(tf.ones([2])), "at least rank 2"),
        (lambda: tf.linalg.eigh(tf.ones([2, 3])), "must be square"),
        (lambda: tf.linalg.logm(SQUARE), "complex64, complex128"),
    ],
)
def test_systems_name_what_does_not_fit(call, words):
    with pytest.raises(InvalidArgument, match=words):
        call()


# --- decompositions -------------------------------------------------------------------


@pytest.mark.parametrize("x", [SQUARE, TALL, TALL.swapaxes(1, 2), COMPLEX])
def test_decompositions_multiply_back(x):
    q, r = tf.linalg.qr(x)
    close(q @ r, x)
    s, u, v = tf.linalg.svd(x)
    close(u.numpy() * s.numpy()[:, None] @ v.numpy().conj().swapaxes(1, 2), x)
    close(tf.linalg.svd(x, compute_uv=False), s)
    assert np.all(np.diff(s) <= 0)
    full = tf.linalg.svd(x, full_matrices=True)
    assert full[1].shape[-1] == x.shape[-2]
    assert full[2].shape[-1] == x.shape[-1]
    assert tf.linalg.qr(x, full_matrices=True).q.shape[-1] == x.shape[-2]


def test_eigenvalues_come_in_ascending_order_and_multiply_back():
    e, v = tf.linalg.eigh(POSITIVE)
    assert np.all(np.diff(e) >= 0)
    close(v.numpy() * e.numpy()[:, None] @ v.numpy().swapaxes(1, 2), POSITIVE)
    close(tf.linalg.eigvalsh(POSITIVE), e)
    w, z = tf.linalg.eig(SQUARE)
    assert w.dtype == tf.complex128
    close(SQUARE @ z.numpy(), z.numpy() * w.numpy()[:, None])
    close(tf.linalg.eigvals(SQUARE), w)


def test_cholesky_of_what_is_not_positive_definite_is_nan():
    both = np.stack([POSITIVE[0], -POSITIVE[0]])
    factor = tf.linalg.cholesky(both).numpy()
    close(factor[0], np.linalg.cholesky(POSITIVE[0]))
    assert np.all(np.isnan(factor[1][np.tril_indices(3)]))
    close(tf.linalg.cholesky_solve(factor[0], POSITIVE[0]), np.eye(3))


def symmetric(x):
    return tf.matmul(x, x, transpose_b=True) + np.eye(3)


def squared_size(z):
    return tf.math.real(z * tf.math.conj(z))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: tf.linalg.cholesky(symmetric(x)),
        lambda x: tf.linalg.logdet(symmetric(x)),
        lambda x: tf.linalg.eigh(symmetric(x))[0],
        lambda x: tf.linalg.eigh(symmetric(x))[1] ** 2,
        lambda x: tf.linalg.svd(x)[1] ** 2,
        lambda x: tf.linalg.svd(x, full_matrices=True)[0],
        lambda x: tf.math.real(tf.linalg.eigvals(x) ** 2),
        lambda x: squared_size(tf.linalg.eig(x)[1]),
        lambda x: tf.linalg.slogdet(x)[1],
        lambda x: tf.linalg.pinv(x[:, :2]),
        lambda x: tf.linalg.lstsq(x[:, :, :2], x[:, :, 2:], l2_regularizer=0.3),
        lambda x: tf.linalg.lu_solve(*tf.linalg.lu(x), x),
        lambda x: tf.linalg.sqrtm(symmetric(x)),
    ],
)
def test_gradients_of_decompositions(f):
    check_composed(f, SQUARE)


def test_gradients_that_do_not_exist_say_so():
    x = tf.constant(COMPLEX)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        u = tf.abs(tf.linalg.svd(x)[1])
    with pytest.raises(NotImplementedError, match="real matrices only"):
        tape.gradient(u, x)
    x = tf.constant(TALL)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        q, _ = tf.linalg.qr(x, full_matrices=True)
    with pytest.raises(NotImplementedError, match="nrows > ncols"):
        tape.gradient(q, x)


def test_least_squares_and_pseudo_inverse():
    b = np.ones((2, 4, 1))
    expected = np.linalg.pinv(TALL) @ b
    close(tf.linalg.lstsq(TALL, b), expected)
    close(tf.linalg.lstsq(TALL, b, fast=False), expected)
    wide = TALL.swapaxes(1, 2)
    close(tf.linalg.lstsq(wide, b[:, :3]), np.linalg.pinv(wide) @ b[:, :3])
    close(tf.linalg.pinv(TALL), np.linalg.pinv(TALL))
    assert tf.linalg.matrix_rank(np.ones((3, 3))).numpy() == 1
    assert tf.linalg.matrix_rank(np.diag([1, 1e-3]), tol=0.1).numpy() == 1
    close(tf.linalg.pinv(np.diag([1, 1e-3]), rcond=0.1), np.diag([1.0, 0]))
    with pytest.raises(InvalidArgument, match="incompatible"):
        tf.linalg.lstsq(TALL, b[:, :3])
    with pytest.raises(ValueError, match="at least 2 dimensions"):
        tf.linalg.pinv(tf.ones([2]))
    with pytest.raises(TypeError, match="`float`-like"):
        tf.linalg.pinv([[1, 2]])


def test_lu_undoes_its_permutation():
    packed, order = tf.linalg.lu(SQUARE)
    close(tf.linalg.lu_reconstruct(packed, order), SQUARE)
    close(
        tf.linalg.lu_solve(packed, order, TALL[:, :3]),
        np.linalg.solve(SQUARE, TALL[:, :3]),
    )
    close(tf.linalg.lu_matrix_inverse(packed, order), np.linalg.inv(SQUARE))
    assert tf.linalg.lu(SQUARE, tf.int64).p.dtype == tf.int64


# --- functions of matrices ------------------------------------------------------------


def test_exponential_logarithm_and_root_undo_each_other():
    values, vectors = np.linalg.eigh(POSITIVE)
    expected = vectors * np.exp(values)[:, None] @ vectors.swapaxes(1, 2)
    np.testing.assert_allclose(tf.linalg.expm(POSITIVE), expected, rtol=1e-10)
    close(tf.linalg.expm(tf.linalg.logm(POSITIVE + 0j)), POSITIVE)
    root = tf.linalg.sqrtm(POSITIVE)
    close(root @ root, POSITIVE)
    assert tf.linalg.expm(tf.zeros([0, 3, 3])).shape == (0, 3, 3)


def test_functions_of_matrices_without_enough_eigenvectors():
    defective = np.array([[4.0, 1], [0, 4]])
    root = tf.linalg.sqrtm(defective)
    close(root, [[2, 0.25], [0, 2]])
    close(tf.linalg.logm(defective + 0j), [[np.log(4), 0.25], [0, np.log(4)]])
    close(tf.linalg.expm(defective), np.exp(4) * np.array([[1, 1], [0, 1]]))


def test_a_real_matrix_without_a_real_root_gives_nan():
    assert np.all(np.isnan(tf.linalg.sqrtm([[1.0, 2], [3, 4]])))
    with pytest.raises(InvalidArgument, match="no square root"):
        tf.linalg.sqrtm([[0.0, 1], [0, 0]])
