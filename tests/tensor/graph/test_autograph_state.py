"""What blocks share with their functions: elements, loop variables, conditions."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf

C = tf.constant


def values(result: Any) -> Any:
    """Return results as Python numbers."""
    return tf.nest.map_structure(lambda t: tf.constant(t).numpy().tolist(), result)


def dictionary_in_for(n: Any) -> Any:
    d = {"a": 0, "b": 7}
    for i in tf.range(n):
        d["a"] = d["a"] + i
    return d


def list_in_while(n: Any) -> Any:
    x = [0, 1]
    i = 0
    while i < n:
        x[1] += x[0] + i
        i += 1
    return x


def nested_in_for(n: Any) -> Any:
    d = {"a": [0, 0]}
    for i in tf.range(n):
        d["a"][1] = d["a"][1] + i
    return d


def either_element(n: Any) -> Any:
    x = [0, 1]
    if n > 2:
        x[0] = 5
    else:
        x[1] = 7
    return x


def one_element_twice(n: Any) -> Any:
    x = [0]
    if n > 2:
        x[0] = 1
    else:
        x[0] = 2
    return x[0]


def none_at_first(n: Any) -> Any:
    x = None
    for i in tf.range(n):
        x = i
    return x


def tape_in_loop(n: Any) -> Any:
    x = C(2.0)
    for _ in tf.range(n):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        x = x - 0.25 * tape.gradient(y, x)
    return x


def local_class(n: Any) -> Any:
    class Base:
        def choose(self, x: Any) -> Any:
            if x > 2:
                return x
            return -x

    class Derived(Base):
        def choose(self, x: Any) -> Any:
            return super().choose(x) + 1

    return Derived().choose(n)


def iterator_in_for(n: Any) -> Any:
    total = tf.zeros([], tf.int64)
    iterator = iter(tf.data.Dataset.range(5))
    first = next(iterator)
    for x in iterator:
        total += x
    return total + first + tf.cast(n * 0, tf.int64)


def filtered_dataset(n: Any) -> Any:
    total = tf.cast(n * 0, tf.int64)
    for x in filter(lambda x: x > 1, tf.data.Dataset.range(4)):
        total += x
    return total


def sorted_tensors(n: Any) -> Any:
    x = tf.stack([n, 1, 2])
    return [sorted(x), sorted(x, reverse=True), sorted(x, key=lambda v: -v)]


def strings(n: Any) -> Any:
    s = C("")
    for x in C(["a", "b"]):
        s += x
    return tf.strings.length(s) + n * 0


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (dictionary_in_for, {"a": 3, "b": 7}),
        (list_in_while, [0, 4]),
        (nested_in_for, {"a": [0, 3]}),
        (either_element, [5, 1]),
        (one_element_twice, 1),
        (none_at_first, 2),
        (tape_in_loop, 0.25),
        (local_class, 4),
        (iterator_in_for, 10),
        (filtered_dataset, 5),
        (sorted_tensors, [[1, 2, 3], [3, 2, 1], [3, 2, 1]]),
        (strings, 2),
    ],
)
def test_blocks_do_to_names_what_tensorflow_does(function: Any, expected: Any) -> None:
    assert values(tf.function(function)(C(3))) == expected
    assert values(tf.function(function)(C(3))) == values(function(C(3)))


def test_a_name_that_only_the_loop_sets_needs_a_round() -> None:
    @tf.function
    def f(n: Any) -> Any:
        for i in tf.range(n):
            x = i * 2
        return x

    @tf.function
    def g(n: Any) -> Any:
        while n > 0:
            y = n
            n -= 1
        return y

    assert int(f(C(3))) == 4
    assert int(g(C(3))) == 1
    for function, name in ((f, "x"), (g, "y")):
        with pytest.raises(
            tf.errors.InvalidArgumentError,
            match=f"loop must iterate at least once to initialize {name}",
        ):
            function(C(0))


@pytest.mark.parametrize("condition", [[True, False], 1.5, 3, "a"])
def test_conditions_are_single_bools(condition: Any) -> None:
    def f(c: Any) -> Any:
        if c:
            return 1
        return 2

    def g(c: Any) -> Any:
        return 1 if c else 2

    for function, what in ((f, "if statement"), (g, "conditional expression")):
        with pytest.raises(ValueError, match=rf"condition of {what} expected to be"):
            tf.function(function)(C(condition))
    with pytest.raises(ValueError, match=r"use `tf\.cast`"):
        tf.function(f)(C(1))


def test_a_value_that_is_none_in_one_branch_is_refused() -> None:
    @tf.function
    def f(n: Any) -> Any:
        y = None
        if n > 2:
            y = 1.0
        return y

    with pytest.raises(ValueError, match="'y' is None at the end of the else branch"):
        f(C(3))


def test_sorted_takes_vectors() -> None:
    with pytest.raises(ValueError, match="only 1D tensors"):
        tf.function(lambda x: sorted(x))(tf.zeros([2, 2]))


def test_features_are_names_only() -> None:
    features = tf.autograph.experimental.Feature
    assert features.LISTS not in features.all_but(features.LISTS)
    assert set(features.all_but([features.LISTS, features.ALL])) < set(features.all())
    f = tf.function(lambda x: x, experimental_autograph_options=features.ALL)
    assert int(f(C(1))) == 1


def test_single_strings_taken_out_of_tensors_are_tensors() -> None:
    x, m = C(["a", "b"]), C([["a", "b"], ["c", "d"]])

    def f(x: Any, m: Any) -> Any:
        picked = [x[0], m[1, 0], tf.gather(x, 1), tf.gather_nd(m, [1, 1])]
        return [*picked, *tf.unstack(x), x[0] + x[1]]

    expected = [b"a", b"c", b"b", b"d", b"a", b"b", b"ab"]
    for result in (f(x, m), tf.function(f)(x, m)):
        assert [r.numpy() for r in result] == expected
        assert [r.shape for r in result] == [[]] * 7
        assert "numpy=b'a'" in repr(result[0])


@pytest.mark.parametrize("shape", [(1,), (1, 1), (None,), (None, 1)])
def test_one_element_of_any_rank_is_a_condition(shape: Any) -> None:
    @tf.function(input_signature=[tf.TensorSpec(shape, tf.int32)])
    def steps(x):
        count = 0
        while x > 0:
            x -= 1
            if x == 1:
                break
            count += 1 if x < 9 else 10
        return count

    assert steps(tf.reshape(5, [1] * len(shape))) == 3
    if None in shape:
        with pytest.raises(tf.errors.InvalidArgumentError):
            steps(tf.ones([2, *shape[1:]], tf.int32))


def test_several_elements_are_no_condition() -> None:
    @tf.function
    def sign(x):
        if x > 0:
            return 1
        return 0

    with pytest.raises(ValueError, match=r"expected to be `tf\.bool` scalar"):
        sign(tf.constant([1, 2]))
