"""Large products are cut for the pool; what comes out is what NumPy computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensor.core import thread_pool
from tensor.ops.linalg import products

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def cuts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the pieces of each product; let small products be large ones."""
    counts: list[int] = []
    run = thread_pool.run
    monkeypatch.setattr(thread_pool, "thread_count", lambda: 2)
    monkeypatch.setattr(products, "_OUR_THREADS_FROM", 1)
    monkeypatch.setattr(
        thread_pool, "run", lambda work, n: counts.append(n) or run(work, n)
    )
    return counts


@pytest.mark.parametrize(
    ("a", "b", "pieces"),
    [
        ((7, 3), (3, 4), 2),
        ((4, 3), (3, 7), 2),
        ((1, 3), (3, 1), 1),
        ((5, 2, 3), (5, 3, 4), 3),
        ((5, 2, 3), (1, 3, 4), 3),
        ((2, 3), (5, 3, 4), 3),
        ((1, 6, 2, 3), (1, 6, 3, 4), 3),
        ((6, 1, 2, 3), (5, 3, 4), 3),
        ((1, 1, 2, 3), (1, 3, 4), 1),
    ],
)
@pytest.mark.parametrize("given", [False, True])
def test_products_in_pieces(
    a: tuple[int, ...],
    b: tuple[int, ...],
    pieces: int,
    given: bool,
    cuts: list[int],
) -> None:
    x, y = rng.normal(size=a), rng.normal(size=b)
    expected = x @ y
    out: Any = np.empty_like(expected) if given else None
    z = products.product(x, y, out)
    np.testing.assert_allclose(z, expected, rtol=1e-12)
    assert z.shape == expected.shape
    assert cuts == [pieces]
    assert out is None or z is out


def test_stacks_of_nothing(cuts: list[int]) -> None:
    z = products.product(np.ones((0, 2, 3)), np.ones((0, 3, 4)))
    assert z.shape == (0, 2, 4)
    assert not cuts


def test_half_precision_adds_in_single() -> None:
    x = np.full((3, 4096), 1, np.float16)
    assert (products.multiply_matrices(x, x.T) == 4096).all()
