"""Random programs of branches, loops and functions that read and write variables.

Run eagerly they are plain Python, which is what traced ones must equal: in values,
gradients, gradients of gradients, and what the variables hold afterwards.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import tensor as tf


class Maker:
    """Makes random statements about two variables and four tensors."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.first = [self._random.uniform(-1, 1) for _ in range(4)]

    def block(self, depth: int) -> list[Any]:
        """Return some statements; they nest `depth` times."""
        return [self._statement(depth) for _ in range(self._random.randint(1, 3))]

    def _statement(self, depth: int) -> tuple[Any, ...]:
        kind = self._random.choices(
            ("set", "assign", "assign_add", "gradient", "cond", "while", "call"),
            (30, 20, 10, 10, *[10 * bool(depth)] * 3),
        )[0]
        tensor, variable = self._random.choice("ab"), self._random.choice("vw")
        if kind == "set":
            return (kind, tensor, self._expression(2))
        if kind == "gradient":
            return (kind, tensor, variable, self._expression(2))
        if kind in ("assign", "assign_add"):
            return (kind, variable, self._expression(2))
        inner = self.block(depth - 1)
        if kind == "cond":
            return (kind, self._expression(0), inner, self.block(depth - 1))
        if kind == "while":
            return (kind, self._expression(0), self._random.randint(0, 3), inner)
        return (kind, inner)

    def _expression(self, depth: int) -> Any:
        kind = self._random.random()
        if depth == 0 or kind < 0.4:
            return self._random.choice("abxyvw")
        if kind < 0.6:
            return (tf.tanh, self._expression(depth - 1))
        ops = (tf.add, tf.multiply, tf.subtract)
        parts = self._expression(depth - 1), self._expression(depth - 1)
        return (self._random.choice(ops), *parts)


class Interpreter:
    """Runs statements: with `staged` as nodes of a graph, else as Python."""

    def __init__(self, variables: dict[str, Any], staged: bool) -> None:
        self._variables = variables
        self._staged = staged

    def value(self, expression: Any, names: dict[str, Any]) -> Any:
        """Return what an expression gives."""
        if isinstance(expression, str):
            variable = self._variables.get(expression)
            return names[expression] if variable is None else variable * 1.0
        op, *parts = expression
        return op(*[self.value(part, names) for part in parts])

    def run(self, block: list[Any], names: dict[str, Any]) -> dict[str, Any]:
        """Return the names after some statements."""
        for kind, *parts in block:
            names = {**names, **getattr(self, f"_{kind}")(names, *parts)}
        return names

    def _set(self, names: Any, name: str, expression: Any) -> Any:
        return {name: self.value(expression, names)}

    def _assign(self, names: Any, name: str, expression: Any) -> Any:
        self._variables[name].assign(tf.tanh(self.value(expression, names)))
        return {}

    def _assign_add(self, names: Any, name: str, expression: Any) -> Any:
        self._variables[name].assign_add(tf.tanh(self.value(expression, names)))
        return {}

    def _gradient(self, names: Any, name: str, variable: str, expression: Any) -> Any:
        source = self._variables[variable]
        with tf.GradientTape() as tape:
            y = self.value(expression, names) * source
        return {name: tape.gradient(y, source)}

    def _inside(self, block: list[Any], names: Any) -> Any:
        names = self.run(block, names)
        return names["a"], names["b"]

    def _cond(self, names: Any, test: Any, block: Any, other: Any) -> Any:
        holds = self.value(test, names) > 0
        choose = tf.cond if self._staged else lambda p, f, g: f() if p else g()
        a, b = choose(
            holds,
            lambda: self._inside(block, names),
            lambda: self._inside(other, names),
        )
        return {"a": a, "b": b}

    def _while(self, names: Any, test: Any, limit: int, block: Any) -> Any:
        def go_on(i: Any, a: Any, b: Any) -> Any:
            value = self.value(test, {**names, "a": a, "b": b})
            return tf.logical_and(i < limit, value < 0.5)

        def step(i: Any, a: Any, b: Any) -> Any:
            return i + 1, *self._inside(block, {**names, "a": a, "b": b})

        state = tf.constant(0), names["a"], names["b"]
        _, a, b = tf.while_loop(go_on, step, state)
        return {"a": a, "b": b}

    def _call(self, names: Any, block: Any) -> Any:
        def called(**names: Any) -> Any:
            return self._inside(block, names)

        run = tf.function(called, autograph=False) if self._staged else called
        a, b = run(**names)
        return {"a": a, "b": b}


def derivatives(run: Any, sources: list[Any]) -> list[Any]:
    """Return a result with its first and second derivatives."""
    with tf.GradientTape() as outer:
        outer.watch(sources)
        with tf.GradientTape() as tape:
            tape.watch(sources)
            z = run(*sources[2:])
        first = tape.gradient(z, sources, unconnected_gradients="zero")
        total = tf.add_n([g * w for g, w in zip(first, (1, 2, -1, 3), strict=True)])
    return [z, *first, *outer.gradient(total, sources, unconnected_gradients="zero")]


@pytest.mark.parametrize("seed", range(10))
def test_traced_effects_and_gradients_are_those_of_python(seed: int) -> None:
    maker = Maker(seed)
    block = maker.block(3)

    def results(way: str) -> list[float]:
        v, w, x, y = [np.float64(number) for number in maker.first]
        variables = {"v": tf.Variable(v), "w": tf.Variable(w)}
        interpreter = Interpreter(variables, way != "eager")

        def program(x: Any, y: Any) -> Any:
            a, b = interpreter._inside(block, {"x": x, "y": y, "a": x * y, "b": x + y})
            return a * 1.5 + b * variables["v"] * variables["w"]

        def inside(x: Any, y: Any) -> Any:
            return derivatives(program, [*variables.values(), x, y])

        x, y = tf.constant(x), tf.constant(y)
        if way == "tapes inside":
            found = tf.function(inside, autograph=False)(x, y)
        else:
            traced = tf.function(program, autograph=False)
            run = program if way == "eager" else traced
            found = derivatives(run, [*variables.values(), x, y])
        return [float(t) for t in (*found, *variables.values())]

    expected = results("eager")
    for way in ("tapes inside", "tapes outside"):
        np.testing.assert_allclose(results(way), expected, rtol=1e-9, atol=1e-12)
