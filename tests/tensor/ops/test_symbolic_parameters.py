"""Axes, sizes and counts that only the running graph knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tensor as tf

if TYPE_CHECKING:
    from collections.abc import Callable

X = np.random.default_rng(3).normal(size=(2, 3, 4))

CASES: dict[str, tuple[Callable[..., Any], Any]] = {
    "reduce_sum": (tf.reduce_sum, 1),
    "reduce_sum over axes": (tf.reduce_sum, [0, -1]),
    "reduce_sum over none": (tf.reduce_sum, np.zeros(0, np.int32)),
    "reduce_max, keepdims": (lambda x, a: tf.reduce_max(x, a, keepdims=True), [-1, 0]),
    "reduce_mean": (tf.reduce_mean, -2),
    "reduce_prod": (tf.reduce_prod, [2]),
    "reduce_any": (lambda x, a: tf.reduce_any(x > 1, a), 1),
    "reduce_logsumexp": (tf.reduce_logsumexp, 2),
    "argmax": (tf.argmax, -1),
    "cumsum": (tf.cumsum, 1),
    "cumprod": (lambda x, a: tf.math.cumprod(x, a, exclusive=True), -3),
    "reverse": (tf.reverse, [1, 2]),
    "roll by": (lambda x, s: tf.roll(x, s, 1), 2),
    "roll along": (lambda x, a: tf.roll(x, [1, 2], a), [0, -1]),
    "gather": (lambda x, a: tf.gather(x, [1, 0, 1], axis=a), 2),
    "gather of batches": (
        lambda x, a: tf.gather(x, [[1], [2]], axis=a, batch_dims=1),
        1,
    ),
    "concat": (lambda x, a: tf.concat([x, 2 * x], a), -2),
    "transpose": (tf.transpose, [2, 0, 1]),
    "expand_dims": (tf.expand_dims, 1),
    "split": (lambda x, s: tf.split(x, s, axis=2)[1], [1, 2, 1]),
    "split, the rest": (lambda x, s: tf.split(x, s, axis=-1)[0], [-1, 1]),
    "top_k": (lambda x, k: tf.math.top_k(x, k)[0], 3),
    "tile": (lambda x, n: tf.tile(x, [1, n, 1]), 2),
    "repeat": (lambda x, n: tf.repeat(x, n, axis=1), [2, 0, 1]),
    "band_part": (lambda x, n: tf.linalg.band_part(x, n, 0), 1),
    "broadcast_to": (tf.broadcast_to, [2, 2, 3, 4]),
    "linspace": (lambda x, n: tf.linspace(x, 2 * x, n, axis=1), 4),
    "linspace of one": (lambda x, n: tf.linspace(x, 2 * x, n), 1),
    "fill": (lambda x, n: tf.fill([n, 2], x[0, 0, 0]), 3),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rank_is_known", [True, False])
def test_a_symbolic_parameter_does_what_its_value_does(
    case: str, rank_is_known: bool
) -> None:
    function, value = CASES[case]
    value = np.asarray(value, np.int32)

    def both(x: Any, parameter: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x, parameter)
            z = y if y.dtype == x.dtype else tf.cast(y, x.dtype)
            weighted = z * tf.cast(
                tf.reshape(tf.range(tf.size(z)), tf.shape(z)), z.dtype
            )
        slope = tape.gradient(weighted, x)
        return y, tf.zeros_like(x) if slope is None else tf.convert_to_tensor(slope)

    if not rank_is_known and case in {"reduce_prod", "linspace", "linspace of one"}:
        pytest.skip("TensorFlow's gradient, or static shape, needs the rank too")
    spec = tf.TensorSpec([None, 3, None] if rank_is_known else None, tf.float64)
    traced = tf.function(
        both, input_signature=[spec, tf.TensorSpec(value.shape, "int32")]
    )
    expected = both(tf.constant(X), tf.constant(value))
    for found, wanted in zip(traced(X, value), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_axes_that_do_not_exist_are_an_error_when_the_graph_runs() -> None:
    total = tf.function(tf.reduce_sum)
    spec = tf.TensorSpec([2, 3]), tf.TensorSpec([], tf.int32)
    traced = total.get_concrete_function(*spec)
    with pytest.raises(tf.errors.InvalidArgumentError, match="reduction dimension"):
        traced(tf.ones([2, 3]), tf.constant(2))


def test_a_size_that_must_be_known_says_so() -> None:
    ordered = tf.function(lambda axis: tf.sort(tf.ones([4]), axis))
    with pytest.raises(NotImplementedError, match="must be known while a function"):
        ordered(tf.constant(0))


def test_sizes_of_a_split_need_a_number() -> None:
    pieces = tf.function(lambda s: tf.split(tf.range(4), s))
    spec = tf.TensorSpec([None], tf.int32)
    with pytest.raises(ValueError, match="Cannot infer argument `num` from shape"):
        pieces.get_concrete_function(spec)
    with pytest.raises(ValueError, match="Rank-0 tensors are not supported"):
        tf.split(tf.range(4), tf.constant(2))


IN_GRAPHS = {
    "concat along an axis in a vector": lambda x: tf.concat([x, x], tf.constant([0])),
    "stack the rows of a tensor": lambda x: tf.stack(x, axis=1),
    "add the rows of a tensor": lambda x: tf.add_n(x),
    "reshape what is empty": lambda x: tf.reshape(x[:0], [0, -1]),
    "ones of a scalar shape": lambda x: tf.ones(tf.constant(3)) + x[0, 0],
    "split by sizes with a tensor": lambda x: tf.split(x, [1, tf.constant(1)])[1],
    "sort along an axis in a tensor": lambda x: tf.sort(x, axis=tf.constant(0)),
    "leave out indices": lambda x: tf.scatter_nd(
        [[0], [9]], x, [3, 2], bad_indices_policy="IGNORE"
    ),
}


@pytest.mark.parametrize("f", IN_GRAPHS.values(), ids=IN_GRAPHS.keys())
def test_a_graph_takes_what_eager_execution_takes(f: Any) -> None:
    x = tf.constant([[3.0, 1.0], [2.0, 4.0]])
    assert tf.function(f)(x).numpy().tolist() == f(x).numpy().tolist()


@pytest.mark.parametrize("padding", [0, 7])
@pytest.mark.parametrize("k", [1, -2, (-1, 0)])
def test_diagonals_of_unknown_length_make_matrices(k: Any, padding: int) -> None:
    x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    @tf.function(input_signature=[tf.TensorSpec([None, None])])
    def matrices(x: Any) -> Any:
        return tf.linalg.diag(x, k=k, padding_value=padding)

    whole = tf.linalg.diag(x, k=k, padding_value=padding)
    assert matrices(x).numpy().tolist() == whole.numpy().tolist()
