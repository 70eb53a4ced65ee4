"""Python's built-in functions in converted functions."""

from __future__ import annotations

from typing import Any

import pytest

import tensor as tf

C = tf.constant
VECTOR, MATRIX = C([3, 1, 2]), C([[4, 3], [2, 1]])


def numbers(n: int = 4) -> Any:
    return tf.data.Dataset.range(n)


def bools(*values: bool) -> Any:
    return tf.data.Dataset.from_tensor_slices(list(values))


def text() -> Any:
    return tf.constant("12")


def more(x: Any) -> Any:
    return x + 1


def total(dataset: Any) -> Any:
    result = C(0, tf.int64)
    for element in dataset:
        result += element
    return result


def enumerated() -> Any:
    result = 0
    for i, v in enumerate(VECTOR):
        result += i * v
    return result


CASES: list[tuple[Any, Any]] = [
    (lambda: max(VECTOR), 3),
    (lambda: min(C(6), 4, C(8)), 4),
    (lambda: sum(VECTOR), 6),
    (lambda: any(bools(False, True)), True),
    (lambda: all(bools(False, True)), False),
    (lambda: any(C([False, True])), True),
    (lambda: all(C([False, True])), False),
    (lambda: sorted(VECTOR), [1, 2, 3]),
    (lambda: sorted(VECTOR, key=lambda v: -v), [3, 2, 1]),
    (lambda: sorted(MATRIX, key=lambda v: tf.reduce_sum(v)), [[2, 1], [4, 3]]),
    (lambda: range(C(-3)), []),
    (lambda: range(5, C(2)), []),
    (lambda: range(2, 0, C(-1)), [2, 1]),
    (lambda: int(text()) + int(text(), 10), 24),
    (lambda: float(text()), 12.0),
    (lambda: len(numbers()), 4),
    (lambda: len(tf.ragged.constant([[1], [2, 3]])), 2),
    (lambda: total(map(more, numbers())), 10),
    (lambda: total(map(lambda x, y: x * y, numbers(), numbers())), 14),
    (lambda: total(filter(lambda x: x > 1, numbers())), 5),
    (lambda: total(abs(tf.data.Dataset.range(-3, 0))), 6),
    (enumerated, 5),
]


@pytest.mark.parametrize(("function", "expected"), CASES)
def test_builtins_take_tensors_and_datasets(function: Any, expected: Any) -> None:
    assert tf.function(function)().numpy().tolist() == expected


def test_the_number_of_elements_of_a_dataset_is_of_64_bits() -> None:
    assert tf.function(lambda: len(numbers()))().dtype is tf.int64


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (lambda: sorted(MATRIX), ValueError, "only 1D tensors"),
        (lambda: sorted(MATRIX, key=lambda v: -v), ValueError, "only 1D tensors"),
        (lambda: int(tf.constant(1), 2), NotImplementedError, "base 2 not supported"),
        (lambda: len(C(1)), ValueError, "len requires a non-scalar tensor"),
        (
            lambda: len(numbers().repeat()),
            tf.errors.InvalidArgumentError,
            "definitive cardinality, got -1",
        ),
        (lambda: any(numbers()), ValueError, '"any" builtin only supports datasets'),
        (
            lambda: all(tf.data.Dataset.zip((bools(True), bools(True)))),
            ValueError,
            '"all" builtin only supports datasets',
        ),
    ],
)
def test_what_builtins_refuse(function: Any, error: Any, text: str) -> None:
    with pytest.raises(error) as info:
        tf.function(function)()
    assert text in str(info.value)


def test_builtins_of_python_values_are_pythons() -> None:
    def plain() -> Any:
        found = [max(1, 2), sum([1, 2]), len([1]), int("11", 2), abs(-1), any([True])]
        found += [*map(more, [1]), *filter(None, [0, 5]), *sorted([3, 2])]
        return [type(v) for v in found], found

    kinds, found = tf.autograph.to_graph(plain)()
    assert found == [2, 3, 1, 3, 1, True, 2, 5, 2, 3]
    assert kinds == [int] * 5 + [bool] + [int] * 4


def test_values_that_raise_are_not_returned() -> None:
    def fails() -> Any:
        raise ValueError("exceptions may steer a function")

    def returns(c: Any) -> Any:
        if c:
            return 2
        try:
            return fails()
        except ValueError:
            pass
        return 1

    traced = tf.function(returns)
    assert [int(traced(c)) for c in (True, False)] == [2, 1]
    assert [int(traced(C(c))) for c in (True, False)] == [2, 1]


def test_keys_that_a_loop_adds_need_a_round() -> None:
    def adds(n: Any) -> Any:
        found = {"n": n, "inner": {"n": n}}
        while found["n"] <= 10:
            found["twice"] = found["n"] * 2
            found["inner"]["more"] = found["n"]
            found["n"] += 1
        return found

    traced = tf.function(adds)
    result = tf.nest.map_structure(int, traced(C(10)))
    assert result == {"n": 11, "inner": {"n": 10, "more": 10}, "twice": 20}
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least once") as info:
        traced(C(11))
    assert r"initialize found[\'inner\'][\'more\'], found[\'twice\']" in str(info.value)


def test_keys_that_one_branch_adds_are_missed() -> None:
    @tf.function
    def adds(a: Any) -> Any:
        x = {"a": {"a": a}}
        if a > 0:
            x["a"]["b"] = 1
        return x

    with pytest.raises(ValueError, match=r"'x\['a'\]\['b'\]' must also be initialized"):
        adds(C(1))


def test_names_that_both_branches_delete_are_missed() -> None:
    @tf.function
    def deletes(c: Any) -> Any:
        i = 1
        if c:
            del i
        else:
            del i
        return i

    with pytest.raises(ValueError, match="'i' must also be initialized in the main"):
        deletes(C(True))


def test_datasets_are_made_of_constants_in_functions() -> None:
    @tf.function
    def sums() -> Any:
        result = 0
        for v in tf.data.Dataset.from_tensor_slices([1, 2, 3]).take(
            tf.constant(2, tf.int64)
        ):
            result += v
        for v in tf.data.Dataset.from_tensors(tf.constant([4, 5])):
            result += tf.reduce_sum(v)
        return result

    assert int(sums()) == 12


def test_print_prints_values_if_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def prints(x: Any) -> None:
        print("x is", x, {"text": tf.constant("t")}, sep="|")  # noqa: T201

    feature = tf.autograph.experimental.Feature
    for asked_for in (feature.BUILTIN_FUNCTIONS, (feature.ALL,)):
        traced = tf.function(prints, experimental_autograph_options=asked_for)
        traced(C([1, 2]))
        traced(C([3, 4]))
        shown = "x is|[1 2]|{'text': 't'}\nx is|[3 4]|{'text': 't'}\n"
        assert capsys.readouterr().out == shown
    tf.function(prints)(C([1, 2]))
    assert "x is|Tensor(" in capsys.readouterr().out


def test_print_takes_anything(capsys: pytest.CaptureFixture[str]) -> None:
    def prints() -> None:
        print({1: "a", "b": 2})  # noqa: T201

    tf.function(prints)()
    assert capsys.readouterr().out == "{1: 'a', 'b': 2}\n"


def test_pairs_of_symbolic_tensors_are_for_loops_alone():
    for pairs in (enumerate, lambda x: zip(x, x, strict=False)):
        with pytest.raises(TypeError, match="Iterating over a symbolic"):
            tf.function(lambda x, pairs=pairs: list(pairs(x)))(tf.constant([1]))


def test_bool_of_a_symbolic_tensor_is_refused():
    with pytest.raises(TypeError, match="as a Python `bool` is not allowed"):
        tf.function(lambda x: bool(x))(tf.constant(1))
