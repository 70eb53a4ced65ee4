"""Which calls share a trace. All counts are TensorFlow 2.21's."""
# ruff: noqa: ARG001, ARG005  # what counts is the arguments
# ruff: noqa: RUF005, S301  # tables in columns; what is unpickled was pickled here

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import tensor as tf

C = tf.constant
Colour = enum.Enum("Colour", "RED GREEN")
P = collections.namedtuple("P", "a b")  # users write these
Q = collections.namedtuple("Q", "a b")


class ByNumber:
    """Objects that are equal if their numbers are."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByNumber) and self.number == other.number


@dataclasses.dataclass
class Masked:
    """A dataclass that says what of it is tensors."""

    mask: Any
    value: Any

    def __tf_flatten__(self) -> Any:
        return (self.mask,), (self.value,)

    @classmethod
    def __tf_unflatten__(cls, metadata: Any, leaves: Any) -> Masked:
        return cls(metadata[0], leaves[0])


@dataclasses.dataclass
class Unhashable:
    """A dataclass as it is by default: equal by value, without a hash."""

    a: int


def counts(calls: list[Any], **options: Any) -> list[Any]:
    """Return the number of traces after each call, "TypeError" for what is refused."""

    @tf.function(**options)
    def f(*args: Any) -> Any:
        return 1.0

    found: list[Any] = []
    for call in calls:
        args = call if type(call) is tuple else (call,)
        try:
            f(*args)
        except TypeError:
            found.append("TypeError")
        else:
            found.append(f.experimental_get_tracing_count())
    return found


def function_a(x: Any) -> Any:
    """Be passed as an argument."""
    return x


def function_b(x: Any) -> Any:
    """Be passed as another argument."""
    return x


half = functools.partial(function_a, 1)
plain, other = type("O", (), {})(), type("O", (), {})()


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        # Numbers that are equal in Python are one.
        (
            [1, 1, 1.0, True, 2, False, 0, 0.0, -0.0, "a", "a", b"a", None, 1j],
            [1, 1, 1, 1, 2, 3, 3, 3, 3, 4, 4, 5, 6, 7],
        ),
        ([((),), ([],), ({},), ((),)], [1, 2, 3, 3]),
        (
            [
                np.float32(1),
                np.float32(2),
                np.float64(1),
                np.ones(3),
                np.ones(3) * 2,
                np.ones(4),
                np.bool_(True),
                C(1.0),
                np.array(1.0, np.float32),
            ],
            [1, 1, 2, 3, 3, 4, 5, 5, 5],
        ),
        (
            [tf.float32, tf.float32, tf.float64, tf.TensorShape([1])]
            + [tf.TensorShape([1]), tf.TensorShape([2]), tf.TensorShape(None)],
            [1, 1, 2, 3, 3, 4, 5],
        ),
        (
            [
                ([1, 2],),
                ((1, 2),),
                (P(1, 2),),
                (Q(1, 2),),
                ({"a": 1, "b": 2},),
                ({"b": 2, "a": 1},),
                (collections.OrderedDict(b=2, a=1),),
                (collections.defaultdict(int, a=1, b=2),),
                ([C(1)],),
                ((C(1),),),
                ([C(2)],),
                ([[1], [2]],),
                ([[1, 2], []],),
            ],
            [1, 2, 3, 4, 5, 5, 5, 5, 6, 7, 7, 8, 9],
        ),
        (
            [plain, plain, other, ByNumber(1), ByNumber(1), ByNumber(2), plain, len],
            [1, 1, 2, 3, 3, 4, 4, 5],
        ),
        (
            [function_a, function_a, function_b, half, functools.partial(half)],
            [1, 1, 2, 3, 4],
        ),
        ([Colour.RED, Colour.RED, Colour.GREEN], [1, 1, 2]),
        (
            [range(5), range(5), range(6), {1, 2}, Unhashable(1), frozenset([1])]
            + [frozenset([1]), ..., ...],
            [1, 1, 2, "TypeError", "TypeError", 3, 3, 4, 4],
        ),
        (
            [Masked(True, C([1.0])), Masked(True, C([2.0])), Masked(False, C([2.0]))]
            + [Masked(True, C([2.0, 3.0])), Masked([True], C(1)), Masked([True], C(2))],
            [1, 1, 2, 3, 4, 4],
        ),
        (
            [tf.Variable(1.0), tf.Variable(2.0), tf.Variable(2.0, trainable=False)]
            + [tf.Variable([1.0]), tf.Variable(1)],
            [1, 1, 2, 3, 4],
        ),
        (
            [([tf.Variable(1.0)],), ([tf.Variable(2.0)],), ({"a": tf.Variable(1.0)},)],
            [1, 1, 2],
        ),
    ],
)
def test_calls_share_traces_as_in_tensorflow(
    calls: list[Any], expected: list[Any]
) -> None:
    assert counts(calls) == expected


def test_shapes_are_relaxed_on_demand() -> None:
    shapes = [C([1.0]), C([1.0, 2.0]), C([1.0, 2.0, 3.0]), C([[1.0]]), C([[1.0, 2.0]])]
    assert counts(shapes, reduce_retracing=True) == [1, 2, 2, 3, 3]
    assert counts([1, 2, 3], reduce_retracing=True) == [1, 2, 3]
    ones = [C(np.ones(n, np.float32)) for n in range(5)]
    pairs = [(1, 1), (2, 1), (3, 1), (1, 2), (4, 3)]
    calls = [(ones[a], ones[b]) for a, b in pairs]
    assert counts(calls, reduce_retracing=True) == [1, 2, 2, 3, 3]


def test_defaults_and_keywords_count_as_if_given_by_position() -> None:
    @tf.function
    def f(a: Any, b: Any = None, *, c: int = 3) -> Any:
        return 1.0

    x = C(1.0)
    calls: list[Any] = [((x,), {}), ((x, None), {}), ((x,), {"b": None})]
    calls += [((), {"a": x}), ((x,), {"c": 3}), ((x,), {"c": 4}), ((x, C(1)), {})]
    calls += [((x,), {"b": C(3)})]
    found = []
    for args, kwargs in calls:
        f(*args, **kwargs)
        found.append(f.experimental_get_tracing_count())
    assert found == [1, 1, 1, 1, 1, 2, 3, 3]


def test_what_cannot_be_compared_is_refused_by_name() -> None:
    f = tf.function(lambda x: 1.0)
    with pytest.raises(TypeError, match="Could not generate a generic TraceType"):
        f(set())
    with pytest.raises(TypeError, match="weakref input"):
        f(weakref.ref(plain))


def test_a_more_general_trace_serves_specs_too() -> None:
    f = tf.function(lambda x: 2 * x)
    general = f.get_concrete_function(tf.TensorSpec([None], tf.int32))
    assert f.get_concrete_function(tf.TensorSpec([None], tf.int32)) is general
    assert f.get_concrete_function(tf.TensorSpec([3], tf.int32)) is general
    assert f.get_concrete_function(C([1, 2, 3])) is general
    f(C([1, 2]))
    assert f.experimental_get_tracing_count() == 1


def test_names_of_specs_make_traces_that_others_may_use() -> None:
    f = tf.function(lambda x: x)
    names = []
    for name, key in (("y", "y"), (None, "x"), ("z", "z")):
        concrete = f.get_concrete_function(tf.TensorSpec(None, tf.float32, name))
        assert concrete(**{key: C(3.0)}).numpy() == 3
        names.append(concrete.structured_input_signature[0][0].name)
    assert names == ["y", "y", "z"]


def test_clearing_the_cache_starts_again() -> None:
    class Model:
        @tf.function
        def call(self, x: Any) -> Any:
            return x + 1

    model = Model()
    model.call(C(1))
    assert model.call.experimental_get_tracing_count() == 1
    Model.call.clear_cache()
    assert model.call.experimental_get_tracing_count() == 0
    assert model.call(C(1)).numpy() == 2
    assert model.call.experimental_get_tracing_count() == 1


def test_functions_and_methods_are_freed_without_the_garbage_collector() -> None:
    class Model:
        @tf.function
        def call(self, x: Any) -> Any:
            return x * 3.0

    gc.collect()
    gc.disable()
    try:
        f = tf.function(lambda x: 2.0 * x)
        model = Model()
        f(C(4.0))
        model.call(C(5.0))
        dead = [weakref.ref(f), weakref.ref(model.call)]
        del f, model
        assert [d() for d in dead] == [None, None]
    finally:
        gc.enable()


def test_functions_can_be_pickled() -> None:
    f = tf.function(function_a, reduce_retracing=True)
    again = pickle.loads(pickle.dumps(f))  # made one line above
    assert again(C(3.0)).numpy() == 3


def test_initial_values_can_be_assigned_again() -> None:
    kept: list[Any] = []

    @tf.function
    def f(x: Any) -> Any:
        if not kept:
            kept.append(tf.Variable(2.0))
        return kept[0] * x

    initialize = f.get_initialization_function(C(1.0))
    kept[0].assign(5.0)
    initialize()
    assert kept[0].numpy() == 2


def test_traces_that_are_asked_for_by_name_are_no_retracing(caplog):
    @tf.function
    def double(x):
        return x * 2

    for size in range(1, 9):
        double.get_concrete_function(tf.TensorSpec([size]))
    assert "retracing" not in caplog.text
