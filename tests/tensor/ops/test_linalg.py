"""Linear algebra: identities, published conventions and errors."""

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


# --- products -------------------------------------------------------------------------


@pytest.mark.parametrize("flag_a", ["", "transpose_a", "adjoint_a"])
@pytest.mark.parametrize("flag_b", ["", "transpose_b", "adjoint_b"])
def test_matmul_takes_every_flag(flag_a, flag_b):
    def flipped(x, flag):
        x = x.conj() if flag.startswith("adjoint") else x
        return x.swapaxes(-1, -2) if flag else x

    flags = {f: True for f in (flag_a, flag_b) if f}
    found = tf.matmul(COMPLEX, COMPLEX[0], **flags)
    close(found, flipped(COMPLEX, flag_a) @ flipped(COMPLEX[0], flag_b))


def test_matmul_refuses_to_transpose_and_adjoin_at_once():
    with pytest.raises(ValueError, match="Only one of `transpose_b` and `adjoint_b`"):
        tf.matmul(SQUARE, SQUARE, transpose_b=True, adjoint_b=True)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ((2, 3), (2, 3), r"In\[0\]: \[2,3\], In\[1\]: \[2,3\].*`transpose_b=True`"),
        ((2,), (2, 3), "has different ndims"),
        ((2,), (2,), "ndims must be >= 2"),
        ((2, 2, 3), (3, 3, 1), "compatible batch dimensions"),
    ],
)
def test_matmul_names_the_shapes_that_do_not_fit(a, b, words):
    with pytest.raises(InvalidArgument, match=words):
        tf.matmul(tf.ones(a), tf.ones(b))


def test_matmul_of_half_precision_adds_up_in_single():
    x = tf.ones([1, 4096], tf.bfloat16)
    assert tf.matmul(x, x, transpose_b=True).numpy() == 4096


def test_matmul_of_bytes_with_a_wider_result():
    x = tf.fill([1, 300], tf.constant(100, tf.int8))
    assert tf.matmul(x, x, transpose_b=True, output_type=tf.int32).numpy() == 3_000_000


def test_matvec_broadcasts_and_checks():
    close(tf.linalg.matvec(TALL, [1.0, 2, 3]), TALL @ [1.0, 2, 3])
    close(
        tf.linalg.matvec(COMPLEX, COMPLEX[:, 0], adjoint_a=True),
        np.einsum("bji,bj->bi", COMPLEX.conj(), COMPLEX[:, 0]),
    )
    with pytest.raises(InvalidArgument, match="at least a vector"):
        tf.linalg.matvec(SQUARE, 1.0)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ba,bc->", [(2, 3), (2, 4)]),
        ("ii->i", [(3, 3)]),
        ("ii", [(3, 3)]),
        ("i...->...", [(2, 3, 4)]),
        ("...ij,...jk->...ik", [(5, 1, 2, 3), (4, 3, 2)]),
        ("bhqd,bkhd->bhqk", [(2, 3, 4, 5), (2, 6, 3, 5)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
        ("ab,bc,cd,da->b", [(2, 3), (3, 4), (4, 2), (2, 2)]),
        ("iij,jk->ik", [(2, 2, 3), (3, 4)]),
        ("ij,ij->ij", [(2, 3), (2, 3)]),
        ("i,->i", [(3,), ()]),
        ("i j , j k -> k i", [(2, 3), (3, 4)]),
        ("ij,jk->ik", [(0, 3), (3, 4)]),
        ("ij,jk->ik", [(2, 0), (0, 4)]),
    ],
)
def test_einsum_agrees_with_numpy_and_has_gradients(equation, shapes):
    arrays = [np.asarray(RNG.normal(size=s)) for s in shapes]
    close(tf.einsum(equation, *arrays), np.einsum(equation, *arrays))
    if all(a.size for a in arrays):
        check_composed(lambda *x: tf.einsum(equation, *x), *arrays)


@pytest.mark.parametrize(
    ("equation", "count", "error", "words"),
    [
        ("ij,jk->iz", 2, ValueError, "contain the label z not present"),
        ("ij->ii", 1, ValueError, "appearing more than once"),
        ("i1->i", 1, ValueError, "incorrect format"),
        ("ij;jk", 2, ValueError, "incorrect format"),
        ("ij,jk->ik", 1, ValueError, 'Got 1 inputs for equation "ij,jk->ik"'),
        ("ijk->i", 1, InvalidArgument, "Expected input 0 to have rank 3 but got: 2"),
        (3, 1, TypeError, "equation to be a string"),
    ],
)
def test_einsum_explains_a_malformed_equation(equation, count, error, words):
    with pytest.raises(error, match=words):
        tf.einsum(equation, *[np.ones((2, 2))] * count)


def test_einsum_names_labels_dtypes_and_keywords_that_do_not_fit():
    with pytest.raises(InvalidArgument, match="Expected dimension 3 at axis 0"):
        tf.einsum("ij,jk->ik", tf.ones([2, 3]), tf.ones([2, 2]))
    with pytest.raises(InvalidArgument, match="expected to be a float tensor"):
        tf.einsum("i,i", tf.ones(2), tf.ones(2, tf.float64))
    with pytest.raises(TypeError, match="Invalid keyword arguments for einsum: foo"):
        tf.einsum("i", tf.ones(2), foo=1)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        (0, (2, 3)),
        (1, (3, 2)),
        (2, (4, 3, 2)),
        ([[1], [0]], (4, 2)),
        ([[0, 2], [2, 0]], (3, 4, 3)),
        ([-1, 0], (3, 2)),
        ([[], []], (2, 3)),
    ],
)
def test_tensordot_agrees_with_numpy(axes, shape):
    a, b = RNG.normal(size=(3, 4, 3)), RNG.normal(size=shape)
    close(tf.tensordot(a, b, axes), np.tensordot(a, b, axes))
    check_composed(lambda x, y: tf.tensordot(x, y, axes), a, b)


@pytest.mark.parametrize(
    ("axes", "error", "words"),
    [
        (-1, ValueError, "`axes` must be at least 0"),
        (3, ValueError, "must not be larger than the number of dimensions"),
        ([[0]], ValueError, "an integer or have length 2"),
        ([[0, 1], [0]], ValueError, "2 != 1"),
        ([[5], [0]], IndexError, "axis 5 is out of range"),
        ([[1], [1]], InvalidArgument, "Matrix size-incompatible"),
    ],
)
def test_tensordot_explains_what_is_wrong_with_axes(axes, error, words):
    with pytest.raises(error, match=words):
        tf.tensordot(tf.ones([3, 3]), tf.ones([3, 2]), axes)


def test_transpositions():
    close(tf.linalg.adjoint(COMPLEX), COMPLEX.conj().swapaxes(1, 2))
    close(tf.linalg.matrix_transpose(COMPLEX), COMPLEX.swapaxes(1, 2))
    with pytest.raises(ValueError, match="rank >= 2"):
        tf.linalg.matrix_transpose(tf.ones([3]))


# --- norms ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "axis", "expected"),
    [
        ("euclidean", None, np.linalg.norm(SQUARE)),
        (1, None, np.abs(SQUARE).sum()),
        (np.inf, None, np.abs(SQUARE).max()),
        (3, 0, (np.abs(SQUARE) ** 3).sum(0) ** (1 / 3)),
        (2, -1, np.linalg.norm(SQUARE, axis=-1)),
        ("fro", [1, 2], np.linalg.norm(SQUARE, "fro", (1, 2))),
        (1, (-2, -1), np.linalg.norm(SQUARE, 1, (1, 2))),
        (np.inf, (1, 2), np.linalg.norm(SQUARE, np.inf, (1, 2))),
        (2, (1, 2), np.linalg.norm(SQUARE, 2, (1, 2))),
        (2, (0, 2), np.linalg.norm(SQUARE, 2, (0, 2))),
    ],
)
def test_norms_agree_with_numpy(order, axis, expected):
    close(tf.norm(SQUARE, order, axis), expected)
    kept = tf.norm(SQUARE, order, axis, keepdims=True)
    assert kept.shape.rank == 3
    close(np.squeeze(kept), expected)
    check_composed(lambda x: tf.norm(x, order, axis), SQUARE, order=1)


@pytest.mark.parametrize(
    ("order", "axis", "words"),
    [
        ("fro", None, "must be a supported vector norm, got fro"),
        (0, None, "must be a supported vector norm"),
        (-1, 0, "must be a supported vector norm"),
        (3, (0, 1), "must be a supported matrix norm"),
        (2, (0, 1, 2), "tuple of 2 unique integers"),
        (2, (1, 1), "tuple of 2 unique integers"),
    ],
)
def test_unknown_norms_are_refused(order, axis, words):
    with pytest.raises(ValueError, match=words):
        tf.norm(SQUARE, order, axis)


def test_normalize_and_cross():
    unit, size = tf.linalg.normalize(tf.constant([3.0, 4.0]))
    close(unit, np.array([0.6, 0.8], np.float32))
    assert size.numpy().tolist() == [5]
    assert tf.linalg.cross([1, 2, 3], [4, 5, 6]).numpy().tolist() == [-3, 6, -3]
    with pytest.raises(tf.errors.FailedPreconditionError, match="3-element vectors"):
        tf.linalg.cross([1, 2], [4, 5])
    with pytest.raises(InvalidArgument, match="must be of same shape"):
        tf.linalg.cross([[1, 2, 3]], [4, 5, 6])


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


# --- diagonals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({}, [1, 5]),
        ({"k": -1}, [4]),
        ({"k": (-1, 2)}, [[0, 3], [2, 6], [1, 5], [4, 0]]),
        (
            {"k": (-1, 2), "align": "LEFT_RIGHT", "padding_value": 9},
            [[3, 9], [2, 6], [1, 5], [9, 4]],
        ),
        ({"k": (1, 2), "align": "LEFT_LEFT"}, [[3, 0], [2, 6]]),
        ({"k": (-1, 0), "align": "RIGHT_RIGHT"}, [[1, 5], [0, 4]]),
    ],
)
def test_diag_part_aligns_and_pads(kwargs, expected):
    found = tf.linalg.diag_part([[1, 2, 3], [4, 5, 6]], **kwargs)
    assert found.numpy().tolist() == expected


@pytest.mark.parametrize(
    ("diagonal", "kwargs", "expected"),
    [
        ([1, 2], {}, [[1, 0], [0, 2]]),
        ([1, 2], {"k": 1}, [[0, 1, 0], [0, 0, 2], [0, 0, 0]]),
        ([1, 2], {"k": -1, "padding_value": 9}, [[9, 9, 9], [1, 9, 9], [9, 2, 9]]),
        ([1, 2], {"num_rows": 2, "num_cols": 3}, [[1, 0, 0], [0, 2, 0]]),
        ([1, 2], {"k": 1, "num_rows": 2}, [[0, 1, 0], [0, 0, 2]]),
        ([[0, 3], [1, 2]], {"k": (0, 1)}, [[1, 3], [0, 2]]),
        ([[3, 0], [1, 2]], {"k": (0, 1), "align": "LEFT_LEFT"}, [[1, 3], [0, 2]]),
    ],
)
def test_diag_makes_the_matrix_whose_diagonals_are_given(diagonal, kwargs, expected):
    assert tf.linalg.diag(diagonal, **kwargs).numpy().tolist() == expected


def test_set_diag_band_part_and_traces():
    x = tf.ones([2, 3], tf.int32)
    assert tf.linalg.set_diag(x, [7, 8]).numpy().tolist() == [[7, 1, 1], [1, 8, 1]]
    found = tf.linalg.set_diag(x, [[7, 8], [3, 5]], k=(-1, 0))
    assert found.numpy().tolist() == [[7, 1, 1], [3, 8, 1]]
    assert tf.linalg.band_part(x, 0, 1).numpy().tolist() == [[1, 1, 0], [0, 1, 1]]
    close(tf.linalg.trace(SQUARE), np.trace(SQUARE, axis1=1, axis2=2))
    assert tf.linalg.tensor_diag([1, 2]).numpy().tolist() == [[1, 0], [0, 2]]
    cube = tf.linalg.tensor_diag([[1, 2], [3, 4]])
    assert cube.shape == (2, 2, 2, 2)
    assert tf.linalg.tensor_diag_part(cube).numpy().tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: tf.linalg.diag_part(SQUARE, k=5),
            "lower_diag_index is out of bound: 5",
        ),
        (lambda: tf.linalg.diag_part(SQUARE, k=(2, 1)), "must not be larger"),
        (lambda: tf.linalg.diag_part(SQUARE, k=(0, 1, 2)), "one or two elements"),
        (lambda: tf.linalg.diag_part(tf.ones([3])), "at least 2-dim"),
        (lambda: tf.linalg.diag_part(SQUARE, align="MIDDLE"), "allowed values"),
        (lambda: tf.linalg.diag(1.0), "at least 1-dim"),
        (lambda: tf.linalg.diag([1, 2], num_rows=1), "number of rows is too small"),
        (lambda: tf.linalg.diag([1, 2], num_cols=1), "number of columns is too small"),
        (lambda: tf.linalg.diag([1], num_rows=3, num_cols=3), "not consistent"),
        (lambda: tf.linalg.diag([[1, 2]], k=(0, 1)), "does not match"),
        (lambda: tf.linalg.set_diag(SQUARE, [1.0]), "Expected diagonal shape"),
        (lambda: tf.linalg.band_part(SQUARE, 5, 0), "less or equal to number of rows"),
        (lambda: tf.linalg.band_part(SQUARE, 0, 9), "equal to number of columns"),
        (lambda: tf.linalg.band_part(tf.ones([3]), 0, 0), "at least 2-dim"),
        (lambda: tf.linalg.tensor_diag(1.0), "at least rank 1"),
        (lambda: tf.linalg.tensor_diag_part(tf.ones([2, 3])), "do not match"),
        (lambda: tf.linalg.tensor_diag_part(tf.ones([2])), "even and positive"),
    ],
)
def test_diagonals_that_do_not_fit_are_refused(call, words):
    with pytest.raises(InvalidArgument, match=words):
        call()


# --- banded matrices ------------------------------------------------------------------

BANDS = np.array([[1.0, 2, 0], [4, 5, 6], [0, 1, 1]])
DENSE = np.array([[4.0, 1, 0], [1, 5, 2], [0, 1, 6]])


@pytest.mark.parametrize(
    ("diagonals", "layout"),
    [
        (BANDS, "compact"),
        ([BANDS[0, :2], BANDS[1], BANDS[2, 1:]], "sequence"),
        (list(BANDS), "sequence"),
        (DENSE, "matrix"),
    ],
)
def test_tridiagonal_systems_in_every_layout(diagonals, layout):
    b = np.array([[1.0, 2], [3, 4], [5, 6]])
    found = tf.linalg.tridiagonal_solve(diagonals, b, layout)
    close(found, np.linalg.solve(DENSE, b))
    close(tf.linalg.tridiagonal_solve(diagonals, b[:, 0], layout), found[:, 0])
    turned = tf.linalg.tridiagonal_solve(diagonals, b.T, layout, transpose_rhs=True)
    close(turned, found.numpy().T)
    close(tf.linalg.tridiagonal_matmul(diagonals, b, layout), DENSE @ b)


def test_tridiagonal_systems_exchange_rows_where_the_pivot_is_small():
    bands = np.array([[1.0, 2, 3, 0], [0, 0, 1, 1e-20], [0, 4, 5, 6]])
    dense = np.diag(bands[1]) + np.diag(bands[0, :3], 1) + np.diag(bands[2, 1:], -1)
    b = np.arange(4.0)
    close(tf.linalg.tridiagonal_solve(bands, b), np.linalg.solve(dense, b))


def test_conjugated_right_hand_side():
    b = np.array([1 + 2j, 3, 4j])
    found = tf.linalg.tridiagonal_solve(BANDS + 0j, b, conjugate_rhs=True)
    close(found, np.linalg.solve(DENSE, b.conj()))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: tf.linalg.tridiagonal_solve(BANDS[:2], [1.0, 2, 3]),
            ValueError,
            "Expected 3",
        ),
        (
            lambda: tf.linalg.tridiagonal_solve(
                list(BANDS[:2]), [1.0, 2, 3], "sequence"
            ),
            ValueError,
            "sequence of length 3",
        ),
        (
            lambda: tf.linalg.tridiagonal_solve(BANDS[:2], [1.0, 2, 3], "matrix"),
            ValueError,
            "to be same",
        ),
        (
            lambda: tf.linalg.tridiagonal_solve(BANDS, [1.0], "foo"),
            ValueError,
            "Unrecognized",
        ),
        (lambda: tf.linalg.tridiagonal_solve(BANDS, [1.0]), ValueError, "to be equal"),
        (
            lambda: tf.linalg.tridiagonal_solve(BANDS, [1.0], perturb_singular=True),
            ValueError,
            "not supported",
        ),
        (
            lambda: tf.linalg.tridiagonal_solve(BANDS * 0, [1.0, 2, 3]),
            InvalidArgument,
            "not invertible",
        ),
        (
            lambda: tf.linalg.banded_triangular_solve(np.ones((3, 2)), np.ones((2, 1))),
            InvalidArgument,
            "cannot exceed",
        ),
        (
            lambda: tf.linalg.banded_triangular_solve([1.0], [[1.0]]),
            InvalidArgument,
            "known",
        ),
        (
            lambda: tf.linalg.eigh_tridiagonal([1.0], [], select="x"),
            ValueError,
            "one of",
        ),
        (
            lambda: tf.linalg.eigh_tridiagonal([1.0], [], select="i"),
            ValueError,
            "needed",
        ),
    ],
)
def test_banded_systems_that_do_not_fit_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_banded_triangular_systems():
    lower = np.array([[2.0, 3, 4], [0, 1, 1]])
    dense = np.diag(lower[0]) + np.diag(lower[1, 1:], -1)
    b = np.ones((3, 1))
    close(tf.linalg.banded_triangular_solve(lower, b), np.linalg.solve(dense, b))
    upper = np.array([[1.0, 1, 0], [2, 3, 4]])
    found = tf.linalg.banded_triangular_solve(upper, b, lower=False)
    close(found, np.linalg.solve(dense.T, b))
    close(tf.linalg.banded_triangular_solve(lower[:1], b), b / lower[:1].T)


def test_eigenvalues_of_tridiagonal_matrices_can_be_selected():
    main, off = [1.0, 2.0, 3.0], [0.5, 0.6]
    dense = np.diag(main) + np.diag(off, 1) + np.diag(off, -1)
    expected = np.linalg.eigvalsh(dense)

    def found(**kwargs):
        return tf.linalg.eigh_tridiagonal(np.array(main), np.array(off), **kwargs)

    close(found(), expected)
    close(found(select="i", select_range=(0, 1)), expected[:2])
    close(found(select="v", select_range=(1.0, 9.0)), expected[1:])
    assert found(select="v", select_range=(8.0, 9.0)).shape == (0,)
    values, vectors = found(eigvals_only=False)
    close(dense @ vectors.numpy(), vectors.numpy() * values.numpy())
    close(tf.linalg.eigh_tridiagonal([2.0], np.zeros(0, np.float32)), [2.0])
