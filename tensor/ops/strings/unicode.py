"""Strings as code points: unicode_decode, unicode_encode, unicode_split and kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.strings.parts import split_each
from tensor.ops.strings.per_element import each

_POLICIES = {"strict": "strict", "replace": "replace", "ignore": "ignore"}


def _decoded(value: bytes, encoding: str, policy: str, replacement: int) -> str:
    """Return a string's characters.

    Raises:
        InvalidArgumentError: The bytes are none in this encoding, and `errors` is
            "strict".
    """
    try:
        text = value.decode(encoding, errors=_POLICIES[policy])
    except UnicodeDecodeError as error:
        raise errors.invalid(
            "UnicodeDecode", f"Invalid formatting on input string: {error}"
        ) from None
    return text.replace("\ufffd", chr(replacement)) if policy == "replace" else text


@export("strings.unicode_decode")
def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: Any = None,
) -> Any:
    """Return the code points of each string."""

    def points(value: bytes) -> list[int]:
        return [
            ord(c) for c in _decoded(value, input_encoding, errors, replacement_char)
        ]

    return split_each(input, points, np.int32)


@export("strings.unicode_split")
def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: Any = None,
) -> Any:
    """Return the characters of each string, as strings."""

    def characters(value: bytes) -> list[bytes]:
        text = _decoded(value, input_encoding, errors, replacement_char)
        return [c.encode(input_encoding) for c in text]

    return split_each(input, characters, object)


def _offsets(input: Any, encoding: str, policy: str, replacement: int) -> Any:
    def starts(value: bytes) -> list[int]:
        at, found = 0, []
        for c in _decoded(value, encoding, policy, replacement):
            found.append(at)
            at += len(c.encode(encoding))
        return found

    return split_each(input, starts, np.int64)


@export("strings.unicode_decode_with_offsets")
def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: Any = None,
) -> tuple[Any, Any]:
    """Return the code points of each string, and at which byte each begins."""
    points = unicode_decode(input, input_encoding, errors, replacement_char)
    return points, _offsets(input, input_encoding, errors, replacement_char)


@export("strings.unicode_split_with_offsets")
def unicode_split_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: Any = None,
) -> tuple[Any, Any]:
    """Return the characters of each string, and at which byte each begins."""
    characters = unicode_split(input, input_encoding, errors, replacement_char)
    return characters, _offsets(input, input_encoding, errors, replacement_char)


@export("strings.unicode_encode")
def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: Any = None,
) -> Any:
    """Return strings made of code points: one for each row of the last axis."""
    if isinstance(input, RaggedTensor):
        if isinstance(input.values, RaggedTensor):
            inner = unicode_encode(input.values, output_encoding, errors)
            return input.with_values(inner)
        rows = [np.asarray(r) for r in input]
        shape: tuple[int, ...] = (len(rows),)
    else:
        array = np.asarray(convert(input, dtypes.int32))
        shape = array.shape[:-1]
        rows = list(array.reshape((-1, array.shape[-1])))
    result = np.empty(len(rows), object)
    for i, row in enumerate(rows):
        text = "".join(_character(int(p), errors, replacement_char) for p in row)
        result[i] = text.encode(output_encoding)
    return constant_tensor(result.reshape(shape))


def _character(point: int, policy: str, replacement: int) -> str:
    if 0 <= point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF:
        return chr(point)
    if policy == "strict":
        raise errors.invalid("UnicodeEncode", f"Code point is out of range: {point}")
    return chr(replacement) if policy == "replace" else ""


@export("strings.unicode_transcode")
def unicode_transcode(
    input: Any,
    input_encoding: str,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: Any = None,
) -> Any:
    """Return each string in another encoding."""

    def transcoded(value: bytes) -> bytes:
        text = _decoded(value, input_encoding, errors, replacement_char)
        return text.encode(output_encoding)

    x = convert(input, dtypes.string)
    return constant_tensor(each(transcoded, np.asarray(x)))
