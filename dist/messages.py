"""Messages between a service and its clients: named fields, and arrays.

    frame 0     JSON: the fields, and under "arrays" what each array is and where
    frame 1 …   the raw bytes of the arrays that are in no shared block

Array data is never pickled. Strings, which NumPy holds as Python objects, travel as
their lengths and their bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dist.reductions import Array
    from dist.shared_blocks import BlockPool, BlockViews, Loan

STRINGS = "strings"


@dataclass
class Message:
    """What was asked or answered.

    Attributes:
        fields: plain values by name.
        arrays: the arrays; those of a request may lie in shared blocks, and are valid
            until it is answered.
        results: where the service writes the results, by their position.
    """

    fields: dict[str, Any]
    arrays: list[Array] = field(default_factory=list)
    results: dict[int, Array] = field(default_factory=dict)


def encode(
    fields: dict[str, Any],
    arrays: Sequence[Array] = (),
    loans: Sequence[Loan | None] = (),
    places: dict[int, Array] | None = None,
) -> list[Any]:
    """Return a message as frames.

    Args:
        fields: plain values by name.
        arrays: the arrays.
        loans: for each array, the shared block that it has been copied to, if any.
        places: arrays in the receiver's blocks to copy results to, by position.
    """
    described: list[Any] = []
    frames: list[Any] = []
    for i, array in enumerate(arrays):
        loan = loans[i] if loans else None
        place = places.get(i) if places else None
        if array.dtype == object:
            described.append([STRINGS, array.shape])
            frames.append(_strings(array))
        elif loan is not None:
            described.append([array.dtype.name, array.shape, loan.name, loan.nbytes])
        elif place is not None and place.nbytes == array.nbytes:
            np.copyto(place, array.reshape(-1).view(np.uint8))
            described.append([array.dtype.name, array.shape, i])
        else:
            described.append([array.dtype.name, array.shape])
            contiguous = np.ascontiguousarray(array)
            frames.append(contiguous.reshape(-1).view(np.uint8).data)
    if described:
        fields = {**fields, "arrays": described}
    return [json.dumps(fields).encode(), *frames]


def decode_request(frames: Sequence[Any], blocks: BlockViews) -> Message:
    """Return what a client asked; its large arrays are in its shared blocks.

    Raises:
        ValueError: the frames are not a message.
    """
    fields = json.loads(bytes(frames[0]))
    rest = iter(frames[1:])
    arrays = []
    for described in fields.pop("arrays", ()):
        if len(described) == 4:
            name, shape, block, nbytes = described
            dtype = dtype_named(name)
            count = int(np.prod(shape))
            array = blocks[block, nbytes].array(0, count, dtype)
            arrays.append(array.reshape(shape))
        else:
            arrays.append(_array(described[0], described[1], next(rest)))
    results = {
        int(i): blocks[block, size].array(0, nbytes, np.dtype(np.uint8))
        for i, block, size, nbytes in fields.pop("into", ())
    }
    return Message(fields, arrays, results)


def decode_reply(
    frames: Sequence[Any], pool: BlockPool, loans: dict[int, Loan]
) -> Message:
    """Return what a service answered; `loans` are the blocks for its results."""
    fields = json.loads(bytes(frames[0]))
    rest = iter(frames[1:])
    arrays = []
    for described in fields.pop("arrays", ()):
        if len(described) == 3:
            name, shape, position = described
            loan = loans.pop(position)
            arrays.append(pool.array_of(loan, tuple(shape), dtype_named(name)))
        else:
            arrays.append(_array(described[0], described[1], next(rest)))
    for loan in loans.values():
        pool.take_back(loan)
    return Message(fields, arrays)


def dtype_named(name: str) -> np.dtype[Any]:
    """Return a dtype of NumPy's or ml_dtypes' by its name."""
    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes

        found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
        return found


def _array(name: str, shape: Sequence[int], data: Any) -> Array:
    if name == STRINGS:
        return _from_strings(tuple(shape), bytes(data))
    return np.frombuffer(data, np.uint8).view(dtype_named(name)).reshape(shape)


def _strings(array: Array) -> bytes:
    items = [bytes(item) for item in array.reshape(-1)]
    return np.array([len(item) for item in items], np.int64).tobytes() + b"".join(items)


def _from_strings(shape: tuple[int, ...], data: bytes) -> Array:
    count = int(np.prod(shape))
    result = np.empty(count, object)
    at = 8 * count
    for i, size in enumerate(np.frombuffer(data, np.int64, count).tolist()):
        result[i] = data[at : at + size]
        at += size
    return result.reshape(shape)
