"""Strings as code points: unicode_decode, unicode_encode, unicode_split and kin."""

from __future__ import annotations

import codecs
import itertools
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tensor.core import dtypes, errors as failures
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import Op, register
from tensor.ops.array import reshape, shape
from tensor.ops.array_functions import array_function, longer, vector
from tensor.ops.operands import operand
from tensor.ops.ragged.factories import shape_of_rows
from tensor.ops.ragged.ragged_tensor import RaggedTensor
from tensor.ops.strings.parts import StringParts, split_each
from tensor.ops.strings.per_element import StringMap

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLICIES = ("strict", "replace", "ignore")
_OUTPUTS = ("UTF-8", "UTF-16-BE", "UTF-32-BE")
_LAST_CONTROL = 0x1F


def _codec(op: Op, encoding: str) -> str:
    """Return Python's name of an encoding.

    Raises:
        InvalidArgumentError: There is no such encoding.
    """
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise failures.invalid(
            op.type_name,
            f"Could not create converter for input encoding: {encoding}",
        ) from None


def _pieces(value: bytes, codec: str) -> Iterator[tuple[str | None, int]]:
    """Yield the characters and where each begins; None for bytes that are none."""
    start = 0
    while start < len(value):
        try:
            text, end, after = value[start:].decode(codec), len(value), len(value)
        except UnicodeDecodeError as error:
            end, after = start + error.start, start + error.end
            text = value[start:end].decode(codec)
        for character in text:
            yield character, start
            start += len(character.encode(codec))
        if after > end:
            yield None, end
        start = after


def _decoded(
    op: Op, value: bytes, encoding: str, policy: str, replacement: int, control: bool
) -> list[tuple[str, int]]:
    """Return the characters of a string and where each begins.

    Raises:
        InvalidArgumentError: Bytes are no character in this encoding, and the policy
            is "strict".
    """
    found = []
    for character, start in _pieces(value, _codec(op, encoding)):
        result = character
        if character is None and policy == "strict":
            raise failures.invalid(
                op.type_name,
                f"Invalid formatting on input string {value!r} at byte {start}",
            )
        if character is None or (control and ord(character) <= _LAST_CONTROL):
            result = None if policy == "ignore" else chr(replacement)
        if result is not None:
            found.append((result, start))
    return found


_SAMPLE = {
    "encoding": "UTF-8",
    "policy": "replace",
    "replacement": 65533,
    "control": False,
}


class UnicodeDecode(StringParts):
    """The code points of each string."""

    result = dtypes.int32
    sample_attrs: ClassVar[dict[str, Any]] = _SAMPLE

    def parts(self, value: bytes, **attrs: Any) -> list[int]:
        return [ord(c) for c, _ in _decoded(self, value, **attrs)]


class UnicodeSplit(StringParts):
    """The characters of each string, as strings of its encoding."""

    sample_attrs: ClassVar[dict[str, Any]] = _SAMPLE

    def parts(self, value: bytes, encoding: str, **attrs: Any) -> list[bytes]:
        found = _decoded(self, value, encoding, **attrs)
        return [c.encode(encoding) for c, _ in found]


class UnicodeOffsets(StringParts):
    """The byte at which each character of each string begins."""

    result = dtypes.int64
    sample_attrs: ClassVar[dict[str, Any]] = _SAMPLE

    def parts(self, value: bytes, **attrs: Any) -> list[int]:
        return [start for _, start in _decoded(self, value, **attrs)]


class UnicodeTranscode(StringMap):
    """Each string in another encoding."""

    sample_attrs: ClassVar[dict[str, Any]] = {**_SAMPLE, "output": "UTF-16-BE"}

    def apply(self, value: bytes, output: str, **attrs: Any) -> bytes:
        text = "".join(c for c, _ in _decoded(self, value, **attrs))
        return text.encode(output)


decode_op = register(UnicodeDecode)
split_op = register(UnicodeSplit)
offsets_op = register(UnicodeOffsets)
transcode_op = register(UnicodeTranscode)


def _attrs(
    op: Op, encoding: str, policy: str, replacement: int, control: bool = False
) -> dict[str, Any]:
    _check(op, "errors", policy, _POLICIES)
    return {
        "encoding": encoding,
        "policy": policy,
        "replacement": int(replacement),
        "control": bool(control),
    }


def _check(op: Op, name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Check one of a few words.

    Raises:
        InvalidArgumentError: It is another.
    """
    if value not in allowed:
        words = ", ".join(f'"{word}"' for word in allowed)
        raise failures.invalid(
            op.type_name,
            f"Value for attr '{name}' of \"{value}\" is not in the list of allowed "
            f"values: {words}",
        )


@export("strings.unicode_decode")
@takes_composites
def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: Any = None,
) -> Any:
    """Return the code points of each string."""
    attrs = _attrs(
        decode_op, input_encoding, errors, replacement_char, replace_control_characters
    )
    return split_each(input, decode_op, **attrs)


@export("strings.unicode_split")
@takes_composites
def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: Any = None,
) -> Any:
    """Return the characters of each string, as strings."""
    attrs = _attrs(split_op, input_encoding, errors, replacement_char)
    return split_each(input, split_op, **attrs)


@export("strings.unicode_decode_with_offsets")
@takes_composites
def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: Any = None,
) -> tuple[Any, Any]:
    """Return the code points of each string, and at which byte each begins."""
    attrs = _attrs(
        decode_op, input_encoding, errors, replacement_char, replace_control_characters
    )
    return split_each(input, decode_op, **attrs), split_each(input, offsets_op, **attrs)


@export("strings.unicode_split_with_offsets")
@takes_composites
def unicode_split_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: Any = None,
) -> tuple[Any, Any]:
    """Return the characters of each string, and at which byte each begins."""
    attrs = _attrs(split_op, input_encoding, errors, replacement_char)
    return split_each(input, split_op, **attrs), split_each(input, offsets_op, **attrs)


@array_function(
    "UnicodeEncode",
    lambda points, s, **attrs: vector(dtypes.string, longer(s, -1)),  # noqa: ARG005
    [97, 98, 0x20AC],
    [0, 2, 3],
    encoding="UTF-8",
    policy="replace",
    replacement=65533,
)
def encode_op(points: Any, splits: Any, encoding: str, **attrs: Any) -> Any:
    """The strings that rows of code points make."""
    text = [_character(p, **attrs) for p in points.tolist()]
    result = np.empty(len(splits) - 1, object)
    for i, (a, b) in enumerate(itertools.pairwise(splits.tolist())):
        result[i] = "".join(text[a:b]).encode(encoding)
    return result


def _character(point: int, policy: str, replacement: int) -> str:
    if 0 <= point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF:
        return chr(point)
    if policy == "strict":
        raise failures.invalid(
            "UnicodeEncode",
            f"Code point is out of range for Unicode, or is a surrogate. Got {point}.",
        )
    return chr(replacement) if policy == "replace" else ""


@export("strings.unicode_encode")
@takes_composites
def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: Any = None,
) -> Any:
    """Return strings made of code points: one for each row of the last axis.

    Raises:
        ValueError: The code points have no axis.
    """
    _check(encode_op, "output_encoding", output_encoding, _OUTPUTS)
    _check(encode_op, "errors", errors, _POLICIES)
    options = (output_encoding, errors, replacement_char)
    if isinstance(input, RaggedTensor):
        if isinstance(input.values, RaggedTensor):
            return input.with_values(unicode_encode(input.values, *options))
        if len(input.values.static_shape or (0,)) > 1:
            return input.with_values(unicode_encode(input.values, *options))
        return encode_op(
            input.values,
            input.row_splits,
            encoding=output_encoding,
            policy=errors,
            replacement=int(replacement_char),
        )
    points = convert(input, dtypes.int32)
    if points.static_shape == ():
        raise ValueError("input_tensor's rank must be at least 1. Got a scalar.")
    if points.ndim == 1:
        rows = RaggedTensor.from_uniform_row_length(points, shape(points)[0], nrows=1)
        return reshape(unicode_encode(rows, *options), shape=())
    if points.ndim == 2:
        return unicode_encode(RaggedTensor.from_tensor(points), *options)
    flat = unicode_encode(reshape(points, shape=shape_of_rows(points)), *options)
    return _as_rows_of(flat, points)


def _as_rows_of(flat: Any, points: Any) -> Any:
    """Return strings in the shape of code points without its last axis."""
    dims = points.static_shape[:-1]
    return reshape(flat, shape=shape(points)[:-1] if None in dims else dims)


@export("strings.unicode_transcode")
@takes_composites
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
    op = transcode_op
    _check(op, "output_encoding", output_encoding, _OUTPUTS)
    control = replace_control_characters
    attrs = _attrs(op, input_encoding, errors, replacement_char, control)
    return op(
        operand("UnicodeTranscode", input, dtypes.string),
        output=output_encoding,
        **attrs,
    )
