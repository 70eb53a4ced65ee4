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

    def sizes(f: Any, *values: Any) -> str:
        """Return what f gives, traced knowing ranks only, and what eagerly."""
        return _traced(tf, f, values, lambda shape: [None] * len(shape))

    def ranks(f: Any, *values: Any) -> str:
        """Return what f gives when it is traced knowing no ranks, and what eagerly."""
        return _traced(tf, f, values, lambda _: None)

    def unknown(f: Any, *values: Any) -> list[str]:
        """Return what both `sizes` and `ranks` give, exceptions by their class."""
        found = []
        for trace in (sizes, ranks):
            try:
                found.append(trace(f, *values))
            except Exception as error:
                found.append(type(error).__name__)
        return found[:1] if found[0] == found[1] else found

    names = {"tf": tf, "np": np, "grad": grad, "static": static}
    names |= {"sizes": sizes, "ranks": ranks, "unknown": unknown}
    return names | {"Spec": tf.TensorSpec}


def _traced(tf: Any, f: Any, values: Any, forget: Any) -> str:
    """Return static shapes and a summary of the results of f, traced and eager."""

    def spec_of(x: Any) -> Any:
        if isinstance(x, tf.Tensor):
            return tf.TensorSpec(forget(x.shape), x.dtype)
        if isinstance(x, tf.SparseTensor):
            return tf.SparseTensorSpec(forget(x.shape), x.dtype)
        return tf.RaggedTensorSpec(forget(x.shape), x.dtype, x.ragged_rank)

    composites = (tf.SparseTensor, tf.RaggedTensor)
    values = [
        x if isinstance(x, composites) else tf.convert_to_tensor(x) for x in values
    ]
    traced = tf.function(f, input_signature=[spec_of(x) for x in values])
    outputs = tf.nest.flatten(traced.get_concrete_function().structured_outputs)
    shapes = [f"{x.dtype.name}{x.shape}" for x in outputs]
    results, eager = [
        [
            _summary(x.numpy())
            for x in tf.nest.flatten(g(*values), expand_composites=True)
        ]
        for g in (traced, f)
    ]
    text = f"{'; '.join(shapes)} = {'; '.join(results)}"
    return text if results == eager else f"{text}, eagerly {'; '.join(eager)}"


def _summary(x: Any) -> str:
    """Return the shape of x, and a number in which place, sign and size count."""
    x = np.asarray(x)
    if x.dtype.kind in "OSU":
        return str(x.tolist())
    numbers = np.stack([x.real, x.imag]) if x.dtype.kind == "c" else x
    numbers = np.nan_to_num(numbers.astype(np.float64), nan=7, posinf=1e6, neginf=-1e6)
    weighted = (2 * abs(numbers) + numbers).ravel() @ np.arange(1.0, numbers.size + 1)
    return f"{list(x.shape)} {weighted:.7g}."


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
