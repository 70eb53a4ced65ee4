"""Numbers to strings and back: as_string, to_number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.composites import takes_composites
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.operands import operand
from tensor.ops.strings.per_element import each

if TYPE_CHECKING:
    from collections.abc import Iterator


class AsString(Op):
    """Each number as a string, by a printf format."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, form: str) -> Any:
        kind = np.asarray(x).dtype.kind

        def text(value: Any) -> bytes:
            if kind == "O":
                return value
            if kind == "b":
                return (b"true" if value else b"false").rjust(_width(form))
            if kind == "c":
                return f"({form % value.real},{form % value.imag})".encode()
            return (form % value.item()).encode()

        return each(text, x)

    def infer(self, x: TensorSpec, form: str) -> TensorSpec:
        return TensorSpec.of(x.dims, dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2,)), form="%f")


def _width(form: str) -> int:
    digits = form.strip("%sdfeg").partition(".")[0]
    return int(digits) if digits.isdigit() else 0


class StringToNumber(Op):
    """Each string as a number."""

    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, out_type: dtypes.DType) -> Any:
        parse: Any = int if out_type.is_integer else float

        def number(value: bytes) -> Any:
            try:
                found = parse(value.decode().strip())
                return out_type.numpy_dtype.type(found)
            except (ValueError, OverflowError):
                raise errors.invalid(
                    self.type_name,
                    "StringToNumberOp could not correctly convert string: "
                    f"{value.decode(errors='replace')}",
                ) from None

        return each(number, x, dtype=out_type.numpy_dtype)

    def infer(self, x: TensorSpec, out_type: dtypes.DType) -> TensorSpec:
        return TensorSpec.of(x.dims, out_type)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([b"1", b"2.5"], object), out_type=dtypes.float32)


as_string_op = register(AsString)
to_number_op = register(StringToNumber)


@export("strings.as_string", "as_string")
@takes_composites
def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Any:
    """Return each number as a string.

    Args:
        input: Numbers, booleans or strings.
        precision: Digits behind the point.
        scientific: Write 1.5e+00.
        shortest: Write the shorter of both forms.
        width: The least number of characters.
        fill: What fills up to `width`: "", "0", "-" or "+" as in printf.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: The options exclude each other, or the dtype.
    """
    x = convert(input)
    if scientific and shortest:
        raise errors.invalid(
            "AsString",
            "Cannot select both scientific and shortest notation. Leave one out.",
        )
    if (scientific or shortest) and not (x.dtype.is_floating or x.dtype.is_complex):
        raise errors.invalid(
            "AsString",
            f"scientific and shortest format not supported for datatype {x.dtype.name}",
        )
    if len(fill) > 1:
        raise errors.invalid(
            "AsString", f"Fill string must be one or fewer characters, got {fill!r}"
        )
    form = "%" + fill + (str(width) if width > -1 else "")
    if x.dtype.is_floating or x.dtype.is_complex:
        form += f".{precision}" if precision > -1 else ""
        form += "e" if scientific else "g" if shortest else "f"
    elif precision > -1:
        raise errors.invalid(
            "AsString", f"precision not supported for datatype {x.dtype.name}"
        )
    else:
        form += "d"
    return as_string_op(x, form=form, name=name)


@export("strings.to_number")
@takes_composites
def to_number(
    input: Any, out_type: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Return each string as a number.

    Raises:
        InvalidArgumentError: A string is none.
    """
    kind = dtypes.as_dtype(out_type)
    if kind.name not in ("float32", "float64", "int32", "int64", "uint32", "uint64"):
        raise errors.invalid(
            "StringToNumber",
            f"Value for attr 'out_type' of {dtypes.short_name(kind)} is not in the "
            "list of allowed values: float, double, int32, int64, uint32, uint64",
        )
    return to_number_op(
        operand("StringToNumber", input, dtypes.string, "string_tensor"),
        out_type=kind,
        name=name,
    )
