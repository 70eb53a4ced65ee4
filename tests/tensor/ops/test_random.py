"""Streams of random numbers: seeds, graphs, threads, and what they look like."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.ops.random.generator_state import state_size
from tensor.ops.random.philox import blocks, blocks_at
from tensor.ops.random.seeds import Stream


def test_philox_gives_the_published_numbers() -> None:
    # Random123's known answers for philox4x32-10.
    zero = blocks(0, 0, 1)[0]
    assert [hex(w) for w in zero] == [
        "0x6627e8d5",
        "0xe169c58d",
        "0xbc57ac4c",
        "0x9b00dbd8",
    ]
    ones = blocks((1 << 64) - 1, (1 << 128) - 1, 1)[0]
    assert [hex(w) for w in ones] == [
        "0x408f276d",
        "0x41c83b0e",
        "0xa20bc7c6",
        "0x6d5451fd",
    ]


def test_blocks_carry_into_the_upper_words_and_wrap_around() -> None:
    for start in ((1 << 64) - 2, (1 << 128) - 2):
        together = blocks(7, start, 5)
        alone = [blocks(7, (start + i) % (1 << 128), 1)[0] for i in range(5)]
        np.testing.assert_array_equal(together, alone)
        offsets = np.arange(5, dtype=np.uint64)
        np.testing.assert_array_equal(blocks_at(7, start, offsets), together)


def test_without_a_seed_numbers_differ() -> None:
    from tensor.core import seed

    before = seed.global_seed()
    seed._seeds.seed = None
    try:
        tf.random.uniform([4])
        first, second = tf.random.normal([8]), tf.random.normal([8])
        assert np.any(first != second)
        again = tf.random.uniform([4], seed=3), tf.random.uniform([4], seed=3)
        assert np.any(again[0] != again[1])
    finally:
        seed._seeds.seed = before


def test_a_traced_function_draws_new_numbers_in_every_call() -> None:
    f = tf.function(lambda: tf.random.uniform([4]))
    assert np.any(f() != f())


def test_a_stream_survives_pickling_with_its_seeds() -> None:
    stream = Stream(3, 5)
    copy = pickle.loads(pickle.dumps(stream))  # noqa: S301  # our own bytes
    assert (copy.key, copy.reserve(1)) == (3, stream.reserve(1))


def test_streams_of_unknown_shape_draw_in_a_traced_function() -> None:
    generator = tf.random.Generator.from_seed(3)

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def f(x: Any) -> Any:
        return tf.random.uniform(tf.shape(x)), generator.normal(tf.shape(x))

    for n in (2, 5):
        a, b = f(tf.zeros([n]))
        assert a.shape == b.shape == (n,)
    other = tf.random.Generator.from_seed(3)
    other.skip(2)
    np.testing.assert_array_equal(b, other.normal([5]))


def test_a_generator_is_saved_by_its_variable() -> None:
    generator = tf.random.Generator.from_seed(1)
    generator.uniform([3])
    copy = tf.random.Generator.from_state(generator.state.value(), "philox")
    np.testing.assert_array_equal(generator.uniform([3]), copy.uniform([3]))


def test_the_global_generator_can_be_replaced() -> None:
    before = tf.random.get_global_generator()
    assert before is tf.random.get_global_generator()
    tf.random.set_global_generator(tf.random.Generator.from_seed(5))
    try:
        expected = tf.random.Generator.from_seed(5).uniform([2])
        np.testing.assert_array_equal(
            tf.random.get_global_generator().uniform([2]), expected
        )
    finally:
        tf.random.set_global_generator(before)


@pytest.mark.parametrize(
    ("draw", "mean", "deviation"),
    [
        (lambda n: tf.random.uniform([n]), 0.5, np.sqrt(1 / 12)),
        (lambda n: tf.random.normal([n]), 0.0, 1.0),
        (lambda n: tf.random.truncated_normal([n]), 0.0, 0.8796),
        (lambda n: tf.random.gamma([n], 0.5, 2.0), 0.25, np.sqrt(0.125)),
        (lambda n: tf.random.gamma([n], 4.0), 4.0, 2.0),
        (lambda n: tf.random.poisson([n], 3.0), 3.0, np.sqrt(3)),
        (lambda n: tf.random.poisson([n], 40.0), 40.0, np.sqrt(40)),
        (
            lambda n: tf.random.stateless_binomial([n], [1, 2], 10.0, 0.3),
            3.0,
            np.sqrt(2.1),
        ),
        (
            lambda n: tf.random.stateless_binomial([n], [1, 2], 100.0, 0.7),
            70.0,
            np.sqrt(21),
        ),
        (
            lambda n: tf.random.stateless_parameterized_truncated_normal(
                [n], [1, 2], minvals=0.0, maxvals=100.0
            ),
            np.sqrt(2 / np.pi),
            np.sqrt(1 - 2 / np.pi),
        ),
    ],
)
def test_distributions_have_their_mean_and_deviation(
    draw: Any, mean: float, deviation: float
) -> None:
    tf.random.set_seed(7)
    count = 20_000
    drawn = np.asarray(draw(count), np.float64)
    assert drawn.mean() == pytest.approx(mean, abs=5 * deviation / np.sqrt(count))
    assert drawn.std() == pytest.approx(deviation, rel=0.05)


def test_gamma_numbers_move_with_their_parameter() -> None:
    alpha = tf.constant([0.7, 2.0, 5.0])
    with tf.GradientTape() as tape:
        tape.watch(alpha)
        z = tf.random.stateless_gamma([4000, 3], [1, 2], alpha)
        mean = tf.reduce_mean(z, axis=0)
        total = tf.reduce_sum(mean)
    # The mean is alpha itself, so its slope is 1.
    np.testing.assert_allclose(tape.gradient(total, alpha), [1, 1, 1], rtol=0.15)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tf.random.Generator(state=[1, 2, 3]), "Give `state` and `alg`"),
        (
            lambda: tf.random.Generator(
                copy_from=tf.random.Generator.from_seed(1), alg="philox"
            ),
            "must be None when `copy_from`",
        ),
    ],
)
def test_a_generator_is_made_from_a_state_or_from_another_one(
    call: Any, words: str
) -> None:
    with pytest.raises(AssertionError, match=words):
        call()


def test_truncation_needs_room() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="minvals must be below"):
        tf.random.stateless_parameterized_truncated_normal(
            [2], [1, 2], minvals=1.0, maxvals=1.0
        )


def test_drawing_from_no_class_is_an_error() -> None:
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="num_classes should be positive"
    ):
        tf.random.categorical(tf.zeros([2, 0]), 3)


def test_generators_split_and_start_over_in_traced_functions() -> None:
    generator = tf.random.Generator.from_seed(1)
    made: list[Any] = []

    @tf.function
    def f(seed: Any) -> Any:
        if not made:
            made.extend(generator.split(2))
            made.append(tf.random.Generator.from_seed(seed))
        made[2].reset_from_key_counter(seed, [2, 3])
        return [g.normal([2]) for g in made]

    start = tf.random.Generator.from_seed(1).split(2)
    first = f(tf.constant(7))
    for mine, theirs in zip(first, start, strict=False):
        np.testing.assert_array_equal(mine, theirs.normal([2]))
    expected = tf.random.Generator.from_key_counter(7, [2, 3], "philox").normal([2])
    np.testing.assert_array_equal(first[2], expected)
    np.testing.assert_array_equal(f(tf.constant(7))[2], expected)


def test_a_checkpoint_keeps_a_generator(tmp_path: Any) -> None:
    generator = tf.random.Generator.from_seed(1)
    checkpoint = tf.train.Checkpoint(generator=generator)
    path = checkpoint.write(str(tmp_path / "c"))
    drawn = generator.uniform([3])
    checkpoint.read(path)
    np.testing.assert_array_equal(generator.uniform([3]), drawn)


def test_deterministic_ops_insist_on_a_seed() -> None:
    from tensor.core import config, seed

    before, generator = seed.global_seed(), tf.random.get_global_generator()
    tf.config.experimental.enable_op_determinism()
    seed._seeds.seed = None
    try:
        with pytest.raises(RuntimeError, match="Random ops require a seed"):
            tf.random.normal([2])
        with pytest.raises(RuntimeError, match="determinism is enabled"):
            tf.random.Generator.from_non_deterministic_state()
        with pytest.raises(ValueError, match="requires a non-zero seed"):
            tf.nn.fractional_max_pool(tf.zeros([1, 4, 4, 1]), 1.5)
        tf.random.set_global_generator(None)
        with pytest.raises(RuntimeError, match='"get_global_generator" cannot be'):
            tf.random.get_global_generator()
        assert tf.random.normal([2], seed=3).shape == (2,)
    finally:
        config.reset()
        seed._seeds.seed = before
        tf.random.set_global_generator(generator)


def test_a_mean_that_is_no_number_accepts_no_proposal() -> None:
    with pytest.raises(tf.errors.InternalError, match="failed to accept a sample"):
        tf.random.stateless_parameterized_truncated_normal([2], [1, 2], np.nan)


def test_algorithms_that_draw_elsewhere_or_nowhere_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="use 'philox'"):
        tf.random.stateless_uniform([2], [1, 2], alg="threefry")
    with pytest.raises(ValueError, match="unsupported value 7"):
        state_size(7)
