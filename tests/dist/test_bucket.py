"""One bucket: what is packed where, and that nothing is reduced twice."""

import numpy as np
import pytest

from dist.bucket import Bucket, plan

KIB = 256  # float32 elements


def packed(buckets: list[Bucket]) -> list[list[int]]:
    return [[slot.index for slot in bucket.slots] for bucket in buckets]


def test_buckets_are_filled_from_the_last_parameter_to_the_first() -> None:
    shapes = [(KIB * 8000,), (KIB * 100,), (KIB * 100,), (KIB * 5000,), (10,)]
    buckets = plan([(shape, np.dtype(np.float32)) for shape in shapes])
    assert packed(buckets) == [[4, 3], [2, 1, 0]]


def test_the_first_bucket_may_be_smaller_than_the_others() -> None:
    specs = [((64,), np.dtype(np.float32))] * 6
    buckets = plan(specs, bucket_bytes=512, first_bucket_bytes=256)
    assert packed(buckets) == [[5], [4, 3], [2, 1], [0]]


def test_a_bucket_has_one_dtype_and_gradients_begin_at_cache_lines() -> None:
    specs = [((3,), np.dtype(t)) for t in ("float32", "float64", "float32")]
    first, second = plan(specs)
    assert (first.dtype, second.dtype) == (np.float32, np.float64)
    assert [slot.start for slot in first.slots] == [0, 16]
    assert first.nbytes == 128


def test_without_other_ranks_a_sum_is_what_was_put() -> None:
    bucket = Bucket(np.float32)
    bucket.add(0, (2,))
    bucket.add(1, ())
    bucket.allocate(None)
    bucket.put(0, np.ones(2, np.float32))
    bucket.put(1, None)
    assert bucket.finish(bucket.start(None)) == [1.0, 0.0]
    assert [view.tolist() for view in bucket.views] == [[1.0, 1.0], 0.0]


def test_a_sum_that_was_never_finished_is_not_overwritten() -> None:
    bucket = Bucket(np.float32)
    bucket.add(0, (2,))
    bucket.allocate(None)
    bucket.put(0, None)
    bucket.start(None)
    with pytest.raises(RuntimeError, match="An earlier step failed"):
        bucket.put(0, None)
