"""Reading the features of a serialized example without making messages of it.

`parse_example` runs on every record of a data set; taking apart the few nested fields
by hand is several times faster than building `tf.train.Example`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes
from tensor.io.wire import DecodeError, read_fields, read_packed_varints, read_varint

# A feature as it stands in the record: which list it is, and the bytes of that list.
RawFeature = tuple[int, bytes]
KIND_OF_DTYPE = {dtypes.string: 1, dtypes.float32: 2, dtypes.int64: 3}
DTYPE_OF_KIND = {kind: dtype for dtype, kind in KIND_OF_DTYPE.items()}


def features_of_example(data: bytes) -> dict[str, RawFeature]:
    """Return the features of a serialized `Example`, by name."""
    result: dict[str, RawFeature] = {}
    for number, _, features in read_fields(data):
        if number == 1:
            result.update(_features(features))
    return result


def parts_of_sequence_example(
    data: bytes,
) -> tuple[dict[str, RawFeature], dict[str, list[RawFeature]]]:
    """Return context features and feature lists of a serialized `SequenceExample`."""
    context: dict[str, RawFeature] = {}
    lists: dict[str, list[RawFeature]] = {}
    for number, _, part in read_fields(data):
        if number == 1:
            context.update(_features(part))
        elif number == 2:
            for _, _, entry in read_fields(part):
                name, steps = _entry(entry)
                lists[name] = [_kind_and_list(f) for _, _, f in read_fields(steps)]
    return context, lists


def _features(data: bytes) -> dict[str, RawFeature]:
    result = {}
    for _, _, entry in read_fields(data):
        name, feature = _entry(entry)
        result[name] = _kind_and_list(feature)
    return result


def _entry(data: bytes) -> tuple[str, bytes]:
    """Return key and value of an entry of a map."""
    key = value = b""
    for number, _, part in read_fields(data):
        if number == 1:
            key = part
        else:
            value = part
    return key.decode(), value


def _kind_and_list(feature: bytes) -> RawFeature:
    for number, _, part in read_fields(feature):
        return number, part
    return 0, b""


def values_of(raw: RawFeature) -> np.ndarray:
    """Return the values of a feature.

    Raises:
        DecodeError: The bytes are no list.
    """
    kind, data = raw
    if kind == 1:
        values = [part for _, _, part in read_fields(data)]
        result = np.empty(len(values), object)
        result[:] = values
        return result
    packed = _packed(data)
    if packed is None:
        return _unpacked(kind, data)
    if kind == 2:
        if len(packed) % 4:
            raise DecodeError("A list of floats has a length that is no multiple of 4.")
        return np.frombuffer(packed, "<f4")
    return read_packed_varints(packed)


def _packed(data: bytes) -> bytes | None:
    """Return the content of a list's only field if it is packed, as writers do."""
    if not data:
        return b""
    if data[0] != 10:  # field 1 of wire type 2
        return None
    size, at = read_varint(data, 1)
    return data[at:] if at + size == len(data) else None


def _unpacked(kind: int, data: bytes) -> np.ndarray:
    """Return the values of a list that is written one by one, or in several pieces."""
    pieces: list[Any] = []
    for _, wire_type, part in read_fields(data):
        if wire_type == 0:
            pieces.append(np.array([part], np.uint64).astype(np.int64))
        elif kind == 2:
            pieces.append(np.frombuffer(part, "<f4"))
        else:
            pieces.append(read_packed_varints(part))
    dtype = np.float32 if kind == 2 else np.int64
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype)
