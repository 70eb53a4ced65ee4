# ruff: noqa: N802  # the methods of messages have the names of Google's library
"""Protocol buffers: the few messages that TensorFlow's file formats are made of.

A message class lists its fields; reading, writing, comparing and printing follow from
the list. The surface is that of Google's library as far as these messages are used::

    class Point(Message):
        fields = (Field(1, "x", "int64"), Field(2, "tags", "bytes", repeated=True))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from tensor.io.field import as_text, checked
from tensor.io.wire import BYTES, read_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.io.field import Field


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
            getattr(self, field.name).extend(checked(field, v) for v in value)
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
        value = checked(field, value)
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
        elif wire_type == BYTES and field.packed:
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

    __hash__ = None  # messages change

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
                    yield f"{indent}{field.name}: {as_text(item, field)}\n"
