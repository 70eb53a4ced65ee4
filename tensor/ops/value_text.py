"""Tensors as text, the way tf.print and tf.strings.format write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}


def text_of(value: Any, summarize: int) -> str:
    """Return an array as text: `[1 2 3 ... 8 9]`.

    Args:
        value: An array or NumPy scalar.
        summarize: How many elements to show at both ends of each axis; -1 shows all.
    """
    array = np.asarray(value)
    element = _element_writer(array)
    if not array.ndim:
        return element(array[()])
    ends = array.size if summarize < 0 else min(summarize, array.size)
    return _axis_text(array, 0, array.ndim, ends, element)


def _axis_text(
    array: Any, axis: int, rank: int, ends: int, element: Callable[[Any], str]
) -> str:
    count = len(array)
    gap = " " if axis == rank - 1 else "\n" * (rank - 1 - axis) + " " * (axis + 1)

    def write(i: int) -> str:
        if axis == rank - 1:
            return element(array[i])
        return _axis_text(array[i], axis + 1, rank, ends, element)

    parts = [write(i) for i in range(min(ends, count))]
    text = gap.join(parts)
    if count > 2 * ends:
        text += gap + "..."
    for i in range(max(ends, count - ends), count):
        text += gap + write(i)
    return f"[{text}]"


def _element_writer(array: np.ndarray) -> Callable[[Any], str]:
    kind = array.dtype.kind
    if kind == "O":
        return _quoted
    if kind == "b":
        return lambda v: "1" if v else "0"
    if kind in "iu":
        return str
    if kind == "c":
        return _unknown
    return _double if array.dtype == np.float64 else _single


def _quoted(value: bytes) -> str:
    text = value.decode(errors="surrogateescape")
    escaped = "".join(_ESCAPES.get(c, c) for c in text)
    return f'"{escaped}"'


def _single(value: Any) -> str:
    """Return a float32 in as few digits as give it back: six or nine."""
    number = float(value)
    text = f"{number:.6g}"
    if np.float32(text) == np.float32(number) or number != number:
        return text
    return f"{number:.9g}"


def _double(value: Any) -> str:
    """Return a float64 in as few digits as give it back: 15 or 17."""
    number = float(value)
    text = f"{number:.15g}"
    return text if float(text) == number or number != number else f"{number:.17g}"


def _unknown(value: Any) -> str:
    """Return what TensorFlow writes for numbers that it has no text for."""
    return "?"
