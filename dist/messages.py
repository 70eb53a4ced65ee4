"""Messages between a service and its clients: named fields, and arrays.

    frame 0     JSON: the fields, and under "arrays" what each array is and where
    frame 1     the raw bytes of all small arrays, one after the other, if there are any
    frame 2 …   the raw bytes of each other array that is in no shared block

Array data is never pickled. Strings, which NumPy holds as Python objects, travel as
their lengths and their bytes.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dist.reductions import Array
    from dist.shared_blocks import BlockPool, BlockViews, Loan

SMALL_BYTES = 1024
# Where an array is: among the small ones, in a frame of its own, likewise as strings,
# in a block of the client's, in the block that the client gave for this result.
SMALL, FRAME, STRINGS, BLOCK, RESULT = range(5)


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
    small: list[bytes] = []
    frames: list[Any] = []
    for i, array in enumerate(arrays):
        loan = loans[i] if loans else None
        place = places.get(i) if places else None
        name, shape = array.dtype.name, array.shape
        if array.dtype == object:
            described.append((STRINGS, name, shape))
            frames.append(_strings(array))
        elif loan is not None:
            described.append((BLOCK, name, shape, loan.name, loan.nbytes))
        elif array.nbytes <= SMALL_BYTES:
            described.append((SMALL, name, shape))
            small.append(array.tobytes())
        elif place is not None and place.nbytes == array.nbytes:
            contiguous = np.ascontiguousarray(array)
            np.copyto(place, contiguous.reshape(-1).view(np.uint8))
            described.append((RESULT, name, shape, i))
        else:
            described.append((FRAME, name, shape))
            contiguous = np.ascontiguousarray(array)
            frames.append(contiguous.reshape(-1).view(np.uint8).data)
    if described:
        fields = {**fields, "arrays": described}
    if small:
        frames.insert(0, b"".join(small))
    return [json.dumps(fields).encode(), *frames]


def decode_request(frames: Sequence[Any], blocks: BlockViews) -> Message:
    """Return what a client asked; its large arrays are in its shared blocks.

    Raises:
        ValueError: the frames are not a message.
    """
    fields = json.loads(bytes(frames[0]))
    described = fields.pop("arrays", ())
    arrays = []
    for found, entry in zip(_inline(described, frames), described, strict=True):
        if found is None:
            _, name, shape, block, nbytes = entry
            count = int(np.prod(shape))
            flat = blocks[block, nbytes].array(0, count, dtype_named(name))
            found = flat.reshape(shape)
        arrays.append(found)
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
    described = fields.pop("arrays", ())
    arrays = []
    for found, entry in zip(_inline(described, frames), described, strict=True):
        if found is None:
            _, name, shape, position = entry
            loan = loans.pop(position)
            found = pool.array_of(loan, tuple(shape), dtype_named(name))
        arrays.append(found)
    for loan in loans.values():
        pool.take_back(loan)
    return Message(fields, arrays)


@functools.cache
def dtype_named(name: str) -> np.dtype[Any]:
    """Return a dtype of NumPy's or ml_dtypes' by its name."""
    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes

        found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
        return found


def _inline(described: Any, frames: Sequence[Any]) -> Iterator[Array | None]:
    """Yield the arrays that are in the frames, None for those that are in blocks."""
    rest = iter(frames[1:])
    has_small = any(entry[0] == SMALL for entry in described)
    small = bytes(next(rest)) if has_small else b""
    at = 0
    for kind, name, shape, *_ in described:
        if kind == SMALL:
            array = np.ndarray(shape, dtype_named(name), small, at)
            at += array.nbytes
            yield array
        elif kind == FRAME:
            flat = np.frombuffer(next(rest), np.uint8)
            yield flat.view(dtype_named(name)).reshape(shape)
        elif kind == STRINGS:
            yield _from_strings(tuple(shape), bytes(next(rest)))
        else:
            yield None


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
