"""Numerical checks of gradients of functions that are made of several ops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import tensor as tf
from tests.support.op_checks import gradients

if TYPE_CHECKING:
    from collections.abc import Callable

STEP = 1e-6


def check_composed(f: Callable[..., Any], *values: Any, order: int = 2) -> None:
    """Check the gradient of `f(*values)`, any shape, along one random direction.

    Raises:
        AssertionError: A gradient differs from the central difference.
    """
    rng = np.random.default_rng(7)
    points = [np.asarray(v, np.float64) for v in values]
    weights = rng.normal(size=np.shape(f(*[tf.constant(v) for v in points])))
    along = [rng.normal(size=v.shape) for v in points]

    def scalar(*tensors: Any) -> Any:
        return tf.reduce_sum(f(*tensors) * weights)

    def slope(*tensors: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(list(tensors))
            z = scalar(*tensors)
        found = tape.gradient(z, list(tensors))
        return tf.add_n(
            [tf.reduce_sum(g * u) for g, u in zip(found, along, strict=True)]
        )

    for function in [scalar, slope][:order]:
        pairs = list(zip(points, along, strict=True))
        ahead = function(*[tf.constant(v + STEP * u) for v, u in pairs])
        behind = function(*[tf.constant(v - STEP * u) for v, u in pairs])
        numeric = (float(ahead) - float(behind)) / (2 * STEP)
        exact = sum(
            float(np.sum(g * u))
            for g, u in zip(gradients(function, points), along, strict=True)
        )
        np.testing.assert_allclose(exact, numeric, rtol=1e-4, atol=1e-5)
