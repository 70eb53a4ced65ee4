"""What traced functions refuse, and sources that AutoGraph cannot read."""

from __future__ import annotations

import linecache
from typing import Any

import numpy as np
import pytest

import tensor as tf
from tensor.graph.autograph.source import SourceError, find_node
from tensor.graph.passes.verify import verify

C = tf.constant
Invalid = tf.errors.InvalidArgumentError


def length(x: Any) -> Any:
    return len(x)


def rows(x: Any) -> Any:
    total = 0
    for row in x:
        total += row
    return total


def asserts(x: Any) -> Any:
    assert x.shape[0] == 3, "three rows"
    return x


def deletes(x: Any) -> Any:
    y = x
    while x < 3:
        x = x + y
        del y
    return x


def deletes_in_a_branch(x: Any) -> Any:
    y = x
    if x > 2:
        del y
    return x + y


def array(**how: Any) -> Any:
    return tf.TensorArray(tf.float32, 2, **how)


def with_invariants(x: Any) -> Any:
    shapes = [tf.TensorShape([]), tf.TensorShape([])]
    return tf.while_loop(lambda i: i < 3, lambda i: (i + 1,), [x], shapes)


def grows(x: Any) -> Any:
    return tf.while_loop(
        lambda x: tf.size(x) < 3, lambda x: (tf.concat([x, x], 0),), [x]
    )


TRACED: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "length of a number": (length, 1, ValueError, "len requires a non-scalar tensor"),
    "rows of a number": (rows, 1, ValueError, "len requires a non-scalar tensor"),
    "assert": (asserts, [1], AssertionError, "three rows"),
    "a name deleted in a loop": (
        deletes,
        1,
        TypeError,
        "'y' has no value at the end of a round",
    ),
    "a name deleted in a branch": (
        deletes_in_a_branch,
        1,
        ValueError,
        "'y' must also be initialized in the main branch",
    ),
    "an element too far": (
        lambda i: array().write(0, 1.0).read(i),
        5,
        Invalid,
        "Trying to access element 5 in a list with 2 elements",
    ),
    "an element that was not written": (
        lambda i: array(infer_shape=False).read(i),
        1,
        Invalid,
        "uninitialized tensor but element_shape is not fully defined",
    ),
    "two shapes for one loop variable": (
        with_invariants,
        0,
        ValueError,
        "don't have the same nested structure: give `shape_invariants`",
    ),
    "a loop variable that grows": (
        grows,
        [1],
        ValueError,
        "has shape .* after one iteration. To allow the shape to vary",
    ),
    "ranks that differ": (
        lambda x: tf.stack([x, tf.expand_dims(x, 0)]),
        0,
        ValueError,
        "Shapes must be equal rank, but are 0 and 1",
    ),
    "a branch that is no function": (
        lambda i: tf.switch_case(i, [(0, lambda: 1), (1, 2)]),
        0,
        TypeError,
        "fn for key 1 must be callable. Got 2",
    ),
    "Python's length of an array": (
        tf.autograph.experimental.do_not_convert(lambda _: len(array())),
        0,
        TypeError,
        r"len\(\) of a TensorArray in a graph is not known while tracing",
    ),
}


@pytest.mark.parametrize(
    ("f", "argument", "error", "words"), TRACED.values(), ids=TRACED.keys()
)
def test_refused(f: Any, argument: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        tf.function(f)(C(argument))


def test_arrays_take_as_many_slices_as_there_are() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def f(x: Any) -> Any:
        elements = tf.TensorArray(tf.float32, 4)
        elements = elements.scatter(tf.range(tf.shape(x)[0]) + 1, x * x)
        return elements.stack(), tf.gradients(elements.stack(), x)[0], len(elements)

    values, gradient, size = f(C([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(values, [0, 1, 4, 9])
    np.testing.assert_array_equal(gradient, [2, 4, 6])
    assert int(size) == 4


def test_a_deleted_name_of_a_loop_may_be_assigned_again() -> None:
    @tf.function
    def f(x: Any) -> Any:
        for _ in tf.range(3):
            twice = x * 2
            x = x + twice
            del twice
        return x

    assert float(f(C(1.0))) == 27


def function_of(text: str) -> Any:
    """Return the function `f` of a source that only linecache knows."""
    names: dict[str, Any] = {}
    exec(compile(text, "<edited>", "exec"), names)
    return names["f"]


@pytest.fixture
def edited() -> Any:
    """Set what the file of `function_of` holds now."""

    def write(text: str) -> None:
        linecache.cache["<edited>"] = (len(text), None, [text], "<edited>")

    yield write
    linecache.cache.pop("<edited>", None)


@pytest.mark.parametrize(
    ("loaded", "now", "words"),
    [
        ("def f(x): return x\n", "def g(x): return x\n", "0 definitions of 'f'"),
        ("def f(x): return x\n", "def f(x: return x\n", "cannot be parsed"),
        ("f = lambda x: x\n", "f = 3\n", "the lambda cannot be told from others"),
    ],
)
def test_a_file_that_was_edited_after_its_import_is_not_converted(
    edited: Any, loaded: str, now: str, words: str
) -> None:
    edited(now)
    f = function_of(loaded)
    with pytest.raises(SourceError, match=words):
        find_node(f)


def test_a_node_with_fewer_results_than_its_op_is_a_broken_graph() -> None:
    concrete = tf.function(lambda x: tf.unstack(x)).get_concrete_function(
        tf.TensorSpec([2])
    )
    program = concrete.program
    (node,) = [n for n in program.nodes if n.op.type_name == "Unpack"]
    node.outputs = node.outputs[:1]
    program.outputs = list(node.outputs)
    with pytest.raises(tf.errors.InternalError, match="has 1 results"):
        verify(program)
