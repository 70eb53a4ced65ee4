"""Small facts about values: edit_distance, unravel_index, fingerprint, timestamp."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tensor.core import dtypes, errors
from tensor.core.call import is_symbolic
from tensor.core.convert import constant_tensor, convert, to_array
from tensor.core.public_api import export
from tensor.core.registry import NON_DIFFERENTIABLE, Op, Sample, register
from tensor.core.shapes import is_known, to_brackets
from tensor.core.tensor import Tensor
from tensor.core.tensor_spec import TensorSpec
from tensor.ops.array import as_static_shape, static_value
from tensor.ops.sparse.sparse_tensor import SparseTensor
from tensor.ops.strings.hashing import fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensor.core.shapes import Dims


class EditDistance(Op):
    """How many insertions, deletions and changes make one sequence another.

    Sequences lie along the last axes of two sparse tensors.
    """

    gradient = NON_DIFFERENTIABLE

    def kernel(
        self, places: Any, x: Any, truth_places: Any, truth: Any, **attrs: Any
    ) -> Any:
        ours, theirs = _sequences(places, x), _sequences(truth_places, truth)
        lead = np.maximum(attrs["shape"], attrs["truth_shape"])[:-1]
        result = np.zeros(tuple(lead), np.float32)
        for place in np.ndindex(*result.shape):
            sequence, wanted = ours.get(place, []), theirs.get(place, [])
            distance: float = _levenshtein(sequence, wanted)
            if attrs["normalize"] and wanted:
                distance = distance / len(wanted)
            elif attrs["normalize"]:
                distance = np.inf if sequence else 0.0
            result[place] = distance
        return result[()]

    def infer(self, *specs: TensorSpec, **attrs: Any) -> TensorSpec:
        shapes = [static_value(attrs[key]) for key in ("shape", "truth_shape")]
        if not all(is_known(shape) for shape in shapes):
            return TensorSpec.of(None, dtypes.float32)
        pairs = zip(*(shape[:-1] for shape in shapes), strict=True)
        return TensorSpec.of(tuple(max(pair) for pair in pairs), dtypes.float32)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        places, values = np.array([[0, 0], [0, 1]]), np.array([3, 4], np.int32)
        attrs = {"shape": (2, 2), "truth_shape": (2, 3), "normalize": True}
        yield Sample(places, values, places + np.array([1, 0]), values, **attrs)


edit_distance_op = register(EditDistance)


def _sequences(places: Any, values: Any) -> dict[tuple[int, ...], list[Any]]:
    found: dict[tuple[int, ...], list[Any]] = {}
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
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
        name: A name for the node, in a graph.

    Raises:
        TypeError: They are not sparse.
    """
    for value in (hypothesis, truth):
        if not isinstance(value, SparseTensor):
            raise TypeError(f"Expected a SparseTensor, got {value!r}.")
    return edit_distance_op(
        hypothesis.indices,
        hypothesis.values,
        truth.indices,
        truth.values,
        shape=as_static_shape(hypothesis.dense_shape),
        truth_shape=as_static_shape(truth.dense_shape),
        normalize=bool(normalize),
        name=name,
    )


class UnravelIndex(Op):
    """The coordinates, as rows, of flat indices into an array of given dimensions."""

    names = ("unravel_index",)
    gradient = NON_DIFFERENTIABLE

    def kernel(self, indices: Any, dims: Any) -> Any:
        self._check(np.shape(indices), np.shape(dims))
        if not np.size(indices):
            raise errors.invalid(self.type_name, "received empty tensor indices")
        sizes = dims.tolist()
        if 0 in sizes:
            raise errors.invalid(
                self.type_name, f"Input dims cannot contain a dim of zero: {sizes}"
            )
        if math.prod(sizes) > np.iinfo(dims.dtype).max:
            raise errors.invalid(
                self.type_name,
                f"Input dims product is causing integer overflow: {sizes} as "
                f"{dims.dtype.name}",
            )
        try:
            return np.array(np.unravel_index(indices, sizes), indices.dtype)
        except ValueError:
            raise errors.invalid(
                self.type_name,
                f"index is out of bound as with dims: {indices.tolist()} for {sizes}",
            ) from None

    def infer(self, indices: TensorSpec, dims: TensorSpec) -> TensorSpec:
        self._check(indices.dims, dims.dims)
        if indices.dims is None:
            return TensorSpec.of(None, indices.dtype)
        count = (dims.dims or (None,))[0]
        return TensorSpec.of((count, *indices.dims), indices.dtype)

    def _check(self, indices: Dims | None, dims: Dims | None) -> None:
        for shape, words in ((indices, "scalar or vector"), (dims, "1-D")):
            if shape is not None and len(shape) > 1:
                raise errors.invalid(
                    self.type_name,
                    f'The indices can only be {words}, got "{to_brackets(shape)}"',
                )

    def public(self, indices: Any, dims: Any, name: Any = None) -> Any:
        """Return the coordinates of flat indices into an array of shape `dims`.

        Raises:
            InvalidArgumentError: An index is out of range, or `dims` hold 0 or too
                much.
        """
        sizes = convert(dims, hint=dtypes.int32)
        return self(convert(indices, hint=sizes.dtype), sizes, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(np.array([3, 7], np.int32), np.array([2, 4], np.int32))
        yield Sample(np.int64(3), np.array([2, 4]))


unravel_index = register(UnravelIndex)


class Fingerprint(Op):
    """Eight bytes for each row of x, which tell different rows apart."""

    names = ("fingerprint",)
    gradient = NON_DIFFERENTIABLE

    def kernel(self, x: Any, method: Any) -> Any:
        if np.asarray(method).item() != b"farmhash64":
            raise errors.invalid(
                self.type_name,
                f"Unsupported fingerprint method: {np.asarray(method).item()!r}",
            )
        if x.dtype.kind == "O" and x.ndim == 1:
            numbers = fingerprints(x)
        elif x.dtype.kind == "O":
            raise errors.invalid(
                self.type_name, f"strings must be a vector, got shape {list(x.shape)}"
            )
        else:
            rows = [np.ascontiguousarray(row).tobytes() for row in x]
            numbers = fingerprints(np.array(rows, object))
        return numbers.astype("<u8").view(np.uint8).reshape(-1, 8)

    def infer(self, x: TensorSpec, method: Any) -> TensorSpec:
        count = x.dims[0] if x.dims else None
        size = None if is_symbolic(method) else 8
        return TensorSpec.of((count, size), dtypes.uint8)

    def public(self, data: Any, method: Any = "farmhash64", name: Any = None) -> Any:
        """Return eight bytes for each row of `data`, which tell different rows apart.

        Raises:
            InvalidArgumentError: There is no such method.
        """
        how = method if is_symbolic(method) else to_array(method, dtypes.string)
        return self(convert(data), method=how, name=name)

    def samples(self, rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample(rng.normal(size=(3, 2)), method=b"farmhash64")


fingerprint = register(Fingerprint)


@export("timestamp")
def timestamp(name: Any = None) -> Any:
    """Return the seconds since 1970, as a float64."""
    now = datetime.datetime.now(datetime.UTC)
    return constant_tensor(np.float64(now.timestamp()))


@export("is_symbolic_tensor")
def is_symbolic_tensor(tensor: Any) -> bool:
    """Return whether `tensor` is one without a value, of a function being traced."""
    return isinstance(tensor, Tensor) and is_symbolic(tensor)
