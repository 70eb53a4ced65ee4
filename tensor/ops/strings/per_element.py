"""One string in, one value out: case, length, patterns, parts of strings."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import broadcast, to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.operands import operand
from tensor.ops.strings.patterns import as_bytes, as_text, compiled, replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def each(function: Callable[..., Any], *arrays: Any, dtype: Any = object) -> Any:
    """Return the function's results for the elements of arrays that broadcast."""
    whole = np.broadcast_arrays(*[np.asarray(a) for a in arrays])
    result = np.empty(whole[0].shape, dtype)
    flat = result.reshape(-1)
    for i, values in enumerate(zip(*[w.reshape(-1) for w in whole], strict=True)):
        flat[i] = function(*values)
    return flat.reshape(result.shape)


class StringMap(Op):
    """An op on each string by itself.

    Attributes:
        result: The dtype of the results.
    """

    gradient = NON_DIFFERENTIABLE
    kind = "other"
    result: dtypes.DType = dtypes.string

    def apply(self, value: bytes, **attrs: Any) -> Any:
        """Return the result for one string."""
        raise NotImplementedError(f"{type(self).__name__} must define `apply`.")

    def kernel(self, x: Any, **attrs: Any) -> Any:
        return each(lambda v: self.apply(v, **attrs), x, dtype=self.result.numpy_dtype)

    def infer(self, x: TensorSpec, **attrs: Any) -> TensorSpec:
        return TensorSpec.of(x.dims, self.result)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([b"Ab", b""], object), **self.sample_attrs)

    sample_attrs: ClassVar[dict[str, Any]] = {}


class StringLower(StringMap):
    """Each string in lower case; ASCII letters only, unless the encoding is utf-8."""

    sample_attrs: ClassVar[dict[str, Any]] = {"encoding": ""}

    def apply(self, value: bytes, encoding: str) -> bytes:
        if encoding:
            return (
                value.decode(errors="surrogateescape")
                .lower()
                .encode(errors="surrogateescape")
            )
        return value.lower()


class StringUpper(StringMap):
    """Each string in upper case; ASCII letters only, unless the encoding is utf-8."""

    sample_attrs: ClassVar[dict[str, Any]] = {"encoding": ""}

    def apply(self, value: bytes, encoding: str) -> bytes:
        if encoding:
            return (
                value.decode(errors="surrogateescape")
                .upper()
                .encode(errors="surrogateescape")
            )
        return value.upper()


class StringStrip(StringMap):
    """Each string without white space at its ends."""

    def apply(self, value: bytes) -> bytes:
        return value.strip()


class StringLength(StringMap):
    """The number of bytes, or of characters, of each string."""

    result = dtypes.int32
    sample_attrs: ClassVar[dict[str, Any]] = {"unit": "BYTE"}

    def apply(self, value: bytes, unit: str) -> int:
        return len(value if unit == "BYTE" else value.decode(errors="replace"))


class RegexFullMatch(StringMap):
    """Whether a pattern fits each string as a whole."""

    result = dtypes.bool_
    sample_attrs: ClassVar[dict[str, Any]] = {"pattern": b"A."}

    def apply(self, value: bytes, pattern: bytes) -> bool:
        fits = compiled(np.asarray(pattern).item(), self.type_name).fullmatch
        return fits(as_text(value)) is not None


class StaticRegexReplace(StringMap):
    """Each string with what fits a pattern rewritten."""

    sample_attrs: ClassVar[dict[str, Any]] = {
        "pattern": b"b",
        "rewrite": b"x",
        "replace_global": True,
    }

    def apply(
        self, value: bytes, pattern: bytes, rewrite: bytes, replace_global: bool
    ) -> bytes:
        found = compiled(np.asarray(pattern).item(), self.type_name)
        template = as_text(np.asarray(rewrite).item())
        count = 0 if replace_global else 1
        return as_bytes(replaced(found, template, as_text(value), count))


class Substr(Op):
    """Part of each string, by position and length."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, position: Any, length: Any, unit: str) -> Any:
        numbers = itertools.count()

        def part(value: bytes, at: int, count: int) -> bytes:
            number = next(numbers)
            text: Any = value if unit == "BYTE" else value.decode(errors="replace")
            if not -len(text) <= at <= len(text):
                raise errors.invalid(
                    self.type_name,
                    f"pos {at} out of range for string {value!r} at index {number}",
                )
            start = at + len(text) if at < 0 else at
            found = text[start:] if count < 0 else text[start : start + count]
            return found if unit == "BYTE" else found.encode()

        if np.shape(position) != np.shape(length):
            raise errors.invalid(
                self.type_name,
                "pos and len should have the same shape, got: "
                f"{to_brackets(np.shape(position))} vs. "
                f"{to_brackets(np.shape(length))}",
            )
        try:
            np.broadcast_shapes(np.shape(x), np.shape(position))
        except ValueError:
            raise errors.invalid(
                self.type_name,
                f"Incompatible shapes: {to_brackets(np.shape(x))} vs. "
                f"{to_brackets(np.shape(position))}",
            ) from None
        return each(part, x, position, length)

    def infer(
        self, x: TensorSpec, position: TensorSpec, length: TensorSpec, unit: str
    ) -> TensorSpec:
        return TensorSpec.of(
            broadcast(x.dims, position.dims, length.dims), dtypes.string
        )

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        x = np.array([b"hello", b"world"], object)
        yield Sample(x, np.int32(1), np.int32(2), unit="BYTE")


lower_op = register(StringLower)
upper_op = register(StringUpper)
strip_op = register(StringStrip)
length_op = register(StringLength)
full_match_op = register(RegexFullMatch)
replace_op = register(StaticRegexReplace)
substr_op = register(Substr)


def _text(value: Any) -> bytes:
    """Return a pattern as bytes, or as a symbolic tensor."""
    if is_symbolic(value):
        return value  # the kernel sees bytes
    array: Any = np.asarray(convert(value, dtypes.string))
    return array.item()


def check_unit(unit: str, op_type: str) -> None:
    """Check that a unit is one of bytes or characters.

    Raises:
        InvalidArgumentError: It is neither.
    """
    if unit not in ("BYTE", "UTF8_CHAR"):
        raise errors.invalid(
            op_type,
            f"Value for attr 'unit' of \"{unit}\" is not in the list of allowed "
            'values: "BYTE", "UTF8_CHAR"',
        )


def _check_encoding(op_type: str, encoding: str) -> None:
    if encoding not in ("", "utf-8"):
        raise errors.invalid(
            op_type,
            f"only utf-8 or '' (no encoding) is supported, received {encoding}",
        )


@export("strings.lower")
@takes_composites
def lower(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Return each string in lower case.

    Raises:
        InvalidArgumentError: The encoding is neither empty nor utf-8.
    """
    _check_encoding("StringLower", encoding)
    return lower_op(
        operand("StringLower", input, dtypes.string), encoding=encoding, name=name
    )


@export("strings.upper")
@takes_composites
def upper(input: Any, encoding: str = "", name: str | None = None) -> Any:
    """Return each string in upper case.

    Raises:
        InvalidArgumentError: The encoding is neither empty nor utf-8.
    """
    _check_encoding("StringUpper", encoding)
    return upper_op(
        operand("StringUpper", input, dtypes.string), encoding=encoding, name=name
    )


@export("strings.strip")
@takes_composites
def strip(input: Any, name: str | None = None) -> Any:
    """Return each string without white space at its ends."""
    return strip_op(operand("StringStrip", input, dtypes.string), name=name)


@export("strings.length")
@takes_composites
def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """Return the number of bytes (or "UTF8_CHAR"s) of each string.

    Raises:
        InvalidArgumentError: There is no such unit.
    """
    check_unit(unit, "StringLength")
    return length_op(
        operand("StringLength", input, dtypes.string), unit=unit, name=name
    )


@export("strings.regex_full_match")
@takes_composites
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Any:
    """Return whether a pattern fits each string as a whole.

    Raises:
        InvalidArgumentError: It is no pattern.
    """
    x = operand("StaticRegexFullMatch", input, dtypes.string)
    return full_match_op(x, pattern=_text(pattern), name=name)


@export("strings.regex_replace")
@takes_composites
def regex_replace(
    input: Any,
    pattern: Any,
    rewrite: Any,
    replace_global: bool = True,
    name: str | None = None,
) -> Any:
    """Return each string with what fits a pattern replaced.

    Args:
        input: Strings.
        pattern: A regular expression.
        rewrite: The replacement; a backslash and a digit stand for a group.
        replace_global: Replace every occurrence, not only the first.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: It is no pattern.
    """
    return replace_op(
        operand("StaticRegexReplace", input, dtypes.string),
        pattern=_text(pattern),
        rewrite=_text(rewrite),
        replace_global=bool(replace_global),
        name=name,
    )


@export("strings.substr")
@takes_composites
def substr(
    input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None
) -> Any:
    """Return part of each string.

    Args:
        input: Strings.
        pos: Where to begin; negative positions count from the end.
        len: How much to take, at most.
        unit: "BYTE" or "UTF8_CHAR".
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A position is outside its string, or there are not as many
            positions as lengths.
    """
    check_unit(unit, "Substr")
    x = operand("Substr", input, dtypes.string)
    position = convert(pos)
    if position.dtype not in (dtypes.int32, dtypes.int64):
        raise errors.invalid(
            "Substr",
            f"Value for attr 'T' of {dtypes.short_name(position.dtype)} is not in the "
            "list of allowed values: int32, int64",
        )
    return substr_op(x, position, convert(len, position.dtype), unit=unit, name=name)
