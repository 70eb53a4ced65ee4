# ruff: noqa: N802  # the methods of messages have the names of Google's library
"""Protocol buffers: the few messages that TensorFlow's file formats are made of.

A message class lists its fields; reading, writing, comparing and printing follow from
the list. The surface is that of Google's library as far as these messages are used::

    class Point(Message):
        fields = (Field(1, "x", "int64"), Field(2, "tags", "bytes", repeated=True))
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIRE_TYPES = {
    "int32": _VARINT,
    "int64": _VARINT,
    "uint32": _VARINT,
    "uint64": _VARINT,
    "bool": _VARINT,
    "enum": _VARINT,
    "double": _FIXED64,
    "float": _FIXED32,
    "fixed32": _FIXED32,
    "bytes": _BYTES,
    "string": _BYTES,
    "message": _BYTES,
}
_FIXED = {
    "double": struct.Struct("<d"),
    "float": struct.Struct("<f"),
    "fixed32": struct.Struct("<I"),
}
_DEFAULTS: dict[str, Any] = {
    "double": 0.0,
    "float": 0.0,
    "bytes": b"",
    "string": "",
    "bool": False,
}


class DecodeError(ValueError):
    """Bytes that are not a message of the expected kind."""


def varint(value: int) -> bytes:
    """Encode an integer in groups of seven bits; negative ones as 64-bit."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned integer at `at`, and where it ends.

    Raises:
        DecodeError: The bytes end in the middle of it.
    """
    result = shift = 0
    try:
        while True:
            byte = data[at]
            at += 1
            result |= (byte & 127) << shift
            if byte < 128:
                return result & 0xFFFFFFFFFFFFFFFF, at
            shift += 7
    except IndexError:
        raise DecodeError("Error parsing message: it ends in a number.") from None


def signed(value: int) -> int:
    """Return an unsigned 64-bit value as the signed one with the same bits."""
    return value - (1 << 64) if value >> 63 else value


def delimited(number: int, content: bytes) -> bytes:
    """Encode a field of bytes with its tag and length."""
    return varint(number << 3 | _BYTES) + varint(len(content)) + content


def read_fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Yield (number, wire type, value): an unsigned int, or bytes for the rest.

    Raises:
        DecodeError: The bytes are no message.
    """
    at, end = 0, len(data)
    while at < end:
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = read_varint(data, at)
            yield tag >> 3, kind, value
            continue
        if kind == _BYTES:
            size, at = read_varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise DecodeError(f"Error parsing message: wire type {kind} is unknown.")
        if at + size > end:
            raise DecodeError("Error parsing message: it ends within a field.")
        yield tag >> 3, kind, data[at : at + size]
        at += size


def read_packed_varints(data: bytes) -> np.ndarray:
    """Return the integers packed in `data` as int64.

    Raises:
        DecodeError: The bytes end in the middle of one.
    """
    raw = np.frombuffer(data, np.uint8)
    if len(raw) == 0:
        return np.zeros(0, np.int64)
    is_last = raw < 128
    if not is_last[-1]:
        raise DecodeError("Error parsing message: it ends in a number.")
    if is_last.all():
        return raw.astype(np.int64)
    ends = np.flatnonzero(is_last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(raw)) - np.repeat(starts, ends - starts + 1)
    groups = (raw & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.bitwise_or.reduceat(groups, starts).astype(np.int64)


class Field:
    """One field of a message: its number, name and kind.

    Attributes:
        kind: One of the scalar kinds, "message", or "map" (from strings).
        message: The class of the field's messages, or of a map's values.
        oneof: The name of the group of which at most one field is set.
    """

    __slots__ = ("kind", "message", "name", "number", "oneof", "packed", "repeated")
    message: Any

    def __init__(
        self,
        number: int,
        name: str,
        kind: Any,
        repeated: bool = False,
        packed: bool = True,
        oneof: str | None = None,
        map_of: Any = None,
    ) -> None:
        self.number = number
        self.name = name
        self.kind = kind if isinstance(kind, str) else "message"
        self.message = None if isinstance(kind, str) else kind
        self.repeated = repeated
        self.packed = packed and self.kind not in ("bytes", "string", "message")
        self.oneof = oneof
        if map_of is not None:
            self.kind, self.message = "map", map_of

    def default(self) -> Any:
        """Return the value of the field where none was set."""
        if self.kind == "map":
            return MessageMap(self.message)
        if self.repeated:
            return RepeatedMessages(self.message) if self.message else []
        if self.message is not None:
            return self.message()
        return _DEFAULTS.get(self.kind, 0)

    def encode(self, value: Any) -> bytes:
        """Return the bytes of the whole field, nothing if it is empty."""
        if self.kind == "map":
            return b"".join(
                delimited(
                    self.number,
                    delimited(1, key.encode()) + delimited(2, item.SerializeToString()),
                )
                for key, item in value.items()
            )
        if not self.repeated:
            return self._encode_one(value)
        if not self.packed:
            return b"".join(map(self._encode_one, value))
        return delimited(self.number, self._pack(value)) if len(value) else b""

    def _pack(self, values: Any) -> bytes:
        if self.kind == "float":
            return np.asarray(values, "<f4").tobytes()
        if self.kind == "double":
            return np.asarray(values, "<f8").tobytes()
        return b"".join([varint(int(v)) for v in values])

    def _encode_one(self, value: Any) -> bytes:
        if self.kind == "message":
            return delimited(self.number, value.SerializeToString())
        if self.kind == "string":
            return delimited(self.number, value.encode())
        if self.kind == "bytes":
            return delimited(self.number, bytes(value))
        tag = varint(self.number << 3 | _WIRE_TYPES[self.kind])
        if self.kind in _FIXED:
            return tag + _FIXED[self.kind].pack(value)
        return tag + varint(int(value))

    def decode(self, wire_type: int, raw: Any) -> Any:
        """Return the value, or the list of packed values, that stands on the wire."""
        if self.message is not None:
            return self.message.FromString(raw)
        if self.kind == "bytes":
            return raw
        if self.kind == "string":
            return raw.decode()
        if self.repeated and wire_type == _BYTES:
            return self._unpack(raw)
        if self.kind in _FIXED:
            return _FIXED[self.kind].unpack(raw)[0]
        return self._from_varint(raw)

    def _unpack(self, raw: bytes) -> Any:
        if self.kind == "float":
            return np.frombuffer(raw, "<f4").tolist()
        if self.kind == "double":
            return np.frombuffer(raw, "<f8").tolist()
        numbers = read_packed_varints(raw).tolist()
        if self.kind in ("int64", "int32"):
            return numbers
        return [self._from_varint(v & 0xFFFFFFFFFFFFFFFF) for v in numbers]

    def _from_varint(self, value: int) -> Any:
        if self.kind == "bool":
            return bool(value)
        return value if self.kind.startswith("uint") else signed(value)


class RepeatedMessages(list[Any]):
    """The messages of a repeated field; `add` appends a new one."""

    def __init__(self, message: Any) -> None:
        super().__init__()
        self._message = message

    def add(self, **fields: Any) -> Any:
        """Append a new message with the given fields and return it."""
        self.append(self._message(**fields))
        return self[-1]


class MessageMap(dict[str, Any]):
    """A map from strings to messages; asking for a key that is not there adds it."""

    def __init__(self, message: Any) -> None:
        super().__init__()
        self._message = message

    def __missing__(self, key: str) -> Any:
        self[key] = self._message()
        return self[key]


class Message:
    """A record of typed fields. Subclasses list theirs in `fields`."""

    fields: ClassVar[Any] = ()  # a tuple of Field
    _by_name: ClassVar[dict[str, Field]]
    _by_number: ClassVar[dict[int, Field]]

    def __init_subclass__(cls) -> None:
        cls._by_name = {field.name: field for field in cls.fields}
        cls._by_number = {field.number: field for field in cls.fields}

    def __init__(self, **values: Any) -> None:
        """Create a message from field values; None leaves a field unset.

        Raises:
            ValueError: There is no such field.
        """
        for name, value in values.items():
            if name not in self._by_name:
                raise ValueError(
                    f'Protocol message {type(self).__name__} has no "{name}" field.'
                )
            if value is not None:
                self._fill(self._by_name[name], value)

    def _fill(self, field: Field, value: Any) -> None:
        if field.kind == "map":
            getattr(self, field.name).update(value)
        elif field.repeated:
            getattr(self, field.name).extend(_checked(field, v) for v in value)
        else:
            setattr(self, field.name, value)

    def __getattr__(self, name: str) -> Any:
        field = type(self)._by_name.get(name)
        if field is None:
            raise AttributeError(
                f"{type(self).__name__} has no field {name!r}. It has "
                f"{', '.join(type(self)._by_name)}."
            )
        value = field.default()
        if field.repeated or field.message is not None:
            # What is handed out can be filled. An empty message counts as unset.
            self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        field = self._by_name.get(name)
        if field is None or field.repeated or field.kind == "map":
            raise AttributeError(
                f"Assignment not allowed (no field {name!r} in protocol message "
                f"object, or it is repeated: use append or extend)."
            )
        value = _checked(field, value)
        if field.oneof is not None:
            for other in self.fields:
                if other.oneof == field.oneof:
                    self.__dict__.pop(other.name, None)
        self.__dict__[name] = value
        if isinstance(value, Message):
            value.__dict__["_is_set"] = True

    def _is_present(self, field: Field) -> bool:
        """Return whether a field is written: set, or filled after it was asked for."""
        if field.name not in self.__dict__:
            return False
        value = self.__dict__[field.name]
        if isinstance(value, Message):
            return "_is_set" in value.__dict__ or value.ByteSize() > 0
        if field.repeated or field.kind == "map":
            return bool(value)
        return field.oneof is not None or value != field.default()

    def HasField(self, name: str) -> bool:  # Google's name, and below
        """Return whether a field that is not repeated is set."""
        return self._is_present(self._by_name[name])

    def WhichOneof(self, oneof: str) -> str | None:
        """Return the name of the field of a group that is set."""
        for field in self.fields:
            if field.oneof == oneof and self._is_present(field):
                return str(field.name)
        return None

    def SerializeToString(self, deterministic: bool = False) -> bytes:
        """Return the message as bytes."""
        return b"".join(
            field.encode(self.__dict__[field.name])
            for field in self.fields
            if self._is_present(field)
        )

    def ByteSize(self) -> int:
        """Return the number of bytes of the message."""
        return len(self.SerializeToString())

    def MergeFromString(self, data: bytes) -> int:
        """Add what `data` holds.

        Raises:
            DecodeError: `data` is no such message.
        """
        for number, wire_type, raw in read_fields(bytes(data)):
            field = self._by_number.get(number)
            if field is None:
                continue  # written by a newer version
            self._merge(field, wire_type, raw)
        return len(data)

    def _merge(self, field: Field, wire_type: int, raw: Any) -> None:
        if field.kind == "map":
            parts = {number: part for number, _, part in read_fields(raw)}
            item = field.message.FromString(parts.get(2, b""))
            getattr(self, field.name)[parts.get(1, b"").decode()] = item
            return
        if (
            field.message is not None
            and field.name in self.__dict__
            and (not field.repeated)
        ):
            self.__dict__[field.name].MergeFromString(raw)
            return
        value = field.decode(wire_type, raw)
        if not field.repeated:
            setattr(self, field.name, value)
        elif wire_type == _BYTES and field.packed:
            getattr(self, field.name).extend(value)
        else:
            getattr(self, field.name).append(value)

    def ParseFromString(self, data: bytes) -> int:
        """Become what `data` holds."""
        self.Clear()
        return self.MergeFromString(data)

    @classmethod
    def FromString(cls, data: bytes) -> Self:
        """Return the message that `data` holds."""
        message = cls()
        message.MergeFromString(data)
        return message

    def Clear(self) -> None:
        """Unset every field."""
        self.__dict__.clear()

    def CopyFrom(self, other: Self) -> None:
        """Become a copy of `other`."""
        self.ParseFromString(other.SerializeToString())

    def MergeFrom(self, other: Self) -> None:
        """Add what `other` holds."""
        self.MergeFromString(other.SerializeToString())

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Message):
            return NotImplemented
        return all(getattr(self, f.name) == getattr(other, f.name) for f in self.fields)

    __hash__ = None  # type: ignore[assignment]  # messages change

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).FromString, (self.SerializeToString(),)

    def __str__(self) -> str:
        """Return the message in protobuf's text format."""
        return "".join(self._lines(""))

    __repr__ = __str__

    def _lines(self, indent: str) -> Iterator[str]:
        for field in self.fields:
            if not self._is_present(field):
                continue
            value = self.__dict__[field.name]
            if field.kind == "map":
                for key, item in value.items():
                    inner = "".join(item._lines(indent + "    "))
                    yield (
                        f'{indent}{field.name} {{\n{indent}  key: "{key}"\n'
                        f"{indent}  value {{\n{inner}{indent}  }}\n{indent}}}\n"
                    )
                continue
            for item in value if field.repeated else [value]:
                if isinstance(item, Message):
                    inner = "".join(item._lines(indent + "  "))
                    yield f"{indent}{field.name} {{\n{inner}{indent}}}\n"
                else:
                    yield f"{indent}{field.name}: {_as_text(item)}\n"


def _checked(field: Field, value: Any) -> Any:
    """Return a value for a field, converted where Google's library converts.

    Raises:
        TypeError: The field cannot hold it.
    """
    if field.message is not None:
        good = isinstance(value, field.message)
    elif field.kind == "bytes":
        value = value.encode() if isinstance(value, str) else value
        good = isinstance(value, bytes)
    elif field.kind == "string":
        value = value.decode() if isinstance(value, bytes) else value
        good = isinstance(value, str)
    elif field.kind in ("float", "double"):
        good = isinstance(value, int | float | np.number)
        value = _as_float(field.kind, value) if good else value
    else:
        good = isinstance(value, int | np.integer | np.bool_)
        value = int(value) if good and field.kind != "bool" else value
    if not good:
        raise TypeError(
            f"{value!r} has type {type(value).__name__}, but the field {field.name!r} "
            f"takes {field.message.__name__ if field.message else field.kind}."
        )
    return value


def _as_float(kind: str, value: Any) -> float:
    return float(np.float32(value)) if kind == "float" else float(value)


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        text = value.decode("latin-1").encode("unicode_escape").decode()
        return '"' + text.replace('"', '\\"') + '"'
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
