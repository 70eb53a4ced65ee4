"""Gradients of replicas: where they are computed, and when they are summed."""

import threading
from typing import Any

import numpy as np
import pytest

import dist
import launcher
import tensor as tf
from dist.bucket import Bucket
from dist.testing import run_ranks
from strategies.collectives import all_reduce
from strategies.gradient_buckets import buckets_for, reduce_bucket, start_sum
from tensor.core.registry import Op


def test_the_same_variables_share_buckets() -> None:
    def same(group: dist.Group) -> bool:
        specs = [((3,), np.dtype(np.float32))]
        return buckets_for(group, specs) is buckets_for(group, list(specs))

    assert run_ranks(same, 2) == [True, True]


def small_bucket() -> Bucket:
    bucket = Bucket(np.float32)
    bucket.add(0, (2,))
    return bucket


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"shape \(3,\)"):
        start_sum(small_bucket(), None, [np.ones(3, np.float32)])


def test_replicas_with_different_gradients_in_a_graph_are_an_error() -> None:
    def reduce(group: dist.Group) -> Any:
        bucket = small_bucket()
        mine = [np.ones(2, np.float32)] if group.rank == 0 else []
        names = ("weight:0",) if mine else (None,)
        with pytest.raises(tf.errors.InvalidArgumentError, match="1 of 2 processes"):
            reduce_bucket.kernel(*mine, group=group, memory=bucket, names=names)

    run_ranks(reduce, 2)


def doubled(bucket: Bucket, x: Any, y: Any) -> Any:
    product = tf.matmul(x, y)
    (total,) = reduce_bucket(product, group=None, memory=bucket, names=("w",))
    return total


def square_bucket() -> Bucket:
    bucket = Bucket(np.float32)
    bucket.add(0, (64, 64))
    return bucket


def test_a_product_is_computed_straight_into_its_bucket() -> None:
    bucket = square_bucket()

    @tf.function
    def step(x):
        return tf.reduce_sum(doubled(bucket, x, x))

    x = tf.eye(64) * 3.0
    assert float(step(x)) == 64 * 9.0
    put = bucket.put
    is_there: list[bool] = []

    def noted(number: int, gradient: Any) -> None:
        is_there.append(gradient is bucket.views[number])
        put(number, gradient)

    bucket.put = noted  # type: ignore[method-assign]
    assert float(step(x * 2.0)) == 64 * 36.0
    assert is_there == [True]


def test_what_leaves_the_function_is_not_the_bucket() -> None:
    bucket = square_bucket()

    @tf.function
    def step(x):
        return doubled(bucket, x, x)

    first = step(tf.eye(64))
    step(tf.eye(64) * 5.0)
    np.testing.assert_array_equal(first, np.eye(64))


def test_a_product_that_others_read_stays_where_it_is() -> None:
    bucket = square_bucket()

    @tf.function
    def step(x):
        product = tf.matmul(x, x)
        (total,) = reduce_bucket(product, group=None, memory=bucket, names=("w",))
        bucket_sum = tf.reduce_sum(total)
        return bucket_sum, product

    for factor in (1.0, 2.0):
        total, product = step(tf.eye(64) * factor)
        assert float(total) == 64 * factor**2
        np.testing.assert_array_equal(product, np.eye(64) * factor**2)


def test_two_sums_in_one_program_may_share_a_bucket() -> None:
    bucket = square_bucket()

    @tf.function
    def step(x):
        first = doubled(bucket, x, x)
        second = doubled(bucket, x, x * 2.0)
        return tf.reduce_sum(second), tf.reduce_sum(first)

    for _ in range(2):
        assert [float(v) for v in step(tf.eye(64))] == [128.0, 64.0]


def test_a_loop_may_sum_in_each_turn() -> None:
    bucket = square_bucket()

    @tf.function
    def step(x):
        for _ in tf.range(3):
            x = doubled(bucket, x, tf.eye(64) * 2.0)
        return x

    for _ in range(2):
        np.testing.assert_array_equal(step(tf.eye(64)), np.eye(64) * 8.0)


def test_collectives_keep_their_order_where_one_rank_does_more_between_them() -> None:
    logged: list[int] = []

    def reduce(group: dist.Group) -> list[float]:
        bucket = small_bucket()

        @tf.function
        def step(x):
            (total,) = reduce_bucket(x * 2.0, group=group, memory=bucket, names=("w",))
            if group.rank == 0:
                tf.py_function(lambda: logged.append(0), [], [])
            loss = all_reduce(tf.reduce_sum(x), group=group, how="sum")
            return total[0], loss

        return [float(v) for v in step(tf.ones(2))]

    assert run_ranks(reduce, 2) == [[4.0, 4.0]] * 2
    assert logged == [0]


def overlapping_step() -> tuple[bool, list[float]]:
    """Hold the first layer's gradient back until the last layer's has been summed."""
    import tensor as tf

    started: list[Any] = []
    is_started = threading.Event()
    start = Bucket.start

    def noted(self: Bucket, *how: Any) -> Any:
        work = start(self, *how)
        started.append(work)
        is_started.set()
        return work

    Bucket.start = noted  # type: ignore[method-assign]

    class HoldGradient(Op):
        """The identity; its gradient waits until the first sum is over."""

        def kernel(self, x: Any) -> Any:
            return x

        def infer(self, x: Any) -> Any:
            return x

        def gradient(self, call: Any, dz: Any) -> Any:  # noqa: ARG002  # as ops have
            return release_gradient(dz)

    class ReleaseGradient(HoldGradient):
        def kernel(self, x: Any) -> Any:
            assert is_started.wait(60), "no sum has started during the backward pass"
            started[0].wait(60)
            return x

    release_gradient = ReleaseGradient()
    hold_gradient = HoldGradient()

    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        first = tf.Variable(tf.ones([4, 600]))
        last = tf.Variable(tf.ones([600, 600]))
        optimizer = tf.keras.optimizers.SGD(0.5)

    def replica() -> None:
        with tf.GradientTape() as tape:
            hidden = hold_gradient(tf.matmul(tf.ones([2, 4]), first))
            loss = tf.reduce_sum(tf.matmul(hidden, last))
        variables = [first, last]
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    tf.function(lambda: strategy.run(replica))()
    return len(started) == 2, [float(first[0, 0]), float(last[0, 0])]


@pytest.mark.multiprocess
def test_the_first_bucket_is_summed_before_the_last_gradient_is_computed() -> None:
    expected = [1.0 - 0.5 * 2 * 600 * 2, 1.0 - 0.5 * 2 * 4 * 2]
    assert launcher.run(overlapping_step, 2) == [(True, expected)] * 2
