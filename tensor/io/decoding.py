"""Bytes to numbers and back: decode_raw, decode_csv, serialized tensors, base64."""

from __future__ import annotations

import base64
import csv
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.tensor_spec import TensorSpec
from tensor.io.tensor_proto import TensorProto, array_of, tensor_proto
from tensor.io.wire import DecodeError
from tensor.ops.operands import operand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.dtypes import DType


def strings(values: list[bytes], shape: Any) -> np.ndarray:
    """Return byte strings as an array of `shape`."""
    array = np.empty(len(values), object)
    array[:] = values
    return array.reshape(shape)


def _invalid(text: str) -> errors.OpError:
    return errors.because(errors.InvalidArgumentError, text)


class DecodeRaw(Op):
    """The bytes of strings as numbers, along a new last axis."""

    shape_depends_on_values = True
    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, x: Any, *, out_type: DType, little_endian: bool) -> Any:
        dtype = out_type.numpy_dtype
        stored = dtype.newbyteorder("<" if little_endian else ">")
        flat = np.asarray(x, object).ravel()
        sizes = {len(v) for v in flat}
        if len(sizes) > 1:
            raise _invalid(
                "DecodeRaw requires input strings to all be the same size, but they "
                f"have sizes {sorted(sizes)} [Op:DecodeRaw]"
            )
        size = sizes.pop() if sizes else 0
        if size % dtype.itemsize:
            raise _invalid(
                f"Input to DecodeRaw has length {size} that is not a multiple of "
                f"{dtype.itemsize}, the size of {out_type.name} [Op:DecodeRaw]"
            )
        numbers = np.frombuffer(b"".join(flat), stored).astype(dtype)
        return numbers.reshape(*np.shape(x), size // dtype.itemsize)

    def infer(self, x: TensorSpec, *, out_type: DType, little_endian: bool) -> Any:
        dims = None if x.dims is None else (*x.dims, None)
        return TensorSpec.of(dims, out_type)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        attrs = {"out_type": dtypes.int16, "little_endian": True}
        yield Sample(strings([b"abcd", b"efgh"], 2), **attrs)
        yield Sample(np.array(b"", object), **attrs)


class DecodePaddedRaw(Op):
    """The bytes of strings as numbers, cut or padded with zeros to one length."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(
        self, x: Any, *, out_type: DType, little_endian: bool, fixed_length: int
    ) -> Any:
        padded = [v[:fixed_length].ljust(fixed_length, b"\0") for v in np.ravel(x)]
        return decode_raw.kernel(
            strings(padded, np.shape(x)), out_type=out_type, little_endian=little_endian
        )

    def infer(
        self, x: TensorSpec, *, out_type: DType, little_endian: bool, fixed_length: int
    ) -> Any:
        size = fixed_length // out_type.size
        return TensorSpec.of(None if x.dims is None else (*x.dims, size), out_type)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        attrs = {"out_type": dtypes.uint8, "little_endian": True, "fixed_length": 3}
        yield Sample(strings([b"abcd", b"e"], 2), **attrs)


decode_raw = register(DecodeRaw)
decode_padded_raw = register(DecodePaddedRaw)


@export("io.decode_raw")
def decode_raw_(
    input_bytes: Any,
    out_type: Any,
    little_endian: bool = True,
    fixed_length: int | None = None,
    name: str | None = None,
) -> Any:
    """Read the bytes of strings as numbers of `out_type`, along a new last axis.

    Args:
        input_bytes: Strings, all of one length unless `fixed_length` is given.
        out_type: The dtype of the numbers.
        little_endian: Whether the lowest byte comes first.
        fixed_length: Cut or pad every string to this many bytes.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: Lengths differ or are no multiple of the dtype's size.
    """
    op_type = "DecodeRaw" if fixed_length is None else "DecodePaddedRaw"
    x = operand(op_type, input_bytes, dtypes.string, "input_bytes")
    dtype = dtypes.as_dtype(out_type)
    if fixed_length is None:
        return decode_raw(x, out_type=dtype, little_endian=little_endian, name=name)
    if fixed_length <= 0 or fixed_length % dtype.size:
        raise _invalid(
            f"fixed_length must be a positive multiple of {dtype.size}, the size of "
            f"{dtype.name}, got {fixed_length} [Op:DecodePaddedRaw]"
        )
    return decode_padded_raw(
        x,
        out_type=dtype,
        little_endian=little_endian,
        fixed_length=int(fixed_length),
        name=name,
    )


class SerializeTensor(Op):
    """A tensor as the bytes of a TensorProto."""

    names = ("io.serialize_tensor",)
    gradient: Any = NON_DIFFERENTIABLE

    def public(self, tensor: Any, name: str | None = None) -> Any:
        return self(convert(tensor), name=name)

    def kernel(self, x: Any) -> Any:
        return np.array(tensor_proto(x).SerializeToString(), object)

    def infer(self, x: TensorSpec) -> Any:
        return TensorSpec.of((), dtypes.string)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(2, 3)))


class ParseTensor(Op):
    """The tensor that `serialize_tensor` made bytes of."""

    shape_depends_on_values = True
    names = ("io.parse_tensor",)
    gradient: Any = NON_DIFFERENTIABLE

    def public(self, serialized: Any, out_type: Any, name: str | None = None) -> Any:
        x = convert(serialized, dtypes.string)
        return self(x, out_type=dtypes.as_dtype(out_type), name=name)

    def kernel(self, x: Any, *, out_type: DType) -> Any:
        try:
            proto = TensorProto.FromString(np.asarray(x).item())
            array = array_of(proto)
        except (DecodeError, TypeError, ValueError) as error:
            raise _invalid(
                f"Could not parse `serialized` as TensorProto: {error} [Op:ParseTensor]"
            ) from error
        found = dtypes.as_dtype(proto.dtype)
        if found is not out_type:
            raise _invalid(
                f"Type mismatch between parsed tensor ({dtypes.short_name(found)}) and "
                f"dtype ({dtypes.short_name(out_type)}) [Op:ParseTensor]"
            )
        return array[()] if array.shape == () and array.dtype != object else array

    def infer(self, x: TensorSpec, *, out_type: DType) -> Any:
        return TensorSpec.of(None, out_type)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        proto = tensor_proto(np.arange(6.0).reshape(2, 3))
        serialized = np.array(proto.SerializeToString(), object)
        yield Sample(serialized, out_type=dtypes.float64)


serialize_tensor = register(SerializeTensor)
parse_tensor = register(ParseTensor)


class EncodeBase64(Op):
    """Strings in web-safe base 64."""

    names = ("io.encode_base64",)
    gradient: Any = NON_DIFFERENTIABLE

    def public(self, input: Any, pad: bool = False, name: str | None = None) -> Any:
        x = operand(self.type_name, input, dtypes.string)
        return self(x, pad=bool(pad), name=name)

    def kernel(self, x: Any, *, pad: bool) -> Any:
        coded = [base64.urlsafe_b64encode(v) for v in np.ravel(x)]
        return strings([v if pad else v.rstrip(b"=") for v in coded], np.shape(x))

    def infer(self, x: TensorSpec, *, pad: bool) -> Any:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(strings([b"abcd", b"e"], 2), pad=False)


class DecodeBase64(Op):
    """The strings behind web-safe base 64."""

    names = ("io.decode_base64",)
    gradient: Any = NON_DIFFERENTIABLE

    def public(self, input: Any, name: str | None = None) -> Any:
        return self(operand(self.type_name, input, dtypes.string), name=name)

    def kernel(self, x: Any) -> Any:
        return strings([self._decode(v) for v in np.ravel(x)], np.shape(x))

    def _decode(self, text: bytes) -> bytes:
        text = text.rstrip(b"=")
        if not re.fullmatch(rb"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
            raise _invalid("Invalid character found in base64. [Op:DecodeBase64]")
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))

    def infer(self, x: TensorSpec) -> Any:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(strings([b"YWJj", b"ZQ"], 2))


register(EncodeBase64)
register(DecodeBase64)


class DecodeCSV(Op):
    """Lines of comma-separated values as one tensor for each column."""

    gradient: Any = NON_DIFFERENTIABLE

    def kernel(self, x: Any, *, layout: CsvLayout) -> Any:
        records = [layout.fields_of(v, i) for i, v in enumerate(np.ravel(x))]
        return tuple(
            [
                layout.column(at, [r[at] for r in records], np.shape(x))
                for at in range(len(layout.dtypes))
            ]
        )

    def infer(self, x: TensorSpec, *, layout: CsvLayout) -> Any:
        return tuple([TensorSpec.of(x.dims, dtype) for dtype in layout.dtypes])

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        layout = CsvLayout([np.array([0]), np.array([0.0])])
        yield Sample(strings([b"1,2.5", b"3,4"], 2), layout=layout)


class CsvLayout:
    """What the columns of a CSV file hold, and how it is written.

    Attributes:
        dtypes: The dtype of each column.
    """

    def __init__(
        self,
        defaults: list[np.ndarray],
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: list[int] | None = None,
    ) -> None:
        self.dtypes = [dtypes.from_numpy(d.dtype) for d in defaults]
        self.defaults = [d.reshape(-1) for d in defaults]
        self.delimiter = field_delim
        self.quoting: Any = csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE
        self.na_value = na_value
        self.select_cols = select_cols

    def fields_of(
        self, line: bytes, record: int, excluded: frozenset[int] = frozenset()
    ) -> list[str]:
        """Return the fields of one line that are selected."""
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        rows = list(
            csv.reader([text], delimiter=self.delimiter, quoting=self.quoting)
            if text
            else [[""]]
        )
        fields = [f for i, f in enumerate(rows[0]) if i not in excluded]
        expected = len(self.dtypes)
        if self.select_cols is not None:
            if max(self.select_cols) >= len(fields):
                raise _invalid(
                    f"Expect at least {max(self.select_cols) + 1} fields but have "
                    f"{len(fields)} in record {record} [Op:DecodeCSV]"
                )
            return [fields[i] for i in self.select_cols]
        if len(fields) != expected:
            raise _invalid(
                f"Expect {expected} fields but have {len(fields)} in record {record} "
                "[Op:DecodeCSV]"
            )
        return fields

    def column(self, at: int, texts: list[str], shape: Any) -> Any:
        """Return the values of one column."""
        values = [self._value(at, text, i) for i, text in enumerate(texts)]
        if self.dtypes[at] is dtypes.string:
            return strings(values, shape)
        return np.array(values, self.dtypes[at].numpy_dtype).reshape(shape)[()]

    def _value(self, at: int, text: str, record: int) -> Any:
        dtype = self.dtypes[at]
        if text in ("", self.na_value):
            if not self.defaults[at].size:
                raise _invalid(
                    f"Field {at} is required but missing in record {record}! "
                    "[Op:DecodeCSV]"
                )
            return self.defaults[at][0]
        if dtype is dtypes.string:
            return text.encode("utf-8", "surrogateescape")
        try:
            return int(text) if dtype.is_integer else float(text)
        except ValueError:
            raise _invalid(
                f"Field {at} in record {record} is not a valid "
                f"{dtypes.short_name(dtype)}: {text} [Op:DecodeCSV]"
            ) from None


decode_csv = register(DecodeCSV)


@export("io.decode_csv")
def decode_csv_(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: list[int] | None = None,
    name: str | None = None,
) -> list[Any]:
    """Parse lines of comma-separated values into one tensor for each column.

    Args:
        records: Strings, a line each.
        record_defaults: One for each column: its dtype, and in a list of one the value
            where a field is empty. An empty list or tensor makes the column required.
        field_delim: What stands between fields.
        use_quote_delim: Whether fields in double quotes may hold it.
        na_value: A further text that stands for a missing value.
        select_cols: The columns to parse, by ascending number; all by default.
        name: A name for the node, in a graph.

    Raises:
        InvalidArgumentError: A line has other fields than expected.
        ValueError: `select_cols` does not fit `record_defaults`.
    """
    if select_cols is not None:
        if any(a >= b for a, b in pairwise(select_cols)):
            raise ValueError(
                f"select_cols is not strictly increasing. Got {select_cols}."
            )
        if len(select_cols) != len(record_defaults):
            raise ValueError(
                "Length of select_cols and record_defaults do not match. Got "
                f"{len(select_cols)} columns and {len(record_defaults)} defaults."
            )
    layout = CsvLayout(
        [_default(d) for d in record_defaults],
        field_delim,
        use_quote_delim,
        na_value,
        None if select_cols is None else [int(c) for c in select_cols],
    )
    return list(decode_csv(convert(records, dtypes.string), layout=layout, name=name))


def _default(value: Any) -> np.ndarray:
    if isinstance(value, dtypes.DType):  # required, of this dtype
        return np.zeros(0, value.numpy_dtype)
    return np.asarray(convert(value)._array)
