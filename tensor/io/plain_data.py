"""Nested plain values and arrays as bytes, and back: the state of iterators, caches.

The layout is a JSON text, in which arrays and byte strings are numbers of blobs, and
the blobs after it. Nothing in it can run code when it is read, unlike a pickle.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from tensor.core import dtypes

_SIZE = struct.Struct("<Q")


def encode(value: Any) -> bytes:
    """Return dicts, lists, numbers, strings, bytes and arrays as bytes.

    Raises:
        TypeError: A value is something else.
    """
    blobs: list[bytes] = []
    text = json.dumps(_plain(value, blobs)).encode()
    parts = [text, *blobs]
    sizes = b"".join([_SIZE.pack(len(part)) for part in parts])
    return _SIZE.pack(len(parts)) + sizes + b"".join(parts)


def decode(data: bytes) -> Any:
    """Return what `encode` made bytes of."""
    (count,) = _SIZE.unpack_from(data)
    sizes = [_SIZE.unpack_from(data, 8 * (i + 1))[0] for i in range(count)]
    at, parts = 8 * (count + 1), []
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    return _restored(json.loads(parts[0]), parts[1:])


def _plain(value: Any, blobs: list[bytes]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        blobs.append(value)
        return {"bytes": len(blobs) - 1}
    if isinstance(value, list | tuple):
        return {"list": [_plain(v, blobs) for v in value]}
    if isinstance(value, dict):
        return {"dict": [[k, _plain(v, blobs)] for k, v in value.items()]}
    if isinstance(value, np.ndarray | np.generic):
        return _plain_array(np.asarray(value), blobs)
    raise TypeError(
        f"{value!r} of type {type(value).__name__} cannot be saved: the state of a "
        "pipeline holds numbers, strings, arrays, lists and dicts. Elements that are "
        "ragged, sparse or datasets cannot be saved; batch or unbatch before shuffling "
        "or prefetching them."
    )


def _plain_array(array: np.ndarray, blobs: list[bytes]) -> Any:
    if array.dtype == object:
        values = array.ravel().tolist()
        blobs.append(b"".join(values))
        return {
            "strings": [list(array.shape), [len(v) for v in values], len(blobs) - 1]
        }
    blobs.append(array.tobytes())
    name = dtypes.from_numpy(array.dtype).name
    return {"array": [name, list(array.shape), len(blobs) - 1]}


def _restored(value: Any, blobs: list[bytes]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "bytes":
        return blobs[content]
    if kind == "list":
        return [_restored(v, blobs) for v in content]
    if kind == "dict":
        return {k: _restored(v, blobs) for k, v in content}
    if kind == "strings":
        shape, sizes, blob = content
        ends = np.cumsum(sizes).tolist()
        result = np.empty(len(sizes), object)
        for i, (size, end) in enumerate(zip(sizes, ends, strict=True)):
            result[i] = blobs[blob][end - size : end]
        return result.reshape(shape)
    name, shape, blob = content
    array = np.frombuffer(blobs[blob], dtypes.numpy_dtype(name)).reshape(shape)
    return array[()] if array.shape == () else array
