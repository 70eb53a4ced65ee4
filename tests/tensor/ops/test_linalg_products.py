"""Matrix products, einsum and norms."""

import numpy as np
import pytest

import tensor as tf
from tests.support.composed_gradients import check_composed

InvalidArgument = tf.errors.InvalidArgumentError
RNG = np.random.default_rng(3)
SQUARE = RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
TALL = RNG.normal(size=(2, 4, 3))
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
