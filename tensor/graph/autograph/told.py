"""Errors of the user's code, told with the user's lines.

What goes wrong while a function is traced goes wrong deep inside this package. As in
TensorFlow, the message then starts with the lines of the user's functions that led
there; a star marks functions that were converted.
"""

from __future__ import annotations

import functools
import linecache
from pathlib import Path
from types import WrapperDescriptorType
from typing import TYPE_CHECKING, Any

from tensor.core.errors import OpError
from tensor.graph.autograph.convert import place_in_users_code

if TYPE_CHECKING:
    from types import TracebackType

_ROOMS = ("tensor", "dist", "strategies", "launcher")
_OURS = tuple([f"{Path(__file__).parents[3] / room}/" for room in _ROOMS])
# Where functions that stay as they are get called.
_CALLERS = tuple([str(Path(__file__).with_name(n)) for n in ("api.py", "calls.py")])


def told(error: Exception) -> Exception:
    """Return the error with the user's lines in its message.

    It has the class and the attributes of the original. An error that none of the
    user's functions took part in is returned as it is.
    """
    original = getattr(error, "told_from", error)
    lines = _users_lines(error.__traceback__)
    if not lines:
        return error
    what = f"{type(original).__name__}: {original}".split("\n")
    text = "\n    ".join(["in user code:\n", *lines, "", *what])
    text = text.replace("\n    \n", "\n\n") + "\n"
    result: Any = _with_text(original, text)
    result.told_from = original
    return result.with_traceback(error.__traceback__)  # type: ignore[no-any-return]


def _users_lines(traceback: TracebackType | None) -> list[str]:
    """Return where each of the user's functions was, the innermost last."""
    found: list[list[str]] = []
    caller = ""
    last_root = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        filename = code.co_filename
        if not filename.startswith(_OURS):
            place = place_in_users_code(code)
            name, mark = code.co_name, "  **" if caller in _CALLERS else ""
            if place is not None:
                name, mark = place.name, "  *"
                if place.root == last_root and place.root != code:
                    found.pop()  # the statement whose block this is
            last_root = None if place is None else place.root
            line = linecache.getline(filename, traceback.tb_lineno).strip()
            where = f'File "{filename}", line {traceback.tb_lineno}, in {name}{mark}'
            found.append([where, f"    {line or '<source unavailable>'}"])
        caller = filename
        traceback = traceback.tb_next
    return [line for lines in found for line in lines]


def _with_text(error: Exception, text: str) -> Exception:
    """Return an equal error with another text.

    The class's own `__init__` is not called if it is the user's: nobody knows here
    what arguments it wants. What it set is copied.
    """
    kind: Any = type(error)
    made_by_python = isinstance(kind.__init__, WrapperDescriptorType)
    result: Any = None
    if isinstance(error, OpError):
        result = kind.__new__(kind, *error.args)
        result.__dict__.update(error.__dict__)
        result.message = text
    elif made_by_python and len(error.args) < 2:
        result = kind.__new__(kind, text)
        result.__dict__.update(error.__dict__)
    if result is None or str(result) != text:
        retextable = _retextable(kind)
        result = retextable.__new__(retextable, *error.args)
        if made_by_python:
            kind.__init__(result, *error.args)
        result.__dict__.update(error.__dict__)
        result.text_told = text
    return result  # type: ignore[no-any-return]


@functools.cache
def _retextable(kind: Any) -> Any:
    """Return a subclass with a text of its own: for classes that make theirs up."""

    def __reduce__(self: Any) -> Any:  # noqa: N807  # a method
        return _with_text, (self.told_from, self.text_told)

    members = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__str__": lambda self: self.text_told,
        "__reduce__": __reduce__,
    }
    return type(kind.__name__, (kind,), members)
