"""Errors while a function is traced name the user's lines, as TensorFlow's do."""

from __future__ import annotations

import functools
import pickle
import re
from typing import Any

import numpy as np
import pytest

import tensor as tf


class NeedsTwoError(Exception):
    """A class that cannot be made from a text."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(first, second)
        self.first = first


class OwnTextError(Exception):
    """A class that makes its text up."""

    def __str__(self) -> str:
        return "of its own"


def fails(error: Any) -> Any:
    raise error


def raised_by(function: Any, *args: Any) -> Any:
    try:
        function(*args)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


ERRORS: list[tuple[Any, str]] = [
    (ValueError("why"), "why"),
    (ValueError(), ""),
    (ValueError("why", 3), "('why', 3)"),
    (AttributeError("why"), "why"),
    (AssertionError("why"), "why"),
    (IndexError("why"), "why"),
    (StopIteration("why"), "why"),
    (KeyError("why"), "'why'"),
    (FileNotFoundError(2, "why"), "[Errno 2] why"),
    (UnicodeDecodeError("utf8", b"a", 0, 1, "why"), "can't decode byte 0x61"),
    (NeedsTwoError(1, 2), "(1, 2)"),
    (OwnTextError("why"), "of its own"),
    (tf.errors.NotFoundError(None, None, "why"), "why"),
]


@pytest.mark.parametrize(
    ("error", "text"), ERRORS, ids=[type(e).__name__ for e, _ in ERRORS]
)
def test_errors_keep_their_class_and_tell_the_lines(error: Any, text: str) -> None:
    @tf.function
    def traced(x: Any) -> Any:
        if tf.reduce_sum(x) > 0:
            fails(error)
        return x

    told = raised_by(traced, tf.constant([1.0]))
    kind = type(error).__name__
    assert isinstance(told, type(error))
    assert type(told).__name__ == kind
    lines = str(told).split("\n")
    assert lines[:2] == ["in user code:", ""]
    assert re.fullmatch(rf'    File "{__file__}", line \d+, in traced  \*', lines[2])
    assert lines[3] == "        fails(error)"
    assert re.fullmatch(rf'    File "{__file__}", line \d+, in fails  \*', lines[4])
    assert lines[5:7] == ["        raise error", ""]
    assert lines[7].startswith(f"    {kind}: ")
    assert text in lines[7]
    assert lines[8:] == [""]
    assert told.__suppress_context__
    again = pickle.loads(pickle.dumps(told))  # noqa: S301  # our own bytes
    assert isinstance(again, type(error))
    assert str(again) == str(told)


def test_what_an_error_knows_is_kept() -> None:
    told = raised_by(tf.function(lambda: fails(NeedsTwoError(1, 2))))
    assert (told.first, told.args) == (1, (1, 2))
    told = raised_by(tf.function(lambda: fails(FileNotFoundError(2, "why"))))
    assert (told.errno, told.strerror) == (2, "why")
    told = raised_by(tf.function(lambda: fails(KeyError("why"))))
    assert told.args == ("why",)
    told = raised_by(tf.function(lambda: fails(tf.errors.AbortedError(None, None, ""))))
    assert told.message == str(told)
    assert told.error_code == tf.errors.ABORTED


@tf.function
def refuses(x: Any) -> Any:
    for _ in tf.range(3):
        while tf.reduce_sum(x) < 3.0:
            if x[0] > 0.0:
                raise ValueError("first\n second")
    return x


def test_functions_in_functions_are_told_once_each() -> None:
    @tf.function
    def outer(x: Any) -> Any:
        return refuses(x) + 1.0

    told = raised_by(outer, tf.ones([2]))
    lines = str(told).split("\n")
    assert [line.split(", in ")[1] for line in lines if ", in " in line] == [
        "outer  *",
        "refuses  *",
    ]
    assert lines[-5:] == [
        '                raise ValueError("first\\n second")'.replace("  " * 4, "", 1),
        "",
        "    ValueError: first",
        "     second",
        "",
    ]


def test_functions_that_are_not_converted_have_other_marks() -> None:
    @tf.autograph.experimental.do_not_convert
    def left_alone(x: Any) -> Any:
        return fails(ValueError(str(x.shape)))

    told = raised_by(tf.function(lambda x: left_alone(x)), tf.ones([2]))
    assert re.findall(r", in (.*)", str(told)) == [
        "<lambda>  *",
        "left_alone  **",
        "fails",
    ]


def test_statements_are_where_their_operators_fail() -> None:
    @tf.function
    def unset(x: Any) -> Any:
        if x > 0:
            y = x
        return y

    told = raised_by(unset, tf.constant(1))
    assert "        if x > 0:\n\n    ValueError: 'y' must also" in str(told)


def test_what_users_did_not_take_part_in_is_not_retold() -> None:
    told = raised_by(tf.function(np.add), 1, "a")
    assert "in user code" not in str(told)
    without = tf.function(lambda: fails(ValueError("why")), autograph=False)
    assert str(raised_by(without)) == "why"


def test_errors_that_users_catch_are_the_ones_they_raised() -> None:
    error = ValueError("why")

    @tf.function
    def catches() -> Any:
        try:
            fails(error)
        except ValueError as caught:
            return tf.constant(caught is error)
        return tf.constant(False)

    assert catches()


def test_functions_of_datasets_and_methods_are_told() -> None:
    def mapped(x: Any) -> Any:
        return fails(ValueError(x.dtype.name))

    told = raised_by(tf.data.Dataset.range(3).map, mapped)
    assert re.findall(r", in (.*)", str(told)) == ["mapped  *", "fails  *"]

    class Has:
        def method(self, x: Any) -> Any:
            return fails(x)

    bound = functools.partial(Has().method, KeyError("why"))
    assert re.findall(r", in (.*)", str(raised_by(tf.function(bound)))) == [
        "method  *",
        "fails  *",
    ]


def test_equal_functions_of_two_files_are_told_apart(tmp_path: Any) -> None:
    text = (
        "def fails(x):\n    if x > 0:\n        raise ValueError('why')\n    return x\n"
    )
    for name in ("one", "two"):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        members: dict[str, Any] = {"__name__": name}
        exec(compile(text, str(path), "exec"), members)
        told = raised_by(tf.function(members["fails"]), tf.constant(1))
        assert re.findall(r'File "(.*)", line 3, in fails  \*', str(told)) == [
            str(path)
        ]
