"""Small facts about values: edit_distance, unravel_index, fingerprint, timestamp."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.core.shapes import to_brackets
from tensor.core.tensor import Tensor
from tensor.ops.sparse.sparse_tensor import SparseTensor
from tensor.ops.strings.hashing import fingerprints


def _sequences(sp: SparseTensor) -> dict[tuple[int, ...], list[Any]]:
    found: dict[tuple[int, ...], list[Any]] = {}
    values = np.asarray(sp.values).tolist()
    for place, value in zip(np.asarray(sp.indices).tolist(), values, strict=True):
        found.setdefault(tuple(place[:-1]), []).append(value)
    return found


def _levenshtein(x: list[Any], y: list[Any]) -> int:
    previous = list(range(len(y) + 1))
    for i, a in enumerate(x, 1):
        row = [i]
        for j, b in enumerate(y, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (a != b)))
        previous = row
    return previous[-1]


@export("edit_distance")
def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: Any = None
) -> Any:
    """Return how many insertions, deletions and changes make one sequence another.

    Args:
        hypothesis: A sparse tensor of sequences along its last axis.
        truth: Another one.
        normalize: Divide by the length of the truth.
        name: Accepted for compatibility.

    Raises:
        TypeError: They are not sparse.
    """
    for value in (hypothesis, truth):
        if not isinstance(value, SparseTensor):
            raise TypeError(f"Expected a SparseTensor, got {value!r}.")
    ours, theirs = _sequences(hypothesis), _sequences(truth)
    lead = np.maximum(np.asarray(hypothesis.dense_shape), np.asarray(truth.dense_shape))
    result = np.zeros(tuple(lead[:-1]), np.float32)
    for place in np.ndindex(*result.shape):
        x, y = ours.get(place, []), theirs.get(place, [])
        distance: float = _levenshtein(x, y)
        if normalize:
            distance = distance / len(y) if y else (np.inf if x else 0.0)
        result[place] = distance
    return constant_tensor(result)


@export("unravel_index")
def unravel_index(indices: Any, dims: Any, name: Any = None) -> Any:
    """Return the coordinates of flat indices into an array of shape `dims`.

    Raises:
        InvalidArgumentError: An index is out of range, or `dims` hold 0 or too much.
    """
    shape = np.asarray(convert(dims, hint=dtypes.int32))
    flat = np.asarray(convert(indices, hint=dtypes.from_numpy(shape.dtype)))
    for array, words in ((flat, "scalar or vector"), (shape, "1-D")):
        if array.ndim > 1:
            raise errors.invalid(
                "UnravelIndex",
                f'The indices can only be {words}, got "{to_brackets(array.shape)}"',
            )
    if not flat.size:
        raise errors.invalid("UnravelIndex", "received empty tensor indices")
    if (shape == 0).any():
        raise errors.invalid(
            "UnravelIndex", f"Input dims cannot contain a dim of zero: {shape.tolist()}"
        )
    if math.prod(shape.tolist()) > np.iinfo(shape.dtype).max:
        raise errors.invalid(
            "UnravelIndex",
            f"Input dims product is causing integer overflow: {shape.tolist()} as "
            f"{shape.dtype.name}",
        )
    try:
        found = np.unravel_index(flat, tuple(shape))
    except ValueError:
        raise errors.invalid(
            "UnravelIndex",
            f"index is out of bound as with dims: {flat.tolist()} for {shape.tolist()}",
        ) from None
    return constant_tensor(np.array(found, flat.dtype))


@export("fingerprint")
def fingerprint(data: Any, method: str = "farmhash64", name: Any = None) -> Any:
    """Return eight bytes for each row of `data`, which tell different rows apart.

    Raises:
        InvalidArgumentError: There is no such method.
    """
    if method != "farmhash64":
        raise errors.invalid("Fingerprint", f"Unsupported fingerprint method: {method}")
    x = np.asarray(convert(data))
    if x.dtype.kind == "O" and x.ndim == 1:
        numbers = fingerprints(x)
    elif x.dtype.kind == "O":
        raise errors.invalid(
            "Fingerprint", f"strings must be a vector, got shape {list(x.shape)}"
        )
    else:
        rows = [np.ascontiguousarray(row).tobytes() for row in x]
        numbers = fingerprints(np.array(rows, object))
    return constant_tensor(numbers.astype("<u8").view(np.uint8).reshape(-1, 8))


@export("timestamp")
def timestamp(name: Any = None) -> Any:
    """Return the seconds since 1970, as a float64."""
    now = datetime.datetime.now(datetime.UTC)
    return constant_tensor(np.float64(now.timestamp()))


@export("is_symbolic_tensor")
def is_symbolic_tensor(tensor: Any) -> bool:
    """Return whether `tensor` is one without a value, of a function being traced."""
    from tensor.core.call import is_symbolic

    return isinstance(tensor, Tensor) and is_symbolic(tensor)
