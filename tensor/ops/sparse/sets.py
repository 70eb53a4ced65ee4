"""tf.sets: the last axis of tensors as sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.convert import convert
from tensor.core.public_api import export
from tensor.core.shapes import to_brackets
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array_functions import array_function, vector
from tensor.ops.sparse.sparse_tensor import SparseTensor

_Groups = dict[tuple[int, ...], set[Any]]


def _of_rows(x: np.ndarray) -> _Groups:
    return {place: set(x[place].tolist()) for place in np.ndindex(*x.shape[:-1])}


def _of_elements(indices: np.ndarray, values: np.ndarray) -> _Groups:
    found: _Groups = {}
    for place, value in zip(indices.tolist(), values.tolist(), strict=True):
        found.setdefault(tuple(place[:-1]), set()).add(value)
    return found


def _groups(parts: list[Any]) -> tuple[_Groups, tuple[int, ...], np.ndarray]:
    """Return the sets of a dense or sparse tensor, their shape, and the values."""
    if len(parts) == 1:
        return _of_rows(parts[0]), parts[0].shape[:-1], parts[0]
    indices, values, shape = parts
    return _of_elements(indices, values), tuple(shape[:-1].tolist()), values


def _parts(x: Any) -> list[Any]:
    """Return the tensors that a set operand is made of: one, or three of a sparse."""
    if isinstance(x, SparseTensor):
        return list(x.composite_components())
    return [convert(x)]


_COMBINE: dict[str, Any] = {
    "intersection": lambda x, y: x & y,
    "a-b": lambda x, y: x - y,
    "b-a": lambda x, y: y - x,
    "union": lambda x, y: x | y,
}


def _result(*parts: TensorSpec, split: int, how: str) -> Any:
    first = parts[0]
    rank = None if first.dims is None else len(first.dims)
    if split == 3:
        rank = first.dims[1] if first.dims else None
    values = parts[1 if split == 3 else 0]
    return (
        TensorSpec.of((None, rank), dtypes.int64),
        vector(values.dtype),
        vector(dtypes.int64, rank),
    )


@array_function("SetOperation", _result, [[1, 2]], [[2, 3]], split=1, how="union")
def set_operation(*parts: Any, split: int, how: str) -> Any:
    """The sets of the last axes of two tensors combined, as a sparse tensor's parts.

    The first `split` inputs are the first tensor's: one if it is dense, three if it is
    sparse.
    """
    a, lead, values = _groups(list(parts[:split]))
    b, other, _ = _groups(list(parts[split:]))
    if lead != other:
        raise errors.invalid(
            "SetOperation",
            f"Mismatched shapes {list(lead)} vs {list(other)}: all but the last "
            "dimension must be equal.",
        )
    places, members, widest = [], [], 0
    for place in sorted({*a, *b}):
        found = sorted(_COMBINE[how](a.get(place, set()), b.get(place, set())))
        widest = max(widest, len(found))
        places += [(*place, i) for i in range(len(found))]
        members += found
    flat = np.empty(len(members), values.dtype)
    flat[:] = members
    indices = np.array(places, np.int64).reshape((-1, len(lead) + 1))
    return indices, flat, np.array([*lead, widest], np.int64)


@array_function(
    "SetSize",
    lambda i, v, s: TensorSpec.of(  # noqa: ARG005
        None if not s.dims or s.dims[0] is None else (None,) * (s.dims[0] - 1),
        dtypes.int32,
    ),
    [[0, 0], [0, 1], [1, 0]],
    [3, 3, 4],
    [2, 2],
)
def set_size(indices: Any, values: Any, shape: Any) -> Any:
    """The number of different values in each set."""
    counts = np.zeros(tuple(shape[:-1]), np.int32)
    for place, members in _of_elements(indices, values).items():
        counts[place] = len(members)
    return counts


def _check_dtypes(a: dtypes.DType, b: dtypes.DType) -> None:
    """Check that sets have elements of one dtype, which can be told apart.

    Raises:
        TypeError: They have not.
    """
    if a is not b:
        raise TypeError(f"Types don't match, {a!s} vs {b!s}.")
    if not (a.is_integer or a is dtypes.string):
        raise TypeError(
            f"'a' has invalid dtype `{a!s}` not in supported dtypes: integers and "
            "strings."
        )


def _combined(a: Any, b: Any, how: str) -> SparseTensor:
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        # As TensorFlow does: dense first. The operation is turned around.
        how = {"a-b": "b-a", "b-a": "a-b"}.get(how, how)
        a, b = b, a
    first, second = _parts(a), _parts(b)
    _check_dtypes(
        *[
            v.dtype if isinstance(v, SparseTensor) else parts[0].dtype
            for v, parts in ((a, first), (b, second))
        ]
    )
    for part, x in ((first[0], a), (second[0], b)):
        if not isinstance(x, SparseTensor) and len(part.static_shape or (0, 0)) < 2:
            raise errors.invalid(
                "SetOperation",
                f"Shape {to_brackets(part.static_shape)} has rank {part.ndim} < 2",
            )
    return SparseTensor(*set_operation(*first, *second, split=len(first), how=how))


@export("sets.intersection")
def intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Return what is in both sets of each row."""
    return _combined(a, b, "intersection")


@export("sets.difference")
def difference(
    a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True
) -> SparseTensor:
    """Return what is in one set of each row and not in the other."""
    return _combined(a, b, "a-b" if aminusb else "b-a")


@export("sets.union")
def union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Return what is in either set of each row."""
    return _combined(a, b, "union")


@export("sets.size")
def size(a: Any, validate_indices: bool = True) -> Any:
    """Return the sizes of the sets of a sparse tensor.

    Raises:
        TypeError: It is no sparse tensor.
    """
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a!r}.")
    return set_size(*a.composite_components())
