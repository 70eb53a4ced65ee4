r"""RE2's regular expressions, which TensorFlow takes, as Python's.

They are about characters of UTF-8. `\d`, `\s`, `\w` and `\b` mean ASCII, `$` the very
end, and classes may be Unicode's (`\p{L}`) or POSIX's (`[[:alpha:]]`). What looks ahead
or back, and references to groups, RE2 does not have.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from tensor.core import errors
from tensor.ops.strings.scripts import script_ranges

if TYPE_CHECKING:
    from collections.abc import Callable

# Bytes that are no UTF-8 come as these; nothing but themselves fits them.
_NO_TEXT = r"\udc80-\udcff"
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_NOT_HERE = re.compile(r"\(\?<?[=!]|\(\?P=")
_TOKEN = re.compile(
    r"\\[pP](?:\{\^?\w+\}|\w)|\\x\{[0-9A-Fa-f]+\}|\\Q(?:.*?)(?:\\E|$)"
    r"|\\.|\[:\^?\w+:\]|\[\^?\]?|\(\?<(?=\w)|.",
    re.DOTALL,
)


@functools.lru_cache(maxsize=256)
def compiled(pattern: bytes, op_type: str) -> re.Pattern[str]:
    """Return RE2's pattern as Python's, for texts that `as_text` decoded.

    Raises:
        InvalidArgumentError: It is no pattern.
    """
    try:
        return re.compile(_translated(as_text(pattern)), re.ASCII)
    except (re.error, KeyError) as error:
        reason = f"invalid character class range: {error}"
        raise errors.invalid(
            op_type,
            f"Invalid pattern: {pattern.decode()}, error: "
            f"{error if isinstance(error, re.error) else reason}",
        ) from None


def as_text(value: bytes) -> str:
    """Return UTF-8 as text; other bytes stay what they are."""
    return value.decode(errors="surrogateescape")


def as_bytes(text: str) -> bytes:
    """Return the bytes that `as_text` made a text of."""
    return text.encode(errors="surrogateescape")


def replaced(pattern: re.Pattern[str], rewrite: str, text: str, count: int) -> str:
    """Return a text with what fits rewritten; all of it for a count of 0."""
    # RE2 knows \\0 to \\9 only; Python reads two digits as one number.
    template = re.sub(r"\\([\\\d])", _group, rewrite)
    if not pattern.fullmatch(""):
        return pattern.sub(template, text, count)
    # To Python the end of what fitted fits once more; to RE2 it does not.
    ends = [-1]

    def once(match: re.Match[str]) -> str:
        last, ends[0] = ends[0], match.end()
        return "" if match.start() == match.end() == last else match.expand(template)

    return pattern.sub(once, text, count)


def _group(escape: re.Match[str]) -> str:
    """Return an escape of RE2's as Python writes it: a group, or a backslash."""
    return r"\\" if escape[1] == "\\" else rf"\g<{escape[1]}>"


def _translated(pattern: str) -> str:
    refused = _NOT_HERE.search(pattern)
    if refused:
        raise re.error(f"invalid perl operator: {refused[0]}")
    flags = "".join(re.findall(r"\(\?([a-z]+)[:)]", pattern))
    parts, is_class = [], False
    for token in _TOKEN.findall(pattern):
        if is_class:
            is_class = token != "]"
            parts.append(_in_class(token) if is_class else token)
        elif token.startswith("[") and len(token) < 4:
            is_class = True
            # A bracket that comes first stands for itself.
            literal = r"\]" if token.endswith("]") else ""
            none = _NO_TEXT if token.startswith("[^") else ""
            parts.append(token.rstrip("]") + none + literal)
        else:
            parts.append(_outside(token, flags))
    return "".join(parts)


def _outside(token: str, flags: str) -> str:
    """Return a token outside of brackets as Python writes it."""
    if token == ".":
        return f"[^{_NO_TEXT}]" if "s" in flags else rf"[^\n{_NO_TEXT}]"
    if token == "$":
        return "$" if "m" in flags else r"\Z"
    if token == "(?<":
        return "(?P<"
    if token == r"\z":
        return r"\Z"
    if token.startswith(r"\Q"):
        return re.escape(token[2:].removesuffix(r"\E"))
    if re.match(r"\\[1-9]", token):
        raise re.error(f"invalid escape sequence: {token}")
    if token.startswith((r"\p", r"\P")):
        return f"[{_property(token)}]"
    return _literal(token)


def _in_class(token: str) -> str:
    """Return a token inside of brackets as Python writes it."""
    if token.startswith((r"\p", r"\P")):
        return _property(token)
    if token.startswith("[:"):
        name = token[2:-2]
        if name.startswith("^"):
            return _complement(_POSIX[name[1:]])
        return _POSIX[name]
    if token in ("[", "[^", "&", "|", "~"):
        return "".join("\\" + character for character in token)
    return _literal(token)


def _literal(token: str) -> str:
    if token.startswith(r"\x{"):
        return f"\\U{int(token[3:-1], 16):08x}"
    return token


def _property(token: str) -> str:
    r"""Return the inside of a class for `\pL`, `\p{Greek}` and what they are not."""
    name = token[2:].strip("{}")
    inside = _ranges_of(name.lstrip("^"))
    is_not = (token[1] == "P") != name.startswith("^")
    return _complement(inside) if is_not else inside


@functools.cache
def _ranges_of(name: str) -> str:
    """Return the characters of a general category or a script.

    Raises:
        KeyError: There is no such name.
    """
    if len(name) > 2:
        return _as_class(script_ranges(name))
    return _as_class(
        _stretches(lambda character: unicodedata.category(character).startswith(name))
    )


@functools.cache
def _complement(inside: str) -> str:
    """Return the inside of a class of all characters that another one leaves out."""
    fits = re.compile(f"[{inside}{_NO_TEXT}]").match
    return _as_class(_stretches(lambda character: not fits(character)))


def _stretches(holds: Callable[[str], bool]) -> list[tuple[int, int]]:
    """Return the first and last code points of stretches for which something holds."""
    flags = [holds(chr(code)) for code in range(sys.maxunicode + 1)]
    edges = np.flatnonzero(np.diff([0, *flags, 0]))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def _as_class(ranges: list[tuple[int, int]]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
