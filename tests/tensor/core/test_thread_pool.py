"""The pool runs every piece once, raises what a piece raises, and nests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tensor.core import blas, thread_pool

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = thread_pool.thread_count()
    thread_pool.set_thread_count(2)
    yield
    thread_pool.set_thread_count(before)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_every_piece_runs_exactly_once(count: int) -> None:
    seen = np.zeros(count, np.int64)

    def piece(i: int) -> None:
        seen[i] += 1

    thread_pool.run(piece, count)
    assert (seen == 1).all()


def test_an_exception_in_a_piece_is_raised_to_the_caller() -> None:
    def piece(i: int) -> None:
        if i == 3:
            raise ValueError("piece three")

    with pytest.raises(ValueError, match="piece three"):
        thread_pool.run(piece, 8)
    thread_pool.run([].append, 8)  # and the pool goes on


def test_a_piece_may_use_the_pool() -> None:
    total = np.zeros((4, 4))

    def outer(i: int) -> None:
        def inner(j: int) -> None:
            total[i, j] += 1

        thread_pool.run(inner, 4)

    thread_pool.run(outer, 4)
    assert (total == 1).all()


def test_several_threads_may_use_the_pool_at_once() -> None:
    totals = np.zeros((4, 20))

    def use(k: int) -> None:
        def piece(i: int) -> None:
            totals[k, i] += 1

        thread_pool.run(piece, 20)

    threads = [threading.Thread(target=use, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (totals == 1).all()


def test_scratch_is_reused_and_grows() -> None:
    small = thread_pool.scratch("test", (2, 3), np.float32)
    again = thread_pool.scratch("test", (3, 2), np.float32)
    large = thread_pool.scratch("test", (30, 2), np.float64)
    assert np.shares_memory(small, again)
    assert large.shape == (30, 2)
    assert large.dtype == np.float64


def test_the_number_of_threads_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3,1")
    thread_pool.set_thread_count(0)
    assert thread_pool.thread_count() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    thread_pool.set_thread_count(0)
    assert thread_pool.thread_count() >= 1


def test_a_negative_number_of_threads_is_an_error() -> None:
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        thread_pool.set_thread_count(-1)


@pytest.mark.parametrize(
    ("length", "least", "expected"),
    [(100, 1, 25), (101, 1, 26), (100, 30, 34), (100, 51, 100), (3, 1, 1), (0, 5, 1)],
)
def test_work_is_shared_in_few_pieces_that_are_not_too_small(
    length: int, least: int, expected: int
) -> None:
    assert thread_pool.share(length, least) == expected


def test_blas_is_asked_once() -> None:
    assert blas.use_one_thread() == blas.use_one_thread()


def test_blas_tells_whose_instructions_it_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    if blas.use_one_thread():
        assert blas.kernel_name().isalnum()
    monkeypatch.setattr(np, "__file__", "/nowhere/numpy/__init__.py")
    assert blas.kernel_name() == ""
