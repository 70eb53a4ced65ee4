"""Equal updates of small variables run as one, and give the same to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.graph import passes
from tensor.graph.passes.pack_updates import pack_updates

SHAPES: list[Any] = [(4, 3), (3,), (5, 7), (7,), (1,), (2, 2, 2), (200, 100)]

OPTIMIZERS = {
    "sgd": lambda: tf.keras.optimizers.SGD(0.1),
    "momentum": lambda: tf.keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: tf.keras.optimizers.Adam(0.1, amsgrad=True),
    "adamw": lambda: tf.keras.optimizers.AdamW(0.1, global_clipnorm=1.0),
    "clipped": lambda: tf.keras.optimizers.Adam(0.1, clipnorm=1.0),
    "rmsprop": lambda: tf.keras.optimizers.RMSprop(0.1, momentum=0.5, centered=True),
    "adagrad": lambda: tf.keras.optimizers.Adagrad(0.1),
    "ftrl": lambda: tf.keras.optimizers.Ftrl(0.1, l1_regularization_strength=0.01),
    "average": lambda: tf.keras.optimizers.Adam(0.1, use_ema=True),
}


def trained(make: Any, disturb: bool) -> tuple[list[Any], Any]:
    """Return variables and slots after some steps, and the traced step."""
    rng = np.random.default_rng(3)
    variables = [tf.Variable(rng.normal(size=s).astype("float32")) for s in SHAPES]
    optimizer = make()

    @tf.function
    def step(*gradients: Any) -> None:
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    for number in range(4):
        held = [v.read_value() for v in variables]
        before = [t.numpy().copy() for t in held]
        gradients = [tf.constant(rng.normal(size=s).astype("float32")) for s in SHAPES]
        step(*gradients)
        for tensor, array in zip(held, before, strict=True):
            np.testing.assert_array_equal(tensor, array)
        if disturb and number == 1:
            variables[1].assign_add(tf.ones([3]))
            variables[2][0].assign(tf.zeros([7]))
            optimizer.variables[1].assign(optimizer.variables[1] * 2)
    state = [v.numpy() for v in (*variables, *optimizer.variables)]
    return state, step.get_concrete_function(*gradients)


@pytest.mark.parametrize("disturb", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_give_the_same_to_the_bit(
    name: str, disturb: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, concrete = trained(OPTIMIZERS[name], disturb)
    if name != "clipped":  # by a factor for each variable
        assert "Join(" in concrete.explain()
    others = tuple(p for p in passes.PASSES if p is not pack_updates)
    monkeypatch.setattr(passes, "PASSES", others)
    plain, _ = trained(OPTIMIZERS[name], disturb)
    assert len(packed) == len(plain)
    for x, y in zip(packed, plain, strict=True):
        np.testing.assert_array_equal(x, y)


def counts(f: Any, *args: Any) -> tuple[int, int]:
    """Return how many groups there are after all passes, and how many joins."""
    text = f.get_concrete_function(*args).explain().partition("as run:")[2]
    return text.count("Fused("), text.count("Join(")


def test_updates_that_are_read_between_stay_where_they_are() -> None:
    vs = [tf.Variable(tf.ones([40])) for _ in range(6)]

    @tf.function
    def step(x: Any) -> Any:
        for v in vs:
            v.assign(v * 2.0 + x)
            x = x + v.read_value()[:1]
        return x

    float(step(tf.ones([40]))[0])
    assert counts(step, tf.ones([40]))[1] == 0
    np.testing.assert_array_equal(vs[1].numpy(), np.full(40, 6.0))


def test_two_variables_or_large_ones_are_not_packed() -> None:
    for shape, count in (([40], 2), ([200, 200], 4)):
        vs = [tf.Variable(tf.ones(shape)) for _ in range(count)]

        @tf.function
        def step(x: Any, vs: Any = vs) -> None:
            for v in vs:
                v.assign(v * 2.0 + x)

        assert counts(step, tf.constant(1.0)) == (count, 0)


def test_updates_inside_a_loop_are_packed_too() -> None:
    vs = [tf.Variable(tf.ones([n])) for n in (3, 4, 5)]

    @tf.function
    def steps(x: Any) -> None:
        for _ in tf.range(3):
            for v in vs:
                v.assign(v * 2.0 + x)

    assert counts(steps, tf.constant(1.0))[1] == 1
    steps(tf.constant(1.0))
    assert [float(v[0]) for v in vs] == [15.0] * 3
