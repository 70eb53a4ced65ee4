"""tf.print: what is written, where, and when."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest

import tensor as tf

if TYPE_CHECKING:
    from pathlib import Path


# What TensorFlow 2.21 printed for the same calls.
PRINTED = [
    (("a", 1, 2.5, None, [1, 2], (3, 4)), "a 1 2.5 None [1, 2] (3, 4)"),
    (({"b": 1, "a": tf.constant([1, 2])},), "{'a': [1 2], 'b': 1}"),
    ((tf.constant([1, 2, 3]), tf.constant(1.5), "x"), "[1 2 3] 1.5 x"),
    ((tf.constant("s"),), "s"),
    ((tf.constant("s"), tf.constant(["s", "t"])), '"s" ["s" "t"]'),
    ((tf.range(10),), "[0 1 2 ... 7 8 9]"),
    ((tf.ones([2, 2]),), "[[1 1]\n [1 1]]"),
    ((), ""),
    ((tf.Variable([1.0, 2.0]),), "[1 2]"),
    (([tf.constant(1), "a", None],), "[1, 'a', None]"),
    ((tf.constant(True), 1e-08, tf.constant(1e-8)), "1 1e-08 1e-08"),
    ((tf.constant([0.1, 0.25, 1 / 3]),), "[0.1 0.25 0.333333343]"),
    ((tf.constant(2 / 3, tf.float64),), "0.66666666666666663"),
    (("a\nb", tf.constant("\u00e9\n")), 'a\nb "\u00e9\\n"'),
    ((['a "q"', "it's"],), '[\'a "q"\', "it\'s"]'),
]


@pytest.mark.parametrize(("values", "text"), PRINTED, ids=range(len(PRINTED)))
def test_values_are_printed_as_tensorflow_prints_them(
    values: Any, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tf.print(*values) is None
    assert capsys.readouterr().err == text + "\n"


def test_the_stream_separator_and_end_can_be_chosen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tf.print("a", "b", sep="|", end="!", output_stream=sys.stdout)
    assert capsys.readouterr().out == "a|b!"
    file = tmp_path / "log.txt"
    for i in range(2):
        tf.print("line", i, output_stream=f"file://{file}")
    assert file.read_text() == "line 0\nline 1\n"
    tf.print(tf.range(9), summarize=1, output_stream=sys.stdout)
    tf.print(tf.range(9), summarize=-1, output_stream=sys.stdout)
    assert capsys.readouterr().out == "[0 ... 8]\n[0 1 2 3 4 5 6 7 8]\n"


def test_a_logging_level_can_be_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tensorflow"):
        tf.print("hello", output_stream="tf.logging.info")
        tf.print("loud", output_stream=tf.get_logger().warning)
    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("INFO", "hello"),
        ("WARNING", "loud"),
    ]


def test_a_traced_function_prints_each_time_it_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @tf.function
    def f(x: Any) -> Any:
        tf.print("x is", x, output_stream=sys.stdout)
        return x + 1

    f(tf.constant(1))
    f(tf.constant(2))
    assert capsys.readouterr().out == "x is 1\nx is 2\n"


def test_unknown_streams_and_keywords_are_refused() -> None:
    with pytest.raises(ValueError, match="Unsupported output stream"):
        tf.print("x", output_stream="foo")
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        tf.print("x", colour="red")


def test_ragged_tensors_are_printed_as_lists_shortened(capsys):
    def show(*values, **options):
        tf.print(*values, output_stream=sys.stdout, **options)
        return capsys.readouterr().out.strip()

    ragged = tf.ragged.constant([[1, 2], [3]])
    assert show(ragged) == "[[1, 2], [3]]"
    assert show("r:", {"a": ragged}) == "r: {'a': [[1, 2], [3]]}"
    assert show(tf.ragged.constant([["a", "b"], []])) == "[['a', 'b'], []]"
    assert show(tf.ragged.constant([[1.5], [2.25, 3.0]])) == (
        "[[1.500000], [2.250000, 3.000000]]"
    )
    assert show(tf.ragged.constant([[[True], []]])) == "[[[true], []]]"
    long = tf.ragged.constant([list(range(10))] * 3)
    row = "[0, 1, 2, ..., 7, 8, 9]"
    assert show(long) == f"[{row}, {row}, {row}]"
    assert show(long, summarize=1) == "[[0, ..., 9], ..., [0, ..., 9]]"
    tf.function(lambda x: tf.print(x, output_stream=sys.stdout))(ragged)
    assert capsys.readouterr().out == "[[1, 2], [3]]\n"
