"""Around every test: a clean environment, a fixed seed, and nothing left behind."""

import random
import sys
from collections.abc import Iterator

import pytest

from tests.support.environment import outside_any_job
from tests.support.leaks import leaks_since, snapshot

SEED = 20260101


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """No test sees the job it may itself run under, and none changes it for others."""
    with outside_any_job():
        yield


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    """Every test starts from the same random state.

    Libraries that nobody imported yet are left alone: a test of what an import loads
    must not find NumPy there because of us.
    """
    random.seed(SEED)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(SEED)
    tensor_random = getattr(sys.modules.get("tensor"), "random", None)
    if hasattr(tensor_random, "set_seed"):
        tensor_random.set_seed(SEED)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail the test that leaves a thread, child, descriptor or segment behind."""
    before = snapshot()
    yield
    if leaks := leaks_since(before):
        pytest.fail("the test left behind:\n  " + "\n  ".join(leaks), pytrace=False)
