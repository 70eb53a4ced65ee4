"""Random numbers in replicas: different from one to the next, equal from run to run."""

from typing import Any

import numpy as np
import pytest

import launcher
import tensor as tf


def on_threads(count: int) -> Any:
    return tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(count)])


def masks(strategy: Any, traced: bool) -> list[list[float]]:
    """Two dropout masks of each replica of this process."""
    tf.random.set_seed(3)

    def replica() -> Any:
        return tf.nn.dropout(tf.ones([40]), 0.5)

    def step() -> Any:
        return strategy.run(replica)

    step = tf.function(step) if traced else step
    return [
        mask.numpy().tolist()
        for _ in range(2)
        for mask in strategy.experimental_local_results(step())
    ]


@pytest.mark.parametrize("traced", [False, True])
def test_masks_differ_between_replicas_and_repeat_with_the_seed(traced: bool) -> None:
    first = masks(on_threads(2), traced)
    assert len({tuple(mask) for mask in first}) == 4
    assert masks(on_threads(2), traced) == first


@pytest.mark.parametrize("traced", [False, True])
def test_one_replica_draws_what_no_strategy_draws(traced: bool) -> None:
    assert masks(on_threads(1), traced) == masks(tf.distribute.get_strategy(), traced)


# What TensorFlow draws: in the first step, and in the second.
EAGER = [[0.13366317749023438, 0.194571852684021], [0.3532257080078125, 0.6392698]]
TRACED = [[0.12736404, 0.7780691385], [0.858015775680542, 0.2570493221282959]]
GENERATOR = [[0.13688933849334717, 0.8234764337539673], [0.25459098, 0.7977827787]]


def draws(strategy: Any, draw: Any) -> list[list[float]]:
    results = [strategy.experimental_local_results(draw()) for _ in range(2)]
    return [[float(x) for x in step] for step in results]


def test_replicas_draw_what_they_draw_in_tensorflow() -> None:
    strategy = on_threads(2)
    uniform = lambda: strategy.run(lambda: tf.random.uniform([]))  # noqa: E731
    tf.random.set_seed(3)
    np.testing.assert_allclose(draws(strategy, uniform), EAGER, rtol=1e-6)
    tf.random.set_seed(3)
    np.testing.assert_allclose(draws(strategy, tf.function(uniform)), TRACED, rtol=1e-6)


@pytest.mark.parametrize("traced", [False, True])
def test_a_generator_of_the_strategy_gives_each_replica_its_own(traced: bool) -> None:
    strategy = on_threads(2)
    with strategy.scope():
        generator = tf.random.Generator.from_seed(7)
    draw = lambda: strategy.run(lambda: generator.uniform([]))  # noqa: E731
    draw = tf.function(draw) if traced else draw
    np.testing.assert_allclose(draws(strategy, draw), GENERATOR, rtol=1e-6)
    # Its state is the same everywhere, and outside of replicas its numbers are too.
    assert float(generator.uniform([])) == pytest.approx(0.32115912437438965)


def test_a_generator_made_outside_goes_from_replica_to_replica() -> None:
    strategy = on_threads(2)
    generator = tf.random.Generator.from_seed(7)
    (first, second), _ = draws(
        strategy, lambda: strategy.run(lambda: generator.uniform([]))
    )
    assert (first, second) == pytest.approx((0.399328351020813, 0.6259791851043701))


def numbers_of_a_process() -> dict[str, Any]:
    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        tf.random.set_seed(1)
        weight = tf.Variable(tf.random.normal([3]))
        generator = tf.random.Generator.from_seed(7)
    return {
        "weight": weight.numpy().tolist(),
        "masks": [masks(strategy, traced) for traced in (False, True)],
        "seeded": float(strategy.run(lambda: tf.random.uniform([], seed=5))),
        "generator": float(strategy.run(lambda: generator.uniform([]))),
        "outside": float(tf.random.uniform([], seed=5)),
    }


@pytest.mark.multiprocess
def test_processes_draw_different_numbers_in_replicas_and_equal_ones_outside() -> None:
    one, other = launcher.run(numbers_of_a_process, 2)
    for key in ("weight", "outside"):
        assert one[key] == other[key]
    for key in ("seeded", "generator"):
        assert one[key] != other[key]
    for mine, theirs in zip(one["masks"], other["masks"], strict=True):
        assert len({tuple(mask) for mask in (*mine, *theirs)}) == 4
    assert [one["generator"], other["generator"]] == pytest.approx(GENERATOR[0])
