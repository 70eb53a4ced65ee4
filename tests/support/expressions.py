"""Expressions whose answers are compared with those that TensorFlow gave.

A file of expressions, one a line, is evaluated with `tf` bound to one of the two; the
answers are compared as text: printed values with dtype and shape, or the exception's
class and the words that decide.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


class Answer(NamedTuple):
    """What an expression gave.

    Attributes:
        expression: The line of the file.
        kind: "value", or the name of an exception class.
        text: The value's `repr`, or the exception's message.
    """

    expression: str
    kind: str
    text: str


def path_of_answers(file: Path) -> Path:
    """Return where the answers to a file of expressions are kept."""
    return file.with_suffix(".json")


def recorded_answers(file: Path) -> list[Answer]:
    """Return TensorFlow's answers to a file of expressions."""
    return [Answer(*row) for row in json.loads(path_of_answers(file).read_text())]


def names_for(tf: Any) -> dict[str, Any]:
    """Return the names that expressions may use."""

    def grad(f: Any, *values: Any, **kwargs: Any) -> Any:
        """Return the gradients of f(*values), summed, for each of the values."""
        xs = [v if isinstance(v, tf.Variable) else tf.constant(v) for v in values]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(xs)
            y = f(*xs)
        return tape.gradient(y, xs, **kwargs)

    def static(f: Any, *specs: Any) -> Any:
        """Return what is known of the results of f when it is traced for specs."""
        outputs = tf.function(f).get_concrete_function(*specs).structured_outputs
        return tf.nest.map_structure(lambda x: f"{x.dtype.name}{x.shape}", outputs)

    names = {"tf": tf, "np": np, "grad": grad, "static": static}
    return names | {"Spec": tf.TensorSpec}


def answers_to(file: Path, tf: Any) -> list[Answer]:
    """Return the answers that `tf` gives to a file of expressions."""
    names = names_for(tf)
    lines = [
        line
        for line in file.read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    return [_answer(line, names) for line in lines]


def _answer(line: str, names: dict[str, Any]) -> Answer:
    try:
        if line.startswith("!"):
            exec(line[1:].replace("\\n", "\n"), names)
            return Answer(line, "value", "")
        return Answer(line, "value", _one_line(repr(eval(line, names))))
    except Exception as error:
        return Answer(line, type(error).__name__, _decisive(str(error)))


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _decisive(message: str) -> str:
    """Return an exception's message without what depends on TensorFlow's insides."""
    text = re.sub(r"\{\{function_node[^}]*\}\} ", "", _one_line(message))
    return re.split(r" ; NodeDef| \[Op:", text)[0].strip()[:200]


_FLOAT = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?|-?\d+e[-+]\d+")


def _are_alike(ours: str, theirs: str) -> bool:
    """Return whether two texts are equal but for the last digits of numbers.

    Processors differ in how they compute an exponential.
    """
    if ours == theirs:
        return True
    ours, theirs = ours.replace(" ", ""), theirs.replace(" ", "")
    if _FLOAT.sub("", ours) != _FLOAT.sub("", theirs):
        return False
    pairs = zip(_FLOAT.findall(ours), _FLOAT.findall(theirs), strict=True)
    return all(math.isclose(float(a), float(b), rel_tol=3e-6) for a, b in pairs)


def differences(ours: list[Answer], theirs: list[Answer]) -> list[str]:
    """Return, for each answer that differs, what both said."""
    found = []
    for a, b in zip(ours, theirs, strict=True):
        same = a.kind == b.kind
        if a.kind == "value":
            same = same and _are_alike(a.text, b.text)
        elif same:
            same = b.text[:50] in a.text
        if not same:
            found.append(
                f"{a.expression}\n  TensorFlow: {b.kind} {b.text}\n"
                f"  ringflow:   {a.kind} {a.text}"
            )
    return found
