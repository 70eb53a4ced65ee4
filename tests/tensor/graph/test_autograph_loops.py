"""Loops of converted functions: what names hold, and what is refused, as TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensor as tf


def dataset(values: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices(values)


def grows(elements: Any) -> Any:
    v = tf.constant([0])
    for e in elements:
        v = tf.concat([v, [e]], 0)
    return v


def test_loops_over_datasets_forget_what_changes_of_shapes() -> None:
    assert tf.function(grows)(dataset([1, 2, 3])).numpy().tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=r"'v' has shape \(1,\) before the loop, but"):
        tf.function(grows)(tf.constant([1, 2, 3]))
    with pytest.raises(ValueError, match=r"'v' has shape \(1,\) before the loop, but"):
        tf.function(grows)(iter(dataset([1, 2, 3])))


def test_numbers_beside_a_list_decide_its_dtype() -> None:
    result = tf.function(grows)(tf.data.Dataset.range(2))
    assert result.dtype is tf.int32
    assert result.numpy().tolist() == [0, 0, 1]


def breaks_its_word(n: Any) -> Any:
    v = tf.constant([1])
    while n > 0:
        tf.autograph.experimental.set_loop_options(
            shape_invariants=[(v, tf.TensorShape([1]))]
        )
        v = tf.concat([v, v], 0)
        n -= 1
    return v


def condition_changes(n: Any) -> Any:
    i = 0
    while i < 3:
        i = i + n
    return i


def returns_from_one_round(n: Any) -> Any:  # noqa: RET503  # on purpose
    while n > 0:
        if n > 2:
            return n
        n -= 1


def reads_before(n: Any) -> Any:
    while n > 0:
        y += 1  # noqa: F821  # on purpose
        n -= 1
    return y


def defines_an_object(n: Any) -> Any:
    while n > 0:
        y = object()
        n -= 1
    return y


def forgets(n: Any) -> Any:
    x = tf.constant(1)
    while n > 0:
        x = None
        n -= 1
    return x


def forgets_a_part(n: Any) -> Any:
    x = [tf.constant(1), 2]
    while n > 0:
        x = [x[0], None]
        n -= 1
    return x


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (breaks_its_word, ValueError, r"does not conform with the shape invariant"),
        (condition_changes, NotImplementedError, "started as non-Tensor, then changed"),
        (returns_from_one_round, NotImplementedError, "a return statement cannot be"),
        (reads_before, ValueError, "'y' must be defined before the loop\nNote: Auto"),
        (reads_before, ValueError, "UnboundLocalError: 'y' is used before assignment"),
        (defines_an_object, ValueError, "unsupported type 'object' while creating"),
        (forgets, ValueError, "'x' is None at the end of the iteration"),
        (forgets_a_part, ValueError, "'x' is None at the end of the iteration"),
    ],
)
def test_what_loops_refuse(function: Any, error: Any, text: str) -> None:
    with pytest.raises(error) as info:
        tf.function(function)(tf.constant(3))
    assert text in str(info.value).replace("\n    ", "\n")


def test_elements_of_nothing_are_zeros() -> None:
    def last(n: Any) -> Any:
        total = 0
        for i in tf.range(n):
            total += i
        return i

    assert int(tf.function(last)(tf.constant(0))) == 0
    assert int(tf.function(last)(tf.constant(4))) == 3


def test_names_that_only_a_loop_defines_have_the_shapes_of_later_rounds() -> None:
    def defines(n: Any) -> Any:
        i = 0
        while i < n:
            v = tf.range(i)
            i += 1
        return v

    assert tf.function(defines)(tf.constant(3)).numpy().tolist() == [0, 1]


def test_texts_are_tensors_in_loops() -> None:
    def names(n: Any) -> Any:
        found = "none"
        for i in tf.range(n):
            if i > 1:
                found = "some"
        return found

    traced = tf.function(names)
    assert [traced(tf.constant(n)).numpy() for n in (2, 3)] == [b"none", b"some"]


def test_numbers_that_both_branches_set_are_tensors() -> None:
    kinds = []

    @tf.function
    def sets(x: Any) -> Any:
        if x > 0:
            y, text = 1, "same"
        else:
            y, text = 1, "same"
        kinds.append((tf.is_tensor(y), text))
        return y

    assert int(sets(tf.constant(1))) == 1
    assert kinds == [(True, "same")]


def test_shapes_of_sparse_and_ragged_loop_variables_are_set_as_a_whole() -> None:
    def sparse(n: Any) -> Any:
        v = tf.SparseTensor([[0, 0], [1, 1]], [1, 2], [3, 3])
        for _ in tf.range(n):
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(v, tf.TensorShape(None))]
            )
            v = tf.sparse.expand_dims(v)
        return v

    result = tf.function(sparse)(tf.constant(2))
    assert result.dense_shape.numpy().tolist() == [3, 3, 1, 1]

    def ragged(n: Any) -> Any:
        v = tf.ragged.constant([[1, 2], [3]])
        for _ in tf.range(n):
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[
                    (v, tf.RaggedTensorSpec([None, None], tf.int32, ragged_rank=1))
                ]
            )
            v = tf.concat([v, v], 0)
        return v

    assert tf.function(ragged)(tf.constant(1)).to_list() == [[1, 2], [3], [1, 2], [3]]


def test_conditions_of_expressions_are_quoted() -> None:
    differ = tf.function(lambda x: x + 1.5 if x > 2.0 else tf.constant(1))
    with pytest.raises(TypeError, match=r"'x > 2.0' has dtype float32 in the main"):
        differ(tf.constant(1.0))
    with pytest.raises(TypeError, match="bool"):
        tf.function(lambda x: not x)(np.int32(3))


def test_lambdas_on_one_line_are_told_apart() -> None:
    first, second = (lambda x: x if x > 1 else -x), (lambda x: (lambda x: x and x)(x))
    assert int(tf.function(first)(tf.constant(-3))) == 3
    assert not tf.function(second)(tf.constant(False))


def test_a_structure_cannot_become_none() -> None:
    @tf.function
    def f(n):
        pair = (n, n)
        while n > 0:
            pair = None
            n -= 1
        return pair

    with pytest.raises(ValueError, match="'pair' is None at the end of the iteration"):
        f(tf.constant(3))


def test_what_a_body_raises_comes_out_though_its_dictionary_grows() -> None:
    @tf.function
    def f(n):
        found = {}
        while n > 0:
            found["n"] = n
            raise KeyError("mine")
        return found

    with pytest.raises(KeyError, match="mine"):
        f(tf.constant(3))
