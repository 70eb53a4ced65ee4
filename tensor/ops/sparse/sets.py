"""tf.sets: the last axis of tensors as sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core.convert import constant_tensor, convert
from tensor.core.public_api import export
from tensor.ops.sparse.sparse_tensor import SparseTensor


def _sets(x: Any) -> dict[tuple[int, ...], set[Any]]:
    """Return the set of the last axis for each index into the others."""
    found: dict[tuple[int, ...], set[Any]] = {}
    if isinstance(x, SparseTensor):
        values = np.asarray(x.values)
        for place, value in zip(np.asarray(x.indices).tolist(), values, strict=True):
            found.setdefault(tuple(place[:-1]), set()).add(value)
        return found
    array = np.asarray(convert(x))
    for place in np.ndindex(*array.shape[:-1]):
        found[place] = set(array[place])
    return found


def _lead(x: Any) -> tuple[int, ...]:
    shape = x.dense_shape if isinstance(x, SparseTensor) else np.shape(convert(x))
    return tuple(int(d) for d in np.asarray(shape))[:-1]


def _combined(a: Any, b: Any, combine: Any) -> SparseTensor:
    x, y = _sets(a), _sets(b)
    places, values, widest = [], [], 0
    for place in sorted({*x, *y}):
        members = sorted(combine(x.get(place, set()), y.get(place, set())))
        widest = max(widest, len(members))
        places += [(*place, i) for i in range(len(members))]
        values += members
    dtype = (a if isinstance(a, SparseTensor) else convert(a)).dtype
    lead = _lead(a)
    indices = np.array(places, np.int64).reshape((-1, len(lead) + 1))
    array = np.array(values, dtype.numpy_dtype)
    return SparseTensor(indices, constant_tensor(array), np.array([*lead, widest]))


@export("sets.intersection")
def intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Return what is in both sets of each row."""
    return _combined(a, b, lambda x, y: x & y)


@export("sets.difference")
def difference(
    a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True
) -> SparseTensor:
    """Return what is in one set of each row and not in the other."""
    return _combined(a, b, (lambda x, y: x - y) if aminusb else (lambda x, y: y - x))


@export("sets.union")
def union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Return what is in either set of each row."""
    return _combined(a, b, lambda x, y: x | y)


@export("sets.size")
def size(a: Any, validate_indices: bool = True) -> Any:
    """Return the sizes of the sets of a sparse tensor."""
    counts = np.zeros(_lead(a), np.int32)
    for place, members in _sets(a).items():
        counts[place] = len(members)
    return constant_tensor(counts)
