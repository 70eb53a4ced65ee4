"""Fields of protocol buffers: what each kind of value is in memory and on the wire."""

from __future__ import annotations

import operator
import struct
from typing import Any

import numpy as np

from tensor.io.wire import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    delimited,
    read_packed_varints,
    signed,
    varint,
)

_WIRE_TYPES = {
    "int32": VARINT,
    "int64": VARINT,
    "uint32": VARINT,
    "uint64": VARINT,
    "bool": VARINT,
    "enum": VARINT,
    "double": FIXED64,
    "float": FIXED32,
    "fixed32": FIXED32,
    "bytes": BYTES,
    "string": BYTES,
    "message": BYTES,
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


class Field:
    """One field of a message: its number, name and kind.

    Attributes:
        kind: One of the scalar kinds, "message", or "map" (from strings).
        message: The class of the field's messages, or of a map's values.
        oneof: The name of the group of which at most one field is set.
        names: How the numbers of an enum are called in the text format.
    """

    __slots__ = (
        "kind",
        "message",
        "name",
        "names",
        "number",
        "oneof",
        "packed",
        "repeated",
    )
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
        names: dict[int, str] | None = None,
    ) -> None:
        self.number = number
        self.name = name
        self.kind = kind if isinstance(kind, str) else "message"
        self.message = None if isinstance(kind, str) else kind
        self.repeated = repeated
        self.packed = packed and self.kind not in ("bytes", "string", "message")
        self.oneof = oneof
        self.names = names or {}
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
        if self.repeated and wire_type == BYTES:
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


def checked(field: Field, value: Any) -> Any:
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
        # Tensors of one number convert as Python's own numbers do.
        good = hasattr(value, "__float__") and not isinstance(value, str)
        value = _as_float(field.kind, value) if good else value
    elif field.kind == "bool":
        good = isinstance(value, int | np.integer | np.bool_)
    else:
        value = int(value) if isinstance(value, np.bool_) else operator.index(value)
        good = True
    if not good:
        raise TypeError(
            f"{value!r} has type {type(value).__name__}, but the field {field.name!r} "
            f"takes {field.message.__name__ if field.message else field.kind}."
        )
    return value


def _as_float(kind: str, value: Any) -> float:
    return float(np.float32(value)) if kind == "float" else float(value)


_ESCAPES = {byte: chr(byte) for byte in range(32, 127)}
_ESCAPES |= {byte: f"\\{byte:03o}" for byte in range(256) if byte not in _ESCAPES}
_ESCAPES |= {ord("\n"): r"\n", ord("\r"): r"\r", ord("\t"): r"\t"}
_ESCAPES |= {ord("\\"): r"\\", ord('"'): r"\"", ord("'"): r"\'"}


def as_text(value: Any, field: Field) -> str:
    """Return one of a field's values in protobuf's text format."""
    if field.names:
        return field.names.get(value, str(value))
    if isinstance(value, bytes):
        return '"' + "".join(_ESCAPES[byte] for byte in value) + '"'
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return float_text(value, field.kind)
    return str(value).lower() if isinstance(value, bool) else str(value)


def float_text(value: float, kind: str) -> str:
    """Return the fewest digits out of two choices that tell a value from others."""
    short, long = (".6g", ".9g") if kind == "float" else (".15g", ".17g")
    text = format(value, short)
    return text if _as_float(kind, float(text)) == value else format(value, long)
