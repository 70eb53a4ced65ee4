"""Bytes to numbers and back: decode_raw, serialized tensors, base64."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import to_brackets
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
            f"fixed_length ({fixed_length}) must be a multiple of the size of out_type "
            f"({dtype.size}), and positive [Op:DecodePaddedRaw]"
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
        if np.ndim(x):
            raise _invalid(
                "Expected `serialized` to be a scalar, got shape: "
                f"{to_brackets(np.shape(x))} [Op:ParseTensor]"
            )
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
        if len(text) % 4 == 1:
            raise _invalid(
                "Base64 string length cannot be 1 modulo 4. [Op:DecodeBase64]"
            )
        if not re.fullmatch(rb"[A-Za-z0-9_-]*", text):
            raise _invalid("Invalid character found in base64. [Op:DecodeBase64]")
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))

    def infer(self, x: TensorSpec) -> Any:
        return x

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(strings([b"YWJj", b"ZQ"], 2))


register(EncodeBase64)
register(DecodeBase64)
