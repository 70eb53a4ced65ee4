"""Workers are killed again and again; in the end nobody can tell.

More of them: `python benchmarks/random_kills.py --kills 100`.
"""

import pytest

from tests.support.random_kills import kill_at_random

pytestmark = pytest.mark.multiprocess


@pytest.mark.parametrize(("how", "kills"), [("loop", 6), ("fit", 4)])
def test_a_training_that_is_killed_often_ends_with_the_same_bits(tmp_path, how, kills):
    outcome = kill_at_random(tmp_path, how, workers=2, kills=kills, seed=1)

    assert outcome.kills == kills
    assert outcome.continued >= 2
    assert outcome.weights_are_equal
    assert outcome.left_behind == []


def test_hosts_start_again_together_however_often(tmp_path):
    outcome = kill_at_random(tmp_path, "loop", workers=1, kills=2, seed=1, hosts=2)

    assert outcome.kills == 2
    assert outcome.weights_are_equal
    assert outcome.left_behind == []


@pytest.mark.slow
@pytest.mark.parametrize("how", ["loop", "fit"])
@pytest.mark.parametrize("seed", range(2, 5))
def test_many_more_kills_on_more_workers(tmp_path, how, seed):
    outcome = kill_at_random(tmp_path, how, workers=3, kills=12, seed=seed)

    assert outcome.kills == 12
    assert outcome.continued >= 4
    assert outcome.weights_are_equal
    assert outcome.left_behind == []
