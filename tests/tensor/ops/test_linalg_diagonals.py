"""Diagonals and banded matrices."""

import numpy as np
import pytest

import tensor as tf

InvalidArgument = tf.errors.InvalidArgumentError
RNG = np.random.default_rng(3)
SQUARE = RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


def close(found, expected):
    np.testing.assert_allclose(found, expected, **CLOSE)


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
    close(turned, found)
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
            lambda: tf.linalg.banded_triangular_solve(np.ones((3, 2)), np.ones((2, 1))),
            InvalidArgument,
            "cannot exceed",
        ),
        (
            lambda: tf.linalg.banded_triangular_solve([1.0], [[1.0]]),
            InvalidArgument,
            "at least rank 2",
        ),
        (
            lambda: tf.linalg.banded_triangular_solve([[0.0]], [[1.0]]),
            InvalidArgument,
            "not invertible",
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
