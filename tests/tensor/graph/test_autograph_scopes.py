"""Names in converted functions mean what they mean where the function stands."""

from __future__ import annotations

from typing import Any

import tensor as tf


class Owner:
    """A class with names of its own."""

    def __init__(self) -> None:
        self.__factor = 3.0

    def __scaled(self, x: Any) -> Any:
        return x * self.__factor

    @tf.function
    def traced(self, x: Any) -> Any:
        """Use them in a condition and in a function inside."""

        def inner(y: Any) -> Any:
            return self.__scaled(y)

        return inner(x) if x > 0.0 else -x


class _Heir(Owner):
    def __scaled(self, x: Any) -> Any:
        return x + 1.0

    def __call__(self, x: Any) -> Any:
        if x > 1.0:
            x = self.__scaled(x)
        return super().traced(x)


def test_names_with_two_underscores_are_the_class_own() -> None:
    assert float(Owner().traced(tf.constant(2.0))) == 6.0
    assert float(tf.function(_Heir())(tf.constant(2.0))) == 9.0


def factorial(n: Any) -> Any:
    return 1 if n <= 1 else n * factorial(n - 1)


def test_functions_that_call_themselves_stay_converted() -> None:
    assert int(tf.function(factorial)(5)) == 120
    calls = []

    def down(n: int, x: Any) -> Any:
        calls.append(n)
        if x > n:
            x = x - 1
        return x if n == 0 else down(n - 1, x)

    assert int(tf.function(down)(3, tf.constant(3))) == 0
    assert calls == [3, 2, 1, 0]


def test_tensors_in_and_after_branches_are_named_as_in_tensorflow() -> None:
    seen = []

    @tf.function
    def f(x: Any) -> Any:
        if x > 0:
            y = x * 2
            seen.append(str(y))
        else:
            y = x
        z, w = (y, x) if y > 1 else (x, y)
        seen.extend([str(y), str(z), str(w)])
        while y < 9:
            y = y * y
            seen.append(str(y))
        return y

    concrete = f.get_concrete_function(tf.TensorSpec([], tf.int32))
    names = ["cond/mul", "cond/Identity", "cond_1/Identity", "cond_1/Identity_1"]
    assert seen == [
        f'Tensor("{name}:0", shape=(), dtype=int32)' for name in [*names, "while/mul"]
    ]
    found = concrete.graph.get_tensor_by_name("cond:0")
    assert found.name == "cond/Identity:0"


def test_conditions_of_loops_may_set_names() -> None:
    def counts(x: Any) -> Any:
        while (y := x + 1) < 5:
            x = y
        return x, y

    assert [int(v) for v in tf.function(counts)(1)] == [4, 5]
    assert tf.autograph.to_graph(counts)(2) == (4, 5)
