"""Buckets: packing, missing gradients, overlap, and fewer bits on the wire."""

import ml_dtypes
import numpy as np
import pytest

import dist
from dist import naive
from dist.testing import run_ranks

SHAPES = [(3, 4), (), (1000,), (0,), (5, 5, 5), (7,)]


def parameters(dtypes=(np.float32,)):
    return [np.empty(s, dtypes[i % len(dtypes)]) for i, s in enumerate(SHAPES)]


def gradient(rank, index, dtype=np.float32):
    rng = np.random.default_rng([rank, index])
    return rng.normal(size=SHAPES[index]).astype(dtype)


def reduce_twice(group, op):
    buckets = dist.Buckets(group, parameters(), op=op, bucket_bytes=500)
    gradients = [gradient(group.rank, i) for i in range(len(SHAPES))]
    first = [g.copy() for g in buckets.all_reduce(gradients)]
    for index in (3, 0, 5, 1, 4, 2):
        buckets.put(index, gradients[index])
    second = buckets.wait()
    return first, [g.copy() for g in second]


@pytest.mark.parametrize("op", ["sum", "mean"])
def test_gradients_come_back_reduced_in_any_order_of_putting(fabric, op):
    results = fabric.run(reduce_twice, 2, op)
    for index in range(len(SHAPES)):
        wanted = naive.all_reduce([gradient(rank, index) for rank in range(2)], op)[0]
        for first, second in results:
            assert first[index].tobytes() == wanted.tobytes()
            assert second[index].tobytes() == wanted.tobytes()


def with_missing(group):
    buckets = dist.Buckets(group, parameters(), op="mean")
    gradients = [gradient(group.rank, i) for i in range(len(SHAPES))]
    gradients[0] = None
    if group.rank:
        gradients[2] = None
    results = buckets.all_reduce(gradients)
    return results[0], results[2].copy(), results[5].copy()


def test_a_gradient_missing_on_some_ranks_counts_as_zero_there(fabric):
    for absent, partial, whole in fabric.run(with_missing, 2):
        assert absent is None
        np.testing.assert_array_equal(partial, gradient(0, 2) / 2)
        np.testing.assert_array_equal(whole, (gradient(0, 5) + gradient(1, 5)) / 2)


def compressed(group, wire, op):
    x = np.random.default_rng(group.rank).normal(size=10_001).astype(np.float32)
    return group.all_reduce(x, op, wire=wire)


@pytest.mark.parametrize("wire", ["float16", "bfloat16"])
@pytest.mark.parametrize("op", ["sum", "mean"])
def test_fewer_bits_are_added_in_full_width(fabric, wire, op):
    size = 3
    dtype = np.float16 if wire == "float16" else ml_dtypes.bfloat16
    xs = [np.random.default_rng(r).normal(size=10_001) for r in range(size)]
    total = np.zeros(10_001, np.float32)
    for x in xs:
        total += x.astype(np.float32).astype(dtype).astype(np.float32)
    total /= size if op == "mean" else 1
    wanted = total.astype(dtype).astype(np.float32)
    for result in fabric.run(compressed, size, wire, op):
        np.testing.assert_array_equal(result, wanted)


def compressed_buckets(group):
    buckets = dist.Buckets(group, parameters(), wire="bfloat16")
    gradients = [np.ones(shape, np.float32) for shape in SHAPES]
    gradients[1] = None
    return [g if g is None else float(g.sum()) for g in buckets.all_reduce(gradients)]


def test_buckets_may_be_compressed():
    wanted = [24.0, None, 2000.0, 0.0, 250.0, 14.0]
    assert run_ranks(compressed_buckets, 2, transport="shm") == [wanted] * 2


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda g: dist.Buckets(g, parameters(), op="max"), ValueError, "op"),
        (lambda g: dist.Buckets(g, parameters(), wire="int8"), ValueError, "wire"),
        (
            lambda g: dist.Buckets(g, [np.empty(1, np.int32)], wire="float16"),
            TypeError,
            "float32 or float64",
        ),
        (
            lambda g: dist.Buckets(g, [np.empty(1, np.int32)], op="mean"),
            TypeError,
            "whole number",
        ),
        (lambda g: dist.Buckets(g, parameters()).wait(), ValueError, "were not put"),
        (lambda g: dist.Buckets(g, parameters()).all_reduce([]), ValueError, "0 grad"),
        (
            lambda g: dist.Buckets(g, parameters()).put(0, np.ones(3)),
            ValueError,
            "has shape",
        ),
        (lambda g: put_twice(dist.Buckets(g, parameters())), ValueError, "put twice"),
    ],
)
def test_misuse_is_named(use, error, words):
    def body(group):
        with pytest.raises(error, match=words):
            use(group)

    run_ranks(body, 1)


def put_twice(buckets):
    buckets.put(0, None)
    buckets.put(0, None)
